"""AVIF and HEIC: files of boxes (ISO 14496-12; ISO 23008-12 for pictures in them)."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from pinplan.formats.reading import CUT, Cursor, Damaged, Seen, check_not_blanked, number, part

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOP = {b"meta", b"moov", b"mdat", b"moof", b"free", b"skip", b"uuid", b"udta"}
_MOST_EXTENTS = 100_000


def walk(data: bytes, seen: Seen) -> None:
    """Walk the boxes, then check that all picture data is inside the file."""
    whole = False
    meta: tuple[int, int] | None = None
    for name, start, end in each_box(data, 0, len(data), outermost=True):
        if whole and name not in _TOP:
            break  # data after the end of the image, such as another file
        if end > len(data):
            raise Damaged(CUT)
        if name == b"meta":
            # A full box: version and flags precede its contents.
            meta = start + 4, end
            _measure(data, meta, seen)
            if seen.size is None:
                raise Damaged("its header is broken")
        if name == b"mdat":
            check_not_blanked(data[start:end], seen)
        whole = whole or name in {b"meta", b"moov"}
        seen.end = end
    if not whole:
        raise Damaged(CUT)
    looked_at = 0
    for start, length in islice(_extents(data, meta), _MOST_EXTENTS) if meta is not None else ():
        payload = part(data, start, length)
        looked_at += length
        if looked_at <= len(data):  # a crafted file may name the same bytes over and over
            check_not_blanked(payload, seen)


def each_box(data: bytes, at: int, end: int, *, outermost: bool = False) -> Iterator[tuple[bytes, int, int]]:
    """Name and extent of each box; only an outermost one may be open-ended."""
    while at + 8 <= end:
        size, name, head = number(data, at, 4), part(data, at + 4, 4), 8
        # A 64-bit size follows the name.
        if size == 1:
            size, head = number(data, at + 8, 8), 16
        elif size == 0 and outermost:
            size = end - at
        yield name, at + head, at + max(size, head)
        if size < head:
            raise Damaged("one of its boxes is broken")
        at += size


def _inside(data: bytes, box: tuple[int, int], *path: bytes) -> Iterator[tuple[int, int]]:
    for name, start, end in each_box(data, *box):
        if name == path[0] and end <= box[1]:
            if len(path) == 1:
                yield start, end
            else:
                yield from _inside(data, (start, end), *path[1:])


def _measure(data: bytes, meta: tuple[int, int], seen: Seen) -> None:
    """Record the largest picture in the file: a grid is larger than its tiles."""
    sizes = [
        (number(data, start + 4, 4), number(data, start + 8, 4))
        for start, _ in _inside(data, meta, b"iprp", b"ipco", b"ispe")
    ]
    if sizes:
        seen.size = max(sizes, key=lambda size: size[0] * size[1])


def _extents(data: bytes, meta: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """The extents of picture data (box ``iloc``, ISO 14496-12, 8.11.3)."""
    for place, _ in _inside(data, meta, b"iloc"):
        read = Cursor(data, place)
        version, _flags = read.number(1), read.number(3)
        sizes, bases = read.number(1), read.number(1)
        # Version 2 widened the item ids to 32 bits; versions 1 and 2 added the construction method.
        wide = 4 if version >= 2 else 2
        for _item in range(read.number(wide)):
            read.number(wide)
            method = read.number(2) & 15 if version else 0
            read.number(2)
            base = read.number(bases >> 4)
            for _extent in range(read.number(2)):
                read.number(bases & 15 if version else 0)
                start, length = read.number(sizes >> 4), read.number(sizes & 15)
                # Other methods address bytes inside another box or item: nothing here to check.
                yield (base + start, length) if method == 0 else (0, 0)
