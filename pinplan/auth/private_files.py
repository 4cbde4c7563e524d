"""Files and folders readable by their owner only: created so, and repaired if not."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from pinplan.errors import DiskRefused
from pinplan.records.files import write_private

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Warn = Callable[[str], None]

_OTHERS = 0o077


def read(path: Path, warn: Warn) -> bytes | None:
    """The content of a private file; None if missing. Raises `DiskRefused`."""
    try:
        # No symlinks: one would make the chmod below change a foreign file.
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise refused(path, error) from error
    with os.fdopen(handle, "rb") as file:
        try:  # repaired before reading: a sign-in that was exposed stays in use, with a warning
            _put_right(handle, path, 0o600, warn)
            return file.read()
        except OSError as error:
            raise refused(path, error) from error


def write(path: Path, data: bytes, warn: Warn) -> None:
    """Write a private file atomically and durably. Raises `DiskRefused`."""
    make_folder(path.parent, warn)
    write_private(path, data)
    _flush_folder(path.parent)


def try_to_write(path: Path, size: int, warn: Warn) -> None:
    """Check by writing that ``size`` bytes fit there. Raises `DiskRefused`."""
    probe = path.with_name(f".{path.name}.{os.getpid()}.probe")
    # Real bytes: quotas and full disks show only at write or fsync.
    write(probe, b" " * size, warn)
    remove(probe)


def remove(path: Path) -> bool:
    """Remove a file; returns whether it existed. Raises `DiskRefused`."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise refused(path, error) from error
    _flush_folder(path.parent)
    return True


def make_folder(folder: Path, warn: Warn) -> None:
    """Create a folder with mode 0700, or repair the mode of an existing one. Raises `DiskRefused`."""
    try:
        # Parents get the usual mode: ~/.config belongs to other programs, too.
        folder.parent.mkdir(parents=True, exist_ok=True)
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                _put_right(handle, folder, 0o700, warn)
            finally:
                os.close(handle)
    except OSError as error:
        raise refused(folder, error) from error


def _put_right(handle: int, path: Path, mode: int, warn: Warn) -> None:
    found = stat.S_IMODE(os.fstat(handle).st_mode)  # by handle: the path may be replaced meanwhile
    if found & _OTHERS:
        os.fchmod(handle, mode)
        warn(f"{path}: readable by others (mode {found:04o}); mode changed to {mode:04o}")


def _flush_folder(folder: Path) -> None:
    """Fsync the folder: without it a crash can lose the new name."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise refused(folder, error) from error


def refused(path: Path, error: OSError) -> DiskRefused:
    """The error for an `OSError`."""
    return DiskRefused(str(path), error.errno, error.strerror or str(error))
