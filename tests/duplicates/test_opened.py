"""Files that are compared closely: as sharp at the size of the last test, whatever size they have."""

from __future__ import annotations

import random

import numpy as np
import pytest
from PIL import Image, ImageDraw

from pinplan.duplicates.local_difference import PictureAtSize
from pinplan.duplicates.opened import OpenedPicture
from pinplan.model.similarity import Tier
from tests.duplicates.drawn import saved
from tests.duplicates.judging import judged


def drawn(side: int) -> Image.Image:
    """Discs with sharp outlines, and lines."""
    dice, image = random.Random(1), Image.new("RGB", (side, side * 5 // 4), "#6a7f94")
    draw = ImageDraw.Draw(image)
    for _ in range(60):
        left, upper, across = dice.randrange(side), dice.randrange(side), dice.randrange(10, 120)
        fill = tuple(dice.randrange(256) for _ in range(3))
        draw.ellipse((left, upper, left + across, upper + across), fill, "black", dice.choice((1, 2, 3)))
    for _ in range(12):
        draw.line([dice.randrange(side) for _ in range(4)], "white", 2)
    return image


@pytest.mark.parametrize("side", [1028, 1200, 2060])
@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_copies_are_found_whatever_scale_a_file_could_be_decoded_at(side, form):
    """Decoded at half of 1,028 pixels, it was less sharp than its copies, and seemed to differ from them."""
    image = drawn(side)
    options = {"quality": 90} if form == "JPEG" else {}
    for width in (564, 736):
        copy = image.resize((width, width * 5 // 4), Image.Resampling.LANCZOS)
        found = judged(saved(image, form, **options), saved(copy, "JPEG", quality=85))
        assert found is not None
        assert found.tier is Tier.CONFIRMED


def test_colours_lie_where_they_are_although_the_width_is_no_multiple():
    """Made smaller by 3, 800 pixels are 266 and two thirds; taken for 267, the right edge of the picture moved."""
    image = Image.new("RGB", (800, 800), "#c03020")
    image.paste("#2040c0", (760, 0, 800, 800))
    image.paste("#2040c0", (0, 760, 800, 800))
    found = OpenedPicture(saved(image), "x").at_size((512, 512)).colours
    exact = PictureAtSize(image.convert("L"), image, (512, 512)).colours
    assert np.abs(found - exact).max() <= 2
