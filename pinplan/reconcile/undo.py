"""Undo: turn the receipts of a run into a plan that reverses it. Pure.

Every kind knows how it is undone (`pinplan.actions.base.Action.undo`); this module gives it the present state, and the order.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from pinplan.actions.base import Action
from pinplan.actions.companions import Carrier
from pinplan.actions.contexts import Home, KeptRecord
from pinplan.actions.create_again import facts_of, own_facts
from pinplan.actions.receipts import Receipt
from pinplan.actions.reversals import Reversals
from pinplan.actions.verdicts import NotUndone
from pinplan.model.ids import RelPath
from pinplan.model.naming import Spellings, render_path, slot_suffix
from pinplan.plan.document import Finding, FindingKind
from pinplan.reconcile.board_folders import BoardFolders
from pinplan.reconcile.companions import accompanied
from pinplan.reconcile.finalise import finalise
from pinplan.reconcile.findings import confirmations, unconfirmed, why_not_again
from pinplan.reconcile.match import PinSides
from pinplan.reconcile.paths import ID_PLACE, extension_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pinplan.actions import AnyAction
    from pinplan.model.base import Tracked
    from pinplan.model.ids import BoardId, PinId, RunId, SectionId
    from pinplan.model.images import FileFact, FileStat
    from pinplan.model.pins import Board, Pin
    from pinplan.reconcile.plan_input import PlanContent, PlanInput


class DoneAction(Struct, frozen=True, kw_only=True):
    """An executed action of a run, and its receipt."""

    run: RunId
    action: AnyAction
    receipt: Receipt


def undo(
    inputs: PlanInput,
    done: Sequence[DoneAction],
    kept: Mapping[RelPath, FileStat],
    created: Mapping[PinId, PinId],
) -> PlanContent:
    """Reverse actions, the last one first.

    Args:
        inputs: the present state.
        done: the executed actions, in plan order.
        kept: everything in the trash.
        created: deleted pins that were recreated earlier, each with the pin that replaces it.
    """
    now = _Present(inputs, done, kept, created)
    # Pending creates come first: undoing a delete twice would create the pin twice (I29: create at most once).
    actions: list[AnyAction] = [*confirmations(inputs)]
    findings: list[Finding] = [*unconfirmed(inputs)]
    # Last action first: a later action may occupy the path that an earlier one needs back.
    for one in reversed(done):
        now.run = one.run
        undone = one.action.undo(one.receipt, now)
        if isinstance(undone, NotUndone):
            message = f"not undone ({one.action.describe().effect}): {undone.reason}"
            pin_id = one.action.pin_id
            finding = Finding(
                kind=FindingKind.NOT_UNDONE,
                address=one.action.address,
                pin_id=pin_id,
                message=message,
                commands=undone.commands,
            )
            findings.append(finding)
        else:
            actions.extend(_known(undone))
    actions, torn = accompanied(actions, inputs.local.files)
    # An undo looks only at its own actions: an empty one does not mean that both sides agree.
    return replace(finalise(inputs, actions, [*findings, *torn]), compares=False)


def _known(actions: Sequence[Action]) -> Sequence[AnyAction]:
    """Narrow the type: every kind is in the union."""
    return actions  # type: ignore[return-value] # see above


class _Present:
    """The present state (protocol `pinplan.actions.contexts.UndoContext`)."""

    def __init__(
        self,
        inputs: PlanInput,
        done: Sequence[DoneAction],
        kept: Mapping[RelPath, FileStat],
        created: Mapping[PinId, PinId],
    ) -> None:
        self._inputs, self._created = inputs, created
        self.run: RunId | None = None
        self.reversals = Reversals()
        self._records = {(record.pin_id, record.slot): record for record in inputs.base.tracked}
        self._files = inputs.local.by_path
        self._spellings = Spellings(self._files)
        self._kept = kept
        self._pins = PinSides(inputs.remote)
        self._folders = BoardFolders(inputs.remote.boards, inputs.base.tracked)
        self.template = inputs.policies.template
        self._trashed: dict[tuple[RunId | None, PinId], list[KeptRecord]] = defaultdict(list)
        self._deleted: set[tuple[RunId | None, PinId]] = set()
        for one in done:
            self._remember(one)

    def _remember(self, one: DoneAction) -> None:
        action, key = one.action, (one.run, one.action.pin_id)
        # By run and pin: the undo of several runs must not mix their trash.
        if action.trait.deletes_remote:
            self._deleted.add(key)
        elif action.trait.deletes_local and one.receipt.kept and action.before is not None:
            record: Tracked = action.before  # type: ignore[assignment] # what is trashed was tracked
            beside = action.with_it if isinstance(action, Carrier) else ()
            self._trashed[key].append(KeptRecord(path=one.receipt.kept[0], tracked=record, companions=beside))

    def record(self, pin_id: PinId, slot: int) -> Tracked | None:
        return self._records.get((pin_id, slot))

    def file(self, path: RelPath) -> FileFact | None:
        # Also in another spelling: on a disk that ignores case the other file has this place.
        found = self._files.get(path)
        return found or next((self._files[RelPath(other)] for other in self._spellings.others(path)), None)

    def kept(self, path: RelPath) -> FileStat | None:
        return self._kept.get(path)

    def kept_with(self, pin_id: PinId) -> Sequence[KeptRecord]:
        return [kept for kept in self._trashed.get((self.run, pin_id), ()) if kept.path in self._kept]

    def deleted_too(self, pin_id: PinId) -> bool:
        return (self.run, pin_id) in self._deleted

    def pin(self, pin_id: PinId) -> Pin | None:
        seen = self._pins.pins.get(pin_id)
        return seen.pin if seen else None

    def board(self, board_id: BoardId) -> Board | None:
        found = self._pins.boards.get(board_id)
        return found.board if found is not None else None

    def section_name(self, board_id: BoardId, section_id: SectionId) -> str | None:
        board = self._pins.boards.get(board_id)
        return next((one.name for one in board.sections if one.id == section_id), None) if board is not None else None

    def new_home(self, pin: Pin) -> Home | None:
        board = self._pins.boards.get(pin.board_id)
        if board is None:
            return None
        section = self._section(pin)
        return Home(board_id=pin.board_id, section_id=section, container=self._folders.container(pin.board_id, section))

    def _section(self, pin: Pin) -> SectionId | None:
        """The pin's section, if it certainly still exists: sections are listed only for boards with a pin in one."""
        # A deleted section must not fail the create: the pin then returns to the board itself.
        listed = {section.id for section in self._pins.boards[pin.board_id].sections}
        return pin.section_id if pin.section_id in listed else None

    def name_around_id(self, pin: Pin, home: Home, record: Tracked) -> tuple[str, str]:
        fields = {
            "board": self._folders.board(home.board_id),
            "section": self._folders.section(home.board_id, home.section_id),
            "title": pin.title or "",
            "created_at": pin.created_at or "",
            "pin_id": ID_PLACE,
            "slot": slot_suffix(record.slot),
            "ext": extension_of(record.path),
        }
        head, _, tail = self._spellings.placed(render_path(self.template, fields)).rpartition(ID_PLACE)
        return head, tail

    def created_already(self, pin_id: PinId) -> str | None:
        if pin_id in self._created:
            return f"it was already created again, as pin {self._created[pin_id]}"
        return why_not_again(self._inputs, pin_id)

    def twins(self, pin: Pin, home: Home) -> tuple[PinId, ...]:
        board = self._pins.boards.get(home.board_id)
        wanted = facts_of(pin, home)
        return tuple(other.id for other in board.pins if own_facts(other) == wanted) if board else ()
