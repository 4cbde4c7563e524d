"""Status of a library and history of one pin or file, from the state alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from pinplan.model.base import Base, Tracked
from pinplan.model.ids import AccountId, LibraryId, Lineage, PinId, RunId
from pinplan.model.json_document import JsonDocument
from pinplan.model.text_form import composed, fold
from pinplan.records.journal import ActionRecord, RunRecord
from pinplan.records.pin_metadata import PartialBoard

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pinplan.reconcile.match import FileSides
    from pinplan.records.state import State


class Folder(Struct, frozen=True, kw_only=True):
    """The tracked files of one folder: of a board, a section, or one that they were moved to by hand."""

    name: str
    files: int
    bytes: int


class Status(JsonDocument, frozen=True, kw_only=True, tag="pinplan.status"):
    """The document of ``pinplan status --json``.

    Attributes:
        files, pins, bytes: totals of what is tracked.
        folders: the folders of the files that are present.
        moved: files not at their recorded path.
        missing: files not found, or unknown.
        partial: boards with an incomplete last listing.
        earlier: why the state of a read-only library is an older copy (snapshot); empty if it is current.
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
        runs: all, oldest first; or the one requested.
        actions: of that one run; None if all runs are listed.
    """

    runs: tuple[RunRecord, ...]
    actions: tuple[ActionRecord, ...] | None = None


class PinHistory(Struct, frozen=True, kw_only=True):
    """One pin's tracked files, and every action about it, oldest first."""

    tracked: tuple[Tracked, ...]
    actions: tuple[ActionRecord, ...]


def status_of(
    state: State, base: Base, sides: FileSides, template: str, partial: Sequence[PartialBoard] = ()
) -> Status:
    """The status of a library.

    Args:
        state: the journal of runs.
        base: what is tracked.
        sides: where the files are.
        template: of file names; decides whether boards have folders of their own.
        partial: boards whose last listing was incomplete.

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
        # Files count where they are now, not where the base has them.
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
    """The folder that a file counts for: its board or section, unless it was moved elsewhere."""
    own_folders = "{board" in template.rpartition("/")[0]
    if not own_folders or fold(path).startswith(f"{fold(record.container)}/"):
        return record.container
    return path.rpartition("/")[0] or "."


def pin_history_of(state: State, name: str, moved: Mapping[PinId, Sequence[str]] | None = None) -> PinHistory:
    """The history of a pin, by id, address or file path.

    Args:
        state: base and journal.
        name: which pin.
        moved: present paths of files that left their recorded path, by pin.
    """
    base = state.base()
    # "board/section/123#2" and "123" both name pin 123.
    wanted = PinId(name.rpartition("/")[2].partition("#")[0])
    places: list[tuple[str, PinId]] = [(record.path, record.pin_id) for record in base.tracked]
    places += [(path, pin_id) for pin_id, paths in (moved or {}).items() for path in paths]
    # macOS file systems store decomposed names: compare in NFC.
    by_path = {pin_id for path, pin_id in places if composed(path) == composed(name)}
    known = by_path or any(pin_id == wanted for _, pin_id in places)
    pin_ids = by_path or (set() if known else {pin_id for path, pin_id in places if fold(path) == fold(name)})
    pin_ids = pin_ids or {wanted}  # no longer tracked: the journal may still know it
    records = tuple(record for record in base.tracked if record.pin_id in pin_ids)
    actions = [action for pin_id in sorted(pin_ids) for action in state.journal(pin_id=pin_id)]
    return PinHistory(tracked=records, actions=tuple(sorted(actions, key=lambda action: (action.run, action.action))))
