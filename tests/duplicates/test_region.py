"""Where two pictures differ: places, their sizes, and both in words."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinplan.duplicates.region import MAX_PLACES, region_of, region_of_greys
from pinplan.model.similarity import Place, Region, Similarity, Tier


def drawn(*boxes: tuple[int, int, int, int], size: tuple[int, int] = (400, 600), level: float = 5) -> np.ndarray:
    excess = np.zeros((size[1], size[0]), dtype=np.float32)
    for left, top, width, height in boxes:
        excess[top : top + height, left : left + width] = level
    return excess


@given(
    st.integers(1, 300), st.integers(1, 300), st.data(), st.sampled_from([0.6, 1.5, 40.0]), st.sampled_from([1.0, 0.9])
)
def test_the_box_is_exactly_around_what_differs(width, height, data, level, share):
    left, top = (data.draw(st.integers(0, side - 1)) for side in (width, height))
    across, down = data.draw(st.integers(1, width - left)), data.draw(st.integers(1, height - top))
    excess = drawn((left, top, across, down), size=(width, height), level=level)
    excess[top, left] *= share
    found = region_of(excess)
    assert found is not None
    (place,) = found.places
    assert place.left == pytest.approx(left / width, abs=1e-4)
    assert place.top == pytest.approx(top / height, abs=1e-4)
    assert place.width == pytest.approx(across / width, abs=1e-4)
    assert place.height == pytest.approx(down / height, abs=1e-4)
    assert found.share == pytest.approx(across * down / (width * height), abs=1e-5)


def test_what_is_together_is_one_place_and_what_is_apart_is_several():
    word = [(10 + 12 * letter, 20, 8, 14) for letter in range(5)]
    found = region_of(drawn(*word, (300, 500, 40, 40)))
    assert found is not None
    assert [(place.left, place.width) for place in found.places] == [(0.75, 0.1), (0.025, 0.14)]
    assert found.words == "less than 1 % of the picture, bottom right and 1 other place"


def test_a_little_beside_much_is_a_place_of_its_own_but_the_fringe_of_much_is_none():
    excess = drawn((200, 300, 20, 20), level=60)
    excess[295:325, 195:225] = np.maximum(excess[295:325, 195:225], 2)  # what a window beside it takes in
    excess[50:60, 50:60] = 2
    found = region_of(excess)
    assert found is not None
    assert [round(place.width * 400) for place in found.places] == [20, 10]


def test_many_places_are_counted():
    dots = [(30 * column, 40 * row, 5, 5) for column in range(4) for row in range(4)]
    found = region_of(drawn(*dots))
    assert found is not None
    assert (len(found.places), found.more) == (MAX_PLACES, 16 - MAX_PLACES)
    assert found.words.endswith(" and 15 other places")


def test_two_copies_have_at_most_the_one_place_that_comes_nearest_to_a_limit():
    noise = drawn((10, 10, 20, 20), level=0.7)
    noise[500:520, 300:320] = 0.8
    found = region_of(noise)
    assert found is not None
    assert (found.places[0].words, found.more, len(found.places)) == ("bottom right", 0, 1)
    assert region_of(drawn((10, 10, 20, 20), level=0.4)) is None
    assert region_of(drawn()) is None


def test_grey_pixels_have_places_as_well():
    one = bytes(64 * 64)
    other = bytearray(one)
    for row in range(60, 64):
        other[64 * row : 64 * row + 6] = bytes([80] * 6)
    found = region_of_greys(one, bytes(other), 16)
    assert found is not None
    assert found.words == "less than 1 % of the picture, bottom left"


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ((0.0, 0.0, 1.0, 1.0), ""),
        ((0.1, 0.1, 0.1, 0.1), "top left"),
        ((0.45, 0.1, 0.1, 0.1), "top"),
        ((0.1, 0.4, 0.1, 0.2), "left"),
        ((0.8, 0.8, 0.2, 0.2), "bottom right"),
        ((0.4, 0.4, 0.2, 0.2), "in the middle"),
        ((0.0, 0.4, 1.0, 0.2), "across the middle"),
        ((0.4, 0.0, 0.2, 1.0), "down the middle"),
        ((0.0, 0.9, 1.0, 0.1), "bottom"),
        ((0.9, 0.0, 0.1, 1.0), "right"),
    ],
)
def test_where_a_place_is_is_said_in_words(place, words):
    left, top, width, height = place
    shown = Place(left=left, top=top, width=width, height=height)
    assert shown.words == words
    region = Region(share=0.3, places=(shown,))
    assert region.words == "30 % of the picture" + (f", {words}" if words else "")


def test_a_saved_verdict_of_before_has_no_region_and_one_without_has_no_field_for_it():
    before = msgspec.json.decode(b'{"tier": "similar", "why": "an area differs"}', type=Similarity)
    assert before.region is None
    assert b"region" not in msgspec.json.encode(before)
    after = msgspec.json.encode(Similarity(tier=Tier.SIMILAR, region=Region(share=0.1, places=())))
    assert msgspec.json.decode(after, type=Similarity).region == Region(share=0.1, places=())
