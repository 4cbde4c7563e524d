"""Borders of one colour around a picture: found by the colour of a corner."""

from __future__ import annotations

from PIL import Image, ImageChops

MOST_SHARE = 0.15
"""Of the width, or the height, on each side: more is no border, but a picture with much that is empty."""
SAME_COLOUR = 32
"""Levels by which a border may differ from its corner: what saving a JPEG does near an edge."""
_BEYOND = [255 * (level > SAME_COLOUR) for level in range(256)] * 3


def inside_border(image: Image.Image) -> tuple[int, int, int, int] | None:
    """What is inside the border of an RGB image, as left, upper, right and lower edge; None if it has no border.

    A border may be on two sides only, as of a film.
    """
    width, height = image.size
    flat = Image.new("RGB", image.size, image.getpixel((0, 0)))
    box = ImageChops.difference(image, flat).point(_BEYOND).getbbox()
    if box is None or box == (0, 0, width, height):
        return None
    left, upper, right, lower = box
    across, down = max(left, width - right) / width, max(upper, height - lower) / height
    return box if max(across, down) <= MOST_SHARE else None
