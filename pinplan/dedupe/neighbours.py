"""All pairs of 64-bit hashes within a Hamming distance, exactly.

Pigeonhole: of m bands of a hash, two hashes within radius r share at least m - r whole bands. For every choice of m - r bands the
hashes are sorted by these, and equal neighbours are compared. A pair is told only where its first shared choice comes up, so
that no set of pairs has to be kept. Before that the bits are transposed as 8×8 matrices: pictures with empty rows differ in whole
bands only, and would otherwise all fall together.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray


_BANDS = {1: 2, 2: 4, 3: 5, 4: 6, 5: 8, 6: 9, 7: 10, 8: 11}
"""Bands for each radius: enough that a choice of them tells hashes apart, few enough that the choices stay few."""


class Neighbours(NamedTuple):
    """Near hashes; ``n`` is the number of hashes that were given.

    Attributes:
        same: shape (n,): the index of the first hash that is identical.
        pairs: shape (m, 2): indices of first ones, the smaller before the larger, sorted; 1 to radius bits apart.
        distances: shape (m,): bits by which they differ.
        capped: indices of hashes in a heap so large that it was not searched to its end; empty if the answer is complete.
    """

    same: NDArray[np.int64]
    pairs: NDArray[np.int64]
    distances: NDArray[np.uint8]
    capped: NDArray[np.int64]


def near(hashes: NDArray[np.uint64], radius: int, *, most_in_a_bucket: int = 1000) -> Neighbours:
    """All pairs of different hashes at most ``radius`` bits apart.

    Args:
        hashes: shape (n,).
        radius: 0 to 8.
        most_in_a_bucket: how far an equal neighbour is looked for; beyond it the hashes are told in ``capped``.

    Raises:
        ValueError: a radius that is out of range.
    """
    if not 0 <= radius <= 8:
        raise ValueError(f"the radius must be 0 to 8, not {radius}")
    unique, first, inverse = np.unique(hashes, return_index=True, return_inverse=True)
    same = first[inverse].astype(np.int64)
    empty = np.empty(0, dtype=np.int64)
    if radius == 0 or len(unique) < 2:
        return Neighbours(same, empty.reshape(0, 2), np.empty(0, dtype=np.uint8), empty)
    found, capped = _search(unique, radius, most_in_a_bucket)
    ones, others = first[found[0]], first[found[1]]
    pairs = np.stack([np.minimum(ones, others), np.maximum(ones, others)], axis=1).astype(np.int64)
    order = np.lexsort((pairs[:, 1], pairs[:, 0]))
    pairs = pairs[order]
    distances = np.bitwise_count(hashes[pairs[:, 0]] ^ hashes[pairs[:, 1]]).astype(np.uint8)
    return Neighbours(same, pairs, distances, np.sort(first[np.unique(capped)]).astype(np.int64))


def _search(
    unique: NDArray[np.uint64], radius: int, most: int
) -> tuple[tuple[NDArray[np.int64], NDArray[np.int64]], NDArray[np.int64]]:
    """Indices into the unique hashes of all pairs, and those that were capped."""
    bands = _BANDS[radius]
    edges = [64 * n // bands for n in range(bands + 1)]
    masks = [np.uint64(((1 << (b - a)) - 1) << a) for a, b in itertools.pairwise(edges)]
    turned = _transposed(unique)
    ones: list[NDArray[np.int64]] = []
    others: list[NDArray[np.int64]] = []
    capped: list[NDArray[np.int64]] = [np.empty(0, dtype=np.int64)]
    for chosen in itertools.combinations(range(bands), bands - radius):
        for one, other, over in _walk(turned, edges, masks, chosen, radius, most):
            ones.append(one)
            others.append(other)
            capped.append(over)
    empty = np.empty(0, dtype=np.int64)
    return (np.concatenate([empty, *ones]), np.concatenate([empty, *others])), np.concatenate(capped)


def _walk(
    turned: NDArray[np.uint64],
    edges: Sequence[int],
    masks: Sequence[np.uint64],
    chosen: Sequence[int],
    radius: int,
    most: int,
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]]:
    """Pairs that share the chosen bands, and share them first."""
    none = np.empty(0, dtype=np.int64)
    top, index = _sorted_by(turned, edges, chosen)
    position = np.flatnonzero(top[1:] == top[:-1])
    step = 1
    while len(position):
        if step > most:
            yield none, none, index[position]
            return
        one, other = index[position], index[position + step]
        differ = turned[one] ^ turned[other]
        near_enough = np.bitwise_count(differ) <= radius
        one, other, differ = one[near_enough], other[near_enough], differ[near_enough]
        mine = _first_shared(differ, masks, chosen)
        yield one[mine], other[mine], none
        step += 1
        position = position[position + step < len(top)]
        position = position[top[position + step] == top[position]]


def _sorted_by(
    turned: NDArray[np.uint64], edges: Sequence[int], chosen: Sequence[int]
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """The chosen bands of every hash, sorted, and whose they are; in one sortable number where both have room."""
    packed = np.zeros(len(turned), dtype=np.uint64)
    width = 0
    for band in chosen:
        bits = edges[band + 1] - edges[band]
        packed |= ((turned >> np.uint64(edges[band])) & np.uint64((1 << bits) - 1)) << np.uint64(width)
        width += bits
    room = max(1, (len(turned) - 1).bit_length())
    # What does not fit is cut off: more fall together then, none is lost, for every candidate is compared as a whole.
    key = (packed & np.uint64((1 << (64 - room)) - 1)) << np.uint64(room) | np.arange(len(turned), dtype=np.uint64)
    key.sort()
    return key >> np.uint64(room), (key & np.uint64((1 << room) - 1)).astype(np.int64)


def _first_shared(differ: NDArray[np.uint64], masks: Sequence[np.uint64], chosen: Sequence[int]) -> NDArray[np.bool_]:
    """Whether the chosen bands are the first that a pair shares, in the order of the choices."""
    wanted = set(chosen)
    mine = np.ones(len(differ), dtype=bool)
    for band in chosen:
        mine &= (differ & masks[band]) == 0
    for band in range(max(chosen)):
        if band not in wanted:
            mine &= (differ & masks[band]) != 0
    return mine


def _transposed(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Every hash with its 8×8 bits transposed (Warren, Hacker's Delight, 7-3)."""
    turned = hashes.copy()
    for shift, mask in ((7, 0x00AA00AA00AA00AA), (14, 0x0000CCCC0000CCCC), (28, 0x00000000F0F0F0F0)):
        swapped = (turned ^ (turned >> np.uint64(shift))) & np.uint64(mask)
        turned ^= swapped ^ (swapped << np.uint64(shift))
    return turned
