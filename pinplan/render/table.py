"""Lines of styled text and tables that align in any script, by width on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from rich.cells import cell_len, chop_cells

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
    line fits into ``room`` cells, but not below a minimum width.
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
    # One cell at a time is at most 36 rounds; every wide column shrinks to the same limit.
    while room is not None and limit > _NARROWEST and sum(limited(limit)) + gaps > room:
        limit -= 1
    return limited(limit)


def _cell(text: str, width: int, *, right: bool) -> str:
    """Pad or cut a text to an exact width."""
    if width_of(text) > width:
        # Cells, not characters: CJK and emoji are two wide.
        from rich.cells import set_cell_size  # noqa: PLC0415 - for who shows a table

        text = f"{set_cell_size(text, width - 1).rstrip()}…"
    gap = " " * (width - width_of(text))
    return f"{gap}{text}" if right else f"{text}{gap}"


def width_of(text: str) -> int:
    """Cells that a terminal shows a text in."""
    from rich.cells import cell_len  # noqa: PLC0415 - for who shows a table

    return cell_len(text)


class Line(Struct, frozen=True):
    """A line of text.

    Attributes:
        style: for the whole of it.
        parts: styles for parts of it: from, to (in characters), style.
    """

    text: str = ""
    style: str = ""
    parts: tuple[tuple[int, int, str], ...] = ()


def line_of(*pieces: tuple[str, str]) -> Line:
    """A line of pieces, each with its own style."""
    text, parts = "", []
    for piece, style in pieces:
        if style and piece.strip():
            parts.append((len(text), len(text) + len(piece), style))
        text += piece
    return Line(text.rstrip(), "", tuple(parts))


def width(text: str) -> int:
    """Cells of a terminal that a text takes: two for a wide character."""
    return cell_len(text)


def padded(text: str, cells: int) -> str:
    """The text with spaces behind it, up to a width."""
    return text + " " * (cells - width(text))


def fitted(text: str, cells: int, *, keep_end: int = 0) -> str:
    """The text, cut to a width; ``keep_end`` cells of its end stay, so that an id in a file name can still be read."""
    if width(text) <= cells:
        return text
    if cells < 2:
        return "…"[:cells]
    end = _last_cells(text, min(keep_end, cells // 2))
    return f"{_first_cells(text, cells - 1 - width(end))}…{end}"


def _first_cells(text: str, cells: int) -> str:
    # chop_cells may return a wide character in one cell; the test below drops it.
    kept = chop_cells(text, max(cells, 1))[0] if text and cells > 0 else ""
    return kept if width(kept) <= cells else ""


def _last_cells(text: str, cells: int) -> str:
    kept = ""
    for character in reversed(text):
        if width(character + kept) > cells:
            break
        kept = character + kept
    return kept


def wrapped(text: str, first: int, rest: int) -> list[str]:
    """Wrap a text at word boundaries; break words that are too long."""
    lines: list[str] = []
    line, room = "", first
    # Not textwrap: it counts characters, and a CJK character fills two cells.
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if width(longer) <= room:
            line = longer
            continue
        if line:
            lines.append(line)
            room = rest
        # At least 2: a wide character does not fit into one cell.
        pieces = chop_cells(word, max(room, 2)) or [""]
        lines.extend(pieces[:-1])
        room = rest if len(pieces) > 1 else room
        line = pieces[-1]
    return [*lines, line]
