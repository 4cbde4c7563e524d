"""Check whether viewers show nearly all of a truncated picture: only the end marker is missing, or little more."""

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
"""Share of a picture that must be present, from its top."""
_END_OF_JPEG, _ENDS_OF_GIF = b"\xff\xd9", (b";", b"\0;")
_BLANKED = b"\0\0\0;"
_GREY = {(127, 127), (128, 128)}
"""A JPEG is grey where data are missing; 127 is the same grey in an inverted channel."""


def is_nearly_whole(form: str, data: bytes, structure: Structure) -> bool:
    """Whether a damaged file lacks little more than its end. Never for WebP and AVIF: viewers refuse truncated ones."""
    # Any other damage may be anywhere in the picture.
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
        # A progressive file with every scan begun has the whole picture, if coarse; baseline rows are either there or grey.
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
