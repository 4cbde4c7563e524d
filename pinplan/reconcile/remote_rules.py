"""Plan what follows on Pinterest from files that were moved here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET
from msgspec.structs import replace

from pinplan.actions import MoveRemote, RenameBoard, RenameSection
from pinplan.actions.contexts import Home
from pinplan.actions.expect import ExpectPin, expect_of
from pinplan.actions.renaming import ExpectNamed
from pinplan.model.pins import is_made_public
from pinplan.plan.document import FindingKind
from pinplan.reconcile.findings import WRITE_TO_OTHERS, why_not_ours
from pinplan.reconcile.local_rules import as_it_is
from pinplan.reconcile.pair_state import surely

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinplan.actions import AnyAction
    from pinplan.model.base import Tracked
    from pinplan.model.ids import BoardId, PinId, SectionId
    from pinplan.model.snapshots import BoardSnapshot
    from pinplan.policies.bundle import Policies
    from pinplan.reconcile.board_folders import RenamedFolders
    from pinplan.reconcile.draft import Draft
    from pinplan.reconcile.match import PinSides, SeenPin
    from pinplan.reconcile.pair_state import PairState


class RemoteRules:
    """Collects images whose files are in the folder of another board or section, and plans one move for each pin."""

    def __init__(self, draft: Draft, pins: PinSides, policies: Policies, renamed: RenamedFolders) -> None:
        """Add to a draft; ``renamed`` are folders that were renamed here."""
        self._draft, self._pins, self._policies = draft, pins, policies
        self._renamed = renamed
        self._in_folders: dict[tuple[BoardId, SectionId | None], list[PairState]] = {}
        self._username = pins.account.username
        self._refiled: dict[PinId, list[PairState]] = {}

    def refile(self, case: PairState) -> None:
        """Note an image whose file was moved."""
        self._refiled.setdefault(case.tracked.pin_id, []).append(case)

    def is_renamed(self, case: PairState) -> bool:
        """Whether a file is where it belongs once its board or section has the name of its folder; then it is noted for that rename."""
        record = case.tracked
        if case.home is None or case.home.ids != (record.board_id, record.section_id):
            return False
        key: tuple[BoardId, SectionId | None] = (record.board_id, None)
        if record.board_id not in self._renamed.boards:
            if (section := record.section_id) is None or (record.board_id, section) not in self._renamed.sections:
                return False
            key = (record.board_id, section)
        self._in_folders.setdefault(key, []).append(case)
        return True

    def finish(self) -> None:
        """Plan renames and moves, once all images are known: a carousel has several files and one pin."""
        for (board_id, section_id), cases in self._in_folders.items():
            self._draft.actions.append(self._rename(board_id, section_id, cases))
        for cases in self._refiled.values():
            problem = self._why_not(cases)
            if problem is not None:
                for case in cases:
                    self._draft.note_image(case, *problem)
            elif all(self._draft.is_claimed(case, case.found) for case in cases):
                self._draft.actions.append(self._move(cases))

    def _why_not(self, cases: Sequence[PairState]) -> tuple[FindingKind, str] | None:
        """Why a pin is not moved although its files were; None if it is."""
        first = cases[0]
        home, seen = surely(first.home), first.listed
        what = f"{first.tracked.path} was moved here to {first.found.path}"
        if len(cases) != len(first.records) or any(surely(case.home) != home for case in cases):
            left = "only some of the pin's files were moved together"
            return FindingKind.MOVED_LOCALLY, f"{what}; the pin is not moved on Pinterest: {left}"
        target = self._pins.boards.get(home.board_id)
        blocked = self._why_blocked(seen, target)
        if blocked is not None:
            return FindingKind.BLOCKED, f"{what}; the pin is not moved on Pinterest: {blocked}"
        if not (seen.board.complete and surely(target).complete):
            return FindingKind.UNKNOWN, f"{what}; the pin is not moved on Pinterest: a listing is incomplete"
        return None

    def _why_blocked(self, seen: SeenPin, target: BoardSnapshot | None) -> str | None:
        if seen.pin.is_owner is not True:
            return "the pin belongs to another account"
        if target is None:
            return "the board is no longer listed"
        if not target.listed:
            return "the config excludes the board"
        if not self._may_write(seen, target):
            return (
                f"a board may belong to another account; to move it all the same, name the board in {WRITE_TO_OTHERS}"
            )
        return None

    def _may_write(self, seen: SeenPin, target: BoardSnapshot) -> bool:
        """Whether both boards are the account's, or named by the config (I10)."""
        source = seen.board.board
        return (
            why_not_ours(seen, self._username) is None
            or self._policies.may_write_to(source.name, source.id, source.owner)
        ) and (
            not self._is_foreign(target)
            or self._policies.may_write_to(target.board.name, target.board.id, target.board.owner)
        )

    def _is_foreign(self, board: BoardSnapshot) -> bool:
        return board.board.owner != self._username

    def _rename(self, board_id: BoardId, section_id: SectionId | None, cases: Sequence[PairState]) -> AnyAction:
        first, board = cases[0], self._pins.boards[board_id].board
        after = tuple(_refiled(case, self._draft.places.template) for case in cases)
        if section_id is None:
            kind: type[RenameBoard | RenameSection] = RenameBoard
            old, new = board.name, self._renamed.boards[board_id]
            address = new
        else:
            kind = RenameSection
            sections = self._pins.boards[board_id].sections
            old = next(one.name for one in sections if one.id == section_id)
            new = self._renamed.sections[(board_id, section_id)]
            address = self._draft.places.container(board_id, section_id)
        return kind(
            pin_id=first.tracked.pin_id,
            board_id=board_id,
            address=address,
            reason="renamed_here",
            expect=ExpectNamed(board_id=board_id, section_id=section_id, name=old),
            new_name=new,
            before=tuple(case.tracked for case in cases),
            after=after,
            files=tuple(expect_of(record) for record in after),
            of_others=board.owner != self._username or UNSET,
        )

    def _move(self, cases: Sequence[PairState]) -> MoveRemote:
        first = cases[0]
        seen, target = first.listed, surely(first.home)
        pin, places = seen.pin, self._draft.places
        container = places.container(pin.board_id, pin.section_id)
        board = self._pins.boards[target.board_id]
        after = tuple(_refiled(case, self._draft.places.template) for case in cases)
        foreign = why_not_ours(seen, self._username) is not None or self._is_foreign(board)
        return MoveRemote(
            pin_id=pin.id,
            board_id=pin.board_id,
            address=f"{container}/{pin.id}",
            reason="moved_here",
            expect=ExpectPin(pin_id=pin.id, board_id=pin.board_id, section_id=pin.section_id),
            before=first.records,
            after=after,
            files=tuple(expect_of(record) for record in after),
            source=Home(board_id=pin.board_id, section_id=pin.section_id, container=container),
            target=target,
            pin_title=pin.title or UNSET,
            becomes_public=is_made_public(seen.board.board, board.board) or UNSET,
            of_others=foreign or UNSET,
        )


def _refiled(case: PairState, template: str) -> Tracked:
    """The record of an image after its pin has moved to where its file is."""
    home, record = surely(case.home), surely(as_it_is(case.tracked, case.found))
    # With the template: one that was adopted elsewhere is where it belongs now.
    return replace(
        record, board_id=home.board_id, section_id=home.section_id, container=home.container, template=template
    )
