"""What is near enough to be looked at closely and is another picture all the same: only told, never acted on (I21)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from pinplan.duplicates.compare import compare
from pinplan.duplicates.edits import Adjustment
from pinplan.duplicates.limits import (
    MAX_AREA_COLOUR,
    MAX_AREA_LUMA,
    MAX_FINE_LUMA,
    MAX_GREY_DIFFERENCE,
    MAX_LOCAL_COLOUR,
    MAX_LOCAL_LUMA,
    MAX_SMALL_COLOUR,
    MAX_SMALL_LUMA,
)
from pinplan.duplicates.pixel_reader import Judgement, LocalDifference
from pinplan.model.ids import Sha256
from pinplan.model.similarity import Better, Place, Region, Tier
from tests.duplicates.test_compare_missing import DETAILED, OTHER_BYTES

NONE = LocalDifference()
TIE = Judgement(Better.EQUAL)
NINE = bytes(byte + 9 for byte in DETAILED.thumb)


class Look:
    """A closer look whose answers are given (protocol `pinplan.duplicates.compare.PixelReader`)."""

    def __init__(
        self,
        grey: int | None = 0,
        local: LocalDifference | None = NONE,
        judgement: Judgement | None = TIE,
    ) -> None:
        self._grey, self._local, self._judgement = grey, local, judgement

    def greys(self, first: Sha256, second: Sha256) -> tuple[bytes, bytes] | None:
        return None if self._grey is None else (bytes([0]), bytes([self._grey]))

    def local_difference(self, first: Sha256, second: Sha256, size: tuple[int, int]) -> LocalDifference | None:
        return self._local

    def judge(self, first: Sha256, second: Sha256) -> Judgement | None:
        return self._judgement

    def same_pixels(self, first: Sha256, second: Sha256) -> bool:
        return False


def test_what_agrees_in_everything_is_confirmed():
    found = compare(DETAILED, OTHER_BYTES, Look())
    assert found is not None
    assert found.tier is Tier.CONFIRMED


@pytest.mark.promise("I21")
@pytest.mark.parametrize(
    ("other", "look", "why"),
    [
        (replace(OTHER_BYTES, thumb=NINE), Look(), "one is brighter"),
        (OTHER_BYTES, Look(grey=MAX_GREY_DIFFERENCE + 1), "some pixels differ in 100 % of the picture"),
        (OTHER_BYTES, Look(grey=None), "one of the two could not be read again"),
        (OTHER_BYTES, Look(local=None), "one of the two could not be read again"),
        (OTHER_BYTES, Look(judgement=None), "one of the two could not be read again"),
        (OTHER_BYTES, Look(local=LocalDifference(area_luma=MAX_AREA_LUMA + 1)), "an area differs"),
        (OTHER_BYTES, Look(local=LocalDifference(area_colour=MAX_AREA_COLOUR + 1)), "an area differs"),
        (OTHER_BYTES, Look(local=LocalDifference(local_luma=MAX_LOCAL_LUMA + 1)), "something differs"),
        (OTHER_BYTES, Look(local=LocalDifference(local_colour=MAX_LOCAL_COLOUR + 1)), "something differs"),
        (OTHER_BYTES, Look(local=LocalDifference(small_luma=MAX_SMALL_LUMA + 1)), "small details differ"),
        (OTHER_BYTES, Look(local=LocalDifference(small_colour=MAX_SMALL_COLOUR + 1)), "small details differ"),
        (
            OTHER_BYTES,
            Look(local=LocalDifference(small_luma=0.9 * MAX_SMALL_LUMA, small_colour=0.7 * MAX_SMALL_COLOUR)),
            "small details differ",
        ),
        (OTHER_BYTES, Look(local=LocalDifference(fine_luma=MAX_FINE_LUMA + 1)), "small details differ"),
        (OTHER_BYTES, Look(local=LocalDifference(adjusted=Adjustment(chroma=(0, 30)))), "one is grey"),
    ],
)
def test_each_test_of_a_pair_can_tell_two_pictures_apart(other, look, why):
    found = compare(DETAILED, other, look)
    assert found is not None
    assert (found.tier, found.why) == (Tier.SIMILAR, why)


TOP_RIGHT = Region(share=0.02, places=(Place(left=0.8, top=0.1, width=0.1, height=0.2),))


@pytest.mark.promise("I21")
def test_the_place_that_differs_is_named_and_kept():
    found = compare(DETAILED, OTHER_BYTES, Look(local=LocalDifference(area_luma=9, region=TOP_RIGHT)))
    assert found is not None
    assert (found.why, found.region) == ("an area differs in 2 % of the picture, top right", TOP_RIGHT)
    assert found.swapped.region == TOP_RIGHT


def test_an_edit_of_the_whole_picture_has_no_place():
    grey = LocalDifference(adjusted=Adjustment(chroma=(0, 30)), region=TOP_RIGHT)
    found = compare(DETAILED, OTHER_BYTES, Look(local=grey))
    assert found is not None
    assert found.region is None


def test_two_copies_keep_the_place_where_they_come_nearest_to_differing():
    found = compare(DETAILED, OTHER_BYTES, Look(local=LocalDifference(area_luma=0.5, region=TOP_RIGHT)))
    assert found is not None
    assert (found.tier, found.region) == (Tier.CONFIRMED, TOP_RIGHT)
    assert "%" not in found.why


@pytest.mark.promise("I21")
def test_colours_that_no_edit_explains_differ_all_the_same():
    checks = [bytes(128 + (9, -9)[(number // 3 + odd) % 2] for number in range(768)) for odd in (0, 1)]
    found = compare(replace(DETAILED, thumb=checks[0]), replace(OTHER_BYTES, thumb=checks[1]), Look())
    assert found is not None
    assert (found.tier, found.why) == (Tier.SIMILAR, "the colours differ")


@pytest.mark.parametrize(
    ("one", "other", "asked"),
    [
        ({"quality": 85}, {"quality": 75}, False),
        ({"quality": 85}, {"quality": 85}, True),
        ({"quality": 85}, {"quality": 100, "format": "PNG"}, True),
        ({"quality": 85, "detail": 0}, {"quality": 75, "detail": 0}, True),
    ],
)
def test_two_jpegs_of_other_qualities_are_not_decoded_to_see_whether_all_pixels_are_the_same(one, other, asked):
    """Multiples of other steps are other pixels, unless hardly anything is drawn."""
    decoded: list[Sha256] = []

    class Counting(Look):
        def same_pixels(self, first: Sha256, second: Sha256) -> bool:
            decoded.extend((first, second))
            return False

    compare(replace(DETAILED, **one), replace(OTHER_BYTES, width=DETAILED.width, **other), Counting())
    assert bool(decoded) is asked
