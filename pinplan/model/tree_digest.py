"""A digest of the files of a library: names, sizes and times, in any order. Pure."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pinplan.model.images import FileFact

_MODULUS = 1 << 256


class TreeDigest:
    """Takes the files folder by folder, so that no list of them all is needed."""

    def __init__(self) -> None:
        """No file yet."""
        self._sum = 0
        self._count = 0

    def add(self, files: Iterable[FileFact]) -> None:
        """Add files. A sum of digests does not depend on the order of a walk."""
        for file in files:
            line = f"{file.size} {file.mtime_ns} {file.path}".encode()
            self._sum += int.from_bytes(sha256(line).digest(), "big")
            self._count += 1

    def __str__(self) -> str:
        """The digest of what was added."""
        return f"{self._count}:{self._sum % _MODULUS:064x}"


def digest_of_files(files: Iterable[FileFact]) -> str:
    """The digest of a whole scan."""
    digest = TreeDigest()
    digest.add(files)
    return str(digest)
