"""Shared parts of the walks through formats: numbers, damage, and what has been seen so far."""

from __future__ import annotations

CUT = "it is cut off: its end is missing"
BROKEN = "its picture data are broken"
# Ten times what libwebp was seen to write, and a few bytes for tiny pictures.
_CODED_PIXELS = 1024
_LEAST_RUN = 64


class Damaged(Exception):
    """The bytes show damage."""

    def __init__(self, reason: str) -> None:
        """Keep the reason, in words."""
        self.reason = reason
        super().__init__(reason)


class Seen:
    """The progress of a walk; it stops at damage.

    Attributes:
        size: width and height, of the largest frame.
        bytes_per_pixel: of a decoded frame in memory. Pillow keeps red, green and blue in four bytes.
        end: where the picture ends, for formats that say so.
        if_undecodable: the damage to report if the decoder fails; None if the decoder may not know every variant of the format.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self.size: tuple[int, int] | None = None
        self.bytes_per_pixel = 4
        self.end: int | None = None
        self.if_undecodable: str | None = None

    def grow(self, width: int, height: int) -> None:
        """Record a frame."""
        before = self.size or (0, 0)
        self.size = max(before[0], width), max(before[1], height)

    @property
    def pixels(self) -> int:
        """Pixels of the largest frame so far."""
        return self.size[0] * self.size[1] if self.size is not None else 0


def part(data: bytes, at: int, length: int) -> bytes:
    """Exactly ``length`` bytes. Raises `Damaged` if the file ends before."""
    if at < 0 or at + length > len(data):
        raise Damaged(CUT)
    return data[at : at + length]


def number(data: bytes, at: int, length: int, order: str = "big") -> int:
    """An unsigned number. Raises `Damaged` if the file ends before."""
    return int.from_bytes(part(data, at, length), "little" if order == "little" else "big")


class Cursor:
    """A position in the bytes that advances as numbers are read."""

    def __init__(self, data: bytes, at: int, order: str = "big") -> None:
        """Start at an offset."""
        self._data, self.at, self._order = data, at, order

    def number(self, length: int) -> int:
        """The next unsigned number. Raises `Damaged` if the file ends before."""
        self.at += length
        return number(self._data, self.at - length, length, self._order)


def check_not_blanked(payload: bytes, seen: Seen) -> None:
    """Raises `Damaged` if compressed data end in more zeros than any picture of this size does.

    After a power failure a file may hold zeros in place of data, which arithmetic decoders take for a picture. A one-colour picture has some
    zeros as well: one per about 10,000 pixels (measured with libwebp; libavif writes none).
    """
    # Only at the end: within compressed data a run of zeros is possible.
    zeros = len(payload) - len(payload.rstrip(b"\0"))
    if zeros > seen.pixels // _CODED_PIXELS + _LEAST_RUN:
        raise Damaged(f"its last {zeros:,} bytes are nothing but zeros")
