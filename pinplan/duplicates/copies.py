"""A file, decoded in full, to be judged against a copy of the same picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from pinplan.duplicates.saving_traces import blockiness, ground_noise, saved_quality
from pinplan.formats.appended import NOTHING, Appended, appended_to

if TYPE_CHECKING:
    from PIL import Image

    from pinplan.duplicates.decode import Decoded

FEW_COLOURS = 256
"""As many as a palette holds."""


class Copy(Struct, frozen=True):
    """What is looked at of one file.

    Attributes:
        luma: its brightness.
        quality: the lowest at which its pixels were ever saved as JPEG in this size; 0 where that leaves no trace.
        colours: how many it has; one more than a palette holds stands for all above.
        noise: mean square of the noise on plain ground; 0 where there is none, or no plain ground.
        blocks: how much its pixels differ across the edges of 8×8 blocks, as a multiple of elsewhere.
        mode: Pillow's name of how it is stored.
        appended: what the file holds behind the picture.
        data: the whole file.
    """

    luma: Image.Image
    width: int
    height: int
    quality: int
    colours: int
    blocks: float
    noise: float
    mode: str
    form: str
    appended: Appended = NOTHING
    data: bytes = b""


def copy_of(decoded: Decoded, data: bytes) -> Copy:
    """What is looked at of a file.

    Args:
        decoded: all of its pixels.
        data: the whole file.
    """
    image = decoded.image
    luma = image.convert("L")
    saved = [
        quality for quality in (decoded.quality if decoded.format == "JPEG" else 0, saved_quality(luma)) if quality
    ]
    return Copy(
        luma=luma,
        width=image.width,
        height=image.height,
        quality=min(saved, default=0),
        colours=len(image.getcolors(FEW_COLOURS) or range(FEW_COLOURS + 1)),
        blocks=blockiness(luma),
        noise=ground_noise(luma),
        mode=decoded.mode,
        form=decoded.format,
        appended=appended_to(data),
        data=data,
    )
