"""Reading and writing whole small files, old or new, never half."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING

from pinplan.documents import MOST_BYTES
from pinplan.errors import DiskRefused

if TYPE_CHECKING:
    from pathlib import Path


def read_bytes(path: Path) -> bytes:
    """The content of a file; of one that is too large for a document only so much that `pinplan.documents` refuses it.

    Raises `DiskRefused`.
    """
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise DiskRefused(str(path), error.errno, error.strerror or str(error)) from error


def write_private(path: Path, data: bytes) -> None:
    """Write a file of mode 0600 by temporary file, flush and rename. Raises `DiskRefused`; then nothing has changed."""
    temporary: str | None = None
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)  # noqa: PTH105 - mkstemp gives a string
    except OSError as error:
        if temporary is not None:
            _remove(temporary)
        raise DiskRefused(str(path), error.errno, error.strerror or str(error)) from error


def _remove(path: str) -> None:
    try:
        os.unlink(path)  # noqa: PTH108 - as above
    except OSError:
        return
