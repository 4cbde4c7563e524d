"""Tables of text that line up in any script: columns are as wide as a terminal shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.render.text_safety import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WIDEST = 48
"""Cells of a column at most; the end of a longer text is left out."""
_NARROWEST = 12
_GAP = "  "


def table_lines(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    right: frozenset[int] = frozenset(),
    ids: frozenset[int] = frozenset(),
    whole: bool = False,
    room: int | None = None,
) -> Iterator[str]:
    """A line for the heads and one for each row; columns in ``right`` are set to the right, those of ``ids`` are never cut.

    What comes from pins is made harmless. With ``whole`` nothing is left out; otherwise long columns give way until a
    line fits into ``room`` cells, as far as that can be had.
    """
    texts = [[plain(text) for text in row] for row in (heads, *rows)]
    natural = [max(width_of(row[column]) for row in texts) for column in range(len(heads))]
    widths = natural if whole else _narrowed(natural, ids, room)
    for row in texts:
        cells = (
            _cell(text, width, right=column in right)
            for column, (text, width) in enumerate(zip(row, widths, strict=True))
        )
        yield _GAP.join(cells).rstrip()


def _narrowed(natural: Sequence[int], ids: frozenset[int], room: int | None) -> list[int]:
    """Widths of the columns: but for ids none above the widest that lets all of them fit."""

    def limited(limit: int) -> list[int]:
        return [width if column in ids else min(width, limit) for column, width in enumerate(natural)]

    gaps = len(_GAP) * (len(natural) - 1)
    limit = WIDEST
    while room is not None and limit > _NARROWEST and sum(limited(limit)) + gaps > room:
        limit -= 1
    return limited(limit)


def _cell(text: str, width: int, *, right: bool) -> str:
    """A text in exactly so many cells."""
    if width_of(text) > width:
        from rich.cells import set_cell_size  # noqa: PLC0415 - for who shows a table

        text = f"{set_cell_size(text, width - 1).rstrip()}…"
    gap = " " * (width - width_of(text))
    return f"{gap}{text}" if right else f"{text}{gap}"


def width_of(text: str) -> int:
    """Cells that a terminal shows a text in."""
    from rich.cells import cell_len  # noqa: PLC0415 - for who shows a table

    return cell_len(text)
