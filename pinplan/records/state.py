"""``state.db``: the base, the runs and their journal, in one SQLite file.

Related changes are one durable transaction (WAL, ``synchronous=FULL``): a kill at any moment leaves the state old or new.
An unreadable state is an error, never an empty base.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from pinplan.actions.receipts import Receipt
from pinplan.errors import StateMissing, StateUnreadable
from pinplan.model.base import Base
from pinplan.model.ids import AccountId, ActionId, LibraryId, Lineage, PinId, RunId
from pinplan.model.images import Content, StagedImage
from pinplan.model.times import moment_of
from pinplan.records.audit import AnyEntry, Ended, Intended, Resolved, RunEnded
from pinplan.records.audit_log import AuditLog
from pinplan.records.base_parts import COLUMNS, read_tracked
from pinplan.records.calls import DailyCalls
from pinplan.records.creates import Creates, end_in
from pinplan.records.database import (
    UNDECODABLE,
    Database,
    connect,
    connect_read_only,
    create_tables,
    decodable,
    readable,
)
from pinplan.records.fingerprints import FingerprintStore
from pinplan.records.journal import ActionOutcome, ActionRecord, Result, RunRecord, Settled
from pinplan.records.kept_plan import KeptPlanStore
from pinplan.records.listings import Listings
from pinplan.records.places import Places, end_place_in
from pinplan.records.refused import forget_refused, read_refused, remember_refused

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from pinplan.model.creates import CreateRecord, PlaceRecord
    from pinplan.ports import Clock

_READ_RECEIPT = msgspec.json.Decoder(Receipt)
_READ_STAGED = msgspec.json.Decoder(StagedImage)
"""Built at import: see `pinplan.pinterest.api`."""
_DECISIONS = ActionId("decisions")
_NOTHING_CREATED = "UPDATE journal SET outcome = 'failed', reason = 'resolved by hand: nothing was created' WHERE run = ? AND action = ?"
"""The note of a run with its decisions."""
_SEEN_AT, _MISSING_SINCE = "seen_at", "missing_since"
_PUT = f"REPLACE INTO tracked ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608 - own names


class State:
    """The state of a library.

    Attributes:
        path: of the file.
        audit: the audit log.
        fingerprints: the fingerprint cache, and pairs marked as different.
        listings: the listing cache.
        creates: intents of creates of pins, and their outcomes.
        places: the same for boards and sections.
        kept_plan: the last plan that found nothing.
    """

    def __init__(self, db: Database) -> None:
        """Use `create_state` or `open_state`."""
        self._db = db
        self.path = db.path
        self.audit = AuditLog(db)
        self.fingerprints = FingerprintStore(db)
        self.listings = Listings(db)
        self.creates = Creates(db)
        self.places = Places(db)
        self.kept_plan = KeptPlanStore(db)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def __enter__(self) -> State:
        """The state itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self.close()

    def check_whole(self) -> None:
        """Read every page of the file, including those that no query needs. Raises `StateUnreadable` if one is damaged."""
        found = self._db.rows("PRAGMA quick_check(1)")
        if found != [("ok",)]:
            # A heading, which names the database, comes before what is wrong with it.
            problem = str(found[0][0]).splitlines()[-1] if found else "nothing"
            raise StateUnreadable(str(self.path), f"SQLite: {problem}")

    # -- base ----------------------------------------------------------------------------------------------------

    def base(self, *, keep: bool = False) -> Base:
        """The base; with ``keep`` it is read faster the next time (see `pinplan.records.base_parts`). Raises `StateUnreadable`."""
        meta = self._meta()
        try:
            return Base(
                library_id=LibraryId(meta["library_id"]),
                lineage=Lineage(meta["lineage"]),
                serial=int(meta["serial"]),
                account_id=AccountId(meta["account_id"]) if "account_id" in meta else None,
                scopes=tuple(meta.get("scopes", "").split()),
                tracked=tuple(read_tracked(self._db, keep=keep)),
                refused=read_refused(self._db),
                not_kept=tuple(self.creates.not_kept()),
            )
        except (KeyError, ValueError) as error:
            raise StateUnreadable(str(self.path), f"incomplete: {error}") from error

    def check_belongs(self, library_id: LibraryId, lineage: Lineage) -> None:
        """Raises `StateUnreadable` for the state of another library or lineage."""
        meta = self._meta()
        for what, wanted in (("library_id", library_id), ("lineage", lineage)):
            if meta.get(what) != wanted:
                raise StateUnreadable(str(self.path), f"{what} is {meta.get(what)}, but the marker has {wanted}")

    def version(self) -> tuple[str, str, int]:
        """Lineage and serial, and the number of tracked files: all pages of their table are read, so that a damaged one is found."""
        meta = self._meta()
        ((count,),) = self._db.rows("SELECT count(*) FROM tracked")
        return meta.get("lineage", ""), meta.get("serial", ""), int(str(count))

    def _meta(self) -> dict[str, str]:
        return {str(key): str(value) for key, value in self._db.rows("SELECT key, value FROM meta")}

    # -- runs and journal ----------------------------------------------------------------------------------------

    def begin_run(
        self,
        run: RunRecord,
        account_id: AccountId,
        scopes: Sequence[str],
        entries: Sequence[AnyEntry] = (),
        settled: Settled | None = None,
        seen_at: str = "",
    ) -> None:
        """Begin a run. From then on only its own plan can be resumed.

        Args:
            run: the run.
            account_id: the account of the pins.
            scopes: of the token that the plan was made with.
            entries: records for the audit log.
            settled: the decisions.
            seen_at: when the snapshot of the plan was started, RFC 3339.
        """
        summary = msgspec.json.encode(run.summary).decode()
        with self._db.transaction() as db:
            db.execute(
                "INSERT INTO runs (id, digest, serial, total, started_at, summary, undoes) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (run.id, run.digest, run.serial, run.total, run.started_at, summary, run.undoes),
            )
            values = {"serial": str(run.serial), "account_id": account_id, "scopes": " ".join(scopes)}
            # Not later than the run: the clock of a saved plan may differ.
            values[_SEEN_AT] = min(seen_at or run.started_at, run.started_at)
            db.executemany("REPLACE INTO meta VALUES (?, ?)", list(values.items()))
            _settle(db, run.id, settled, run.started_at)
            self.audit.append_in(db, entries, run.started_at)
        self.audit.write()

    def resume_run(
        self, run: RunId, serial: int, entries: Sequence[AnyEntry] = (), at: str = "", settled: Settled | None = None
    ) -> None:
        """Resume a run under a new serial: plans made in between become stale."""
        with self._db.transaction() as db:
            db.execute("UPDATE runs SET serial = ? WHERE id = ?", (serial, run))
            db.execute("REPLACE INTO meta VALUES ('serial', ?)", (str(serial),))
            _settle(db, run, settled, at)
            self.audit.append_in(db, entries, at)
        self.audit.write()

    def end_run(self, run: RunId, at: str) -> None:
        """End a run: every action is done or declined."""
        with self._db.transaction() as db:
            db.execute("UPDATE runs SET ended_at = ? WHERE id = ?", (at, run))
            # Notes serve resuming only; the journal keeps what undo needs.
            db.execute("DELETE FROM staged WHERE run = ?", (run,))
            db.execute("DELETE FROM notes WHERE run = ?", (run,))
            self.audit.append_in(db, [RunEnded(run=run)], at)
        self.audit.settle()

    def resolve(self, record: CreateRecord, created: PinId | None, at: str) -> None:
        """Resolve an unconfirmed create by hand; ``None``: not created, the action may be retried."""
        with self._db.transaction() as db:
            end_in(db, record, created)
            if created is None:
                db.execute(_NOTHING_CREATED, (record.run, record.action))
            self.audit.append_in(db, [Resolved(run=record.run, action=record.action, created=created)], at)
        self.audit.settle()

    def resolve_place(self, record: PlaceRecord, created: str | None, at: str) -> None:
        """Resolve an unconfirmed create of a board or section by hand, as `resolve` does that of a pin."""
        with self._db.transaction() as db:
            end_place_in(db, record, created)
            if created is None:
                db.execute(_NOTHING_CREATED, (record.run, record.action))
            self.audit.append_in(db, [Resolved(run=record.run, action=record.action, created=created)], at)
        self.audit.settle()

    def runs(self) -> list[RunRecord]:
        """All runs, the oldest first."""
        rows = self._db.rows(
            "SELECT id, digest, serial, total, started_at, ended_at, undoes, summary FROM runs ORDER BY serial"
        )
        with decodable(self.path, "a run"):
            return [_run(row) for row in rows]

    def intend(self, run: RunId, actions: Sequence[ActionRecord], at: str) -> None:
        """Record intents before the actions start (I25)."""
        with self._db.transaction() as db:
            db.executemany(
                # REPLACE: a second attempt of the same action gets a fresh intent.
                "REPLACE INTO journal VALUES (?, ?, ?, ?, ?, ?, NULL, NULL, NULL, NULL)",
                [(run, a.action, a.kind, a.pin_id, a.address, at) for a in actions],
            )
            entries = (
                Intended(run=run, action=a.action, kind=a.kind, pin_id=a.pin_id, address=a.address) for a in actions
            )
            self.audit.append_in(db, entries, at)
        self.audit.write()

    def record(self, run: RunId, results: Sequence[Result], at: str) -> None:
        """Record results and update the base in one transaction (I14)."""
        with self._db.transaction() as db:
            for result in results:
                receipt = msgspec.json.encode(result.receipt).decode() if result.receipt else None
                db.execute(
                    "UPDATE journal SET ended_at = ?, outcome = ?, reason = ?, receipt = ? WHERE run = ? AND action = ?",
                    (at, result.outcome, result.reason, receipt, run, result.action),
                )
                forget_refused(db, result)  # compares with the old base: before it changes
                for pin_id, slot in result.drops:
                    db.execute("DELETE FROM tracked WHERE pin_id = ? AND slot = ?", (pin_id, slot))
                db.executemany(_PUT, [msgspec.structs.astuple(tracked) for tracked in result.puts])
                _confirm(db, result, receipt, at)
                remember_refused(db, result, run, at)
            self.audit.append_in(db, (entry for result in results for entry in _endings(run, result)), at)
        self.audit.write()

    # -- journal -------------------------------------------------------------------------------------------------

    def journal(self, run: RunId | None = None, pin_id: str | None = None) -> list[ActionRecord]:
        """Intents and results of a run, or about a pin, in the order of the plan.

        About a pin: includes actions of other pins whose receipt changes its records.
        """
        rows = self._db.rows(
            "SELECT run, action, kind, pin_id, address, intended_at, ended_at, outcome, reason, receipt FROM journal"
            " WHERE (?1 IS NULL OR run = ?1) AND (?2 IS NULL OR pin_id = ?2 OR EXISTS (SELECT 1 FROM json_each(receipt, '$.changes')"
            " WHERE json_extract(value, '$.pin_id') = ?2)) ORDER BY run, action",
            (run, pin_id),
        )
        fields = ActionRecord.__struct_fields__
        with decodable(self.path, "an action"):
            return [msgspec.convert(dict(zip(fields, row, strict=True)), ActionRecord) for row in rows]

    def receipt(self, record: ActionRecord) -> Receipt | None:
        """The receipt of an action, if it left one. Raises `StateUnreadable`."""
        if record.receipt is None:
            return None
        with decodable(self.path, "an action"):
            return _READ_RECEIPT.decode(record.receipt)

    def done_actions(self, run: RunId) -> set[ActionId]:
        """The completed actions of a run."""
        rows = self._db.rows("SELECT action FROM journal WHERE run = ? AND outcome = 'done'", (run,))
        return {ActionId(str(row[0])) for row in rows}

    def declined(self) -> dict[RunId, int]:
        """The number of declined actions, for each run that has any."""
        rows = self._db.rows("SELECT run, count(*) FROM journal WHERE outcome = 'declined' GROUP BY run")
        return {RunId(str(run)): int(str(count)) for run, count in rows}

    def decided(self, run: RunId) -> str | None:
        """The decisions of an unfinished run, as a document."""
        notes = self.notes(run, _DECISIONS)
        return notes[-1] if notes else None

    # -- what actions note ---------------------------------------------------------------------------------------

    def note_staged(self, run: RunId, action: ActionId, image: StagedImage) -> None:
        """Remember a verified image before it becomes visible."""
        with self._db.transaction() as db:
            db.execute("INSERT INTO staged VALUES (?, ?, ?)", (run, action, msgspec.json.encode(image).decode()))

    def staged(self, run: RunId, action: ActionId) -> list[StagedImage]:
        """The images that an action has staged so far, earlier attempts included."""
        rows = self._db.rows("SELECT image FROM staged WHERE run = ? AND action = ? ORDER BY rowid", (run, action))
        with decodable(self.path, "an image"):
            return [_READ_STAGED.decode(str(row[0])) for row in rows]

    def note(self, run: RunId, action: ActionId, text: str) -> None:
        """Store a note of an action."""
        with self._db.transaction() as db:
            db.execute("INSERT INTO notes VALUES (?, ?, ?)", (run, action, text))

    def notes(self, run: RunId, action: ActionId) -> list[str]:
        """The notes of an action, in order."""
        rows = self._db.rows("SELECT note FROM notes WHERE run = ? AND action = ? ORDER BY rowid", (run, action))
        return [str(row[0]) for row in rows]

    def daily_calls(self, limit: int | None, clock: Clock) -> DailyCalls:
        """The counter of today's API calls for the account of this library. To be closed by the caller."""
        return DailyCalls(self._db, self._meta().get("account_id", ""), limit, clock)

    # -- what may be missing -------------------------------------------------------------------------------------

    def last_seen_ns(self) -> int:
        """When the snapshot of the last applied plan was started, in nanoseconds since 1970; 0 before the first apply."""
        runs = self._db.rows("SELECT started_at FROM runs ORDER BY serial DESC LIMIT 1")
        text = self._meta().get(_SEEN_AT) or (str(runs[0][0]) if runs else "")
        moment = moment_of(text)
        return int(moment.timestamp()) * 1_000_000_000 if moment is not None else 0

    def missing_since(self) -> dict[str, int]:
        """By recorded path: `last_seen_ns` when the file was first missing while some pictures could not be decoded."""
        try:
            return msgspec.json.decode(self._meta().get(_MISSING_SINCE, "{}"), type=dict[str, int])
        except msgspec.MsgspecError:
            return {}

    def remember_missing_since(self, since: Mapping[str, int]) -> None:
        """Replace `missing_since`. Without it a run in between would make newer files look older than the last apply."""
        if since != self.missing_since():
            with self._db.transaction() as db:
                text = msgspec.json.encode(since, order="sorted").decode()
                db.execute("REPLACE INTO meta VALUES (?, ?)", (_MISSING_SINCE, text))

    # -- cache ---------------------------------------------------------------------------------------------------

    def known_contents(self) -> dict[str, tuple[int, int, Content]]:
        """Cached contents: path → size, mtime, content. Losing them costs time only."""
        rows = self._db.rows("SELECT path, size, mtime_ns, content FROM contents")
        decode = msgspec.json.Decoder(Content).decode
        found: dict[str, tuple[int, int, Content]] = {}
        for path, size, time, data in rows:
            with suppress(*UNDECODABLE):  # a damaged row: the file is read again
                found[str(path)] = (int(str(size)), int(str(time)), decode(str(data)))
        return found

    def remember_contents(self, contents: Iterable[tuple[str, int, int, Content]]) -> None:
        """Add to the cache."""
        rows = [(path, size, time, msgspec.json.encode(content).decode()) for path, size, time, content in contents]
        if rows:
            with self._db.transaction() as db:
                db.executemany("REPLACE INTO contents VALUES (?, ?, ?, ?)", rows)


def create_state(path: Path, library_id: LibraryId, lineage: Lineage) -> None:
    """Create an empty state. Raises `StateUnreadable` if the file exists."""
    if path.exists():
        raise StateUnreadable(str(path), "a state already exists")
    create_tables(path, {"library_id": library_id, "lineage": lineage, "serial": "0"})


def open_state(path: Path, library_id: LibraryId, lineage: Lineage, *, read_only: bool = False) -> State:
    """Open the state of a library; ``read_only``: a copy in memory (see `pinplan.records.database.connect_read_only`).

    Raises:
        StateMissing: no such file.
        StateUnreadable: not a state, damaged, of an unknown version, or of another library or lineage.
    """
    if not os.path.lexists(path):
        raise StateMissing(str(path), "library marker without state.db")
    if not stat.S_ISREG(path.lstat().st_mode):  # a symlink may lead outside (I16)
        raise StateUnreadable(str(path), "not a regular file")
    with readable(path):
        db = Database(path, connect_read_only(path) if read_only else connect(path, create=False))
    state = State(db)
    try:
        # Foreign files first: an upgrade must never alter a database of another program.
        db.check_header()
        state.check_belongs(library_id, lineage)
        db.bring_up_to_date()
    except BaseException:
        state.close()
        raise
    return state


def _settle(db: sqlite3.Connection, run: RunId, settled: Settled | None, at: str) -> None:
    """Replace earlier decisions; completed actions keep their records."""
    if settled is None:
        return
    db.execute("DELETE FROM notes WHERE run = ? AND action = ?", (run, _DECISIONS))
    if settled.document is not None:
        db.execute("INSERT INTO notes VALUES (?, ?, ?)", (run, _DECISIONS, settled.document))
    db.execute("DELETE FROM journal WHERE run = ? AND outcome = ?", (run, ActionOutcome.DECLINED))
    db.executemany(
        "REPLACE INTO journal VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)",
        [
            (run, a.action, a.kind, a.pin_id, a.address, at, at, ActionOutcome.DECLINED, a.reason)
            for a in settled.declined
        ],
    )


def _run(row: tuple[object, ...]) -> RunRecord:
    names = ("id", "digest", "serial", "total", "started_at", "ended_at", "undoes")
    fields = dict(zip(names, row, strict=False))
    return msgspec.convert({**fields, "summary": msgspec.json.decode(str(row[7]))}, RunRecord)


def _confirm(db: sqlite3.Connection, result: Result, receipt: str | None, at: str) -> None:
    """Complete the confirmed action of an earlier run, so that undo and a resumed run find its receipt there."""
    confirms = result.receipt.confirms if result.receipt else None
    if confirms is None or result.receipt is None:
        return
    place = (confirms.run, confirms.action)
    db.execute(
        "UPDATE journal SET ended_at = ?, outcome = 'done', reason = '', receipt = ? WHERE run = ? AND action = ?",
        (at, receipt, *place),
    )
    created = result.receipt.created
    db.execute("UPDATE creates SET outcome = 'created', created = ? WHERE run = ? AND action = ?", (created, *place))


def _endings(run: RunId, result: Result) -> Iterator[Ended]:
    """The audit records of an action's end, and of the earlier action that it confirms."""
    receipt = result.receipt
    confirms = receipt.confirms if receipt else None
    if receipt is not None and confirms is not None:
        reason = f"confirmed by run {run}"
        yield Ended(run=confirms.run, action=confirms.action, outcome="done", reason=reason, created=receipt.created)
    yield Ended(
        run=run,
        action=result.action,
        outcome=result.outcome,
        reason=result.reason,
        kept=receipt.kept if receipt else (),
        created=(receipt.created or receipt.place) if receipt else None,
    )
