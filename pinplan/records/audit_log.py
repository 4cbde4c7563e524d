"""The audit log between ``state.db`` and ``audit.jsonl``: recorded in a transaction, appended, flushed, then released.

After a crash ``audit.jsonl`` is truncated to its last complete line.
"""

from __future__ import annotations

import errno
import io
import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from msgspec.structs import replace

from pinplan.errors import AuditBroken, DiskRefused, StateRolledBack
from pinplan.records import audit
from pinplan.records.audit import AnyEntry, ChainBreak, ChainReport, Head, Restarted, verify
from pinplan.records.database import decodable

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from pinplan.records.database import Database


_NO_FILE = "not a regular file"
_OF_OTHER_KINDS = {errno.ELOOP, errno.EISDIR, errno.ENXIO}
"""Errors of opening a symlink, a folder, or a FIFO without a reader."""
_TAIL_BYTES = 1024 * 1024
"""Size of the tail that is searched for the last line; a record has a few hundred bytes."""


class AuditFile:
    """The log of one library."""

    def __init__(self, path: Path) -> None:
        """Take the path; the file is created with the first record."""
        self.path = path

    def append(self, lines: Sequence[bytes]) -> None:
        """Append lines. Raises `DiskRefused`; `catch_up` truncates a partial write."""
        with self._open() as file:
            _write_all(file, b"".join(lines))

    def flush(self) -> None:
        """Fsync the file."""
        with self._open() as file:
            os.fsync(file)

    def catch_up(self, head: Head, waiting: Sequence[tuple[int, bytes]]) -> None:
        """Bring the file up to date with ``state.db``.

        Args:
            head: the last record.
            waiting: numbers and lines of records that may be missing in the file.

        Raises:
            AuditBroken: records missing or replaced in a way that no crash explains.
            StateRolledBack: the file is ahead of the state: an older state was restored (I26).
        """
        missing, whole = self.check(head, waiting)
        if missing or whole is not None:
            with self._open() as file:
                if whole is not None:
                    os.ftruncate(file, whole)
                _write_all(file, b"".join(missing))

    def check(self, head: Head, waiting: Sequence[tuple[int, bytes]]) -> tuple[list[bytes], int | None]:
        """The lines that `catch_up` would append, and where it would truncate. Raises as it does."""
        # Only the tail is read: an apply with a million records behind it must start at once.
        last, whole = self._last()
        kept = dict(waiting)
        if last.seq > head.seq:
            raise StateRolledBack(
                str(self.path.parent / "state.db"),
                f"older than the audit log: state at record {head.seq}, log at {last.seq}",
            )
        if last.seq == head.seq and last.hash != head.hash:
            raise AuditBroken(str(self.path), f"last record ({last.seq}) was replaced")
        # A crash between commit and append leaves these in state.db; anything else that is missing was removed.
        missing = range(last.seq + 1, head.seq + 1)
        if any(seq not in kept for seq in missing):
            raise AuditBroken(str(self.path), f"ends at record {last.seq}, expected {head.seq}")
        return [kept[seq] for seq in missing], whole

    def verify(self) -> ChainReport:
        """Verify the whole file; a missing file is an empty log. Raises `DiskRefused`, `AuditBroken`."""
        with self._read() as file:
            return verify(file)

    def lines(self) -> list[bytes]:
        """All lines. Raises `DiskRefused`, `AuditBroken`."""
        with self._read() as file:
            return file.read().splitlines()

    def _last(self) -> tuple[Head, int | None]:
        """The last complete record, and its end offset if a partial line follows."""
        with self._read() as file:
            size = file.seek(0, os.SEEK_END)
            start = file.seek(max(0, size - _TAIL_BYTES))
            tail = file.read()
        end = tail.rfind(b"\n") + 1
        lines = tail[:end].splitlines(keepends=True)
        if not lines:
            return Head(), 0 if tail else None
        found = verify(lines[-1:]).head
        if found.seq == 0:
            raise AuditBroken(str(self.path), "last line is not an audit record")
        return found, start + end if end < len(tail) else None

    @contextmanager
    def _read(self) -> Iterator[BinaryIO]:
        """Open the file for reading; an empty one if missing."""
        if not os.path.lexists(self.path):
            yield io.BytesIO()
            return
        with self._regular(os.O_RDONLY) as handle, os.fdopen(os.dup(handle), "rb") as file:
            yield file

    @contextmanager
    def _open(self) -> Iterator[int]:
        with self._regular(os.O_WRONLY | os.O_CREAT | os.O_APPEND) as handle:
            yield handle

    @contextmanager
    def _regular(self, flags: int) -> Iterator[int]:
        """Open a regular file only: no symlink (I16), no FIFO or device that could block."""
        try:
            handle = os.open(self.path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
            try:
                if not stat.S_ISREG(os.fstat(handle).st_mode):
                    raise AuditBroken(str(self.path), _NO_FILE)
                yield handle
            finally:
                os.close(handle)
        except OSError as error:
            if error.errno in _OF_OTHER_KINDS:
                raise AuditBroken(str(self.path), _NO_FILE) from error
            raise DiskRefused(str(self.path), error.errno, error.strerror or str(error)) from error


def _write_all(file: int, data: bytes) -> None:
    left = memoryview(data)  # os.write may write less, e.g. on a nearly full disk
    while left:
        left = left[os.write(file, left) :]


_UNSETTLED = 10_000
"""Records kept in ``state.db`` between two fsyncs of the file: an fsync per action would halve the speed."""


class AuditLog:
    """The log of one library."""

    def __init__(self, db: Database) -> None:
        """Use the file beside the database."""
        self._db = db
        self._file = AuditFile(db.path.parent / audit.NAME)
        self._written: int | None = None
        self._settled = 0

    def append_in(self, db: sqlite3.Connection, entries: Iterable[AnyEntry], at: str) -> None:
        """Append records inside the transaction that they describe."""
        head = self._head_of(dict(db.execute("SELECT key, value FROM meta WHERE key IN ('audit_seq', 'audit_hash')")))
        lines = list(audit.chained(head, entries, at))
        if lines:
            last = lines[-1][0]
            # Same transaction as the change itself: neither can exist without the other.
            db.executemany("INSERT INTO audit VALUES (?, ?)", [(made.seq, line) for made, line in lines])
            values = [("audit_seq", str(last.seq)), ("audit_hash", last.hash)]
            db.executemany("REPLACE INTO meta VALUES (?, ?)", values)

    def head(self) -> Head:
        """The last record, even if not yet in the file."""
        return self._head_of({str(key): str(value) for key, value in self._db.rows("SELECT key, value FROM meta")})

    def _head_of(self, meta: Mapping[str, str]) -> Head:
        with decodable(self._db.path, "the audit log"):
            return Head(int(meta["audit_seq"]), meta["audit_hash"]) if "audit_seq" in meta else Head()

    @property
    def path(self) -> Path:
        """The file."""
        return self._file.path

    def hash_of(self, seq: int) -> str | None:
        """The hash of a record; None if not in the log. Reads the file only for records before the last.

        Raises:
            DiskRefused, AuditBroken: the file cannot be read.
        """
        head = self.head()
        if seq == head.seq:
            return head.hash
        return next((digest for number, digest in audit.hashes(self.all_lines()) if number == seq), None)

    def all_lines(self) -> list[bytes]:
        """The lines of the file, then those not yet in it. Raises `DiskRefused`, `AuditBroken`."""
        with self._db.lock:
            lines = self._file.lines()
            # From the end: the last valid record is nearly always the last line.
            last = next((number for number, _ in audit.hashes(reversed(lines))), 0)
            return [*lines, *(line for _, line in self.waiting(last))]

    def waiting(self, behind: int = 0) -> list[tuple[int, bytes]]:
        """Records not known to be durable in the file, with their numbers."""
        rows = self._db.rows("SELECT seq, line FROM audit WHERE seq > ? ORDER BY seq", (behind,))
        return [(int(str(seq)), line) for seq, line in rows if isinstance(line, bytes)]

    def write(self) -> None:
        """Append new records; after a failure the next `settle` appends them."""
        with self._db.lock:
            # A new process does not know what the file holds: settle compares and repairs it first.
            if self._written is None or self._written - self._settled > _UNSETTLED:
                self.settle()
                return
            lines = self.waiting(self._written)
            if lines:
                written, self._written = self._written, None  # unknown after a failure: the next write settles first
                self._file.append([line for _, line in lines])
                self._written = written + len(lines)

    def check(self) -> None:
        """Check that state and audit log match, without changes.

        Raises:
            AuditBroken, StateRolledBack: they do not match.
        """
        self._file.check(self.head(), self.waiting())

    def check_last(self) -> None:
        """Check the last record known to the state. Later records are ignored: an apply may be running.

        Raises:
            AuditBroken: it was replaced or is missing.
            DiskRefused: the file cannot be read.
        """
        head = self.head()
        if not head.seq:
            return
        found = next(
            (digest for number, digest in audit.hashes(reversed(self.all_lines())) if number == head.seq), None
        )
        if found != head.hash:
            raise AuditBroken(str(self.path), f"record {head.seq} {'is missing' if found is None else 'was replaced'}")

    def settle(self) -> None:
        """Bring the file up to date after an interruption, and delete durable records from ``state.db``.

        Raises:
            AuditBroken, StateRolledBack: see `AuditFile.catch_up`.
            DiskRefused: it cannot be read or written.
        """
        with self._db.lock:
            head = self.head()
            self._file.catch_up(head, self.waiting())
            if head.seq:
                self._file.flush()
            # Only after the fsync: until then state.db holds the only durable copy.
            with self._db.transaction() as db:
                db.execute("DELETE FROM audit WHERE seq <= ?", (head.seq,))
            self._written = self._settled = head.seq

    def verify(self) -> ChainReport:
        """Verify the whole log, including its end. Raises `DiskRefused`."""
        with self._db.lock:
            head, waiting = self.head(), dict(self.waiting())
            verdict = self._file.verify()
        found = verdict.head
        late = [seq for seq in range(found.seq + 1, head.seq + 1) if seq in waiting]  # in state.db, not yet in the file
        problem = ""
        if found.seq > head.seq:
            problem = f"{found.seq - head.seq:,} records more than in state.db: an older state was restored"
        elif found.seq + len(late) < head.seq:
            problem = f"last {head.seq - found.seq - len(late):,} records missing, expected {head.seq:,}"
        elif found.seq == head.seq and found.hash != head.hash:
            problem = f"last record ({found.seq}) was replaced"
        if not problem:
            return verdict
        end = ChainBreak(line=len(self.lines()) + 1, problem=problem)
        return replace(verdict, breaks=(*verdict.breaks, end))

    def lines(self) -> list[bytes]:
        """The lines of the log without line ends. Raises `DiskRefused`."""
        return self._file.lines()

    def set_aside(self, stamp: str) -> Path | None:
        """Rename a damaged log; returns its new path, None if missing."""
        if not os.path.lexists(self._file.path):
            return None
        # Never deleted: a damaged log is evidence.
        return self._file.path.rename(self._file.path.with_name(f"{audit.NAME}.{stamp}.old"))

    def append(self, entries: Sequence[AnyEntry], at: str) -> None:
        """Record something outside a run."""
        with self._db.transaction() as db:
            self.append_in(db, entries, at)
        self.write()

    def restart(self, entry: Restarted, at: str) -> None:
        """Start a new file with a restart record, after `set_aside`; the numbering continues."""
        with self._db.transaction() as db:
            db.execute("DELETE FROM audit")
            self.append_in(db, [entry], at)
        self._file.append([line for _, line in self.waiting()])
        self.settle()
