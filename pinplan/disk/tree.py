"""Paths below a root, resolved by directory handles: no symlink leads outside, not even one created later (I16)."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pinplan.errors import DiskRefused, UnsafePath
from pinplan.model.images import FileStat
from pinplan.model.text_form import composed
from pinplan.model.times import storable_ns

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
"""Flags for reading: symlinks fail, and a FIFO without a writer does not block."""
MAX_PART_BYTES = 255


def parts_of(path: str) -> list[str]:
    """The parts of a relative path. Raises `UnsafePath` for absolute and escaping paths."""
    parts = path.split("/")
    for part in parts:
        if part in {"", ".", ".."}:
            raise UnsafePath(path, "it is no path inside the library")
        if "\0" in part:
            raise UnsafePath(path.replace("\0", "\\0"), "it holds a NUL character")
        try:
            length = len(part.encode("utf-8"))
        except UnicodeEncodeError as error:
            raise UnsafePath(ascii(path), "it is not valid UTF-8") from error
        if length > MAX_PART_BYTES:
            raise UnsafePath(path, f"a part of it is longer than {MAX_PART_BYTES} bytes")
    return parts


@contextmanager
def refusals(path: str) -> Iterator[None]:
    """Turn `OSError` into `DiskRefused`."""
    try:
        yield
    except OSError as error:
        raise DiskRefused(path, error.errno, error.strerror or str(error)) from error


class Tree:
    """A folder held open; paths are resolved part by part from its handle."""

    def __init__(self, root: Path) -> None:
        """Open the root; its own path may contain symlinks. Raises `DiskRefused`."""
        with refusals(str(root)):
            self._root = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def close(self) -> None:
        """Close the root."""
        os.close(self._root)

    @contextmanager
    def folder(self, parts: list[str], *, make: bool = False) -> Iterator[int]:
        """A handle of a folder below the root; ``make`` creates missing folders.

        Raises:
            UnsafePath: a part is a symlink or not a folder.
            OSError: any other failure; FileNotFoundError if missing.
        """
        handle = os.dup(self._root)  # closed like the handles below it
        try:
            for index, part in enumerate(parts):
                below = self._step(handle, part, "/".join(parts[: index + 1]), make=make)
                os.close(handle)
                handle = below
            yield handle
        finally:
            os.close(handle)

    def _step(self, handle: int, part: str, path: str, *, make: bool) -> int:
        part = _as_spelled_in(handle, part)
        if make:
            try:
                os.mkdir(part, dir_fd=handle)
            except FileExistsError:
                pass
            else:
                os.fsync(handle)  # a new folder is durable only after its parent
        try:
            return os.open(part, _FOLDER, dir_fd=handle)
        except OSError as error:
            if isinstance(error, NotADirectoryError) or error.errno == errno.ELOOP:
                raise UnsafePath(path, _why_no_folder(part, handle)) from error
            raise

    @contextmanager
    def parent(self, path: str, *, make: bool = False) -> Iterator[tuple[int, str]]:
        """A handle of the parent folder, and the last part of the path. Raises `UnsafePath`, `DiskRefused`."""
        parts = parts_of(path)
        with refusals(path), self.folder(parts[:-1], make=make) as handle:
            yield handle, parts[-1]

    def stat(self, path: str) -> FileStat | None:
        """Size and mtime of a regular file; None if missing.

        Raises:
            UnsafePath: not a regular file, or a symlink in the path.
            DiskRefused: stat failed.
        """
        parts = parts_of(path)
        with refusals(path):
            try:
                with self.folder(parts[:-1]) as handle:
                    return file_stat(os.stat(parts[-1], dir_fd=handle, follow_symlinks=False), path)
            except FileNotFoundError:
                return None

    @contextmanager
    def open(self, path: str) -> Iterator[int]:
        """Open a regular file for reading. Raises `UnsafePath`, `DiskRefused`."""
        with self.parent(path) as (handle, name):
            # Checked before opening, because opening a device can have effects; and after, because it may have been replaced.
            file_stat(os.stat(name, dir_fd=handle, follow_symlinks=False), path)
            try:
                file = os.open(name, FILE_FLAGS, dir_fd=handle)
            except OSError as error:
                if error.errno == errno.ELOOP:
                    raise UnsafePath(path, "it is a symbolic link") from error
                raise
        try:
            file_stat(os.fstat(file), path)
            with refusals(path):
                yield file
        finally:
            os.close(file)


def _as_spelled_in(folder: int, part: str) -> str:
    """The name of a folder as spelled on disk: trees copied from a Mac store é as two characters.

    Snapshots do not list empty folders; without this an empty one would get a twin of the same appearance.
    """
    if part.isascii() or _is_there(folder, part):
        return part
    name = composed(part)
    return next((other for other in sorted(os.listdir(folder)) if composed(other) == name), part)


def _is_there(folder: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def file_stat(found: os.stat_result, path: str) -> FileStat:
    """Size and mtime of a regular file. Raises `UnsafePath` for anything else."""
    if not stat.S_ISREG(found.st_mode):
        what = "a symbolic link" if stat.S_ISLNK(found.st_mode) else "no regular file"
        raise UnsafePath(path, f"it is {what}")
    return FileStat(found.st_size, storable_ns(found.st_mtime_ns))


def _why_no_folder(part: str, handle: int) -> str:
    try:
        mode = os.stat(part, dir_fd=handle, follow_symlinks=False).st_mode
    except OSError:
        return "it is no folder"
    return "it is a symbolic link" if stat.S_ISLNK(mode) else "it is no folder"
