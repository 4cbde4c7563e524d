"""The trash: list its files and delete old ones permanently."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from pinplan.model.ids import RelPath, RunId
from pinplan.model.json_document import JsonDocument
from pinplan.model.matching import names
from pinplan.model.times import moment_of, timestamp
from pinplan.records.audit import Destroyed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pinplan.ports import Clock, Library
    from pinplan.records.state import State

_BATCH = 500  # files per audit commit: one commit per file would take minutes


class InTrash(Struct, frozen=True, kw_only=True):
    """A file in the trash.

    Attributes:
        since: when its run began; RFC 3339 in UTC.
        days: whole days since then.
        held: needed by an unfinished run or an unconfirmed create; never emptied.
    """

    path: RelPath
    was: str
    run: RunId
    since: str
    days: int
    size: int
    held: bool


class TrashList(JsonDocument, frozen=True, kw_only=True, tag="pinplan.trash-list"):
    """The document of ``pinplan trash list --json``: the files by run, the oldest run first."""

    files: tuple[InTrash, ...]


class TrashEmptied(JsonDocument, frozen=True, kw_only=True, tag="pinplan.trash-empty"):
    """The document of ``pinplan trash empty --json``: the permanently deleted files.

    Attributes:
        older_than_days: how old a file had to be.
        bytes: of all of them.
    """

    older_than_days: int
    files: tuple[InTrash, ...] = ()
    bytes: int = 0


def trash_of(library: Library, state: State, clock: Clock) -> list[InTrash]:
    """All files in the trash, oldest run first."""
    now = clock.now()
    runs = {run.id: run for run in state.runs()}
    # An unconfirmed create is recognised by comparing its image with new pins, so the image must stay.
    sent = {picture.source for create in state.creates.pending() for picture in create.intent.pictures}
    found = []
    for file in library.in_trash():
        run = runs.get(file.run)
        # After a lost state the trash still holds files of runs that the new state never had.
        since = run.started_at if run else _time_in(file.run)
        found.append(
            InTrash(
                path=file.path,
                was=file.was,
                run=file.run,
                since=since,
                days=_days(since, now),
                size=file.size,
                held=file.path in sent or (run is not None and run.ended_at is None),
            )
        )
    return sorted(found, key=lambda file: (file.since, file.path))


def to_empty(files: Iterable[InTrash], *, days: int, wanted: Sequence[str] = ()) -> list[InTrash]:
    """Files to delete: old enough, matching the names if given, and not held."""
    return [
        file
        for file in files
        if file.days >= days
        and not file.held
        and (not wanted or any(names(name, file.was, file.run) for name in wanted))
    ]


def empty(library: Library, state: State, clock: Clock, files: Sequence[InTrash]) -> int:
    """Delete files permanently; returns their number. Each deletion is recorded in the audit log first."""
    for start in range(0, len(files), _BATCH):
        batch = files[start : start + _BATCH]
        entries = [Destroyed(path=file.path, size=file.size) for file in batch]
        # Before the files go (I25: intent first): the log may name a file that survived, but never misses a deleted one.
        state.audit.append(entries, timestamp(clock.now()))
        for file in batch:
            library.destroy(file.path)
    state.audit.settle()
    return len(files)


def _time_in(run: RunId) -> str:
    """The time in the name of a run that the state does not know (any more)."""
    try:
        moment = datetime.strptime(run[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return ""
    return timestamp(moment)


def _days(since: str, now: datetime) -> int:
    """Whole days; 0 for an unknown time, so that a file without a date is never deleted."""
    moment = moment_of(since)
    return max(0, (now - moment).days) if moment is not None else 0
