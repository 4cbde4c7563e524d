"""Copies of pictures of which a hash tells little: wrapping paper, calendars, posters, gradients; and others that look alike (I21)."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace
from PIL import Image, ImageDraw, ImageFont

from pinplan.duplicates.candidates import candidate_crowds
from pinplan.duplicates.compare import Resemblance, resemblance
from pinplan.duplicates.fingerprint import fingerprint
from pinplan.duplicates.patterns import near_patterns
from pinplan.duplicates.saving_traces import saved_quality
from pinplan.model.ids import Sha256
from pinplan.model.similarity import Fingerprint, Tier
from tests.duplicates.judging import judged


def paper(step: int = 20, colour: str = "#b03a5b", gap: tuple[int, int] | None = None, aside: int = 0) -> Image.Image:
    """Wrapping paper: dots in rows, one of them missing."""
    image = Image.new("RGB", (720, 720), "#f6e9d8")
    draw = ImageDraw.Draw(image)
    for place in range((720 // step + 2) ** 2):
        row, column = divmod(place, 720 // step + 2)
        if gap is None or abs(row - gap[0]) + abs(column - gap[1]) > 1:
            x, y = column * step - aside, row * step
            draw.ellipse((x, y, x + 0.6 * step, y + 0.6 * step), fill=colour)
    return image


def calendar(day: int = 17) -> Image.Image:
    """A month on a poster: plain for the most part, with a ring around a day."""
    image = Image.new("RGB", (800, 1000), "#d4ecc9")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(24)
    for number in range(1, 32):
        x, y = 90 + number % 7 * 92, 330 + number // 7 * 110
        draw.rectangle((x, y, x + 92, y + 110), outline="#7d9a70")
        draw.text((x + 34, y + 40), str(number), "#222222", font)
        if number == day:
            draw.ellipse((x + 20, y + 28, x + 72, y + 80), outline="#c02020", width=3)
    return image


def gradient(lighter: int = 0, across_by: float = 1.0) -> Image.Image:
    """A sky without a cloud; levels by which one corner is lighter. Downwards no hash sees anything."""
    down, across = np.mgrid[0:1:500j, 0:1:800j]
    glow = lighter * np.exp(-((down - 0.8) ** 2 + (across - 0.8) ** 2) * 60)
    planes = [
        start + slope * ((1.3 - across_by) * down + across_by * across) + glow
        for start, slope in ((60, 90), (70, 60), (90, 80))
    ]
    return Image.fromarray(np.clip(np.stack(planes, axis=2), 0, 255).astype(np.uint8))


def saved(image: Image.Image, form: str = "JPEG", width: int | None = None, quality: int = 90) -> bytes:
    if width is not None:
        image = image.resize((width, round(width * image.height / image.width)), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    image.save(file, form, quality=quality)
    return file.getvalue()


def tier(one: bytes, other: bytes) -> Tier | None:
    found = judged(one, other)
    return found.tier if found is not None else None


@pytest.mark.parametrize("step", [12, 16, 20, 24, 33])
@pytest.mark.parametrize(("form", "width"), [("JPEG", 564), ("WEBP", 600), ("PNG", 450)])
def test_a_copy_of_a_pattern_is_found(step, form, width):
    assert tier(saved(paper(step)), saved(paper(step), form, width, 80)) is Tier.CONFIRMED


@pytest.mark.promise("I21")
@pytest.mark.parametrize(
    "other", [paper(aside=10), paper(step=22), paper(colour="#b03a8b"), paper(gap=(11, 14)), paper(step=10)]
)
def test_another_pattern_is_another_picture(other):
    assert tier(saved(paper()), saved(other, width=564)) in {None, Tier.SIMILAR}


@pytest.mark.promise("I21")
def test_grain_of_the_same_colour_is_no_pattern():
    one, other = (
        Image.fromarray(np.random.default_rng(seed).normal(128, 20, (512, 512, 1)).astype(np.uint8).repeat(3, axis=2))
        for seed in (1, 2)
    )
    assert tier(saved(one, "PNG"), saved(other, "PNG")) in {None, Tier.SIMILAR}


@pytest.mark.parametrize(("form", "width", "quality"), [("JPEG", 564, 80), ("JPEG", None, 50), ("WEBP", None, 75)])
def test_a_copy_of_a_calendar_is_found(form, width, quality):
    assert tier(saved(calendar()), saved(calendar(), form, width, quality)) is Tier.CONFIRMED


@pytest.mark.promise("I21")
def test_another_day_of_a_calendar_is_another_picture():
    assert tier(saved(calendar()), saved(calendar(18), width=600)) in {None, Tier.SIMILAR}


@pytest.mark.parametrize("across_by", [0.1, 1.0])
@pytest.mark.parametrize(("form", "width", "quality"), [("JPEG", None, 50), ("JPEG", 564, 85), ("WEBP", None, 90)])
def test_a_copy_of_a_gradient_is_not_cropped(form, width, quality, across_by):
    image = gradient(across_by=across_by)
    assert tier(saved(image), saved(image, form, width, quality)) is Tier.CONFIRMED


@pytest.mark.promise("I21")
@pytest.mark.parametrize("across_by", [0.1, 1.0])
@pytest.mark.parametrize("change", [{"lighter": 12}, {"across_by": 0.2}])
def test_a_gradient_that_is_lighter_somewhere_is_another_picture(change, across_by):
    other = gradient(**{"across_by": across_by, **change})
    assert tier(saved(gradient(across_by=across_by)), saved(other, width=564)) in {None, Tier.SIMILAR}


@pytest.mark.promise("I21")
def test_of_what_is_flat_only_the_same_pixels_are_a_copy():
    grey, other = Image.new("RGB", (800, 500), "#808080"), Image.new("RGB", (800, 500), "#818181")
    assert tier(saved(grey), saved(other, "PNG")) is Tier.SIMILAR


class _Faces:
    """Fingerprints of a library (`pinplan.duplicates.cache.Fingerprints`); their hashes are kept as signed numbers."""

    def __init__(self, *faces: Fingerprint) -> None:
        self._faces = {face.sha256: face for face in faces}

    def outlines(self) -> list[tuple[Sha256, int, int]]:
        return [(face.sha256, face.dhash - (face.dhash >> 63 << 64), face.detail) for face in self._faces.values()]

    def of(self, sha256: Sha256) -> Fingerprint | None:
        return self._faces.get(sha256)


@pytest.mark.parametrize("image", [gradient(across_by=0.1), gradient(), paper(16), calendar()])
def test_copies_are_worth_comparing(image):
    one, other = (fingerprint(data, "x") for data in (saved(image), saved(image, "WEBP", 600)))
    another = face(Image.new("RGB", (800, 500), "#808080"))
    faces: Any = _Faces(one, other, another)
    crowds = candidate_crowds(faces).crowds
    assert {frozenset(pair) for crowd in crowds for pair in crowd.pairs()} == {frozenset({one.sha256, other.sha256})}


@pytest.mark.promise("I2")
def test_a_missing_gradient_is_only_doubtful():
    one, other = (
        fingerprint(data, "x") for data in (saved(gradient(across_by=0.1)), saved(gradient(across_by=0.1), "WEBP"))
    )
    assert resemblance(one, other) is Resemblance.DOUBTFUL


def test_patterns_are_looked_for_among_those_of_the_same_colours():
    pictures = [face(image) for image in (paper(), paper(aside=1), paper(colour="#3a5bb0"), gradient())]
    assert near_patterns(pictures).pairs.tolist() == [[0, 1]]


def test_of_too_many_patterns_the_rest_is_told():
    found = near_patterns([face(paper(aside=aside)) for aside in range(4)], window=2)
    assert len(found.pairs) >= 5
    assert len(found.capped) == 2  # the one with three others beside it, and the farthest of these


def test_of_each_pattern_some_pairs_are_enough():
    found = near_patterns([face(paper(aside=aside)) for aside in range(4)], most=1)
    assert len(found.pairs) == 3
    assert len(found.capped) == 4


def test_those_that_are_alike_in_no_more_than_their_quarters_leave_nothing_out():
    noise = np.random.default_rng(3).normal(240, 8, (30, 768)).clip(0, 255).astype(np.uint8)
    pictures = [replace(face(paper()), thumb=thumb.tobytes()) for thumb in noise]
    found = near_patterns([*pictures, pictures[0]], most=2)
    assert found.pairs.tolist() == [[0, 30]]
    assert len(found.capped) == 0


def face(image: Image.Image) -> Fingerprint:
    return fingerprint(saved(image, "PNG"), "x")


def test_equal_edges_are_no_traces_of_saving():
    image = Image.new("L", (800, 800), 255)
    for place in range(9):
        x, y = place % 3 * 270 + 13, place // 3 * 270 + 13
        ImageDraw.Draw(image).rectangle((x, y, x + 240, y + 240), fill=(23 * place + 11) % 256)
    assert saved_quality(image) == 0
