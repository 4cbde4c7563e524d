"""Pictures that were turned or mirrored are found again; others are not."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from pinplan.dedupe.fingerprint import fingerprint
from pinplan.dedupe.turned import Turned
from tests.dedupe.test_fingerprint import picture

WAYS = list(Image.Transpose)


def face_of(image: Image.Image, quality: int = 90, orientation: int = 1):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = io.BytesIO()
    image.save(data, "JPEG", quality=quality, exif=exif)
    return fingerprint(data.getvalue(), "x.jpg")


@pytest.mark.promise("I2")
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_a_picture_that_was_turned_and_saved_again_is_found(way):
    image = picture(1)
    turned = face_of(image.transpose(way), quality=75)
    assert Turned([face_of(picture(2)), turned]).of(face_of(image)) == [turned]


@pytest.mark.promise("I2")
@pytest.mark.parametrize("orientation", range(2, 9))
def test_a_picture_with_another_note_of_how_the_camera_was_held_is_found(orientation):
    noted = face_of(picture(1), orientation=orientation)
    assert Turned([noted]).of(face_of(picture(1))) == [noted]


def test_another_picture_is_not_found_and_none_finds_nothing():
    assert Turned([face_of(picture(number)) for number in range(2, 12)]).of(face_of(picture(1))) == []
    assert Turned([]).of(face_of(picture(1))) == []
