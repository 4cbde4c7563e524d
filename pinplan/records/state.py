"""``state.db``: the base, the runs and their journal, in one SQLite file.

Everything that belongs together is written in one transaction, flushed to disk (WAL, ``synchronous=FULL``): a process that
is killed at any moment leaves the state old or new. An unreadable state is an error, never an empty base.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from pinplan.errors import DiskRefused, StateMissing, StateUnreadable
from pinplan.model.base import Base, Tracked
from pinplan.model.ids import AccountId, ActionId, LibraryId, Lineage, RunId
from pinplan.model.images import Content, StagedImage
from pinplan.records import audit
from pinplan.records.audit import AnyEntry, Break, Ended, Head, Intended, Restarted, RunEnded, Verdict
from pinplan.records.audit_file import AuditFile
from pinplan.records.journal import ActionRecord, Result, RunRecord

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

APPLICATION_ID = 0x70696E70
"""``pinp``: marks the file as pinplan's in SQLite's own header."""
USER_VERSION = 3

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE tracked (
    pin_id TEXT NOT NULL, slot INTEGER NOT NULL, path TEXT NOT NULL, size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL, sha256 TEXT NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL,
    format TEXT NOT NULL, board_id TEXT NOT NULL, section_id TEXT, container TEXT NOT NULL,
    template TEXT NOT NULL, signature TEXT, PRIMARY KEY (pin_id, slot)) WITHOUT ROWID;
CREATE TABLE runs (
    id TEXT PRIMARY KEY, digest TEXT NOT NULL, serial INTEGER NOT NULL, total INTEGER NOT NULL,
    started_at TEXT NOT NULL, ended_at TEXT, summary TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE journal (
    run TEXT NOT NULL, action TEXT NOT NULL, kind TEXT NOT NULL, pin_id TEXT NOT NULL, address TEXT NOT NULL,
    intended_at TEXT NOT NULL, ended_at TEXT, outcome TEXT, reason TEXT, receipt TEXT,
    PRIMARY KEY (run, action)) WITHOUT ROWID;
CREATE INDEX journal_by_pin ON journal (pin_id);
CREATE TABLE staged (run TEXT NOT NULL, action TEXT NOT NULL, image TEXT NOT NULL);
CREATE INDEX staged_by_action ON staged (run, action);
CREATE TABLE contents (path TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, content TEXT NOT NULL) WITHOUT ROWID;
"""
_SECOND = """
ALTER TABLE runs ADD COLUMN undoes TEXT;
CREATE TABLE notes (run TEXT NOT NULL, action TEXT NOT NULL, note TEXT NOT NULL);
CREATE INDEX notes_by_action ON notes (run, action);
CREATE TABLE audit (seq INTEGER PRIMARY KEY, line BLOB NOT NULL);
"""
"""What version 2 has more: undo, words that actions note, records on their way to the audit log."""
_THIRD = """
ALTER TABLE tracked ADD COLUMN duplicate_of TEXT;
CREATE TABLE fingerprints (
    sha256 TEXT NOT NULL, recipe INTEGER NOT NULL, dhash INTEGER, width INTEGER, height INTEGER, detail INTEGER,
    problem TEXT, fingerprint BLOB, PRIMARY KEY (sha256, recipe)) WITHOUT ROWID;
CREATE TABLE alike (
    one TEXT NOT NULL, other TEXT NOT NULL, recipe INTEGER NOT NULL, alike BLOB NOT NULL,
    PRIMARY KEY (one, other, recipe)) WITHOUT ROWID;
CREATE TABLE looks (key TEXT PRIMARY KEY, found BLOB NOT NULL);
CREATE TABLE different (one BLOB NOT NULL, other BLOB NOT NULL, PRIMARY KEY (one, other)) WITHOUT ROWID;
"""
"""What version 3 has more: how images look, which pairs were compared, and what a person said of them."""
_UPGRADES = {1: _SECOND, 2: _THIRD}
_UNSETTLED = 10_000
"""Records of the audit log that may wait in ``state.db`` for the file to be flushed."""
_DISK = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_IOERR: errno.EIO,
    sqlite3.SQLITE_READONLY: errno.EROFS,
    sqlite3.SQLITE_CANTOPEN: errno.EACCES,
    sqlite3.SQLITE_BUSY: errno.EAGAIN,
}
"""What is the disk's fault, not the state's: a full disk must never read as a damaged state."""
_COLUMNS = tuple(Tracked.__struct_fields__)
_PUT = f"REPLACE INTO tracked ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608 - own names


class State:
    """An open ``state.db``. One process at a time writes it (the lock); threads of that process may share it."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        """Use `create_state` or `open_state`."""
        self.path = path
        self._connection = connection
        self._lock = threading.RLock()
        self._audit = AuditFile(path.parent / audit.NAME)
        self._written: int | None = None
        self._settled = 0

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __enter__(self) -> State:
        """The state itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, _readable(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                if self._connection.in_transaction:  # SQLite has rolled back by itself where the disk is full
                    self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def _rows(self, query: str, parameters: Sequence[object] = ()) -> list[tuple[object, ...]]:
        with self._lock, _readable(self.path):
            return self._connection.execute(query, parameters).fetchall()

    # -- base ----------------------------------------------------------------------------------------------------

    def base(self) -> Base:
        """Everything agreed on. Raises `StateUnreadable`."""
        meta = self._meta()
        try:
            return Base(
                library_id=LibraryId(meta["library_id"]),
                lineage=Lineage(meta["lineage"]),
                serial=int(meta["serial"]),
                account_id=AccountId(meta["account_id"]) if "account_id" in meta else None,
                scopes=tuple(meta.get("scopes", "").split()),
                tracked=tuple(self._tracked()),
            )
        except (KeyError, ValueError) as error:
            raise StateUnreadable(str(self.path), f"it lacks what every state has: {error}") from error

    def _tracked(self) -> list[Tracked]:
        """All pairs. Words that many records share are kept once: 100,000 records stay below 100 MB."""
        shared: dict[Any, Any] = {}
        keep = shared.setdefault
        with self._lock, _readable(self.path):
            query = f"SELECT {', '.join(_COLUMNS)} FROM tracked ORDER BY pin_id, slot"  # noqa: S608 - own names
            return [
                Tracked(
                    pin_id=pin_id,
                    slot=slot,
                    path=path,
                    size=size,
                    mtime_ns=mtime_ns,
                    sha256=sha256,
                    width=width,
                    height=height,
                    format=keep(image_format, image_format),
                    board_id=keep(board_id, board_id),
                    section_id=keep(section_id, section_id),
                    container=keep(container, container),
                    template=keep(template, template),
                    signature=signature,
                    duplicate_of=duplicate_of,
                )
                for (
                    pin_id, slot, path, size, mtime_ns, sha256, width, height, image_format,
                    board_id, section_id, container, template, signature, duplicate_of,
                ) in self._connection.execute(query)
            ]  # fmt: skip

    def bring_up_to_date(self) -> None:
        """Add what a state of an older version lacks; in one transaction."""
        if self._rows("PRAGMA user_version") == [(USER_VERSION,)]:
            return
        with self._transaction() as db:
            (version,) = db.execute("PRAGMA user_version").fetchone()
            for older in range(version, USER_VERSION):  # none, if another process was faster
                for statement in _UPGRADES[older].strip().split(";"):
                    db.execute(statement)
            db.execute(f"PRAGMA user_version = {USER_VERSION}")

    def check_header(self) -> None:
        """Raises `StateUnreadable` if the file is none of pinplan's, or of a version that is not known here."""
        ((application,),) = self._rows("PRAGMA application_id")
        ((version,),) = self._rows("PRAGMA user_version")
        if application != APPLICATION_ID:
            raise StateUnreadable(str(self.path), "this is not a pinplan state")
        if version not in {*_UPGRADES, USER_VERSION}:
            raise StateUnreadable(str(self.path), f"its version is {version}; this pinplan knows {USER_VERSION}")

    def check_belongs(self, library_id: LibraryId, lineage: Lineage) -> None:
        """Raises `StateUnreadable` if this is the state of another library, or of another line of states."""
        meta = self._meta()
        for what, wanted in (("library_id", library_id), ("lineage", lineage)):
            if meta.get(what) != wanted:
                raise StateUnreadable(str(self.path), f"its {what} is {meta.get(what)}, the marker's is {wanted}")

    def _meta(self) -> dict[str, str]:
        return {str(key): str(value) for key, value in self._rows("SELECT key, value FROM meta")}

    # -- runs and journal ----------------------------------------------------------------------------------------

    def begin_run(
        self, run: RunRecord, account_id: AccountId, scopes: Sequence[str], told: Sequence[AnyEntry] = ()
    ) -> None:
        """Open a run: from here on, only its own plan can be resumed. ``told`` goes to the audit log."""
        summary = msgspec.json.encode(run.summary).decode()
        with self._transaction() as db:
            db.execute(
                "INSERT INTO runs (id, digest, serial, total, started_at, summary, undoes) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (run.id, run.digest, run.serial, run.total, run.started_at, summary, run.undoes),
            )
            values = {"serial": str(run.serial), "account_id": account_id, "scopes": " ".join(scopes)}
            db.executemany("REPLACE INTO meta VALUES (?, ?)", list(values.items()))
            self._tell(db, told, run.started_at)
        self._write_audit()

    def resume_run(self, run: RunId, serial: int, told: Sequence[AnyEntry] = (), at: str = "") -> None:
        """Go on with a run under a new serial: plans made in between become stale."""
        with self._transaction() as db:
            db.execute("UPDATE runs SET serial = ? WHERE id = ?", (serial, run))
            db.execute("REPLACE INTO meta VALUES ('serial', ?)", (str(serial),))
            self._tell(db, told, at)
        self._write_audit()

    def end_run(self, run: RunId, at: str) -> None:
        """Close a run: every action was done."""
        with self._transaction() as db:
            db.execute("UPDATE runs SET ended_at = ? WHERE id = ?", (at, run))
            db.execute("DELETE FROM staged WHERE run = ?", (run,))
            db.execute("DELETE FROM notes WHERE run = ?", (run,))
            self._tell(db, [RunEnded(run=run)], at)
        self.settle_audit()

    def runs(self) -> list[RunRecord]:
        """All runs, the oldest first."""
        rows = self._rows(
            "SELECT id, digest, serial, total, started_at, ended_at, undoes, summary FROM runs ORDER BY serial"
        )
        return [_run(row) for row in rows]

    def intend(self, run: RunId, actions: Sequence[ActionRecord], at: str) -> None:
        """Write down what is about to be done, before it is done (I25)."""
        with self._transaction() as db:
            db.executemany(
                "REPLACE INTO journal VALUES (?, ?, ?, ?, ?, ?, NULL, NULL, NULL, NULL)",
                [(run, a.action, a.kind, a.pin_id, a.address, at) for a in actions],
            )
            told = (
                Intended(run=run, action=a.action, kind=a.kind, pin_id=a.pin_id, address=a.address) for a in actions
            )
            self._tell(db, told, at)
        self._write_audit()

    def record(self, run: RunId, results: Sequence[Result], at: str) -> None:
        """Write down what was done, and let the base learn it: one transaction (I14)."""
        with self._transaction() as db:
            for result in results:
                receipt = msgspec.json.encode(result.receipt).decode() if result.receipt else None
                db.execute(
                    "UPDATE journal SET ended_at = ?, outcome = ?, reason = ?, receipt = ? WHERE run = ? AND action = ?",
                    (at, result.outcome, result.reason, receipt, run, result.action),
                )
                for pin_id, slot in result.drops:
                    db.execute("DELETE FROM tracked WHERE pin_id = ? AND slot = ?", (pin_id, slot))
                db.executemany(_PUT, [msgspec.structs.astuple(tracked) for tracked in result.puts])
            self._tell(db, (_ended(run, result) for result in results), at)
        self._write_audit()

    # -- audit log -----------------------------------------------------------------------------------------------

    def _tell(self, db: sqlite3.Connection, told: Iterable[AnyEntry], at: str) -> None:
        """Put records behind the last one, in the transaction of what they tell."""
        head = _head_of(dict(db.execute("SELECT key, value FROM meta WHERE key IN ('audit_seq', 'audit_hash')")))
        lines = list(audit.chained(head, told, at))
        if lines:
            last = lines[-1][0]
            db.executemany("INSERT INTO audit VALUES (?, ?)", [(made.seq, line) for made, line in lines])
            values = [("audit_seq", str(last.seq)), ("audit_hash", last.hash)]
            db.executemany("REPLACE INTO meta VALUES (?, ?)", values)

    def audit_head(self) -> Head:
        """The last record that was made, also if it has not reached the file."""
        return _head_of(self._meta())

    def waiting_audit(self, behind: int = 0) -> list[tuple[int, bytes]]:
        """Records that are not known to have reached the file for good, with their numbers."""
        rows = self._rows("SELECT seq, line FROM audit WHERE seq > ? ORDER BY seq", (behind,))
        return [(int(str(seq)), line) for seq, line in rows if isinstance(line, bytes)]

    def _write_audit(self) -> None:
        """Append what was just told. What does not get there is appended by `settle_audit` when it is next called."""
        with self._lock:
            if self._written is None or self._written - self._settled > _UNSETTLED:
                self.settle_audit()
                return
            lines = self.waiting_audit(self._written)
            if lines:
                written, self._written = self._written, None  # should it fail, nobody knows how far it got
                self._audit.append([line for _, line in lines])
                self._written = written + len(lines)

    def check_audit(self) -> None:
        """See whether state and audit log belong together, as `settle_audit` does, and change nothing.

        Raises:
            AuditBroken, StateRolledBack: they do not.
        """
        self._audit.check(self.audit_head(), self.waiting_audit())

    def settle_audit(self) -> None:
        """Bring the file up to date after whatever cut an earlier process off, and let go of what has reached it.

        Raises:
            AuditBroken, StateRolledBack: see `AuditFile.catch_up`.
            DiskRefused: it cannot be read or written.
        """
        with self._lock:
            head = self.audit_head()
            self._audit.catch_up(head, self.waiting_audit())
            if head.seq:
                self._audit.flush()
            with self._transaction() as db:
                db.execute("DELETE FROM audit WHERE seq <= ?", (head.seq,))
            self._written = self._settled = head.seq

    def verify_audit(self) -> Verdict:
        """Check the whole log, and that it ends where the state says that it does. Raises `DiskRefused`."""
        with self._lock:
            head, waiting = self.audit_head(), dict(self.waiting_audit())
            verdict = self._audit.verify()
        found = verdict.head
        late = [seq for seq in range(found.seq + 1, head.seq + 1) if seq in waiting]  # told, and not written yet
        problem = ""
        if found.seq > head.seq:
            problem = f"{found.seq - head.seq:,} records more than state.db knows of: an older state was put back"
        elif found.seq + len(late) < head.seq:
            problem = f"the last {head.seq - found.seq - len(late):,} records are missing: {head.seq:,} were written"
        elif found.seq == head.seq and found.hash != head.hash:
            problem = f"record {found.seq}, the last, is not the one that was written"
        if not problem:
            return verdict
        end = Break(line=len(self.audit_lines()) + 1, problem=problem)
        return replace(verdict, breaks=(*verdict.breaks, end))

    def audit_lines(self) -> list[bytes]:
        """The lines of the log as they are, without their line ends. Raises `DiskRefused`."""
        return self._audit.lines()

    def set_audit_aside(self, stamp: str) -> Path | None:
        """Move a damaged log away; where to. None if there was none."""
        if not self._audit.path.exists():
            return None
        return self._audit.path.rename(self._audit.path.with_name(f"{audit.NAME}.{stamp}.old"))

    def tell(self, told: Sequence[AnyEntry], at: str) -> None:
        """Record something that is no part of a run."""
        with self._transaction() as db:
            self._tell(db, told, at)
        self._write_audit()

    def restart_audit(self, told: Restarted, at: str) -> None:
        """Begin a new file, which must have been moved away, with a record that says so; the numbers go on."""
        with self._transaction() as db:
            db.execute("DELETE FROM audit")
            self._tell(db, [told], at)
        self._audit.append([line for _, line in self.waiting_audit()])
        self.settle_audit()

    # -- journal -------------------------------------------------------------------------------------------------

    def journal(self, run: RunId | None = None, pin_id: str | None = None) -> list[ActionRecord]:
        """What was intended and what came of it, of a run or about a pin, in the order of the plan."""
        rows = self._rows(
            "SELECT run, action, kind, pin_id, address, intended_at, ended_at, outcome, reason, receipt FROM journal"
            " WHERE (?1 IS NULL OR run = ?1) AND (?2 IS NULL OR pin_id = ?2) ORDER BY run, action",
            (run, pin_id),
        )
        return [
            msgspec.convert(dict(zip(ActionRecord.__struct_fields__, row, strict=True)), ActionRecord) for row in rows
        ]

    def done_actions(self, run: RunId) -> set[ActionId]:
        """The actions of a run that need not be done again."""
        rows = self._rows("SELECT action FROM journal WHERE run = ? AND outcome = 'done'", (run,))
        return {ActionId(str(row[0])) for row in rows}

    # -- what actions note ---------------------------------------------------------------------------------------

    def note_staged(self, run: RunId, action: ActionId, image: StagedImage) -> None:
        """Remember a verified image before it becomes visible."""
        with self._transaction() as db:
            db.execute("INSERT INTO staged VALUES (?, ?, ?)", (run, action, msgspec.json.encode(image).decode()))

    def staged(self, run: RunId, action: ActionId) -> list[StagedImage]:
        """What an action noted so far, also in an earlier try."""
        rows = self._rows("SELECT image FROM staged WHERE run = ? AND action = ? ORDER BY rowid", (run, action))
        return [msgspec.json.decode(str(row[0]), type=StagedImage) for row in rows]

    def note(self, run: RunId, action: ActionId, text: str) -> None:
        """Remember a word of an action."""
        with self._transaction() as db:
            db.execute("INSERT INTO notes VALUES (?, ?, ?)", (run, action, text))

    def notes(self, run: RunId, action: ActionId) -> list[str]:
        """The words of an action, in their order."""
        rows = self._rows("SELECT note FROM notes WHERE run = ? AND action = ? ORDER BY rowid", (run, action))
        return [str(row[0]) for row in rows]

    # -- cache ---------------------------------------------------------------------------------------------------

    def known_contents(self) -> dict[str, tuple[int, int, Content]]:
        """Contents that were looked at before: path → size, time, content. A cache: losing it costs time only."""
        rows = self._rows("SELECT path, size, mtime_ns, content FROM contents")
        decode = msgspec.json.Decoder(Content).decode
        return {str(path): (int(str(size)), int(str(time)), decode(str(data))) for path, size, time, data in rows}

    def remember_contents(self, contents: Iterable[tuple[str, int, int, Content]]) -> None:
        """Add to the cache."""
        rows = [(path, size, time, msgspec.json.encode(content).decode()) for path, size, time, content in contents]
        if rows:
            with self._transaction() as db:
                db.executemany("REPLACE INTO contents VALUES (?, ?, ?, ?)", rows)

    # -- how images look -----------------------------------------------------------------------------------------

    def faces(self, recipe: int) -> list[tuple[str, int, int, int, int]]:
        """Digest, difference hash (signed), width, height and detail of every image that a fingerprint was taken of."""
        query = "SELECT sha256, dhash, width, height, detail FROM fingerprints WHERE recipe = ? AND dhash IS NOT NULL"
        with self._lock, _readable(self.path):
            return self._connection.execute(query, (recipe,)).fetchall()

    def faceless(self, recipe: int) -> dict[str, str]:
        """Digests of files of which no fingerprint can be taken, and why."""
        rows = self._rows("SELECT sha256, problem FROM fingerprints WHERE recipe = ? AND dhash IS NULL", (recipe,))
        return {str(sha256): str(problem) for sha256, problem in rows}

    def face(self, sha256: str, recipe: int) -> bytes | None:
        """A whole fingerprint, as it was remembered."""
        rows = self._rows("SELECT fingerprint FROM fingerprints WHERE sha256 = ? AND recipe = ?", (sha256, recipe))
        found = rows[0][0] if rows else None
        return found if isinstance(found, bytes) else None

    def remember_faces(self, rows: Iterable[tuple[object, ...]]) -> None:
        """Digest, recipe, difference hash (signed), width, height, detail, problem, fingerprint; a cache, no record."""
        with self._transaction() as db:
            db.executemany("REPLACE INTO fingerprints VALUES (?, ?, ?, ?, ?, ?, ?, ?)", list(rows))

    def compared(self, recipe: int) -> dict[tuple[str, str], bytes]:
        """Pairs of digests that were compared before, and what came of it."""
        rows = self._rows("SELECT one, other, alike FROM alike WHERE recipe = ?", (recipe,))
        return {(str(one), str(other)): alike for one, other, alike in rows if isinstance(alike, bytes)}

    def remember_compared(self, rows: Iterable[tuple[str, str, int, bytes]]) -> None:
        """Add to the pairs that were compared."""
        with self._transaction() as db:
            db.executemany("REPLACE INTO alike VALUES (?, ?, ?, ?)", list(rows))

    def remembered_look(self, key: str) -> bytes | None:
        """What the last look at all pairs found, if it was one at the very same things."""
        rows = self._rows("SELECT found FROM looks WHERE key = ?", (key,))
        found = rows[0][0] if rows else None
        return found if isinstance(found, bytes) else None

    def remember_look(self, key: str, found: bytes) -> None:
        """Keep what a look found; the last few of them."""
        with self._transaction() as db:
            db.execute("REPLACE INTO looks VALUES (?, ?)", (key, found))
            db.execute("DELETE FROM looks WHERE rowid NOT IN (SELECT rowid FROM looks ORDER BY rowid DESC LIMIT 4)")

    def count_different(self) -> int:
        """How many pairs a person said to be no duplicates."""
        ((count,),) = self._rows("SELECT count(*) FROM different")
        return int(str(count))

    def different(self) -> set[tuple[bytes, bytes]]:
        """Pairs of looks of which a person said that they are no duplicates."""
        rows = self._rows("SELECT one, other FROM different")
        return {(one, other) for one, other in rows if isinstance(one, bytes) and isinstance(other, bytes)}

    def mark_different(self, one: bytes, other: bytes) -> None:
        """Remember that two looks are no duplicates; for good."""
        with self._transaction() as db:
            db.execute("REPLACE INTO different VALUES (?, ?)", (min(one, other), max(one, other)))


def create_state(path: Path, library_id: LibraryId, lineage: Lineage) -> None:
    """Make an empty state. Raises `StateUnreadable` if a file is there already."""
    if path.exists():
        raise StateUnreadable(str(path), "there is a state already")
    with _readable(path):
        connection = _connect(path, create=True)
        try:
            connection.executescript(f"BEGIN;{_SCHEMA}{_SECOND}{_THIRD}")
            rows = [("library_id", library_id), ("lineage", lineage), ("serial", "0")]
            connection.executemany("INSERT INTO meta VALUES (?, ?)", rows)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {USER_VERSION}")
            connection.execute("COMMIT")
        finally:
            connection.close()
    path.chmod(0o600)


def open_state(path: Path, library_id: LibraryId, lineage: Lineage) -> State:
    """Open the state of a library.

    Raises:
        StateMissing: there is no file.
        StateUnreadable: not a state, damaged, of an unknown version, or of another library or lineage.
    """
    if not path.exists():
        raise StateMissing(str(path), "the state is missing, though the library's marker is there")
    with _readable(path):
        state = State(path, _connect(path, create=False))
    try:
        state.check_header()
        state.check_belongs(library_id, lineage)
        state.bring_up_to_date()
    except BaseException:
        state.close()
        raise
    return state


def _connect(path: Path, *, create: bool) -> sqlite3.Connection:
    mode = "rwc" if create else "rw"
    address = f"{path.resolve().as_uri()}?mode={mode}"
    connection = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False, timeout=10)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Tell SQLite's refusals in pinplan's words: `DiskRefused` or `StateUnreadable`."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        disk = _DISK.get((getattr(error, "sqlite_errorcode", None) or 0) & 0xFF)
        if disk is not None:
            raise DiskRefused(str(path), disk, os.strerror(disk)) from error
        raise StateUnreadable(str(path), f"SQLite says: {error}") from error


def _run(row: tuple[object, ...]) -> RunRecord:
    names = ("id", "digest", "serial", "total", "started_at", "ended_at", "undoes")
    fields = dict(zip(names, row, strict=False))
    return msgspec.convert({**fields, "summary": msgspec.json.decode(str(row[7]))}, RunRecord)


def _head_of(meta: Mapping[str, str]) -> Head:
    return Head(int(meta["audit_seq"]), meta["audit_hash"]) if "audit_seq" in meta else Head()


def _ended(run: RunId, result: Result) -> Ended:
    receipt = result.receipt
    return Ended(
        run=run,
        action=result.action,
        outcome=result.outcome,
        reason=result.reason,
        kept=receipt.kept if receipt else (),
        created=receipt.created if receipt else None,
    )
