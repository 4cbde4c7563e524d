"""The largest local difference of two pictures: means over small windows, by running sums."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pinplan.duplicates.compare import LocalDifference

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FINE, _LOCAL, _AREA = 3, 5, 17
"""Pixels on a side of the windows."""
_LUMA = np.array([0.299, 0.587, 0.114])
"""Rec. 601, as in a JPEG file."""


def local_difference(one: bytes, other: bytes, size: tuple[int, int]) -> LocalDifference:
    """Compare two pictures of the same size, place by place.

    Signed differences are averaged: the noise of two encoders has both signs and cancels out, a digit does not.

    Args:
        one: red, green and blue of every pixel, row by row.
        other: likewise.
        size: width and height of both.
    """
    shape = (size[1], size[0], 3)
    # int32: uint8 differences would wrap around.
    first, second = (np.frombuffer(levels, dtype=np.uint8).reshape(shape).astype(np.int32) for levels in (one, other))
    apart = first - second
    fine = _means(apart, _FINE)
    return LocalDifference(
        fine_luma=_largest(fine @ _LUMA),
        fine_colour=_largest(fine),
        local_colour=_largest(_means(apart, _LOCAL)),
        area_colour=_largest(_means(apart, _AREA)),
    )


def _largest(means: NDArray[np.float64]) -> float:
    return float(np.abs(means).max())


def _means(levels: NDArray[np.int32], side: int) -> NDArray[np.float64]:
    """The mean of every window; a picture smaller than the window gets a smaller window."""
    down, across = min(side, levels.shape[0]), min(side, levels.shape[1])
    # Two passes of running sums: the cost does not depend on the size of the window.
    means: NDArray[np.float64] = _sums(_sums(levels, down, 0), across, 1) / (down * across)
    return means


def _sums(levels: NDArray[np.int32], count: int, axis: int) -> NDArray[np.int32]:
    """Sums of ``count`` neighbours along an axis. In integers, so that differences of long running sums are exact."""
    rows = levels.swapaxes(0, axis)
    running = np.zeros((rows.shape[0] + 1, *rows.shape[1:]), dtype=np.int32)
    np.cumsum(rows, axis=0, out=running[1:])
    return (running[count:] - running[:-count]).swapaxes(0, axis)
