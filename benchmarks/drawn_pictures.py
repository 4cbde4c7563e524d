"""Pictures that are drawn: of the kinds of the corpus, and four that hashes of the whole picture are weak at."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterator

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
}


def drawn_pictures(each: int, first: int = 500) -> Iterator[tuple[str, str, Image.Image]]:
    """So many of each kind: the kind, a name and the picture."""
    for seed in range(first, first + each):
        for kind, draw in DRAWN.items():
            yield kind, f"{kind} {seed}", draw(seed)


def _colour(dice: random.Random) -> tuple[int, int, int]:
    return dice.randrange(256), dice.randrange(256), dice.randrange(256)
