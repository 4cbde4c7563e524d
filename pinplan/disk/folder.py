"""Any folder with images in it, for looking only: no marker, no state, nothing is ever written."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from pinplan.disk.scan import scan
from pinplan.disk.tree import Tree, refusals
from pinplan.errors import ImageRefused, LibraryError
from pinplan.events import Emit, Stage, Step
from pinplan.model.ids import RelPath, Sha256
from pinplan.snapshot.alike import LookedAt

if TYPE_CHECKING:
    from pathlib import Path

    from pinplan.model.images import FileFact

MAX_READ = 64 * 1024 * 1024
EXTENSIONS = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".webp", ".bmp", ".tif", ".tiff")


class PlainFolder:
    """A folder that is held open; links are not followed, and nothing outside is read."""

    def __init__(self, root: Path) -> None:
        """Open it. Raises `DiskRefused`."""
        self._tree = Tree(root)

    def __enter__(self) -> PlainFolder:
        """The folder itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of it."""
        self._tree.close()

    def images(self, emit: Emit) -> list[LookedAt]:
        """Every file that is called like an image, with its digest; one that cannot be read has an empty digest of its own.

        Raises:
            DiskRefused: the folder itself cannot be read.
        """
        with refusals("."), self._tree.folder([]) as root:
            files, _ = scan(root)
        wanted = [file for file in files if file.path.lower().endswith(EXTENSIONS)]
        emit(Stage(name="digest", total=len(wanted)))
        found = []
        with ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="digest") as pool:
            for looked in pool.map(self._digest, wanted):
                emit(Step(name="digest", what=looked.path))
                found.append(looked)
        return found

    def _digest(self, file: FileFact) -> LookedAt:
        try:
            with self._tree.open(file.path) as handle, os.fdopen(os.dup(handle), "rb", buffering=0) as opened:
                digest = hashlib.file_digest(opened, "sha256").hexdigest()
        except (OSError, LibraryError):  # reading it for its fingerprint will say what is wrong
            digest = f"unreadable:{file.path}"
        return LookedAt(path=file.path, sha256=Sha256(digest), heap="")

    def read(self, path: RelPath) -> bytes:
        """A whole file. Raises `ImageRefused`, `UnsafePath`, `DiskRefused`."""
        with (
            self._tree.open(path) as handle,
            refusals(path),
            os.fdopen(os.dup(handle), "rb", buffering=0) as file,
        ):
            data = file.read(MAX_READ + 1) or b""
        if len(data) > MAX_READ:
            raise ImageRefused(path, f"it is larger than {MAX_READ // 1024 // 1024} MB")
        return data
