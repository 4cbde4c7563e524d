"""Pairs of pictures that people keep both of: they differ in one digit, one word, one colour or one small thing.

None of them is a duplicate, however alike the two are as a whole. The differences are drawn at sizes that are read on a phone: text of 6 %
of the width, things from 5 %.
"""

from __future__ import annotations

import io
import random
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from pinplan.sandbox.pictures import Kind, Picture, encoded

Pair = tuple[Image.Image, Image.Image]
Draw = Callable[[random.Random, Image.Image], Pair]
Size = tuple[int, int]

SIZES: tuple[Size, ...] = ((1000, 1500), (736, 1104), (1200, 800), (1080, 1080), (600, 1000))
_SECOND_COLOURS = {"#bb3333": "#33bb33", "#333366": "#663333", "#ee88cc": "#88ccee", "#4488aa": "#44aa88"}
_WORDS = {"meet at noon": "meet at nine", "open monday": "open sunday", "left shoe": "right shoe"}


def background(dice: random.Random, size: Size) -> Image.Image:
    """A landscape, a texture, or a crowd of shapes in all colours."""
    kind = dice.choice((Kind.LANDSCAPE, Kind.TEXTURE, None))
    if kind is None:
        return _crowd(dice, size)
    data = encoded(Picture(kind, dice.randrange(10_000), *size, "PNG"), "originals")
    return Image.open(io.BytesIO(data)).convert("RGB")


def _crowd(dice: random.Random, size: Size) -> Image.Image:
    width, height = size
    levels = np.random.default_rng(dice.randrange(2**32)).integers(
        0, 255, (height // 60, width // 60, 3), dtype=np.uint8
    )
    image = Image.fromarray(levels).resize(size, Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(image)
    for _ in range(60):
        x, y, side = dice.randrange(width), dice.randrange(height), dice.randrange(width // 50, width // 4)
        shape = draw.ellipse if dice.random() < 0.5 else draw.rectangle
        shape((x, y, x + side, y + side), fill=tuple(dice.randrange(256) for _ in range(3)))
    return image


def near_pair(name: str, seed: int, size: Size) -> Pair:
    """A pair of a kind of `NEAR_PAIRS`, always the same for the same seed and size."""
    dice = random.Random(f"{name} {seed}")
    return NEAR_PAIRS[name](dice, background(dice, size))


def _both(
    image: Image.Image, one: Callable[[ImageDraw.ImageDraw], None], other: Callable[[ImageDraw.ImageDraw], None]
) -> Pair:
    first, second = image.copy(), image.copy()
    one(ImageDraw.Draw(first))
    other(ImageDraw.Draw(second))
    return first, second


def _lettered(
    image: Image.Image, at: tuple[float, float], texts: tuple[str, str], fill: str, share: float = 0.06
) -> Pair:
    font = ImageFont.load_default(share * image.width)
    return _both(image, *(lambda draw, text=text: draw.text(at, text, font=font, fill=fill) for text in texts))


def _place(dice: random.Random, image: Image.Image, across: float = 0.6) -> tuple[float, float]:
    return dice.uniform(0.05, across) * image.width, dice.uniform(0.05, 0.8) * image.height


def _digits(dice: random.Random) -> tuple[str, str]:
    """Two that are told apart at a glance: of 3 and 8, or 5 and 6, a phone shows a few dots that differ."""
    one, other = dice.choice(("14", "17", "28", "29", "37", "47", "57", "69", "71", "82"))
    return one, other


def _day(dice: random.Random, image: Image.Image) -> Pair:
    """A series: only its number differs."""
    one, other = _digits(dice)
    at = _place(dice, image)
    width = image.width
    ImageDraw.Draw(image).rectangle((at[0] - 9, at[1] - 9, at[0] + 0.25 * width, at[1] + 0.09 * width), fill="#223344")
    return _lettered(image, at, (f"DAY {one}", f"DAY {other}"), "white")


def _price(dice: random.Random, image: Image.Image) -> Pair:
    one, other = _digits(dice)
    at, width = _place(dice, image), image.width
    ImageDraw.Draw(image).rectangle((at[0] - 9, at[1] - 9, at[0] + 0.25 * width, at[1] + 0.09 * width), fill="#222222")
    return _lettered(image, at, (f"${one}9.99", f"${other}9.99"), dice.choice(("white", "yellow")))


def _recipe(dice: random.Random, image: Image.Image) -> Pair:
    """The same layout and picture, another number of cups or degrees."""
    width, height = image.size
    page = Image.new("RGB", image.size, "#fbf7ef")
    page.paste(image.resize((round(0.9 * width), round(0.4 * height))), (width // 20, width // 20))
    lines = ["2 cups flour", "3 ripe bananas", "1 tsp soda", "bake at 350 F"]
    changed = {0: "7 cups flour", 3: "bake at 425 F"}
    which = dice.choice(tuple(changed))
    font = ImageFont.load_default(0.06 * width)

    def written(texts: list[str]) -> Callable[[ImageDraw.ImageDraw], None]:
        def write(draw: ImageDraw.ImageDraw) -> None:
            for line, text in enumerate(texts):
                draw.text((0.08 * width, (0.55 + 0.1 * line) * height), text, font=font, fill="black")

        return write

    return _both(page, written(lines), written([*lines[:which], changed[which], *lines[which + 1 :]]))


def _word(dice: random.Random, image: Image.Image) -> Pair:
    one, other = dice.choice(tuple(_WORDS.items()))
    at, width = _place(dice, image, 0.1), image.width
    ImageDraw.Draw(image).rectangle((at[0] - 9, at[1] - 9, at[0] + 0.6 * width, at[1] + 0.09 * width), fill="#334455")
    return _lettered(image, at, (one, other), "white")


def _step(dice: random.Random, image: Image.Image) -> Pair:
    """A number in a badge."""
    (x, y), side = _place(dice, image), 0.1 * image.width
    ImageDraw.Draw(image).ellipse((x, y, x + side, y + side), fill="white")
    return _lettered(image, (x + 0.33 * side, y + 0.15 * side), _digits(dice), "#333333", 0.07)


def _dress(dice: random.Random, image: Image.Image) -> Pair:
    """The same cut in two colours."""
    (x, y), side = _place(dice, image), 0.12 * image.width
    outline = ((x + 0.3 * side, y), (x + 0.7 * side, y), (x + side, y + 1.5 * side), (x, y + 1.5 * side))
    colours = dice.choice(tuple(_SECOND_COLOURS.items()))
    return _both(image, *(lambda draw, colour=colour: draw.polygon(outline, fill=colour) for colour in colours))


def _face(dice: random.Random, image: Image.Image) -> Pair:
    """A smile and a frown."""
    (x, y), side = _place(dice, image), 0.14 * image.width
    draw = ImageDraw.Draw(image)
    draw.ellipse((x, y, x + side, y + side), fill="#eebb99")
    for eye in (0.3, 0.6):
        draw.ellipse((x + eye * side, y + 0.3 * side, x + (eye + 0.1) * side, y + 0.4 * side), fill="#222222")
    box = (x + 0.3 * side, y + 0.5 * side, x + 0.7 * side, y + 0.85 * side)
    line = max(2, round(0.05 * side))

    def mouth(start: int, end: int) -> Callable[[ImageDraw.ImageDraw], None]:
        return lambda draw: draw.arc(box, start, end, fill="#882222", width=line)

    return _both(image, mouth(10, 170), mouth(190, 350))


def _map(dice: random.Random, image: Image.Image) -> Pair:
    """The same map, the route ends elsewhere."""
    width, height = image.size
    sheet = Image.new("RGB", image.size, "#eeeeff")
    draw = ImageDraw.Draw(sheet)

    def somewhere() -> tuple[int, int]:
        return dice.randrange(width), dice.randrange(height)

    for _ in range(14):
        draw.polygon([somewhere() for _ in range(4)], fill=dice.choice(("#cfe8c0", "#f4ecd8", "#bcd8f0")))
    for _ in range(25):
        draw.line([somewhere() for _ in range(3)], fill="#999999", width=max(2, width // 300))
    x, y = _place(dice, image)

    def route(down: float) -> Callable[[ImageDraw.ImageDraw], None]:
        return lambda draw: draw.line([(x, y), (x + 0.15 * width, y + down * width)], fill="#ee2222", width=width // 70)

    return _both(sheet, route(0.02), route(0.09))


def _hue(dice: random.Random, image: Image.Image) -> Pair:
    """All colours a little further round the wheel: 17 to 34 degrees."""
    shift = dice.randrange(12, 25)
    hue, saturation, value = image.convert("HSV").split()
    turned = Image.merge("HSV", (hue.point(lambda level: (level + shift) % 256), saturation, value))
    return image, turned.convert("RGB")


def _thing(dice: random.Random, image: Image.Image) -> Pair:
    """There is one thing more in one of them."""
    (x, y), side = _place(dice, image), 0.05 * image.width
    return _both(
        image,
        lambda _: None,
        lambda draw: draw.ellipse((x, y, x + side, y + side), fill="#cc2222", outline="white", width=4),
    )


NEAR_PAIRS: dict[str, Draw] = {
    "day": _day,
    "price": _price,
    "recipe": _recipe,
    "word": _word,
    "step": _step,
    "dress": _dress,
    "face": _face,
    "map": _map,
    "hue": _hue,
    "thing": _thing,
}
