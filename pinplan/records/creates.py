"""Creates on Pinterest and their outcomes (I29: a pin is created at most once).

A row is committed before the request is sent. Without an outcome the create is unconfirmed, in every later run, until a listing
or the user resolves it. Rows of finished creates remain: they map deleted pins to their new ids.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from pinplan.model.creates import CreateRecord, PinIntent, uploaded
from pinplan.model.ids import ActionId, PinId, RelPath, RunId, Sha256
from pinplan.records.database import decodable

if TYPE_CHECKING:
    import sqlite3

    from pinplan.records.database import Database

_COLUMNS = "creates.run, creates.action, coalesce(journal.address, ''), begun_at, intent, created"
_JOINED = "FROM creates LEFT JOIN journal ON journal.run = creates.run AND journal.action = creates.action"


class Creates:
    """Intents of creates, and their outcomes."""

    def __init__(self, db: Database) -> None:
        """Use `pinplan.records.state.State.creates`."""
        self._db = db

    def begin(self, run: RunId, action: ActionId, intent: PinIntent, at: str) -> tuple[RunId, ActionId] | None:
        """Record an intent, or return the earlier unconfirmed attempt of the same create.

        The same: for the same subject, or with equal board, texts and images.
        """
        digest = digest_of_intent(intent)
        with self._db.transaction() as db:
            # Look and insert in one transaction: two threads with equal pins must not both find nothing.
            found: tuple[RunId, ActionId] | None = db.execute(
                "SELECT run, action FROM creates WHERE outcome IS NULL AND (subject = ? OR digest = ?)",
                (intent.subject, digest),
            ).fetchone()
            if found is None:
                db.execute(
                    "REPLACE INTO creates (run, action, subject, digest, begun_at, intent) VALUES (?, ?, ?, ?, ?, ?)",
                    (run, action, intent.subject, digest, at, msgspec.json.encode(intent).decode()),
                )
        return found

    def end(self, run: RunId, action: ActionId, created: PinId | None) -> None:
        """Record the outcome; None: certainly not created."""
        record = self.of(run, action)
        if record is not None:
            with self._db.transaction() as db:
                end_in(db, record, created)

    def of(self, run: RunId, action: ActionId) -> CreateRecord | None:
        """The create of an action; None if never started or certainly not created."""
        where = "WHERE creates.run = ? AND creates.action = ? AND creates.outcome IS NOT 'none'"
        return next(iter(self._records(where, (run, action))), None)

    def pending(self) -> list[CreateRecord]:
        """Unconfirmed creates, and created pins whose action has no recorded result yet."""
        return self._records(
            "WHERE creates.outcome IS NULL OR (creates.outcome = 'created' AND journal.outcome IS NOT 'done')"
        )

    def created(self) -> dict[PinId, str]:
        """Every created pin with its subject."""
        rows = self._db.rows("SELECT created, subject FROM creates WHERE created IS NOT NULL ORDER BY rowid")
        return {PinId(str(created)): str(subject) for created, subject in rows}

    def is_known(self, pin_id: PinId) -> bool:
        """Whether the base tracks an image of a pin, or a cached listing names it."""
        # Searched as bytes: decoding the listings of a large account takes seconds.
        query = (
            "SELECT 1 FROM tracked WHERE pin_id = ?1 UNION ALL SELECT 1 FROM listings WHERE instr(listing, ?2) LIMIT 1"
        )
        return bool(self._db.rows(query, (pin_id, msgspec.msgpack.encode(pin_id))))

    def sent(self, pin_id: PinId, slot: int) -> Sha256 | None:
        """The digest of the file from which an image of a pin was created; None if pinplan did not create the pin."""
        found = self._records("WHERE creates.created = ?", (pin_id,))
        pictures = found[-1].intent.pictures if found else ()
        # The images of a carousel are numbered from 1, the only one of another pin is 0.
        place = max(slot - 1, 0)
        return (pictures[place].of or pictures[place].sha256) if place < len(pictures) else None

    def published(self) -> frozenset[PinId]:
        """Created pins that were uploaded or posted; not those that an undo created again."""
        prefix = uploaded(RelPath(""))
        return frozenset(pin_id for pin_id, subject in self.created().items() if subject.startswith(prefix))

    def not_kept(self) -> dict[PinId, PinIntent]:
        """Created pins whose files are not kept in the library, and what was sent."""
        # A quotation mark in a text of the user is escaped: it matches no field.
        where = "WHERE creates.created IS NOT NULL AND creates.intent LIKE '%\"wanted_here\":false%'"
        records = self._records(where, ())
        return {record.created: record.intent for record in records if record.created is not None}

    def uploaded_on(self, day: str) -> int:
        """How many files were or may have been uploaded on a day, in UTC."""
        query = "SELECT count(*) FROM creates WHERE begun_at LIKE ? AND subject LIKE ? AND outcome IS NOT 'none'"
        ((count,),) = self._db.rows(query, (f"{day}%", f"{uploaded(RelPath(''))}%"))
        return int(str(count))

    def _records(self, where: str, parameters: tuple[str, ...] = ()) -> list[CreateRecord]:
        rows = self._db.rows(f"SELECT {_COLUMNS} {_JOINED} {where} ORDER BY creates.rowid", parameters)
        decode = msgspec.json.Decoder(PinIntent).decode
        with decodable(self._db.path, "a create"):
            return [
                CreateRecord(
                    run=RunId(str(run)),
                    action=ActionId(str(action)),
                    address=str(address),
                    begun_at=str(begun_at),
                    intent=decode(str(intent)),
                    created=None if created is None else PinId(str(created)),
                )
                for run, action, address, begun_at, intent, created in rows
            ]


def end_in(db: sqlite3.Connection, record: CreateRecord, created: PinId | None) -> None:
    """Record the outcome of a create, inside a transaction."""
    intent = msgspec.json.encode(replace(record.intent, before=())).decode()  # long, and needed only while unconfirmed
    db.execute(
        "UPDATE creates SET outcome = ?, created = ?, intent = ? WHERE run = ? AND action = ?",
        ("none" if created is None else "created", created, intent, record.run, record.action),
    )


def digest_of_intent(intent: PinIntent) -> str:
    """Digest of the request: equal digests are indistinguishable on Pinterest."""
    sent = [intent.pin, [picture.sha256 for picture in intent.pictures]]
    return hashlib.sha256(msgspec.json.encode(sent, order="sorted")).hexdigest()
