"""What a file holds behind its picture: a film (motion photo), a gain map (HDR), a second picture, or data of another kind.

Sources: CIPA DC-007 (MPF), Android "Ultra HDR" and "Motion photo" format specifications, ISO 21496-1 (gain maps).
"""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple

from pinplan.formats.signatures import format_of
from pinplan.formats.structure import structure_of

_PADDING = b"\0\t\n\r "
"""What programs fill up a file with, or end it with."""
_KINDS = (
    ("a film", re.compile(rb"ftyp[a-zA-Z0-9 ]{4}|MotionPhoto_Data|mpvd")),
    ("a gain map", re.compile(rb"hdr-?gain-?map|hdrgm", re.IGNORECASE)),
    ("a second picture", re.compile(rb"\xff\xd8\xff[\xdb\xe0-\xef]|\x89PNG\r\n")),
)
_GAIN_MAP_ITEM = re.compile(rb"infe.{8,10}tmap", re.DOTALL)
"""An item of the type ``tmap``: a box with version and flags, id and protection before the type (ISO 14496-12, 8.11.6)."""
_ITEMS_WITHIN = 65_536


class Appended(NamedTuple):
    """What lies behind a picture.

    Attributes:
        kinds: in words; empty if there is nothing.
        digest: of its bytes; empty if there is nothing.
    """

    kinds: tuple[str, ...] = ()
    digest: bytes = b""

    @property
    def words(self) -> str:
        """All kinds: ``"a film and a gain map"``."""
        return " and ".join(self.kinds)


NOTHING = Appended()


def appended_to(data: bytes) -> Appended:
    """What lies behind the picture in an image file. Nothing where its format does not say where it ends."""
    form = format_of(data)
    end = structure_of(form, data).end if form is not None else None
    if end is None:
        return NOTHING
    if form in {"AVIF", "HEIC", "HEIF"} and _GAIN_MAP_ITEM.search(data, 0, _ITEMS_WITHIN):
        # Both pictures lie in one box: only the same file has the same gain map.
        return Appended(("a gain map",), hashlib.sha256(data).digest())
    rest = data[end:].strip(_PADDING)
    if not rest:
        return NOTHING
    kinds = tuple(name for name, sign in _KINDS if sign.search(rest))
    # A gain map is a picture as well: named once.
    if "a gain map" in kinds:
        kinds = tuple(name for name in kinds if name != "a second picture")
    return Appended(kinds or ("other data",), hashlib.sha256(rest).digest())
