"""Pictures that are drawn: of the kinds of the corpus, and four that hashes of the whole picture are weak at."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from benchmarks.corpus import line_art, quote, table
from pinplan.sandbox.pictures import Kind, Picture, encoded

_MONTHS = ("MARCH", "JULY", "MAY")
_MOTTOS = ("keep going", "slow down", "be kind", "start now")


def calendar(seed: int) -> Image.Image:
    """A month: boxes and small numbers."""
    image = Image.new("RGB", (1000, 800), "white")
    draw = ImageDraw.Draw(image)
    title = f"{_MONTHS[seed % 3]} {2020 + seed % 9}"
    draw.text((380, 30), title, "#333333", ImageFont.load_default(60))
    for day in range(1, 32):
        x, y = 40 + (day + seed) % 7 * 130, 140 + (day + seed % 7) // 7 * 105
        draw.rectangle((x, y, x + 130, y + 105), outline="#999999")
        draw.text((x + 10, y + 8), str(day), "#444444", ImageFont.load_default(30))
    return image


def swatches(seed: int) -> Image.Image:
    """25 colours."""
    dice, image = random.Random(seed), Image.new("RGB", (1000, 1000), "#f8f8f8")
    for place in range(25):
        x, y = 40 + place % 5 * 190, 40 + place // 5 * 190
        ImageDraw.Draw(image).rectangle((x, y, x + 160, y + 160), fill=_colour(dice))
    return image


def pattern(seed: int) -> Image.Image:
    """Many small things in rows."""
    dice = random.Random(seed)
    image = Image.new("RGB", (1000, 1000), _colour(dice))
    draw, step, colour = ImageDraw.Draw(image), dice.choice((25, 33, 40)), _colour(dice)
    shape = draw.ellipse if seed % 2 else draw.rectangle
    for place in range((1000 // step) ** 2):
        x, y = place % (1000 // step) * step, place // (1000 // step) * step
        shape((x, y, x + step // 2, y + step // 2), fill=colour)
    return image


def motto(seed: int) -> Image.Image:
    """One line of text on a plain ground."""
    dice = random.Random(seed)
    ground = _colour(dice)
    image = Image.new("RGB", (1000, 1000), ground)
    fill = "white" if sum(ground) < 380 else "black"
    ImageDraw.Draw(image).text((200, 450), _MOTTOS[seed % 4], fill, ImageFont.load_default(90))
    return image


def wrapping_paper(seed: int) -> Image.Image:
    """Small things in rows, so fine that no hash is left of them."""
    dice = random.Random(seed)
    image, step, colour = Image.new("RGB", (900, 900), _colour(dice)), dice.choice((12, 16, 20)), _colour(dice)
    draw = ImageDraw.Draw(image)
    for place in range((900 // step) ** 2):
        x, y = place % (900 // step) * step, place // (900 // step) * step
        draw.polygon([(x, y + step // 2), (x + step // 3, y), (x + 2 * step // 3, y + step // 2)], fill=colour)
    return image


def gradient(seed: int) -> Image.Image:
    """A sky without a cloud."""
    dice = random.Random(seed)
    down, across = np.mgrid[0:1:800j, 0:1:1000j]
    slope = dice.choice((down, across, (down + across) / 2, down * across))[..., None]
    from_, to = (np.array(_colour(dice), dtype=np.float64) for _ in range(2))
    return Image.fromarray((from_ + (to - from_) * slope).astype(np.uint8))


def crossword(seed: int) -> Image.Image:
    """Black and white squares, and letters: every edge is as sharp as can be."""
    dice, image, side = random.Random(seed), Image.new("RGB", (845, 845), "white"), 65
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(40)
    for place in range(169):
        x, y = place % 13 * side, place // 13 * side
        black = dice.random() < 0.2
        draw.rectangle((x, y, x + side, y + side), fill="black" if black else "white", outline="black")
        draw.text((x + 20, y + 8), dice.choice("ABDEGHIKLMNOPRSTUW"), "black", font)
    return image


def floor_plan(seed: int) -> Image.Image:
    """Thick and thin black lines, and numbers, on white."""
    dice, image = random.Random(seed), Image.new("RGB", (1000, 760), "white")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(22)
    draw.rectangle((40, 40, 960, 720), outline="black", width=9)
    for place in range(7):
        x, y = dice.randrange(80, 900), dice.randrange(80, 660)
        wall = (x, 40, x, y) if place % 2 else (40, y, x, y)
        draw.line(wall, fill="black", width=7)
        draw.arc((x - 50, y - 50, x + 50, y + 50), 180, 270, fill="black", width=2)
        draw.text((x - 30, y + 12), f"{dice.randrange(20, 70) / 10} m", "#444444", font)
    return image


def chart(seed: int) -> Image.Image:
    """Bars on fine lines."""
    dice, image = random.Random(seed), Image.new("RGB", (1000, 750), "white")
    draw, font, colour = ImageDraw.Draw(image), ImageFont.load_default(24), _colour(dice)
    for step in range(6):
        draw.line((90, 660 - 110 * step, 960, 660 - 110 * step), fill="#dddddd")
        draw.text((40, 645 - 110 * step), str(20 * step), "#555555", font)
    for bar in range(9):
        x, top = 110 + 95 * bar, dice.randrange(90, 600)
        draw.rectangle((x, top, x + 60, 660), fill=colour)
        draw.text((x + 4, 672), dice.choice(_MONTHS)[:3], "#555555", font)
    return image


def _scene(kind: Kind) -> Callable[[int], Image.Image]:
    def draw(seed: int) -> Image.Image:
        data = encoded(Picture(kind, 7000 + seed, 1200, 1500, "PNG"), "originals")
        return Image.open(io.BytesIO(data)).convert("RGB")

    return draw


DRAWN: dict[str, Callable[[int], Image.Image]] = {
    "landscape": _scene(Kind.LANDSCAPE),
    "texture": _scene(Kind.TEXTURE),
    "graphic": _scene(Kind.SHAPES),
    "quote": quote,
    "table": table,
    "line art": line_art,
    "calendar": calendar,
    "swatches": swatches,
    "pattern": pattern,
    "motto": motto,
    "wrapping paper": wrapping_paper,
    "gradient": gradient,
    "crossword": crossword,
    "floor plan": floor_plan,
    "chart": chart,
}


def drawn_pictures(each: int, first: int = 500) -> Iterator[tuple[str, str, Image.Image]]:
    """So many of each kind: the kind, a name and the picture."""
    for seed in range(first, first + each):
        for kind, draw in DRAWN.items():
            yield kind, f"{kind} {seed}", draw(seed)


def _colour(dice: random.Random) -> tuple[int, int, int]:
    return dice.randrange(256), dice.randrange(256), dice.randrange(256)
