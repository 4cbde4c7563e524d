"""Near pairs between two rows of hashes: against brute force."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from pinplan.duplicates.index import MAX_CROSS_MATCHES, cross_matches, near_of

WORDS = st.integers(0, 2**64 - 1) | st.integers(0, 255) | st.sampled_from([0, 2**64 - 1, 1 << 63])


@given(st.lists(WORDS, max_size=12), st.lists(WORDS, max_size=12), st.integers(0, 6))
def test_every_near_pair_between_the_rows_and_none_within_one(ones, others, radius):
    expected = [
        (i, j) for i, one in enumerate(ones) for j, other in enumerate(others) if (one ^ other).bit_count() <= radius
    ]
    assert sorted(cross_matches(ones, others, radius)) == expected


def test_of_identical_ones_only_some_are_told():
    assert len(list(cross_matches([7] * 2000, [7] * 2000, 3))) == MAX_CROSS_MATCHES**2


@given(st.lists(WORDS, max_size=12), st.lists(WORDS, max_size=12), st.integers(0, 6))
@example([0, 255], [1, 254, 7], 1)
def test_for_each_hash_all_of_the_other_row_that_are_near(ones, others, radius):
    expected = [[j for j, other in enumerate(others) if (one ^ other).bit_count() <= radius] for one in ones]
    assert [sorted(found) for found in near_of(ones, others, radius)] == expected
