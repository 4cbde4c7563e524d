"""GIF: blocks of sub-blocks, ended by a trailer (GIF89a specification, appendix A)."""

from __future__ import annotations

from pinplan.formats.reading import BROKEN, CUT, Damaged, Seen, number

_EXTENSION, _IMAGE, _TRAILER = 0x21, 0x2C, 0x3B


def walk(data: bytes, seen: Seen) -> None:
    """Walk the blocks up to the trailer; ignore data after it."""
    seen.size = number(data, 6, 2, "little"), number(data, 8, 2, "little")
    seen.if_undecodable = BROKEN  # the format has no variants that a decoder may not know
    # Signature and screen descriptor: 6 and 7 bytes.
    at = 13 + _palette(number(data, 10, 1))
    images = 0
    while (kind := number(data, at, 1)) != _TRAILER:
        if kind == _EXTENSION:
            at = _behind_sub_blocks(data, at + 2)
        elif kind == _IMAGE:
            images += 1
            left, top, width, height = (number(data, at + place, 2, "little") for place in (1, 3, 5, 7))
            # Frames may exceed the declared screen; Pillow enlarges the image for them.
            seen.grow(left + width, top + height)
            at = _behind_sub_blocks(data, at + 11 + _palette(number(data, at + 9, 1)))
        elif kind == 0:
            at += 1  # some programs end a block twice
        else:
            raise Damaged("one of its blocks is broken")
    seen.end = at + 1
    # A trailer alone is well-formed, but shows nothing.
    if not images:
        raise Damaged("it has no picture data")


def _palette(flags: int) -> int:
    """Bytes of a colour table."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _behind_sub_blocks(data: bytes, at: int) -> int:
    size = len(data)
    while at < size and data[at]:
        at += data[at] + 1
    if at >= size:
        raise Damaged(CUT)
    return at + 1
