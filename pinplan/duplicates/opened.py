"""A file that is compared closely with others: decoded once for all that is asked of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.duplicates.copies import copy_of
from pinplan.duplicates.decode import WHOLE, decode
from pinplan.duplicates.fingerprint import FINE
from pinplan.duplicates.limits import LOCAL_WIDTH

if TYPE_CHECKING:
    from pinplan.duplicates.copies import Copy

_LEAST_WIDTH = 2 * LOCAL_WIDTH
"""Reduced by whole factors to no less, a picture is as sharp at the width of the local test as one that was not. A JPEG that was decoded at half
of 1,100 pixels is not, so that its copies seemed to differ."""


class OpenedPicture:
    """An image file (protocol `pinplan.duplicates.compare.Opened`)."""

    def __init__(self, data: bytes, where: str) -> None:
        """Decode it. Raises `ImageRefused`."""
        decoded = decode(data, where, WHOLE)
        self._copy = copy_of(decoded, data)
        # Of a photograph in full size, its colours are most of the memory.
        self._image = decoded.image.reduce(max(1, decoded.width // _LEAST_WIDTH))

    def colours(self, size: tuple[int, int]) -> bytes:
        """Red, green and blue of its pixels, brought to a size."""
        return self._image.resize(size, FINE).tobytes()

    def copy(self) -> Copy:
        """What its quality is judged by."""
        return self._copy
