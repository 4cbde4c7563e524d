"""Turn an outcome of the truth table into an action with all its data, or a finding with its message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET

from pinplan.actions import DeleteLocal, DeleteRemote, Forget, MoveLocal
from pinplan.actions.create_again import can_be_created_again
from pinplan.actions.expect import ExpectFree, ExpectPin, expect_of
from pinplan.model.planned_ids import is_planned
from pinplan.plan.document import FindingKind
from pinplan.reconcile.board_folders import RenamedFolders
from pinplan.reconcile.fetch_rules import FetchRules, could_be_larger
from pinplan.reconcile.findings import COVER_ONLY, finding_of, why_moved, why_not_ours
from pinplan.reconcile.folders_without_board import FoldersWithoutBoard
from pinplan.reconcile.local_rules import LocalRules
from pinplan.reconcile.match import shows_another
from pinplan.reconcile.paths import extension_of
from pinplan.reconcile.remote_rules import RemoteRules
from pinplan.reconcile.truth import ACCEPTED, RESTORED, Outcome, outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pinplan.actions.placement import Placement
    from pinplan.model.base import Tracked
    from pinplan.model.ids import BoardId, PinId, RelPath
    from pinplan.policies.bundle import Policies
    from pinplan.reconcile.draft import Draft
    from pinplan.reconcile.fetch_rules import RefusedImages
    from pinplan.reconcile.match import PinSides, SeenPin
    from pinplan.reconcile.pair_state import PairState
    from pinplan.reconcile.scope import ScopeFilter


class Rules:
    """Adds to a draft, case by case."""

    def __init__(
        self,
        draft: Draft,
        pins: PinSides,
        policies: Policies,
        scope: ScopeFilter,
        refusals: RefusedImages,
        here: Iterable[tuple[str, RelPath]] = (),
        renamed: RenamedFolders | None = None,
    ) -> None:
        """Add to a draft; ``here`` are addresses whose image a tracked file already holds, ``renamed`` folders that were renamed here."""
        self._draft, self._places = draft, draft.places
        self._pins, self._policies, self._scope = pins, policies, scope
        self._username = pins.account.username
        self._fetch = FetchRules(draft, pins, policies, scope, refusals, here)
        self._local = LocalRules(draft)
        self._remote = RemoteRules(draft, pins, policies, renamed or RenamedFolders())
        self._without_board = FoldersWithoutBoard(draft.places)
        self._deleted: set[str] = set()
        self.not_fetched: dict[BoardId, set[PinId]] = {}

    def apply(self, case: PairState) -> None:
        """Look a case up in the truth table, and add the action or finding."""
        result = outcome(case.pin, case.file.state, case.answers)
        if case.restored or case.accepted:
            result = (RESTORED if case.restored else ACCEPTED).get(result, result)
        if result is Outcome.IN_PLACE:  # by far the most frequent one
            self._in_place(case)
            return
        if result is Outcome.NOTHING:
            self._ignored(case)
            return
        if result in {Outcome.MOVED_LOCALLY, Outcome.MOVE_REMOTE, Outcome.RELOCATE}:
            result = self._three_way(case, result)
            if result is Outcome.RELOCATE and self._remote.is_renamed(case):
                return
        finding = finding_of(case, result)
        if finding is not None:
            self._draft.note_image(case, *finding)
            return
        self._act(case, result)

    def _ignored(self, case: PairState) -> None:
        """Count a pin that the config does not fetch, if it is in scope."""
        seen = case.seen
        if seen is not None and self._scope.has(self._draft.address(case), seen.pin.board_id, seen.pin.id):
            self.not_fetched.setdefault(seen.pin.board_id, set()).add(seen.pin.id)

    def _three_way(self, case: PairState, result: Outcome) -> Outcome:
        """The outcome for a moved file, given where its pin is."""
        if case.is_at_pin:
            return Outcome.RELOCATE
        # Both sides moved it: which place is meant is the user's to say.
        home = case.home
        is_new = home is not None and (is_planned(home.board_id) or is_planned(home.section_id))
        # A board that was renamed there as well: its folder here is no new board.
        there_too = case.pin_has_moved if home is not None else self._moved_there_too(case)
        there_too = there_too or (is_new and self._moved_there_too(case))
        return Outcome.CONFLICT if there_too and not case.accepted else result

    def finish(self) -> None:
        """Plan what depends on several images."""
        self._remote.finish()
        self._draft.findings.extend(self._without_board.findings())

    def _moved_there_too(self, case: PairState) -> bool:
        pin = case.listed.pin
        return case.tracked.container != self._places.container(pin.board_id, pin.section_id)

    def _act(self, case: PairState, result: Outcome) -> None:  # noqa: C901 - a line for each outcome
        match result:
            case Outcome.DOWNLOAD:
                self._fetch.download(case)
            case Outcome.ADOPT:
                self._local.adopt(case)
            case Outcome.REPLACE:
                self._fetch.replace_damaged(case)
            case Outcome.DELETE_LOCAL:
                self._delete_local(case)
            case Outcome.DELETE_REMOTE:
                self._delete_remote(case)
            case Outcome.FORGET:
                self._forget(case)
            case Outcome.RELOCATE:
                self._local.relocate(case)
                self._without_board.add(case)
            case Outcome.ACCEPT:
                self._local.accept(case)
            case Outcome.MOVE_REMOTE:
                self._remote.refile(case)
            case Outcome.MOVE_BACK:
                self._move_back(case)
            case _:  # pragma: no cover - findings and nothing were dealt with above
                raise AssertionError(result)

    def _in_place(self, case: PairState) -> None:
        seen, record = case.listed, case.tracked
        if case.image is None:
            self._draft.note_image(case, FindingKind.WITHHELD, "Pinterest no longer offers this image; the file stays")
            return
        if case.image.cover:
            self._draft.note_image(case, FindingKind.COVER_ONLY, COVER_ONLY)
        # Before the size: sizes of two different images say nothing about each other.
        if shows_another(seen.pin, (record,)):
            if self._fetch.in_another_image(case, seen, record, case.image):
                return
        elif could_be_larger(record, case.image) and self._fetch.in_better_size(case, seen, record, case.image):
            return
        container = self._places.container(seen.pin.board_id, seen.pin.section_id)
        if record.container == container and record.is_placed_by(self._places.template):
            return
        self._move(case, seen, record, self._places.placement(seen.pin, case.image, extension_of(record.path)))

    def _move(self, case: PairState, seen: SeenPin, record: Tracked, after: Placement) -> None:
        if after.path == record.path:
            return
        # The other board may still list it: a pin moved while boards are read appears in two.
        if not self._pins.surely_moved(seen, record):
            self._draft.note_image(
                case, FindingKind.UNKNOWN, "the file seems to have moved, but a listing is incomplete"
            )
            return
        if not self._draft.is_free(case, after.path):
            return
        self._draft.actions.append(
            MoveLocal(
                pin_id=record.pin_id,
                board_id=seen.pin.board_id,
                address=self._draft.address(case),
                reason=why_moved(record, seen, self._places.template),
                expect=expect_of(record),
                before=record,
                after=after,
            )
        )

    def _move_back(self, case: PairState) -> None:
        """Move a file back: to its recorded path, or, if that was accepted elsewhere, to the folder of its pin."""
        seen, record = case.listed, case.tracked
        if case.found.path != record.path:
            self._local.move_back(case)
        elif case.image is not None:
            self._move(case, seen, record, self._places.placement(seen.pin, case.image, extension_of(record.path)))

    def _delete_local(self, case: PairState) -> None:
        record = case.tracked
        self._draft.actions.append(
            DeleteLocal(
                pin_id=record.pin_id,
                board_id=record.board_id,
                address=self._draft.address(case),
                reason="removed_on_pinterest",
                destructive=True,
                expect=expect_of(record),
                before=record,
            )
        )

    def _delete_remote(self, case: PairState) -> None:
        """One action per pin, whatever the number of its slots; only for a pin that is certainly ours (I10)."""
        seen = case.listed
        if seen.pin.id in self._deleted:
            return
        # Marked even if a finding follows: one finding per pin, not one per slot.
        self._deleted.add(seen.pin.id)
        not_ours = why_not_ours(seen, self._username)
        board = seen.board.board
        of_others = not_ours is not None and self._policies.may_delete_of_others(
            board.name, board.id, seen.pin.id, board.owner
        )
        # From a broken listing the pin may look different than it is (I1: broken listings delete nothing).
        problem = None if seen.board.complete else "the listing of its board is incomplete"
        if not_ours is not None and not of_others:
            problem = not_ours
        if problem is not None:
            self._draft.note_image(
                case, FindingKind.BLOCKED, f"the file was removed here; not deleted on Pinterest: {problem}"
            )
            return
        if shows_another(seen.pin, case.records):
            # The removed file is not what would be deleted: the new image was never here, and no copy is kept (I20).
            self._draft.note_image(
                case, FindingKind.CONFLICT, "the file was removed here, but the pin shows another image now"
            )
            return
        if not all(image.renditions for image in seen.pin.images):
            self._draft.note_image(
                case, FindingKind.BLOCKED, "not deleted on Pinterest: no copy of its image could be kept"
            )
            return
        if any(
            self._fetch.is_withheld(case, image, "not deleted on Pinterest: its image is ") for image in seen.pin.images
        ):
            return
        pin = seen.pin
        self._draft.actions.append(
            DeleteRemote(
                pin_id=pin.id,
                board_id=pin.board_id,
                address=f"{self._places.container(pin.board_id, pin.section_id)}/{pin.id}",
                reason="removed_locally",
                destructive=True,
                reversible=can_be_created_again(pin),
                expect=ExpectPin(pin_id=pin.id, board_id=pin.board_id, section_id=pin.section_id),
                before=pin,
                files=case.records,
                of_others=of_others or UNSET,
            )
        )

    def _forget(self, case: PairState) -> None:
        record = case.tracked
        self._draft.actions.append(
            Forget(
                pin_id=record.pin_id,
                board_id=record.board_id,
                address=self._draft.address(case),
                reason="gone_on_both_sides",
                expect=ExpectFree(free=record.path),
                before=record,
            )
        )

    def rebind(self, cases: Sequence[PairState], new: SeenPin) -> bool:
        """Assign all files of an old pin to a new one; whether that is possible."""
        return self._local.rebind(cases, new)
