"""Boards and sections of earlier runs that Pinterest does not list: created a moment ago, or perhaps not created at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.errors import RemoteError
from pinplan.model.ids import BoardId
from pinplan.reconcile.plan_input import PendingPlace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinplan.model.creates import PlaceRecord
    from pinplan.model.snapshots import LocalSnapshot, RemoteSnapshot
    from pinplan.ports import Remote
    from pinplan.records.places import Places


def pending_places(
    places: Places, remote: RemoteSnapshot, local: LocalSnapshot, port: Remote | None
) -> tuple[PendingPlace, ...]:
    """What was or may have been created and is not listed. Writes nothing (I7).

    Args:
        places: the creates on record.
        remote: the listings.
        local: the library: only a folder with files can get a board once more.
        port: to ask for a board by its id; None: do not ask.
    """
    open_records = [record for record in places.all() if not _is_listed(record, remote)]
    # In nearly every library there is none, and its paths are not walked.
    folders = {above for file in local.files for above in _folders_above(file.path)} if open_records else set()
    return tuple(
        PendingPlace(
            run=record.run,
            action=record.action,
            container=record.intent.container,
            begun_at=record.begun_at,
            created=record.created,
            is_section=record.intent.board_id is not None,
        )
        for record in open_records
        if record.created is None or (record.intent.container in folders and _exists(record, port))
    )


def _folders_above(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path


def _is_listed(record: PlaceRecord, remote: RemoteSnapshot) -> bool:
    intent = record.intent
    listed = (
        ((board.board.id, board.board.name) for board in remote.boards)
        if intent.board_id is None
        else (
            (one.id, one.name) for board in remote.boards if board.board.id == intent.board_id for one in board.sections
        )
    )
    return any(
        identity == record.created if record.created is not None else intent.may_be(identity, name)
        for identity, name in listed
    )


def _exists(record: PlaceRecord, port: Remote | None) -> bool:
    """Whether a board that was created and is not listed is there all the same: only a 404 proves that it is gone."""
    # There is no request for a single section; its list is read once more before another one is created.
    if record.intent.board_id is not None or record.created is None:
        return False
    try:
        return port is None or port.board(BoardId(record.created)) is not None
    except RemoteError:
        return True
