"""The spectra of two copies of a picture, frequency by frequency: what each holds there, and how much of it they share."""

from __future__ import annotations

from functools import cached_property, lru_cache
from itertools import pairwise
from math import sqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image, ImageFilter

from pinplan.duplicates.windows import window_means

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Spectrum = NDArray[np.complex64]
    Weights = NDArray[np.float32]

_FEW_PIXELS, _MANY_PIXELS = 300_000, 3_000_000
"""Of the part of the larger picture that is compared, the most detailed one: at first, and where that cannot tell."""
_MAX_PARTS = 4
"""Sizes of this part, of which the one is taken that is nearest to whole pixels in the smaller picture."""
_SLOW = 0.1
"""Pixels that a part may lie further from whole ones if its transform is quick."""
_EDGES = (0.25, 0.35, 0.5, 0.6, 0.7, 0.8, 0.9)
"""Of the bands, as shares of the highest frequency that the smaller one can hold."""
_ABOVE, _BELOW = (1.05, 1.3), (0.8, 0.95)
"""Just above and just below the highest frequency that the smaller one can hold, as multiples of it."""
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
_COARSE = 1.5
"""Places across by which what is coarse is blurred."""
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
    """Compares the spectra of two pictures. Those of the larger one are kept, since it is often compared with many others."""

    def __init__(self) -> None:
        self._large: _Large | None = None

    def bands_of(self, one: Image.Image, other: Image.Image, *, closely: bool = False) -> Bands:
        """Compare two pictures in grey.

        They are weighted by how detailed they are in a place: what is smooth holds nothing but the noise of an encoder, in most pictures
        more of it than all edges hold of detail.

        Args:
            one: the larger one.
            other: the smaller one.
            closely: compare more of them; see `has_more`.
        """
        share = _share(one.size, _MANY_PIXELS if closely else _FEW_PIXELS)
        if one.size == other.size:
            return _of_one_size(one, other, share)
        large = self._large_one(one)
        mine, theirs = _same_parts(large, other.size, share)
        # Both show the same, so that the weights of one do for both.
        spectrum = _spectrum(other, theirs, _window(large.weights, other.size, theirs))
        # The highest frequencies, across and down, that both can hold.
        size = min(mine.width, theirs.width), min(mine.height, theirs.height)
        low = _low(spectrum, *size)
        _shift(low, mine.begins(one.size), theirs.begins(other.size))
        return _bands(_low(large.spectrum(mine), *size), low, size)

    def beyond(self, large: Image.Image, small: Image.Image) -> float:
        """What the larger picture holds just above all that the smaller one can hold, as a multiple of what it holds just below.

        Returns:
            Less than 1 of nearly all pictures, and little of an enlargement; 0 if the two are nearly of a size.
        """
        known = self._large_one(large)
        part, _ = _same_parts(known, small.size, _share(large.size, _MANY_PIXELS))
        energy = _energy(known.spectrum(part))
        down = np.abs(np.fft.fftfreq(energy.shape[0])) * (2 * large.height / small.height)
        across = np.arange(energy.shape[1]) * (2 / part.width * large.width / small.width)
        waves = np.maximum(down[:, None], across[None, :])
        above, below = ((waves >= least) & (waves < most) for least, most in (_ABOVE, _BELOW))
        return float(energy[above].mean() / (energy[below].mean() + _NOTHING)) if above.any() and below.any() else 0.0

    def repetition(self, large: Image.Image, small: Image.Image) -> float:
        """See `repetition`."""
        known = self._large is not None and self._large.image is large
        return _repetition(self._large_one(large).steps, small) if known else repetition(large, small)

    def _large_one(self, image: Image.Image) -> _Large:
        if self._large is None or self._large.image is not image:
            self._large = None  # two of them are many megabytes
            self._large = _Large(image)
        return self._large


class _Part(NamedTuple):
    """A part of a picture, in whole pixels."""

    left: int
    upper: int
    width: int
    height: int

    @classmethod
    def around(cls, middle: tuple[float, float], whole: tuple[int, int], size: tuple[int, int]) -> _Part:
        """The part of that size that lies around a place, given in shares of the width and the height, as far as the picture reaches."""
        left, upper = (
            min(max(0, round(place * side - part / 2)), side - part)
            for place, side, part in zip(middle, whole, size, strict=True)
        )
        return cls(left, upper, *size)

    def middle_of(self, whole: tuple[int, int]) -> tuple[float, float]:
        """Where its middle lies in the picture."""
        return (self.left + self.width / 2) / whole[0], (self.upper + self.height / 2) / whole[1]

    def begins(self, whole: tuple[int, int]) -> _Beginning:
        """Where the centre of its first pixel lies in the picture."""
        width, height = whole
        return _Beginning(
            ((self.left + 0.5) / width, (self.upper + 0.5) / height), (width / self.width, height / self.height)
        )

    def within(self, whole: tuple[int, int], size: tuple[int, int]) -> tuple[float, float, float, float]:
        """The same box in the picture at another size."""
        across, down = size[0] / whole[0], size[1] / whole[1]
        right, lower = self.left + self.width, self.upper + self.height
        # Rounding must not lead beyond the picture.
        return self.left * across, self.upper * down, min(right * across, size[0]), min(lower * down, size[1])


class _Beginning(NamedTuple):
    """Where a part begins.

    Attributes:
        place: the centre of its first pixel, in shares of the width and the height of the picture.
        waves: how many waves of its lowest frequency fit into the picture.
    """

    place: tuple[float, float]
    waves: tuple[float, float]


class _Large:
    """A picture, the weights of its places, and the spectra of its parts."""

    def __init__(self, image: Image.Image) -> None:
        self.image = image
        self._detail = _detail(image)
        self.weights = _weights(self._detail)
        self._spectra: dict[_Part, Spectrum] = {}

    def middle(self, share: float) -> tuple[float, float]:
        return _most_detailed(self._detail, share)

    def spectrum(self, part: _Part) -> Spectrum:
        if part not in self._spectra:
            if len(self._spectra) == _MAX_PARTS:
                del self._spectra[next(iter(self._spectra))]
            self._spectra[part] = _spectrum(self.image, part, _window(self.weights, self.image.size, part))
        return self._spectra[part]

    @cached_property
    def steps(self) -> tuple[Weights, Weights]:
        return _steps_of(self.image)


def _same_parts(large: _Large, small: tuple[int, int], share: float) -> tuple[_Part, _Part]:
    """The part of the larger picture that is compared, and the same of the smaller one."""
    whole = large.image.size
    (width, across), (height, down) = (
        _commensurate(*sides, max(1, int(share * sides[0]))) for sides in zip(whole, small, strict=True)
    )
    mine = _Part.around(large.middle(share), whole, (width, height))
    return mine, _Part.around(mine.middle_of(whole), small, (across, down))


def _of_one_size(one: Image.Image, other: Image.Image, share: float) -> Bands:
    detail = np.maximum(_detail(one), _detail(other))
    width, height = (_quick(max(1, int(share * side))) for side in one.size)
    part = _Part.around(_most_detailed(detail, share), one.size, (width, height))
    window = _window(_weights(detail), one.size, part)
    mine, theirs = (_low(_spectrum(image, part, window), width, height) for image in (one, other))
    return _bands(mine, theirs, (width, height))


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


def _shift(spectrum: Spectrum, first: _Beginning, second: _Beginning) -> None:
    """Move the second of two parts that differ in size under the first."""
    rows, columns = np.arange(spectrum.shape[0]) - spectrum.shape[0] // 2, np.arange(spectrum.shape[1])
    across, down = (
        2 * np.pi * waves * (mine - other)
        for mine, other, waves in zip(first.place, second.place, first.waves, strict=True)
    )
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


def has_more(image: Image.Image) -> bool:
    """Whether a picture has more pixels than are compared at first."""
    return _share(image.size, _FEW_PIXELS) < 1


def _share(size: tuple[int, int], most: int) -> float:
    """The share of the width and the height that is compared."""
    return min(1.0, sqrt(most / (size[0] * size[1])))


@lru_cache(maxsize=1024)
def _commensurate(mine: int, other: int, most: int) -> tuple[int, int]:
    """Lengths of the same part of two pictures, as nearly the same as whole pixels can be.

    Args:
        mine: the length of the larger one.
        other: that of the smaller one.
        most: how long the part of the larger one may be.
    """
    lengths = [_quick(most)]
    while len(lengths) < _MAX_PARTS and lengths[-1] > 1:
        lengths.append(_quick(lengths[-1] - 1))
    pairs = ((length, max(1, round(length * other / mine))) for length in lengths)
    return min(pairs, key=lambda pair: abs(pair[0] * other / mine - pair[1]) + _SLOW * (_quick(pair[1]) < pair[1]))


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
    return window_means(np.clip(detail / (_usual(detail) + 1e-6), 0, 1) ** 2, _SMOOTH)


def _usual(detail: Weights) -> float:
    """From here on a place counts as a whole."""
    place = int(_DETAILED * detail.size)
    return float(np.partition(detail, place, axis=None)[place])


def _detail(image: Image.Image) -> Weights:
    """How detailed it is, place by place."""
    size = (_ACROSS, max(_SMOOTH, round(_ACROSS * image.height / image.width)))
    places = image.resize(size, Image.Resampling.BOX, reducing_gap=2.0)
    down, across = np.gradient(np.asarray(places, dtype=np.float32))
    return window_means(np.hypot(down, across), _NEAR)


def _most_detailed(detail: Weights, share: float) -> tuple[float, float]:
    """The middle of the part that is most detailed, in shares of the width and the height."""
    if share == 1.0:
        return 0.5, 0.5
    # What is very detailed counts no more than what is detailed: the part is to hold as many such places as can be.
    sums = np.pad(np.minimum(detail, _usual(detail)), ((1, 0), (1, 0))).cumsum(0, np.float64).cumsum(1)
    down, across = (max(1, int(share * side)) for side in detail.shape)
    held = sums[down:, across:] - sums[:-down, across:] - sums[down:, :-across] + sums[:-down, :-across]
    upper, left = divmod(int(held.argmax()), held.shape[1])
    return (left + across / 2) / detail.shape[1], (upper + down / 2) / detail.shape[0]


def _window(weights: Weights, whole: tuple[int, int], part: _Part) -> Weights:
    """The weight of every pixel of a part, none at the edges: they would be the strongest detail of a picture."""
    size = part.width, part.height
    box = part.within(whole, weights.shape[::-1])
    places = Image.fromarray(weights, "F").resize(size, Image.Resampling.BICUBIC, box)
    window: Weights = np.asarray(places, dtype=np.float32) * np.hanning(part.height)[:, None].astype(np.float32)
    window *= np.hanning(part.width)[None, :].astype(np.float32)
    return window


def _spectrum(image: Image.Image, part: _Part, window: Weights) -> Spectrum:
    """The spectrum of a part of a picture: frequencies from 0 up across, and as `numpy.fft` orders them down."""
    own = image.crop((part.left, part.upper, part.left + part.width, part.upper + part.height))
    # Without what is coarse: times the weights it would have a spectrum of theirs.
    coarse = own.filter(ImageFilter.GaussianBlur(max(1.0, _COARSE * image.width / _ACROSS)))
    fine = np.subtract(np.asarray(own), np.asarray(coarse), dtype=np.float32)
    fine *= window
    rows = np.fft.rfft(fine, axis=1)
    del fine
    # In place of them: a large picture has as much again. The result is of single precision, as they are.
    spectrum: Spectrum = np.fft.fft(rows, axis=0, out=rows).astype(np.complex64, copy=False)
    spectrum /= window.size
    return spectrum


def _low(spectrum: Spectrum, width: int, height: int) -> Spectrum:
    """The frequencies that a picture of a size can hold: from 0 up across, and from the negative ones up down."""
    columns, highest = (width - 1) // 2, (height - 1) // 2
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
