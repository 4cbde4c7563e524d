"""Near pairs between two rows of hashes: against brute force."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pinplan.dedupe.crossing import MOST_ALIKE, crossing

WORDS = st.integers(0, 2**64 - 1) | st.integers(0, 255) | st.sampled_from([0, 2**64 - 1, 1 << 63])


@given(st.lists(WORDS, max_size=12), st.lists(WORDS, max_size=12), st.integers(0, 6))
def test_every_near_pair_between_the_rows_and_none_within_one(ones, others, radius):
    expected = [
        (i, j) for i, one in enumerate(ones) for j, other in enumerate(others) if (one ^ other).bit_count() <= radius
    ]
    assert sorted(crossing(ones, others, radius)) == expected


def test_of_identical_ones_only_some_are_told():
    assert len(list(crossing([7] * 2000, [7] * 2000, 3))) == MOST_ALIKE**2
