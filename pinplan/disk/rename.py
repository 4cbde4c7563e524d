"""Rename a file between open folders, never over anything, and so that a crash at any moment loses nothing (I14)."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from contextlib import suppress
from typing import TypeAlias

from pinplan.disk.tree import FILE_FLAGS, file_stat

Place: TypeAlias = tuple[int, str]
"""An open folder and a name in it."""

_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS, errno.EACCES}
"""What file systems without hard links answer (exFAT, some network mounts)."""


def rename_to_free(start: Place, end: Place) -> None:
    """Give a file another name, by a hard link: that fails where a rename would replace.

    Cut off anywhere and called again, it ends as if it had not been cut off.

    Raises:
        FileExistsError: something else is there already.
        OSError: the system refuses; then the file is where it was.
    """
    try:
        _link(start, end)
    except FileExistsError:
        if _same_file(start, end):
            _finish(start, end)
        elif _copied_before(start, end):
            _unlink_if_there(_part_of(end))
            _unlink(start)
        else:
            raise
    except OSError as error:
        if error.errno == errno.EXDEV:
            _copy_to_free(start, end)
        elif error.errno in _NO_LINKS:
            _rename_if_absent(start, end)
        else:
            raise
    else:
        _unlink(start)


def _finish(start: Place, end: Place) -> None:
    """Make one name of two that lead to the same file.

    Either they differ in case only, on a disk that ignores case, or an earlier try was cut off between link and unlink.
    Renaming does what is right for the first and, as POSIX has it, nothing for the second; the folder's own list of
    names tells whether the old one is still there.
    """
    os.rename(start[1], end[1], src_dir_fd=start[0], dst_dir_fd=end[0])
    if start[1] in os.listdir(start[0]):  # noqa: PTH208 - an open folder has no path
        _unlink(start)


def _rename_if_absent(start: Place, end: Place) -> None:
    """For disks without hard links: look, then rename. The lock keeps other pinplans away in between."""
    try:
        _stat(end)
    except FileNotFoundError:
        os.rename(start[1], end[1], src_dir_fd=start[0], dst_dir_fd=end[0])
        return
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), end[1])


def _copy_to_free(start: Place, end: Place) -> None:
    """For another disk mounted inside the library: copy, flush, show under the final name, then take the old one away."""
    part = _part_of(end)
    _unlink_if_there(part)
    try:
        _copy(start, part)
        rename_to_free(part, end)
    except OSError:
        with suppress(OSError):
            _unlink(part)
        raise
    os.fsync(end[0])
    _unlink(start)


def _part_of(end: Place) -> Place:
    """Where a copy grows: named after its target, so that the next try finds what one that was cut off left behind."""
    return end[0], f".pinplan-{hashlib.sha256(os.fsencode(end[1])).hexdigest()[:16]}.part"


def _copy(start: Place, end: Place) -> None:
    """Bytes, permissions and times; flushed."""
    made = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(start[1], FILE_FLAGS, dir_fd=start[0]), "rb") as source:
        found = os.fstat(source.fileno())
        file_stat(found, start[1])
        with os.fdopen(os.open(end[1], made, 0o600, dir_fd=end[0]), "wb") as target:
            shutil.copyfileobj(source, target, 1024 * 1024)
            target.flush()
            os.fchmod(target.fileno(), found.st_mode & 0o777)
            os.utime(target.fileno(), ns=(found.st_atime_ns, found.st_mtime_ns))
            os.fsync(target.fileno())


def _copied_before(start: Place, end: Place) -> bool:
    """Whether the target is the complete copy of a try that was cut off before it took the old name away."""
    one, other = _stat(start), _stat(end)
    if one.st_dev == other.st_dev or (one.st_size, one.st_mtime_ns) != (other.st_size, other.st_mtime_ns):
        return False
    return _digest(start) == _digest(end)


def _digest(place: Place) -> str:
    with os.fdopen(os.open(place[1], FILE_FLAGS, dir_fd=place[0]), "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _same_file(start: Place, end: Place) -> bool:
    one, other = _stat(start), _stat(end)
    return (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino)


def _stat(place: Place) -> os.stat_result:
    return os.stat(place[1], dir_fd=place[0], follow_symlinks=False)


def _link(start: Place, end: Place) -> None:
    os.link(start[1], end[1], src_dir_fd=start[0], dst_dir_fd=end[0], follow_symlinks=False)


def _unlink(place: Place) -> None:
    os.unlink(place[1], dir_fd=place[0])


def _unlink_if_there(place: Place) -> None:
    with suppress(FileNotFoundError):
        _unlink(place)
