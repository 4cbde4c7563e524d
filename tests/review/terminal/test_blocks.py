"""Pictures of characters: what they show, and that a terminal is sent no more than colours and characters."""

from __future__ import annotations

import re
from typing import Any

import pytest
from rich.segment import Segment

from pinplan.review.terminal.blocks import SHADES, UPPER, Colours, _in_table, rows_of
from pinplan.review.thumbnails import Pixels, pixels
from pinplan.sandbox.pictures import Kind, Picture, encoded

RED, BLUE = b"\xf8\x00\x00", b"\x00\x00\xf8"


def shown(rows: list[list[Segment]], system: Any) -> str:
    parts = (
        part.style.render(part.text, color_system=system) if part.style else part.text for row in rows for part in row
    )
    return "".join(parts)


def test_a_cell_is_two_pixels():
    rows = rows_of(Pixels(2, 3, RED * 2 + BLUE * 2 + RED + BLUE), Colours.TRUE)
    assert [[part.text for part in row] for row in rows] == [[UPPER * 2], [UPPER, UPPER]]
    assert "38;2;248;0;0;48;2;0;0;248m" in shown(rows[:1], "truecolor")
    assert rows[1][0].style is not None
    assert rows[1][0].style.bgcolor is None


def test_few_colours_give_shades():
    rows = rows_of(Pixels(3, 1, b"\0\0\0" + b"\x80\x80\x80" + b"\xff\xff\xff"), Colours.FEW)
    assert rows[0][0].text == f"{SHADES[0]}{SHADES[2]}{SHADES[4]}"
    assert shown(rows, "standard") == rows[0][0].text


@pytest.mark.parametrize("rgb", [(0, 0, 0), (252, 252, 252), (252, 0, 0), (96, 136, 176), (128, 128, 128)])
def test_the_table_has_a_colour_nearby(rgb):
    number = _in_table(*rgb)
    levels = (0, 95, 135, 175, 215, 255)
    cube = number - 16
    found = (
        (8 + (number - 232) * 10,) * 3
        if number >= 232
        else (levels[cube // 36], levels[cube // 6 % 6], levels[cube % 6])
    )
    assert max(abs(one - other) for one, other in zip(rgb, found, strict=True)) <= 10


@pytest.mark.parametrize("colours", [Colours.TRUE, Colours.TABLE, Colours.FEW])
def test_a_picture_is_colours_and_characters_and_nothing_else(colours):
    data = encoded(Picture(Kind.LANDSCAPE, 1, 300, 400), "originals")
    rows = rows_of(pixels(data, "", 40, 40), colours)
    assert all(sum(len(part.text) for part in row) == 30 for row in rows)
    system = {Colours.TRUE: "truecolor", Colours.TABLE: "256", Colours.FEW: "standard"}[colours]
    left = re.sub(r"\x1b\[[0-9;]*m", "", shown(rows, system))
    assert set(left) <= {UPPER, *SHADES}


def test_what_shines_through_is_neither_black_nor_white():
    from io import BytesIO

    from PIL import Image

    with BytesIO() as made:
        Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(made, format="PNG")
        found = pixels(made.getvalue(), "", 4, 4)
    assert found.data == b"\x80" * 48
