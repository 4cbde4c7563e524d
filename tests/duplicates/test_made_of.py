"""Whether a smaller file was made of a larger one: told by the noise of its encoder where both are equally soft."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image, ImageFilter

from pinplan.duplicates.made_of import FilePair, evidence_of
from pinplan.model.similarity import Better
from tests.duplicates.test_detail import PHOTOGRAPH, SMALL, WIDE, R, jpeg, judged, read, saved, sized

FILES = Path(__file__).parents[2] / "fixtures" / "scaled"
FILTERS = (R.LANCZOS, R.BICUBIC, R.BILINEAR, R.HAMMING, R.BOX)
SOFT = PHOTOGRAPH.filter(ImageFilter.GaussianBlur(2.5))
"""All that it shows fits into the smaller size."""
SLIGHTLY_SOFT = PHOTOGRAPH.filter(ImageFilter.GaussianBlur(1))
LARGE, PRISTINE = jpeg(SOFT, 85), sized(SOFT, SMALL)
MADE = jpeg(sized(read(LARGE), SMALL), 85)


def is_made_of(small: bytes, large: bytes) -> bool:
    return FilePair(small, large).is_source()


@pytest.mark.promise("I21")
@pytest.mark.parametrize("how", FILTERS, ids=[how.name for how in FILTERS])
@pytest.mark.parametrize("quality", [75, 90])
def test_of_two_soft_copies_the_one_that_the_other_was_made_of_is_kept(how, quality):
    found = judged(LARGE, jpeg(sized(read(LARGE), SMALL, how), quality))
    assert found == (Better.ONE, "the one of 500 px was made from the one of 800 px")


@pytest.mark.promise("I21")
@pytest.mark.parametrize("how", [R.LANCZOS, R.BICUBIC, R.BILINEAR, R.NEAREST], ids=lambda how: how.name)
@pytest.mark.parametrize("quality", [75, 95, 100])
@pytest.mark.parametrize("source", ["the pixels", "the file", "the file, then saved again"])
def test_a_soft_enlargement_is_never_taken_for_the_source(source, quality, how):
    file = jpeg(PRISTINE, 80)
    large = jpeg(sized(PRISTINE if source == "the pixels" else read(file), WIDE, how), quality)
    small = jpeg(read(file), 90) if source.endswith("again") else file
    assert not is_made_of(small, large)
    assert judged(large, small).better is not Better.ONE


@pytest.mark.promise("I21")
@pytest.mark.parametrize("quality", [85, 90, 95])
def test_a_pattern_of_repeated_pixels_is_no_source(quality):
    # Its few different blocks agree all together, or not at all.
    tiles = Image.new("RGB", (2 * SMALL, 2 * SMALL), "#5a7864")
    for place in range(625):
        x, y = place % 25 * 40, place // 25 * 40
        tiles.paste("#c8a03c", (x, y, x + 21, y + 21))
    small = jpeg(sized(tiles, 400, R.BICUBIC), 95)
    large = jpeg(sized(read(small), 800, R.NEAREST), quality)
    found = evidence_of(small, large)
    assert found is not None
    assert found.compared < 400
    assert judged(small, large).better is Better.ONE


def test_of_two_files_made_of_the_same_pixels_neither_was_made_of_the_other():
    assert not is_made_of(jpeg(PRISTINE, 85), LARGE)


@pytest.mark.promise("I21")
@pytest.mark.parametrize(
    ("large", "small"),
    [
        (jpeg(SLIGHTLY_SOFT, 85), jpeg(sized(SLIGHTLY_SOFT, SMALL), 95)),
        (jpeg(SLIGHTLY_SOFT, 90), jpeg(sized(SLIGHTLY_SOFT, SMALL), 75)),
        (jpeg(SLIGHTLY_SOFT, 90), jpeg(sized(SLIGHTLY_SOFT, SMALL, R.BOX), 85)),
        (jpeg(PHOTOGRAPH, 90), jpeg(sized(PHOTOGRAPH, SMALL, R.HAMMING), 85)),
    ],
    ids=["finer", "coarser", "scaled softly", "scaled more softly"],
)
def test_of_two_made_of_the_same_pixels_the_smaller_one_is_never_all_that_is_kept(large, small):
    found = judged(large, small)
    assert found == (Better.EQUAL, "the one of 800 px shows as much, and was not made from the other")


@pytest.mark.promise("I21")
def test_what_looks_like_an_enlargement_is_not_removed_if_it_was_not_made_of_the_other():
    found = judged(LARGE, jpeg(PRISTINE, 85))
    assert found == (Better.UNSURE, "the one of 800 px looks like an enlargement, but not of the other")


@pytest.mark.parametrize("blur", [0, 2.5])
@pytest.mark.parametrize("qualities", [(90, 85), (85, 95)], ids=str)
def test_that_the_larger_one_was_not_made_of_the_smaller_one_is_seen(blur, qualities):
    picture = PHOTOGRAPH.filter(ImageFilter.GaussianBlur(blur))
    assert FilePair(jpeg(sized(picture, SMALL), qualities[1]), jpeg(picture, qualities[0])).is_no_enlargement()


@pytest.mark.parametrize("blur", [1, 2.5])
@pytest.mark.parametrize("how", [R.LANCZOS, R.BICUBIC], ids=lambda how: how.name)
@pytest.mark.parametrize("qualities", [(75, 90), (85, 85), (85, 95)], ids=str)
def test_of_an_enlargement_it_is_not_seen(qualities, how, blur):
    small = jpeg(sized(PHOTOGRAPH.filter(ImageFilter.GaussianBlur(blur)), SMALL), qualities[1])
    assert not FilePair(small, jpeg(sized(read(small), WIDE, how), qualities[0])).is_no_enlargement()


@pytest.mark.promise("I21")
@pytest.mark.parametrize("blur", [0, 1])
@pytest.mark.parametrize("how", [R.LANCZOS, R.BILINEAR], ids=lambda how: how.name)
@pytest.mark.parametrize("qualities", [(75, 90), (85, 85), (95, 75)], ids=str)
def test_the_smaller_one_stays_whatever_was_done_to_an_enlargement(qualities, how, blur):
    small = jpeg(sized(PHOTOGRAPH.filter(ImageFilter.GaussianBlur(blur)), SMALL), qualities[1])
    large = sized(read(small), WIDE, how)
    # Saved twice, and coarser than the smaller one, it can hide of what it was made.
    again = [read(jpeg(large, 88))] if qualities[1] < 90 else []
    for made in (large, large.filter(ImageFilter.UnsharpMask(1, 60, 0)), *again):
        assert judged(jpeg(made, qualities[0]), small).better in {Better.OTHER, Better.UNSURE}


@pytest.mark.parametrize("name", ["magick", "vips", "ffmpeg"])
def test_of_enlargements_of_other_programs_it_is_not_seen(name):
    small = (FILES / "magick-250.jpg").read_bytes()
    assert not FilePair(small, (FILES / f"{name}-250-enlarged.jpg").read_bytes()).is_no_enlargement()


@pytest.mark.parametrize("name", ["vips-250", "vips-250-trellis"])
def test_it_is_seen_of_files_that_other_programs_made(name):
    assert is_made_of((FILES / f"{name}.jpg").read_bytes(), (FILES / "magick-400.jpg").read_bytes())


@pytest.mark.parametrize("name", ["magick", "vips", "ffmpeg"])
def test_enlargements_of_other_programs_are_not_taken_for_the_source(name):
    small = (FILES / "magick-250.jpg").read_bytes()
    assert not is_made_of(small, (FILES / f"{name}-250-enlarged.jpg").read_bytes())


def test_a_grey_copy_agrees_as_well():
    grey = jpeg(read(LARGE).convert("L"), 85)
    assert is_made_of(jpeg(sized(Image.open(io.BytesIO(grey)), SMALL), 85), grey)


def test_of_a_large_picture_the_middle_is_enough():
    # Twice as large, so that what is compared starts amid the picture in both.
    large = jpeg(sized(PHOTOGRAPH, 1700), 75)
    assert is_made_of(jpeg(sized(read(large), 1100), 85), large)


def turned(data: bytes) -> bytes:
    """With a note that it is to be shown upside down."""
    image, file = Image.open(io.BytesIO(data)), io.BytesIO()
    exif = image.getexif()
    exif[0x0112] = 3
    image.save(file, "JPEG", quality="keep", exif=exif)
    return file.getvalue()


@pytest.mark.parametrize(
    ("small", "large"),
    [
        (saved(read(MADE), "PNG"), LARGE),
        (MADE, saved(read(LARGE), "PNG")),
        (MADE, b"\xff\xd8\xff"),
        (b"", LARGE),
        (MADE[:3000], LARGE),
        (turned(MADE), LARGE),
        (jpeg(PRISTINE.resize((15, 12))), LARGE),
        (jpeg(sized(read(LARGE), SMALL), 40), LARGE),
        (jpeg(sized(read(jpeg(SOFT, 40)), SMALL), 85), jpeg(SOFT, 40)),
        (jpeg(Image.new("RGB", (SMALL, SMALL), "red")), LARGE),
        (jpeg(Image.new("RGB", (SMALL, SMALL), "white")), LARGE),
    ],
    ids=[
        "PNG",
        "of a PNG",
        "of no picture",
        "empty",
        "cut",
        "turned",
        "tiny",
        "coarse",
        "of a coarse one",
        "plain",
        "white",
    ],
)
def test_what_cannot_be_compared_proves_nothing(small, large):
    assert evidence_of(small, large) is None
    assert not is_made_of(small, large)
    assert not FilePair(small, large).is_no_enlargement()


def test_a_source_that_is_turned_when_shown_is_compared_as_it_is_shown():
    large = turned(jpeg(SOFT, 85))
    shown = read(LARGE).transpose(Image.Transpose.ROTATE_180)
    assert is_made_of(jpeg(sized(shown, SMALL, R.BICUBIC), 85), large)


@pytest.mark.promise("I21")
@pytest.mark.parametrize(("quality", "later"), [(85, 75), (90, 80), (95, 88), (80, 70)], ids=str)
@pytest.mark.parametrize("blur", [0, 1])
def test_a_reencoded_file_is_never_kept_for_what_its_encoder_added(quality, later, blur):
    original = jpeg(PHOTOGRAPH.filter(ImageFilter.GaussianBlur(blur)), quality)
    anew = jpeg(read(original), later)
    assert FilePair(anew, original).is_reencoded()
    assert not FilePair(original, anew).is_reencoded()
    assert judged(original, anew).better in {Better.ONE, Better.EQUAL}  # of equal ones the better quality stays


@pytest.mark.promise("I21")
def test_a_reencoded_file_is_known_where_spectra_cannot_tell():
    original = jpeg(PHOTOGRAPH, 85)
    assert judged(original, jpeg(read(original), 75)) == (Better.ONE, "one was re-encoded from the other")


@pytest.mark.promise("I21")
@pytest.mark.parametrize(
    "change",
    [
        ImageFilter.GaussianBlur(0.4),
        ImageFilter.GaussianBlur(0.6),
        ImageFilter.MedianFilter(3),
        ImageFilter.UnsharpMask(1, 50, 0),
    ],
    ids=["little blur", "blur", "median", "sharpened"],
)
@pytest.mark.parametrize("quality", [85, 92])
def test_an_edited_copy_is_not_the_source_of_its_original(change, quality):
    original = jpeg(PHOTOGRAPH, 75)
    assert not FilePair(original, jpeg(read(original).filter(change), quality)).is_reencoded()


@pytest.mark.promise("I21")
def test_two_files_from_the_same_pixels_are_not_reencoded_from_each_other():
    one, other = jpeg(PHOTOGRAPH, 85), jpeg(PHOTOGRAPH, 75)
    assert not FilePair(other, one).is_reencoded()
    assert not FilePair(one, other).is_reencoded()
