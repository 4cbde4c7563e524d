"""All pairs within reach, exactly: against brute force."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinplan.dedupe.neighbours import near

WORDS = st.integers(0, 2**64 - 1)
FLIPS = st.lists(st.integers(0, 63), max_size=9)
EMPTY_ROWS = st.integers(0, 2**64 - 1).map(lambda word: word & 0x00FF00FF00FF00FF)


@st.composite
def clustered(draw) -> list[int]:
    """Hashes around a few seeds, some identical, some with whole rows empty."""
    seeds = draw(st.lists(WORDS | EMPTY_ROWS, min_size=1, max_size=4))
    hashes = []
    for _ in range(draw(st.integers(0, 40))):
        word = draw(st.sampled_from(seeds))
        for bit in draw(FLIPS):
            word ^= 1 << bit
        hashes.append(word)
    return hashes


def brute(hashes: list[int], radius: int) -> list[tuple[int, int, int]]:
    first: dict[int, int] = {}
    for index, word in enumerate(hashes):
        first.setdefault(word, index)
    pairs = itertools.combinations(sorted(first.items(), key=lambda pair: pair[1]), 2)
    return sorted((i, j, (a ^ b).bit_count()) for (a, i), (b, j) in pairs if (a ^ b).bit_count() <= radius)


@pytest.mark.parametrize("radius", range(9))
@given(hashes=clustered() | st.lists(WORDS, max_size=20))
def test_every_pair_within_reach_and_no_other(radius, hashes):
    found = near(np.array(hashes, dtype=np.uint64), radius)
    told = [(i, j, d) for (i, j), d in zip(found.pairs.tolist(), found.distances.tolist(), strict=True)]
    assert told == brute(hashes, radius)
    assert [hashes[first] for first in found.same.tolist()] == hashes
    assert found.capped.tolist() == []


@given(hashes=clustered(), dice=st.randoms(use_true_random=False))
def test_the_order_of_the_hashes_plays_no_part(hashes, dice):
    def words(order: list[int]) -> set[frozenset[int]]:
        found = near(np.array(order, dtype=np.uint64), 6)
        return {frozenset((order[i], order[j])) for i, j in found.pairs.tolist()}

    shuffled = list(hashes)
    dice.shuffle(shuffled)
    assert words(shuffled) == words(hashes)


def test_a_heap_that_is_too_large_is_told_and_not_searched_to_its_end():
    hashes = np.arange(300, dtype=np.uint64)  # they differ in their lowest bits only
    found = near(hashes, 3, most_in_a_bucket=20)
    assert len(found.capped) > 0
    assert len(found.pairs) < len(brute(hashes.tolist(), 3))
    assert len(near(hashes, 3).pairs) == len(brute(hashes.tolist(), 3))


@pytest.mark.parametrize("radius", [-1, 9])
def test_a_radius_out_of_range_is_refused(radius):
    with pytest.raises(ValueError, match="0 to 8"):
        near(np.array([], dtype=np.uint64), radius)
