"""A line of text with its styles; and how wide text is on a terminal."""

from __future__ import annotations

from msgspec import Struct
from rich.cells import cell_len, chop_cells


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
    """The text in lines of at most so many cells, broken between words; a word that is too long is broken itself."""
    lines: list[str] = []
    line, room = "", first
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if width(longer) <= room:
            line = longer
            continue
        if line:
            lines.append(line)
            room = rest
        pieces = chop_cells(word, max(room, 2)) or [""]
        lines.extend(pieces[:-1])
        room = rest if len(pieces) > 1 else room
        line = pieces[-1]
    return [*lines, line]
