"""Sums over all square windows of a picture, exact and in a few additions each."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Levels = NDArray[np.int16] | NDArray[np.int32]

Some = TypeVar("Some", "NDArray[np.int16] | NDArray[np.int32]", "NDArray[np.float32]")

_LARGEST = np.iinfo(np.int16).max


def window_sums(levels: Levels, side: int, largest: int) -> Levels:
    """The sum of every window of a picture.

    Args:
        levels: rows by columns.
        side: width and height of a window in pixels; no more than those of the picture.
        largest: an upper bound of the absolute values; it decides whether 16 bits are enough.

    Returns:
        As many rows and columns as there are places for a window.
    """
    down, across = min(side, levels.shape[0]), min(side, levels.shape[1])
    rows = _sums(_wide_enough(levels, down * largest), down, 0)
    return _sums(_wide_enough(rows, down * across * largest), across, 1)


def window_means(levels: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """The mean around every pixel, of the same shape; pixels at the edge are repeated beyond it. ``side`` is odd."""
    around = np.pad(levels, side // 2, mode="edge")
    means: NDArray[np.float32] = _sums(_sums(around, side, 0), side, 1) / np.float32(side * side)
    return means


def window_area(shape: tuple[int, ...], side: int) -> int:
    """Pixels in such a window."""
    return min(side, shape[-2]) * min(side, shape[-1])


def _wide_enough(levels: Levels, largest: int) -> Levels:
    # Half as wide is twice as fast.
    return levels if largest <= _LARGEST else levels.astype(np.int32, copy=False)


def _sums(levels: Some, count: int, axis: int) -> Some:
    """Sums of ``count`` neighbours along an axis, built by doubling: sums of 1, 2, 4, 8 … pixels."""
    left, width, at = levels.shape[axis] - count + 1, 1, 0
    total = None
    doubled = levels
    while count:
        if count & 1:
            part = _from(doubled, axis, at, left)
            total = part if total is None else total + part
            at += width
        count >>= 1
        if count:
            many = doubled.shape[axis] - width
            doubled = _from(doubled, axis, 0, many) + _from(doubled, axis, width, many)
            width *= 2
    assert total is not None  # noqa: S101 - a window has at least one pixel
    return total


def _from(levels: Some, axis: int, start: int, many: int) -> Some:
    chosen = (slice(None),) * axis + (slice(start, start + many),)
    return levels[chosen]
