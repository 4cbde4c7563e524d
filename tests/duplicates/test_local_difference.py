"""Where two pictures differ most: means over windows of three sizes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinplan.duplicates.local_difference import local_difference


def solid(size: tuple[int, int], colour: tuple[int, int, int]) -> np.ndarray:
    return np.full((size[1], size[0], 3), colour, dtype=np.uint8)


def largest_by_hand(apart: np.ndarray, side: int) -> float:
    down, across = min(side, apart.shape[0]), min(side, apart.shape[1])
    windows = np.lib.stride_tricks.sliding_window_view(apart, (down, across), axis=(0, 1))
    return float(np.abs(windows.mean(axis=(3, 4))).max())


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_the_largest_mean_of_any_window_is_found(width, height, seed):
    dice = np.random.default_rng(seed)
    one, other = (dice.integers(0, 256, (height, width, 3), dtype=np.uint8) for _ in range(2))
    found = local_difference(one.tobytes(), other.tobytes(), (width, height))
    apart = one.astype(float) - other
    assert found.fine_luma == pytest.approx(largest_by_hand(apart @ [[0.299], [0.587], [0.114]], 3), abs=0.01)
    assert found.fine_colour == pytest.approx(largest_by_hand(apart, 3), abs=0.01)
    assert found.local_colour == pytest.approx(largest_by_hand(apart, 5), abs=0.01)
    assert found.area_colour == pytest.approx(largest_by_hand(apart, 17), abs=0.01)


def test_a_spot_counts_by_the_share_of_the_window_that_it_fills():
    one = solid((60, 60), (100, 100, 100))
    other = one.copy()
    other[20:23, 20:23, 0] = 190
    found = local_difference(one.tobytes(), other.tobytes(), (60, 60))
    assert found.fine_colour == pytest.approx(90)
    assert found.local_colour == pytest.approx(90 * 9 / 25)
    assert found.area_colour == pytest.approx(90 * 9 / 17**2)


def test_noise_on_both_sides_cancels_out():
    one = solid((60, 60), (100, 100, 100))
    other = one.copy()
    other[::2, ::2] += 20
    other[1::2, 1::2] -= 20
    assert local_difference(one.tobytes(), other.tobytes(), (60, 60)).local_colour <= 4
