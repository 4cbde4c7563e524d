"""Looking into files: only complete images pass; nothing that a file holds raises, warns or fills the memory."""

from __future__ import annotations

import hashlib
import io
import os
import struct
import tempfile
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pinplan.disk import images
from pinplan.disk.images import inspect_handle
from pinplan.formats import decoding
from pinplan.model.ids import Sha256
from pinplan.model.images import Content

FORMATS = ["JPEG", "PNG", "GIF", "WEBP", "AVIF", "BMP", "TIFF"]
ANIMATED = ["GIF", "WEBP", "AVIF", "PNG", "TIFF"]


def look(data: bytes) -> Content:
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        os.lseek(file.fileno(), 0, os.SEEK_SET)
        size, content = inspect_handle(file.fileno())
    assert size == len(data)
    assert content.sha256 == hashlib.sha256(data).hexdigest()
    return content


@lru_cache
def picture(form: str, frames: int = 1, width: int = 60, height: int = 40) -> bytes:
    """Noise, so that every byte of the file counts."""
    made = [Image.effect_noise((width, height), 90.0 + frame).convert("RGB") for frame in range(frames)]
    file = io.BytesIO()
    if frames > 1:
        made[0].save(file, form, save_all=True, append_images=made[1:])
    else:
        made[0].save(file, form)
    return file.getvalue()


def png_of(width: int, height: int) -> bytes:
    """A PNG that announces a size, and holds next to nothing."""
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)), (b"IDAT", zlib.compress(b"\0" * 99))]
    body = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in [*chunks, (b"IEND", b"")]
    )
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize("form", FORMATS)
def test_a_good_image_is_measured(form):
    content = look(picture(form))
    assert (content.problem, content.width, content.height, content.format) == (None, 60, 40, form)


@pytest.mark.parametrize("form", ANIMATED)
def test_an_animation_is_measured(form):
    content = look(picture(form, frames=4))
    assert (content.problem, content.width, content.height, content.format) == (None, 60, 40, form)


@pytest.mark.promise("I19")
@pytest.mark.parametrize(("form", "frames"), [(form, 1) for form in FORMATS] + [(form, 4) for form in ANIMATED])
def test_an_image_that_is_cut_anywhere_is_refused(form, frames):
    data = picture(form, frames)
    passed = [length for length in range(0, len(data) - 20, 97) if look(data[:length]).problem is None]
    assert passed == []


@pytest.mark.promise("I19")
def test_an_animation_cut_between_two_frames_is_refused():
    file = io.BytesIO()
    first, second = (Image.effect_noise((60, 40), 90.0) for _ in range(2))
    first.save(file, "GIF", save_all=True, append_images=[second], duration=50)
    data = file.getvalue()
    graphic_control = data.rindex(b"\x21\xf9\x04")
    assert look(data).problem is None
    cut = look(data[:graphic_control])
    assert (cut.problem, cut.damage) == ("it is cut off: its end is missing",) * 2
    assert look(data + b"\x21\xfe tail").problem is None


@pytest.mark.promise("I19")
@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "it is empty"),
        (b"<!DOCTYPE html><html>", "it is a page of text, not an image"),
        (b"\xef\xbb\xbf \n<HTML>", "it is a page of text, not an image"),
        (b"<?xml version='1.0'?><Error/>", "it is a page of text, not an image"),
        (b"<svg xmlns='x'/>", "it is a page of text, not an image"),
        (b'{"code": 7}', "it is not an image"),
        (b"\0" * 5000, "it holds nothing but zeros"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "it is not an image"),
        (b"BM, said the text", "it is not an image"),
        (b"\xff\xd8\xff", "it is cut off: its end is missing"),
        (b"\xff\x0a\xfa\x1f\x01" * 9, "it is a JPEG XL image, which pinplan cannot decode"),
    ],
)
def test_what_is_no_image_is_told(data, problem):
    assert look(data).problem == problem


@pytest.mark.promise("I19")
@pytest.mark.parametrize("size", [(10_000, 10_000), (20_000, 20_000), (100_000, 100_000)])
def test_a_decompression_bomb_is_not_decoded(size):
    assert look(png_of(*size)).problem == "it has fewer pixels than it declares"


@pytest.mark.promise("I19")
def test_what_takes_too_much_memory_is_not_decoded_though_it_is_whole(monkeypatch):
    """16 MB of memory in the test stand for the gigabyte: the header is read, and no more."""
    monkeypatch.setattr(decoding, "MAX_MEMORY", 16 * 1024 * 1024)
    monkeypatch.setattr(decoding, "_open", lambda *_: pytest.fail("it was opened"))
    file = io.BytesIO()
    Image.new("RGB", (3000, 2000), "navy").save(file, "JPEG")
    content = look(file.getvalue())
    assert content.problem == "too large to decode: 3000×2000 takes 0.0 GB of memory"
    assert (content.damage, content.format, content.width, content.height) == (None, "JPEG", 3000, 2000)


@pytest.mark.promise("I19")
def test_a_photograph_of_100_megapixels_is_decoded_one_at_a_time():
    file = io.BytesIO()
    Image.new("L", (16_000, 9_000), 90).save(file, "JPEG", quality=30)
    assert decoding.LARGE < 16_000 * 9_000
    busy = threading.Event()
    with decoding._one_large:

        def work() -> None:
            look(file.getvalue())
            busy.set()

        thread = threading.Thread(target=work)
        thread.start()
        assert not busy.wait(0.3)
    thread.join()
    assert busy.is_set()
    assert look(file.getvalue()) == Content(
        sha256=Sha256(hashlib.sha256(file.getvalue()).hexdigest()), width=16_000, height=9_000, format="JPEG"
    )


@pytest.mark.promise("I19")
def test_an_animation_of_too_many_pixels_is_not_decoded(monkeypatch):
    monkeypatch.setattr(images, "MAX_PIXELS_OF_ALL_FRAMES", 3 * 60 * 40)
    assert look(picture("GIF", frames=3)).problem is None
    assert look(picture("GIF", frames=4)).problem == "too large to decode: 60×40 in 4 frames"


@pytest.mark.promise("I19")
def test_a_later_page_that_is_too_large_is_not_decoded(monkeypatch):
    monkeypatch.setattr(decoding, "MAX_MEMORY", 4 * 60 * 40)
    file = io.BytesIO()
    Image.new("L", (10, 10)).save(file, "TIFF", save_all=True, append_images=[Image.new("L", (61, 40))])
    assert (look(file.getvalue()).problem or "").startswith("too large to decode: 61×40 takes")


def test_a_huge_file_is_not_kept_in_memory(monkeypatch):
    monkeypatch.setattr(images, "MAX_BYTES", 1024 * 1024)
    assert look(b"\xff\xd8\xff" + b"x" * (1024 * 1024)).problem == "larger than 1 MB"


def test_a_jpeg_with_more_pictures_behind_it_is_a_jpeg():
    first, second = (Image.new("RGB", (60, 40), colour) for colour in ("red", "blue"))
    file = io.BytesIO()
    first.save(file, "MPO", save_all=True, append_images=[second])
    whole = look(file.getvalue())
    assert (whole.problem, whole.format) == (None, "JPEG")
    cut = look(file.getvalue()[: file.getvalue().index(b"\xff\xd9") + 2])
    assert (cut.problem, cut.format) == (None, "JPEG")


@pytest.mark.parametrize("form", FORMATS)
@settings(max_examples=80)
@given(st.data())
def test_no_damage_makes_it_raise_or_warn(form, data):
    frames = data.draw(st.sampled_from([1, 3])) if form in ANIMATED else 1
    whole = bytearray(picture(form, frames))
    places = st.one_of(st.integers(0, min(400, len(whole) - 1)), st.integers(0, len(whole) - 1))
    for place, value in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), min_size=1, max_size=8)):
        whole[place] = value
    content = look(bytes(whole))
    assert content.damage is None or content.problem is not None
    assert "\n" not in (content.problem or "")
    assert content.problem is not None or content.width is not None


@given(
    st.sampled_from([b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF", b"BM", b"II*\0", b""]), st.binary()
)
def test_nothing_but_the_first_bytes_is_never_an_image(start, rest):
    assert look(start + rest).problem is not None


def test_many_threads_look_at_once():
    good, bad = picture("JPEG"), png_of(10_000, 10_000)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(look, [good, bad] * 50))
    assert [one.problem is None for one in found] == [True, False] * 50
