"""Texts that a picture carries about itself: title, description, artist, copyright and date, for those who ask for them by name.

From Exif (2.32, table 4; Windows' own XP tags), from Dublin Core in XMP, and from PNG text chunks (PNG specification section 11.3.3), in this order.
"""

from __future__ import annotations

import html
import re
import struct
from typing import TYPE_CHECKING, Any

from pinplan.errors import ImageRefused
from pinplan.formats.decoding import opened

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_LENGTH = 4000
_EXIF_IFD, _TAKEN = 0x8769, 0x9003
_TAGS = {"title": (0x9C9B,), "description": (0x010E, 0x9C9C), "artist": (0x013B, 0x9C9D), "copyright": (0x8298,)}
_XP = range(0x9C9B, 0x9CA0)
"""Tags with UTF-16 in them."""
_DUBLIN_CORE = {"title": "title", "description": "description", "artist": "creator", "copyright": "rights"}
_PNG_KEYS = {"title": "Title", "description": "Description", "artist": "Author", "copyright": "Copyright"}


def texts_in(data: bytes) -> dict[str, str]:
    """The texts of a picture by name: title, description, artist, copyright, date; only those that it has."""
    try:
        with opened(data, "") as image:
            found = dict(_found(image))
    # What a picture says of itself can be broken in as many ways as there are programs; its pixels are good.
    except (ImageRefused, OSError, ValueError, TypeError, KeyError, SyntaxError, struct.error):
        return {}
    return {name: text for name, text in found.items() if text}


def _found(image: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - Pillow's image, whose Exif is untyped
    exif = image.getexif()
    xmp = image.info.get("xmp", b"")
    packet = xmp.decode("utf-8", "replace") if isinstance(xmp, bytes) else str(xmp)
    for name, tags in _TAGS.items():
        of_exif = (_text(exif.get(tag), wide=tag in _XP) for tag in tags)
        candidates = (*of_exif, _in_packet(packet, _DUBLIN_CORE[name]), _text(image.info.get(_PNG_KEYS[name])))
        yield name, next(filter(None, candidates), "")
    yield "date", _text(exif.get_ifd(_EXIF_IFD).get(_TAKEN)).partition(" ")[0].replace(":", "-")


def _in_packet(packet: str, name: str) -> str:
    """The first value of a property of Dublin Core."""
    found = re.search(rf"<dc:{name}>.{{0,200}}?<rdf:li[^>]{{0,100}}>([^<]*)</rdf:li>", packet, re.DOTALL)
    return _text(html.unescape(found[1])) if found else ""


def _text(value: object, *, wide: bool = False) -> str:
    """A value as one line of text."""
    if isinstance(value, tuple):
        value = bytes(value)
    if isinstance(value, bytes):
        value = value.decode("utf-16-le" if wide else "utf-8", "replace")
    text = value if isinstance(value, str) else ""
    return " ".join("".join(one if one.isprintable() else " " for one in text[:MAX_LENGTH]).split())
