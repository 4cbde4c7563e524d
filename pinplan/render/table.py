"""Tables of text that line up in any script: columns are as wide as a terminal shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.render.words import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WIDEST = 48
"""Cells of a column at most; the end of a longer text is left out."""


def table_lines(
    heads: Sequence[str], rows: Sequence[Sequence[str]], *, right: frozenset[int] = frozenset(), whole: bool = False
) -> Iterator[str]:
    """A line for the heads and one for each row; columns in ``right`` are set to the right.

    What comes from pins is made harmless. With ``whole`` nothing is left out.
    """
    cells = [[_fitted(plain(text), whole=whole) for text in row] for row in (heads, *rows)]
    widths = [max(width_of(row[column]) for row in cells) for column in range(len(heads))]
    for row in cells:
        padded = [
            _padded(text, width, right=column in right)
            for column, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(padded).rstrip()


def width_of(text: str) -> int:
    """Cells that a terminal shows a text in."""
    from rich.cells import cell_len  # noqa: PLC0415 - tables of widths, for who shows a table

    return cell_len(text)


def _fitted(text: str, *, whole: bool) -> str:
    if whole or width_of(text) <= WIDEST:
        return text
    from rich.cells import set_cell_size  # noqa: PLC0415 - as above

    return f"{set_cell_size(text, WIDEST - 1).rstrip()}…"


def _padded(text: str, width: int, *, right: bool) -> str:
    gap = " " * (width - width_of(text))
    return f"{gap}{text}" if right else f"{text}{gap}"
