"""What a picture says of itself, for titles and descriptions."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from pinplan.formats.picture_texts import MAX_LENGTH, texts_in

XMP = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">Rom &amp; me</rdf:li></rdf:Alt></dc:title>
<dc:creator><rdf:Seq><rdf:li>Anna</rdf:li></rdf:Seq></dc:creator></rdf:Description></rdf:RDF></x:xmpmeta>"""


def saved(form: str = "JPEG", **how: Any) -> bytes:
    with io.BytesIO() as file:
        Image.new("RGB", (8, 8)).save(file, form, **how)
        return file.getvalue()


def exif(tags: dict[int, Any], taken: str = "") -> Image.Exif:
    made = Image.Exif()
    for tag, value in tags.items():
        made[tag] = value
    if taken:
        made.get_ifd(0x8769)[0x9003] = taken
    return made


def test_exif_comes_first():
    tags: dict[int, Any] = {0x010E: "A dune", 0x013B: "Bob", 0x8298: "(c) Bob", 0x9C9B: "Düne\0".encode("utf-16-le")}
    assert texts_in(saved(exif=exif(tags, "2024:05:06 07:08:09"), xmp=XMP)) == {
        "title": "Düne",
        "description": "A dune",
        "artist": "Bob",
        "copyright": "(c) Bob",
        "date": "2024-05-06",
    }


def test_then_dublin_core_and_png_texts():
    assert texts_in(saved(xmp=XMP)) == {"title": "Rom & me", "artist": "Anna"}
    told = PngImagePlugin.PngInfo()
    for key, text in (("Title", "A  PNG\n"), ("Author", "Eve"), ("Description", "x" * 9000)):
        told.add_text(key, text)
    found = texts_in(saved("PNG", pnginfo=told))
    assert (found["title"], found["artist"], len(found["description"])) == ("A PNG", "Eve", MAX_LENGTH)


def test_a_picture_without_texts_has_none():
    assert texts_in(saved()) == {}
    assert texts_in(b"") == {}
    assert texts_in(b"no picture") == {}


@given(st.binary(max_size=200))
def test_whatever_is_in_a_block_nothing_fails(junk):
    assert isinstance(texts_in(saved(exif=b"Exif\0\0" + junk)), dict)
    assert isinstance(texts_in(saved(xmp=junk)), dict)


@pytest.mark.parametrize("tag", [0x010E, 0x013B, 0x8298])
def test_numbers_are_no_texts(tag):
    assert all(isinstance(text, str) for text in texts_in(saved(exif=exif({tag: 7}))).values())
