"""Read and write small files atomically; also the name of pinplan's own folder in a library."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING

from pinplan.documents import read_bounded
from pinplan.errors import DiskRefused

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


OWN_FOLDER = ".pinplan"
"""The folder of marker, state, trash and staging inside a library."""


def read_bytes(path: Path) -> bytes:
    """The content of a file, at most one byte more than a document may have.

    Raises `DiskRefused`.
    """
    try:
        with path.open("rb") as file:
            return read_bounded(file)
    except OSError as error:
        raise DiskRefused(str(path), error.errno, error.strerror or str(error)) from error


def write_private(path: Path, data: bytes, unless: Callable[[], bool] = lambda: False) -> bool:
    """Write a file of mode 0600 by temporary file, fsync and rename.

    Args:
        path: the file.
        data: its new content.
        unless: asked just before the rename; if true, nothing is changed.

    Returns:
        Whether it was written.

    Raises:
        DiskRefused: it cannot be written; nothing has changed.
    """
    temporary: str | None = None
    try:
        # In the same folder: rename is atomic only within one file system. mkstemp makes it 0600 from the start.
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())  # before the rename: a crash must not leave an empty file under the name
        if unless():
            _remove(temporary)
            return False
        # The folder is not flushed: after a crash the old file is as good as the new one here.
        os.replace(temporary, path)  # noqa: PTH105 - mkstemp gives a string
    except OSError as error:
        if temporary is not None:
            _remove(temporary)
        raise DiskRefused(str(path), error.errno, error.strerror or str(error)) from error
    return True


def _remove(path: str) -> None:
    try:
        os.unlink(path)  # noqa: PTH108 - as above
    except OSError:  # the first error is reported
        return
