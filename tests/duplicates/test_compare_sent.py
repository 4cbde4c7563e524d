"""Whether a created pin shows what was sent: by bytes, else by the tiers that are acted on; in doubt it does not (I29)."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from pinplan.duplicates.compare import same_picture
from pinplan.duplicates.fingerprinter import ImageFingerprinter
from pinplan.sandbox.pictures import Kind, Picture, encoded


def picture(seed: int, *, form: str = "PNG", width: int = 640) -> bytes:
    return encoded(Picture(Kind.LANDSCAPE, seed, width, width * 3 // 4, form), "originals")


def saved_again(data: bytes, form: str, **options: int) -> bytes:
    file = io.BytesIO()
    Image.open(io.BytesIO(data)).convert("RGB").save(file, form, **options)
    return file.getvalue()


ONE = picture(1)


@pytest.mark.promise("I29")
@pytest.mark.parametrize(
    ("other", "same"),
    [
        (ONE, True),
        (saved_again(ONE, "PNG", compress_level=0), True),  # every pixel is the same
        (saved_again(ONE, "JPEG", quality=92), True),  # as an image host makes it
        (picture(2), False),
        (b"<html>", False),
    ],
    ids=["bytes", "pixels", "recoded", "another", "no image"],
)
def test_a_picture_is_known_again_by_what_it_shows(other, same):
    assert same_picture(ONE, other, ImageFingerprinter()) is same


@pytest.mark.promise("I29")
def test_without_fingerprints_only_the_same_bytes_are_the_same_picture():
    assert same_picture(ONE, ONE, None)
    assert not same_picture(ONE, saved_again(ONE, "PNG", compress_level=0), None)
