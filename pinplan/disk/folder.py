"""Read-only access to any folder with images: no marker, no state, never written."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from msgspec import Struct

from pinplan.disk.scan import scan
from pinplan.disk.tree import Tree, refusals
from pinplan.duplicates.find import ScannedFiles
from pinplan.errors import ImageRefused, LibraryError
from pinplan.events import Emit, Stage, Step
from pinplan.model.ids import RelPath, Sha256
from pinplan.model.images import Content
from pinplan.model.naming import is_carried, stem_of
from pinplan.model.snapshots import UnknownPath
from pinplan.model.text_form import composed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from pinplan.model.images import FileFact

MAX_READ = 64 * 1024 * 1024
_AT_ONCE = 500
"""Files handed to the threads: each that waits takes more than a kilobyte."""
EXTENSIONS = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".webp", ".avif", ".bmp", ".tif", ".tiff")

Known = tuple[int, int, Content]
"""Size, mtime and content of a file."""


class FolderScan(Struct, frozen=True, kw_only=True):
    """The images in a folder.

    Attributes:
        files: images, with their digests; also what has the bytes of one, under whatever name.
        others: files of other kinds; not the companions of images.
        others_alike: those of them with a size that several files have, with their digests.
        unknown: unreadable paths: links, pipes, folders without permission.
        fresh: contents read by this scan (worth caching), by absolute path.
    """

    files: tuple[ScannedFiles, ...]
    others: tuple[RelPath, ...]
    others_alike: tuple[ScannedFiles, ...]
    unknown: tuple[UnknownPath, ...]
    fresh: tuple[tuple[str, int, int, Content], ...]


class PlainFolder:
    """A folder held open; links are not followed, nothing outside is read."""

    def __init__(self, root: Path) -> None:
        """Open it. Raises `DiskRefused`."""
        self._tree = Tree(root)
        self._whole = os.path.realpath(root)

    def __enter__(self) -> PlainFolder:
        """The folder itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the folder."""
        self._tree.close()

    def scan(self, known: Mapping[str, Known], wanted: Callable[[str], bool], emit: Emit) -> FolderScan:
        """All files with an image extension, with their digests; of other kinds only those that may have the bytes of another file.

        Args:
            known: cached contents, by absolute path: reused while size and mtime are unchanged.
            wanted: whether to include a path relative to the folder.
            emit: the listener for progress.

        Raises:
            DiskRefused: the folder itself cannot be read.
        """
        with refusals("."), self._tree.folder([]) as root:
            found, unknown = scan(root)
        found, unknown = [file for file in found if wanted(file.path)], [one for one in unknown if wanted(one.path)]
        # By name only: looking into every file of a home folder would take minutes.
        files = [file for file in found if file.path.lower().endswith(EXTENSIONS)]
        others = _others(found, files)
        digests, fresh = self._contents([*files, *_of_one_size(others, found)], known, unknown, emit)
        images = [_scanned(file, digests) for file in files if file.path in digests]
        known_images = {image.sha256 for image in images}
        alike = [_scanned(file, digests) for file in others if file.path in digests]
        images += [file for file in alike if file.sha256 in known_images]
        named = {image.path for image in images}
        return FolderScan(
            files=tuple(sorted(images, key=lambda image: image.path)),
            others=tuple(file.path for file in others if file.path not in named),
            others_alike=tuple(file for file in alike if file.path not in named),
            unknown=tuple(unknown),
            fresh=tuple(fresh),
        )

    def _contents(
        self, files: list[FileFact], known: Mapping[str, Known], unknown: list[UnknownPath], emit: Emit
    ) -> tuple[dict[RelPath, Sha256], list[tuple[str, int, int, Content]]]:
        """The digests of files, and what was read for them; unreadable files are added to those unknown."""
        digests = {file.path: digest for file in files if (digest := self._remembered(file, known)) is not None}
        fresh = []
        for file, looked in self._digests([file for file in files if file.path not in digests], emit):
            if isinstance(looked, UnknownPath):
                unknown.append(looked)
            else:
                digests[file.path] = looked
                fresh.append((self._name(file), file.size, file.mtime_ns, Content(sha256=looked)))
        return digests, fresh

    def _name(self, file: FileFact) -> str:
        return f"{self._whole}/{file.path}"

    def _remembered(self, file: FileFact, known: Mapping[str, Known]) -> Sha256 | None:
        size, mtime_ns, content = known.get(self._name(file), (None, None, None))
        return content.sha256 if content is not None and (size, mtime_ns) == (file.size, file.mtime_ns) else None

    def _digests(self, files: list[FileFact], emit: Emit) -> Iterable[tuple[FileFact, Sha256 | UnknownPath]]:
        emit(Stage(name="digest", total=len(files)))
        # hashlib releases the GIL for large buffers: threads suffice.
        with ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="digest") as pool:
            for start in range(0, len(files), _AT_ONCE):
                some = files[start : start + _AT_ONCE]
                for file, looked in zip(some, pool.map(self._digest, some), strict=True):
                    emit(Step(name="digest", what=file.path))
                    yield file, looked

    def _digest(self, file: FileFact) -> Sha256 | UnknownPath:
        try:
            with (
                self._tree.open(file.path) as handle,
                refusals(file.path),
                os.fdopen(os.dup(handle), "rb", buffering=0) as opened,
            ):
                return Sha256(hashlib.file_digest(opened, "sha256").hexdigest())
        except LibraryError as error:  # one unreadable file must not end the scan
            return UnknownPath(path=file.path, reason=error.beside(file.path))

    def size(self, path: RelPath) -> int:
        """The size of a file; 0 if it is missing. Raises `UnsafePath`, `DiskRefused`."""
        found = self._tree.stat(path)
        return found.size if found is not None else 0

    def read(self, path: RelPath) -> bytes:
        """A whole file. Raises `ImageRefused`, `UnsafePath`, `DiskRefused`."""
        with (
            self._tree.open(path) as handle,
            refusals(path),
            os.fdopen(os.dup(handle), "rb", buffering=0) as file,
        ):
            data = file.read(MAX_READ + 1) or b""
        if len(data) > MAX_READ:
            raise ImageRefused(path, f"larger than {MAX_READ // 1024 // 1024} MB")
        return data


def _others(found: list[FileFact], images: list[FileFact]) -> list[FileFact]:
    """Files that are neither images nor their companions, such as ``x.jpg.xmp`` or ``x.xmp``."""
    names = {composed(image.path) for image in images}
    stems = {composed(stem_of(image.path)) for image in images}

    def is_companion(path: str) -> bool:
        beside = composed(path.rpartition(".")[0])
        return is_carried(path) and (beside in names or beside in stems)

    paths = {image.path for image in images}
    return [file for file in found if file.path not in paths and not is_companion(file.path)]


def _of_one_size(others: list[FileFact], found: list[FileFact]) -> list[FileFact]:
    """Those that may have the bytes of another file. All empty files have, which means nothing."""
    sizes = Counter(file.size for file in found)
    return [file for file in others if file.size and sizes[file.size] > 1]


def _scanned(file: FileFact, digests: Mapping[RelPath, Sha256]) -> ScannedFiles:
    return ScannedFiles(path=file.path, sha256=digests[file.path])
