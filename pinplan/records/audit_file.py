"""``audit.jsonl`` as a file: appended to, flushed, and cut back to its last whole line after a crash."""

from __future__ import annotations

import errno
import io
import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from pinplan.errors import AuditBroken, DiskRefused, StateRolledBack
from pinplan.records.audit import Head, Verdict, verify

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

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

    def verify(self) -> Verdict:
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
