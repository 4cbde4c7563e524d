"""All pairs of 64-bit hashes within a Hamming distance, exactly: in one list, or across two.

Pigeonhole: of m bands of a hash, two hashes within radius r share at least m - r whole bands. For every choice of m - r bands the
hashes are sorted by these, and equal neighbours are compared. A pair is reported only under the first choice that it shares, so
that no set of pairs has to be kept. Before that the bits are transposed as 8×8 matrices: pictures with empty rows differ in whole
bands only, and would otherwise all share a bucket.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray


_BANDS = {1: 2, 2: 4, 3: 5, 4: 6, 5: 8, 6: 9, 7: 10, 8: 11, 9: 12, 10: 13, 11: 14, 12: 15}
"""Bands for each radius: enough for a choice of them to tell hashes apart, few enough to keep the number of choices small."""

_HALF, _LOW = np.uint64(32), np.uint64(2**32 - 1)
"""Two indices packed into one number sort ten times as fast as two columns, in a third of the memory."""


class HashIndex(NamedTuple):
    """Near hashes; ``n`` is the number of input hashes.

    Attributes:
        same: shape (n,): the index of the first hash that is identical.
        pairs: shape (m, 2): indices as in ``same``, the smaller before the larger, sorted; 1 to radius bits apart.
        distances: shape (m,): their distances in bits.
        capped: sorted indices as in ``same`` of all hashes in buckets too full to be searched to the end. Both hashes of any
            missing pair are here; empty if the result is complete.
    """

    same: NDArray[np.int64]
    pairs: NDArray[np.int64]
    distances: NDArray[np.uint8]
    capped: NDArray[np.int64]


def near(hashes: NDArray[np.uint64], radius: int, *, most_in_a_bucket: int = 1000) -> HashIndex:
    """All pairs of different hashes at most ``radius`` bits apart.

    Args:
        hashes: shape (n,).
        radius: 0 to 12.
        most_in_a_bucket: how many others each hash is compared with in a bucket (hashes that share bands). Those in a fuller
            bucket are compared with a few and reported in ``capped``. At least 1.

    Raises:
        ValueError: ``radius`` or ``most_in_a_bucket`` is out of range.
    """
    if not 0 <= radius <= max(_BANDS):
        raise ValueError(f"the radius must be 0 to {max(_BANDS)}, not {radius}")
    if most_in_a_bucket < 1:
        raise ValueError(f"most_in_a_bucket must be at least 1, not {most_in_a_bucket}")
    # Identical hashes are collapsed first: thousands of equal thumbnails would fill one bucket.
    unique, first, inverse = np.unique(hashes, return_index=True, return_inverse=True)
    same = first[inverse].astype(np.int64)
    empty = np.empty(0, dtype=np.int64)
    if radius == 0 or len(unique) < 2:
        return HashIndex(same, empty.reshape(0, 2), np.empty(0, dtype=np.uint8), empty)
    keys, capped = _search(unique, first.astype(np.uint64), radius, most_in_a_bucket)
    pairs = np.empty((len(keys), 2), dtype=np.int64)
    # First indices of equal hashes: no index exceeds 32 bits, the half of a key.
    pairs[:, 0], pairs[:, 1] = keys >> _HALF, keys & _LOW
    distances = np.bitwise_count(hashes[pairs[:, 0]] ^ hashes[pairs[:, 1]])
    return HashIndex(same, pairs, distances, np.sort(first[capped]).astype(np.int64))


def _search(
    unique: NDArray[np.uint64], first: NDArray[np.uint64], radius: int, most: int
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """All pairs, sorted, each as one number with the smaller index in its upper half; and the capped indices of ``unique``."""
    bands = _BANDS[radius]
    edges = [64 * n // bands for n in range(bands + 1)]
    # Neighbouring bits of a dhash correlate: transposing spreads them over the bands.
    turned = _transposed(unique)
    found = [np.empty(0, dtype=np.uint64)]
    capped = np.zeros(len(unique), dtype=bool)
    # Pigeonhole: two hashes within the radius share at least bands - radius bands.
    for chosen in itertools.combinations(range(bands), bands - radius):
        for one, other in _sharing(turned, radius, edges, chosen, most, capped):
            ones, others = first[one], first[other]
            found.append(np.minimum(ones, others) << _HALF | np.maximum(ones, others))
    keys = np.concatenate(found)
    # Deterministic order, whatever the buckets (I8: same input, same digest).
    keys.sort()
    return keys, np.flatnonzero(capped)


def _sharing(
    turned: NDArray[np.uint64],
    radius: int,
    edges: Sequence[int],
    chosen: Sequence[int],
    most: int,
    capped: NDArray[np.bool_],
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Near pairs that share the chosen bands, and share them first; marks the members of full buckets in ``capped``."""
    masks = [np.uint64(((1 << (b - a)) - 1) << a) for a, b in itertools.pairwise(edges)]
    top, index = _sorted_by(turned, edges, chosen)
    full = _full(top, most)
    if full is not None:
        capped[index[full]] = True
    for left, right in _walk(top, full, most):
        one, other = index[left], index[right]
        differ = turned[one] ^ turned[other]
        mine = np.flatnonzero(np.bitwise_count(differ) <= radius)
        # A pair can share several band sets: count it under the first only.
        mine = mine[_first_shared(differ[mine], masks, chosen)]
        yield one[mine], other[mine]


def _full(top: NDArray[np.uint64], most: int) -> NDArray[np.bool_] | None:
    """Mark entries of buckets too full to search within ``most`` steps; None if there are none."""
    too_far = np.flatnonzero(top[most + 1 :] == top[: -most - 1])
    if not len(too_far):
        return None
    buckets = np.unique(top[too_far])
    # A difference array: marks whole buckets in O(n), whatever their number.
    edge = np.zeros(len(top) + 1, dtype=np.int8)
    edge[np.searchsorted(top, buckets, "left")] += 1
    edge[np.searchsorted(top, buckets, "right")] -= 1
    return np.cumsum(edge[:-1], dtype=np.int8).astype(bool)


def _walk(
    top: NDArray[np.uint64], full: NDArray[np.bool_] | None, most: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Positions of two in the same bucket: all such pairs; of full buckets only those close together."""
    # All full buckets together get as many comparisons as one that is just not full, plus one per hash: with `most` for each
    # hash, 20,000 nearly identical ones took half a minute and 3 GB.
    reach = most if full is None else min(most, max(1, (most**2 + len(top)) // int(np.count_nonzero(full))))
    position = np.flatnonzero(top[1:] == top[:-1])
    step = 1
    while len(position):
        yield position, position + step
        if step == reach and full is not None:
            position = position[~full[position]]
        step += 1
        position = position[position + step < len(top)]
        position = position[top[position + step] == top[position]]


def _sorted_by(
    turned: NDArray[np.uint64], edges: Sequence[int], chosen: Sequence[int]
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """The chosen bands of every hash, sorted, and the index of the hash; packed into one sortable number."""
    packed = np.zeros(len(turned), dtype=np.uint64)
    width = 0
    for band in chosen:
        bits = edges[band + 1] - edges[band]
        packed |= ((turned >> np.uint64(edges[band])) & np.uint64((1 << bits) - 1)) << np.uint64(width)
        width += bits
    room = max(1, (len(turned) - 1).bit_length())
    # Bits that do not fit are cut off: buckets get fuller, but no pair is lost, since every candidate is compared as a whole.
    key = (packed & np.uint64((1 << (64 - room)) - 1)) << np.uint64(room) | np.arange(len(turned), dtype=np.uint64)
    key.sort()
    return key >> np.uint64(room), (key & np.uint64((1 << room) - 1)).astype(np.int64)


def _first_shared(differ: NDArray[np.uint64], masks: Sequence[np.uint64], chosen: Sequence[int]) -> NDArray[np.bool_]:
    """Whether the chosen bands are the first that a pair shares, in the order of `itertools.combinations`."""
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
        # Swaps bits in place: an xor of both halves of each pair.
        turned ^= swapped ^ (swapped << np.uint64(shift))
    return turned


def near_wide(hashes: NDArray[np.uint64], radius: int, *, most_in_a_bucket: int = 300) -> HashIndex:
    """All pairs of different hashes of several words at most ``radius`` bits apart.

    Args:
        hashes: shape (n, words).
        radius: 0 to 12 for each word, and the rest of the division by their number.
        most_in_a_bucket: see `near`.
    """
    unique, first, inverse = np.unique(hashes, axis=0, return_index=True, return_inverse=True)
    same = first[inverse.ravel()].astype(np.int64)
    found: set[tuple[int, int]] = set()
    capped = np.zeros(len(unique), dtype=bool)
    words = hashes.shape[1]
    # Pigeonhole again: two hashes within the radius have at least one word within its share of it.
    for word in range(words):
        index = near(unique[:, word], radius // words, most_in_a_bucket=most_in_a_bucket)
        found |= _of_word(index, most_in_a_bucket, capped)
    pairs = np.array(sorted(found), dtype=np.int64).reshape(-1, 2)
    distances = np.bitwise_count(unique[pairs[:, 0]] ^ unique[pairs[:, 1]]).sum(axis=1, dtype=np.int64)
    pairs, distances = pairs[distances <= radius], distances[distances <= radius].astype(np.uint8)
    pairs = np.sort(first[pairs], axis=1).astype(np.int64)
    order = np.lexsort((pairs[:, 1], pairs[:, 0]))
    return HashIndex(same, pairs[order], distances[order], np.sort(first[capped]).astype(np.int64))


def _of_word(index: HashIndex, most: int, capped: NDArray[np.bool_]) -> set[tuple[int, int]]:
    """Pairs of hashes that are near in one word, also those in which it is the same; marks what is not searched to the end."""
    sharing: dict[int, list[int]] = defaultdict(list)
    for place, one in enumerate(index.same.tolist()):
        sharing[one].append(place)
    for crowd in sharing.values():
        capped[crowd[most:]] = True
    for one in index.capped.tolist():
        capped[sharing[one]] = True
    few = {one: crowd[:most] for one, crowd in sharing.items()}
    found = {pair for crowd in few.values() for pair in itertools.combinations(crowd, 2)}
    for one, other in index.pairs.tolist():
        found.update((min(pair), max(pair)) for pair in itertools.product(few[one], few[other]))
    return found


MAX_CROSS_MATCHES = 50
"""Maximum number of matches reported per identical hash; the caller only lists candidates."""


def cross_matches(ones: Sequence[int], others: Sequence[int], radius: int) -> Iterator[tuple[int, int]]:
    """Index pairs into both lists whose hashes are at most ``radius`` bits apart, each pair once."""
    count = len(ones)
    found = near(np.array([*ones, *others], dtype=np.uint64), radius)
    sides: dict[int, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for place, first in enumerate(found.same.tolist()):
        sides[first][place >= count].append(place if place < count else place - count)
    # Identical hashes are no pair of `near`: both lists may hold them.
    near_sides = [(first, first) for first in sides]
    near_sides += [pair for one, other in found.pairs.tolist() for pair in ((one, other), (other, one))]
    for one, other in near_sides:
        yield from itertools.product(sides[one][0][:MAX_CROSS_MATCHES], sides[other][1][:MAX_CROSS_MATCHES])


def near_of(ones: Sequence[int], others: Sequence[int], radius: int) -> list[list[int]]:
    """For each hash of the first list, all indices into the second that are at most ``radius`` bits away. Never capped."""
    count = len(ones)
    # Never capped: a missing match would make a picture that is here count as missing, and delete its pin.
    found = near(np.array([*ones, *others], dtype=np.uint64), radius, most_in_a_bucket=max(1, count + len(others)))
    sides: dict[int, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for place, first in enumerate(found.same.tolist()):
        sides[first][place >= count].append(place if place < count else place - count)
    neighbours: dict[int, list[int]] = {first: list(away) for first, (_, away) in sides.items()}
    for one, other in found.pairs.tolist():
        neighbours[one].extend(sides[other][1])
        neighbours[other].extend(sides[one][1])
    near_to: list[list[int]] = [[] for _ in ones]
    for first, (own, _) in sides.items():
        for place in own:
            near_to[place] = neighbours[first]
    return near_to
