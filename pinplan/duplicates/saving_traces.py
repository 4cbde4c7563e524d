"""Traces that saving leaves in the pixels of a picture, whatever format and quality its header claims now."""

from __future__ import annotations

from functools import lru_cache
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

_PLACES = ((0, 1, 11), (1, 0, 12), (1, 1, 12), (0, 2, 10), (2, 0, 14), (1, 2, 14), (2, 1, 13))
"""Low frequencies of a block, and their steps in annex K of the JPEG standard, which stand for quality 50."""
_MAX_BLOCKS = 80
_STEPS = range(4, 61)
_LEAST = 30
"""Different coefficients that are needed to see a step: those of a drawing's equal edges are equal, and a few fit some step by chance."""
_COMB = 0.6
"""How closely they must lie on multiples of it."""


def saved_quality(luma: Image.Image) -> int:
    """The quality at which these pixels were once saved as JPEG, from the steps of their coefficients; 0 where there are none to see."""
    coefficients = _blocks(np.asarray(luma)).reshape(-1, 64).astype(np.float32) @ _waves()
    # In a pattern the same blocks come again and again: a few values lie on the multiples of some step by chance.
    return _quality_of(coefficients) and _quality_of(_different(coefficients))


def _different(coefficients: NDArray[np.float32]) -> NDArray[np.float32]:
    """One of each kind of blocks."""
    alike = np.rint(coefficients / _ALIKE).astype(np.int64)
    # As one number each: to sort rows takes ten times as long.
    numbers = alike @ _KINDS ** np.arange(len(_PLACES))
    return coefficients[np.unique(numbers, return_index=True)[1]]


_ALIKE = 4
"""Far less than it takes to tell one part of a pattern from another: an encoder leaves the same part a little different in every block."""
_KINDS = 520
"""More than a coefficient, which is below 1,024, can have values then; seven of them fit into 64 bits."""


def _quality_of(coefficients: NDArray[np.float32]) -> int:
    # Counted in eighths: a cosine for each value and each step would take longer than to decode the picture.
    eighths = np.minimum(np.rint(np.abs(coefficients.T) * _FINE), _MOST).astype(np.intp)
    steps = [_step(np.bincount(values)) for values in eighths]
    scales = [100 * step / standard for step, (*_, standard) in zip(steps, _PLACES, strict=True) if step]
    if len(scales) < len(_PLACES) // 2:
        return 0
    scale = median(scales)
    return max(1, round((200 - scale) / 2 if scale <= 100 else 5000 / scale))


def blockiness(luma: Image.Image) -> float:
    """How much neighbouring pixels differ across the edges of 8×8 blocks, as a multiple of inside them."""
    levels = np.asarray(luma)
    inside = edges = 0.0
    for one, other, axis in ((levels[:-1], levels[1:], 1), (levels[:, :-1], levels[:, 1:], 0)):
        apart = np.maximum(one, other)
        apart -= np.minimum(one, other)
        # Beyond some levels it is an edge of the picture, not of a block.
        np.minimum(apart, _EDGE, out=apart)
        steps = apart.sum(axis=axis, dtype=np.uint32) / apart.shape[axis]
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


def _blocks(levels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Blocks of 8×8 pixels of the middle."""
    down, across = (min(_MAX_BLOCKS, side // 8) for side in levels.shape)
    upper, left = ((side // 8 - count) // 2 * 8 for side, count in zip(levels.shape, (down, across), strict=True))
    middle = levels[upper : upper + 8 * down, left : left + 8 * across]
    blocks: NDArray[np.uint8] = middle.reshape(down, 8, across, 8).swapaxes(1, 2).reshape(-1, 8, 8)
    return blocks


@lru_cache(maxsize=1)
def _waves() -> NDArray[np.float32]:
    """What a block is multiplied by for its coefficients at `_PLACES`, a column each."""
    rows, columns = np.arange(8)[:, None], 2 * np.arange(8)[None, :] + 1
    basis = np.cos(np.pi / 16 * rows * columns) / 2
    basis[0] /= np.sqrt(2)
    waves = [np.outer(basis[row], basis[column]).ravel() for row, column, _ in _PLACES]
    return np.stack(waves, axis=1).astype(np.float32)


def _step(counts: NDArray[np.intp]) -> int:
    """The widest step on whose multiples the coefficients lie; 0 if there is none.

    Args:
        counts: how many have each value, in eighths.
    """
    found = _combs()[:, : counts.size] @ counts.astype(np.float32)
    # Those above half of each step: how many there are, and of how many values.
    above = np.minimum(_halves(), counts.size)
    seen, values = (each.sum() - np.append(0, each.cumsum())[above] for each in (counts, counts > 0))
    steps = np.flatnonzero((values >= _LEAST) & (found > _COMB * seen))
    return _STEPS[int(steps[-1])] if steps.size else 0


@lru_cache(maxsize=1)
def _halves() -> NDArray[np.intp]:
    """The first count above half of each step."""
    return _FINE * np.array(_STEPS) // 2 + 1


_FINE, _MOST = 8, 8 * 1024
"""Counts of a coefficient's unit, and the largest coefficient of a block in these."""


@lru_cache(maxsize=1)
def _combs() -> NDArray[np.float32]:
    """How closely each count lies on the multiples of each step, a row each; 0 for what is no more than half of a step."""
    values = np.arange(_MOST + 1) / _FINE
    combs = [np.where(values > step / 2, np.cos(2 * np.pi / step * values), 0) for step in _STEPS]
    return np.stack(combs).astype(np.float32)
