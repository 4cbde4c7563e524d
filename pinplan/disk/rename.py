"""Rename a file between open folders without overwriting, safe against a crash at any moment (I14)."""

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
"""Errors of file systems without hard links (exFAT, some network mounts)."""


def rename_to_free(start: Place, end: Place) -> None:
    """Rename a file by link and unlink: unlike rename(2), link(2) never replaces a file.

    Idempotent: called again after an interruption at any point, it completes the rename.

    Raises:
        FileExistsError: the target is another file.
        OSError: the system refused; the file is unchanged.
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
    """Reduce two names of one file to the new one.

    Either they differ in case on a case-insensitive disk, or an earlier attempt was interrupted between link and unlink.
    rename(2) handles the first case and, per POSIX, does nothing in the second; the directory listing shows whether the
    old name remains.
    """
    os.rename(start[1], end[1], src_dir_fd=start[0], dst_dir_fd=end[0])
    if start[1] in os.listdir(start[0]):  # noqa: PTH208 - an open folder has no path
        _unlink(start)


def _rename_if_absent(start: Place, end: Place) -> None:
    """Without hard links: check, then rename. The library lock excludes other pinplans in between."""
    try:
        _stat(end)
    except FileNotFoundError:
        os.rename(start[1], end[1], src_dir_fd=start[0], dst_dir_fd=end[0])
        return
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), end[1])


def _copy_to_free(start: Place, end: Place) -> None:
    """Across a mount inside the library: copy, fsync, rename to the final name, unlink the source."""
    part = _part_of(end)
    _unlink_if_there(part)
    try:
        _copy(start, part)
        rename_to_free(part, end)
    except OSError:
        with suppress(OSError):  # the next attempt removes it, too
            _unlink(part)
        raise
    os.fsync(end[0])  # the copy must be durable before the original is removed
    _unlink(start)


def _part_of(end: Place) -> Place:
    """The partial copy, named after its target: the next attempt finds and removes a leftover."""
    return end[0], f".pinplan-{hashlib.sha256(os.fsencode(end[1])).hexdigest()[:16]}.part"


def _copy(start: Place, end: Place) -> None:
    """Copy bytes, permissions and times; fsynced."""
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
    """Whether the target is a complete copy left by an attempt interrupted before the unlink."""
    one, other = _stat(start), _stat(end)
    # On one device no copy is ever made: an equal file there is not ours.
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
