"""Remove what a file says about its camera, place and author, without touching its pixels, colours or orientation.

Kept: the picture data, the colour profile, and the orientation, in an Exif block that holds nothing else. Dropped: all other Exif data (GPS position,
camera, thumbnail), XMP, IPTC, comments and texts, and whatever lies behind the picture (films and second pictures have metadata of their own).
Sources: ITU T.81 annex B, Exif 2.32 section 4.7, PNG specification section 11.
"""

from __future__ import annotations

import re
import zlib
from typing import Literal

from pinplan.formats.reading import number, part

_MARKER = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")
_START, _END, _SCAN, _COMMENT = 0xD8, 0xD9, 0xDA, 0xFE
_JFIF, _EXIF, _PROFILE, _ADOBE = 0xE0, 0xE1, 0xE2, 0xEE
_NO_LENGTH = {0x01, _START}
_JFIF_BYTES = 12
"""Identifier, version and density; behind them a thumbnail may follow."""
_ORIENTATION = 0x0112
_PNG_CHUNKS = frozenset(
    {
        b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"sBIT", b"pHYs", b"bKGD",
        b"mDCV", b"cLLI",
    }
)  # fmt: skip


def without_metadata(form: str, data: bytes) -> bytes:
    """The same picture without metadata; ``form`` is ``"JPEG"`` or ``"PNG"``, and the file is complete."""
    return _jpeg(data) if form == "JPEG" else _png(data)


def _jpeg(data: bytes) -> bytes:
    kept, at, turned, scans = [data[:2]], 2, 1, False
    while (found := _MARKER.search(data, at)) is not None:
        # Behind a scan these are its coded data; elsewhere decoders skip stray bytes.
        kept += [data[at : found.start()]] if scans else []
        code, at = found[1][0], found.end()
        if code in _NO_LENGTH or code == _END:
            kept.append(found[0])
            if code == _END:
                break
            continue
        segment = part(data, at, number(data, at, 2))
        at += len(segment)
        scans = scans or code == _SCAN
        if code == _EXIF and segment[2:8] == b"Exif\0\0":
            turned = _orientation(segment[8:])
        elif (payload := _kept_segment(code, segment[2:])) is not None:
            kept.append(_segment(code, payload))
    exif = [_segment(_EXIF, b"Exif\0\0" + _only_orientation(turned))] if turned != 1 else []
    # JFIF must come first.
    first = 2 if kept[1:2] and kept[1][:2] == b"\xff\xe0" else 1
    return b"".join([*kept[:first], *exif, *kept[first:]])


def _kept_segment(code: int, payload: bytes) -> bytes | None:
    """What is kept of a segment; None if it is dropped."""
    if code == _JFIF:
        return payload[:_JFIF_BYTES] + b"\0\0" if payload.startswith(b"JFIF\0") else None
    if code == _PROFILE:
        return payload if payload.startswith(b"ICC_PROFILE\0") else None
    # How the colours are coded: without it they are wrong.
    if code == _ADOBE:
        return payload
    return None if _JFIF <= code <= 0xEF or code == _COMMENT else payload


def _segment(code: int, payload: bytes) -> bytes:
    return bytes((0xFF, code)) + (len(payload) + 2).to_bytes(2, "big") + payload


def _png(data: bytes) -> bytes:
    kept, at, name, turned = [data[:8]], 8, b"", 1
    while name != b"IEND":
        length, name = number(data, at, 4), part(data, at + 4, 4)
        chunk = part(data, at, length + 12)
        at += len(chunk)
        if name == b"eXIf":
            turned = _orientation(chunk[8:-4])
        elif name in _PNG_CHUNKS:
            kept.append(chunk)
    exif = [_chunk(b"eXIf", _only_orientation(turned))] if turned != 1 else []
    # Behind the header, before the pixels: where every reader has to find it.
    return b"".join([*kept[:2], *exif, *kept[2:]])


def _chunk(name: bytes, payload: bytes) -> bytes:
    return len(payload).to_bytes(4, "big") + name + payload + zlib.crc32(name + payload).to_bytes(4, "big")


def _orientation(tiff: bytes) -> int:
    """The orientation in Exif data, 1 to 8; 1 (upright) if there is none to be understood."""
    if tiff[:2] not in {b"II", b"MM"}:
        return 1
    order: Literal["little", "big"] = "little" if tiff[:2] == b"II" else "big"
    at = int.from_bytes(tiff[4:8], order)
    entries = int.from_bytes(tiff[at : at + 2], order)
    for place in range(at + 2, at + 2 + 12 * entries, 12):
        if int.from_bytes(tiff[place : place + 2], order) == _ORIENTATION:
            found = int.from_bytes(tiff[place + 8 : place + 10], order)
            return found if 1 <= found <= 8 else 1
    return 1


def _only_orientation(turned: int) -> bytes:
    """Exif data with one entry: an unsigned short, in the first half of its four bytes."""
    entry = b"".join(n.to_bytes(size, "big") for n, size in ((_ORIENTATION, 2), (3, 2), (1, 4), (turned, 2), (0, 2)))
    return b"MM\0*\0\0\0\x08\0\x01" + entry + bytes(4)
