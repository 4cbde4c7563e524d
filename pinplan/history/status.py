"""Status of a library and history of one pin or file, from the state alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from pinplan.model.base import Base, Tracked
from pinplan.model.ids import AccountId, LibraryId, Lineage, PinId, RunId
from pinplan.model.json_document import JsonDocument
from pinplan.model.matching import folded
from pinplan.model.naming import composed, fold
from pinplan.records.journal import ActionRecord, RunRecord
from pinplan.records.pin_metadata import PartialBoard

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pinplan.reconcile.match import FileSides
    from pinplan.records.state import State


class Folder(Struct, frozen=True, kw_only=True):
    """The tracked files in the folder of a board or section, or in one that a person moved them to."""

    name: str
    files: int
    bytes: int


class Status(JsonDocument, frozen=True, kw_only=True, tag="pinplan.status"):
    """The document of ``pinplan status --json``.

    Attributes:
        files, pins, bytes: of what is tracked.
        folders: where the files are that are here.
        moved: files not at their recorded path.
        missing: files not found, or unknown.
        partial: boards with an incomplete last listing.
        earlier: why the state of a read-only library is an older one (snapshot); empty if it is not.
    """

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
    moved: int = 0
    missing: int = 0
    partial: tuple[PartialBoard, ...] = ()
    earlier: str = ""


class History(JsonDocument, frozen=True, kw_only=True, tag="pinplan.history"):
    """The document of ``pinplan history --json``.

    Attributes:
        runs: all, the oldest first; or the one that was asked for.
        actions: of that one run; None where all runs are listed.
    """

    runs: tuple[RunRecord, ...]
    actions: tuple[ActionRecord, ...] | None = None


class PinHistory(Struct, frozen=True, kw_only=True):
    """What is known of one pin: its files as tracked, and every action about it, the oldest first."""

    tracked: tuple[Tracked, ...]
    actions: tuple[ActionRecord, ...]


def status_of(
    state: State, base: Base, sides: FileSides, template: str, partial: Sequence[PartialBoard] = ()
) -> Status:
    """The status of a library.

    Args:
        state: what was done.
        base: what is tracked.
        sides: where it is.
        template: of file names: says whether boards have folders of their own.
        partial: boards that were not read to their end.

    Raises:
        StateUnreadable: the state cannot be read.
    """
    runs = state.runs()
    sizes: dict[str, list[int]] = {}
    moved = missing = 0
    for record in base.tracked:
        seen = sides.recorded(record)
        if seen.file is None:
            missing += 1
            continue
        moved += seen.file.path != record.path
        sizes.setdefault(_folder(record, seen.file.path, template), []).append(seen.file.size)
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
        moved=moved,
        missing=missing,
        partial=tuple(partial),
    )


def _folder(record: Tracked, path: str, template: str) -> str:
    """Where a file counts: at its board or section, unless it lies in another folder."""
    own_folders = "{board" in template.rpartition("/")[0]
    if not own_folders or fold(path).startswith(f"{fold(record.container)}/"):
        return record.container
    return path.rpartition("/")[0] or "."


def pin_history_of(state: State, name: str, moved: Mapping[PinId, Sequence[str]] | None = None) -> PinHistory:
    """The history of a pin, by id, address or file path.

    Args:
        state: what was done.
        name: which pin.
        moved: where files are now that are not where they are recorded.
    """
    base = state.base()
    wanted = PinId(name.rpartition("/")[2].partition("#")[0])
    places: list[tuple[str, PinId]] = [(record.path, record.pin_id) for record in base.tracked]
    places += [(path, pin_id) for pin_id, paths in (moved or {}).items() for path in paths]
    by_path = {pin_id for path, pin_id in places if composed(path) == composed(name)}
    known = by_path or any(pin_id == wanted for _, pin_id in places)
    pin_ids = by_path or (set() if known else {pin_id for path, pin_id in places if folded(path) == folded(name)})
    pin_ids = pin_ids or {wanted}  # no longer tracked: the journal may still know it
    records = tuple(record for record in base.tracked if record.pin_id in pin_ids)
    actions = [action for pin_id in sorted(pin_ids) for action in state.journal(pin_id=pin_id)]
    return PinHistory(tracked=records, actions=tuple(sorted(actions, key=lambda action: (action.run, action.action))))
