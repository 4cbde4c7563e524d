"""Find the border around a picture, and what it looks like without it; only for those who ask (``dupes --borders``)."""

from __future__ import annotations

from PIL import Image, ImageChops

from pinplan.duplicates.decode import decode
from pinplan.duplicates.fingerprint import FINE, detail_of, dhash_of, tiny_of
from pinplan.duplicates.limits import MIN_DETAIL
from pinplan.model.similarity import InnerImage

MAX_BORDER_SHARE = 0.15
"""Maximum border on each side, as a share of width or height: more is no border, but a picture that is mostly empty."""
SAME_COLOUR = 32
"""Levels by which a border may differ from its corner: JPEG compression does that near an edge."""
_BEYOND = [255 * (level > SAME_COLOUR) for level in range(256)] * 3


def inside_border(image: Image.Image) -> tuple[int, int, int, int] | None:
    """The box inside the border of an RGB image (left, upper, right, lower); None without a border.

    A border may be on two sides only, as in a film with black bars.
    """
    width, height = image.size
    # One corner stands for the whole border: a frame in two colours is not found.
    flat = Image.new("RGB", image.size, image.getpixel((0, 0)))
    box = ImageChops.difference(image, flat).point(_BEYOND).getbbox()
    if box is None or box == (0, 0, width, height):
        return None
    left, upper, right, lower = box
    across, down = max(left, width - right) / width, max(upper, height - lower) / height
    return box if max(across, down) <= MAX_BORDER_SHARE else None


def inside_of(data: bytes, where: str) -> InnerImage | None:
    """What an image file shows inside a border; None without a border, or without enough detail. Raises `ImageRefused`."""
    decoded = decode(data, where)
    image = decoded.image
    box = inside_border(image)
    if box is None:
        return None
    shown = image.crop(box)
    tiny = tiny_of(shown.convert("L"))
    if detail_of(tiny) < MIN_DETAIL:
        return None
    return InnerImage(
        # Measured on the draft, recorded at full size.
        width=round(shown.width * decoded.width / image.width),
        height=round(shown.height * decoded.height / image.height),
        dhash=dhash_of(tiny),
        thumb=shown.resize((16, 16), FINE).tobytes(),
    )
