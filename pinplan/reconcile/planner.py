"""From two snapshots and the base to actions and findings. Pure: the same values give the same plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from pinplan.model.matching import selector
from pinplan.model.pins import Board
from pinplan.model.text_form import fold
from pinplan.plan.document import Finding, FindingKind
from pinplan.policies.bundle import for_board, in_scope
from pinplan.policies.mode import MissingFile, MovedFile
from pinplan.reconcile.carousels import CarouselRules
from pinplan.reconcile.companions import accompanied
from pinplan.reconcile.displaced import SeenFile
from pinplan.reconcile.draft import Draft
from pinplan.reconcile.duplicates import DuplicatePlanner, exchanged_for, uncomparable
from pinplan.reconcile.fetch_rules import RefusedImages, could_be_larger
from pinplan.reconcile.finalise import finalise
from pinplan.reconcile.findings import confirmations, places_not_listed, unconfirmed
from pinplan.reconcile.layout import layout_of
from pinplan.reconcile.match import SeenPin, by_pin
from pinplan.reconcile.new_files import new_files
from pinplan.reconcile.new_videos import VideoRules, without_cover_only
from pinplan.reconcile.pair_state import PairState
from pinplan.reconcile.place_rules import creates
from pinplan.reconcile.rules import Rules
from pinplan.reconcile.saved_again import saved_again
from pinplan.reconcile.scope import ScopeFilter
from pinplan.reconcile.truth import FileState, PinState
from pinplan.reconcile.upload_rules import UploadRules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pinplan.actions.contexts import Home
    from pinplan.model.base import Tracked
    from pinplan.model.ids import BoardId, PinId, RelPath
    from pinplan.model.matching import Selector
    from pinplan.model.pins import Pin, PinImage
    from pinplan.model.snapshots import BoardSnapshot
    from pinplan.policies.mode import Answers
    from pinplan.reconcile.plan_input import PlanContent, PlanInput


def reconcile(inputs: PlanInput) -> PlanContent:
    """Decide. Actions are numbered in apply order; findings sorted by kind and address."""
    planner = _Planner(inputs)
    # Order matters: creates, base, new pins; each pass takes what an earlier one has settled.
    planner.go_through_creates()
    planner.go_through_base()
    planner.go_through_new_pins()
    # After both passes: a pin that already has an action is not compared.
    planner.plan_duplicates()
    planner.report_new_pins()
    planner.report_files()
    # After the files of pins: what one of them claims is not new.
    planner.go_through_new_files()
    # After everything that comes to a new board or section.
    planner.add_places()
    # Last: companions follow the moves, so all moves must be known.
    actions, torn = accompanied(planner.draft.actions, inputs.local.files)
    return finalise(inputs, actions, [*planner.draft.findings, *torn], postponed=planner.postponed)


class _Planner:
    """One pass over the base, then one over the pins that the base does not know."""

    def __init__(self, inputs: PlanInput) -> None:
        self._inputs = inputs
        self._pending = tuple(place.container for place in inputs.places)
        layout = layout_of(inputs.remote, inputs.local, inputs.base, inputs.policies, self._pending)
        self._boards = layout.remote.boards
        self._pins, self._files, self._places = layout.pins, layout.files, layout.places
        self._by_pin = by_pin(inputs.base.tracked)
        self._moves_pins = inputs.policies.moves_pins
        self._new, self._unsettled = self._first_pass()
        self._saved_again = saved_again(self._by_pin, self._pins, self._new)
        self._rebound: set[PinId] = set()
        # Per board, not per pin: overrides match by pattern, which is slow for 100,000 pins.
        self._answers: dict[BoardId, Answers] = {}
        self._ignored = frozenset(inputs.policies.ignore_pins or ())
        self._again, self._accepted = (
            tuple(map(selector, s or ())) for s in (inputs.scope.restore, inputs.scope.accept)
        )
        self._scope = ScopeFilter(inputs.scope, inputs.remote.boards)
        self._brought_back: set[PinId] = set()
        found = (create.found for create in inputs.creates if create.found is not None and not create.wanted_here)
        self._not_kept = frozenset((*inputs.base.not_kept, *found))
        self.postponed = 0
        refusals = RefusedImages(inputs.base.refused, inputs.remote.taken_at, inputs.retry_days)
        self.draft = Draft(self._places)
        here = self._here_by_address()
        self.rules = Rules(self.draft, self._pins, inputs.policies, self._scope, refusals, here, layout.renamed)

    def _here_by_address(self) -> Iterator[tuple[str, RelPath]]:
        """Image addresses with a tracked file that holds the image, for signatures that a new pin has as well."""
        new = {
            image.signature
            for pin_id in self._new
            for image in self._pins.pins[pin_id].pin.images
            if image.signature is not None
        }
        # Common case: no new pin shows a known image; skip the walk over the whole base.
        if not new:
            return
        for record in self._inputs.base.tracked:
            seen = self._pins.pins.get(record.pin_id) if record.signature in new else None
            # A doubtful file is never copied: the host may have a repaired image by now.
            if seen is not None and record.doubtful is None and self._files.plainly_as_recorded(record):
                for image in seen.pin.images:
                    if image.slot == record.slot and image.renditions and image.signature == record.signature:
                        yield image.renditions[0].url, record.path

    def go_through_creates(self) -> None:
        """Confirm or report every create of an earlier run whose outcome is not recorded."""
        confirmed = list(confirmations(self._inputs))
        self.draft.actions.extend(confirmed)
        self.draft.findings.extend(unconfirmed(self._inputs))
        self.draft.findings.extend(places_not_listed(self._inputs))
        self._brought_back = {action.pin_id for action in confirmed if action.files}

    def go_through_base(self) -> None:
        """Apply the rules to every tracked image."""
        # In the order of the base, as paths are first come, first served.
        for pin_id, records in self._by_pin.items() if self._unsettled else ():
            if pin_id not in self._unsettled:
                continue
            if pin_id in self._ignored:
                continue  # excluded by the config, like a pin on an excluded board (I9: narrowing never deletes)
            board = self._pins.boards.get(records[0].board_id)
            seen = self._pins.pins.get(pin_id)
            if seen is None and (self._left_out(board, records[0]) or self._pins.moved_out_of_scope(pin_id)):
                continue  # excluded by the config: neither a finding nor an action (I9)
            if seen is not None and self._stood_for(records, seen):
                continue
            state, why = self._pins.of_base(pin_id, records[0].board_id)
            cases = list(self._cases_of_base(records, seen, state, why))
            # Before the table: it would delete the old file and download the same image.
            if state is PinState.GONE and self._rebound_to_new_pin(cases):
                continue
            for case in cases:
                self.rules.apply(case)
        self.rules.finish()

    def _left_out(self, board: BoardSnapshot | None, record: Tracked) -> bool:
        """Whether the config excludes a record's board; an unlisted board is matched by id and folder."""
        if board is not None:
            return not board.listed
        policies = self._inputs.policies
        # Its name is unknown: the folder of its files is the best there is.
        known = Board(id=record.board_id, name=record.container.partition("/")[0])
        return not in_scope(known, include=policies.include, exclude=policies.exclude)

    def _rebound_to_new_pin(self, cases: list[PairState]) -> bool:
        """Rebind the files of a gone pin to a new pin with the same image, in every mode."""
        new = self._saved_again.get(cases[0].records[0].pin_id)
        if new is None:
            return False
        if new.pin.id in self._ignored:
            # The file belongs to the new pin, which the config excludes: it must not be deleted with the old one (I9).
            return True
        for case in cases:
            # All or nothing: a carousel is never split between two pins.
            if case.file.state is not FileState.AS_RECORDED or self._files.is_named(new.pin.id, case.slot):
                return False
        rebound = self.rules.rebind(cases, new)
        if rebound:
            self._rebound.add(new.pin.id)
        return rebound

    def _stood_for(self, records: list[Tracked], seen: SeenPin) -> bool:
        """Whether the file is a removed duplicate whose kept file still exists: nothing is missing."""
        record = records[0]
        if record.duplicate_of is None or record.path in self._files.files:
            return False
        stand_in = exchanged_for(record, self._files, self._pins, self._by_pin)
        if stand_in is not None:
            self.draft.note(FindingKind.DUPLICATE, seen.pin, f"its picture is kept as {stand_in}")
        return stand_in is not None

    def _first_pass(self) -> tuple[set[PinId], set[PinId]]:
        """Pins that the base does not know, and tracked ones that are not plainly as agreed.

        In a large library all but a few pins are, and nothing is ever to be done for them.
        """
        new: set[PinId] = set()
        unsettled = set(self._pins.twice)
        # In the order of the listings, not of the base: their pins lie next to each other in memory.
        for board in self._boards:
            for pin in board.pins:
                records = self._by_pin.get(pin.id)
                if records is None:
                    new.add(pin.id)
                elif len(records) != 1 or len(pin.images) != 1 or not self._stands(records[0], pin, pin.images[0]):
                    unsettled.add(pin.id)
        # Only then a tracked pin is in no listing.
        if len(self._pins.pins) - len(new) < len(self._by_pin):
            unsettled.update(self._by_pin.keys() - self._pins.pins.keys())
        return new, unsettled

    def _stands(self, record: Tracked, pin: Pin, image: PinImage) -> bool:
        """Whether pin and file are plainly as agreed, so that the truth table can be skipped."""
        return (
            image.slot == record.slot
            and not image.cover
            and record.template == self._inputs.policies.template
            and record.container == self._places.container(pin.board_id, pin.section_id)
            and self._files.plainly_as_recorded(record)
            and (not self._moves_pins or self._places.is_at_home(record))
            and (record.signature is None or record.signature == image.signature)
            and not could_be_larger(record, image)
        )

    def _cases_of_base(
        self, records: list[Tracked], seen: SeenPin | None, state: PinState, why: str
    ) -> Iterator[PairState]:
        answers = self._answers_for(seen.board.board.id if seen else records[0].board_id)
        # A file that pinplan removed as a duplicate is fetched again, in every mode, once its keeper is gone.
        if self._wanted_again(records, seen) or any(record.duplicate_of is not None for record in records):
            answers = replace(answers, missing_file=MissingFile.DOWNLOAD)
        # Slots popped below are known; what is left over is new on this pin.
        images = {image.slot: image for image in seen.pin.images} if seen else {}
        asked = (self._as_asked(r, f) for r, f in zip(records, self._files.all_of(records), strict=True))
        placed = [self._refiled(r, f, seen, answers) for r, f in zip(records, asked, strict=True)]
        cases = [
            PairState(
                pin=state,
                file=file,
                answers=answers,
                why=why,
                seen=seen,
                record=record,
                records=tuple(records),
                image=images.pop(record.slot, None),
                home=home,
                accepted=self._named(self._accepted, record, file, seen),
                restored=self._named(self._again, record, file, seen),
            )
            for record, (file, home) in zip(records, placed, strict=True)
        ]
        yield from cases
        # With every file removed, the user removed the pin: a new slot must not bring part of it back.
        if seen is not None and state is PinState.PRESENT and any(c.file.state is not FileState.MISSING for c in cases):
            yield from self._cases_of_new(seen, images.values(), answers)

    def _as_asked(self, record: Tracked, file: SeenFile) -> SeenFile:
        """The state of a file, after --accept and the distinction between a move and a rename."""
        if self._accepted and file.others and record.path not in self._files.files:
            # Not at the path of another image: accepting such a file assigns it to that image.
            here = [p for p in file.others if p in self._files.files and p not in self._files.recorded_places]
            chosen = {path for path in here if any(one.names_path(path) for one in self._accepted)}
            # Two named candidates are as ambiguous as none.
            if len(chosen) == 1:
                return self._files.chosen(record, file, chosen.pop())
        return replace(file, state=FileState.RENAMED) if self._was_renamed(record, file) else file

    def _refiled(
        self, record: Tracked, file: SeenFile, seen: SeenPin | None, answers: Answers
    ) -> tuple[SeenFile, Home | None]:
        """The state of a file, and the board or section in whose folder it is, if that is not the recorded one."""
        if seen is None or file.file is None or not record.is_placed_by(self._places.template):
            return file, None
        # One that was accepted where it is stays moved: once the mode lets it, its pin follows. One that was adopted there does only if asked for.
        accepted = file.state is FileState.AS_RECORDED and answers.moved_file is MovedFile.MOVE
        away = self._places.was_moved(record) or (record.adopted_elsewhere and self._is_asked(record, file, seen))
        moved = file.state is FileState.MOVED and file.exact and self._files.names_no_other(file.file, record)
        if not (moved or (accepted and away)):
            return file, None
        home = self._places.exact_home_of(file.file.path)
        if home is None or fold(home.container) == fold(record.container):
            return file, None
        return replace(file, state=FileState.REFILED), home

    def _is_asked(self, record: Tracked, file: SeenFile, seen: SeenPin) -> bool:
        """Whether --accept or --restore names an image."""
        return self._named((*self._accepted, *self._again), record, file, seen)

    def _was_renamed(self, record: Tracked, file: SeenFile) -> bool:
        """Whether a moved file kept its bytes and stayed in its own folder, or left all board folders."""
        if file.state is not FileState.MOVED or not file.exact or file.file is None:
            return False
        owners = self._places.belongs_to(file.file.path)
        return (
            # The old folder of a renamed board, or that of a board that is no longer listed, is still that board's.
            (record.container in owners or not (owners or self._places.exact_home_of(file.file.path)))
            and record.is_placed_by(self._places.template)
            and self._files.names_no_other(file.file, record)
        )

    def _named(self, globs: Sequence[Selector], record: Tracked, file: SeenFile, seen: SeenPin | None) -> bool:
        """Whether a selector names an image by its recorded or present path, its address or its pin."""
        if not globs:
            return False
        paths = [record.path, *([file.file.path] if file.file else [])]
        if any(one.names_pin(record.pin_id) or any(map(one.names_path, paths)) for one in globs):
            return True
        return seen is not None and self._pin_named(globs, seen)

    def _pin_named(self, globs: Sequence[Selector], seen: SeenPin) -> bool:
        """Whether a selector names a pin by its id or address."""
        if not globs:
            return False
        board = seen.board.board
        address = f"{self._places.container(seen.pin.board_id, seen.pin.section_id)}/{seen.pin.id}"
        return any(
            one.names_pin(seen.pin.id) or one.names_place(address, board.id, board.name, board.owner) for one in globs
        )

    def _wanted_again(self, records: list[Tracked], seen: SeenPin | None) -> bool:
        """Whether --restore names the pin, in any mode."""
        missing = SeenFile(FileState.MISSING)
        return seen is not None and any(self._named(self._again, record, missing, seen) for record in records)

    def go_through_new_pins(self) -> None:
        """Apply the rules to every pin that the base does not know."""
        wanted = self._new - self._pins.twice - self._ignored - self._rebound - self._brought_back
        # In the order of the listings, as paths are first come, first served.
        for pin_id, seen in self._pins.pins.items() if wanted else ():
            if pin_id in wanted:
                self._new_pin(seen)

    def _new_pin(self, seen: SeenPin) -> None:
        if not seen.pin.images:
            self.draft.note(FindingKind.WITHHELD, seen.pin, "Pinterest offers no image for this pin")
        for case in self._cases_of_new(seen, seen.pin.images, self._answers_for(seen.board.board.id)):
            self.rules.apply(case)

    def _cases_of_new(self, seen: SeenPin, images: Iterable[PinImage], answers: Answers) -> Iterator[PairState]:
        again = self._pin_named(self._again, seen)
        for image in images:
            file = self._files.new(seen.pin, image)
            # Posted without keeping a file; one that the user put here is adopted as any other.
            if seen.pin.id in self._not_kept and file.state is FileState.NEVER_HERE and not again:
                continue
            yield PairState(
                pin=PinState.PRESENT,
                file=file,
                answers=answers,
                seen=seen,
                image=image,
                restored=again,
            )

    def _answers_for(self, board_id: BoardId) -> Answers:
        if board_id not in self._answers:
            board = self._pins.boards.get(board_id)
            name, owner = (board.board.name, board.board.owner) if board else ("", None)
            self._answers[board_id] = for_board(self._inputs.policies, name, board_id, owner)
        return self._answers[board_id]

    def plan_duplicates(self) -> None:
        """Plan the removal of duplicates, or report them."""
        # One action per pin: removing a pin that another action moves or fetches would conflict.
        busy = {pin_id for action in self.draft.actions for pin_id in action.pin_ids}
        actions, findings = DuplicatePlanner(self._inputs, self._pins, self._files, self._places).decide(
            busy, self._ignored
        )
        self.draft.actions.extend(actions)
        self.draft.findings.extend(findings)
        self.draft.findings.extend(uncomparable((one.path, one.reason) for one in self._inputs.local.faceless))

    def report_new_pins(self) -> None:
        """Report pins that the config does not fetch: both sides differ nevertheless."""
        for board_id, pins in self.rules.not_fetched.items():
            count = len(pins)
            message = f"{count:,} {'pin is' if count == 1 else 'pins are'} only on Pinterest: new pins of this board are not fetched"
            self.draft.note_at(
                FindingKind.NEW_ON_PINTEREST, self._places.container(board_id, None), message, count=count
            )

    def report_files(self) -> None:
        """Report paths that the scan could not read."""
        for unknown in self._inputs.local.unknown:
            self.draft.note_at(FindingKind.UNKNOWN, unknown.path, f"cannot be read: {unknown.reason}")

    def go_through_new_files(self) -> None:
        """Upload pictures that are new in the folder of a board, or report them."""
        new = new_files(self._files, self._places, self._pins, self._inputs.policies, self._scope, self._pending)
        self.draft.findings.extend(new.findings())
        if new.uploaded or new.groups or new.videos:
            rules = UploadRules(self._inputs, self._pins, self._places)
            actions, findings = rules.decide(new.uploaded)
            self.draft.actions.extend(actions)
            self.draft.findings.extend(findings)
            carousels = CarouselRules(rules, self._places, self._inputs.local.files) if new.groups else None
            for one in (
                *(carousels.decide(new.groups) if carousels else ()),
                *VideoRules(self._inputs, rules, self._places).decide(new.videos),
            ):
                if isinstance(one, Finding):
                    self.draft.findings.append(one)
                else:
                    self.draft.actions.append(one)
            self.postponed = rules.postponed
        self.draft.findings = without_cover_only(self.draft.findings, self._files)

    def add_places(self) -> None:
        """Create the boards and sections that anything needs."""
        self.draft.actions.extend(creates(self._boards, self._places, self.draft.actions, self._pins.account.username))
