"""The widget that shows pictures side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.strip import Strip
from textual.widget import Widget

from pinplan.render.text_safety import shortened
from pinplan.review.terminal.pictures import PictureKey

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinplan.review.terminal.facts import Pane
    from pinplan.review.terminal.pictures import PictureLoader

GAP = 2
LEAST_ROWS = 4
"""A lower picture says nothing; the captions get its room."""
_DIM = Style(dim=True)


class PictureRow(Widget):
    """The pictures of a group, each under its caption."""

    def __init__(self, loader: PictureLoader) -> None:
        """Show nothing at first."""
        super().__init__()
        self._loader = loader
        self._panes: Sequence[Pane] = ()
        self._next: Sequence[Pane] = ()

    def show_panes(self, panes: Sequence[Pane], coming: Sequence[Pane] = ()) -> None:
        """Show these; load ``coming`` meanwhile."""
        self._panes, self._next = panes, coming
        self._want()
        self.refresh()

    def on_resize(self) -> None:
        """Load the pictures in their new size."""
        self._want()

    def render_line(self, y: int) -> Strip:
        """One row of cells: of captions first, of pictures below."""
        width = self.size.width
        if not self._panes:
            words = "No picture: this action changes records only." if y == 0 else ""
            return Strip([Segment(set_cell_size(words, width), _DIM)], width)
        segments: list[Segment] = []
        column = self._column(len(self._panes))
        for number, pane in enumerate(self._panes):
            if number:
                segments.append(Segment(" " * GAP))
            segments += self._caption(pane, y, column) if y < _captions(pane) else self._picture(pane, y, column)
        return Strip(segments).adjust_cell_length(width)

    # -- parts -------------------------------------------------------------------------------------------------------

    def _column(self, panes: int) -> int:
        width: int = self.size.width
        return max(1, (width - GAP * (panes - 1)) // max(1, panes))

    def _caption(self, pane: Pane, y: int, column: int) -> list[Segment]:
        lines = [pane.label, *pane.lines] if pane.label else list(pane.lines)
        style = Style.parse(pane.style) if pane.label and y == 0 else _DIM
        return [Segment(set_cell_size(_fitting(lines[y], column), column), style)]

    def _picture(self, pane: Pane, y: int, column: int) -> list[Segment]:
        found = self._loader.get(self._key(pane, column))
        row = y - _captions(pane)
        if found is None or isinstance(found, str):
            words = "loading …" if found is None else f"no picture: {found}"
            lines = Text(words).wrap(self.app.console, column)
            text = lines[row].plain if row < len(lines) else ""
            return [Segment(set_cell_size(text, column), _DIM)]
        if row >= len(found):
            return [Segment(" " * column)]
        cells = sum(len(segment.text) for segment in found[row])
        left = (column - cells) // 2
        return [Segment(" " * left), *found[row], Segment(" " * (column - cells - left))]

    def _key(self, pane: Pane, column: int) -> PictureKey:
        return PictureKey(pane.action, pane.number, column, max(0, self.size.height - _captions(pane)))

    def _want(self) -> None:
        found = []
        for panes in (self._panes, self._next):
            column = self._column(len(panes))
            found += [self._key(pane, column) for pane in panes]
        self._loader.want([key for key in found if key.rows >= LEAST_ROWS and key.columns >= LEAST_ROWS])


def _captions(pane: Pane) -> int:
    return len(pane.lines) + bool(pane.label)


def _fitting(text: str, cells: int) -> str:
    """A text without its middle, so that it fits: some characters take two cells."""
    longest = cells
    while longest > 2 and cell_len(shortened(text, longest)) > cells:
        longest -= 1
    return shortened(text, longest)
