"""Creates of boards and sections on Pinterest, and their outcomes (I29: created at most once), as `pinplan.records.creates` keeps those of pins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pinplan.model.creates import PlaceIntent, PlaceRecord
from pinplan.model.ids import ActionId, RunId
from pinplan.model.planned_ids import planned_id
from pinplan.model.text_form import fold
from pinplan.records.database import decodable

if TYPE_CHECKING:
    import sqlite3

    from pinplan.records.database import Database

_COLUMNS = "run, action, begun_at, intent, created"
_READ = msgspec.json.Decoder(PlaceIntent)


class Places:
    """Intents of creates of boards and sections, and their outcomes."""

    def __init__(self, db: Database) -> None:
        """Use `pinplan.records.state.State.places`."""
        self._db = db

    def begin(self, run: RunId, action: ActionId, intent: PlaceIntent, at: str) -> tuple[RunId, ActionId] | None:
        """Record an intent, or return the earlier unconfirmed attempt to create a board or section for the same folder."""
        subject = fold(intent.container)
        with self._db.transaction() as db:
            found: tuple[RunId, ActionId] | None = db.execute(
                "SELECT run, action FROM places WHERE outcome IS NULL AND subject = ?", (subject,)
            ).fetchone()
            if found is None:
                db.execute(
                    "REPLACE INTO places (run, action, subject, begun_at, intent) VALUES (?, ?, ?, ?, ?)",
                    (run, action, subject, at, msgspec.json.encode(intent).decode()),
                )
        return found

    def end(self, record: PlaceRecord, created: str | None) -> None:
        """Record the outcome; None: certainly not created."""
        with self._db.transaction() as db:
            end_place_in(db, record, created)

    def of(self, run: RunId, action: ActionId) -> PlaceRecord | None:
        """The create of an action; None if never started or certainly not created."""
        where = "WHERE run = ? AND action = ? AND outcome IS NOT 'none'"
        return next(iter(self._records(where, (run, action))), None)

    def of_run(self, run: RunId) -> dict[str, str]:
        """The ids that Pinterest assigned to what a run created, by the placeholders in its plan."""
        records = self._records("WHERE run = ? AND created IS NOT NULL", (run,))
        return {planned_id(record.intent.container): record.created for record in records if record.created is not None}

    def is_known(self, identity: str) -> bool:
        """Whether an earlier create made a board or section of this id, or the base tracks an image there."""
        query = (
            "SELECT 1 FROM places WHERE created = ?1 UNION ALL "
            "SELECT 1 FROM tracked WHERE board_id = ?1 OR section_id = ?1 LIMIT 1"
        )
        return bool(self._db.rows(query, (identity,)))

    def pending(self) -> list[PlaceRecord]:
        """Creates that may or may not have happened."""
        return self._records("WHERE outcome IS NULL")

    def all(self) -> list[PlaceRecord]:
        """Those, and what was created."""
        return self._records("WHERE outcome IS NOT 'none'")

    def _records(self, where: str, parameters: tuple[str, ...] = ()) -> list[PlaceRecord]:
        rows = self._db.rows(f"SELECT {_COLUMNS} FROM places {where} ORDER BY rowid", parameters)  # noqa: S608 - own words
        with decodable(self._db.path, "a create"):
            return [
                PlaceRecord(
                    run=RunId(str(run)),
                    action=ActionId(str(action)),
                    begun_at=str(begun_at),
                    intent=_READ.decode(str(intent)),
                    created=None if created is None else str(created),
                )
                for run, action, begun_at, intent, created in rows
            ]


def end_place_in(db: sqlite3.Connection, record: PlaceRecord, created: str | None) -> None:
    """Record the outcome of a create, inside a transaction."""
    db.execute(
        "UPDATE places SET outcome = ?, created = ? WHERE run = ? AND action = ?",
        ("none" if created is None else "created", created, record.run, record.action),
    )
