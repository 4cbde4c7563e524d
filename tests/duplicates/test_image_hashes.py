"""Hashes of imagehash: the same bits as anybody else gets from it."""

from __future__ import annotations

import io
from collections.abc import Callable

import imagehash
import pytest
from PIL import Image

from pinplan.duplicates import image_hashes
from pinplan.duplicates.image_hashes import HASHES, MAX_BITS, image_hash, parse_hash_limit
from pinplan.errors import ConfigError, ImageRefused
from tests.duplicates.drawn import PHOTO, saved


@pytest.mark.parametrize("name", HASHES)
@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_the_bits_are_those_of_imagehash(name, form):
    kind = HASHES[name]
    data = saved(PHOTO.resize((1500, 1100)), form)  # large enough that a JPEG could be decoded at a part of its size
    known = getattr(imagehash, kind.function)(Image.open(io.BytesIO(data)))
    assert len(known) == kind.bits
    assert f"{image_hash(data, 'x', kind.function):0{kind.bits}b}" == "".join(
        "01"[bit] for bit in known.hash.flatten().astype(int)
    )


def test_the_numbers_under_which_they_are_remembered_are_their_own():
    assert len({kind.recipe for kind in HASHES.values()}) == len(HASHES)
    assert {kind.recipe for kind in HASHES.values()} == set(range(1001, 1001 + len(HASHES)))


def test_a_picture_is_hashed_upright_and_on_white():
    turned = PHOTO.transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6
    data = saved(turned, "PNG", exif=exif)
    assert image_hash(data, "x", "phash") == image_hash(saved(PHOTO), "x", "phash")
    clear = PHOTO.copy()
    clear.putalpha(0)
    assert image_hash(saved(clear), "x", "phash") == image_hash(
        saved(Image.new("RGB", PHOTO.size, "white")), "x", "phash"
    )


@pytest.mark.parametrize("name", HASHES)
def test_a_large_picture_takes_no_more_memory_than_a_smaller_one(name, monkeypatch):
    function = HASHES[name].function
    whole = image_hash(saved(PHOTO), "x", function)
    seen: list[tuple[int, int]] = []
    known: Callable[[Image.Image], imagehash.ImageHash] = getattr(imagehash, function)

    def noted(image: Image.Image) -> imagehash.ImageHash:
        seen.append(image.size)
        return known(image)

    monkeypatch.setattr(imagehash, function, noted)
    monkeypatch.setattr(image_hashes, "_MAX_PIXELS", PHOTO.width * PHOTO.height // 3)
    reduced = image_hash(saved(PHOTO), "x", function)
    assert seen == [(PHOTO.width // 2, PHOTO.height // 2)]
    assert (whole ^ reduced).bit_count() <= 4


def test_what_is_no_image_is_refused():
    with pytest.raises(ImageRefused):
        image_hash(b"hello", "x", "phash")


@pytest.mark.parametrize("name", HASHES)
def test_a_name_and_bits_are_a_limit(name):
    for bits in (0, MAX_BITS):
        limit = parse_hash_limit(f"{name}:{bits}")
        assert (limit.kind, limit.bits) == (HASHES[name], bits)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "phash",
        "phash:",
        "phash:x",
        "phash:-1",
        "phash:13",
        "phash:٣",
        "phash:8:8",
        "phash: 8",
        "crop_resistant:3",
        "PHASH:3",
        "x:3",
        f"phash:{'9' * 5000}",
    ],
)
def test_anything_else_is_refused_with_all_names(text):
    with pytest.raises(ConfigError, match="ahash, phash, phash_simple, dhash, dhash_vertical, whash, colorhash"):
        parse_hash_limit(text)
