"""Which of two copies of a picture holds more detail that is really there: their spectra, frequency by frequency, and the traces of saving.

An enlargement has pixels, and nothing above the frequencies of what it was made from; a copy that was saved at quality 30 has coefficients in
steps, whatever it was saved as since. Both are seen in the pixels, not in the header.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from msgspec import Struct

from pinplan.duplicates.appended import with_appended
from pinplan.duplicates.compare import Judgement
from pinplan.duplicates.decode import WHOLE, decode
from pinplan.formats.appended import NOTHING, Appended, appended_to
from pinplan.model.similarity import Better

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

    Spectrum = NDArray[np.complex64]

_MAX_PIXELS = 3_000_000
"""Of the larger picture; of more, the middle is compared."""
_SAME_WIDTH = 1.05
_LEAST_WIDTH = 200
"""Pixels: narrower than any size that Pinterest shows but its thumbnails."""
_SOFT = 0.8
"""Share of the smaller one's highest frequencies that an enlargement has left of them at most."""
_NOTHING = 0.3
_LOST = 0.7
"""Share of high frequencies below which one of two of the same size has lost some."""
_SHARPENED = 1.35
"""Times as much in the middle of the spectrum as resizing leaves."""
_DERIVED = 0.3
"""Coherence from which one is made of the other."""
_SAME_PHASE = 0.8
"""Coherence at which one has all that the other has: it is only softer, or sharper."""
_FOLDED = 0.35
"""Coherence of what lies above the smaller one's frequencies with their mirror image: pixels that were repeated."""
_SURELY_MORE, _NO_LESS = 1.3, 0.85
"""Shares of the smaller one's highest frequencies: of an original that was made smaller, and of one that is as soft."""
_SAME_SOURCE = 0.6
"""Coherence that two copies of nearly the same quality have at least."""
_WORSE_QUALITY, _MUCH_WORSE_QUALITY = 12, 25
_BLOCKS, _BLOCKY = 1.4, 1.25
"""Times as much at the edges of blocks as elsewhere, and as in the other one."""
_NOISY = 1.45
"""Times as much noise on plain ground."""
_TOP = 4
"""The highest band that is judged; above it the ways to make a picture smaller differ."""
_FEW_COLOURS = 256
_EDGES = (0.35, 0.5, 0.6, 0.7, 0.8, 0.9)
"""Of the bands, as shares of the highest frequency that the smaller one can hold."""


class Copy(Struct, frozen=True):
    """What is looked at of one file.

    Attributes:
        spectrum: of its brightness, half of it, as `numpy.fft.rfft2` gives it.
        quality: the lowest at which its pixels were ever saved as JPEG in this size; 0 where that leaves no trace.
        colours: how many it has; one more than a palette holds stands for all above.
        noise: mean square of the noise on plain ground; 0 where there is none, or no plain ground.
        blocks: how much its pixels differ across the edges of 8×8 blocks, as a multiple of elsewhere.
        mode: Pillow's name of how it is stored.
        appended: what the file holds behind the picture.
    """

    luma: Image.Image
    width: int
    height: int
    quality: int
    colours: int
    blocks: float
    noise: float
    mode: str
    form: str
    appended: Appended = NOTHING


def copy_of(data: bytes, where: str) -> Copy:
    """Decode a file to judge it. Raises `ImageRefused`."""
    decoded = decode(data, where, WHOLE)
    image = decoded.image
    luma = image.convert("L")
    saved = [
        quality for quality in (decoded.quality if decoded.format == "JPEG" else 0, saved_quality(luma)) if quality
    ]
    return Copy(
        luma=luma,
        width=image.width,
        height=image.height,
        quality=min(saved, default=0),
        colours=len(image.getcolors(_FEW_COLOURS) or range(_FEW_COLOURS + 1)),
        blocks=blockiness(luma),
        noise=ground_noise(luma),
        mode=decoded.mode,
        form=decoded.format,
        appended=appended_to(data),
    )


def judge(one: Copy, other: Copy) -> Judgement:
    """Compare two copies that show the same picture, and what the files hold beside it."""
    return with_appended(_judge(one, other), one, other)


def _judge(one: Copy, other: Copy) -> Judgement:
    if (one.width, one.height) < (other.width, other.height):
        found = _judge(other, one)
        return found._replace(better=found.better.swapped)
    by_kind = _by_kind(one, other)
    if by_kind is not None:
        return by_kind
    bands = _bands(one, other)
    if one.width <= _SAME_WIDTH * other.width:
        return _of_one_size(one, other, bands)
    return of_two_sizes(one, other, bands)


def _by_kind(one: Copy, other: Copy) -> Judgement | None:
    """What the way of storing alone decides."""
    if (one.mode == "CMYK") == (other.mode == "CMYK"):
        return None
    if one.width > _SAME_WIDTH * other.width and one.mode == "CMYK":
        return Judgement(Better.UNSURE, "the larger one is stored for printing (CMYK)")
    better = Better.OTHER if one.mode == "CMYK" else Better.ONE
    return Judgement(better, "one is stored for printing (CMYK), with fewer colours")


class Bands(NamedTuple):
    """Energy of both by frequency, and what they share.

    Attributes:
        one, other: energy in each band.
        shared: the part of it that is the same in both, as a share from 0 to 1 (coherence).
        folded: the same of what lies above the smaller one's frequencies and their mirror image.
    """

    one: list[float]
    other: list[float]
    shared: list[float]
    folded: float

    def share(self, band: int) -> float:
        """What the first has in a band, as a multiple of what the second has."""
        return self.one[band] / self.other[band]


def _bands(one: Copy, other: Copy) -> Bands:
    first, second = _cut(one, other)
    across, down = (min(sides) for sides in zip(first.size, second.size, strict=True))
    high, low = _spectrum(first), _spectrum(second)
    columns, rows = np.arange((across - 1) // 2), np.arange(-((down - 1) // 2), (down - 1) // 2 + 1)
    mine, theirs = (_at(spectrum, image.size, columns, rows) for spectrum, image in ((high, first), (low, second)))
    distance = np.maximum(columns[None, :] / (across / 2), np.abs(rows)[:, None] / (down / 2))
    places = np.digitize(distance.ravel(), _EDGES)

    def sums(values: NDArray[np.floating]) -> NDArray[np.float64]:
        found = np.bincount(places, weights=values.ravel(), minlength=len(_EDGES) + 1)[1:] + 1e-12
        return found.astype(np.float64)

    ones, others = sums(np.abs(mine) ** 2), sums(np.abs(theirs) ** 2)
    both = mine * theirs.conj()
    shared = (sums(both.real) ** 2 + sums(both.imag) ** 2) / (ones * others)
    return Bands(ones.tolist(), others.tolist(), shared.tolist(), _folding(high, low, first.size, second.size))


def _cut(one: Copy, other: Copy) -> tuple[Image.Image, Image.Image]:
    """Both whole, or the middle of both."""
    share = min(1.0, (_MAX_PIXELS / (one.width * one.height)) ** 0.5)
    if share == 1.0:
        return one.luma, other.luma
    left, upper = round((1 - share) / 2 * other.width), round((1 - share) / 2 * other.height)
    box = (left, upper, other.width - left, other.height - upper)
    scale = one.width / other.width
    return one.luma.crop(tuple(round(side * scale) for side in box)), other.luma.crop(box)


def _spectrum(image: Image.Image) -> Spectrum:
    levels = np.asarray(image, dtype=np.float32)
    height, width = levels.shape
    # Without it the edges of the picture would be its strongest detail.
    window = np.hanning(height)[:, None].astype(np.float32) * np.hanning(width)[None, :].astype(np.float32)
    spectrum: Spectrum = (np.fft.rfft2((levels - levels.mean()) * window) / (height * width)).astype(np.complex64)
    return spectrum


def _at(spectrum: Spectrum, size: tuple[int, int], columns: NDArray[np.int64], rows: NDArray[np.int64]) -> Spectrum:
    """Its values at these frequencies, phase-shifted to the centre of the first pixel, so that spectra of two sizes can be compared."""
    width, height = size
    moved = np.exp(-1j * np.pi * rows / height)[:, None] * np.exp(-1j * np.pi * columns / width)[None, :]
    found: Spectrum = spectrum[np.ix_(rows % height, columns)] * moved.astype(np.complex64)
    return found


def _folding(high: Spectrum, low: Spectrum, large: tuple[int, int], small: tuple[int, int]) -> float:
    """How much of what the larger one holds above the smaller one's frequencies is their mirror image."""
    above = np.arange(small[0] // 2 + 1, min(int(0.7 * small[0]), large[0] // 2))
    rows = np.arange(-(small[1] // 4), small[1] // 4)
    if not above.size or not rows.size:
        return 0.0
    beyond = _at(high, large, above, rows)
    mirrored = _at(low, small, small[0] - above, -rows).conj()
    energy = float((np.abs(beyond) ** 2).sum() * (np.abs(mirrored) ** 2).sum())
    return float(np.abs((beyond * mirrored.conj()).sum()) / (energy**0.5 + 1e-12))


def of_two_sizes(large: Copy, small: Copy, bands: Bands) -> Judgement:
    """Whether the larger one holds more than the smaller one, or is made of something like it."""
    if small.width < _LEAST_WIDTH:
        return Judgement(Better.EQUAL)  # too few waves to tell: the later rules keep the larger one
    top = max((band for band in range(_TOP + 1) if bands.shared[band] > _DERIVED), default=None)
    left = bands.share(_TOP if top is None else top)
    enlarged = Judgement(
        Better.OTHER, f"the one of {large.width} px is an enlargement of about {small.width} px or less"
    )
    if bands.share(0) > _SHARPENED:
        return Judgement(Better.UNSURE, f"the one of {large.width} px is sharpened")
    if (left < _SOFT and top is not None) or left < _NOTHING:
        poor = 0 < small.quality < large.quality - _MUCH_WORSE_QUALITY
        return Judgement(Better.UNSURE, enlarged.why) if poor else enlarged
    if (left < _SURELY_MORE or top != _TOP) and bands.folded > _FOLDED:
        return enlarged
    if 0 < large.quality < small.quality - _MUCH_WORSE_QUALITY:
        return Judgement(Better.UNSURE, f"the larger one was saved at quality {large.quality}")
    if top == _TOP and left >= 1:
        return Judgement(Better.ONE, f"the one of {large.width} px has details that the other lacks")
    if top is not None and top < _TOP and left > _NO_LESS:
        return Judgement(Better.EQUAL)  # too soft for its size: noise is all that lies above
    return Judgement(Better.UNSURE, f"the one of {large.width} px holds hardly more than {small.width} px")


def _of_one_size(one: Copy, other: Copy, bands: Bands) -> Judgement:
    """Which of the two has lost something: to an enlargement, a palette or an encoder."""
    losses = [_palette_loss(one, other, bands), _quality_loss(one, other), _frequency_loss(bands)]
    found = [loss for loss in losses if loss is not None]
    if len({loss.better for loss in found}) > 1:
        return Judgement(Better.UNSURE, "; ".join(loss.why for loss in found))
    if not found and one.form == other.form == "JPEG" and one.width == other.width and one.quality != other.quality:
        hidden = min(bands.shared[1 : _TOP + 1]) < _SAME_SOURCE
        return (
            Judgement(Better.UNSURE, "they differ by more than their qualities") if hidden else Judgement(Better.EQUAL)
        )
    return found[0] if found else Judgement(Better.EQUAL)


def _palette_loss(one: Copy, other: Copy, bands: Bands) -> Judgement | None:
    least, most = sorted((one.colours, other.colours))
    if least > _FEW_COLOURS or 2 * least > most:
        return None
    better, poor = (Better.OTHER, one) if one.colours == least else (Better.ONE, other)
    if min(bands.shared[:4]) < _SAME_PHASE:
        return Judgement(better, f"one has no more than {least} colours")
    return Judgement(Better.UNSURE, f"one is a GIF of {least} colours") if poor.form == "GIF" else None


def _frequency_loss(bands: Bands) -> Judgement | None:
    shares = [bands.share(band) for band in range(1, len(_EDGES))]
    share = float(np.exp(np.log(shares).mean()))
    if _LOST <= share <= 1 / _LOST:
        return None
    if min(bands.shared[:3]) > _SAME_PHASE:
        return Judgement(Better.UNSURE, "one is softer, or the other is sharpened")
    # Energy may be the blocks of an encoder: then the other traces say the opposite, and it is not sure.
    return Judgement(Better.ONE if share > 1 else Better.OTHER, "one lacks fine details")


def _quality_loss(one: Copy, other: Copy) -> Judgement | None:
    known = [copy.quality or 100 for copy in (one, other)]
    if abs(known[0] - known[1]) >= _WORSE_QUALITY:
        better = Better.ONE if known[0] > known[1] else Better.OTHER
        return Judgement(better, f"one was saved at about quality {min(known)} before")
    blocks = sorted((one.blocks, other.blocks))
    if blocks[1] > max(_BLOCKS, _BLOCKY * blocks[0]):
        better = Better.ONE if one.blocks == blocks[0] else Better.OTHER
        return Judgement(better, "one shows the blocks of an encoder")
    noises = sorted((one.noise, other.noise))
    if 0 < _NOISY * noises[0] < noises[1]:
        better = Better.ONE if one.noise == noises[0] else Better.OTHER
        return Judgement(better, "one has the noise of an encoder on plain ground")
    return None


# -- traces of saving ------------------------------------------------------------------------------------------------

_PLACES = ((0, 1, 11), (1, 0, 12), (1, 1, 12), (0, 2, 10), (2, 0, 14), (1, 2, 14), (2, 1, 13))
"""Low frequencies of a block, and their steps in annex K of the JPEG standard, which stand for quality 50."""
_MAX_BLOCKS = 80
_STEPS = range(4, 61)
_LEAST = 30
"""Coefficients that are needed to see a step."""
_COMB = 0.6
"""How closely they must lie on multiples of it."""


def saved_quality(luma: Image.Image) -> int:
    """The quality at which these pixels were once saved as JPEG, from the steps of their coefficients; 0 where there are none to see."""
    blocks = _blocks(np.asarray(luma, dtype=np.float32))
    cosines = _cosines()
    scales = []
    for row, column, standard in _PLACES:
        values = np.einsum("nij,i,j->n", blocks, cosines[row], cosines[column])
        step = _step(values)
        if step:
            scales.append(100 * step / standard)
    if len(scales) < len(_PLACES) // 2:
        return 0
    scale = float(np.median(scales))
    return max(1, round((200 - scale) / 2 if scale <= 100 else 5000 / scale))


def blockiness(luma: Image.Image) -> float:
    """How much neighbouring pixels differ across the edges of 8×8 blocks, as a multiple of inside them."""
    levels = np.asarray(luma, dtype=np.float32)
    inside = edges = 0.0
    for axis in (0, 1):
        # Beyond some levels it is an edge of the picture, not of a block.
        steps = np.minimum(np.abs(np.diff(levels, axis=axis)), _EDGE).mean(axis=1 - axis)
        at_edge = np.arange(len(steps)) % 8 == 7
        edges += float(steps[at_edge].mean()) if at_edge.any() else 0.0
        inside += float(steps[~at_edge].mean())
    return (edges + _EVEN) / (inside + _EVEN)


_EDGE, _EVEN = 12, 0.1
"""Levels."""


def ground_noise(luma: Image.Image) -> float:
    """The mean square of the noise on plain ground, such as paper behind letters; 0 without such ground."""
    counts = np.array(luma.histogram(), dtype=np.float64)
    level = int(counts.argmax())
    apart = np.arange(256) - level
    if counts[np.abs(apart) <= 1].sum() < _PLAIN * counts.sum():
        return 0.0
    near = np.abs(apart) <= _NEAR
    return float((counts * apart**2)[near].sum() / counts[near].sum()) + 1e-3


_PLAIN, _NEAR = 0.2, 24
"""The least share of plain ground, and levels from it that are noise."""


def _blocks(levels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Blocks of 8×8 pixels of the middle."""
    down, across = (min(_MAX_BLOCKS, side // 8) for side in levels.shape)
    upper, left = ((side // 8 - count) // 2 * 8 for side, count in zip(levels.shape, (down, across), strict=True))
    middle = levels[upper : upper + 8 * down, left : left + 8 * across]
    blocks: NDArray[np.float32] = middle.reshape(down, 8, across, 8).swapaxes(1, 2).reshape(-1, 8, 8)
    return blocks


@lru_cache(maxsize=1)
def _cosines() -> NDArray[np.float32]:
    rows, columns = np.arange(8)[:, None], 2 * np.arange(8)[None, :] + 1
    basis: NDArray[np.float32] = (np.cos(np.pi / 16 * rows * columns) / 2).astype(np.float32)
    basis[0] /= np.sqrt(2)
    return basis


def _step(values: NDArray[np.float32]) -> int:
    """The widest step on whose multiples they lie; 0 if there is none."""
    for step in reversed(_STEPS):
        seen = values[np.abs(values) > step / 2]
        if seen.size >= _LEAST and np.cos(2 * np.pi / step * seen).mean() > _COMB:
            return step
    return 0
