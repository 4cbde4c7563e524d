"""Which part of the picture differs: the places in which two pictures are further apart than encoders explain."""

from __future__ import annotations

from math import isqrt
from typing import TYPE_CHECKING

import numpy as np

from pinplan.model.similarity import Place, Region

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Excess = NDArray[np.float32]
    Cells = NDArray[np.intp]
    """Rows and columns."""

MAX_PLACES = 8
"""Places that are kept one by one, the largest first; the others are only counted."""
_NEAR_THE_LIMIT = 0.5
"""Share of a limit from which the place that comes nearest to it is worth a look, though nothing differs."""
_ABOUT_THE_PEAK = 0.75
LEAST_OF_A_PLACE = _ABOUT_THE_PEAK * _NEAR_THE_LIMIT
"""Share of a limit up to which a pixel is part of no place, whatever is found beside it."""
_BELONGS = 0.25
"""Share of the largest excess in a place from which a pixel is part of it. Less is what a window beside it takes in of it."""
_CELLS = 64
"""Cells along the longer side: what lies in neighbouring ones is one place, such as the letters of a word."""


def region_of(excess: Excess) -> Region | None:
    """The places that differ; of two pictures that do not, the one that comes nearest to it; None if none does.

    Args:
        excess: how far every pixel and what surrounds it is apart, as a multiple of what may be.
    """
    peak = float(excess.max(initial=0.0))
    if peak < _NEAR_THE_LIMIT:
        return None
    level = 1.0 if peak > 1 else _ABOUT_THE_PEAK * peak
    side = -(-max(excess.shape) // _CELLS)
    cells = np.maximum.reduceat(
        np.maximum.reduceat(excess, np.arange(0, excess.shape[0], side), axis=0),
        np.arange(0, excess.shape[1], side),
        axis=1,
    )
    found = [_place(excess, group, side, level) for group in _together(cells > level)]
    if peak <= 1:
        # Of two copies only the one place: the others are the noise of encoders.
        found = [max(found, key=lambda one: one[0])]
    found.sort(key=lambda one: (-one[1], one[2].top, one[2].left))
    places = [place for *_, place in found]
    share = sum(count for _, count, _ in found) / excess.size
    return Region(share=round(share, 5), places=tuple(places[:MAX_PLACES]), more=len(places[MAX_PLACES:]))


def region_of_greys(one: bytes, other: bytes, limit: int) -> Region | None:
    """The same for two squares of grey pixels, with a limit in levels."""
    first, second = (np.frombuffer(levels, dtype=np.uint8).astype(np.float32) for levels in (one, other))
    side = isqrt(len(one))
    return region_of((np.abs(first - second) / np.float32(limit)).reshape(side, side))


def _together(marked: NDArray[np.bool_]) -> list[Cells]:
    """Marked cells that touch each other, also at a corner."""
    # In a frame, so that no neighbour is in the next row; as numbers, since a crop marks thousands of cells.
    framed = np.pad(marked, 1)
    across = framed.shape[1]
    beside = [down + step for down in (-across, 0, across) for step in (-1, 0, 1) if down or step]
    left = set(np.flatnonzero(framed).tolist())
    groups: list[Cells] = []
    while left:
        waiting = [left.pop()]
        for cell in waiting:  # grows while it is read
            near = [cell + step for step in beside if cell + step in left]
            left.difference_update(near)
            waiting.extend(near)
        groups.append(np.stack(np.divmod(waiting, across)) - 1)
    return groups


def _place(excess: Excess, cells: Cells, side: int, level: float) -> tuple[float, int, Place]:
    """The largest excess in some cells, how many pixels differ there, and the smallest box around them."""
    height, width = excess.shape
    first = cells.min(axis=1, keepdims=True)
    # Only the box around the cells: the whole picture for each place costs more than all other tests of a pair.
    down, across = (int(start) * side for start in first[:, 0])
    inside = np.zeros((cells - first).max(axis=1) + 1, dtype=np.bool_)
    inside[tuple(cells - first)] = True
    inside = inside.repeat(side, axis=0).repeat(side, axis=1)
    part = excess[down : down + inside.shape[0], across : across + inside.shape[1]]
    here = np.where(inside[: part.shape[0], : part.shape[1]], part, np.float32(0))
    peak = float(here.max())
    rows, columns = np.nonzero(here > max(level, _BELONGS * peak))
    upper, left = down + int(rows.min()), across + int(columns.min())
    place = Place(
        left=round(left / width, 4),
        top=round(upper / height, 4),
        width=round((across + int(columns.max()) + 1 - left) / width, 4),
        height=round((down + int(rows.max()) + 1 - upper) / height, 4),
    )
    return peak, len(rows), place
