"""Walk the library without following links. Unreadable paths are unknown, never absent (I2)."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

from pinplan.model.ids import RelPath
from pinplan.model.images import FileFact
from pinplan.model.snapshots import UnknownPath
from pinplan.model.tree_digest import TreeDigest
from pinplan.records.files import OWN_FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable

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
    walk = _Walk(own_files)
    walk.folder(os.dup(root), "")
    walk.files = [file for file in walk.files if not _is_saved_document(root, file)]
    walk.files.sort(key=lambda file: file.path)
    walk.unknown.sort(key=lambda path: path.path)
    return walk.files, walk.unknown


def tree_digest(root: int) -> str | None:
    """The `pinplan.model.tree_digest.digest_of_files` of a scan, without holding its files; None if any path is unknown.

    Raises:
        OSError: the root itself cannot be read.
    """
    digest = TreeDigest()

    def take() -> None:
        digest.add(file for file in walk.files if not _is_saved_document(root, file))
        walk.files.clear()

    walk = _Walk(_OWN_FILES, take)
    walk.folder(os.dup(root), "")
    return None if walk.unknown else str(digest)


class _Walk:
    """Collects files and unknown paths; opens each folder from the handle of its parent."""

    def __init__(self, own_files: frozenset[str], after_folder: Callable[[], None] = lambda: None) -> None:
        self._own_files = own_files
        self._after_folder = after_folder
        self.files: list[FileFact] = []
        self.unknown: list[UnknownPath] = []

    def folder(self, handle: int, prefix: str) -> None:
        """Walk an open folder and close it."""
        below: list[str] = []
        try:
            with os.scandir(handle) as entries:
                for entry in entries:
                    if not prefix and entry.name in self._own_files:
                        continue
                    self._entry(entry, prefix, below)
            self._after_folder()
            # After scandir is closed: one handle per level instead of two.
            for name in below:
                self._enter(handle, name, prefix + name)
        finally:
            os.close(handle)

    def _entry(self, entry: os.DirEntry[str], prefix: str, below: list[str]) -> None:
        name = entry.name
        path = prefix + name
        if not name.isascii() and not _is_utf8(name):  # isascii first: the usual case costs nothing
            readable = os.fsencode(path).decode("utf-8", "backslashreplace")
            reason = "its name is not valid UTF-8"
            self.unknown.append(UnknownPath(path=readable, reason=reason, is_folder=_leads_to_folder(entry)))
            return
        try:
            if entry.is_dir(follow_symlinks=False):
                below.append(name)
                return
            found = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            return  # removed during the scan: absent
        except OSError as error:
            self._unreadable(path, error)
            return
        if stat.S_ISREG(found.st_mode):
            self.files.append(FileFact(path=RelPath(path), size=found.st_size, mtime_ns=found.st_mtime_ns))
        else:
            what = "a symbolic link" if stat.S_ISLNK(found.st_mode) else "no regular file"
            self.unknown.append(UnknownPath(path=path, reason=f"it is {what}", is_folder=_leads_to_folder(entry)))

    def _enter(self, handle: int, name: str, path: str) -> None:
        if path.count("/") >= MAX_DEPTH:
            reason = f"it lies more than {MAX_DEPTH} folders deep"
            self.unknown.append(UnknownPath(path=path, reason=reason, is_folder=True))
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
            self.unknown.append(UnknownPath(path=path, reason="another library", is_folder=True))
            return
        try:
            self.folder(below, f"{path}/")
        except OSError as error:
            self._unreadable(path, error, is_folder=True)

    def _unreadable(self, path: str, error: OSError, *, is_folder: bool = False) -> None:
        if error.errno in {errno.EMFILE, errno.ENFILE}:
            raise error  # out of file handles: everything after it would look unknown
        self.unknown.append(UnknownPath(path=path, reason=error.strerror or str(error), is_folder=is_folder))


def _is_saved_document(root: int, file: FileFact) -> bool:
    if "/" in file.path or not file.path.lower().endswith(".json"):
        return False
    try:
        handle = os.open(file.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=root)
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
