"""The part of the base about images that their host refused, entirely or in the best size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pinplan.model.base import Refused, once_more
from pinplan.records.database import decodable

if TYPE_CHECKING:
    import sqlite3

    from pinplan.model.ids import RunId
    from pinplan.records.database import Database
    from pinplan.records.journal import Result

_READ = msgspec.json.Decoder(Refused)


def read_refused(db: Database) -> tuple[Refused, ...]:
    """All refusals, by pin and slot."""
    rows = db.rows("SELECT refused FROM refused ORDER BY pin_id, slot")
    with decodable(db.path, "a refused image"):
        return tuple(_READ.decode(str(refused)) for (refused,) in rows)


def forget_refused(db: sqlite3.Connection, result: Result) -> None:
    """Delete refusals that no longer matter: other bytes were stored, or the image is no longer tracked. Call before the base changes."""
    for tracked in result.puts:
        key = (tracked.pin_id, tracked.slot)
        db.execute(
            "DELETE FROM refused WHERE pin_id = ?1 AND slot = ?2"
            " AND NOT EXISTS (SELECT 1 FROM tracked WHERE pin_id = ?1 AND slot = ?2 AND sha256 = ?3)",
            (*key, tracked.sha256),
        )
    db.executemany("DELETE FROM refused WHERE pin_id = ? AND slot = ?", result.drops)


def remember_refused(db: sqlite3.Connection, result: Result, run: RunId, at: str) -> None:
    """Store what was refused, since when and in how many runs."""
    now = result.refused
    if now is None:
        return
    key = (now.pin_id, now.slot)
    found = db.execute("SELECT refused FROM refused WHERE pin_id = ? AND slot = ?", key).fetchone()
    refused = once_more(_READ.decode(found[0]) if found else None, now, run, at)
    db.execute("REPLACE INTO refused VALUES (?, ?, ?)", (*key, msgspec.json.encode(refused).decode()))
