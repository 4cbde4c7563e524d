"""Two copies of which one holds more than its picture: a film, a gain map. It must not be lost as a duplicate."""

from __future__ import annotations

import io

import pytest
from msgspec.structs import replace
from PIL import Image

from pinplan.duplicates.appended import with_appended
from pinplan.duplicates.copies import Copy
from pinplan.duplicates.pixel_reader import Judgement
from pinplan.formats.appended import NOTHING, Appended
from pinplan.model.similarity import Better, Tier
from pinplan.sandbox.pictures import Kind, Picture, encoded
from tests.duplicates.judging import judged
from tests.formats.test_appended import FILM, GAIN_MAP

PHOTO = encoded(Picture(Kind.TEXTURE, 4, 500, 700, quality=90), "originals")
PLAIN = Copy(
    luma=Image.new("L", (64, 64)),
    width=600,
    height=800,
    claimed=0,
    colours=257,
    mode="RGB",
    form="JPEG",
)
WITH_FILM = replace(PLAIN, appended=Appended(("a film",), b"1"))
WITH_BOTH = replace(PLAIN, appended=Appended(("a film", "a gain map"), b"2"))
EQUAL = Judgement(Better.EQUAL)


@pytest.mark.promise("I21")
@pytest.mark.parametrize(("behind", "what"), [(FILM, "a film"), (GAIN_MAP, "a gain map"), (PHOTO, "a second picture")])
def test_the_same_pixels_with_more_behind_them_are_confirmed_and_that_file_is_the_better(behind, what):
    for one, other, better in ((PHOTO + behind, PHOTO, Better.ONE), (PHOTO, PHOTO + behind, Better.OTHER)):
        found = judged(one, other)
        assert found is not None
        assert (found.tier, found.better) == (Tier.CONFIRMED, better)
        assert found.detail == f"only one holds {what} behind the picture"


@pytest.mark.promise("I21")
def test_a_larger_copy_does_not_win_over_one_with_a_film():
    file = io.BytesIO()
    small = Image.open(io.BytesIO(PHOTO)).resize((300, 420), Image.Resampling.LANCZOS)
    small.save(file, "JPEG", quality=85)
    found = judged(PHOTO, file.getvalue() + FILM)
    assert found is not None
    assert (found.tier, found.better) == (Tier.CONFIRMED, Better.UNSURE)
    assert found.detail == "only one holds a film behind the picture, and the other is the better picture"


@pytest.mark.parametrize(
    ("one", "other", "found", "better", "why"),
    [
        (PLAIN, PLAIN, Judgement(Better.ONE, "x"), Better.ONE, "x"),
        (WITH_FILM, WITH_FILM, EQUAL, Better.EQUAL, ""),
        (WITH_FILM, PLAIN, EQUAL, Better.ONE, "only one holds a film behind the picture"),
        (WITH_FILM, WITH_BOTH, EQUAL, Better.OTHER, "only one holds a gain map behind the picture"),
        (WITH_FILM, PLAIN, Judgement(Better.ONE, "x"), Better.ONE, "x; only one holds a film behind the picture"),
        (
            WITH_FILM,
            PLAIN,
            Judgement(Better.UNSURE, "x"),
            Better.UNSURE,
            "x; only one holds a film behind the picture",
        ),
        (
            WITH_FILM,
            replace(WITH_FILM, appended=Appended(("a film",), b"3")),
            EQUAL,
            Better.UNSURE,
            "each holds a film of its own behind the picture",
        ),
        (
            WITH_FILM,
            replace(PLAIN, appended=Appended(("a gain map",), b"3")),
            EQUAL,
            Better.UNSURE,
            "one holds a film behind the picture, the other a gain map",
        ),
        (
            replace(WITH_FILM, claimed=75),
            replace(PLAIN, claimed=80),
            EQUAL,
            Better.UNSURE,
            "only one holds a film behind the picture, and the other is the better picture",
        ),
        (
            replace(WITH_FILM, width=580),
            PLAIN,
            EQUAL,
            Better.UNSURE,
            "only one holds a film behind the picture, and the other is the better picture",
        ),
    ],
)
def test_what_is_behind_the_picture_is_weighed_with_it(one, other, found, better, why):
    assert with_appended(found, one, other) == Judgement(better, why)
    assert with_appended(Judgement(found.better.swapped, found.why), other, one).better is better.swapped


def test_nothing_is_appended_to_most_files():
    assert PLAIN.appended == NOTHING
