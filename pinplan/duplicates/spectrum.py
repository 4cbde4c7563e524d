"""The spectra of two copies of a picture, frequency by frequency: what each holds there, and how much of it they share."""

from __future__ import annotations

from functools import cached_property, lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image, ImageFilter

from pinplan.duplicates.windows import window_means

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Spectrum = NDArray[np.complex64]
    Weights = NDArray[np.float32]

_MAX_PIXELS = 3_000_000
"""Of the larger picture; of more, the middle is compared."""
_EDGES = (0.25, 0.35, 0.5, 0.6, 0.7, 0.8, 0.9)
"""Of the bands, as shares of the highest frequency that the smaller one can hold."""
_NOTHING = 1e-12
"""Added in every band: two that hold nothing share it."""
_ACROSS = 128
"""Places across at which it is measured where a picture is detailed."""
_DETAILED = 0.85
"""Share of the places that count for less than whole."""
_NEAR, _SMOOTH = 5, 9
"""Places over which detail, and weights, are averaged: without steps, which would have a spectrum of their own."""
_MIN_STEPS = 20
"""Columns, or rows, that must hold the steps between neighbours: the few edges of a flag, or of some fields, lie somewhere by chance."""
_BY_CHANCE = 0.7
_EVEN = 0.05
"""Levels."""


class Bands(NamedTuple):
    """Energy of both by frequency, and what they share.

    Attributes:
        one, other: energy in each band.
        shared: the part of it that is the same in both, as a share from 0 to 1 (coherence).
    """

    one: list[float]
    other: list[float]
    shared: list[float]

    def share(self, band: int) -> float:
        """What the first has in a band, as a multiple of what the second has."""
        return self.one[band] / self.other[band]

    def mean_share(self, bands: slice) -> float:
        """The same over several bands: their geometric mean."""
        shares = [one / other for one, other in zip(self.one[bands], self.other[bands], strict=True)]
        return float(np.exp(np.log(shares).mean()))


class Spectra:
    """Compares the spectra of two pictures. That of the larger one is kept, since it is often compared with many others."""

    def __init__(self) -> None:
        self._large: _Large | None = None

    def bands_of(self, one: Image.Image, other: Image.Image) -> Bands:
        """Compare two pictures in grey, the larger one first.

        They are weighted by how detailed they are in a place: what is smooth holds nothing but the noise of an encoder, in most pictures
        more of it than all edges hold of detail.
        """
        first, second = _middles(one, other)
        # The highest frequencies, across and down, that both can hold.
        across, down = (min(sides) for sides in zip(first.size, second.size, strict=True))
        columns, highest = (across - 1) // 2, (down - 1) // 2
        if first.size == second.size:
            return _bands(*_of_one_size(first, second, columns, highest), (across, down))
        large = self._large_one(first)
        # Both show the same, so that the weights of one do for both.
        theirs = _low(_spectrum(second, _window(large.weights, second.size)), columns, highest)
        _shift(theirs, first.size, second.size)
        return _bands(_low(large.spectrum, columns, highest), theirs, (across, down))

    def repetition(self, large: Image.Image, small: Image.Image) -> float:
        """See `repetition`."""
        known = self._large is not None and self._large.image is large
        return _repetition(self._large_one(large).steps, small) if known else repetition(large, small)

    def _large_one(self, image: Image.Image) -> _Large:
        if self._large is None or self._large.image is not image:
            self._large = None  # two of them are many megabytes
            self._large = _Large(image)
        return self._large


class _Large:
    """A picture, the weights of its places, and all of its spectrum."""

    def __init__(self, image: Image.Image) -> None:
        self.image = image
        self.weights = _weights(_detail(image))
        self.spectrum = _spectrum(image, _window(self.weights, image.size))

    @cached_property
    def steps(self) -> tuple[Weights, Weights]:
        return _steps_of(self.image)


def _of_one_size(first: Image.Image, second: Image.Image, columns: int, highest: int) -> tuple[Spectrum, Spectrum]:
    """The low parts of the spectra of both."""
    window = _window(_weights(np.maximum(_detail(first), _detail(second))), first.size)
    mine, theirs = (_low(_spectrum(image, window), columns, highest) for image in (first, second))
    return mine, theirs


def _bands(mine: Spectrum, theirs: Spectrum, size: tuple[int, int]) -> Bands:
    both = theirs.conj()
    both *= mine
    rings = _rings(*size)
    ones, others, real, imaginary = (
        np.array([_NOTHING + sum(float(values[part].sum(dtype=np.float64)) for part in ring) for ring in rings])
        for values in (_energy(mine), _energy(theirs), both.real, both.imag)
    )
    shared = np.minimum(1.0, (real**2 + imaginary**2) / (ones * others))
    return Bands(ones.tolist(), others.tolist(), shared.tolist())


def _energy(spectrum: Spectrum) -> Weights:
    return spectrum.real**2 + spectrum.imag**2


def _shift(spectrum: Spectrum, first: tuple[int, int], second: tuple[int, int]) -> None:
    """Move the second of two pictures that differ in size under the first: each counts from the centre of its first pixel."""
    rows, columns = np.arange(spectrum.shape[0]) - spectrum.shape[0] // 2, np.arange(spectrum.shape[1])
    across, down = (np.pi * (1 / mine - 1 / other) for mine, other in zip(first, second, strict=True))
    spectrum *= np.exp(1j * down * rows)[:, None].astype(np.complex64)
    spectrum *= np.exp(1j * across * columns)[None, :].astype(np.complex64)


@lru_cache(maxsize=64)
def _rings(across: int, down: int) -> list[tuple[tuple[slice, slice], ...]]:
    """The bands, as parts of a spectrum: each is what a rectangle around the middle has more than the one before."""
    highest = (down - 1) // 2
    columns, rows = np.arange((across - 1) // 2) / (across / 2), np.arange(highest + 1) / (down / 2)
    widths, heights = ([int(np.searchsorted(side, edge)) for edge in (*_EDGES, np.inf)] for side in (columns, rows))
    sides = list(zip(widths, heights, strict=True))
    return [
        (
            np.s_[highest - outer + 1 : highest - inner + 1, :width],
            np.s_[highest + inner : highest + outer, :width],
            np.s_[highest - inner + 1 : highest + inner, narrow:width],
        )
        for (narrow, inner), (width, outer) in pairwise(sides)
    ]


def _middles(one: Image.Image, other: Image.Image) -> tuple[Image.Image, Image.Image]:
    """Both whole, or the middle of both."""
    share = min(1.0, (_MAX_PIXELS / (one.width * one.height)) ** 0.5)
    if one.size == other.size:
        box = _box_of(other.size, *(_quick(round(share * side)) for side in other.size))
        return one.crop(box), other.crop(box)
    if share == 1.0:
        return one, other
    # Of two sizes no other box: rounded in both, the two would lie a part of a pixel apart.
    box = _box_of(other.size, *(round(share * side) for side in other.size))
    scale = one.width / other.width
    left, upper, right, lower = (round(side * scale) for side in box)
    return one.crop((left, upper, right, lower)), other.crop(box)


def _box_of(size: tuple[int, int], width: int, height: int) -> tuple[int, int, int, int]:
    """The middle of a picture."""
    left, upper = (size[0] - width) // 2, (size[1] - height) // 2
    return left, upper, left + width, upper + height


@lru_cache(maxsize=1024)
def _quick(length: int) -> int:
    """The longest length up to this without a prime factor above 5: of others a transform takes up to three times as long."""
    found = length
    while _without(_without(_without(found, 2), 3), 5) > 1:
        found -= 1
    return found


def _without(number: int, factor: int) -> int:
    while number % factor == 0:
        number //= factor
    return number


def _weights(detail: Weights) -> Weights:
    """What every place counts for, from 0 to 1, by how detailed it is."""
    usual = np.partition(detail, int(_DETAILED * detail.size), axis=None)[int(_DETAILED * detail.size)]
    return window_means(np.clip(detail / (usual + 1e-6), 0, 1) ** 2, _SMOOTH)


def _detail(image: Image.Image) -> Weights:
    """How detailed it is, place by place."""
    size = (_ACROSS, max(_SMOOTH, round(_ACROSS * image.height / image.width)))
    down, across = np.gradient(np.asarray(image.resize(size, Image.Resampling.BOX), dtype=np.float32))
    return window_means(np.hypot(down, across), _NEAR)


def _window(weights: Weights, size: tuple[int, int]) -> Weights:
    """The weight of every pixel, none at the edges: they would be the strongest detail of a picture."""
    width, height = size
    places = Image.fromarray(weights, "F").resize(size, Image.Resampling.BICUBIC)
    window: Weights = np.asarray(places, dtype=np.float32).clip(0)
    window *= np.hanning(height)[:, None].astype(np.float32)
    window *= np.hanning(width)[None, :].astype(np.float32)
    return window


def _spectrum(image: Image.Image, window: Weights) -> Spectrum:
    """The spectrum of a picture: frequencies from 0 up across, and as `numpy.fft` orders them down."""
    # Without what is coarse: times the weights it would have a spectrum of theirs.
    coarse = image.filter(ImageFilter.GaussianBlur(max(1.0, 1.5 * image.width / _ACROSS)))
    fine = np.subtract(np.asarray(image), np.asarray(coarse), dtype=np.float32)
    fine *= window
    rows = np.fft.rfft(fine, axis=1)
    del fine
    # In place of them: a large picture has as much again. The result is of single precision, as they are.
    spectrum: Spectrum = np.fft.fft(rows, axis=0, out=rows).astype(np.complex64, copy=False)
    spectrum /= window.size
    return spectrum


def _low(spectrum: Spectrum, columns: int, highest: int) -> Spectrum:
    """The low part of it: frequencies 0 to ``columns`` - 1 across, and ``-highest`` to ``highest`` down."""
    below, above = spectrum[len(spectrum) - highest :, :columns], spectrum[: highest + 1, :columns]
    return np.concatenate((below, above))


def repetition(large: Image.Image, small: Image.Image) -> float:
    """How small the steps between neighbours are where an enlargement of the smaller one by repeating pixels has none.

    Returns:
        The mean step there, as a multiple of that elsewhere: about 1, or far less in such an enlargement. Not below 0.7 where there are
        too few steps to tell.
    """
    return _repetition(_steps_of(large), small)


def _steps_of(image: Image.Image) -> tuple[Weights, Weights]:
    """The mean step between neighbours: from each row to the next, and from each column."""
    levels = np.asarray(image, dtype=np.float32)
    down, across = (np.abs(np.diff(levels, axis=axis)).mean(axis=1 - axis) for axis in (0, 1))
    return down, across


def _repetition(steps: tuple[Weights, Weights], small: Image.Image) -> float:
    down, across = steps
    return max(_repeated(down, small.height), _repeated(across, small.width))


def _repeated(steps: Weights, source: int) -> float:
    """The same in one direction."""
    count = len(steps) + 1
    rows = np.floor((np.arange(count) + 0.5) * source / count)
    repeated = rows[1:] == rows[:-1]
    if not repeated.any() or repeated.all():
        return 1.0
    found = float((steps[repeated].mean() + _EVEN) / (steps[~repeated].mean() + _EVEN))
    holding = float(steps.sum() ** 2 / ((steps**2).sum() + 1e-12))
    return found if holding >= _MIN_STEPS else max(found, _BY_CHANCE)
