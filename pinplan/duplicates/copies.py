"""A file, decoded in full, to be judged against a copy of the same picture."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from pinplan.duplicates.saving_traces import blockiness, ground_noise, saved_quality
from pinplan.formats.appended import NOTHING, Appended, appended_to

if TYPE_CHECKING:
    from PIL import Image

    from pinplan.duplicates.decode import Decoded

FEW_COLOURS = 256
"""As many as a palette holds."""


class Copy(Struct, frozen=True, dict=True):
    """What is looked at of one file; most of it only where it is asked for.

    Attributes:
        luma: its brightness.
        claimed: the quality that its tables stand for; 0 if it is no JPEG.
        colours: how many it has; one more than a palette holds stands for all above.
        mode: Pillow's name of how it is stored.
        appended: what the file holds behind the picture.
        data: the whole file.
    """

    luma: Image.Image
    width: int
    height: int
    claimed: int
    colours: int
    mode: str
    form: str
    appended: Appended = NOTHING
    data: bytes = b""

    @cached_property
    def quality(self) -> int:
        """The lowest at which its pixels were ever saved as JPEG in this size; 0 where that leaves no trace."""
        return min((quality for quality in (self.claimed, saved_quality(self.luma)) if quality), default=0)

    @cached_property
    def blocks(self) -> float:
        """How much its pixels differ across the edges of 8×8 blocks, as a multiple of elsewhere."""
        return blockiness(self.luma)

    @cached_property
    def noise(self) -> float:
        """Mean square of the noise on plain ground; 0 where there is none, or no plain ground."""
        return ground_noise(self.luma)


def copy_of(decoded: Decoded, data: bytes) -> Copy:
    """What is looked at of a file.

    Args:
        decoded: all of its pixels.
        data: the whole file.
    """
    image = decoded.image
    return Copy(
        luma=image.convert("L"),
        width=image.width,
        height=image.height,
        claimed=decoded.quality if decoded.format == "JPEG" else 0,
        colours=len(image.getcolors(FEW_COLOURS) or range(FEW_COLOURS + 1)),
        mode=decoded.mode,
        form=decoded.format,
        appended=appended_to(data),
        data=data,
    )
