"""Proof that one of two copies was made of the other file: it agrees even with the noise of that file's encoder.

A JPEG file stores, for every frequency of its 8×8 blocks, the nearest multiple of a step. If a smaller file was made of a larger one, the larger
one, brought to its size, lies within half a step of all that the smaller one stores. What only shows the same picture misses that here and there,
by the noise that saving added to it. How often is tried out: the larger one is saved once more, in blocks that lie elsewhere, so that it has as much
noise, but other noise. A file that was made of it agrees far better with the old noise; to any other, one is as strange as the other.

An enlargement agrees with the file that it was made of, too, but too well: it lies near the multiples themselves. Where its own encoder cannot have
hidden that, and nothing of it is seen, the larger file was not made of the smaller one either: both were made of something else.
"""

from __future__ import annotations

import io
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image, ImageOps

from pinplan.errors import ImageRefused
from pinplan.formats.decoding import opened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Levels = NDArray[np.float32]
    Box = tuple[float, float, float, float]

_FILTERS = (
    Image.Resampling.LANCZOS,
    Image.Resampling.BICUBIC,
    Image.Resampling.BILINEAR,
    Image.Resampling.HAMMING,
    Image.Resampling.BOX,
)
_BLOCK = 8
_MAX_BLOCKS, _FIRST_BLOCKS = 80, 24
"""Across and down: of more, the middle is compared; of fewer, to see whether more are worth it."""
_AROUND = 3 * _BLOCK
"""Pixels of the larger one, around what is compared, that a filter may look at."""
_BLACK, _WHITE = 0, 255
"""Levels at which a block may have been clipped, so that it is no longer what is stored."""
_LOWEST, _MIN_STEP = 4, 2
"""Frequencies, across and down together, and their steps: what is higher depends on how exactly the larger one was brought to the size of the
smaller one, and of a finer step the multiple cannot be read from whole levels."""
_COARSEST = 12
"""The mean step of these in a file of quality 60: what is saved with coarser ones is no longer the picture and some noise."""
_ORIENTATION = 0x0112


class Agreement(NamedTuple):
    """How far the frequencies of a picture lie from what a file stores.

    Attributes:
        missed: the share of those that lie more than half a step away.
        clustered: the mean of a cosine that is 1 on the multiples and -1 halfway: about 0 before rounding, more if it is rounded ones that are seen.
    """

    missed: float
    clustered: float


class Difference(NamedTuple):
    """What lies between the frequencies of a picture and what a file stores, once every frequency is as strong in both.

    Attributes:
        apart: how far they lie apart: mean square, in steps.
        added: how much of it the encoder of the picture explains.
        error: standard error of what is left without that.
        clustered: as in `Agreement`.
    """

    apart: float
    added: float
    error: float
    clustered: float


class Evidence(NamedTuple):
    """What was found in two files.

    Attributes:
        compared: how many frequencies.
        found: how the larger one agrees.
        control: how it agrees with other noise.
        noise: how much this noise changes the pixels at the smaller size: mean square, in levels.
        difference: what lies between both.
    """

    compared: int
    found: Agreement
    control: Agreement
    noise: float
    difference: Difference


_MIN_COUNT = 400
"""Frequencies that are needed to tell."""
_MIN_NOISE = 0.15
"""Far less than that is lost when pixels are rounded to whole levels."""
_MAX_MISSED = 0.25
_MAX_MISSED_REENCODED, _MAX_CLUSTERED_REENCODED = 0.08, 0.02
"""At the same size, pixels were only rounded to whole levels: re-encoded files miss 1 to 5 %, two encoded from the same pixels 9 to 21 %.
Blurred or smoothed ones that miss as little lie on the multiples."""
_AS_OFTEN, _IF_STRANGE, _DEVIATIONS = 0.45, 0.7, 4
"""Times as often as with other noise: 0.7 if either noise is strange to the smaller file (it has one of them, or both), far less if it was made of
the larger one; and standard deviations below what is expected if it is strange."""
_MANY, _FAR_TOO_OFTEN = 1000, 0.7
"""With this many frequencies compared, a share above this one cannot be `_AS_OFTEN` by chance: the rest of the picture need not be read."""
_MAX_CLUSTERED = 0.08
"""Less than nothing is no sign of anything: of small multiples most lie towards zero, far from the multiple itself."""


_ROUNDED = 1 / 12
"""What rounding to whole steps adds to a mean square, in steps."""
_LEAST_ROUNDED, _MOST_ROUNDED = 0.65, 1.7
"""Times as much as that between two that were made of the same pixels; if the larger one was made of the smaller file, none. Far more is no
difference that encoders explain."""
_SURELY_ROUNDED, _ERRORS = 0.3, 3
"""Times as much, and standard errors above it."""
_ENOUGH, _LOUDEST = 3000, 4
"""Frequencies that are needed to tell noise from noise (of a few soft edges it is not spread as elsewhere), and times as much as rounding that the
encoder adds at most."""
_NO_CLUSTER, _NO_MORE_CLUSTER = 0.35, 0.2
"""Shares of what an enlargement would show of the multiples: if all that lies between them is noise, and if that of its encoder is."""
_SEEN, _SURELY_SEEN = 0.02, 5
"""The least signal that counts: a mean cosine, and its standard errors."""


class FilePair:
    """A larger and a smaller file of the same picture: was one made from the other? Reads no more of them than the question needs."""

    def __init__(self, small: bytes, large: bytes) -> None:
        self._small, self._large = small, large

    def is_source(self) -> bool:
        """Whether it is proven that the smaller file was made of the larger one, both JPEG. False says nothing."""
        return not self._is_hopeless and _is_source(self._whole)

    def is_reencoded(self) -> bool:
        """Whether it is proven that the first was re-encoded from the second, both JPEG and of the same size. False says nothing."""
        # A part is enough: no filter has to be found.
        first = self._first
        evidence = first if first is not None and first.compared >= _MANY else self._whole
        if evidence is None or not _is_source(evidence):
            return False
        found = evidence.found
        return found.missed <= _MAX_MISSED_REENCODED and found.clustered <= _MAX_CLUSTERED_REENCODED

    def is_no_enlargement(self) -> bool:
        """Whether it is proven that the larger file was not made of the smaller one, both JPEG. False says nothing."""
        return _is_no_enlargement(self._first) or _is_no_enlargement(self._whole)

    @cached_property
    def _first(self) -> Evidence | None:
        return evidence_of(self._small, self._large, _FIRST_BLOCKS)

    @cached_property
    def _whole(self) -> Evidence | None:
        return evidence_of(self._small, self._large)

    @property
    def _is_hopeless(self) -> bool:
        """Whether a part tells that the larger one is not the source."""
        first = self._first
        if first is None or first.compared < _MANY:
            return False
        return first.found.missed > _FAR_TOO_OFTEN * first.control.missed


def _is_source(evidence: Evidence | None) -> bool:
    if evidence is None or evidence.compared < _MIN_COUNT or evidence.noise < _MIN_NOISE:
        return False
    found, control = evidence.found, evidence.control
    strange = _IF_STRANGE * control.missed * evidence.compared
    return (
        found.clustered <= _MAX_CLUSTERED
        and found.missed <= min(_MAX_MISSED, _AS_OFTEN * control.missed)
        and found.missed * evidence.compared <= strange - _DEVIATIONS * strange**0.5
    )


def _is_no_enlargement(evidence: Evidence | None) -> bool:
    if evidence is None or evidence.compared < _MIN_COUNT:
        return False
    difference, error = evidence.difference, (2 * evidence.compared) ** -0.5
    clustered = max(difference.clustered, evidence.found.clustered)
    # An enlargement lies on the multiples but for its own noise, whatever made that.
    expected = _clustered_by(difference.apart)
    if expected > max(_SEEN, _SURELY_SEEN * error) and clustered < _NO_CLUSTER * expected:
        return True
    # Where the noise hides the multiples: between both lies as much more than the noise of its encoder as the smaller file lost by rounding.
    rounded = difference.apart - difference.added
    return (
        evidence.compared >= _ENOUGH
        and difference.added < _LOUDEST * _ROUNDED
        and _LEAST_ROUNDED * _ROUNDED < rounded < _MOST_ROUNDED * _ROUNDED
        and rounded - _ERRORS * difference.error > _SURELY_ROUNDED * _ROUNDED
        and clustered < max(_NO_MORE_CLUSTER * _clustered_by(difference.added), 2 * error)
    )


def _clustered_by(noise: float) -> float:
    """The mean cosine of what lies on the multiples but for some noise."""
    return float(np.exp(-2 * np.pi**2 * noise))


def evidence_of(small: bytes, large: bytes, most: int = _MAX_BLOCKS) -> Evidence | None:
    """Compare what the smaller file stores with the larger one, as it is and with other noise; None where it cannot be compared.

    Args:
        small: the smaller file.
        large: the larger one.
        most: blocks, across and down.
    """
    try:
        stored = _stored_in(small, most)
        pictures = _with_two_noises(large, stored) if stored is not None else None
    except ImageRefused:
        return None
    if stored is None or pictures is None:
        return None
    left, upper, right, lower = pictures.box
    of_one_size = (right - left, lower - upper) == (stored.box[2] - stored.box[0], stored.box[3] - stored.box[1])
    # At the same size all filters give the same.
    seen = [stored.seen_in(pictures.first, pictures.box, how) for how in (_FILTERS[:1] if of_one_size else _FILTERS)]
    agreements = [stored.agreement(levels) for levels in seen]
    best = min(range(len(seen)), key=lambda number: agreements[number])
    other = stored.seen_in(pictures.other, pictures.box, _FILTERS[best])
    changed = _blocks_of((other - seen[best]) ** 2)[stored.chosen.any(axis=(2, 3))]
    return Evidence(
        int(stored.chosen.sum()),
        agreements[best],
        stored.agreement(other),
        float(changed.mean()),
        stored.difference(seen[best], other),
    )


class _Stored(NamedTuple):
    """What a JPEG file stores of the brightness of its middle.

    Attributes:
        size: of the whole picture.
        box: the middle, without the outermost blocks.
        steps: of every frequency of a block.
        multiples: of these steps, for every block: rows and columns of blocks, then of frequencies.
        chosen: which of them are compared.
    """

    size: tuple[int, int]
    box: tuple[int, int, int, int]
    steps: Levels
    multiples: Levels
    chosen: NDArray[np.bool_]

    def seen_in(self, picture: Image.Image, box: Box, how: Image.Resampling) -> Levels:
        """The brightness of a box of a larger picture, brought to this size."""
        left, upper, right, lower = self.box
        small = picture.resize((right - left, lower - upper), how, box=box)
        return np.asarray(small.convert("L"), dtype=np.float32)

    def agreement(self, levels: Levels) -> Agreement:
        """How far they lie from what is stored."""
        apart = (_frequencies(levels) / self.steps - self.multiples)[self.chosen]
        return Agreement(float((np.abs(apart) > _HALF).mean()), float(np.cos(2 * np.pi * apart).mean()))

    def difference(self, levels: Levels, other: Levels) -> Difference:
        """What lies between them and what is stored; ``other`` is the same with other noise."""
        found = _frequencies(levels) / self.steps
        # A filter leaves of each frequency its own share.
        kept = self.multiples * self.chosen
        strength = (found * kept).sum(axis=(0, 1)) / np.maximum((kept**2).sum(axis=(0, 1)), 1)
        strength = np.where(self.chosen.sum(axis=(0, 1)) < _FEW, 1, strength.clip(_WEAKEST, _STRONGEST))
        apart = (found / strength - self.multiples)[self.chosen]
        added = ((_frequencies(other) / self.steps - found) / strength)[self.chosen]
        clustered = float(np.cos(2 * np.pi * apart).mean())
        apart, added = apart**2, added**2
        error = float((apart.var() + added.var()) / apart.size) ** 0.5
        return Difference(float(apart.mean()), float(added.mean()), error, clustered)


_HALF = 0.5
"""Of a step."""
_FEW, _WEAKEST, _STRONGEST = 30, 0.4, 1.6
"""Blocks that are too few to measure what a filter leaves of a frequency; the least and the most that it can leave."""


class _TwoNoises(NamedTuple):
    """A part of the larger file as it is, and with other noise; the box is the middle in it that is compared."""

    first: Image.Image
    other: Image.Image
    box: Box


def _stored_in(data: bytes, most: int) -> _Stored | None:
    with opened(data, "the smaller one") as image:
        tables = getattr(image, "quantization", None)
        if not tables or image.mode not in _COLOURS or image.getexif().get(_ORIENTATION, 1) != 1:
            return None
        steps = _steps(tables)
        if steps is None:
            return None
        # As it is stored: computed from red, green and blue it would be rounded twice more.
        image.draft("YCbCr" if image.mode == "RGB" else "L", image.size)
        luma = image.getchannel(0)
    box = _middle(luma.size, most)
    levels = np.asarray(luma.crop(box), dtype=np.float32)
    multiples = np.rint(_frequencies(levels) / steps)
    chosen = _chosen(levels, multiples) & (steps >= _MIN_STEP)
    return _Stored(luma.size, box, steps, multiples, chosen) if chosen.any() else None


_COLOURS = frozenset({"L", "RGB"})


def _steps(tables: Mapping[int, Sequence[int]]) -> Levels | None:
    """The steps of brightness in the tables of a file, a row for each frequency down; None if they are too coarse."""
    steps = np.array(tables[min(tables)], dtype=np.float32).reshape(_BLOCK, _BLOCK)
    return steps if steps[_low()].mean() <= _COARSEST else None


@lru_cache(maxsize=1)
def _low() -> NDArray[np.bool_]:
    """Which frequencies of a block are compared."""
    order = np.add.outer(np.arange(_BLOCK), np.arange(_BLOCK))
    low: NDArray[np.bool_] = (order > 0) & (order <= _LOWEST)
    return low


def _with_two_noises(data: bytes, stored: _Stored) -> _TwoNoises | None:
    """The part of the larger file that is needed, and the same saved again as its encoder did, in blocks that start in the middle of its own."""
    with opened(data, "the larger one") as image:
        tables = getattr(image, "quantization", None)
        if not tables or image.mode not in _COLOURS or _steps(tables) is None:
            return None
        ImageOps.exif_transpose(image, in_place=True)
        across, down = (whole / part for whole, part in zip(image.size, stored.size, strict=True))
        left, upper, right, lower = (side * scale for side, scale in zip(stored.box, (across, down) * 2, strict=True))
        first_column, first_row = (
            max(0, int(side) - _AROUND) // _BLOCK * _BLOCK + _BLOCK // 2 for side in (left, upper)
        )
        # What lies beyond the picture itself would be black.
        end = min(int(right) + _AROUND, image.width), min(int(lower) + _AROUND, image.height)
        part = image.crop((first_column, first_row, *end)).convert("RGB")
    file = io.BytesIO()
    part.save(file, "JPEG", qtables=tables, subsampling=0)
    box = left - first_column, upper - first_row, right - first_column, lower - first_row
    return _TwoNoises(part, Image.open(file).convert("RGB"), box)


def _middle(size: tuple[int, int], most: int) -> tuple[int, int, int, int]:
    """The middle of a picture in whole blocks, without the outermost ones."""
    sides = [side // _BLOCK for side in size]
    counts = [max(0, min(most, side - 2)) for side in sides]
    left, upper = ((side - count) // 2 * _BLOCK for side, count in zip(sides, counts, strict=True))
    return left, upper, left + counts[0] * _BLOCK, upper + counts[1] * _BLOCK


def _chosen(levels: Levels, multiples: Levels) -> NDArray[np.bool_]:
    """Low frequencies that are stored as more than nothing: what was rounded to nothing agrees with much."""
    blocks = _blocks_of(levels)
    whole = (blocks.min(axis=(2, 3), initial=255) > _BLACK) & (blocks.max(axis=(2, 3), initial=0) < _WHITE)
    chosen: NDArray[np.bool_] = (multiples != 0) & _low() & whole[..., None, None]
    # In a pattern the same blocks come again and again: they miss all together, or not at all.
    alike = (multiples * chosen).reshape(-1, _BLOCK * _BLOCK).astype(np.int16)
    different = np.zeros(len(alike), dtype=np.bool_)
    different[np.unique(alike[:, _low().ravel()], axis=0, return_index=True)[1]] = True
    chosen &= different.reshape(whole.shape)[..., None, None]
    return chosen


def _blocks_of(levels: Levels) -> Levels:
    rows, columns = (side // _BLOCK for side in levels.shape)
    return levels.reshape(rows, _BLOCK, columns, _BLOCK).swapaxes(1, 2)


def _frequencies(levels: Levels) -> Levels:
    """The discrete cosine transform of every block, as JPEG defines it."""
    found: Levels = (_basis() @ (_blocks_of(levels) - np.float32(128)) @ _basis().T).astype(np.float32, copy=False)
    return found


@lru_cache(maxsize=1)
def _basis() -> Levels:
    rows, columns = np.arange(_BLOCK)[:, None], 2 * np.arange(_BLOCK)[None, :] + 1
    basis: Levels = (np.cos(np.pi / 16 * rows * columns) / 2).astype(np.float32)
    basis[0] /= np.sqrt(2)
    return basis
