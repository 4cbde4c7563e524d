"""Walk the library without following links. Unreadable paths are unknown, never absent (I2)."""

from __future__ import annotations

import errno
import os
import stat
from operator import attrgetter
from typing import TYPE_CHECKING

from pinplan.model.file_tree import FileTree
from pinplan.model.ids import RelPath
from pinplan.model.images import FileFact
from pinplan.model.snapshots import UnknownPath
from pinplan.model.times import FIRST_NS, LAST_NS, storable_ns
from pinplan.records.files import OWN_FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pinplan.model.file_tree import Row

MAX_DEPTH = 100
"""Maximum nesting: each level holds a file handle, and systems allow a few hundred."""
_OWN_FILES = frozenset({OWN_FOLDER, "pinplan.toml"})
_SAVED = (b'{\n  "account": {\n    "id": "', b'{\n  "decided_at": "', b'{\n  "decisions": {')
"""First bytes of saved plans and decisions in canonical form."""
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def scan(root: int, own_files: frozenset[str] = _OWN_FILES) -> tuple[list[FileFact], list[UnknownPath]]:
    """All regular files below an open root, sorted by path, and the unreadable paths.

    ``.pinplan`` and ``pinplan.toml`` in the root are left out, and so are plans and decisions saved there: otherwise saving a
    plan would change the input of the next one. A nested library is unknown: its files belong to another state.

    Args:
        root: an open folder.
        own_files: names in the root to leave out.

    Raises:
        OSError: the root itself cannot be read.
    """
    files: list[FileFact] = []

    def take(folder: str, rows: list[Row]) -> None:
        files.extend(
            [FileFact(path=RelPath(folder + name), size=size, mtime_ns=mtime_ns) for name, size, mtime_ns in rows]
        )

    unknown = _Walk(own_files, take).walk(root)
    return sorted(files, key=attrgetter("path")), unknown


def tree_of(root: int) -> FileTree:
    """What a scan of a library finds, in little memory.

    Raises:
        OSError: the root itself cannot be read.
    """
    tree = FileTree()
    tree.unknown = _Walk(_OWN_FILES, tree.add).walk(root)
    return tree


class _Walk:
    """Hands the files of each folder on, and collects unknown paths; opens each folder from the handle of its parent."""

    def __init__(self, own_files: frozenset[str], take: Callable[[str, list[Row]], None]) -> None:
        self._own_files = own_files
        self._take = take
        self._unknown: list[UnknownPath] = []

    def walk(self, root: int) -> list[UnknownPath]:
        """Walk everything below an open root; returns the unknown paths, sorted."""
        self._folder(os.dup(root), "")
        return sorted(self._unknown, key=attrgetter("path"))

    def _folder(self, handle: int, prefix: str) -> None:
        """Walk an open folder and close it."""
        below: list[str] = []
        rows: list[Row] = []
        try:
            try:
                with os.scandir(handle) as entries:
                    self._entries(entries, prefix, rows, below)
            finally:
                # Also those before one that could not be read.
                self._take(prefix, rows if prefix else [row for row in rows if not _is_saved_document(handle, row[0])])
            # After scandir is closed: one handle per level instead of two.
            for name in below:
                self._enter(handle, name, prefix + name)
        finally:
            os.close(handle)

    def _entries(self, entries: Iterable[os.DirEntry[str]], prefix: str, rows: list[Row], below: list[str]) -> None:
        """Sort the entries of a folder: files with size and time, and folders. One loop, as a call for each file costs a tenth of a scan."""
        left_out = frozenset() if prefix else self._own_files
        for entry in entries:
            name = entry.name
            if name in left_out:
                continue
            if not name.isascii() and not _is_utf8(name):  # isascii first: the usual case costs nothing
                readable = os.fsencode(prefix + name).decode("utf-8", "backslashreplace")
                self._add_unknown(readable, "its name is not valid UTF-8", entry)
                continue
            try:
                if entry.is_dir(follow_symlinks=False):
                    below.append(name)
                    continue
                found = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue  # removed during the scan: absent
            except OSError as error:
                self._unreadable(prefix + name, error)
                continue
            if stat.S_ISREG(found.st_mode):
                mtime_ns = found.st_mtime_ns
                # Not by a call: for each of 100,000 files.
                if not FIRST_NS <= mtime_ns <= LAST_NS:
                    mtime_ns = storable_ns(mtime_ns)
                rows.append((name, found.st_size, mtime_ns))
            else:
                what = "a symbolic link" if stat.S_ISLNK(found.st_mode) else "no regular file"
                self._add_unknown(prefix + name, f"it is {what}", entry)

    def _add_unknown(self, path: str, reason: str, entry: os.DirEntry[str]) -> None:
        self._unknown.append(UnknownPath(path=path, reason=reason, is_folder=_leads_to_folder(entry)))

    def _enter(self, handle: int, name: str, path: str) -> None:
        if path.count("/") >= MAX_DEPTH:
            reason = f"it lies more than {MAX_DEPTH} folders deep"
            self._unknown.append(UnknownPath(path=path, reason=reason, is_folder=True))
            return
        try:
            below = os.open(name, _FOLDER, dir_fd=handle)
        except FileNotFoundError:
            return
        except OSError as error:
            self._unreadable(path, error, is_folder=True)
            return
        if _is_library(below):
            os.close(below)
            self._unknown.append(UnknownPath(path=path, reason="another library", is_folder=True))
            return
        try:
            self._folder(below, f"{path}/")
        except OSError as error:
            self._unreadable(path, error, is_folder=True)

    def _unreadable(self, path: str, error: OSError, *, is_folder: bool = False) -> None:
        if error.errno in {errno.EMFILE, errno.ENFILE}:
            raise error  # out of file handles: everything after it would look unknown
        self._unknown.append(UnknownPath(path=path, reason=error.strerror or str(error), is_folder=is_folder))


def _is_saved_document(root: int, name: str) -> bool:
    if not name.lower().endswith(".json"):
        return False
    try:
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=root)
    except OSError:
        return False
    try:
        return os.read(handle, max(map(len, _SAVED))).startswith(_SAVED)
    except OSError:
        return False
    finally:
        os.close(handle)


def _leads_to_folder(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is a folder or a link to one, whose files are not scanned."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _is_utf8(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _is_library(folder: int) -> bool:
    try:
        os.stat(f"{OWN_FOLDER}/library.json", dir_fd=folder, follow_symlinks=False)
    except OSError:
        return False
    return True
