"""What lies behind the picture in a file, by bytes as cameras and phones write them."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pinplan.duplicates.decode import pixels_of
from pinplan.formats.appended import NOTHING, appended_to

SAMPLES = sorted((Path(__file__).parents[2] / "fixtures" / "images").glob("*.*"))
FILM = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"\0\0\0\x08free" + b"\0\0\0\x0cmdatfilm"
FORMS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF")


def saved(form: str, shade: int = 90, level: int = 6) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), (shade, 120, 30)).save(file, form, compress_level=level)
    return file.getvalue()


GAIN_MAP = saved("JPEG")[:20] + b'\xff\xe1\0\x30http://ns.adobe.com/xap/1.0/\0hdrgm:Version="1.0"' + saved("JPEG")[20:]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("behind", "words"),
    [
        (FILM, "a film"),
        (GAIN_MAP, "a gain map"),
        (saved("JPEG"), "a second picture"),
        (saved("PNG"), "a second picture"),
        (GAIN_MAP + FILM, "a film and a gain map"),
        (b"something", "other data"),
    ],
)
def test_what_is_appended_is_named_and_tells_the_files_apart(form, behind, words):
    data = saved(form)
    assert appended_to(data + behind).words == words
    assert appended_to(data + behind + b"\0\0\n") == appended_to(data + behind)
    assert pixels_of(data + behind, "x") != pixels_of(data, "x")
    assert pixels_of(data + behind, "x") == pixels_of(data + b"\0" + behind, "x")


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_nothing_is_appended_to_what_other_programs_write_of_one_picture(path):
    assert appended_to(path.read_bytes()) == NOTHING


@given(st.sampled_from(FORMS), st.text("\0\n\r\t ", max_size=40))
def test_padding_is_nothing(form, padding):
    data = saved(form)
    assert appended_to(data + padding.encode()) == NOTHING


def test_the_same_film_behind_the_same_pixels_is_the_same():
    one, other = (saved("PNG", level=level) + FILM for level in (1, 9))
    assert pixels_of(one, "x") == pixels_of(other, "x")
    assert appended_to(saved("PNG") + FILM) == appended_to(saved("JPEG", 3) + FILM)


def test_a_gain_map_inside_an_avif_is_seen():
    data = saved("AVIF")
    at = data.index(b"infe")
    # One more item of its list, as encoders of ISO 21496-1 write it; the sizes of the boxes around it do not matter here.
    with_map = data[: at + 4] + data[at + 4 : at + 12] + b"tmap" + data[at + 16 :]
    found = appended_to(with_map)
    assert found.words == "a gain map"
    assert found != appended_to(with_map + b"\0")


@pytest.mark.parametrize("form", FORMS)
def test_of_a_damaged_file_and_of_no_picture_nothing_is_said(form):
    assert appended_to(saved(form)[:-30]) == NOTHING
    assert appended_to(b"") == appended_to(b"hello" * 9) == NOTHING
    assert appended_to(b"BM" + saved("BMP")[2:] + FILM) == NOTHING  # a format that does not say where it ends
