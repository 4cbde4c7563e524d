"""``facts.db``: the last known metadata of every pin ever listed, including pins deleted since.

Separate from the state: no decision depends on it. Losing it loses titles, texts, links and dates of deleted pins only.
"""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from pinplan.errors import DiskRefused
from pinplan.model.ids import BoardId
from pinplan.model.pins import Board, Pin, Section
from pinplan.records.database import UNDECODABLE, connect_read_only, readable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    from pinplan.model.ids import PinId
    from pinplan.model.snapshots import BoardSnapshot, RemoteSnapshot

_Known = TypeVar("_Known")
NAME = "facts.db"
_VERSION = 1
VANISHED = "no longer listed by Pinterest"
_SCHEMA = """
CREATE TABLE boards (board_id TEXT PRIMARY KEY, facts BLOB NOT NULL, pins TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE pins (pin_id TEXT PRIMARY KEY, facts BLOB NOT NULL, gone INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
"""
_MARKS = """
CREATE TABLE IF NOT EXISTS marks (board_id TEXT PRIMARY KEY, mark BLOB NOT NULL) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS boards_insert AFTER INSERT ON boards BEGIN DELETE FROM marks WHERE board_id = NEW.board_id; END;
CREATE TRIGGER IF NOT EXISTS boards_update AFTER UPDATE ON boards BEGIN DELETE FROM marks WHERE board_id = NEW.board_id; END;
"""
"""Which listing from the cache a board was stored with, until something else is stored of it. Without a version of its own: another
version would replace the file."""


class KnownBoard(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A board as it was last listed.

    Attributes:
        partial: why pins may be unknown; empty if its last listing was complete.
    """

    board: Board
    sections: tuple[Section, ...] = ()
    partial: str = ""


class PartialBoard(Struct, frozen=True, kw_only=True):
    """A board whose last listing was incomplete, and why."""

    id: BoardId
    name: str
    problem: str


class KnownPin(Struct, frozen=True, kw_only=True):
    """A pin as last listed. ``gone``: Pinterest answered 404 for it since."""

    pin: Pin
    gone: bool = False


class PinMetadata:
    """Metadata of boards and pins. One process writes at a time (library lock)."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        """Open or create the file; a damaged one, or one of another version, is replaced. Raises `DiskRefused`.

        With ``read_only``: a copy in memory, or an empty one if the file is unusable.
        """
        self._path = path
        with readable(path):
            if read_only:
                self._db = _copied(path)
                return
            try:
                self._db = _opened(path)
            except sqlite3.DatabaseError as error:
                if isinstance(error, sqlite3.OperationalError):  # locked or a full disk: the file is good
                    raise
                path.unlink(missing_ok=True)
                self._db = _opened(path)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def version(self) -> str:
        """Changes whenever the file does; empty if there is none."""
        with suppress(OSError):
            found = self._path.stat()
            return f"{found.st_ino} {found.st_size} {found.st_mtime_ns}"
        return ""

    def remember(self, remote: RemoteSnapshot, listed_at: Mapping[BoardId, str] | None = None) -> None:
        """Store the metadata of a snapshot; an unchanged board costs one comparison. Raises `DiskRefused`.

        Args:
            remote: the snapshot.
            listed_at: when a board from the cache was listed: if it was stored before, its pins are not even looked at.
        """
        listed_at = listed_at or {}
        with readable(self._path):
            known = dict(self._db.execute("SELECT board_id, pins FROM boards").fetchall())
            marks = dict(self._db.execute("SELECT board_id, mark FROM marks").fetchall())
            self._db.execute("BEGIN IMMEDIATE")
            try:
                for board in remote.boards:
                    board_id = board.board.id
                    mark = _mark_of(board, listed_at.get(board_id))
                    if mark is None or mark != marks.get(board_id):
                        self._remember(board, known.get(board_id))
                        self._mark(board_id, mark)
                self._note_vanished(set(known) - {board.board.id for board in remote.boards})
                # The row stays: a gallery still shows the title of a pin that Pinterest deleted.
                gone = [(asked.pin_id,) for asked in remote.asked if asked.gone]
                self._db.executemany("UPDATE pins SET gone = 1 WHERE pin_id = ? AND gone = 0", gone)
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def _remember(self, board: BoardSnapshot, known: str | None) -> None:
        if not board.asked and known is not None:
            return  # from the cache: already stored when it was listed
        rows = [(pin.id, msgspec.json.encode(pin)) for pin in board.pins]
        facts = msgspec.json.encode(KnownBoard(board=board.board, sections=board.sections, partial=board.partial))
        digest = hashlib.sha256(facts)
        for _, row in rows:
            digest.update(row)
        if digest.hexdigest() == known:
            return
        # A board that the config leaves out keeps what was known of its pins.
        if board.listed or known is None:
            self._db.execute("REPLACE INTO boards VALUES (?, ?, ?)", (board.board.id, facts, digest.hexdigest()))
        self._db.executemany("REPLACE INTO pins VALUES (?, ?, 0)", rows)

    def _mark(self, board_id: BoardId, mark: bytes | None) -> None:
        if mark is not None:
            self._db.execute("REPLACE INTO marks VALUES (?, ?)", (board_id, mark))

    def _note_vanished(self, gone: Collection[str]) -> None:
        for board_id in gone:
            ((row,),) = self._db.execute("SELECT facts FROM boards WHERE board_id = ?", (board_id,)).fetchall()
            known = _decoded(row, _BOARD)
            if known is None:
                self._db.execute("DELETE FROM boards WHERE board_id = ?", (board_id,))
            elif known.partial != VANISHED:
                row = (msgspec.json.encode(replace(known, partial=VANISHED)), board_id)
                self._db.execute("UPDATE boards SET facts = ?, pins = '' WHERE board_id = ?", row)

    def boards(self) -> dict[BoardId, KnownBoard]:
        """Every board. Raises `DiskRefused`."""
        with readable(self._path):
            rows = self._db.execute("SELECT board_id, facts FROM boards").fetchall()
        return {board_id: known for board_id, row in rows if (known := _decoded(row, _BOARD)) is not None}

    def partial(self) -> tuple[PartialBoard, ...]:
        """The boards whose last listing was incomplete. Raises `DiskRefused`."""
        found = (
            PartialBoard(id=board_id, name=known.board.name, problem=known.partial)
            for board_id, known in self.boards().items()
            if known.partial
        )
        return tuple(sorted(found, key=lambda one: (one.name.casefold(), one.id)))

    def pins(self, wanted: Iterable[PinId]) -> dict[PinId, KnownPin]:
        """The known ones of some pins. Raises `DiskRefused`."""
        ids = set(wanted)
        with readable(self._path):
            # One scan: a query per pin would be slower beyond a few hundred of them.
            rows = self._db.execute("SELECT pin_id, facts, gone FROM pins")
            found = ((pin_id, _decoded(row, _PIN), bool(gone)) for pin_id, row, gone in rows if pin_id in ids)
            return {pin_id: KnownPin(pin=pin, gone=gone) for pin_id, pin, gone in found if pin is not None}


_BOARD, _PIN = msgspec.json.Decoder(KnownBoard), msgspec.json.Decoder(Pin)


def _decoded(row: object, decoder: msgspec.json.Decoder[_Known]) -> _Known | None:
    """The metadata of a row; None if it is damaged: then it is as if there were none."""
    try:
        return decoder.decode(row if isinstance(row, bytes | str) else b"")
    except UNDECODABLE:
        return None


def _mark_of(board: BoardSnapshot, listed_at: str | None) -> bytes | None:
    """All that is stored of a board from the cache; its pins by the time of their listing."""
    return None if listed_at is None else msgspec.msgpack.encode((listed_at, replace(board, pins=())))


def _copied(path: Path) -> sqlite3.Connection:
    with suppress(sqlite3.DatabaseError, DiskRefused):
        copy = connect_read_only(path)
        if copy.execute("PRAGMA user_version").fetchone() == (_VERSION,):
            copy.executescript(_MARKS)
            return copy
        copy.close()
    empty = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    empty.executescript(_SCHEMA + _MARKS)
    return empty


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
    try:
        connection.execute("PRAGMA synchronous = FULL")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version == 0:
            path.chmod(0o600)
            connection.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {_VERSION}; COMMIT;")
        elif version != _VERSION:
            raise sqlite3.DatabaseError(f"version {version}")  # noqa: TRY301 - handled as any file that cannot be used
        connection.executescript(_MARKS)
    except BaseException:
        connection.close()
        raise
    return connection
