"""Window sums against sums taken one by one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinplan.duplicates.windows import window_area, window_means, window_sums


def plain_sums(levels, side):
    down, across = (min(side, length) for length in levels.shape)
    views = np.lib.stride_tricks.sliding_window_view(levels.astype(np.int64), (down, across))
    return views.sum(axis=(2, 3))


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 20), st.sampled_from([255, 255**2]), st.integers(0, 9))
def test_sums_are_exact_whatever_the_size(height, width, side, largest, seed):
    dice = np.random.default_rng(seed)
    levels = dice.integers(-largest, largest, (height, width), endpoint=True).astype(np.int32)
    if largest == 255:
        assert np.array_equal(window_sums(levels.astype(np.int16), side, largest), plain_sums(levels, side))
    assert np.array_equal(window_sums(levels, side, largest), plain_sums(levels, side))
    assert window_area(levels.shape, side) == min(side, height) * min(side, width)


@pytest.mark.parametrize("level", [-255, 255])
@pytest.mark.parametrize("side", [3, 9, 11, 12, 17])
def test_sums_of_the_largest_levels_do_not_wrap_around(side, level):
    levels = np.full((30, 30), level, dtype=np.int16)
    assert (window_sums(levels, side, 255) == level * side * side).all()


def test_the_mean_around_a_pixel_repeats_the_edges():
    levels = np.zeros((4, 5), dtype=np.float32)
    levels[0, 0] = 9
    means = window_means(levels, 3)
    assert means.shape == (4, 5)
    assert means[0, 0] == pytest.approx(4)  # itself, and three times beyond the corner
    assert means[1, 1] == pytest.approx(1)
    assert means[3, 4] == 0
