"""All pairs within reach, exactly: against brute force."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pinplan.duplicates.index import near, near_wide

WORDS = st.integers(0, 2**64 - 1)
FLIPS = st.lists(st.integers(0, 63), max_size=9)
EMPTY_BYTES = st.builds(
    lambda word, empty: word & ~sum(0xFF << 8 * byte for byte in empty),
    WORDS,
    st.sets(st.integers(0, 7), min_size=3, max_size=7),
)


@st.composite
def clustered(draw) -> list[int]:
    """Hashes around a few seeds, some identical, some with whole rows empty."""
    seeds = draw(st.lists(WORDS | EMPTY_BYTES, min_size=1, max_size=4))
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


def told(found) -> list[tuple[int, int, int]]:
    return [(i, j, d) for (i, j), d in zip(found.pairs.tolist(), found.distances.tolist(), strict=True)]


def flipped(seed: int, count: int, flips: int) -> np.ndarray:
    """``count`` hashes, each at most ``flips`` bits from the same one."""
    dice = np.random.default_rng(seed)
    hashes = np.full(count, dice.integers(0, 2**64, dtype=np.uint64))
    for _ in range(flips):
        hashes ^= np.uint64(1) << dice.integers(0, 64, count, dtype=np.uint64)
    return hashes


@given(hashes=clustered() | st.lists(WORDS | EMPTY_BYTES, max_size=20))
@example(hashes=[])
@example(hashes=[0])
@example(hashes=[5, 5])
@example(hashes=[0, 2**64 - 1])
@example(hashes=[2**63, 0])
def test_every_pair_within_reach_and_no_other_sorted_and_once(hashes):
    apart = brute(hashes, 12)
    for radius in range(13):
        found = near(np.array(hashes, dtype=np.uint64), radius)
        assert told(found) == [pair for pair in apart if pair[2] <= radius]
        assert found.same.tolist() == [hashes.index(word) for word in hashes]
        assert found.capped.tolist() == []


@pytest.mark.parametrize("radius", range(1, 13))
def test_every_bit_and_every_spread_of_the_differing_bits_is_within_reach(radius):
    dice = np.random.default_rng(radius)
    hashes: list[int] = []
    expected: list[list[int]] = []
    for count in (radius, radius + 1):
        for start in range(64):
            together = [(start + step) % 64 for step in range(count)]
            for bits in (together, dice.permutation(64)[:count].tolist()):
                word = int(dice.integers(0, 2**64, dtype=np.uint64))  # far away from all others, as the answer shows
                if count == radius:
                    expected.append([len(hashes), len(hashes) + 1])
                hashes += [word, word ^ sum(1 << bit for bit in bits)]
    assert near(np.array(hashes, dtype=np.uint64), radius).pairs.tolist() == expected


@pytest.mark.parametrize("radius", range(13))
def test_thousands_of_random_skewed_and_clustered_hashes(radius):
    dice = np.random.default_rng(radius)
    hashes = dice.integers(0, 2**64, 3000, dtype=np.uint64)
    hashes[:500] &= np.uint64(0x00FF00FF00FF00FF)
    hashes[500:600] &= np.uint64(0xFFFF000000000000)
    hashes[600:900] = flipped(radius, 300, 5)
    hashes[900:930] = hashes[0]
    hashes = dice.permutation(hashes)
    found = near(hashes, radius)
    _, first = np.unique(hashes, return_index=True)
    first.sort()
    apart = np.bitwise_count(hashes[first, None] ^ hashes[None, first])
    expected = np.argwhere(np.triu(apart <= radius, 1))
    assert np.array_equal(found.pairs, first[expected])
    assert np.array_equal(found.distances, apart[expected[:, 0], expected[:, 1]])
    assert len(found.capped) == 0


@given(hashes=clustered(), dice=st.randoms(use_true_random=False))
def test_the_order_of_the_hashes_plays_no_part(hashes, dice):
    def words(order: list[int]) -> set[frozenset[int]]:
        found = near(np.array(order, dtype=np.uint64), 4)
        return {frozenset((order[i], order[j])) for i, j in found.pairs.tolist()}

    shuffled = list(hashes)
    dice.shuffle(shuffled)
    assert words(shuffled) == words(hashes)


def test_what_is_told_has_the_promised_types_and_shapes():
    for count in (0, 1, 2, 50):
        found = near(np.arange(count, dtype=np.uint64), 2)
        assert [part.dtype.name for part in found] == ["int64", "int64", "uint8", "int64"]
        assert found.same.shape == (count,)
        assert found.pairs.shape == (len(found.distances), 2)
        assert found.capped.shape == (0,)


@given(hashes=clustered(), radius=st.integers(1, 12), most=st.integers(1, 5))
def test_of_a_pair_that_is_missing_both_are_told_as_capped(hashes, radius, most):
    found = near(np.array(hashes, dtype=np.uint64), radius, most_in_a_bucket=most)
    missing = set(brute(hashes, radius)) - set(told(found))
    assert set(told(found)) <= set(brute(hashes, radius))
    assert {index for i, j, _ in missing for index in (i, j)} <= set(found.capped.tolist())
    assert found.capped.tolist() == sorted(set(found.capped.tolist()))
    assert set(found.capped.tolist()) <= set(found.same.tolist())


def test_a_bucket_is_full_with_one_more_than_each_may_be_compared_with():
    # They differ in the lowest bits only: one bucket.
    hashes = np.array([1 << bit for bit in range(4)] + [0], dtype=np.uint64)
    assert len(near(hashes, 3, most_in_a_bucket=4).capped) == 0
    assert near(hashes, 3, most_in_a_bucket=3).capped.tolist() == [0, 1, 2, 3, 4]


def test_a_heap_that_is_too_large_is_told_and_not_searched_to_its_end():
    hashes = np.arange(300, dtype=np.uint64)  # they differ in their lowest bits only
    found = near(hashes, 3, most_in_a_bucket=20)
    assert len(found.capped) > 0
    assert 0 < len(found.pairs) < len(brute(hashes.tolist(), 3))
    assert len(near(hashes, 3).pairs) == len(brute(hashes.tolist(), 3))


def test_thousands_of_nearly_identical_hashes_do_not_explode():
    hashes = flipped(1, 20_000, 6)
    found = near(hashes, 6, most_in_a_bucket=50)
    assert len(found.capped) > 15_000
    assert len(found.pairs) < 5_000_000  # of tens of millions


@pytest.mark.parametrize("radius", [-1, 13])
def test_a_radius_out_of_range_is_refused(radius):
    with pytest.raises(ValueError, match="0 to 12"):
        near(np.array([], dtype=np.uint64), radius)


def test_a_bucket_for_none_is_refused():
    with pytest.raises(ValueError, match="at least 1"):
        near(np.array([1, 2], dtype=np.uint64), 3, most_in_a_bucket=0)


# -- several words ---------------------------------------------------------------------------------------------------


def planted(seed: int, count: int) -> np.ndarray:
    """Hashes of four words, some near each other, some the same in one word or in all."""
    dice = np.random.default_rng(seed)
    hashes = dice.integers(0, 2**64, (count, 4), dtype=np.uint64)
    for place in range(1, count, 3):
        hashes[place] = hashes[place - 1]
        for _ in range(int(dice.integers(0, 70))):
            hashes[place, dice.integers(0, 4)] ^= np.uint64(1) << np.uint64(dice.integers(0, 64))
    hashes[2::7, 1] = hashes[2, 1]
    return hashes


@pytest.mark.parametrize("seed", range(4))
def test_pairs_of_several_words_are_found_exactly(seed):
    hashes = planted(seed, 200)
    found = near_wide(hashes, 48)
    words = [sum(int(word) << 64 * place for place, word in enumerate(row)) for row in hashes]
    assert told(found) == brute(words, 48)
    assert len(told(found)) > 20
    assert found.capped.size == 0
    assert [words[first] for first in found.same] == words


def test_of_a_missing_pair_of_several_words_both_are_told():
    hashes = planted(1, 300)
    found, whole = near_wide(hashes, 48, most_in_a_bucket=3), near_wide(hashes, 48)
    missing = set(told(whole)) - set(told(found))
    assert {place for one, other, _ in missing for place in (one, other)} <= set(found.capped.tolist())
    assert found.capped.size


def test_none_and_one_of_several_words_have_no_pairs():
    for count in (0, 1):
        assert near_wide(np.zeros((count, 4), dtype=np.uint64), 48).pairs.shape == (0, 2)
