"""Pictures made of characters: two pixels in each cell where the terminal has the colours, else shades."""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING

from rich.color import Color
from rich.segment import Segment
from rich.style import Style

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinplan.review.thumbnails import Pixels

UPPER = "▀"
SHADES = " ░▒▓█"


class Colours(Enum):
    """The colours of a terminal: 24 bits, a table of 256, or too few for pictures."""

    TRUE = "truecolor"
    TABLE = "256"
    FEW = "few"


def room_for(columns: int, rows: int) -> tuple[int, int]:
    """The size in pixels of an area in cells: each cell shows two pixels, one above the other."""
    return columns, rows * 2


def rows_of(pixels: Pixels, colours: Colours) -> list[list[Segment]]:
    """The rows of cells that show an image."""
    make = _shaded if colours is Colours.FEW else _half_blocks
    return [list(make(pixels, top, colours)) for top in range(0, pixels.height, 2)]


def _half_blocks(pixels: Pixels, top: int, colours: Colours) -> Iterator[Segment]:
    cells = zip(_line(pixels, top), _line(pixels, top + 1), strict=True)
    # Cells of one colour are one segment: there are fewer styles to make and bytes to send.
    for (upper, lower), same in groupby(cells):
        yield Segment(UPPER * sum(1 for _ in same), _style(upper, lower, colours))


def _line(pixels: Pixels, number: int) -> list[tuple[int, int, int] | None]:
    """One row of pixels, with 6 bits per colour; None below the image."""
    if number >= pixels.height:
        return [None] * pixels.width
    start = number * pixels.width * 3
    row = [value & 0xFC for value in pixels.data[start : start + pixels.width * 3]]
    return list(zip(row[::3], row[1::3], row[2::3], strict=True))


@lru_cache(maxsize=65_536)
def _style(upper: tuple[int, int, int] | None, lower: tuple[int, int, int] | None, colours: Colours) -> Style:
    return Style.from_color(
        _colour(upper, colours) if upper else None,
        _colour(lower, colours) if lower else None,
    )


def _colour(rgb: tuple[int, int, int], colours: Colours) -> Color:
    return Color.from_rgb(*rgb) if colours is Colours.TRUE else Color.from_ansi(_in_table(*rgb))


def _in_table(red: int, green: int, blue: int) -> int:
    """The nearest of the 240 fixed colours of the table of 256 (the first 16 are the user's): a cube of 6×6×6, and 24 greys."""
    if max(red, green, blue) - min(red, green, blue) < 10 and 8 <= green <= 238:
        return 232 + (green - 8) // 10
    return 16 + 36 * _level(red) + 6 * _level(green) + _level(blue)


def _level(value: int) -> int:
    """The nearest of 0, 95, 135, 175, 215 and 255."""
    return 0 if value < 48 else 1 if value < 115 else (value - 35) // 40


def _shaded(pixels: Pixels, top: int, _colours: Colours) -> Iterator[Segment]:
    upper = _line(pixels, top)
    lower = _line(pixels, top + 1) if top + 1 < pixels.height else upper
    lights = (sum(one or ()) + sum(other or ()) for one, other in zip(upper, lower, strict=True))
    yield Segment("".join(SHADES[light * len(SHADES) // 1531] for light in lights))
