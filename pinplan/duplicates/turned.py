"""Pictures that show another one turned or mirrored: a viewer that turns a photograph rewrites it, or only its note of how the camera was held.

The hashes of a turned picture have nothing in common with those of the picture, but its 16×16 pixels are the same ones in another order. So a
difference hash is made of these pixels, for each of the eight ways in which a missing picture can lie; only what is here and has a near one is
compared pixel by pixel. That takes time in proportion to the number of pictures, not to its square.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pinplan.duplicates.compare import FLAT_COLOUR, MAX_HASH_DISTANCE, MIN_DETAIL, same_proportion
from pinplan.duplicates.index import near_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from pinplan.model.similarity import Fingerprint

_SHAPE = (16, 16, 3)
_WAYS = 8
_STEP = 3
"""Minimum difference in levels between neighbouring pixels to count as detail, as for `Fingerprint.detail`."""


class TurnedImages:
    """Pictures that are here, compared with pictures that are missing."""

    def __init__(self, here: Sequence[Fingerprint], missing: Iterable[Fingerprint]) -> None:
        """Find for each missing picture those that are worth a comparison."""
        self._here = here
        self._thumbs = _thumbs(here)
        self._colours = self._thumbs.mean(axis=(1, 2))
        wanted = list({face.sha256: face for face in missing}.values())
        self._near = dict(zip([face.sha256 for face in wanted], _near(_thumbs(wanted), self._thumbs), strict=True))

    def of(self, missing: Fingerprint) -> list[Fingerprint]:
        """Those that show the same as one of the missing, once they are turned or mirrored."""
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


def _thumbs(faces: Sequence[Fingerprint]) -> NDArray[np.int16]:
    """Their 16×16 pixels: shape (n, 16, 16, 3)."""
    levels = np.frombuffer(b"".join(face.thumb for face in faces), dtype=np.uint8)
    return levels.reshape(-1, *_SHAPE).astype(np.int16)


def _ways(thumbs: NDArray[np.int16]) -> list[NDArray[np.int16]]:
    """Each picture in the eight ways in which it can lie; every second one has its width and height exchanged."""
    turned = [np.rot90(thumbs, quarters, axes=(1, 2)) for quarters in range(4)]
    return [*turned, *(one[:, :, ::-1] for one in turned)]


def _near(wanted: NDArray[np.int16], here: NDArray[np.int16]) -> list[NDArray[np.int64]]:
    """For each of the wanted the places of those here that may be the same, turned: whose hash is near, and what has too little in it for a hash."""
    hashes, detail = _hashed(here)
    flat, rich = np.flatnonzero(detail < MIN_DETAIL), np.flatnonzero(detail >= MIN_DETAIL)
    every = [_hashed(way)[0] for way in _ways(wanted)]
    found = near_of(np.concatenate(every).tolist(), hashes[rich].tolist(), MAX_HASH_DISTANCE)
    nearly_flat = _hashed(wanted)[1] < 2 * MIN_DETAIL  # a turn, and saving again, may take some of it away
    near = []
    for number in range(len(wanted)):
        places = {place for way in range(_WAYS) for place in found[way * len(wanted) + number]}
        besides = flat if nearly_flat[number] else flat[:0]
        near.append(np.concatenate([rich[sorted(places)], besides]))
    return near


def _hashed(thumbs: NDArray[np.int16]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """A difference hash of each, of neighbours beside and below each other, and how many of these pairs differ visibly."""
    grey = thumbs.mean(axis=3)
    grey = grey.reshape(-1, 8, 2, 8, 2).mean(axis=(2, 4))
    beside, below = np.diff(grey[:, ::2], axis=2), np.diff(grey[:, :, ::2], axis=1)
    steps = np.concatenate([beside.reshape(-1, 28), below.reshape(-1, 28)], axis=1)
    bits = np.zeros((len(steps), 64), dtype=bool)
    bits[:, 8:] = steps > 0
    hashes = np.packbits(bits, axis=1).view(">u8").reshape(-1).astype(np.uint64)
    return hashes, (np.abs(steps) >= _STEP).sum(axis=1)
