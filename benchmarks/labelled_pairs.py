"""Pairs of files of which it is known what they are: plain copies, edited copies, different pictures that look alike, and copies of which one is worse.

Half of the pictures are for choosing limits, half for checking them; ``check`` says which. Photographs are those of ``BENCHMARK_PHOTOS``
(a folder) and of scikit-image.
"""

from __future__ import annotations

import io
import os
import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps

from benchmarks.drawn_pictures import drawn_pictures
from benchmarks.near_pairs import NEAR_PAIRS, Pair

WIDTH, SMALL, TINY = 800, 500, 300
_SEEN = 8
"""Levels by which one of 128×128 pixels must differ for a change to be one."""
Edit = Callable[[Image.Image, random.Random], Image.Image]
Change = Callable[[random.Random, Image.Image], Pair]
_RESAMPLING = Image.Resampling


class LabelledPair(NamedTuple):
    """Two files.

    Attributes:
        label: ``copy``, ``edited``, ``different``, ``trap`` or ``control``; of the last two the first file is the better one.
        what: the kind of change.
        kind: of picture.
        check: it belongs to the half that no limit was chosen by.
    """

    label: str
    what: str
    kind: str
    picture: str
    check: bool
    one: bytes
    other: bytes


def jpeg(image: Image.Image, quality: int = 85, **options: object) -> bytes:
    """Save as JPEG."""
    file = io.BytesIO()
    image.convert("RGB").save(file, "JPEG", quality=quality, **options)
    return file.getvalue()


def saved(image: Image.Image, form: str, **options: object) -> bytes:
    """Save in any format."""
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def read(data: bytes) -> Image.Image:
    """Open a file and decode it."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def wide(image: Image.Image, width: int, how: Image.Resampling = _RESAMPLING.LANCZOS) -> Image.Image:
    """Resize to a width, in the same shape."""
    return image.resize((width, max(1, round(image.height * width / image.width))), how)


PLAIN: dict[str, Callable[[Image.Image], bytes]] = {
    "PNG": lambda image: saved(image, "PNG"),
    "quality 90": lambda image: jpeg(image, 90),
    "quality 85": jpeg,
    "progressive 75": lambda image: jpeg(image, 75, progressive=True),
    "quality 60": lambda image: jpeg(image, 60),
    "quality 30": lambda image: jpeg(image, 30),
    "736 wide": lambda image: jpeg(wide(image, 736)),
    "564 wide": lambda image: jpeg(wide(image, 564)),
    "474 wide": lambda image: jpeg(wide(image, 474)),
    "400 wide": lambda image: jpeg(wide(image, 400)),
    "400 wide, bicubic, 75": lambda image: jpeg(wide(image, 400, _RESAMPLING.BICUBIC), 75),
    "WebP 80": lambda image: saved(image, "WEBP", quality=80),
    "WebP 50": lambda image: saved(wide(image, 736), "WEBP", quality=50),
    "AVIF 60": lambda image: saved(image, "AVIF", quality=60, speed=10, max_threads=1),
    "AVIF 75, 564 wide": lambda image: saved(wide(image, 564), "AVIF", quality=75, speed=10, max_threads=1),
    "quality 95, 4:4:4": lambda image: jpeg(image, 95, subsampling=0),
}


def _marked(image: Image.Image, dice: random.Random, where: str) -> Image.Image:
    layer = Image.new("RGBA", image.size, (0, 0, 0, 0))
    draw, width, height = ImageDraw.Draw(layer), image.width, image.height
    fill = (255, 255, 255, dice.choice((90, 140, 255)))
    if where == "corner":
        edge = (0, 0, 0, 140)
        draw.text((0.7 * width, 0.93 * height), "@a.name", fill, _font(0.035 * width), stroke_width=1, stroke_fill=edge)
    elif where == "middle":
        draw.text((0.2 * width, 0.45 * height), "© SAMPLE", fill, _font(0.12 * width))
    else:
        for place in range(15):
            at = (place % 3 * width // 3, place // 3 * height // 5)
            draw.text(at, "stock", fill, _font(0.06 * width))
    return Image.alpha_composite(image.convert("RGBA"), layer).convert("RGB")


def _cropped(image: Image.Image, left: float, upper: float, right: float, lower: float) -> Image.Image:
    width, height = image.size
    return image.crop(
        (round(left * width), round(upper * height), round((1 - right) * width), round((1 - lower) * height))
    )


def _darker_at_the_edges(image: Image.Image) -> Image.Image:
    # Pillow's radial gradient is black in the middle.
    mask = Image.radial_gradient("L").resize(image.size).point(lambda level: max(0, level - 90))
    return Image.composite(Image.new("RGB", image.size, "black"), image, mask)


def _with_sticker(image: Image.Image, dice: random.Random) -> Image.Image:
    marked, side = image.copy(), 0.05 * image.width
    x, y = dice.uniform(0.05, 0.9) * image.width, dice.uniform(0.05, 0.9) * image.height
    ImageDraw.Draw(marked).ellipse((x, y, x + side, y + side), fill="#e0245e", outline="white")
    return marked


def _turned(image: Image.Image) -> Image.Image:
    return _cropped(image.rotate(1, _RESAMPLING.BICUBIC), 0.02, 0.02, 0.02, 0.02)


def _warmer(image: Image.Image) -> Image.Image:
    red, green, blue = image.split()
    return Image.merge(
        "RGB", (red.point(lambda level: min(255, int(1.08 * level))), green, blue.point(lambda level: int(0.9 * level)))
    )


EDITED: dict[str, Edit] = {
    "grey": lambda image, _: image.convert("L").convert("RGB"),
    "contrast 1.25": lambda image, _: ImageEnhance.Contrast(image).enhance(1.25),
    "contrast 0.75": lambda image, _: ImageEnhance.Contrast(image).enhance(0.75),
    "brightness 1.2": lambda image, _: ImageEnhance.Brightness(image).enhance(1.2),
    "brightness 0.8": lambda image, _: ImageEnhance.Brightness(image).enhance(0.8),
    "watermark, corner": lambda image, dice: _marked(image, dice, "corner"),
    "watermark, middle": lambda image, dice: _marked(image, dice, "middle"),
    "watermark, tiled": lambda image, dice: _marked(image, dice, "tiled"),
    "crop 2 %": lambda image, _: _cropped(image, 0.01, 0.01, 0.01, 0.01),
    "crop 2 %, one side": lambda image, _: _cropped(image, 0.02, 0, 0, 0),
    "crop 4 %": lambda image, _: _cropped(image, 0.02, 0.02, 0.02, 0.02),
    "warmer": lambda image, _: _warmer(image),
    "saturation 1.5": lambda image, _: ImageEnhance.Color(image).enhance(1.5),
    "saturation 0.5": lambda image, _: ImageEnhance.Color(image).enhance(0.5),
    "sepia": lambda image, _: ImageOps.colorize(image.convert("L"), "#201408", "#fff0d0"),
    "vignette": lambda image, _: _darker_at_the_edges(image),
    "sticker": _with_sticker,
    "turned by 1°": lambda image, _: _turned(image),
    "gamma 0.8": lambda image, _: image.point(lambda level: int(255 * (level / 255) ** 0.8)),
}


def _font(size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(max(8, size))


_TEXTS = (("13", "18"), ("5", "6"), ("2018", "2019"), ("$19.99", "$18.99"), ("7:00", "7:30"), ("no sugar", "no salt"))


def _written(share: float) -> Change:
    """Another digit, price or word, so many widths high, on a ground of its own."""

    def change(dice: random.Random, image: Image.Image) -> Pair:
        width, height = image.size
        at = dice.uniform(0.05, 0.7) * width, dice.uniform(0.05, 0.9) * height
        fill, ground = dice.choice((("white", "#334455"), ("black", "#eeeeee"), ("#884433", "#eeddcc")))
        pair = image.copy(), image.copy()
        for side, text in zip(pair, dice.choice(_TEXTS), strict=True):
            draw = ImageDraw.Draw(side)
            draw.rectangle((at[0] - 6, at[1] - 4, at[0] + 5 * share * width, at[1] + 1.4 * share * width), fill=ground)
            draw.text(at, text, fill, _font(share * width))
        return pair

    return change


def _region(dice: random.Random, image: Image.Image) -> Pair:
    """The same map with one region in another colour."""
    sheet = NEAR_PAIRS["map"](dice, image)[0]
    width, height = image.size
    x, y, side = (
        dice.uniform(0.1, 0.8) * width,
        dice.uniform(0.1, 0.8) * height,
        dice.choice((0.05, 0.08, 0.12)) * width,
    )
    outline = [(x, y), (x + side, y - 0.1 * side), (x + 0.9 * side, y + side), (x - 0.1 * side, y + 0.8 * side)]
    pair = sheet.copy(), sheet.copy()
    for one, colour in zip(pair, ("#cfe8c0", dice.choice(("#f4ecd8", "#bcd8f0"))), strict=True):
        ImageDraw.Draw(one).polygon(outline, fill=colour, outline="#888888")
    return pair


def _dress(dice: random.Random, image: Image.Image) -> Pair:
    """The same cut in a colour that is near: 35 levels away in one channel."""
    width, height = image.size
    x, y, side = dice.uniform(0.1, 0.7) * width, dice.uniform(0.1, 0.6) * height, dice.choice((0.06, 0.1, 0.2)) * width
    outline = ((x + 0.3 * side, y), (x + 0.7 * side, y), (x + side, y + 1.5 * side), (x, y + 1.5 * side))
    colour = [dice.randrange(40, 220) for _ in range(3)]
    near = list(colour)
    near[dice.randrange(3)] += dice.choice((-35, 35))
    pair = image.copy(), image.copy()
    for one, fill in zip(pair, (colour, near), strict=True):
        ImageDraw.Draw(one).polygon(outline, fill=tuple(fill))
    return pair


def _thing(dice: random.Random, image: Image.Image) -> Pair:
    """One thing more, or one that lies elsewhere."""
    width, height = image.size
    x, y, side = dice.uniform(0.05, 0.85) * width, dice.uniform(0.05, 0.85) * height, dice.uniform(0.025, 0.1) * width
    colour = tuple(dice.randrange(256) for _ in range(3))
    pair = image.copy(), image.copy()
    ImageDraw.Draw(pair[1]).ellipse((x, y, x + side, y + side), fill=colour)
    if dice.random() < 0.5:
        aside = x + dice.choice((0.015, 0.03)) * width
        ImageDraw.Draw(pair[0]).ellipse((aside, y, aside + side, y + side), fill=colour)
    return pair


CHANGED: dict[str, Change] = {
    "text 4.5 %": _written(0.045),
    "text 3 %": _written(0.03),
    "text 2.2 %": _written(0.022),
    "region of a map": _region,
    "dress": _dress,
    "thing": _thing,
    **{f"near: {name}": draw for name, draw in NEAR_PAIRS.items()},
}
"""What makes another picture of a picture."""


def _worse(image: Image.Image, dice: random.Random) -> Iterator[tuple[str, bytes, bytes]]:
    """Traps: the first is better, and has fewer pixels, or is smaller, or of a format that is said to be worse."""
    width, good = image.width, jpeg(image, 90)
    small, low = jpeg(wide(image, SMALL), 90), read(jpeg(image, 30))
    for how in (_RESAMPLING.LANCZOS, _RESAMPLING.BICUBIC, _RESAMPLING.BILINEAR, _RESAMPLING.NEAREST):
        yield f"enlarged, {how.name.lower()}", small, jpeg(wide(read(small), width, how), dice.choice((85, 90, 95)))
    sharpened = wide(read(small), width).filter(ImageFilter.UnsharpMask(2, 80, 2))
    yield "enlarged and sharpened", small, jpeg(sharpened, 90)
    tiny = jpeg(wide(image, TINY))
    yield "enlarged from much less", good, jpeg(wide(read(tiny), width, _RESAMPLING.BICUBIC), 95)
    yield "quality 30, then 95", good, jpeg(low, 95)
    yield "PNG of quality 30", good, saved(low, "PNG")
    yield "GIF of 64 colours", jpeg(image, 95), saved(image.quantize(64), "GIF")
    yield "PNG of WebP 10", good, saved(read(saved(image, "WEBP", quality=10)), "PNG")
    yield "PNG of 64 colours", jpeg(image, 95), saved(image.quantize(64), "PNG")
    yield "CMYK", good, saved(image.convert("CMYK"), "JPEG", quality=95)
    # Not of the file, but of what that was made of.
    pixels = wide(image, SMALL)
    yield "enlarged before it was saved", small, jpeg(wide(pixels, width, dice.choice(_SCALED_BY[:3])), 90)


_SCALED_BY = (_RESAMPLING.LANCZOS, _RESAMPLING.BICUBIC, _RESAMPLING.BILINEAR, _RESAMPLING.HAMMING, _RESAMPLING.BOX)


def _better(image: Image.Image, dice: random.Random) -> Iterator[tuple[str, bytes, bytes]]:
    """Controls: the first is better, and nothing hides it."""
    # As a site makes its sizes: of the file that was uploaded, not of what that was made of.
    for how in dice.sample(_SCALED_BY, 2):
        original, quality = jpeg(image, dice.choice((75, 80, 85, 90, 95))), dice.choice((75, 85, 90))
        yield "original against a small one made of it", original, jpeg(wide(read(original), SMALL, how), quality)
    yield "original against small", jpeg(image, 90), jpeg(wide(image, SMALL))
    yield "original against small, 85 against 95", jpeg(image), jpeg(wide(image, SMALL), 95)
    yield "90 against 60", jpeg(image, 90), jpeg(image, 60)
    size, how = dice.choice((400, 474, 564)), dice.choice(_SCALED_BY)
    original, quality = jpeg(image, dice.choice((80, 85, 90, 95))), dice.choice((75, 80, 85, 90))
    yield "original against small, of any size and filter", original, jpeg(wide(image, size, how), quality)


def _any_way(image: Image.Image, dice: random.Random) -> bytes:
    size = wide(image, dice.choice((image.width, 736, 600)))
    form = dice.choice(("JPEG", "JPEG", "WEBP", "PNG"))
    return saved(size, form) if form == "PNG" else saved(size, form, quality=dice.choice((75, 85, 92)))


def labelled_pairs(photos: int = 18, each: int = 2, of_each: int = 6) -> Iterator[LabelledPair]:
    """Pairs of so many photographs, and so many drawn pictures of each kind: of each so many copies, edits and changes. Always the same."""
    found = [("photograph", name, image) for name, image in _photographs()]
    pictures = [*random.Random(5).sample(found, min(photos, len(found))), *drawn_pictures(each)]
    for number, (kind, name, whole) in enumerate(pictures):
        image, dice = wide(whole, min(whole.width, WIDTH)), random.Random(name)
        for label, what, one, other in _pairs_of(image, dice, of_each):
            yield LabelledPair(label, what, kind, name, number % 2 == 1, one, other)


def _pairs_of(image: Image.Image, dice: random.Random, count: int) -> Iterator[tuple[str, str, bytes, bytes]]:
    names = dice.sample(list(PLAIN), count)
    files = {what: PLAIN[what](image) for what in names}
    for one, other in zip(names, [*names[1:], names[0]], strict=True):
        yield "copy", f"{one} / {other}", files[one], files[other]
    for what in dice.sample(list(EDITED), count):
        edited = EDITED[what](image, dice)
        if _apart(image, edited) > _SEEN:  # grey text has no colours to lose
            yield "edited", what, _any_way(image, dice), _any_way(edited, dice)
    for what in dice.sample(list(CHANGED), count):
        left, right = CHANGED[what](dice, image.copy())
        if _apart(left, right) > _SEEN:
            yield "different", what, _any_way(left, dice), _any_way(right, dice)
    yield from (("trap", *found) for found in _worse(image, dice))
    yield from (("control", *found) for found in _better(image, dice))


def _apart(one: Image.Image, other: Image.Image) -> float:
    """The largest difference of 128×128 pixels, in levels."""
    levels = [np.asarray(image.resize((128, 128)), dtype=np.int16) for image in (one, other)]
    return float(np.abs(levels[0] - levels[1]).max())


def _photographs() -> Iterator[tuple[str, Image.Image]]:
    folders = [os.environ.get("BENCHMARK_PHOTOS")]
    with suppress(ImportError):
        from skimage import data  # noqa: PLC0415 - it need not be there

        folders.append(str(Path(data.__file__).parent))
    for path in sorted(path for folder in folders if folder for path in Path(folder).rglob("*.*")):
        if path.name in _OF_SKIMAGE or str(path).startswith(str(folders[0])):
            with suppress(OSError), Image.open(path) as image:
                shown = image.convert("RGB")
                yield path.name, shown.crop((0, 0, min(shown.width, round(0.7 * shown.height)), shown.height))


_OF_SKIMAGE = {
    "astronaut.png",
    "coffee.png",
    "chelsea.png",
    "rocket.jpg",
    "ihc.png",
    "motorcycle_left.png",
    "retina.jpg",
}
