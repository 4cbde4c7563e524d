"""Pairs of pictures that no hash can tell: full of small things, like wrapping paper, with the same colours all over."""

from __future__ import annotations

from math import isqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pinplan.duplicates.index import HashIndex
from pinplan.duplicates.limits import FLAT_COLOUR, MAX_ASPECT_DIFFERENCE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pinplan.model.similarity import Fingerprint

_ROWS, _WINDOW = 16, 20_000
"""Pictures that are compared with their neighbours at once, and how many of these each has at most."""
_MOST = 50
"""Pairs of each: wrapping paper that differs in nothing that a thumbnail shows."""


def near_patterns(pictures: Sequence[Fingerprint], *, window: int = _WINDOW, most: int = _MOST) -> HashIndex:
    """All pairs whose thumbnails and shapes agree.

    Args:
        pictures: of different files.
        window: how many others each is compared with, those of the nearest brightness.
        most: how many pairs each has. `HashIndex.capped` are those that may have more.
    """
    thumbs = np.frombuffer(b"".join(one.thumb for one in pictures), dtype=np.uint8).reshape(len(pictures), -1)
    means = thumbs.mean(axis=1)
    order = np.argsort(means, kind="stable")
    thumbs, means = thumbs[order], means[order]
    compared = _Pictures(
        thumbs, _quarters(thumbs), np.array([pictures[at].width / pictures[at].height for at in order.tolist()])
    )
    # Thumbnails that differ by so much on average differ by no more in their mean.
    ends = np.searchsorted(means, means + FLAT_COLOUR, side="right")
    capped = _beyond(ends, window)
    found = [np.empty((0, 2), dtype=np.int64)]
    for start in range(0, len(pictures), _ROWS):
        rows = np.arange(start, min(start + _ROWS, len(pictures)))
        near = compared.near(rows, np.arange(start + 1, min(int(ends[rows[-1]]), start + _ROWS + window)))
        alike, left_out = compared.alike(near, most)
        capped[left_out.ravel()] = True
        found.append(alike)
    pairs = np.sort(order[np.concatenate(found)], axis=1)
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    return HashIndex(
        np.arange(len(pictures)), pairs, np.zeros(len(pairs), dtype=np.uint8), np.sort(order[np.flatnonzero(capped)])
    )


class _Pictures(NamedTuple):
    """What is compared of all pictures."""

    thumbs: NDArray[np.uint8]
    quarters: NDArray[np.float32]
    shapes: NDArray[np.float64]

    def near(self, rows: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.int64]:
        """Pairs of both that may be alike, the first before the second."""
        ratio = self.shapes[rows][:, None] / self.shapes[others][None]
        may_be = np.minimum(ratio, 1 / ratio) >= 1 - MAX_ASPECT_DIFFERENCE
        # Quarters differ by no more than what they are made of, and are a few numbers.
        apart = np.abs(self.quarters[rows][:, None] - self.quarters[others][None]).mean(axis=2)
        one, other = np.nonzero(may_be & (apart <= FLAT_COLOUR) & (rows[:, None] < others[None]))
        return np.stack([rows[one], others[other]], axis=1)

    def alike(self, pairs: NDArray[np.int64], most: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Those of them whose thumbnails agree, until the first of a pair has so many; and those that were not looked at for this reason."""
        firsts, row = np.unique(pairs[:, 0], return_inverse=True)
        rank = np.arange(len(pairs)) - np.searchsorted(pairs[:, 0], pairs[:, 0])
        count, unread, found = np.zeros(len(firsts), dtype=np.int64), np.ones(len(pairs), dtype=np.bool_), [pairs[:0]]
        # A few of each at a time: of a crowd all agree, of white paper with something on it hardly any.
        end = 0
        while (wanted := unread & (count[row] < most)).any():
            end += most
            now = wanted & (rank < end)
            agree = self._agree(pairs[now])
            count += np.bincount(row[now][agree], minlength=len(firsts))
            found.append(pairs[now][agree])
            unread &= ~now
        return np.concatenate(found), pairs[unread]

    def _agree(self, pairs: NDArray[np.int64]) -> NDArray[np.bool_]:
        one, other = (self.thumbs[side].astype(np.int16) for side in pairs.T)
        agree: NDArray[np.bool_] = np.abs(one - other).mean(axis=1) <= FLAT_COLOUR
        return agree


def _quarters(thumbs: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Mean red, green and blue of the four quarters of each."""
    side = isqrt(thumbs.shape[1] // 3)
    half = side // 2
    means: NDArray[np.float32] = thumbs.reshape(len(thumbs), 2, half, 2, half, 3).mean(axis=(2, 4), dtype=np.float32)
    return means.reshape(len(thumbs), -1)


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
