"""TIFF: directories of tags that locate strips and tiles (TIFF 6.0, section 2; BigTIFF)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from pinplan.formats.reading import CUT, Damaged, Seen, number, part

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDTH, _HEIGHT, _STRIPS, _STRIP_SIZES, _TILES, _TILE_SIZES = 256, 257, 273, 279, 324, 325
_WANTED = {_WIDTH, _HEIGHT, _STRIPS, _STRIP_SIZES, _TILES, _TILE_SIZES}
_TYPES = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}
_MOST_DIRECTORIES, _MOST_VALUES = 1000, 100_000


class _Layout(NamedTuple):
    """The width of numbers, which differs between TIFF and BigTIFF."""

    order: str
    entries: int
    offset: int


def walk(data: bytes, seen: Seen) -> None:
    """Walk the directories; strips outside the file matter only if decoding fails."""
    order = "little" if data[:2] == b"II" else "big"
    big = number(data, 2, 2, order) == 43
    layout = _Layout(order, 8, 8) if big else _Layout(order, 2, 4)
    at = number(data, 8 if big else 4, layout.offset, order)
    behind: set[int] = set()
    # Directories are a linked list: a crafted file may close it into a ring.
    while at and at not in behind and len(behind) < _MOST_DIRECTORIES:
        behind.add(at)
        at = _directory(data, at, layout, seen)
    if seen.size is None:
        raise Damaged("it has no picture")


def _directory(data: bytes, at: int, layout: _Layout, seen: Seen) -> int:
    """Read one directory; return the offset of the next."""
    order, wide = layout.order, layout.offset
    entries, at = number(data, at, layout.entries, order), at + layout.entries
    found: dict[int, Sequence[int]] = {}
    for _ in range(entries):
        tag = number(data, at, 2, order)
        if tag in _WANTED and tag not in found:
            found[tag] = _values(data, at, layout)
        at += 4 + 2 * wide
    size = [(found.get(tag) or [0])[0] for tag in (_WIDTH, _HEIGHT)]
    if min(size) > 0:
        seen.grow(size[0], size[1])
    for places, sizes in ((_STRIPS, _STRIP_SIZES), (_TILES, _TILE_SIZES)):
        ends = map(sum, zip(found.get(places, ()), found.get(sizes, ()), strict=False))
        # Not damage by itself: decoders pad the last strip, and some writers declare it too long.
        if any(end > len(data) for end in ends):
            seen.if_undecodable = CUT
    return number(data, at, wide, order)


def _values(data: bytes, at: int, layout: _Layout) -> Sequence[int]:
    """The values of a tag: in its entry if they fit, otherwise elsewhere in the file."""
    order, wide = layout.order, layout.offset
    code = _TYPES.get(number(data, at + 2, 2, order))
    if code is None:
        return ()
    read = struct.Struct(
        f"{'<' if order == 'little' else '>'}{min(number(data, at + 4, wide, order), _MOST_VALUES)}{code}"
    )
    at += 4 + wide
    if read.size > wide:
        at = number(data, at, wide, order)
    return read.unpack(part(data, at, read.size))
