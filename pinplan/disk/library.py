"""The image tree (port `pinplan.ports.Library`): changes are atomic, fsynced, never overwrite, never leave the library."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import threading
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO

from msgspec.structs import replace

from pinplan.disk.marker import read_marker
from pinplan.disk.rename import rename_to_free
from pinplan.disk.scan import scan, tree_of
from pinplan.disk.tree import Tree, file_stat, parts_of, refusals
from pinplan.disk.videos import VideoBytes, read_open_video
from pinplan.errors import DiskRefused, ImageRefused, UnsafePath
from pinplan.model.ids import ActionId, LibraryId, RelPath, RunId, Sha256
from pinplan.model.images import Content, FileFact, FileStat, Preparation, StagedImage, TrashedFile, Upload
from pinplan.model.naming import is_in_outbox, is_in_trash, outbox_path, trash_path
from pinplan.records.files import OWN_FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import FileIO
    from pathlib import Path

    from pinplan.model.file_tree import FileTree
    from pinplan.model.snapshots import UnknownPath
    from pinplan.model.videos import Video

MAX_READ = 64 * 1024 * 1024
STAGING = f"{OWN_FOLDER}/staging"
TRASH = f"{OWN_FOLDER}/trash"
OUTBOX = f"{OWN_FOLDER}/outbox"


class DiskLibrary:
    """A library on disk. Thread-safe."""

    def __init__(self, root: Path) -> None:
        """Open a library.

        Raises:
            MarkerMissing, MarkerUnreadable: not a library, or its marker is unreadable (I3).
            DiskRefused: the folder cannot be opened.
        """
        self._id = read_marker(root).library_id
        self._tree = Tree(root)
        # Creating folders for one file must not race with removing empty folders of another.
        self._folders = threading.Lock()

    @property
    def library_id(self) -> LibraryId:
        """See `pinplan.ports.Library`."""
        return self._id

    def close(self) -> None:
        """Close the folder."""
        self._tree.close()

    # -- looking -------------------------------------------------------------------------------------------------

    def scan(self) -> tuple[list[FileFact], list[UnknownPath]]:
        """See `pinplan.ports.Library`."""
        with refusals("."), self._tree.folder([]) as root:
            return scan(root)

    def tree(self) -> FileTree:
        """See `pinplan.ports.Library`."""
        with refusals("."), self._tree.folder([]) as root:
            return tree_of(root)

    def stat(self, path: RelPath) -> FileStat | None:
        """See `pinplan.ports.Library`."""
        return self._tree.stat(_of_an_image(path))

    def inspect(self, path: RelPath) -> Content:
        """See `pinplan.ports.Library`."""
        return self._look(_of_an_image(path))[1]

    def read(self, path: RelPath) -> bytes:
        """See `pinplan.ports.Library`."""
        return self._read(_of_an_image(path))

    def digest(self, path: RelPath) -> Sha256:
        """See `pinplan.ports.Library`."""
        return self._digest(_of_an_image(path))

    def _read(self, path: str) -> bytes:
        with self._open(path) as file:
            data = file.read(MAX_READ + 1) or b""
        if len(data) > MAX_READ:
            raise ImageRefused(path, f"larger than {MAX_READ // 1024 // 1024} MB")
        return data

    def _digest(self, path: str) -> Sha256:
        with self._open(path) as file:
            return Sha256(hashlib.file_digest(file, "sha256").hexdigest())

    @contextmanager
    def _open(self, path: str) -> Iterator[FileIO]:
        with self._tree.open(path) as handle, refusals(path), os.fdopen(os.dup(handle), "rb", buffering=0) as file:
            yield file

    def _look(self, path: str) -> tuple[int, Content]:
        from pinplan.disk.images import inspect_handle  # noqa: PLC0415 - Pillow is slow to import and needed for inspection only

        with self._tree.open(path) as handle:
            return inspect_handle(handle)

    # -- staging -------------------------------------------------------------------------------------------------

    def stage(self, name: str) -> BinaryIO:
        """See `pinplan.ports.Library`."""
        path = f"{STAGING}/{_one_part(name)}"
        with self._tree.parent(path, make=True) as (folder, last):
            with suppress(FileNotFoundError):  # left by an interrupted attempt
                os.unlink(last, dir_fd=folder)
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            return os.fdopen(os.open(last, flags, 0o666, dir_fd=folder), "w+b")

    def inspect_staged(self, name: str) -> tuple[int, Content]:
        """See `pinplan.ports.Library`."""
        path = f"{STAGING}/{_one_part(name)}"
        with self._tree.open(path) as handle, refusals(path):
            os.fsync(handle)  # before the rename: a crash must not leave a name without its bytes
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

    def place(self, staged: StagedImage, path: RelPath, mtime_ns: int | None = None) -> FileStat:
        """See `pinplan.ports.Library`."""
        source = f"{STAGING}/{_one_part(staged.name)}"
        target = _of_an_image(path)
        if mtime_ns is not None:
            # Before the rename: a later utime would make the file look modified after its receipt.
            with self._tree.open(source) as handle, refusals(source):
                os.utime(handle, ns=(mtime_ns, mtime_ns))
        return self._rename(source, target)

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
        self._rename_over(f"{STAGING}/{_one_part(staged.name)}", place)
        return place

    def keep_facts(self, name: str, data: bytes, run: RunId, action: ActionId) -> RelPath:
        """See `pinplan.ports.Library`."""
        return self._write(_own(trash_path(_one_part(name), run, action)), data)

    def keep_copy(self, path: RelPath, run: RunId, action: ActionId) -> RelPath:
        """See `pinplan.ports.Library`."""
        return self._write(_own(trash_path(_of_an_image(path), run, action)), self.read(path))

    def keep_plan(self, data: bytes, run: RunId) -> RelPath:
        """See `pinplan.ports.Library`."""
        return self._write(_own(RelPath(f"{OWN_FOLDER}/plans/{_one_part(run)}.json")), data)

    # -- the trash -----------------------------------------------------------------------------------------------

    def kept(self, path: RelPath) -> FileStat | None:
        """See `pinplan.ports.Library`."""
        return self._tree.stat(_kept(path))

    def inspect_kept(self, path: RelPath) -> Content:
        """See `pinplan.ports.Library`."""
        return self._look(_kept(path))[1]

    def read_kept(self, path: RelPath) -> bytes:
        """See `pinplan.ports.Library`."""
        return self._read(_kept(path))

    def digest_kept(self, path: RelPath) -> Sha256:
        """See `pinplan.ports.Library`."""
        return self._digest(_kept(path))

    def upload(self, path: RelPath, preparation: Preparation | None = None) -> Upload:
        """See `pinplan.ports.Library`."""
        from pinplan.disk.images import as_upload  # noqa: PLC0415 - Pillow is slow to import and needed for inspection only

        parts = _kept(path) if is_in_trash(path) or is_in_outbox(path) else _of_an_image(path)
        with self._tree.open(parts) as handle, refusals(path):
            return as_upload(handle, path, preparation)

    def inspect_video(self, path: RelPath) -> Video:
        """See `pinplan.ports.Library`."""
        with self._open(_of_an_image(path)) as file:
            return read_open_video(file, path)[1].video

    @contextmanager
    def open_video(self, path: RelPath, preparation: Preparation) -> Iterator[VideoBytes]:
        """See `pinplan.ports.Library`."""
        with self._open(_of_an_image(path)) as file:
            size, found = read_open_video(file, path)
            yield VideoBytes(file, size, () if preparation.keep_metadata else found.patches)

    def restore(self, kept: RelPath, path: RelPath) -> FileStat:
        """See `pinplan.ports.Library`."""
        back = self._rename(_in_trash(kept), _of_an_image(path))
        self._remove_empty_folders(kept, floor=len(parts_of(TRASH)))
        return back

    def in_trash(self) -> list[TrashedFile]:
        """See `pinplan.ports.Library`."""
        with refusals(TRASH):
            try:
                with self._tree.folder(parts_of(TRASH)) as folder:
                    files, _unknown = scan(folder, own_files=frozenset())
            except FileNotFoundError:
                return []
        return [found for found in map(_trashed, files) if found is not None]

    def destroy(self, kept: RelPath) -> None:
        """See `pinplan.ports.Library`."""
        try:
            with self._tree.parent(_in_trash(kept)) as (folder, name):
                os.unlink(name, dir_fd=folder)
        except DiskRefused as error:
            if error.errno != errno.ENOENT:  # gone already: emptying the trash is repeatable
                raise
        self._remove_empty_folders(kept, floor=len(parts_of(TRASH)))

    # -- the outbox ----------------------------------------------------------------------------------------------

    def post(self, data: bytes) -> FileFact:
        """See `pinplan.ports.Library`."""
        from pinplan.disk.images import inspect_bytes  # noqa: PLC0415 - Pillow is slow to import and needed for inspection only

        content = inspect_bytes(data, Sha256(hashlib.sha256(data).hexdigest()))
        path = outbox_path(content.sha256, content.format or "")
        if content.problem is None:
            # Also over the same file: its time says when it was last asked for.
            self._write(_own(path), data)
        found = self._tree.stat(path)
        size, mtime_ns = (found.size, found.mtime_ns) if found is not None else (len(data), 0)
        return FileFact(path=path, size=size, mtime_ns=mtime_ns, content=content)

    def in_outbox(self) -> list[FileFact]:
        """See `pinplan.ports.Library`."""
        with refusals(OUTBOX):
            try:
                with self._tree.folder(parts_of(OUTBOX)) as folder:
                    files, _unknown = scan(folder, own_files=frozenset())
            except FileNotFoundError:
                return []
        return [replace(file, path=RelPath(f"{OUTBOX}/{file.path}")) for file in files]

    def unpost(self, path: RelPath) -> None:
        """See `pinplan.ports.Library`."""
        with self._tree.parent(_in_outbox(path)) as (folder, name), suppress(FileNotFoundError):
            os.unlink(name, dir_fd=folder)

    def free_space(self) -> int:
        """See `pinplan.ports.Library`."""
        with refusals("."), self._tree.folder([]) as root:
            return shutil.disk_usage(root).free

    def kept_plan(self, run: RunId) -> bytes | None:
        """See `pinplan.ports.Library`."""
        path = f"{OWN_FOLDER}/plans/{_one_part(run)}.json"
        if self._tree.stat(path) is None:
            return None
        with self._tree.open(path) as handle, refusals(path), os.fdopen(os.dup(handle), "rb") as file:
            return file.read()

    # -- the inside ----------------------------------------------------------------------------------------------

    def _write(self, path: RelPath, data: bytes) -> RelPath:
        with self._tree.parent(path, make=True) as (folder, name):
            temporary = f".{name}.tmp"  # hidden and in the same folder: the rename stays on one file system
            with suppress(FileNotFoundError):
                os.unlink(temporary, dir_fd=folder)
            try:
                _write_flushed(folder, temporary, data)
                os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
            except OSError:
                with suppress(OSError):  # the first error matters
                    os.unlink(temporary, dir_fd=folder)
                raise
            os.fsync(folder)
        return path

    def _rename_over(self, source: str, target: RelPath) -> None:
        """Move a file, replacing the leftover of an earlier attempt; atomic, both folders fsynced."""
        with ExitStack() as opened:
            start = opened.enter_context(self._tree.parent(source))
            opened.enter_context(refusals(target))
            with self._folders:
                end = opened.enter_context(self._tree.parent(target, make=True))
                os.rename(start[1], end[1], src_dir_fd=start[0], dst_dir_fd=end[0])
            os.fsync(end[0])
            os.fsync(start[0])

    def _rename(self, source: str, target: str) -> FileStat:
        """Move a file to a free path; both folders fsynced."""
        with ExitStack() as opened:
            start = opened.enter_context(self._tree.parent(source))
            with refusals(source):
                file_stat(os.stat(start[1], dir_fd=start[0], follow_symlinks=False), source)
            opened.enter_context(refusals(target))
            # A new folder is empty until the file is in it: another thread must not remove it as a leftover.
            with self._folders:
                end = opened.enter_context(self._tree.parent(target, make=True))
                rename_to_free(start, end)
            # The target first: after a crash two names are recoverable, none is not.
            os.fsync(end[0])
            os.fsync(start[0])
            return file_stat(os.stat(end[1], dir_fd=end[0], follow_symlinks=False), target)

    def _remove_empty_folders(self, path: str, *, floor: int = 0) -> None:
        """Remove the folders that a move left empty, up to ``floor`` levels below the root."""
        parts = parts_of(path)[:-1]
        with self._folders:
            while len(parts) > floor:
                try:
                    with self._tree.folder(parts[:-1]) as above:
                        os.rmdir(parts[-1], dir_fd=above)
                except (OSError, UnsafePath):  # not empty is the normal end; an empty folder does no harm
                    return
                parts.pop()


def _write_flushed(folder: int, name: str, data: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(name, flags, 0o600, dir_fd=folder), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _of_an_image(path: str) -> str:
    """A path outside pinplan's own folder. Raises `UnsafePath`."""
    # Case-folded: on a case-insensitive disk every spelling leads there.
    if parts_of(path)[0].casefold() == OWN_FOLDER:
        raise UnsafePath(path, "inside pinplan's own folder")
    return path


def _in_trash(path: str) -> str:
    """A path inside the trash (I16). Raises `UnsafePath`."""
    if not path.startswith(f"{TRASH}/") or len(parts_of(path)) < 5:
        raise UnsafePath(path, "not inside the trash")
    return path


def _in_outbox(path: str) -> str:
    """A path of a file in the outbox (I16). Raises `UnsafePath`."""
    if not is_in_outbox(path) or len(parts_of(path)) != 3:
        raise UnsafePath(path, "not inside the outbox")
    return path


def _kept(path: str) -> str:
    """A path inside the trash or the outbox: what only pinplan's own folder holds. Raises `UnsafePath`."""
    return _in_outbox(path) if is_in_outbox(path) else _in_trash(path)


def _trashed(file: FileFact) -> TrashedFile | None:
    run, _, rest = file.path.partition("/")
    action, _, was = rest.partition("/")
    if not was:
        return None  # put there by hand, not by a run
    return TrashedFile(
        path=RelPath(f"{TRASH}/{file.path}"),
        run=RunId(run),
        action=ActionId(action),
        was=was,
        size=file.size,
        mtime_ns=file.mtime_ns,
    )


def _own(path: RelPath) -> RelPath:
    parts_of(path)
    return path


def _one_part(name: str) -> str:
    if len(parts_of(name)) != 1:
        raise UnsafePath(name, "not a single name")
    return name
