"""Pairs of pictures of which no hash is left: full of small things, as wrapping paper is, and of the same colours everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pinplan.duplicates.index import HashIndex
from pinplan.duplicates.limits import FLAT_COLOUR, MAX_ASPECT_DIFFERENCE, MAX_PDQ_OF_PATTERN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pinplan.model.similarity import Fingerprint

_ROWS = 64
"""Pictures that are compared with their neighbours at once."""


def near_patterns(pictures: Sequence[Fingerprint], *, most: int = 2000) -> HashIndex:
    """All pairs whose thumbnails and shapes agree, and whose PDQ hashes do not speak against it.

    Args:
        pictures: of different files.
        most: how many others each is compared with, those of the nearest brightness; `HashIndex.capped` are those that have more.
    """
    thumbs = np.frombuffer(b"".join(one.thumb for one in pictures), dtype=np.uint8).reshape(len(pictures), -1)
    means = thumbs.mean(axis=1)
    order = np.argsort(means, kind="stable")
    means, thumbs = means[order], thumbs[order]
    hashes = np.frombuffer(b"".join(pictures[place].pdq for place in order.tolist()), dtype=np.uint64)
    hashes = hashes.reshape(len(pictures), -1)
    shapes = np.array([pictures[place].width / pictures[place].height for place in order.tolist()])
    # Thumbnails that differ by so much on average differ by no more in their mean.
    ends = np.searchsorted(means, means + FLAT_COLOUR, side="right")
    capped = _beyond(ends, most)
    found = []
    for start in range(0, len(pictures), _ROWS):
        rows = np.arange(start, min(start + _ROWS, len(pictures)))
        others = np.arange(start + 1, min(int(ends[rows[-1]]), start + _ROWS + most))
        near = _near(hashes, shapes, rows, others)
        one, other = rows[near[0]], others[near[1]]
        apart = np.abs(thumbs[one].astype(np.int16) - thumbs[other]).mean(axis=1)
        found.append(np.stack([one, other], axis=1)[(one < other) & (apart <= FLAT_COLOUR)])
    pairs = np.sort(order[np.concatenate([np.empty((0, 2), dtype=np.int64), *found])], axis=1)
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    distances = np.zeros(len(pairs), dtype=np.uint8)
    return HashIndex(np.arange(len(pictures)), pairs, distances, np.sort(order[capped]))


def _beyond(ends: NDArray[np.int64], most: int) -> NDArray[np.bool_]:
    """Which have more neighbours than that, or are one too many for another."""
    places = np.arange(len(ends))
    full = np.flatnonzero(ends - places - 1 > most)
    edge = np.zeros(len(ends) + 1, dtype=np.int64)
    np.add.at(edge, full + most + 1, 1)
    np.add.at(edge, ends[full], -1)
    left_out: NDArray[np.bool_] = np.cumsum(edge[:-1]) > 0
    left_out[full] = True
    return left_out


def _near(
    hashes: NDArray[np.uint64], shapes: NDArray[np.float64], rows: NDArray[np.int64], others: NDArray[np.int64]
) -> tuple[NDArray[np.intp], ...]:
    """Positions in both of those that may be pairs."""
    bits = np.zeros((len(rows), len(others)), dtype=np.uint16)
    for word in range(hashes.shape[1]):
        bits += np.bitwise_count(hashes[rows, word][:, None] ^ hashes[others, word][None])
    ratio = shapes[rows][:, None] / shapes[others][None]
    alike = np.minimum(ratio, 1 / ratio) >= 1 - MAX_ASPECT_DIFFERENCE
    return np.nonzero((bits <= MAX_PDQ_OF_PATTERN) & alike)
