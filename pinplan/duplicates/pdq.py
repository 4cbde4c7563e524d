"""PDQ: a 256-bit hash of how an image looks, in numpy and in floating point throughout.

The algorithm is the one that Facebook published with ThreatExchange (pdq/README-MPI.pdf, "The TMK+PDQF video-hashing algorithm and the
PDQ image-hashing algorithm"): luma, two passes of a Jarosz box filter, decimation to 64×64, a discrete cosine transform of which 16×16
coefficients are kept, and for each whether it is above the median. Rounding the 64×64 pixels to whole levels would lose pairs: on
symmetrical graphics many coefficients are near zero.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE = 64
KEPT = 16
MIN_QUALITY = 5
"""Pixels that an image has at least on both sides to have a hash at all."""


def pdq_hash(luma: NDArray[np.float32]) -> tuple[bytes, int]:
    """The hash and its quality.

    Args:
        luma: rows by columns, levels from 0 to 255.

    Returns:
        32 bytes in the order in which PDQ's own tools print them, and 0 to 100: how much there is to see. An image of fewer
        than 5 pixels on a side has a hash of zeros and the quality 0.
    """
    if min(luma.shape) < MIN_QUALITY:
        return bytes(32), 0
    small = decimated(luma)
    basis = _basis()
    coefficients = basis @ small @ basis.T
    # The lower one of the two in the middle, as the reference has it.
    median = np.partition(coefficients, 127, axis=None)[127]
    bits = (coefficients > median).reshape(KEPT, KEPT)
    # The last row comes first, and in every row the last bit.
    return np.packbits(bits[::-1, ::-1]).tobytes(), _quality(small)


def decimated(luma: NDArray[np.float32]) -> NDArray[np.float64]:
    """64×64 pixels, each the middle of its part of the filtered image.

    The filter is linear in each direction, and only what reaches the middles is of interest: a few pixels for each of them.
    """
    return _along(_along(luma.astype(np.float64)).T).T


def _along(pixels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Filter and decimate the columns."""
    places, weights = _taps(pixels.shape[0])
    small = np.zeros((SIDE, pixels.shape[1]))
    for tap in range(places.shape[1]):
        small += weights[:, tap, None] * pixels[places[:, tap]]
    return small


@lru_cache(maxsize=256)
def _taps(length: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """For each of 64 middles of a line: which of its points both passes of the filter bring there, and with what weight."""
    box = _box(length)
    whole = (box @ box)[((np.arange(SIDE) + 0.5) * length / SIDE).astype(np.intp)]
    most = int((whole > 0).sum(axis=1).max())
    places = np.sort(np.argsort(-whole, axis=1, kind="stable")[:, :most], axis=1)
    return places, np.take_along_axis(whole, places, axis=1)


def _box(length: int) -> NDArray[np.float64]:
    """The mean over a window, narrower at the ends (box1DFloat of the reference)."""
    window = (length + 2 * SIDE - 1) // (2 * SIDE)
    ahead = (window + 2) // 2
    place = np.arange(length)
    start, end = np.maximum(place - (window - ahead), 0), np.minimum(place + ahead, length)
    inside = (place[None, :] >= start[:, None]) & (place[None, :] < end[:, None])
    means: NDArray[np.float64] = inside / (end - start)[:, None]
    return means


@lru_cache(maxsize=1)
def _basis() -> NDArray[np.float64]:
    """Rows 1 to 16 of the cosine transform of 64 points."""
    rows = np.arange(1, KEPT + 1)[:, None]
    columns = 2 * np.arange(SIDE)[None, :] + 1
    basis: NDArray[np.float64] = np.sqrt(2 / SIDE) * np.cos(np.pi / 2 / SIDE * rows * columns)
    return basis


def _quality(small: NDArray[np.float64]) -> int:
    """The sum of the differences of neighbouring pixels, each in whole hundredths of the range, through 90."""
    down = np.abs(np.diff(small, axis=0) * 100 / 255).astype(np.int64).sum()
    across = np.abs(np.diff(small, axis=1) * 100 / 255).astype(np.int64).sum()
    return int(min(100, (down + across) // 90))
