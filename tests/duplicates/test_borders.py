"""What is inside a border is compared with what has none."""

from __future__ import annotations

import pytest
from PIL import Image, ImageOps

from pinplan.duplicates.borders import inside_of
from pinplan.duplicates.compare import mean_difference
from pinplan.duplicates.fingerprint import fingerprint
from tests.duplicates.drawn import FLAT, PHOTO, saved


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
@pytest.mark.parametrize("colour", ["white", "black", "navy"])
def test_what_is_inside_a_border_is_known(form, colour):
    inside = inside_of(saved(ImageOps.expand(PHOTO, 32, colour), form), "x")
    plain = fingerprint(saved(PHOTO), "x")
    assert inside is not None
    assert abs(inside.width - 640) <= 8
    assert abs(inside.height - 480) <= 8
    assert (inside.dhash ^ plain.dhash).bit_count() <= 6
    assert mean_difference(inside.thumb, plain.thumb) <= 8


def test_where_there_is_no_border_nothing_is_inside():
    assert inside_of(saved(PHOTO), "x") is None
    assert inside_of(saved(FLAT), "x") is None
    island = Image.new("RGB", (600, 600), "white")
    island.paste(PHOTO.resize((200, 200)), (200, 200))
    assert inside_of(saved(island), "x") is None


@pytest.mark.promise("I21")
def test_too_little_inside_a_border_is_not_compared():
    """All empty pages with the same border would look alike."""
    assert inside_of(saved(ImageOps.expand(FLAT, FLAT.width // 20, "black")), "x") is None
