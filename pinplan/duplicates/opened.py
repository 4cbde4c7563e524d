"""A file that is compared closely with others: decoded once for all that is asked of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.duplicates.copies import copy_of
from pinplan.duplicates.decode import WHOLE, decode
from pinplan.duplicates.limits import LOCAL_WIDTH
from pinplan.duplicates.local_difference import PictureAtSize

if TYPE_CHECKING:
    from pinplan.duplicates.copies import Copy


class OpenedPicture:
    """An image file (protocol `pinplan.duplicates.compare.Opened`)."""

    def __init__(self, data: bytes, where: str) -> None:
        """Decode it, always in full: a JPEG that is decoded at half of 1,030 pixels is less sharp than its copies. Raises `ImageRefused`."""
        decoded = decode(data, where, WHOLE)
        self._copy = copy_of(decoded, data)
        # Colours in full size would be most of the memory.
        self._reduced_by = max(1, 2 * decoded.image.width // LOCAL_WIDTH)
        self._colours = decoded.image.reduce(self._reduced_by)

    def at_size(self, size: tuple[int, int]) -> PictureAtSize:
        """The picture, brought to a size."""
        return PictureAtSize(self._copy.luma, self._colours, size, reduced_by=self._reduced_by)

    def copy(self) -> Copy:
        """What its quality is judged by."""
        return self._copy
