"""Where two pictures differ most, place by place, and how one was edited as a whole: both at one size, one subtracted from the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from pinplan.duplicates.compare import (
    MAX_AREA_COLOUR,
    MAX_AREA_LUMA,
    MAX_FINE_LUMA,
    MAX_LOCAL_COLOUR,
    MAX_LOCAL_LUMA,
    MAX_SMALL_COLOUR,
    MAX_SMALL_LUMA,
    LocalDifference,
)
from pinplan.duplicates.edits import Adjustment
from pinplan.duplicates.region import region_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Levels = NDArray[np.int16]

_AROUND = 17
"""Pixels on a side of what a place is seen in: an encoder spoils the flat ground beside an edge, up to a block away."""
_NOISE = 4.0
"""Levels by which encoders differ where there is nothing to see."""
_LITTLE, _MUCH = 0.1, 0.25
"""Shares of the contrast around a place by which encoders, and ways to resize, differ there."""
_SMALL = 128
"""Pixels of width at which edits of the whole picture are measured: a crop moves things by a pixel or two there."""
_LUMA = np.array([77, 150, 29], dtype=np.int32)
"""Rec. 601, as in a JPEG file, of 256."""


def local_difference(one: bytes, other: bytes, size: tuple[int, int]) -> LocalDifference:
    """Compare two pictures of the same size, place by place.

    The sign is kept until the mean is taken: the noise of two encoders lies on both sides and cancels out, a digit does not. What is left
    counts by what surrounds it: encoders and ways to resize differ at edges, and hardly where it is plain.

    Args:
        one: red, green and blue of every pixel, row by row.
        other: likewise.
        size: width and height of both.
    """
    shape = (size[1], size[0], 3)
    # int16: uint8 differences would wrap around.
    first, second = (np.frombuffer(levels, dtype=np.uint8).reshape(shape).astype(np.int16) for levels in (one, other))
    apart = first - second
    grounds = [_luma(first), _luma(second)]
    luma = grounds[0] - grounds[1]
    # Of the two the plainer: what was added to one is plain ground in the other.
    found = _Excess(np.minimum(*(_contrast(ground) for ground in grounds)))
    local = _means(apart, 9)
    return LocalDifference(
        fine_luma=found.largest(_means(luma, 3), _LITTLE, MAX_FINE_LUMA),
        small_luma=found.largest(_means(luma, 5), _MUCH, MAX_SMALL_LUMA),
        small_colour=found.largest(_means(apart, 5), _LITTLE, MAX_SMALL_COLOUR),
        local_luma=found.largest(_means(luma, 9), _LITTLE, MAX_LOCAL_LUMA),
        local_colour=found.largest(local, _LITTLE, MAX_LOCAL_COLOUR),
        area_luma=found.largest(_means(luma, 17), _LITTLE, MAX_AREA_LUMA),
        area_colour=found.largest(_means(apart, 17), _LITTLE, MAX_AREA_COLOUR),
        levels=float(np.abs(local).max()),
        adjusted=adjustment(one, other, size),
        region=region_of(found.by_place),
    )


def _luma(levels: Levels) -> Levels:
    return ((levels.astype(np.int32) @ _LUMA) >> 8).astype(np.int16)


def _contrast(luma: Levels) -> NDArray[np.float32]:
    """The standard deviation around every place, as large as the picture."""
    wide = luma.astype(np.int32)
    mean = _means(wide, _AROUND)
    spread = np.sqrt(np.maximum(_means(wide * wide, _AROUND) - mean * mean, 0))
    return _centred(spread, luma.shape[:2])


def _centred(windows: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Values of windows at their middles, those at the edges repeated outwards."""
    missing = [whole - part for whole, part in zip(shape, windows.shape, strict=True)]
    return np.pad(windows, [(count // 2, count - count // 2) for count in missing], mode="edge")


class _Excess:
    """Means in multiples of what encoders may differ by in such a place.

    Attributes:
        by_place: at the middle of every window the largest so far, as a multiple of its limit.
    """

    def __init__(self, around: NDArray[np.float32]) -> None:
        self._around = around
        self.by_place = np.zeros_like(around)

    def largest(self, means: NDArray[np.float32], share: float, limit: float) -> float:
        """The largest mean; all of them are noted by place."""
        levels = np.abs(means)
        if levels.ndim == 3:
            levels = levels.max(axis=2)
        down, across = ((whole - part) // 2 for whole, part in zip(self._around.shape, levels.shape, strict=True))
        middles = np.s_[down : down + levels.shape[0], across : across + levels.shape[1]]
        levels /= _NOISE + share * self._around[middles]
        most = float(levels.max())
        np.maximum(self.by_place[middles], levels / np.float32(limit), out=self.by_place[middles])
        return most


def _means(levels: NDArray[np.int16] | NDArray[np.int32], side: int) -> NDArray[np.float32]:
    """The mean of every window; a picture that is narrower than the window has a narrower window."""
    down, across = min(side, levels.shape[0]), min(side, levels.shape[1])
    sums = _sums(_sums(levels, down, 0), across, 1)
    means: NDArray[np.float32] = sums.astype(np.float32) / np.float32(down * across)
    return means


def _sums(levels: NDArray[np.int16] | NDArray[np.int32], count: int, axis: int) -> NDArray[np.int32]:
    """Sums of so many neighbours along an axis. Whole numbers: differences of long running sums are exact."""
    rows = levels.swapaxes(0, axis)
    running = np.zeros((rows.shape[0] + 1, *rows.shape[1:]), dtype=np.int32)
    np.cumsum(rows, axis=0, out=running[1:])
    return (running[count:] - running[:-count]).swapaxes(0, axis)


def adjustment(one: bytes, other: bytes, size: tuple[int, int]) -> Adjustment:
    """How one of two pictures was edited as a whole, by least squares: what contrast, brightness, crop and shift explain of the difference."""
    small = (_SMALL, max(2, round(_SMALL * size[1] / size[0])))
    first, second = (_small(levels, size, small) for levels in (one, other))
    lumas = [levels[..., 0] for levels in (first, second)]
    contrast, brightness, *moves = _fitted(*lumas)
    chromas = [np.abs(levels[..., 1:] - 128).mean() for levels in (first, second)]
    tints: NDArray[np.float64] = np.abs(first[..., 1:] - second[..., 1:]).mean(axis=(0, 1))
    return Adjustment(
        contrast=abs(contrast),
        brightness=abs(brightness),
        shift=max(abs(moves[0]), abs(moves[2])) / _SMALL,
        stretch=max(abs(moves[1]), abs(moves[3])) / _SMALL,
        chroma=(float(min(chromas)), float(max(chromas))),
        tint=float(tints.max()),
    )


def _small(levels: bytes, size: tuple[int, int], small: tuple[int, int]) -> NDArray[np.float64]:
    image = Image.frombytes("RGB", size, levels).convert("YCbCr")
    return np.asarray(image.resize(small, Image.Resampling.BILINEAR), dtype=np.float64)


def _fitted(first: NDArray[np.float64], second: NDArray[np.float64]) -> list[float]:
    """Contrast, brightness, and by how much things moved across and down: everywhere, and in proportion to their distance from the middle."""
    mean = (first + second) / 2
    slope_down, slope_across = np.gradient(mean, axis=0), np.gradient(mean, axis=1)
    down, across = (np.arange(count) / count - 0.5 for count in mean.shape)
    causes: list[NDArray[np.float64]] = [
        mean - mean.mean(),
        np.ones_like(mean),
        slope_across,
        slope_across * across,
        slope_down,
        slope_down * down[:, None],
    ]
    columns = np.stack([np.asarray(cause)[1:-1, 1:-1].ravel() for cause in causes], axis=1)
    # A little of each square keeps what the picture cannot tell, such as the crop of stripes, near nothing.
    normal = columns.T @ columns + np.diag(np.full(len(causes), 1e-3 * len(columns)))
    found: list[float] = np.linalg.solve(normal, columns.T @ (first - second)[1:-1, 1:-1].ravel()).tolist()
    return found
