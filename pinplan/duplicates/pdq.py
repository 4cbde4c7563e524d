"""PDQ: a 256-bit perceptual hash of an image, in numpy and in floating point throughout.

The algorithm was published by Facebook with ThreatExchange (pdq/README-MPI.pdf, "The TMK+PDQF video-hashing algorithm and the
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
"""Minimum width and height in pixels for an image to have a hash."""


def pdq_hash(luma: NDArray[np.float32]) -> tuple[bytes, int]:
    """The hash and its quality.

    Args:
        luma: rows by columns, levels from 0 to 255.

    Returns:
        32 bytes in the order in which PDQ's own tools print them, and the quality, 0 to 100: how much detail there is. An image
        of fewer than 5 pixels on a side has a hash of zeros and the quality 0.
    """
    if min(luma.shape) < MIN_QUALITY:
        return bytes(32), 0
    small = decimated(luma)
    # Without row 0, the mean: PDQ keeps rows 1 to 16 in both directions.
    basis = _basis()
    coefficients = basis @ small @ basis.T
    # The lower of the two middle values, as in the reference: their mean would change bits.
    median = np.partition(coefficients, 127, axis=None)[127]
    bits = (coefficients > median).reshape(KEPT, KEPT)
    # The reference prints the last row first, and the last bit of every row first.
    return np.packbits(bits[::-1, ::-1]).tobytes(), _quality(small)


def decimated(luma: NDArray[np.float32]) -> NDArray[np.float64]:
    """64×64 pixels, each the centre of its part of the filtered image.

    The filter is linear in each direction, so only the few pixels that contribute to a centre are read.
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
    """For each of 64 centres of a line: the points that both filter passes bring there, and their weights."""
    box = _box(length)
    # Two passes as one matrix: O(length²), but cached by length, and there are few lengths.
    whole = (box @ box)[((np.arange(SIDE) + 0.5) * length / SIDE).astype(np.intp)]
    most = int((whole > 0).sum(axis=1).max())
    places = np.sort(np.argsort(-whole, axis=1, kind="stable")[:, :most], axis=1)
    return places, np.take_along_axis(whole, places, axis=1)


def _box(length: int) -> NDArray[np.float64]:
    """The mean over a window, narrower at the ends (box1DFloat of the reference)."""
    # Rounded up, as in the reference (computeJaroszFilterWindowSize).
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
    """The sum of the differences of neighbouring pixels, each in whole percent of the range, divided by 90."""
    # Truncated before the sum, as in the reference.
    down = np.abs(np.diff(small, axis=0) * 100 / 255).astype(np.int64).sum()
    across = np.abs(np.diff(small, axis=1) * 100 / 255).astype(np.int64).sum()
    return int(min(100, (down + across) // 90))
