"""Where two pictures differ most: means over windows of several sizes, in multiples of what encoders differ by."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pinplan.duplicates.local_difference import PictureAtSize
from pinplan.duplicates.local_difference import difference_by_place as by_place
from pinplan.duplicates.local_difference import local_difference as as_a_whole
from pinplan.duplicates.pixel_reader import LocalDifference

NOISE = 4
"""Levels that count as one where it is plain."""


def difference_by_place(one: bytes, other: bytes, size: tuple[int, int]) -> LocalDifference:
    return by_place(at_size(one, size), at_size(other, size))


def at_size(levels: bytes, size: tuple[int, int]) -> PictureAtSize:
    image = Image.frombytes("RGB", size, levels)
    return PictureAtSize(image.convert("L"), image, size)


def local_difference(one: bytes, other: bytes, size: tuple[int, int]) -> LocalDifference:
    return as_a_whole(at_size(one, size), at_size(other, size))


def solid(size: tuple[int, int], colour: tuple[int, int, int]) -> np.ndarray:
    return np.full((size[1], size[0], 3), colour, dtype=np.uint8)


def mean_by_hand(apart: np.ndarray, side: int) -> float:
    down, across = min(side, apart.shape[0]), min(side, apart.shape[1])
    windows = np.lib.stride_tricks.sliding_window_view(apart, (down, across), axis=(0, 1))
    return float(np.abs(windows.mean(axis=(3, 4))).max())


@settings(max_examples=40)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_the_largest_mean_of_any_window_is_found(width, height, seed):
    dice = np.random.default_rng(seed)
    plain = solid((width, height), (99, 99, 99))
    other = dice.integers(0, 256, (height, width, 3), dtype=np.uint8)
    found = difference_by_place(plain.tobytes(), other.tobytes(), (width, height))
    # Colours at half the size.
    one, second = (at_size(levels.tobytes(), (width, height)) for levels in (plain, other))
    apart = (one.colours - second.colours).astype(float).transpose(1, 2, 0)
    assert apart.shape == ((height + 1) // 2, (width + 1) // 2, 3)
    assert found.small_colour == pytest.approx(mean_by_hand(apart, 2) / NOISE, abs=0.01)
    assert found.local_colour == pytest.approx(mean_by_hand(apart, 5) / NOISE, abs=0.01)
    assert found.area_colour == pytest.approx(mean_by_hand(apart, 9) / NOISE, abs=0.01)
    assert found.levels == pytest.approx(mean_by_hand(apart, 5), abs=0.01)


@settings(max_examples=40)
@given(st.integers(20, 40), st.integers(20, 40), st.integers(0, 2**32 - 1))
def test_the_order_of_the_two_changes_nothing(width, height, seed):
    dice = np.random.default_rng(seed)
    one, other = (dice.integers(0, 256, (height, width, 3), dtype=np.uint8).tobytes() for _ in range(2))
    places = [difference_by_place(*pair, (width, height)).fine_luma for pair in ((one, other), (other, one))]
    assert places[0] == pytest.approx(places[1])
    there, back = (local_difference(*pair, (width, height)) for pair in ((one, other), (other, one)))
    assert there.levels == back.levels
    assert there.adjusted.contrast == pytest.approx(back.adjusted.contrast)
    assert there.adjusted.stretch == pytest.approx(back.adjusted.stretch)
    assert there.adjusted.chroma == back.adjusted.chroma


def test_an_edited_copy_is_not_compared_place_by_place():
    dice = np.random.default_rng(1)
    one = np.repeat(np.repeat(dice.integers(0, 200, (8, 8, 3), dtype=np.uint8), 8, axis=0), 8, axis=1)
    whole = difference_by_place(one.tobytes(), (one + 20).tobytes(), (64, 64))
    edited = local_difference(one.tobytes(), (one + 20).tobytes(), (64, 64))
    assert edited.adjusted.brightness == pytest.approx(20, abs=1)
    assert (edited.levels, edited.region, edited.fine_luma) == (whole.levels, None, 0)
    copy = local_difference(one.tobytes(), (one + 1).tobytes(), (64, 64))
    assert copy.fine_luma == pytest.approx(1 / NOISE, abs=0.1)


def test_a_spot_counts_by_the_share_of_the_window_that_it_fills():
    one = solid((60, 60), (100, 100, 100))
    other = one.copy()
    other[20:24, 20:24, 0] = 190
    found = difference_by_place(one.tobytes(), other.tobytes(), (60, 60))
    # At half the size: 2×2 pixels.
    assert found.small_colour == pytest.approx(90 / NOISE)
    assert found.local_colour == pytest.approx(90 * 4 / 5**2 / NOISE)
    assert found.area_colour == pytest.approx(90 * 4 / 9**2 / NOISE)


def test_the_same_difference_counts_less_where_there_is_much_to_see():
    dice = np.random.default_rng(1)
    plain, busy = (
        solid((60, 60), (100, 100, 100)),
        np.repeat(dice.integers(0, 250, (60, 60, 1), dtype=np.uint8), 3, axis=2),
    )
    counted = []
    for one in (plain, busy):
        other = one.copy()
        other[20:25, 20:25] += 5
        counted.append(difference_by_place(one.tobytes(), other.tobytes(), (60, 60)).small_luma)
    assert counted[1] < counted[0] / 4


def test_the_place_of_the_difference_is_found():
    one = solid((200, 300), (100, 100, 100))
    other = one.copy()
    other[30:60, 140:180] = 160
    for pair in ((one, other), (other, one)):
        found = difference_by_place(pair[0].tobytes(), pair[1].tobytes(), (200, 300)).region
        assert found is not None
        (place,) = found.places
        assert (place.left, place.top) == pytest.approx((140 / 200, 30 / 300), abs=0.03)
        assert (place.width, place.height) == pytest.approx((40 / 200, 30 / 300), abs=0.05)
        assert found.words == "3 % of the picture, top right"
    assert difference_by_place(one.tobytes(), one.tobytes(), (200, 300)).region is None


def test_noise_on_both_sides_cancels_out():
    one = solid((60, 60), (100, 100, 100))
    other = one.copy()
    other[::2, ::2] += 20
    other[1::2, 1::2] -= 20
    assert difference_by_place(one.tobytes(), other.tobytes(), (60, 60)).levels <= 4


def test_an_edit_that_nobody_sees_is_none():
    size = (96, 96)
    one, other = solid(size, (120, 120, 120)), solid(size, (123, 123, 123))
    down, across = np.mgrid[:96, :96] // 2
    other[(down + across) % 3 == 0] -= 1  # 2.7 levels brighter: more than an edit, but no place differs by 3
    found = local_difference(one.tobytes(), other.tobytes(), size)
    assert found.adjusted.brightness == 0
    assert found.area_luma > 0
