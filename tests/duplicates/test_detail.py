"""Which of two copies is the better one: by what is there to see, whatever size, format and quality a header claims (I21)."""

from __future__ import annotations

import io
import random

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from pinplan.duplicates.copies import Copy
from pinplan.duplicates.detail import judge, of_one_size, of_two_sizes
from pinplan.duplicates.opened import OpenedPicture
from pinplan.duplicates.pixel_reader import Judgement
from pinplan.duplicates.saving_traces import blockiness, ground_noise, saved_quality
from pinplan.duplicates.spectrum import Bands, Spectra, repetition
from pinplan.model.similarity import Better
from pinplan.sandbox.pictures import Kind, Picture, encoded

WIDE, SMALL = 800, 500


def _photograph() -> Image.Image:
    """A landscape with grain: what a camera sees is nowhere smooth."""
    drawn = Image.open(io.BytesIO(encoded(Picture(Kind.LANDSCAPE, 3, 2 * WIDE, 2 * WIDE, "PNG"), "originals")))
    levels = np.asarray(drawn.convert("RGB"), dtype=np.float32)
    grain = np.random.default_rng(1).normal(0, 18, (*levels.shape[:2], 1)).astype(np.float32)
    grained = Image.fromarray(np.clip(levels + grain, 0, 255).astype(np.uint8))
    return grained.resize((WIDE, WIDE), Image.Resampling.LANCZOS)


PHOTOGRAPH = _photograph()


def jpeg(image: Image.Image, quality: int = 90) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return file.getvalue()


def saved(image: Image.Image, form: str, **options: int) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def read(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


def sized(image: Image.Image, side: int, how: Image.Resampling = Image.Resampling.LANCZOS) -> Image.Image:
    return image.resize((side, side), how)


def copy_of(data: bytes) -> Copy:
    return OpenedPicture(data, "x").copy()


def judged(one: bytes, other: bytes) -> Judgement:
    found = judge(copy_of(one), copy_of(other))
    back = judge(copy_of(other), copy_of(one))
    assert back == found._replace(better=found.better.swapped)
    return found


GOOD, LESS, LOW = jpeg(PHOTOGRAPH), jpeg(sized(PHOTOGRAPH, SMALL)), read(jpeg(PHOTOGRAPH, 30))
TINY = read(jpeg(sized(PHOTOGRAPH, 300)))
R = Image.Resampling


@pytest.mark.promise("I21")
@pytest.mark.parametrize(
    ("better", "worse", "words"),
    [
        (LESS, jpeg(sized(read(LESS), WIDE, R.LANCZOS), 95), "enlargement"),
        (LESS, jpeg(sized(read(LESS), WIDE, R.BICUBIC)), "enlargement"),
        (LESS, jpeg(sized(read(LESS), WIDE, R.BILINEAR)), "enlargement"),
        (LESS, jpeg(sized(read(LESS), WIDE, R.NEAREST), 95), "enlargement"),
        (LESS, jpeg(sized(read(LESS), WIDE).filter(ImageFilter.UnsharpMask(2, 80, 2))), "sharpened enlargement"),
        (GOOD, jpeg(sized(TINY, WIDE, R.BICUBIC), 95), "lacks fine details"),
        (GOOD, jpeg(LOW, 95), "saved at about quality"),
        (GOOD, saved(LOW, "PNG"), "saved at about quality"),
        (jpeg(PHOTOGRAPH, 95), saved(PHOTOGRAPH.quantize(16), "GIF"), "no more than 16 colours"),
        (GOOD, saved(PHOTOGRAPH.convert("CMYK"), "JPEG", quality=95), "CMYK"),
        (GOOD, LESS, "has details that the other lacks"),
        (jpeg(PHOTOGRAPH, 85), jpeg(sized(PHOTOGRAPH, SMALL), 95), "has details that the other lacks"),
        (GOOD, jpeg(PHOTOGRAPH, 60), "saved at about quality"),
    ],
    ids=[
        "lanczos",
        "bicubic",
        "bilinear",
        "nearest",
        "sharpened",
        "tiny",
        "q30,q95",
        "PNG,q30",
        "colours",
        "CMYK",
        "original",
        "original-85",
        "q90,q60",
    ],
)
def test_the_better_one_is_known(better, worse, words):
    found = judged(better, worse)
    assert found.better is Better.ONE, found
    assert words in found.why


@pytest.mark.promise("I21")
@pytest.mark.parametrize(
    ("one", "other"),
    [
        (jpeg(PHOTOGRAPH, 25), jpeg(sized(PHOTOGRAPH, SMALL), 95)),
        (saved(PHOTOGRAPH.convert("CMYK"), "JPEG", quality=90), LESS),
        (GOOD, jpeg(PHOTOGRAPH.filter(ImageFilter.UnsharpMask(1, 60, 0)), 95)),
    ],
    ids=["large and of low quality", "large and CMYK", "sharpened"],
)
def test_where_both_have_something_the_answer_is_not_sure(one, other):
    assert judged(one, other).better is Better.UNSURE


def drawing() -> Image.Image:
    """Letters and frames: steps of an encoder leave no trace in what is cut off at white."""
    image = Image.new("RGB", (WIDE, WIDE), "#fdf6e3")
    draw = ImageDraw.Draw(image)
    for place in range(30):
        x, y = place % 5 * 150 + 30, place // 5 * 130 + 20
        draw.rectangle((x, y, x + 130, y + 110), outline="#073642", width=2)
        draw.text(
            (x + 15, y + 30), f"{37 * place % 100} kg", (7 * place, 60, 200 - 6 * place), ImageFont.load_default(30)
        )
    return image


@pytest.mark.promise("I21")
@pytest.mark.parametrize(
    ("good", "bad"),
    [
        (jpeg(PHOTOGRAPH, 88), saved(read(saved(PHOTOGRAPH, "WEBP", quality=5)), "PNG")),
        (jpeg(drawing(), 88), saved(read(saved(drawing(), "WEBP", quality=10)), "PNG")),
        (jpeg(drawing(), 88), saved(read(jpeg(drawing(), 30)), "PNG")),
        (jpeg(drawing(), 95), saved(drawing().quantize(32), "PNG")),
    ],
    ids=["a photograph, WebP 5", "a drawing, WebP 10", "a drawing, JPEG 30", "32 colours"],
)
def test_a_png_is_no_better_than_what_it_was_made_from(good, bad):
    assert judged(good, bad).better in {Better.ONE, Better.UNSURE}


def test_a_png_is_better_than_a_jpeg_made_from_it():
    assert judged(jpeg(drawing(), 88), saved(drawing(), "PNG")).better is Better.OTHER


def test_two_copies_of_one_quality_are_equal():
    assert judged(GOOD, jpeg(read(GOOD))) == (Better.EQUAL, "")


@pytest.mark.parametrize("quality", [30, 50, 60, 75])
def test_the_quality_of_an_earlier_jpeg_is_read_from_the_pixels(quality):
    again = read(jpeg(read(jpeg(PHOTOGRAPH, quality)), 97)).convert("L")
    assert saved_quality(again) == pytest.approx(quality, abs=7)
    assert saved_quality(PHOTOGRAPH.convert("L")) == 0


@pytest.mark.promise("I21")
@pytest.mark.parametrize(
    ("ground", "colour", "step"),
    [("#8533a7", "#560dd2", 20), ("#1d0a91", "#28005a", 24), ("#84c50d", "#6370ca", 20), ("#4dca18", "#2530bb", 24)],
)
def test_the_few_values_of_a_pattern_are_no_steps_of_an_earlier_jpeg(ground, colour, step):
    tiles = Image.new("RGB", (WIDE, WIDE), ground)
    for place in range((WIDE // step) ** 2):
        x, y = place % (WIDE // step) * step, place // (WIDE // step) * step
        tiles.paste(colour, (x, y, x + step // 2, y + step // 2))
    good = jpeg(tiles, 90)
    assert saved_quality(read(good).convert("L")) == 0
    assert judged(good, jpeg(tiles, 60)).better is Better.ONE


def test_a_picture_smaller_than_a_block_tells_nothing():
    tiny = Image.new("L", (7, 5), 90)
    assert saved_quality(tiny) == 0
    assert blockiness(tiny) == pytest.approx(0.5, abs=0.6)
    flat = copy_of(saved(Image.new("RGB", (6, 5), "red"), "PNG"))
    assert judge(flat, flat).better is Better.EQUAL


def test_noise_is_only_measured_on_plain_ground():
    plain = Image.new("L", (100, 100), 255)
    assert ground_noise(PHOTOGRAPH.convert("L")) == 0
    assert 0 < ground_noise(plain) < 0.01
    plain.paste(250, (0, 0, 50, 50))
    assert ground_noise(plain) > 1


def test_of_a_large_picture_the_middle_is_enough():
    large = PHOTOGRAPH.resize((2400, 2400), R.LANCZOS)
    assert judged(GOOD, jpeg(large)).better is Better.ONE


def grain(seed: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(90, 110, (64, 64), dtype=np.uint8))


def plain(**facts: object) -> Copy:
    known = {
        "luma": Image.new("L", (64, 64)),
        "width": 64,
        "height": 64,
        "claimed": 0,
        "colours": 257,
        "mode": "RGB",
    }
    traces = {name: facts.pop(name, usual) for name, usual in (("quality", 0), ("noise", 0.0), ("blocks", 1.0))}
    copy = Copy(**{**known, "form": "JPEG", **facts})  # type: ignore[arg-type]
    vars(copy).update(traces)
    return copy


@pytest.mark.parametrize(
    ("one", "other", "better"),
    [
        (plain(blocks=2.0), plain(), Better.OTHER),
        (plain(noise=1.0), plain(noise=3.0), Better.ONE),
        (plain(quality=30), plain(quality=80, blocks=2.0), Better.OTHER),
        (plain(colours=9, form="GIF"), plain(), Better.UNSURE),
        (plain(colours=9, form="PNG"), plain(), Better.EQUAL),
        (plain(quality=90), plain(quality=95), Better.EQUAL),
        (plain(luma=grain(1), quality=90), plain(luma=grain(2), quality=95), Better.UNSURE),
        (plain(quality=80, blocks=2.0), plain(quality=30), Better.ONE),
        (plain(luma=grain(1), blocks=2.0), plain(), Better.UNSURE),
        (plain(luma=grain(1), quality=30), plain(luma=grain(2), colours=9), Better.UNSURE),
    ],
)
def test_traces_of_an_encoder_decide_where_the_spectra_do_not(one, other, better):
    assert judge(one, other).better is better


def bands(*shares: float, shared: float = 1.0, low: float | None = None) -> Bands:
    """Seven bands in which the first one has so many times as much; ``low`` is what they share in the lowest."""
    whole = [*shares, *[shares[-1]] * (7 - len(shares))]
    return Bands(one=whole, other=[1.0] * 7, shared=[shared if low is None else low] * 2 + [shared] * 5)


SHARP = (1.1, 1.2, 1.6, 2.2)
COARSE = (1.0, 1.0, 1.4, 2.2)
STRONG = (1.3, 1.6, 1.9, 2.2)


@pytest.mark.promise("I21")
@pytest.mark.parametrize(
    ("found", "large", "small", "better"),
    [
        (bands(1.0, 1.0, 1.0, 1.2), {}, {}, Better.ONE),
        (bands(1.0, 1.0, 1.0, 0.5), {}, {}, Better.OTHER),
        (bands(1.0, 1.0, 1.0, 0.9), {}, {}, Better.UNSURE),  # hardly more
        (bands(*SHARP, 2.0, 1.5, 1.0), {}, {}, Better.OTHER),  # sharpened: lifted in the middle, nothing at the top
        (bands(*COARSE, 2.3, 3.0, 4.0), {}, {}, Better.ONE),  # the small one was saved coarsely
        (bands(*SHARP, 2.3, 3.0, 4.0), {}, {}, Better.ONE),  # a soft filter made the small one
        (bands(*STRONG, 2.3, 3.0, 4.0), {}, {}, Better.UNSURE),  # no filter takes so much so low
        (bands(*SHARP, 2.3, 3.0, 4.0, shared=0.7), {}, {}, Better.UNSURE),
        (bands(*SHARP, 1.9), {}, {}, Better.UNSURE),  # either
        (bands(*SHARP, 2.0, 1.5, 1.0, shared=0.2), {}, {}, Better.UNSURE),
        (bands(1.0, 1.0, 1.0, 0.5, shared=0.0), {}, {}, Better.EQUAL),  # the noise of two encoders
        (bands(1.0, 1.0, 1.0, 0.5, shared=0.1), {}, {}, Better.UNSURE),
        (bands(1.0, 1.0, 1.0, 0.1, shared=0.0), {}, {}, Better.UNSURE),  # a blur against a sharp one
        (bands(1.0, 1.0, 1.0, 1.2, shared=0.0), {}, {}, Better.UNSURE),
        (bands(1.0, 1.0, 1.0, 0.5), {"quality": 95}, {"quality": 30}, Better.UNSURE),  # what it lacks may be noise
        (bands(1.0, 1.0, 1.0, 1.2), {"quality": 30}, {"quality": 95}, Better.UNSURE),
        (
            bands(1.0, 1.0, 1.0, 0.5),
            {"quality": 70},
            {"quality": 90},
            Better.UNSURE,
        ),  # its own saving may have taken it
    ],
)
def test_of_two_sizes_the_larger_has_to_hold_more(found, large, small, better):
    assert of_two_sizes(plain(width=800, **large), plain(width=500, **small), found, 1.0).better is better


@pytest.mark.parametrize(("repeated", "better"), [(0.3, Better.OTHER), (0.7, Better.UNSURE), (1.0, Better.ONE)])
def test_repeated_pixels_are_an_enlargement(repeated, better):
    found = bands(1.0, 1.0, 1.0, 1.5)
    assert of_two_sizes(plain(width=800), plain(width=500), found, repeated).better is better


def test_the_edges_of_a_flag_are_no_repetition():
    flag = Image.new("L", (800, 800), 200)
    flag.paste(90, (0, 0, 403, 800))
    flag.paste(30, (403, 402, 800, 800))
    assert repetition(flag, sized(flag, SMALL)) >= 0.7
    tall = sized(flag, SMALL).resize((SMALL, WIDE))
    assert repetition(tall, sized(flag, SMALL)) == 1.0  # of one width: no column is repeated
    assert repetition(sized(read(LESS).convert("L"), WIDE, R.NEAREST), read(LESS).convert("L")) < 0.1


@pytest.mark.promise("I21")
def test_the_edges_of_a_few_fields_are_no_repetition_either():
    dice, fields = random.Random(4), Image.new("RGB", (1000, 1000), "#f8f8f8")
    for place in range(25):
        x, y = 40 + place % 5 * 190, 40 + place // 5 * 190
        fields.paste((dice.randrange(256), dice.randrange(256), dice.randrange(256)), (x, y, x + 160, y + 160))
    large = sized(fields, WIDE)
    for side in (564, 600):
        assert judged(jpeg(large), jpeg(sized(large, side), 85)).better is not Better.OTHER


def test_of_a_thumbnail_too_little_is_seen_to_call_the_other_an_enlargement():
    found = bands(0.1)
    assert of_two_sizes(plain(width=640), plain(width=500), found, 1.0).better is Better.OTHER
    assert of_two_sizes(plain(width=640), plain(width=96), found, 1.0).better is Better.EQUAL


@pytest.mark.promise("I21")
@pytest.mark.parametrize(
    ("found", "one", "other", "better"),
    [
        # More at the highest frequencies: what the other lost, or what a low quality added.
        (bands(1.0, 1.0, 2.0, shared=0.5), {}, {}, Better.ONE),
        (bands(1.0, 1.0, 2.0, shared=0.5), {"quality": 60}, {"quality": 90}, Better.OTHER),
        (bands(1.0, 1.0, 9.0, shared=0.5), {"quality": 60}, {"quality": 90}, Better.UNSURE),
        (bands(1.0, 1.0, 2.0, shared=0.5), {"blocks": 1.2}, {}, Better.UNSURE),
        (bands(1.0, 1.0, 9.0, shared=0.5), {"blocks": 1.2}, {}, Better.ONE),
        # Blocks, and too little in common to tell whether they are missing in the other because it is an enlargement.
        (bands(1.0, shared=0.5), {"blocks": 2.0}, {}, Better.OTHER),
        (bands(1.0, shared=0.02), {"blocks": 2.0}, {}, Better.UNSURE),
        (bands(1.0, shared=0.02), {"quality": 60, "blocks": 2.0}, {"quality": 90}, Better.OTHER),
        # A better header, and traces that say the opposite.
        (bands(1.0), {"quality": 95, "blocks": 1.2}, {"quality": 90}, Better.UNSURE),
        (bands(1.0), {"form": "PNG", "blocks": 1.2}, {"quality": 90}, Better.UNSURE),
        (bands(1.0), {"form": "PNG"}, {"quality": 90}, Better.EQUAL),
    ],
)
def test_of_one_size_the_traces_and_the_spectra_have_to_agree(found, one, other, better):
    assert of_one_size(plain(**one), plain(**other), found).better is better


def plan_of(line: int) -> Image.Image:
    """Rooms, drawn with black lines of so many pixels: what they hold at one frequency, they lack at others."""
    plan = Image.new("RGB", (768, 768), "white")
    dice, draw = random.Random(3), ImageDraw.Draw(plan)
    for _ in range(40):
        x, y = dice.randrange(700), dice.randrange(700)
        draw.rectangle((x, y, x + dice.randrange(30, 300), y + dice.randrange(30, 300)), outline="black", width=line)
    return plan


@pytest.mark.promise("I21")
@pytest.mark.parametrize(
    ("line", "how"),
    [(2, R.BILINEAR), (2, R.LANCZOS), (3, R.BOX), (3, R.LANCZOS), (4, R.BILINEAR), (4, R.LANCZOS)],
    ids=str,
)
def test_what_a_filter_takes_from_thin_lines_makes_no_enlargement_of_the_original(line, how):
    plan = plan_of(line)
    small = sized(plan, 552, how)
    assert judged(jpeg(plan), jpeg(small, 85)).better is Better.ONE
    for back in (how, R.NEAREST):
        enlarged = sized(read(jpeg(small, 85)), 768, back)
        assert judged(jpeg(enlarged), jpeg(small, 85)).better in {Better.OTHER, Better.UNSURE}


def test_of_sizes_that_are_nearly_the_same_nothing_lies_beyond():
    assert Spectra().beyond(PHOTOGRAPH.convert("L"), sized(PHOTOGRAPH, WIDE - 20).convert("L")) == 0


def test_the_spectra_of_one_compared_with_many_are_those_of_each_pair():
    whole = PHOTOGRAPH.convert("L").crop((0, 0, WIDE, 611))
    kept = Spectra()
    for width in (*range(300, 780, 53), 300):
        small = whole.resize((width, round(611 * width / WIDE)), R.LANCZOS)
        for closely in (False, True):
            assert kept.bands_of(whole, small, closely=closely) == Spectra().bands_of(whole, small, closely=closely)
