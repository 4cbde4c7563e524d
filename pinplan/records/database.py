"""``state.db`` as a database: open, upgrade, durable transactions, translated errors."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import tempfile
import threading
from contextlib import closing, contextmanager, suppress
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from pinplan.errors import DiskRefused, StateUnreadable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

APPLICATION_ID = 0x70696E70
"""``pinp``: marks the file as pinplan's in SQLite's own header."""
USER_VERSION = 10

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
"""Version 2: undo, notes of actions, records waiting for the audit log."""
_THIRD = """
ALTER TABLE tracked ADD COLUMN duplicate_of TEXT;
CREATE TABLE fingerprints (
    sha256 TEXT NOT NULL, recipe INTEGER NOT NULL, dhash INTEGER, width INTEGER, height INTEGER, detail INTEGER,
    problem TEXT, fingerprint BLOB, PRIMARY KEY (sha256, recipe));
CREATE TABLE alike (
    one TEXT NOT NULL, other TEXT NOT NULL, recipe INTEGER NOT NULL, alike BLOB NOT NULL,
    PRIMARY KEY (one, other, recipe)) WITHOUT ROWID;
CREATE TABLE looks (key TEXT PRIMARY KEY, found BLOB NOT NULL);
CREATE TABLE different (one BLOB NOT NULL, other BLOB NOT NULL, PRIMARY KEY (one, other)) WITHOUT ROWID;
"""
"""Version 3: fingerprints, compared pairs, and pairs marked as different. With rowids: a fingerprint has 1 kB, and WITHOUT ROWID would
use nearly a page for each, three times the space."""
_FOURTH = """
CREATE TABLE last_look (one INTEGER PRIMARY KEY CHECK (one = 1), look BLOB NOT NULL);
CREATE TABLE listings (
    board_id TEXT PRIMARY KEY, taken_at TEXT NOT NULL, facts BLOB NOT NULL, listing BLOB NOT NULL, gone BLOB);
CREATE TABLE listing_pages (
    board_id TEXT NOT NULL, number INTEGER NOT NULL, began_at TEXT NOT NULL, facts BLOB NOT NULL, bookmark TEXT NOT NULL,
    page BLOB NOT NULL, PRIMARY KEY (board_id, number));
CREATE TABLE api_calls (
    day TEXT NOT NULL, account TEXT NOT NULL, calls INTEGER NOT NULL, PRIMARY KEY (day, account)) WITHOUT ROWID;
"""
"""Version 4: cached listings, and API calls per day."""
_FIFTH = """
CREATE TABLE creates (
    run TEXT NOT NULL, action TEXT NOT NULL, subject TEXT NOT NULL, digest TEXT NOT NULL, begun_at TEXT NOT NULL,
    intent TEXT NOT NULL, outcome TEXT, created TEXT, PRIMARY KEY (run, action));
"""
"""Version 5: creates (see `pinplan.records.creates`)."""
_SIXTH = """
ALTER TABLE tracked ADD COLUMN doubtful TEXT;
DELETE FROM contents WHERE content LIKE '%"problem":%' AND NOT EXISTS (
    SELECT 1 FROM tracked WHERE tracked.path = contents.path AND tracked.size = contents.size AND tracked.mtime_ns = contents.mtime_ns);
DELETE FROM fingerprints WHERE problem IS NOT NULL;
DELETE FROM looks;
"""
"""Version 6: doubtful images. Undecodable files are inspected again; results of ``verify`` are kept."""
_SEVENTH = """
CREATE TABLE refused (
    pin_id TEXT NOT NULL, slot INTEGER NOT NULL, refused TEXT NOT NULL, PRIMARY KEY (pin_id, slot)) WITHOUT ROWID;
"""
"""Version 7: refused images and sizes."""
_FOLLOWED = (
    *("meta", "tracked", "refused", "contents", "runs", "journal", "creates", "listings"),
    *("fingerprints", "looks", "alike", "different"),
)
_KEPT = """
CREATE TABLE kept_plan (
    one INTEGER PRIMARY KEY CHECK (one = 1), inputs TEXT NOT NULL, tree TEXT NOT NULL, plan BLOB NOT NULL);
"""
_DROPS = "CREATE TRIGGER {0}_{1} AFTER {1} ON {0} BEGIN DELETE FROM kept_plan; END;"
_EIGHTH = _KEPT + "".join(_DROPS.format(*one) for one in product(_FOLLOWED, ("INSERT", "UPDATE", "DELETE")))
"""Version 8: the plan that found nothing (see `pinplan.records.kept_plan`). Whatever changes a table that plans follow from drops it in
the same transaction, whoever writes."""
_PARTS = "CREATE TABLE base_parts (first TEXT PRIMARY KEY, until TEXT, records BLOB NOT NULL);"
_DROPS_PART = """
CREATE TRIGGER base_part_{0}_{1} AFTER {0} ON tracked BEGIN
    DELETE FROM base_parts WHERE first = (SELECT max(first) FROM base_parts WHERE first <= {1}.pin_id)
        AND (until IS NULL OR until > {1}.pin_id);
END;
"""
_WRITES = (("INSERT", "NEW"), ("UPDATE", "OLD"), ("UPDATE", "NEW"), ("DELETE", "OLD"))
_NINTH = _PARTS + "".join(_DROPS_PART.format(*one) for one in _WRITES)
"""Version 9: the base in parts (see `pinplan.records.base_parts`), each dropped with any change of its records."""
_TENTH = """
CREATE TABLE places (
    run TEXT NOT NULL, action TEXT NOT NULL, subject TEXT NOT NULL, begun_at TEXT NOT NULL, intent TEXT NOT NULL, outcome TEXT,
    created TEXT, PRIMARY KEY (run, action));
""" + "".join(_DROPS.format("places", one) for one in ("INSERT", "UPDATE", "DELETE"))
"""Version 10: creates of boards and sections (see `pinplan.records.places`)."""
_UPGRADES = {1: _SECOND, 2: _THIRD, 3: _FOURTH, 4: _FIFTH, 5: _SIXTH, 6: _SEVENTH, 7: _EIGHTH, 8: _NINTH, 9: _TENTH}
_DISK = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_IOERR: errno.EIO,
    sqlite3.SQLITE_READONLY: errno.EROFS,
    sqlite3.SQLITE_CANTOPEN: errno.EACCES,
    sqlite3.SQLITE_PERM: errno.EACCES,
    sqlite3.SQLITE_BUSY: errno.EAGAIN,
    sqlite3.SQLITE_PROTOCOL: errno.EAGAIN,
}
"""Errors of the disk, not of the state: a full disk must not look like a damaged state."""


UNDECODABLE = (msgspec.MsgspecError, TypeError, ValueError, OverflowError, RecursionError)
"""What decoding may raise for a value that pinplan did not write."""


class Database:
    """An open ``state.db``. One process writes at a time (library lock); thread-safe."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        """Take a connection from `connect`."""
        self.path = path
        self.connection = connection
        self.lock = threading.RLock()

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Commit the block durably, or roll it back. Raises `DiskRefused`, `StateUnreadable`."""
        with self.lock, readable(self.path):
            self.connection.execute("BEGIN IMMEDIATE")  # a deferred one could fail at its first write
            try:
                yield self.connection
                # Inside as well: after a commit that failed, what was not stored must not be read as if it were.
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:  # SQLite rolls back by itself on a full disk
                    self.connection.execute("ROLLBACK")
                raise

    def rows(self, query: str, parameters: Sequence[object] = ()) -> list[tuple[object, ...]]:
        """The rows of a query; none for a parameter that is not Unicode. Raises `DiskRefused`, `StateUnreadable`."""
        with self.lock, readable(self.path):
            try:
                return self.connection.execute(query, parameters).fetchall()
            except UnicodeEncodeError:  # a name that was typed in another encoding stands in no column
                return []

    def bring_up_to_date(self) -> None:
        """Upgrade the schema in one transaction."""
        if self.rows("PRAGMA user_version") == [(USER_VERSION,)]:
            return
        with self.transaction() as db:
            (version,) = db.execute("PRAGMA user_version").fetchone()
            for older in range(version, USER_VERSION):  # empty if another process upgraded first
                for statement in _statements(_UPGRADES[older]):
                    db.execute(statement)
            db.execute(f"PRAGMA user_version = {USER_VERSION}")

    def check_header(self) -> None:
        """Raises `StateUnreadable` for a foreign file or an unknown version."""
        ((application,),) = self.rows("PRAGMA application_id")
        ((version,),) = self.rows("PRAGMA user_version")
        if application != APPLICATION_ID:
            raise StateUnreadable(str(self.path), "not a pinplan state")
        if version not in {*_UPGRADES, USER_VERSION}:
            newer = isinstance(version, int) and version > USER_VERSION
            problem = f"unsupported version {version}, expected {USER_VERSION} or older"
            raise StateUnreadable(str(self.path), problem, newer=newer)


def _statements(script: str) -> Iterator[str]:
    """The statements of a script; executescript would commit after each."""
    statement = ""
    for part in script.strip().split(";"):
        statement += f"{part};"
        # A trigger has semicolons of its own.
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def create_tables(path: Path, meta: Mapping[str, str]) -> None:
    """Create the file with its tables in one transaction. Raises `DiskRefused`, `StateUnreadable`."""
    with readable(path):
        connection = connect(path, create=True)
        try:
            connection.executescript(
                f"BEGIN;{_SCHEMA}{_SECOND}{_THIRD}{_FOURTH}{_FIFTH}{_SIXTH}{_SEVENTH}{_EIGHTH}{_NINTH}{_TENTH}"
            )
            connection.executemany("INSERT INTO meta VALUES (?, ?)", list(meta.items()))
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {USER_VERSION}")
            connection.execute("COMMIT")
        finally:
            connection.close()
    # State and journal hold titles of secret boards.
    path.chmod(0o600)


def connect(path: Path, *, create: bool) -> sqlite3.Connection:
    """A connection with durable commits. Raises `sqlite3.DatabaseError`."""
    mode = "rwc" if create else "rw"
    address = f"{path.resolve().as_uri()}?mode={mode}"
    # isolation_level=None: Python's sqlite3 would otherwise begin transactions by itself, and not before DDL.
    connection = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False, timeout=10)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")  # NORMAL may lose the last commits in WAL mode
    except BaseException:
        connection.close()
        raise
    return connection


def connect_read_only(path: Path) -> sqlite3.Connection:
    """A copy of the database in memory, for read-only commands. Raises `sqlite3.DatabaseError`, `DiskRefused`.

    Writes neither the file nor anything beside it: it may be on a read-only disk or belong to a running apply. Writes to the copy
    (caches) are lost.
    """
    try:
        return _in_memory(f"{path.resolve().as_uri()}?mode=ro")
    except sqlite3.OperationalError:
        if os.access(path.parent, os.W_OK) or path.with_name(f"{path.name}-shm").exists():
            raise
    # SQLite opens a WAL database only if it can create the -shm file. Without one no process has it open, so copying is safe.
    try:
        with tempfile.TemporaryDirectory(prefix="pinplan-") as folder:
            for name in (path.name, f"{path.name}-wal"):
                with suppress(FileNotFoundError):
                    shutil.copyfile(path.with_name(name), Path(folder, name))
            return _in_memory(f"{Path(folder, path.name).as_uri()}?mode=rw")
    except OSError as error:
        raise DiskRefused(str(path), error.errno, error.strerror or str(error)) from error


def _in_memory(address: str) -> sqlite3.Connection:
    memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    try:
        with closing(sqlite3.connect(address, uri=True, timeout=10)) as source:
            # SQLite's online backup is consistent even while another process writes.
            source.backup(memory)
    except BaseException:
        memory.close()
        raise
    return memory


@contextmanager
def decodable(path: Path, what: str) -> Iterator[None]:
    """Translate errors of decoding a stored value to `StateUnreadable`: SQLite stores any value in any column, and its checks find no such damage."""
    try:
        yield
    except (*UNDECODABLE, KeyError) as error:
        raise StateUnreadable(str(path), f"damaged record of {what}: {error}") from error


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Translate SQLite errors to `DiskRefused` or `StateUnreadable`."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        # The low byte is the primary code; extended codes such as IOERR_FSYNC share it.
        disk = _DISK.get((getattr(error, "sqlite_errorcode", None) or 0) & 0xFF)
        if disk == errno.EACCES:
            disk = _why_not_opened(path)
        if disk is not None:
            raise DiskRefused(str(path), disk, os.strerror(disk)) from error
        raise StateUnreadable(str(path), f"SQLite: {error}") from error


_AT_ONCE = 4
"""Files that SQLite opens beside each other: the database, its log, their shared memory, the folder."""


def _why_not_opened(path: Path) -> int:
    """The error number behind SQLite's "unable to open database file", which names none."""
    opened: list[int] = []
    try:
        while len(opened) < _AT_ONCE:
            opened.append(os.open(path, os.O_RDONLY | os.O_CLOEXEC))
    except OSError as error:
        return error.errno or errno.EACCES
    finally:
        for handle in opened:
            os.close(handle)
    return errno.EACCES  # it can be read, but not written, nor anything beside it
