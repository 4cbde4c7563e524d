"""An edited copy is similar, whatever the edit, and which one it is stands in the verdict (I21)."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageFont

from pinplan.duplicates.edits import Adjustment, edit_of, edit_of_thumbs
from pinplan.model.similarity import Tier
from pinplan.sandbox.pictures import Kind, Picture, encoded
from tests.duplicates.judging import judged

ORIGINAL = Image.open(io.BytesIO(encoded(Picture(Kind.LANDSCAPE, 7, 800, 1000, "PNG"), "originals"))).convert("RGB")
TEXTURE = Image.open(io.BytesIO(encoded(Picture(Kind.TEXTURE, 7, 800, 1000, "PNG"), "originals"))).convert("RGB")
SURE = {Tier.EXACT, Tier.CONFIRMED}


def jpeg(image: Image.Image, quality: int = 85) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return file.getvalue()


def cropped(image: Image.Image, share: float) -> Image.Image:
    across, down = (round(side * share / 2) for side in image.size)
    return image.crop((across, down, image.width - across, image.height - down))


def marked(image: Image.Image) -> Image.Image:
    layer = Image.new("RGBA", image.size, (0, 0, 0, 0))
    ImageDraw.Draw(layer).text((480, 930), "@a.name", font=ImageFont.load_default(36), fill=(255, 255, 255, 140))
    return Image.alpha_composite(image.convert("RGBA"), layer).convert("RGB")


def graded(image: Image.Image) -> Image.Image:
    red, green, blue = image.split()
    return Image.merge(
        "RGB", (red.point(lambda level: min(255, level + 8)), green, blue.point(lambda level: level * 0.9))
    )


EDITS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "grey": lambda image: image.convert("L").convert("RGB"),
    "more contrast": lambda image: ImageEnhance.Contrast(image).enhance(1.25),
    "less contrast": lambda image: ImageEnhance.Contrast(image).enhance(0.75),
    "brighter": lambda image: ImageEnhance.Brightness(image).enhance(1.2),
    "darker": lambda image: ImageEnhance.Brightness(image).enhance(0.8),
    "stronger colours": lambda image: ImageEnhance.Color(image).enhance(1.5),
    "graded": graded,
    "cropped by 2 %": lambda image: cropped(image, 0.02),
    "cropped by 4 %": lambda image: cropped(image, 0.04),
    "watermark": marked,
}


@pytest.mark.promise("I21")
@pytest.mark.parametrize("original", [ORIGINAL, TEXTURE], ids=["landscape", "texture"])
@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_copy_is_never_acted_on(edit, original):
    found = judged(jpeg(original), jpeg(EDITS[edit](original)))
    assert found is None or found.tier not in SURE


@pytest.mark.parametrize("width", [800, 736, 564, 400])
@pytest.mark.parametrize("quality", [90, 60])
def test_a_plain_copy_is_confirmed(width, quality):
    small = ORIGINAL.resize((width, round(width * 1.25)), Image.Resampling.LANCZOS)
    found = judged(jpeg(ORIGINAL), jpeg(small, quality))
    assert found is not None
    assert found.tier in SURE


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (Adjustment(), None),
        (Adjustment(shift=0.01), "one is cropped or stretched"),
        (Adjustment(stretch=0.02), "one is cropped or stretched"),
        (Adjustment(chroma=(0.5, 20)), "one is grey"),
        (Adjustment(chroma=(0.0, 2.0)), "one has stronger colours"),
        (Adjustment(chroma=(20, 30)), "one has stronger colours"),
        (Adjustment(contrast=0.2, chroma=(20, 20)), "one has more contrast"),
        (Adjustment(brightness=9), "one is brighter"),
        (Adjustment(tint=9), "one has other tones"),
    ],
)
def test_the_kind_of_edit_is_named(found, words):
    assert edit_of(found) == words


def test_the_kind_is_named_from_the_fingerprint_alone_where_that_shows_it():
    thumbs = [image.resize((16, 16)) for image in (ORIGINAL, ORIGINAL.convert("L").convert("RGB"))]
    assert edit_of_thumbs(*(thumb.tobytes() for thumb in thumbs)) == "one is grey"
    assert edit_of_thumbs(thumbs[0].tobytes(), thumbs[0].tobytes()) is None
    brighter = np.clip(np.asarray(thumbs[1], dtype=int) + 20, 0, 255).astype(np.uint8)
    assert edit_of_thumbs(thumbs[1].tobytes(), brighter.tobytes()) == "one is brighter"
