"""BMP: a header, a palette, and rows of pixels."""

from __future__ import annotations

from pinplan.formats.reading import CUT, Seen, number


def walk(data: bytes, seen: Seen) -> None:
    """Check that the pixels are inside the file; the declared length is unreliable and used only if decoding fails."""
    start, header = number(data, 10, 4, "little"), number(data, 14, 4, "little")
    # The OS/2 header has 16-bit sizes; in all later ones they have 32 bits.
    if header == 12:
        width, height, bits = (number(data, at, 2, "little") for at in (18, 20, 24))
    else:
        width, height = number(data, 18, 4, "little"), _signed(number(data, 22, 4, "little"))
        bits = number(data, 28, 2, "little")
    seen.size = width, height
    # Run-length encoded: the size of the rows is unknown, so the declared file length must do.
    packed = header != 12 and number(data, 30, 4, "little") in {1, 2}
    rows = number(data, 2, 4, "little") if packed else start + (width * bits + 31) // 32 * 4 * height
    if rows > len(data):
        seen.if_undecodable = CUT


def _signed(height: int) -> int:
    """Read a signed height: negative means top-down rows."""
    return min(height, (1 << 32) - height)
