"""The audit log between ``state.db`` and its file: made in the transaction of what it tells, then appended, then let go of.

``audit.jsonl`` as a file: appended to, flushed, and cut back to its last whole line after a crash.
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

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from pinplan.records.database import Database


_NO_FILE = "it is no regular file"
_OF_OTHER_KINDS = {errno.ELOOP, errno.EISDIR, errno.ENXIO}
"""What opening a link, a folder, or a pipe that nobody reads fails with."""
_TAIL_BYTES = 1024 * 1024
"""The last line is looked for in so many bytes at the end; a record is a few hundred bytes long."""


class AuditFile:
    """The log of one library."""

    def __init__(self, path: Path) -> None:
        """Name the file; it is made with the first record."""
        self.path = path

    def append(self, lines: Sequence[bytes]) -> None:
        """Add lines. Raises `DiskRefused`; then a part of them may be there, which `catch_up` cuts off."""
        with self._open() as file:
            _write_all(file, b"".join(lines))

    def flush(self) -> None:
        """Make sure that what was appended lasts."""
        with self._open() as file:
            os.fsync(file)

    def catch_up(self, head: Head, waiting: Sequence[tuple[int, bytes]]) -> None:
        """Bring the file up to what ``state.db`` knows.

        Args:
            head: the last record that was made.
            waiting: numbers and lines of records that may not have reached the file.

        Raises:
            AuditBroken: records are missing or replaced that no crash explains.
            StateRolledBack: the file is ahead of the state: an old state was put back (I26).
        """
        missing, whole = self.check(head, waiting)
        if missing or whole is not None:
            with self._open() as file:
                if whole is not None:
                    os.ftruncate(file, whole)
                _write_all(file, b"".join(missing))

    def check(self, head: Head, waiting: Sequence[tuple[int, bytes]]) -> tuple[list[bytes], int | None]:
        """What `catch_up` would do, without doing it: lines to append, and where to cut first. Raises as it does."""
        last, whole = self._last()
        kept = dict(waiting)
        if last.seq > head.seq:
            raise StateRolledBack(
                str(self.path.parent / "state.db"),
                f"it is older than the audit log: it ends at record {head.seq}, the log at {last.seq}",
            )
        if last.seq == head.seq and last.hash != head.hash:
            raise AuditBroken(str(self.path), f"its last record ({last.seq}) is not the one that was written")
        missing = range(last.seq + 1, head.seq + 1)
        if any(seq not in kept for seq in missing):
            raise AuditBroken(str(self.path), f"it ends at record {last.seq}, but {head.seq} were written")
        return [kept[seq] for seq in missing], whole

    def verify(self) -> ChainReport:
        """Check the whole file; a file that is not there is an empty log. Raises `DiskRefused`, `AuditBroken`."""
        with self._read() as file:
            return verify(file)

    def lines(self) -> list[bytes]:
        """All lines as they are. Raises `DiskRefused`, `AuditBroken`."""
        with self._read() as file:
            return file.read().splitlines()

    def _last(self) -> tuple[Head, int | None]:
        """The last whole record, and where it ends if something half-written stands behind it."""
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
            raise AuditBroken(str(self.path), "its last line is no record")
        return found, start + end if end < len(tail) else None

    @contextmanager
    def _read(self) -> Iterator[BinaryIO]:
        """The file for reading; an empty one if there is none."""
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
        """The file, never what a link names (I16), and nothing that could wait or answer for ever."""
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
    left = memoryview(data)
    while left:
        left = left[os.write(file, left) :]


_UNSETTLED = 10_000
"""Records of the audit log that may wait in ``state.db`` for the file to be flushed."""


class AuditLog:
    """The log of one library."""

    def __init__(self, db: Database) -> None:
        """The file lies beside the database."""
        self._db = db
        self._file = AuditFile(db.path.parent / audit.NAME)
        self._written: int | None = None
        self._settled = 0

    def tell_in(self, db: sqlite3.Connection, told: Iterable[AnyEntry], at: str) -> None:
        """Put records behind the last one, in the transaction of what they tell."""
        head = _head_of(dict(db.execute("SELECT key, value FROM meta WHERE key IN ('audit_seq', 'audit_hash')")))
        lines = list(audit.chained(head, told, at))
        if lines:
            last = lines[-1][0]
            db.executemany("INSERT INTO audit VALUES (?, ?)", [(made.seq, line) for made, line in lines])
            values = [("audit_seq", str(last.seq)), ("audit_hash", last.hash)]
            db.executemany("REPLACE INTO meta VALUES (?, ?)", values)

    def head(self) -> Head:
        """The last record that was made, also if it has not reached the file."""
        return _head_of({str(key): str(value) for key, value in self._db.rows("SELECT key, value FROM meta")})

    @property
    def path(self) -> Path:
        """The file."""
        return self._file.path

    def hash_of(self, seq: int) -> str | None:
        """The hash of a record; None where the log does not hold it. Reads the file only for a record before the last.

        Raises:
            DiskRefused, AuditBroken: the file cannot be read.
        """
        head = self.head()
        if seq == head.seq:
            return head.hash
        return next((digest for number, digest in audit.hashes(self.all_lines()) if number == seq), None)

    def all_lines(self) -> list[bytes]:
        """The lines of the file, then those that have not reached it. Raises `DiskRefused`, `AuditBroken`."""
        with self._db.lock:
            lines = self._file.lines()
            last = next((number for number, _ in audit.hashes(reversed(lines))), 0)
            return [*lines, *(line for _, line in self.waiting(last))]

    def waiting(self, behind: int = 0) -> list[tuple[int, bytes]]:
        """Records that are not known to have reached the file for good, with their numbers."""
        rows = self._db.rows("SELECT seq, line FROM audit WHERE seq > ? ORDER BY seq", (behind,))
        return [(int(str(seq)), line) for seq, line in rows if isinstance(line, bytes)]

    def write(self) -> None:
        """Append what was just told. What does not get there is appended by `settle` when it is next called."""
        with self._db.lock:
            if self._written is None or self._written - self._settled > _UNSETTLED:
                self.settle()
                return
            lines = self.waiting(self._written)
            if lines:
                written, self._written = self._written, None  # should it fail, nobody knows how far it got
                self._file.append([line for _, line in lines])
                self._written = written + len(lines)

    def check(self) -> None:
        """See whether state and audit log belong together, as `settle` does, and change nothing.

        Raises:
            AuditBroken, StateRolledBack: they do not.
        """
        self._file.check(self.head(), self.waiting())

    def check_last(self) -> None:
        """See whether the last record that the state knows is the one in the log. An apply may go on meanwhile: what follows is not judged.

        Raises:
            AuditBroken: it is another one, or is not there.
            DiskRefused: the file cannot be read.
        """
        head = self.head()
        if not head.seq:
            return
        found = next(
            (digest for number, digest in audit.hashes(reversed(self.all_lines())) if number == head.seq), None
        )
        if found != head.hash:
            raise AuditBroken(str(self.path), f"its record {head.seq} is not the one that was written")

    def settle(self) -> None:
        """Bring the file up to date after whatever cut an earlier process off, and let go of what has reached it.

        Raises:
            AuditBroken, StateRolledBack: see `AuditFile.catch_up`.
            DiskRefused: it cannot be read or written.
        """
        with self._db.lock:
            head = self.head()
            self._file.catch_up(head, self.waiting())
            if head.seq:
                self._file.flush()
            with self._db.transaction() as db:
                db.execute("DELETE FROM audit WHERE seq <= ?", (head.seq,))
            self._written = self._settled = head.seq

    def verify(self) -> ChainReport:
        """Check the whole log, and that it ends where the state says that it does. Raises `DiskRefused`."""
        with self._db.lock:
            head, waiting = self.head(), dict(self.waiting())
            verdict = self._file.verify()
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
        end = ChainBreak(line=len(self.lines()) + 1, problem=problem)
        return replace(verdict, breaks=(*verdict.breaks, end))

    def lines(self) -> list[bytes]:
        """The lines of the log as they are, without their line ends. Raises `DiskRefused`."""
        return self._file.lines()

    def set_aside(self, stamp: str) -> Path | None:
        """Move a damaged log away; where to. None if there was none."""
        if not os.path.lexists(self._file.path):
            return None
        return self._file.path.rename(self._file.path.with_name(f"{audit.NAME}.{stamp}.old"))

    def tell(self, told: Sequence[AnyEntry], at: str) -> None:
        """Record something that is no part of a run."""
        with self._db.transaction() as db:
            self.tell_in(db, told, at)
        self.write()

    def restart(self, told: Restarted, at: str) -> None:
        """Begin a new file, which must have been moved away, with a record that says so; the numbers go on."""
        with self._db.transaction() as db:
            db.execute("DELETE FROM audit")
            self.tell_in(db, [told], at)
        self._file.append([line for _, line in self.waiting()])
        self.settle()


def _head_of(meta: Mapping[str, str]) -> Head:
    return Head(int(meta["audit_seq"]), meta["audit_hash"]) if "audit_seq" in meta else Head()
