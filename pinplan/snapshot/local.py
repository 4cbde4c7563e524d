"""Scan the library once: all regular files, and the content of those that changed or may belong to a pin.

A file with the recorded path, size and mtime counts as unchanged, as in git and rclone; ``pinplan verify`` reads them all.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from pinplan.errors import LibraryError
from pinplan.events import Emit, Stage, Step
from pinplan.model.base import Base, Tracked
from pinplan.model.images import Content, FileFact
from pinplan.model.naming import is_companion, looks_like_video, on_disk, recogniser
from pinplan.model.snapshots import LocalSnapshot, RemoteSnapshot, UnknownPath
from pinplan.model.times import timestamp
from pinplan.reconcile.displaced import ids_in_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from pinplan.model.file_tree import FileTree
    from pinplan.model.ids import PinId, RelPath
    from pinplan.ports import Clock, Library


class LocalRequest(Struct, frozen=True, kw_only=True):
    """What to look for.

    Attributes:
        remote: its new pins may already have files here; None if Pinterest was not queried.
        known: cached contents, by path: size, mtime, content.
        tree: the files, if they have been scanned already: they are not scanned again.
    """

    base: Base
    remote: RemoteSnapshot | None
    template: str
    known: Mapping[str, tuple[int, int, Content]]
    tree: FileTree | None = None


class LocalScan(Struct, frozen=True, kw_only=True):
    """A snapshot, and the contents that had to be read for it, to be cached.

    Attributes:
        absent: records with no file at their path.
    """

    snapshot: LocalSnapshot
    inspected: tuple[FileFact, ...]
    absent: tuple[Tracked, ...] = ()


class Inspected(Struct, frozen=True, kw_only=True):
    """Inspected files: cached ones, newly read ones to cache, and unreadable ones."""

    known: dict[str, FileFact]
    read: tuple[FileFact, ...]
    unread: tuple[UnknownPath, ...]

    def put_into(self, files: Sequence[FileFact]) -> Iterable[FileFact]:
        """The files with their content, without the unreadable ones."""
        # Of a large library nothing is read but a few files, if any.
        if not (self.unread or self.known or self.read):
            return files
        lost = {path.path for path in self.unread}
        found = self.known | {str(file.path): file for file in self.read}
        return (found.get(file.path, file) for file in files if file.path not in lost)


def take_local(library: Library, request: LocalRequest, clock: Clock, emit: Emit) -> LocalScan:
    """Take a snapshot. Raises `DiskRefused` only if the library itself cannot be read; anything inside becomes unknown."""
    emit(Stage(name="scan"))
    # Names and sizes first; content is read only where they raise a question.
    files, unknown = _scanned(library, request.tree)
    # Some file systems change the spelling (NFD): compare in the spelling on disk.
    request = replace(request, base=on_disk(request.base, [file.path for file in files]))
    suspects = _suspects(request)
    recorded = request.base.by_path
    files, odd = _compared(files, recorded, suspects)
    new = [file for file in odd if file.path not in recorded]
    # As many files at a recorded path as there are such paths: none is missing.
    absent = _absent(files, request.base) if len(files) - len(new) != len(recorded) else ()
    wanted = _worth_a_look(odd, recorded, request, absent) if new else odd
    result = inspect(library, wanted, request.known, emit, distrusted=suspects)
    unknown.extend(result.unread)
    snapshot = LocalSnapshot(
        library_id=library.library_id,
        files=tuple(result.put_into(files)),
        unknown=tuple(sorted(unknown, key=lambda u: u.path)),
        taken_at=timestamp(clock.now()),
    )
    return LocalScan(snapshot=snapshot, inspected=result.read, absent=absent)


def _scanned(library: Library, tree: FileTree | None) -> tuple[list[FileFact], list[UnknownPath]]:
    return library.scan() if tree is None else (tree.drain(), list(tree.unknown))


def inspect(
    library: Library,
    files: Sequence[FileFact],
    known: Mapping[str, tuple[int, int, Content]],
    emit: Emit,
    *,
    distrusted: Collection[str] = (),
) -> Inspected:
    """Read and decode files, unless their content is cached.

    Args:
        library: where they are.
        files: the files to inspect.
        known: cached contents, by path: size, mtime, content.
        emit: the listener for progress.
        distrusted: paths whose size and mtime prove nothing.
    """
    emit(Stage(name="inspect", total=len(files)))
    found: dict[str, FileFact] = {}
    fresh = []
    for file in files:
        size, mtime_ns, content = known.get(file.path, (None, None, None))
        if file.path not in distrusted and content is not None and (size, mtime_ns) == (file.size, file.mtime_ns):
            found[file.path] = replace(file, content=content)
        else:
            fresh.append(file)
    result = _inspect(library, fresh, emit)
    return Inspected(
        known=found,
        read=tuple(one for one in result if isinstance(one, FileFact)),
        unread=tuple(one for one in result if isinstance(one, UnknownPath)),
    )


def _absent(files: Sequence[FileFact], base: Base) -> tuple[Tracked, ...]:
    present = {file.path for file in files}
    return tuple(record for record in base.tracked if record.path not in present)


def _suspects(request: LocalRequest) -> frozenset[str]:
    """Recorded files in which ``pinplan verify`` found other bytes: their size and mtime cannot be trusted."""
    if not request.known:
        return frozenset()
    return frozenset(
        record.path
        for record in request.base.tracked
        if (seen := request.known.get(record.path)) is not None
        and (seen[0], seen[1]) == (record.size, record.mtime_ns)
        and seen[2].sha256 != record.sha256
    )


def _compared(
    files: Iterable[FileFact], recorded: Mapping[RelPath, Tracked], suspects: frozenset[str]
) -> tuple[list[FileFact], list[FileFact]]:
    """The files, and those among them that are not as recorded.

    A file as recorded has path, size and time of its record: of a large library they are in memory once, and soon compared.
    """
    shared: list[FileFact] = []
    odd: list[FileFact] = []
    for file in files:
        record = recorded.get(file.path)
        if (
            record is not None
            and record.size == file.size
            and record.mtime_ns == file.mtime_ns
            and file.path not in suspects
        ):
            shared.append(FileFact(path=record.path, size=record.size, mtime_ns=record.mtime_ns))
        else:
            shared.append(file)
            odd.append(file)
    return shared, odd


def _worth_a_look(
    odd: Iterable[FileFact], recorded: Mapping[RelPath, Tracked], request: LocalRequest, absent: Sequence[Tracked]
) -> list[FileFact]:
    """Files to inspect: recorded ones that changed, others whose name or size may match a pin."""
    recognise = recogniser(request.template)
    sizes = _sizes_of_absent(absent, request)
    absent_pins = {record.pin_id for record in absent}
    return [
        file
        for file in odd
        if file.path in recorded
        # A renamed file keeps its size: reading only equal sizes finds it cheaply.
        or file.size in sizes
        # A video named after a pin is no image of it, whatever is in it, and may be large.
        or (recognise(file.path) is not None and not looks_like_video(file.path))
        or _names_one_of(absent_pins, file.path)
    ]


def _names_one_of(pins: set[PinId], path: str) -> bool:
    """Whether a file name contains the id of one of these pins."""
    return bool(pins) and not is_companion(path) and any(pin_id in pins for pin_id, _ in ids_in_name(path))


def _sizes_of_absent(absent: Sequence[Tracked], request: LocalRequest) -> set[int]:
    """Sizes of recorded files that are not at their path, and of files with the same image as a new pin."""
    tracked = request.base.tracked
    sizes = {record.size for record in absent}
    known = {record.pin_id for record in tracked}
    new = {
        image.signature
        for board in (request.remote.boards if request.remote is not None else ())
        for pin in board.pins
        if pin.id not in known
        for image in pin.images
    }
    if new:
        sizes |= {record.size for record in tracked if record.signature is not None and record.signature in new}
    return sizes


def _inspect(library: Library, files: Sequence[FileFact], emit: Emit) -> list[FileFact | UnknownPath]:
    def inspected(file: FileFact) -> FileFact | UnknownPath:
        try:
            return replace(file, content=library.inspect(file.path))
        # One unreadable file is unknown, never absent (I2: unreadable is not missing).
        except LibraryError as error:
            return UnknownPath(path=file.path, reason=error.beside(file.path))

    found = []
    with ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="inspect") as pool:
        # pool.map keeps the order, so that the snapshot does not depend on timing.
        for result in pool.map(inspected, files):
            emit(Step(name="inspect", what=result.path))
            found.append(result)
    return found
