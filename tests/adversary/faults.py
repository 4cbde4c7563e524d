"""Faults of one line each that can be planted into pinplan: how strong the adversary is, is how many of them it finds.

Nothing of pinplan is changed on disk: a fault is planted into the process that is to have it, while it imports the module. In every other
process all of them are off.
"""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import CodeType, ModuleType


class Fault(NamedTuple):
    """A line of pinplan, and what a mistake could make of it.

    Attributes:
        module: its file, below ``pinplan``.
        before: text that is there exactly once.
        after: what is planted in its place.
        by: the invariant that should be broken by it.
    """

    name: str
    module: str
    before: str
    after: str
    by: str


def _row(name: str, module: str, before: str, after: str, by: str) -> tuple[str, Fault]:
    return name, Fault(name, module, before, after, by)


ROWS = (
    # -- what could not be seen is taken for not there
    _row("gone_without_404", "reconcile/match.py", "if asked.gone:", "if True:", "trashed-is-gone"),
    _row("refused_is_gone", "pinterest/api.py", "return error.status == 404 and error.code is not None and", "return error.status in {403, 404} and", "trashed-is-gone"),
    _row("unknown_pin_is_gone", "reconcile/truth.py", "if pin is PinState.UNKNOWN or file is FileState.UNKNOWN:", "pin = PinState.GONE if pin is PinState.UNKNOWN else pin\n    if file is FileState.UNKNOWN:", "trashed-is-gone"),
    _row("broken_listing_is_whole", "snapshot/board.py", "complete=problem is None,", "complete=True,", "agree-is-true"),
    _row("bad_items_left_out", "snapshot/board.py", "problem = problem or _not_read(so_far.unreadable)", "pass", "agree-is-true"),
    _row("bad_sections_left_out", "snapshot/board.py", "problem = problem or _no_sections(listed.unreadable)", "pass", "agree-is-true"),
    _row("unknown_file_is_missing", "reconcile/truth.py", "if pin is PinState.UNKNOWN or file is FileState.UNKNOWN:", "file = FileState.MISSING if file is FileState.UNKNOWN else file\n    if pin is PinState.UNKNOWN:", "file-is-there"),
    _row("undecodable_file_is_missing", "snapshot/missing_files.py", "found = next(filter(None, compared), None) or self._undecodable(record)", "found = next(filter(None, compared), None)", "file-is-there"),
    _row("named_file_is_missing", "reconcile/displaced.py", "claims = self._claims_on(record)", "claims: list[FileFact] = []", "file-is-there"),
    _row("misnamed_file_is_missing", "reconcile/match.py", "misnamed.append((file, record))", "pass", "file-is-there"),
    _row("same_bytes_are_missing", "reconcile/displaced.py", "wanted[record.sha256].append(record)", "pass", "file-is-there"),
    _row("same_picture_is_missing", "snapshot/missing_files.py", "return Sighting(path=record.path, files=tuple(sorted(same)), sure=True)", "return None", "file-is-there"),
    _row("turned_picture_is_missing", "snapshot/missing_files.py", "return self._compared_turned(record, kept)", "return None", "file-is-there"),
    _row("one_of_several_is_all", "reconcile/match.py", "if all(file.state is FileState.MISSING for file in seen):", "if any(file.state is FileState.MISSING for file in seen):", "file-is-there"),
    _row("no_last_look_for_file", "actions/delete_remote.py", "problem = context.why_not_missing(self.files)", "problem = None", "file-is-there"),
    # -- what is kept, and in which order
    _row("deletes_not_last", "apply/executor.py", "if action.trait.phase is Phase.REMOTE and action.board_id in self.held_back:", "if False:", "deletes-come-last"),
    _row("deletes_first", "reconcile/dependencies.py", "key=lambda action: (action.trait.phase, action.trait.sends_ahead,", "key=lambda action: (-action.trait.phase, action.trait.sends_ahead,", "deletes-come-last"),
    _row("image_not_kept", "actions/delete_remote.py", "context.library.keep(staged, self._name(image.slot, staged), context.run, self.id)", "context.library.unstage(staged.name)", "full-image-kept"),
    _row("facts_not_kept", "actions/delete_remote.py", 'context.library.keep_facts(self._facts_name(), facts + b"\\n", context.run, self.id)', "pass", "facts-kept"),
    _row("facts_of_twin_not_kept", "actions/dedupe.py", 'context.library.keep_facts(self._facts_name(), facts + b"\\n", context.run, self.id)', "pass", "facts-kept"),
    _row("old_facts_kept", "actions/delete_remote.py", "if pin.says != self.before.says or pin.shows_another_than(self.before):", "if False:", "facts-kept"),
    _row("moved_pin_deleted", "actions/delete_remote.py", "if (pin.board_id, pin.section_id) != (self.expect.board_id, self.expect.section_id):", "if False:", "sent-is-planned"),
    _row("trash_destroys", "disk/library.py", "place = _own(trash_path(_of_an_image(path), run, action))\n        self._rename(path, place)", "place = _own(trash_path(_of_an_image(path), run, action))\n        self._rename_over(path, place)\n        with self._tree.parent(place) as (folder, name):\n            os.unlink(name, dir_fd=folder)", "bytes-kept"),
    _row("replace_destroys", "actions/replace.py", "context.library.trash(self.expect.path, context.run, self.id)", "context.library._rename_over(self.expect.path, context.library.trash(self.expect.path, context.run, self.id))\n            assert context.library.restore(context.library.in_trash()[-1].path, self.expect.path)", "bytes-kept"),
    _row("placed_over_file", "disk/rename.py", "os.link(start[1], end[1], src_dir_fd=start[0], dst_dir_fd=end[0], follow_symlinks=False)", "os.rename(start[1], end[1], src_dir_fd=start[0], dst_dir_fd=end[0])\n    os.link(end[1], start[1], src_dir_fd=end[0], dst_dir_fd=start[0])", "foreign-untouched"),
    # -- what is expected of the world is not looked at
    _row("changed_file_moved", "actions/expect.py", "if found.size == expect.size and context.library.digest(expect.path) == expect.sha256:", "if found is not None:", "foreign-untouched"),
    _row("pin_came_back", "actions/delete_local.py", "if problem is None and not self.pin_may_stay and context.remote.pin(self.pin_id) is not None:", "if False:", "trashed-is-gone"),
    _row("file_came_back", "actions/delete_remote.py", "if context.library.stat(file.path) is not None:", "if False:", "file-is-there"),
    _row("keeper_not_looked_at", "actions/dedupe.py", "self._keeper_problem(context) or ", "", "picture-kept"),
    _row("edited_file_replaced", "reconcile/truth.py", "return Outcome.MODIFIED_LOCALLY", "return Outcome.REPLACE", "foreign-untouched"),
    _row("edited_file_trashed", "reconcile/truth.py", "case FileState.DAMAGED | FileState.CHANGED | FileState.REFILED | FileState.MOVED | FileState.RENAMED:\n                    return Outcome.CONFLICT", "case FileState.DAMAGED | FileState.CHANGED | FileState.REFILED | FileState.MOVED | FileState.RENAMED:\n                    return Outcome.DELETE_LOCAL", "foreign-untouched"),
    _row("any_file_adopted", "reconcile/match.py", "claims = self._named.get((pin.id, image.slot), [])", "claims = self._named.get((pin.id, image.slot), self.untracked[:1])", "agree-is-true"),
    # -- duplicates
    _row("keeper_by_number", "duplicates/keeper.py", "for rung in _all_rules(order):", "for rung in (KeepRule.NUMBER,):", "picture-kept"),
    _row("similar_is_same", "duplicates/compare.py", "measured = replace(measured, local=round(found.levels))", "return measured", "duplicate-is-same"),
    _row("twins_of_other_boards", "reconcile/duplicates.py", "match self._policy.scope:", "match Within.ACCOUNT:", "limits-hold"),
    _row("twins_on_both_sides", "reconcile/duplicates.py", "remove = self._policy.remove\n", "remove = Remove.BOTH if self._policy.remove is Remove.LOCAL else self._policy.remove\n", "limits-hold"),
    # -- limits, protection, decisions
    _row("limit_off_by_one", "reconcile/delete_checks.py", "tripped=count > side.most,", "tripped=count > side.most + 1,", "limits-hold"),
    _row("limits_do_not_stop", "apply/run.py", 'raise SafetyStop(failed or ["the plan is not applyable"])', "pass", "limits-hold"),
    _row("everything_at_once", "reconcile/delete_checks.py", "tripped=count > most or everything,", "tripped=False,", "limits-hold"),
    _row("pins_that_left_count", "reconcile/delete_checks.py", "side.totals.update(_left_without_pins(inputs, side))", "pass", "never-all-at-once"),
    _row("protection_ignored", "reconcile/finalise.py", "if not protect:", "if True:", "limits-hold"),
    _row("scope_ignored", "reconcile/scope.py", "named = [action for action in actions if scope.has(action.address, action.board_id, *action.pin_ids)]", "named = list(actions)", "scope-holds"),
    _row("excludes_ignored", "reconcile/scope.py", "return self._named(self._excludes, address, board_id, pin_ids)", "return False", "scope-holds"),
    _row("archive_deletes", "policies/mode.py", "missing_file=MissingFile.LEAVE)", "missing_file=MissingFile.DELETE)", "mode-holds"),
    _row("archive_trashes", "policies/mode.py", "gone_pin=GonePin.KEEP, missing_file=MissingFile.LEAVE", "gone_pin=GonePin.TRASH, missing_file=MissingFile.LEAVE", "mode-holds"),
    _row("pins_of_others_deleted", "reconcile/findings.py", "def why_not_ours(seen: SeenPin, username: str) -> str | None:\n", "def why_not_ours(seen: SeenPin, username: str) -> str | None:\n    return None\n", "limits-hold"),
    _row("archive_moves", "reconcile/truth.py", "follows = answers.moved_file is MovedFile.MOVE", "follows = True", "mode-holds"),
    _row("protected_boards_moved_to", "reconcile/finalise.py", "for board_id in sorted({action.board_id, *action.changed_boards}):", "for board_id in (action.board_id,):", "moves-may-be"),
    _row("moved_without_a_request", "actions/move_remote.py", "context.remote.move_pin(self.pin_id, self.target.board_id, self.target.section_id)", "pass", "moved-is-moved"),
    _row("lost_board_forgotten", "apply/places.py", "except AnswerLost as error:\n            return error", "except AnswerLost:\n            self._records.end(record, None)\n            raise", "places-once"),
    _row("any_board_public", "pinterest/api.py", '{"name": name, "privacy": privacy.value}', '{"name": name, "privacy": "PUBLIC"}', "places-as-planned"),
    _row("any_board_renamed", "reconcile/layout.py", "return named and follows and seen.listed and seen.complete", "return True", "renamed-as-planned"),
    _row("owner_not_looked_at", "actions/delete_remote.py", "if pin.is_owner is not True and not self.of_others:", "if False:", "limits-hold"),
    _row("decisions_ignored", "plan/decisions.py", 'return Declined(f"skipped in the decisions{decisions.because(action.id)}", verdict)', "return Perform(action)", "limits-hold"),
    _row("kinds_ignored", "apply/executor.py", "return self.kinds is None or kind_of(action) in self.kinds", "return True", "limits-hold"),
    _row("stale_plan_applied", "apply/run.py", 'raise PlanUnbound("serial", str(expected), str(base.serial), message)', "pass", "stale-plan-refused"),
    _row("edited_plan_applied", "records/plan_file.py", "if found != plan.digest:", "if False:", "edited-plan-refused"),
    # -- once, and written down
    _row("lost_create_sent_again", "pinterest/http.py", "raise (unreachable if _never_sent(error) else AnswerLost(unreachable)) from None", "raise MayPass(unreachable) from None", "sent-is-planned"),
    _row("lost_create_forgotten", "apply/creates.py", "except AnswerLost as error:\n            return error", "except AnswerLost:\n            self._records.end(self._run, action, None)\n            raise", "sent-is-planned"),
    _row("intent_not_written", "apply/executor.py", "self._state.intend(self._context.run, [self._intent(a) for a in (*batch, *(a for a, _ in held))], self._now())", "pass", "intent-first"),
    _row("intents_of_deletes_together", "apply/executor.py", "size = 1 if queue[0].trait.phase in {Phase.REMOTE, Phase.PLACE} else BATCH", "size = BATCH", "one-delete-open"),
    _row("intent_not_flushed", "records/state.py", "self.audit.append_in(db, entries, at)\n        self.audit.write()\n\n    def record(", "self.audit.append_in(db, entries, at)\n\n    def record(", "intent-first"),
    _row("result_not_told", "records/state.py", "self.audit.append_in(db, (entry for result in results for entry in _endings(run, result)), at)", "pass", "audit-whole"),
    _row("receipt_not_recorded", "records/state.py", "receipt = msgspec.json.encode(result.receipt).decode() if result.receipt else None", "receipt = None", "undo-restores"),
    _row("base_learns_nothing", "records/state.py", "db.executemany(_PUT, [msgspec.structs.astuple(tracked) for tracked in result.puts])", "pass", "at-rest"),
    _row("base_forgets_nothing", "records/state.py", 'db.execute("DELETE FROM tracked WHERE pin_id = ? AND slot = ?", (pin_id, slot))', "pass", "at-rest"),
    _row("undo_forgets_one", "reconcile/undo.py", "for one in reversed(done):", "for one in list(reversed(done))[1:]:", "undo-restores"),
    _row("files_not_brought_back", "actions/create_pin.py", "bring_back(context, self, self.files, created, self.after)\n", "pass\n", "done-is-done"),
    # -- words
    _row("delete_believed", "pinterest/api.py", "return False\n            raise\n        return True", "return False\n        return True", "done-is-done"),
    _row("partly_is_done", "cli/applying.py", "return exits.DONE if result.complete else exits.PARTLY", "return exits.DONE", "exit-code"),
    _row("one_too_many_counted", "render/effects.py", "done = sum(row.get(ActionOutcome.DONE, 0) for row in ended.values())", "done = 1 + sum(row.get(ActionOutcome.DONE, 0) for row in ended.values())", "counts-true"),
    _row("always_agree", "render/text.py", "if left.agree:", "if True:", "agree-is-true"),
    _row("always_well", "history/verify.py", "well=not problems\n", "well=True or not problems\n", "well-is-true"),
    _row("any_output_overwritten", "records/output_file.py", "    if problem:\n        raise ConfigError([f\"{path}: {problem}\"])\n\n\ndef write_document", "    if False:\n        raise ConfigError([f\"{path}: {problem}\"])\n\n\ndef write_document", "output-spares-files"),
    _row("traceback", "reconcile/duplicates.py", "kept = records.get(record.duplicate_of, ())", "kept = records[record.duplicate_of]", "no-traceback"),
    # -- what could not be seen, and what comes from elsewhere
    _row("broken_image_placed", "apply/image_check.py", "    raise ImageRefused(rendition.url, content.problem)\n", "    return\n", "placeholder-refused"),
    _row("placeholder_placed", "apply/image_check.py", "if is_placeholder(width, height, rendition):", "if False:", "placeholder-refused"),
    _row("lesser_image_kept", "apply/image_check.py", "if (content.width or 0) * (content.height or 0) < record.width * record.height:", "if False:", "full-image-kept"),
    _row("another_image_unsaid", "reconcile/planner.py", "and (record.signature is None or record.signature == image.signature)", "", "agree-is-true"),
    _row("adopted_file_is_placeholder", "model/base.py", "return self.signature is None and signature is not None", "return False", "foreign-untouched"),
    _row("id_on_anothers_bytes_is_nothing", "reconcile/displaced.py", "elif others:", "elif False:", "file-is-there"),
    _row("picture_saved_over_another_is_nothing", "snapshot/missing_files.py", "if pair[0].path not in sides.claimed] if missing else []", "if False]", "file-is-there"),
    _row("short_listing_unsaid", "reconcile/findings.py", "if board.short_by:", "if False:", "short-is-said"),
    _row("unlisted_section_unsaid", "reconcile/findings.py", "for section in () if board.unread else board.unnamed:", "for section in ():", "agree-is-true"),
    _row("spam_is_any_refusal", "pinterest/refusals.py", "return 400 <= self.status < 500 and (self.code == SPAM_CODE or self.says(\"spam\"))", "return False", "spam-stops"),
    _row("rewritten_log_believed", "records/rollback_guard.py", "if problem:\n            raise AuditBroken", "if False:\n            raise AuditBroken", "history-anchored"),
    _row("cover_published_alone", "reconcile/video_covers.py", "(covers[name] if is_cover else others).append(picture)", "others.append(picture)", "video-is-planned"),
    _row("older_state_believed", "records/rollback_guard.py", "if memory.records > head.seq:", "if False:", "history-anchored"),
    _row("any_plan_approved", "apply/recheck.py", "if settings.answered or settings.approves(plan) or not needs_approval(plan, key, run):", "if True:", "edited-plan-refused"),
    _row("selectors_not_compared", "reconcile/scope.py", "def unmatched(inputs: PlanInput, actions: Sequence[AnyAction] = ()) -> list[Written]:\n", "def unmatched(inputs: PlanInput, actions: Sequence[AnyAction] = ()) -> list[Written]:\n    return []\n", "selector-selects"),
)  # fmt: skip
FAULTS: dict[str, Fault] = dict(ROWS)
assert len(FAULTS) == len(ROWS), "two faults have the same name"


class FaultGone(Exception):
    """The text that a fault replaces is not there, or not once: the table must follow pinplan."""


def planted(fault: Fault, source: str) -> str:
    """The source of a module with the fault in it."""
    found = source.count(fault.before)
    if found != 1:
        raise FaultGone(
            f"{fault.name}: {fault.module} has {fault.before!r} {found} times, not once; mend its line in tests/adversary/faults.py"
        )
    return source.replace(fault.before, fault.after)


class _Planter(MetaPathFinder):
    def __init__(self, fault: Fault) -> None:
        self._fault = fault
        self._name = "pinplan." + fault.module.removesuffix(".py").replace("/", ".")

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.origin is not None:
            spec.loader = _Loader(fullname, spec.origin, self._fault)
        return spec


class _Loader(SourceFileLoader):
    def __init__(self, name: str, path: str, fault: Fault) -> None:
        super().__init__(name, path)
        self._fault = fault

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        code: Any = compile(planted(self._fault, Path(path).read_text(encoding="utf-8")), path, "exec")
        return code  # type: ignore[no-any-return]


def plant(name: str) -> None:
    """Have pinplan with a fault in this process; before anything of that module is imported."""
    planter = _Planter(FAULTS[name])
    if planter._name in sys.modules:
        raise RuntimeError(f"{planter._name} is imported already: the fault would not be planted")
    sys.meta_path.insert(0, planter)
