"""Where two pictures differ most, place by place, and how one was edited as a whole: both at one size, one subtracted from the other."""

from __future__ import annotations

from functools import cached_property
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np
from msgspec.structs import replace

from pinplan.duplicates.edits import Adjustment, edit_of
from pinplan.duplicates.fingerprint import FINE
from pinplan.duplicates.limits import (
    MAX_AREA_COLOUR,
    MAX_AREA_LUMA,
    MAX_FINE_LUMA,
    MAX_LOCAL_COLOUR,
    MAX_LOCAL_LUMA,
    MAX_SMALL_COLOUR,
    MAX_SMALL_LUMA,
)
from pinplan.duplicates.pixel_reader import LocalDifference
from pinplan.duplicates.region import LEAST_OF_A_PLACE, region_of
from pinplan.duplicates.windows import window_area, window_sums

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

    from pinplan.model.similarity import Region

    Levels = NDArray[np.int16]

_AROUND = 17
"""Pixels on a side of what a place is seen in: an encoder spoils the flat ground beside an edge, up to a block away."""
_NOISE = 4.0
"""Levels by which encoders differ where there is nothing to see."""
_LITTLE, _SOME, _MUCH = 0.1, 0.13, 0.25
"""Shares of the contrast around a place by which encoders, and ways to resize, differ there. Of thin black lines a sharp way cuts off what is
whiter than white, and they get thicker."""
_VISIBLE = 3.0
"""Levels by which some 9×9 pixels differ at least where one was edited."""
_LEAST_STEP = 5.0
"""Levels, root mean square, that neighbouring pixels are apart at least to be a structure: twice what an encoder adds to smooth ground."""
_LEAST_SLOPE = 5.0
"""Levels, root mean square, that a gradient is apart from its mean at least."""
_SMALL = 128
"""Pixels of width at which edits of the whole picture are measured: a crop moves things by a pixel or two there."""
_WHITE = 255


class PictureAtSize:
    """A picture brought to the size at which it is compared, and what is measured of it once for all comparisons."""

    def __init__(self, luma: Image.Image, colours: Image.Image, size: tuple[int, int], *, reduced_by: int = 1) -> None:
        """Bring it to that size, and its colours to half of it: most files store no more.

        Args:
            luma: its brightness, at any size.
            colours: red, green and blue of it, at any size.
            size: width and height.
            reduced_by: how many times smaller the colours were made before.
        """
        width, height = size
        # The last column and row may be of fewer pixels than the others: drawn as wide, they would shift all the others.
        whole = luma.width / reduced_by, luma.height / reduced_by
        # By whole factors first, as long as no edge is softer for it.
        self._luma = luma.resize(size, FINE, reducing_gap=2.0)
        self._colours = colours.resize((-(-width // 2), -(-height // 2)), FINE, (0, 0, *whole), reducing_gap=1.0)

    @cached_property
    def luma(self) -> Levels:
        """Its brightness."""
        return np.asarray(self._luma, dtype=np.int16)

    @cached_property
    def colours(self) -> Levels:
        """Red, green and blue, one plane after the other, at half the size."""
        return np.ascontiguousarray(np.asarray(self._colours, dtype=np.int16).transpose(2, 0, 1))

    @cached_property
    def contrast(self) -> NDArray[np.float32]:
        """The standard deviation around every place, as large as the picture."""
        return _contrast(self.luma)

    @cached_property
    def steps(self) -> NDArray[np.float32]:
        """The steps between pixels two columns, and three rows apart: what is drawn, however small, without what is bright or dark as a whole."""
        # Every second row is enough to tell structures apart.
        across, down = self.luma[::2, 2:] - self.luma[::2, :-2], self.luma[3::2] - self.luma[:-3:2]
        return np.concatenate([across.ravel(), down.ravel()]).astype(np.float32)

    @cached_property
    def small(self) -> NDArray[np.float64]:
        """Brightness and both colour differences at the size at which edits are measured."""
        size = (_SMALL, max(2, round(_SMALL * self._luma.height / self._luma.width)))
        small = np.array(self._colours.resize(size, FINE).convert("YCbCr"), dtype=np.float64)
        small[..., 0] = np.asarray(self._luma.resize(size, FINE))
        return small


def local_difference(one: PictureAtSize, other: PictureAtSize) -> LocalDifference:
    """Compare two pictures of the same size, as a whole and place by place.

    Returns:
        All of it; of an edited copy only the levels and the adjustment, which decides by itself and is cheap to find.
    """
    adjusted = adjustment(one.small, other.small)
    if edit_of(adjusted) is not None:
        levels = float(_means(one.colours - other.colours, 5).max())
        if levels >= _VISIBLE:
            return LocalDifference(levels=levels, adjusted=adjusted)
        # Of a smooth gradient the least squares make a crop of what is no more than the rounding of encoders.
        adjusted = Adjustment()
    return replace(difference_by_place(one, other), adjusted=adjusted, structure=_structure(one, other))


def _structure(one: PictureAtSize, other: PictureAtSize) -> float:
    """How closely the steps between pixels agree; of smooth pictures, the brightness itself; 0 where neither tells anything."""
    for first, second, least in (
        (one.steps, other.steps, _LEAST_STEP),
        (_slopes(one), _slopes(other), _LEAST_SLOPE),
    ):
        squares = float(first @ first), float(second @ second)
        if min(squares) >= least**2 * len(first):
            return float(first @ second) / sqrt(squares[0] * squares[1])
    return 0.0


def _slopes(picture: PictureAtSize) -> NDArray[np.float32]:
    luma = picture.small[..., 0].astype(np.float32).ravel()
    slopes: NDArray[np.float32] = luma - luma.mean()
    return slopes


def difference_by_place(one: PictureAtSize, other: PictureAtSize) -> LocalDifference:
    """Compare two pictures of the same size, place by place.

    The sign is kept until the mean is taken: the noise of two encoders lies on both sides and cancels out, a digit does not. What is left
    counts by what surrounds it: encoders and ways to resize differ at edges, and hardly where it is plain.
    """
    luma, colours = (one.luma - other.luma)[None], one.colours - other.colours
    # Of the two the plainer: what was added to one is plain ground in the other.
    around = np.minimum(one.contrast, other.contrast)
    bright, coloured = _Excess(around), _Excess(around[::2, ::2])
    local = _means(colours, 5)
    return LocalDifference(
        fine_luma=bright.largest(_means(luma, 3), _SOME, MAX_FINE_LUMA),
        small_luma=bright.largest(_means(luma, 5), _MUCH, MAX_SMALL_LUMA),
        small_colour=coloured.largest(_means(colours, 2), _LITTLE, MAX_SMALL_COLOUR),
        local_luma=bright.largest(_means(luma, 9), _SOME, MAX_LOCAL_LUMA),
        local_colour=coloured.largest(local, _LITTLE, MAX_LOCAL_COLOUR),
        area_luma=bright.largest(_means(luma, 17), _SOME, MAX_AREA_LUMA),
        area_colour=coloured.largest(_means(colours, 9), _LITTLE, MAX_AREA_COLOUR),
        levels=float(local.max()),
        region=_region_of_both(bright.by_place, coloured.by_place),
    )


def _region_of_both(bright: NDArray[np.float32] | None, coloured: NDArray[np.float32] | None) -> Region | None:
    """Where brightness is apart, or a colour, which is seen at half the size."""
    if coloured is None:
        return region_of(bright) if bright is not None else None
    coloured = coloured.repeat(2, axis=0).repeat(2, axis=1)
    if bright is not None:
        coloured = np.maximum(bright, coloured[: bright.shape[0], : bright.shape[1]])
    return region_of(coloured)


def _contrast(luma: Levels) -> NDArray[np.float32]:
    wide = luma.astype(np.int32)
    sums, squares = window_sums(wide, _AROUND, _WHITE), window_sums(wide * wide, _AROUND, _WHITE**2)
    area = np.float32(window_area(wide.shape, _AROUND))
    mean = sums.astype(np.float32) / area
    spread = np.sqrt(np.maximum(squares.astype(np.float32) / area - mean * mean, 0))
    return _centred(spread, wide.shape)


def _centred(windows: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Values of windows at their middles, those at the edges repeated outwards."""
    missing = [whole - part for whole, part in zip(shape, windows.shape, strict=True)]
    return np.pad(windows, [(count // 2, count - count // 2) for count in missing], mode="edge")


class _Excess:
    """Means in multiples of what encoders may differ by in such a place."""

    def __init__(self, around: NDArray[np.float32]) -> None:
        self._usual = {share: _NOISE + np.float32(share) * around for share in (_LITTLE, _SOME, _MUCH)}
        self.by_place: NDArray[np.float32] | None = None

    def largest(self, means: NDArray[np.float32], share: float, limit: float) -> float:
        """The largest mean; where one comes near its limit, all of them are noted by place."""
        shape = self._usual[share].shape
        down, across = ((whole - part) // 2 for whole, part in zip(shape, means.shape, strict=True))
        middles = np.s_[down : down + means.shape[0], across : across + means.shape[1]]
        levels = means / self._usual[share][middles]
        most = float(levels.max())
        if most > LEAST_OF_A_PLACE * limit:
            levels /= np.float32(limit)
            if self.by_place is None:
                self.by_place = np.zeros(shape, dtype=np.float32)
            np.maximum(self.by_place[middles], levels, out=self.by_place[middles])
        return most


def _means(apart: Levels, side: int) -> NDArray[np.float32]:
    """The absolute mean of every window, the largest of all planes."""
    # Plane by plane, which stays in the cache of a processor.
    largest = int(max(apart.max(), -apart.min()))
    first, *others = (np.abs(window_sums(plane, side, largest)) for plane in apart)
    for sums in others:
        np.maximum(first, sums, out=first)
    means: NDArray[np.float32] = first.astype(np.float32) / np.float32(window_area(apart.shape, side))
    return means


def adjustment(first: NDArray[np.float64], second: NDArray[np.float64]) -> Adjustment:
    """How one of two pictures was edited as a whole, by least squares: what contrast, brightness, crop and shift explain of the difference.

    Args:
        first: see `PictureAtSize.small`.
        second: likewise.
    """
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
