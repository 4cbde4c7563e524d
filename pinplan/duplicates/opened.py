"""A file that is compared closely with others: decoded once for all that is asked of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.duplicates.copies import copy_of
from pinplan.duplicates.decode import WHOLE, decode
from pinplan.duplicates.fingerprint import FINE

if TYPE_CHECKING:
    from pinplan.duplicates.copies import Copy

MIN_LOCAL_SIDE = 512
"""Short side at which a JPEG is decoded for the local difference test: decoded any smaller, copies of one picture differ more."""


class OpenedPicture:
    """An image file (protocol `pinplan.duplicates.compare.Opened`)."""

    def __init__(self, data: bytes, where: str) -> None:
        """Decode it. Raises `ImageRefused`."""
        self._data, self._where = data, where
        self._decoded = decode(data, where, MIN_LOCAL_SIDE)

    def colours(self, size: tuple[int, int]) -> bytes:
        """Red, green and blue of its pixels, brought to a size."""
        return self._decoded.image.resize(size, FINE).tobytes()

    def copy(self) -> Copy:
        """What its quality is judged by. Raises `ImageRefused`."""
        decoded = self._decoded
        # Only pictures twice as large as the local test needs were decoded at a fraction of their size.
        if decoded.image.size != (decoded.width, decoded.height):
            decoded = decode(self._data, self._where, WHOLE)
        return copy_of(decoded, self._data)
