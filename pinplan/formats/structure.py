"""Check the structure of an image file, without decoding a pixel.

Damage is reported only if the bytes prove it: a truncated file, a wrong checksum, data that cannot be valid. Data after the end
of a picture are no damage, nor are profiles and texts of any size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pinplan.formats import bmp, boxes, gif, jpeg, png, tiff, webp
from pinplan.formats.reading import Damaged, Seen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_WALKS: Mapping[str, Callable[[bytes, Seen], None]] = {
    "JPEG": jpeg.walk,
    "PNG": png.walk,
    "GIF": gif.walk,
    "WEBP": webp.walk,
    "AVIF": boxes.walk,
    "HEIC": boxes.walk,
    "HEIF": boxes.walk,
    "TIFF": tiff.walk,
    "BMP": bmp.walk,
}


class Structure(NamedTuple):
    """The result of a walk.

    Attributes:
        width, height: from its header; None if unreadable.
        memory: memory of one decoded frame, in bytes.
        damage: why it is certainly not what was once written; None if nothing shows that.
        if_undecodable: the same if its pixels turn out not to decode; None if that may be a limit of the decoder.
        end: where the picture ends in the file; None if it is damaged, or its format does not say.
    """

    width: int | None
    height: int | None
    memory: int
    damage: str | None
    if_undecodable: str | None
    end: int | None = None


def structure_of(form: str, data: bytes) -> Structure:
    """Walk through a file of a format (see `pinplan.formats.signatures.format_of`). Never raises on any content."""
    seen = Seen()
    damage = None
    walk = _WALKS.get(form)
    try:
        if walk is not None:
            walk(data, seen)
    except Damaged as error:
        damage = error.reason
    # Kept even if the walk ended in damage: a truncated file still has a size, and a memory limit.
    width, height = seen.size if seen.size is not None and min(seen.size) > 0 else (None, None)
    memory = (width or 0) * (height or 0) * seen.bytes_per_pixel
    end = seen.end if damage is None else None
    return Structure(width, height, memory, damage, seen.if_undecodable, end)
