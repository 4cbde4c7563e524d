"""Every path below a root, resolved by directory handles: no link, however late it is put there, leads outside (I16)."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pinplan.errors import DiskRefused, UnsafePath
from pinplan.model.images import FileStat
from pinplan.model.naming import composed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
"""How a file is opened for reading: no link is followed, and a pipe without a writer does not make us wait."""
MAX_PART_BYTES = 255


def parts_of(path: str) -> list[str]:
    """The parts of a relative path. Raises `UnsafePath` for anything that could mean another place."""
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
    """Tell what the operating system refuses in pinplan's words."""
    try:
        yield
    except OSError as error:
        raise DiskRefused(path, error.errno, error.strerror or str(error)) from error


class Tree:
    """A folder that is held open; paths are walked part by part from its handle."""

    def __init__(self, root: Path) -> None:
        """Open the root; it may itself be reached through links. Raises `DiskRefused`."""
        with refusals(str(root)):
            self._root = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def close(self) -> None:
        """Let go of the root."""
        os.close(self._root)

    @contextmanager
    def folder(self, parts: list[str], *, make: bool = False) -> Iterator[int]:
        """A handle of a folder below the root; with ``make`` it, and those above it, are made if need be.

        Raises:
            UnsafePath: a part is a link, or no folder.
            OSError: anything else, FileNotFoundError if it is not there.
        """
        handle = os.dup(self._root)
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
                os.fsync(handle)
        try:
            return os.open(part, _FOLDER, dir_fd=handle)
        except OSError as error:
            if isinstance(error, NotADirectoryError) or error.errno == errno.ELOOP:
                raise UnsafePath(path, _why_no_folder(part, handle)) from error
            raise

    @contextmanager
    def parent(self, path: str, *, make: bool = False) -> Iterator[tuple[int, str]]:
        """A handle of the folder of a path, and its last part. Raises `UnsafePath`, `DiskRefused`."""
        parts = parts_of(path)
        with refusals(path), self.folder(parts[:-1], make=make) as handle:
            yield handle, parts[-1]

    def stat(self, path: str) -> FileStat | None:
        """Size and time of a regular file; None if nothing is there.

        Raises:
            UnsafePath: something else than a regular file is there, or a link on the way.
            DiskRefused: it cannot be told.
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
        """A regular file for reading. Raises `UnsafePath`, `DiskRefused`."""
        with self.parent(path) as (handle, name):
            # Looked at before it is opened, for opening a device can already do something; and again once it is open.
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
    """The name of a folder as it is spelled on disk: a tree that came through a Mac has é as two characters.

    The snapshot does not know of folders without files; without this an empty one would get a second one of the same look.
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
    """The facts of a regular file. Raises `UnsafePath` for anything else."""
    if not stat.S_ISREG(found.st_mode):
        what = "a symbolic link" if stat.S_ISLNK(found.st_mode) else "no regular file"
        raise UnsafePath(path, f"it is {what}")
    return FileStat(found.st_size, found.st_mtime_ns)


def _why_no_folder(part: str, handle: int) -> str:
    try:
        mode = os.stat(part, dir_fd=handle, follow_symlinks=False).st_mode
    except OSError:
        return "it is no folder"
    return "it is a symbolic link" if stat.S_ISLNK(mode) else "it is no folder"
