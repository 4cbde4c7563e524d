"""Whether viewers show nearly all of a picture whose end is missing: the end mark alone, or little more."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from pinplan.errors import ImageRefused
from pinplan.formats.decoding import opened
from pinplan.formats.jpeg import has_every_scan
from pinplan.formats.png import inflated_share
from pinplan.formats.reading import CUT, Damaged
from pinplan.formats.structure import structure_of

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

    from pinplan.formats.structure import Structure

SHARE = 0.9
"""How much of a picture must be there, from its top."""
_END_OF_JPEG, _ENDS_OF_GIF = b"\xff\xd9", (b";", b"\0;")
_BLANKED = b"\0\0\0;"
_GREY = {(127, 127), (128, 128)}
"""Where its data are missing, a JPEG is grey, which an inverted channel shows as 127."""


def is_nearly_whole(form: str, data: bytes, structure: Structure) -> bool:
    """Whether a damaged file lacks hardly more than its end. WebP and AVIF never do: viewers refuse them."""
    if structure.damage != CUT:
        return False
    try:
        match form:
            case "JPEG":
                return _is_nearly_whole_jpeg(data, structure)
            case "PNG":
                return inflated_share(data) >= SHARE
            case "GIF":
                return any(_is_whole_gif(data + end) for end in _ENDS_OF_GIF)
            case _:
                return False
    except (ImageRefused, Damaged, zlib.error):
        return False


def _is_nearly_whole_jpeg(data: bytes, structure: Structure) -> bool:
    data = data.rstrip(b"\0")  # zeros in place of data would decode to something
    if not has_every_scan(data):
        return False
    with opened(data + _END_OF_JPEG, "", structure) as image:
        image.load()
        return "progressive" in image.info or not _is_grey(image)


def _is_whole_gif(ended: bytes) -> bool:
    """Allow only the end mark to be missing: a frame cut short hides how many follow."""
    structure = structure_of("GIF", ended)
    if structure.damage is not None or ended.endswith(_BLANKED):
        return False
    with opened(ended, "", structure) as image:
        for frame in range(getattr(image, "n_frames", 1)):
            image.seek(frame)
            image.load()
    return True


def _is_grey(image: ImageFile) -> bool:
    """Whether the last rows were never decoded."""
    last_rows = image.crop((0, int(image.height * SHARE), *image.size))
    return all(band.getextrema() in _GREY for band in last_rows.split())
