"""What the state can tell without asking anybody: where things stand, and the past of one pin or file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from pinplan.model.base import Tracked
from pinplan.model.ids import AccountId, LibraryId, Lineage, PinId, RunId
from pinplan.model.spelling import composed
from pinplan.records.journal import ActionRecord

if TYPE_CHECKING:
    from pinplan.records.state import State


class Folder(Struct, frozen=True, kw_only=True):
    """The tracked files of a board or section."""

    name: str
    files: int
    bytes: int


class Status(Struct, frozen=True, kw_only=True):
    """Where things stand."""

    library_id: LibraryId
    lineage: Lineage
    serial: int
    account_id: AccountId | None
    files: int
    pins: int
    bytes: int
    folders: tuple[Folder, ...]
    last_run: RunId | None
    unfinished: RunId | None


class Past(Struct, frozen=True, kw_only=True):
    """What is known of one pin: its files as tracked, and every action about it, the oldest first."""

    tracked: tuple[Tracked, ...]
    actions: tuple[ActionRecord, ...]


def status_of(state: State) -> Status:
    """Where things stand. Raises `StateUnreadable`."""
    base = state.base()
    runs = state.runs()
    sizes: dict[str, list[int]] = {}
    for record in base.tracked:
        sizes.setdefault(record.container, []).append(record.size)
    last = runs[-1] if runs else None
    return Status(
        library_id=base.library_id,
        lineage=base.lineage,
        serial=base.serial,
        account_id=base.account_id,
        files=len(base.tracked),
        pins=len({record.pin_id for record in base.tracked}),
        bytes=sum(record.size for record in base.tracked),
        folders=tuple(Folder(name=n, files=len(s), bytes=sum(s)) for n, s in sorted(sizes.items())),
        last_run=last.id if last else None,
        unfinished=last.id if last and last.ended_at is None else None,
    )


def past_of(state: State, name: str) -> Past:
    """The past of a pin, given by its id, by an address that ends in it, or by the path of its file in the library."""
    base = state.base()
    wanted = PinId(name.rpartition("/")[2].partition("#")[0])
    by_path = {record.pin_id for record in base.tracked if composed(record.path) == composed(name)}
    pin_ids = by_path or {wanted}
    records = tuple(record for record in base.tracked if record.pin_id in pin_ids)
    actions = [action for pin_id in sorted(pin_ids) for action in state.journal(pin_id=pin_id)]
    return Past(tracked=records, actions=tuple(sorted(actions, key=lambda action: (action.run, action.action))))
