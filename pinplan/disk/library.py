"""The image tree (port `pinplan.ports.Library`): every change is atomic, flushed, never over a file, never outside."""

from __future__ import annotations

import errno
import os
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO

from pinplan.disk.marker import read_marker
from pinplan.disk.scan import OWN_FOLDER, scan
from pinplan.disk.tree import Tree, file_stat, parts_of, refusals
from pinplan.errors import UnsafePath
from pinplan.model.ids import ActionId, LibraryId, RelPath, RunId
from pinplan.model.images import Content, FileFact, FileStat, StagedImage
from pinplan.model.trash import trash_path

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pinplan.model.snapshots import UnknownPath

STAGING = f"{OWN_FOLDER}/staging"
_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS, errno.EACCES}
"""What file systems without hard links answer (exFAT, some network mounts)."""


class DiskLibrary:
    """A library on disk. Threads may share it."""

    def __init__(self, root: Path) -> None:
        """Open a library.

        Raises:
            MarkerMissing, MarkerUnreadable: it is none, or not a readable one (I3).
            DiskRefused: the folder cannot be opened.
        """
        self._id = read_marker(root).library_id
        self._tree = Tree(root)
        # Making the folders of one file and removing the emptied folders of another must not cross.
        self._folders = threading.RLock()

    @property
    def library_id(self) -> LibraryId:
        """See `pinplan.ports.Library`."""
        return self._id

    def close(self) -> None:
        """Let go of the folder."""
        self._tree.close()

    # -- looking -------------------------------------------------------------------------------------------------

    def scan(self) -> tuple[list[FileFact], list[UnknownPath]]:
        """See `pinplan.ports.Library`."""
        with refusals("."), self._tree.folder([]) as root:
            return scan(root)

    def stat(self, path: RelPath) -> FileStat | None:
        """See `pinplan.ports.Library`."""
        return self._tree.stat(_of_an_image(path))

    def inspect(self, path: RelPath) -> Content:
        """See `pinplan.ports.Library`."""
        return self._look(_of_an_image(path))[1]

    def _look(self, path: str) -> tuple[int, Content]:
        from pinplan.disk.images import inspect_handle  # noqa: PLC0415 - Pillow is needed only for looking inside

        with self._tree.open(path) as handle:
            return inspect_handle(handle)

    # -- staging -------------------------------------------------------------------------------------------------

    def stage(self, name: str) -> BinaryIO:
        """See `pinplan.ports.Library`."""
        path = f"{STAGING}/{_one_part(name)}"
        with self._tree.parent(path, make=True) as (folder, last):
            with suppress(FileNotFoundError):
                os.unlink(last, dir_fd=folder)
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            return os.fdopen(os.open(last, flags, 0o666, dir_fd=folder), "w+b")

    def inspect_staged(self, name: str) -> tuple[int, Content]:
        """See `pinplan.ports.Library`."""
        path = f"{STAGING}/{_one_part(name)}"
        with self._tree.open(path) as handle, refusals(path):
            os.fsync(handle)
        return self._look(path)

    def unstage(self, name: str) -> None:
        """See `pinplan.ports.Library`."""
        path = f"{STAGING}/{_one_part(name)}"
        with self._tree.parent(path, make=True) as (folder, last), suppress(FileNotFoundError):
            os.unlink(last, dir_fd=folder)

    def clear_staging(self) -> None:
        """See `pinplan.ports.Library`."""
        with refusals(STAGING), suppress(FileNotFoundError), self._tree.folder(parts_of(STAGING)) as folder:
            for name in os.listdir(folder):  # noqa: PTH208 - an open folder has no path
                os.unlink(name, dir_fd=folder)

    # -- changing ------------------------------------------------------------------------------------------------

    def place(self, staged: StagedImage, path: RelPath) -> FileStat:
        """See `pinplan.ports.Library`."""
        return self._rename(f"{STAGING}/{_one_part(staged.name)}", _of_an_image(path))

    def move(self, source: RelPath, target: RelPath) -> FileStat:
        """See `pinplan.ports.Library`."""
        moved = self._rename(_of_an_image(source), _of_an_image(target))
        self._remove_empty_folders(source)
        return moved

    def trash(self, path: RelPath, run: RunId, action: ActionId) -> RelPath:
        """See `pinplan.ports.Library`."""
        place = _own(trash_path(_of_an_image(path), run, action))
        self._rename(path, place)
        self._remove_empty_folders(path)
        return place

    def trashed(self, path: RelPath, run: RunId, action: ActionId) -> FileStat | None:
        """See `pinplan.ports.Library`."""
        return self._tree.stat(_own(trash_path(path, run, action)))

    def keep(self, staged: StagedImage, name: str, run: RunId, action: ActionId) -> RelPath:
        """See `pinplan.ports.Library`."""
        place = _own(trash_path(_one_part(name), run, action))
        self._unlink(place)
        self._rename(f"{STAGING}/{_one_part(staged.name)}", place)
        return place

    def keep_facts(self, name: str, data: bytes, run: RunId, action: ActionId) -> RelPath:
        """See `pinplan.ports.Library`."""
        return self._write(_own(trash_path(_one_part(name), run, action)), data)

    def keep_plan(self, data: bytes, run: RunId) -> RelPath:
        """See `pinplan.ports.Library`."""
        return self._write(_own(RelPath(f"{OWN_FOLDER}/plans/{_one_part(run)}.json")), data)

    # -- the inside ----------------------------------------------------------------------------------------------

    def _write(self, path: RelPath, data: bytes) -> RelPath:
        with self._tree.parent(path, make=True) as (folder, name):
            temporary = f".{name}.tmp"
            with suppress(FileNotFoundError):
                os.unlink(temporary, dir_fd=folder)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            with os.fdopen(os.open(temporary, flags, 0o600, dir_fd=folder), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
            os.fsync(folder)
        return path

    def _unlink(self, path: RelPath) -> None:
        with self._tree.parent(path, make=True) as (folder, name), suppress(FileNotFoundError):
            os.unlink(name, dir_fd=folder)

    def _rename(self, source: str, target: str) -> FileStat:
        """Move a file to a path that is free; both ends are flushed."""
        with self._ends(source, target) as ((from_folder, old), (to_folder, new)), refusals(target):
            file_stat(os.stat(old, dir_fd=from_folder, follow_symlinks=False), source)
            _rename_to_free(from_folder, old, to_folder, new)
            os.fsync(to_folder)
            os.fsync(from_folder)
            return file_stat(os.stat(new, dir_fd=to_folder, follow_symlinks=False), target)

    @contextmanager
    def _ends(self, source: str, target: str) -> Iterator[tuple[tuple[int, str], tuple[int, str]]]:
        with self._tree.parent(source) as start:
            with self._folders:
                opened = self._tree.parent(target, make=True)
                end = opened.__enter__()
            try:
                yield start, end
            finally:
                opened.__exit__(None, None, None)

    def _remove_empty_folders(self, path: str) -> None:
        """Folders that a move or the trash left empty go, up to the root; one that is not empty ends it."""
        parts = parts_of(path)[:-1]
        with self._folders:
            while parts:
                try:
                    with self._tree.folder(parts[:-1]) as above:
                        os.rmdir(parts[-1], dir_fd=above)
                except (OSError, UnsafePath):
                    return
                parts.pop()


def _rename_to_free(from_folder: int, old: str, to_folder: int, new: str) -> None:
    """Rename, but never over anything: a hard link fails where a rename would replace.

    Raises:
        FileExistsError: something is there already.
    """
    try:
        os.link(old, new, src_dir_fd=from_folder, dst_dir_fd=to_folder, follow_symlinks=False)
    except FileExistsError:
        if not _same_file(from_folder, old, to_folder, new):
            raise
        # Either a name that differs in case only, on a disk that ignores case, or an earlier try that was cut off
        # between link and unlink. A rename does the right thing for the first, nothing for the second.
        os.rename(old, new, src_dir_fd=from_folder, dst_dir_fd=to_folder)
        if os.stat(new, dir_fd=to_folder, follow_symlinks=False).st_nlink > 1:
            with suppress(FileNotFoundError):
                os.unlink(old, dir_fd=from_folder)
        return
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        _rename_if_absent(from_folder, old, to_folder, new)
        return
    os.unlink(old, dir_fd=from_folder)


def _rename_if_absent(from_folder: int, old: str, to_folder: int, new: str) -> None:
    """For disks without hard links: look, then rename. The lock keeps other pinplans away in between."""
    try:
        os.stat(new, dir_fd=to_folder, follow_symlinks=False)
    except FileNotFoundError:
        os.rename(old, new, src_dir_fd=from_folder, dst_dir_fd=to_folder)
        return
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), new)


def _same_file(from_folder: int, old: str, to_folder: int, new: str) -> bool:
    one = os.stat(old, dir_fd=from_folder, follow_symlinks=False)
    other = os.stat(new, dir_fd=to_folder, follow_symlinks=False)
    return (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino)


def _of_an_image(path: str) -> str:
    """A path at which images may be: never inside pinplan's own folder."""
    if parts_of(path)[0] == OWN_FOLDER:
        raise UnsafePath(path, "it lies in pinplan's own folder")
    return path


def _own(path: RelPath) -> RelPath:
    parts_of(path)
    return path


def _one_part(name: str) -> str:
    if len(parts_of(name)) != 1:
        raise UnsafePath(name, "it is no single name")
    return name
