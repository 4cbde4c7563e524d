"""Pictures that were turned or mirrored are found again; others are not."""

from __future__ import annotations

import io

import numpy as np
import pytest
from msgspec.structs import replace
from PIL import Image

import pinplan.duplicates.variants as turned_module
from pinplan.duplicates.fingerprint import fingerprint
from pinplan.duplicates.turned import TurnedImages
from pinplan.model.similarity import Fingerprint
from tests.duplicates.drawn import picture

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
    missing, turned = face_of(picture(1)), face_of(picture(1).transpose(way), quality=75)
    assert TurnedImages([face_of(picture(2)), turned], [missing]).of(missing) == [turned]


@pytest.mark.promise("I2")
@pytest.mark.parametrize("orientation", range(2, 9))
def test_a_picture_with_another_note_of_how_the_camera_was_held_is_found(orientation):
    missing, noted = face_of(picture(1)), face_of(picture(1), orientation=orientation)
    assert TurnedImages([noted], [missing]).of(missing) == [noted]


def test_another_picture_is_not_found_and_none_finds_nothing():
    missing = face_of(picture(1))
    assert TurnedImages([face_of(picture(number)) for number in range(2, 12)], [missing]).of(missing) == []
    assert TurnedImages([], [missing]).of(missing) == []


@pytest.mark.promise("I2")
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_a_picture_with_too_little_in_it_for_a_hash_is_found_too(way):
    flat = Image.new("RGB", (640, 480), "#d0d4d8")
    flat.paste("#a0a4a8", (0, 0, 640, 40))
    missing, turned = face_of(flat), face_of(flat.transpose(way))
    assert TurnedImages([turned, face_of(picture(2))], [missing]).of(missing) == [turned]


def test_pictures_of_one_colour_are_not_all_compared_with_each_other(monkeypatch):
    chance, one = np.random.default_rng(1), face_of(picture(1))

    def faces(count: int) -> list[Fingerprint]:
        shown = chance.normal(120, 40, (count, 16, 16, 3)).clip(0, 255).astype(np.uint8)
        return [replace(one, sha256=f"{chance.bytes(32).hex()}", thumb=thumb.tobytes()) for thumb in shown]

    compared: list[object] = []

    def fits(*sizes: tuple[int, int]) -> bool:
        compared.append(sizes)
        return False

    monkeypatch.setattr(turned_module, "same_proportion", fits)
    here, missing = faces(1000), faces(1000)
    turned = TurnedImages(here, missing)
    assert [turned.of(face) for face in missing] == [[]] * 1000
    assert len(compared) < 8 * 1000 * 5  # of 8 * 1000 * 1000
