"""Mirror images: the difference hash of one can be had from that of the other."""

from __future__ import annotations

_SIDE, _BYTES = 16, 3
_TURNED = bytes(int(f"{byte:08b}"[::-1], 2) ^ 0xFF for byte in range(256))
"""A row of a difference hash, as it is in the mirror: its bits the other way round, and each its opposite."""


def mirrored_hash(dhash: int) -> int:
    """The difference hash that the mirror image has, where no two neighbouring pixels are the same."""
    return int.from_bytes(dhash.to_bytes(8).translate(_TURNED))


def mirror_of_thumb(thumb: bytes) -> bytes:
    """16×16 pixels of three bytes, the other way round."""
    width = _SIDE * _BYTES
    rows = (thumb[start : start + width] for start in range(0, len(thumb), width))
    return b"".join(row[at : at + _BYTES] for row in rows for at in range(width - _BYTES, -1, -_BYTES))
