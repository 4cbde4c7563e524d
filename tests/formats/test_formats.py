"""Formats: files that other programs wrote are whole; the same files cut, blanked or edited are damaged, or at least never taken for good."""

from __future__ import annotations

import io
import random
import struct
import zlib
from functools import lru_cache
from pathlib import Path

import pytest
from PIL import Image

from pinplan.disk.images import inspect_bytes
from pinplan.duplicates.decode import pixels_of
from pinplan.formats.decoding import opened
from pinplan.formats.signatures import DECODED, format_of, spoken
from pinplan.formats.structure import structure_of
from pinplan.model.ids import Sha256
from pinplan.model.images import Content

SAMPLES = sorted((Path(__file__).parents[2] / "fixtures" / "images").glob("*.*"))
NAMED = {".jpg": "JPEG", ".png": "PNG", ".gif": "GIF", ".webp": "WEBP", ".avif": "AVIF", ".bmp": "BMP", ".tif": "TIFF"}
WITH_AN_EXTRA = {".heic": "HEIC"}
ONLY_NAMED = {".jxl": "JXL", ".jp2": "JPEG2000"}
DECODABLE = [path for path in SAMPLES if path.suffix in NAMED]
SEALED = [path for path in DECODABLE if path.suffix not in {".tif", ".bmp"}]
"""Formats that say where they end; a row of black pixels in the others is as good as any."""


def look(data: bytes) -> Content:
    return inspect_bytes(data, Sha256(""))


def by_name(path: Path) -> str:
    return path.name


@lru_cache
def photo(width: int = 320, height: int = 240) -> Image.Image:
    return Image.effect_noise((width, height), 80).convert("RGB")


def saved(form: str, image: Image.Image | None = None, **options: object) -> bytes:
    file = io.BytesIO()
    (image or photo()).save(file, form, **options)
    return file.getvalue()


def test_every_format_has_samples():
    assert {NAMED[path.suffix] for path in DECODABLE} == set(DECODED)
    assert {path.suffix for path in SAMPLES} == {*NAMED, *WITH_AN_EXTRA, *ONLY_NAMED}


@pytest.mark.parametrize("path", DECODABLE, ids=by_name)
def test_what_other_programs_write_is_whole(path):
    content = look(path.read_bytes())
    assert (content.problem, content.damage, content.format) == (None, None, NAMED[path.suffix])
    structure = structure_of(content.format or "", path.read_bytes())
    assert (structure.width, structure.height) == (content.width, content.height)


@pytest.mark.parametrize("path", [path for path in SAMPLES if path.suffix in ONLY_NAMED], ids=by_name)
def test_what_is_not_decoded_is_named_and_no_damage(path):
    content = look(path.read_bytes())
    form = ONLY_NAMED[path.suffix]
    assert (content.format, content.damage) == (form, None)
    assert content.problem == f"it is {spoken(form)} image, which pinplan cannot decode"


@pytest.mark.promise("I19")
@pytest.mark.parametrize("path", SEALED, ids=by_name)
def test_cut_at_any_byte_it_is_damaged(path):
    data, form = path.read_bytes(), NAMED[path.suffix]
    good = [length for length in range(len(data)) if not look(data[:length]).is_broken(form)]
    assert good == []


CUTTABLE = [
    path for path in DECODABLE if NAMED[path.suffix] in {"JPEG", "PNG", "GIF"} and "arithmetic" not in path.name
]


@pytest.mark.parametrize("path", CUTTABLE, ids=by_name)
def test_without_its_end_mark_alone_it_is_nearly_whole(path):
    data = path.read_bytes()
    assert all(look(data[:-missing]).nearly_whole for missing in (1, 2))
    assert not look(data).nearly_whole


@pytest.mark.promise("I19")
@pytest.mark.parametrize("path", SEALED, ids=by_name)
def test_half_of_it_is_not_nearly_whole(path):
    data = path.read_bytes()
    for share in (0.1, 0.3, 0.5, 0.7):
        kept = int(len(data) * share)
        assert not look(data[:kept]).nearly_whole, share
        assert not look(data[:kept] + bytes(len(data) - kept)).nearly_whole, share


def test_a_png_whose_picture_data_are_spoilt_is_not_nearly_whole():
    data = bytearray(saved("PNG"))
    data[len(data) // 2] ^= 1
    assert not look(bytes(data)).nearly_whole
    assert not look(bytes(data[:-3])).nearly_whole


@pytest.mark.parametrize("path", DECODABLE, ids=by_name)
def test_bytes_behind_the_end_are_no_damage(path):
    data = path.read_bytes()
    for tail in (b"\0" * 100, b"\x21\xfe tail", b"moovABCDEFGHIJKLMNOP" * 40, data):
        content = look(data + tail)
        assert (content.problem, content.damage) == (None, None), tail[:9]


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP", "AVIF"])
@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.95])
def test_a_long_run_of_zeros_at_the_end_is_damage(form, share):
    data = saved(form, photo(640, 480))
    kept = int(len(data) * share)
    assert look(data[:kept] + bytes(len(data) - kept)).is_broken(form)


def test_a_gap_of_zeros_in_a_jpeg_is_damage():
    data = saved("JPEG", photo(640, 480), quality=95)
    assert (
        look(data[:20_000] + bytes(60_000) + data[80_000:]).damage == "it has a gap of more than 3,664 bytes of zeros"
    )


@pytest.mark.parametrize("form", ["JPEG", "WEBP", "AVIF"])
@pytest.mark.parametrize("colour", ["white", "navy", "black"])
def test_a_picture_of_one_colour_is_whole_whatever_zeros_its_coder_wrote(form, colour):
    for options in ({}, {"optimize": True}, {"progressive": True}, {"quality": 5}, {"lossless": True}):
        content = look(saved(form, Image.new("RGB", (1500, 1000), colour), **options))
        assert (content.problem, content.damage) == (None, None), options


@pytest.mark.parametrize("path", DECODABLE, ids=by_name)
def test_a_flipped_byte_never_makes_another_format_damaged_and_never_raises(path):
    data, form, dice = path.read_bytes(), NAMED[path.suffix], random.Random(7)
    for _ in range(60):
        spoilt = bytearray(data)
        spoilt[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        content = look(bytes(spoilt))
        assert content.damage is None or content.format in {None, form}
        assert "\n" not in (content.problem or "")


@pytest.mark.parametrize("path", [path for path in DECODABLE if path.suffix == ".png"], ids=by_name)
def test_every_flipped_byte_of_a_png_is_found(path):
    data = path.read_bytes()
    for place in range(8, len(data), 7):
        spoilt = bytearray(data)
        spoilt[place] ^= 0x10
        assert look(bytes(spoilt)).is_broken("PNG"), place


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


@pytest.mark.parametrize(
    "large",
    [
        chunk(b"iCCP", b"large\0\0" + zlib.compress(random.Random(1).randbytes(3_000_000))),
        chunk(b"zTXt", b"large\0\0" + zlib.compress(b"x" * 9_000_000)),
        chunk(b"iTXt", b"large\0\1\0\0\0" + zlib.compress(b"x" * 9_000_000)),
        b"".join(chunk(b"zTXt", b"many\0\0" + zlib.compress(b"x" * 900_000)) for _ in range(100)),
        chunk(b"tEXt", b"large\0" + b"x" * 5_000_000),
        chunk(b"iCCP", b"broken\0\0no profile"),
    ],
    ids=["profile", "packed text", "international text", "many texts", "text", "broken profile"],
)
def test_large_profiles_and_texts_of_a_png_are_no_damage(large):
    data = saved("PNG")
    content = look(data[:33] + large + data[33:])
    assert (content.problem, content.damage, content.width) == (None, None, 320)
    spoilt = data[:-20] + b"?" + data[-19:]
    assert look(spoilt[:33] + large + spoilt[33:]).is_broken("PNG")


def test_two_large_profiles_are_not_the_same_picture():
    data = saved("PNG")
    one, other = (
        data[:33] + chunk(b"iCCP", b"large\0\0" + zlib.compress(random.Random(seed).randbytes(2_000_000))) + data[33:]
        for seed in (1, 2)
    )
    assert pixels_of(one, "x") != pixels_of(other, "x")
    assert pixels_of(one, "x") == pixels_of(one, "x")


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "AVIF", "GIF"])
def test_a_decoder_that_gives_up_is_told_in_plain_words(form, monkeypatch):
    data = saved(form)
    with pytest.raises(Exception, match="image") as told, opened(data, "x"):
        raise OSError("broken data stream when reading image file\nlibrary error -9")
    assert str(told.value) == f"x: it begins like {spoken(form)} image, but cannot be decoded"


def test_a_lack_of_memory_is_no_damage(monkeypatch):
    def refuse(self: object) -> None:
        raise MemoryError

    monkeypatch.setattr("PIL.JpegImagePlugin.JpegImageFile.load", refuse, raising=False)
    content = look(saved("JPEG"))
    assert (content.problem, content.damage) == ("there is not enough memory to decode it", None)


@pytest.mark.promise("I2")
@pytest.mark.parametrize(
    ("start", "form"),
    [
        (b"gimp xcf v011\0", "XCF"),
        (b"\0\0\1\0\1\0 " + bytes(9), "ICO"),
        (b"II\xbc\x01" + bytes(9), "JXR"),
        (b"FUJIFILMCCD-RAW 0201", "RAF"),
        (b"IIU\0" + bytes(9), "RW2"),
        (b"IIRO" + bytes(9), "ORF"),
    ],
)
def test_pictures_of_editors_and_cameras_are_recognised(start, form):
    content = look(start + bytes(100) + b"data")
    assert (content.format, content.damage) == (form, None)
    assert "cannot decode" in (content.problem or "")


def test_texts_and_films_are_of_no_format():
    for data in (
        b"BM is how this text begins",
        b"RIFF\x10\0\0\0AVI LIST",
        b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom",
        b"II?",
    ):
        assert format_of(data) is None
