"""One pinplan at a time per library, sign-in or file: flock, which the kernel releases when its holder dies (I15)."""

from __future__ import annotations

import fcntl
import os
import socket
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from pinplan.documents import decode_as
from pinplan.errors import DiskRefused, LockHeld
from pinplan.model.times import timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_PAUSE = 0.1


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """What a holder writes about itself, for the error of a waiting process. Informational only."""

    pid: int
    host: str
    command: str
    since: str

    def __str__(self) -> str:
        """For a message."""
        return f"pinplan {self.command} (process {self.pid} on {self.host}, since {self.since})"


@contextmanager
def hold(
    path: Path, *, command: str, timeout: float = 0.0, sleep: Callable[[float], None] = time.sleep
) -> Iterator[None]:
    """Hold the lock while the block runs. The file itself is never removed.

    Args:
        path: the lock file.
        command: the command line to show to waiting processes.
        timeout: seconds to wait for another holder.
        sleep: how to wait.

    Raises:
        LockHeld: another process holds it after ``timeout``.
        DiskRefused: the file cannot be opened.
    """
    try:
        # O_CLOEXEC: a browser started by review would inherit the lock and outlive us. O_RDWR without O_TRUNC: the holder's note stays readable.
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise DiskRefused(str(path), error.errno, error.strerror or str(error)) from error
    try:
        _acquire(handle, path, timeout, sleep)
        now = timestamp(datetime.now(UTC))
        holder = Holder(pid=os.getpid(), host=socket.gethostname(), command=command, since=now)
        _write(handle, msgspec.json.encode(holder))
        try:
            yield
        finally:
            # Emptied, never unlinked: a waiting process holds this inode, a new one would lock another.
            _write(handle, b"")
    finally:
        os.close(handle)  # releases the lock


@contextmanager
def hold_folder(folder: Path, *, timeout: float = 5.0, sleep: Callable[[float], None] = time.sleep) -> Iterator[None]:
    """Hold a folder's lock for a moment, to write a file in it that others write as well. Leaves no lock file behind.

    Args:
        folder: it exists.
        timeout: seconds to wait for another holder.
        sleep: how to wait.

    Raises:
        LockHeld: another process holds it after ``timeout``.
        DiskRefused: the folder cannot be opened.
    """
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise DiskRefused(str(folder), error.errno, error.strerror or str(error)) from error
    try:
        # Not every network file system locks folders: there a save is as safe as its own comparison makes it.
        with suppress(DiskRefused):
            _acquire(handle, folder, timeout, sleep)
        yield
    finally:
        os.close(handle)


def _acquire(handle: int, path: Path, timeout: float, sleep: Callable[[float], None]) -> None:
    waited = 0.0
    while True:  # poll: a blocking flock has no timeout, and an alarm signal is not safe in threads
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if waited >= timeout:
                raise LockHeld(str(path), _holder(handle)) from error
            sleep(_PAUSE)
            waited += _PAUSE
        except OSError as error:
            raise DiskRefused(str(path), error.errno, error.strerror or str(error)) from error
        else:
            return


def _holder(handle: int) -> str:
    try:
        # Read without the lock: it may be half written. That only costs the message its details.
        return str(decode_as(os.pread(handle, 4096, 0), Holder))
    except (msgspec.DecodeError, UnicodeDecodeError, OSError):
        return "another process"  # the holder has locked and not written its note yet


def _write(handle: int, data: bytes) -> None:
    """Write the note. Errors are ignored: a full disk must not stop the command."""
    try:
        os.ftruncate(handle, 0)
        os.pwrite(handle, data, 0)
    except OSError:
        return
