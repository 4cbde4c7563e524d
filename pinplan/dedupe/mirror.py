"""Mirror images: the difference hash of one can be had from that of the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

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


def mirrored_pairs(hashes: NDArray[np.uint64], radius: int) -> list[tuple[int, int]]:
    """Pairs of indices, the smaller first, of which one hash is within reach of the mirror of the other."""
    import numpy as np  # noqa: PLC0415 - asked for only by those who look for mirror images

    from pinplan.dedupe.neighbours import near  # noqa: PLC0415 - as above

    count = len(hashes)
    turned = np.frombuffer(hashes.astype(">u8").tobytes().translate(_TURNED), dtype=">u8").astype(np.uint64)
    found = near(np.concatenate([hashes, turned]), radius)
    heaps: dict[int, list[int]] = {}
    for index, first in enumerate(found.same.tolist()):
        heaps.setdefault(first, []).append(index)
    near_heaps = [(heap, heap) for heap in heaps.values()]
    near_heaps += [(heaps[one], heaps[other]) for one, other in found.pairs.tolist()]
    pairs = {
        (min(one % count, other % count), max(one % count, other % count))
        for ones, others in near_heaps
        for one in ones
        for other in others
        if (one < count) != (other < count) and one % count != other % count
    }
    return sorted(pairs)
