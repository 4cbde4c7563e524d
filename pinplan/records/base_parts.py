"""The tracked records in parts that are read in one piece, beside the table of single rows: a cache.

A part has all records with ``first <= pin_id < until``. Triggers of the database drop it in the transaction that writes any of them, whoever
writes; what no part has is read from the table. So after an apply only the parts that it changed are read row by row.
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import msgspec

from pinplan.model.base import Tracked
from pinplan.records.database import UNDECODABLE, decodable, readable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pinplan.records.database import Database

COLUMNS = tuple(Tracked.__struct_fields__)
_ROWS = 1_000
"""Records in a part, more or less: it is written again as soon as one of them changes."""
_QUERY = (
    f"SELECT {', '.join(COLUMNS)} FROM tracked"  # noqa: S608 - own names
    # To SQLite every BLOB is greater than any text.
    " WHERE pin_id >= ?1 AND pin_id < coalesce(?2, x'') ORDER BY pin_id, slot"
)
_PARTS = msgspec.msgpack.Decoder(list[Tracked])


def read_tracked(db: Database, *, keep: bool) -> list[Tracked]:
    """All tracked records, by pin and slot; with ``keep`` parts are stored for the next time. Raises `StateUnreadable`."""
    with db.lock, readable(db.path), decodable(db.path, "a tracked file"):
        # One transaction: parts and rows must be of one moment.
        db.connection.execute("BEGIN")
        try:
            parts = db.connection.execute("SELECT first, until, records FROM base_parts ORDER BY first")
            found = _Reading(db.connection, parts)
            # Reads all pages of the table, so that a damaged one is found; and the table decides.
            if db.connection.execute("SELECT count(*) FROM tracked").fetchone() != (len(found.records),):
                found = _Reading(db.connection, ())
            if keep:
                with suppress(sqlite3.OperationalError):  # a full disk, or a state that changed meanwhile
                    found.store()
        finally:
            with suppress(sqlite3.OperationalError):
                db.connection.execute("COMMIT")
            if db.connection.in_transaction:
                db.connection.execute("ROLLBACK")
    return found.records


class _Reading:
    """Parts, and the rows between them."""

    def __init__(self, connection: sqlite3.Connection, parts: Iterable[tuple[str, str | None, bytes]]) -> None:
        self._db = connection
        self._words: dict[Any, Any] = {}
        self._gaps: list[tuple[str, str | None, list[Tracked]]] = []
        self.records: list[Tracked] = []
        begins: str | None = ""
        for first, until, records in parts:
            part = _decoded(records)
            if part is not None:
                self._add_rows(begins or "", first)
                self.records += self._with_shared_words(part)
                begins = until
        if begins is not None:
            self._add_rows(begins, None)

    def _add_rows(self, first: str, until: str | None) -> None:
        if first != until:
            rows = self._db.execute(_QUERY, (first, until)).fetchall()
            gap = self._with_shared_words(
                [msgspec.convert(dict(zip(COLUMNS, row, strict=True)), Tracked) for row in rows]
            )
            self._gaps.append((first, until, gap))
            self.records += gap

    def _with_shared_words(self, records: list[Tracked]) -> list[Tracked]:
        """The records with repeated words shared: 100,000 of them stay below 100 MB."""
        put, keep = msgspec.structs.force_setattr, self._words.setdefault
        for record in records:  # just made and not shared yet: mutating frozen structs is safe here
            put(record, "format", keep(record.format, record.format))
            put(record, "board_id", keep(record.board_id, record.board_id))
            put(record, "container", keep(record.container, record.container))
            put(record, "template", keep(record.template, record.template))
            if record.section_id is not None:
                put(record, "section_id", keep(record.section_id, record.section_id))
        return records

    def store(self) -> None:
        """Store what no part had, but for a rest that is soon read."""
        for first, until, gap in self._gaps:
            # Damaged ones.
            self._db.execute("DELETE FROM base_parts WHERE first >= ?1 AND first < coalesce(?2, x'')", (first, until))
            parts = ((part[0].pin_id, end, msgspec.msgpack.encode(part)) for part, end in _split(gap, until))
            self._db.executemany("INSERT INTO base_parts VALUES (?, ?, ?)", parts)


def _split(gap: Sequence[Tracked], until: str | None) -> Iterator[tuple[Sequence[Tracked], str | None]]:
    """The records of a gap in parts, each with the pin at which the next one begins."""
    start = 0
    while len(gap) - start > _ROWS // 2:
        end = min(start + _ROWS, len(gap))
        # The images of a pin stay together.
        while end < len(gap) and gap[end].pin_id == gap[end - 1].pin_id:
            end += 1
        yield gap[start:end], gap[end].pin_id if end < len(gap) else until
        start = end


def _decoded(data: object) -> list[Tracked] | None:
    """A part; None if it is damaged or from another version: then it is as if there were none."""
    try:
        return _PARTS.decode(data if isinstance(data, bytes) else b"")
    except UNDECODABLE:
        return None
