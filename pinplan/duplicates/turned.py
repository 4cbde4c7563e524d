"""Find pictures that show a missing one rotated or mirrored: a viewer that rotates a photograph rewrites the file, or its EXIF orientation.

The hashes of a rotated picture have nothing in common with those of the original, but its 16×16 pixels are the same in another order. So a
difference hash is made of these pixels for each of the eight orientations of a missing picture, and only existing pictures with a near hash
are compared pixel by pixel. That takes time proportional to the number of pictures, not to its square.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pinplan.duplicates.compare import same_proportion
from pinplan.duplicates.index import near_of
from pinplan.duplicates.limits import FLAT_COLOUR, MAX_HASH_DISTANCE, MIN_DETAIL

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from pinplan.model.similarity import Fingerprint

_SHAPE = (16, 16, 3)
_WAYS = 8
_STEP = 3
"""Minimum difference in levels between neighbouring pixels to count as detail, as for `Fingerprint.detail`."""


class TurnedImages:
    """Existing pictures, compared with missing ones."""

    def __init__(self, here: Sequence[Fingerprint], missing: Iterable[Fingerprint]) -> None:
        """Find the candidates for each missing picture."""
        self._here = here
        self._thumbs = _thumbs(here)
        self._colours = self._thumbs.mean(axis=(1, 2))
        wanted = list({one.sha256: one for one in missing}.values())
        # By digest: two pins with the same missing file are searched once.
        self._near = dict(zip([one.sha256 for one in wanted], _near(_thumbs(wanted), self._thumbs), strict=True))

    def of(self, missing: Fingerprint) -> list[Fingerprint]:
        """The existing pictures that show a missing one, rotated or mirrored."""
        wanted = _thumbs([missing])
        places = self._near[missing.sha256]
        # No turn changes the mean colour.
        apart = np.abs(self._colours[places] - wanted.mean(axis=(1, 2))).max(axis=1, initial=0)
        ways = [way[0] for way in _ways(wanted)]
        return [self._here[place] for place in places[apart <= FLAT_COLOUR] if self._is_turned(missing, ways, place)]

    def _is_turned(self, missing: Fingerprint, ways: Sequence[NDArray[np.int16]], place: int) -> bool:
        here = self._here[place]
        for number, way in enumerate(ways):
            size = (missing.width, missing.height) if number % 2 == 0 else (missing.height, missing.width)
            fits = same_proportion(size, (here.width, here.height))
            if fits and np.abs(way - self._thumbs[place]).mean() <= FLAT_COLOUR:
                return True
        return False


def _thumbs(fingerprints: Sequence[Fingerprint]) -> NDArray[np.int16]:
    """Their 16×16 pixels: shape (n, 16, 16, 3)."""
    levels = np.frombuffer(b"".join(one.thumb for one in fingerprints), dtype=np.uint8)
    return levels.reshape(-1, *_SHAPE).astype(np.int16)


def _ways(thumbs: NDArray[np.int16]) -> list[NDArray[np.int16]]:
    """Each picture in its eight orientations; every second one has width and height exchanged."""
    turned = [np.rot90(thumbs, quarters, axes=(1, 2)) for quarters in range(4)]
    return [*turned, *(one[:, :, ::-1] for one in turned)]


def _near(wanted: NDArray[np.int16], here: NDArray[np.int16]) -> list[NDArray[np.int64]]:
    """For each missing picture the indices of its candidates: those with a near hash, and those with too little detail for one."""
    hashes, detail = _hashed(here)
    flat, rich = np.flatnonzero(detail < MIN_DETAIL), np.flatnonzero(detail >= MIN_DETAIL)
    every = [_hashed(way)[0] for way in _ways(wanted)]
    found = near_of(np.concatenate(every).tolist(), hashes[rich].tolist(), MAX_HASH_DISTANCE)
    nearly_flat = _hashed(wanted)[1] < 2 * MIN_DETAIL  # rotating and saving again may lose some detail
    near = []
    for number in range(len(wanted)):
        places = {place for way in range(_WAYS) for place in found[way * len(wanted) + number]}
        besides = flat if nearly_flat[number] else flat[:0]
        near.append(np.concatenate([rich[sorted(places)], besides]))
    return near


def _hashed(thumbs: NDArray[np.int16]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """A difference hash of each, over horizontal and vertical neighbours, and how many of these pairs differ visibly."""
    grey = thumbs.mean(axis=3)
    # 8×8 means, since single pixels of a thumbnail differ after a rotation.
    grey = grey.reshape(-1, 8, 2, 8, 2).mean(axis=(2, 4))
    beside, below = np.diff(grey[:, ::2], axis=2), np.diff(grey[:, :, ::2], axis=1)
    steps = np.concatenate([beside.reshape(-1, 28), below.reshape(-1, 28)], axis=1)
    bits = np.zeros((len(steps), 64), dtype=bool)
    # 56 bits: 28 steps each way, right-aligned in 64.
    bits[:, 8:] = steps > 0
    hashes = np.packbits(bits, axis=1).view(">u8").reshape(-1).astype(np.uint64)
    return hashes, (np.abs(steps) >= _STEP).sum(axis=1)
