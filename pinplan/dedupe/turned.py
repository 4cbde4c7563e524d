"""Pictures that show another one turned or mirrored: a viewer that turns a photograph rewrites it, or only its note of how the camera was held.

The hashes of a turned picture have nothing in common with those of the picture, but its 16×16 pixels are the same ones in another order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pinplan.dedupe.tiers import FLAT_COLOUR, same_proportion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pinplan.dedupe.facts import Fingerprint

_SHAPE = (16, 16, 3)


class Turned:
    """Pictures that are here, ready to be compared with many that are missing."""

    def __init__(self, here: Sequence[Fingerprint]) -> None:
        """Index them by their mean colour, which no turn changes."""
        self._here = here
        self._thumbs = np.array([_thumb_of(face) for face in here]).reshape(-1, *_SHAPE)
        self._colours = self._thumbs.mean(axis=(1, 2))

    def of(self, missing: Fingerprint) -> list[Fingerprint]:
        """Those that show the same once they are turned or mirrored."""
        wanted = _thumb_of(missing)
        colour = np.abs(self._colours - wanted.mean(axis=(0, 1))).max(axis=1, initial=0)
        near = [int(place) for place in np.flatnonzero(colour <= FLAT_COLOUR)]
        return [self._here[place] for place in near if self._is_turned(missing, wanted, place)]

    def _is_turned(self, missing: Fingerprint, wanted: NDArray[np.int16], place: int) -> bool:
        here, thumb = self._here[place], self._thumbs[place]
        for quarters in range(4):
            size = (here.height, here.width) if quarters % 2 else (here.width, here.height)
            if not same_proportion((missing.width, missing.height), size):
                continue
            turned = np.rot90(thumb, quarters)
            if min(np.abs(turned - wanted).mean(), np.abs(turned[:, ::-1] - wanted).mean()) <= FLAT_COLOUR:
                return True
        return False


def _thumb_of(face: Fingerprint) -> NDArray[np.int16]:
    return np.frombuffer(face.thumb, dtype=np.uint8).reshape(_SHAPE).astype(np.int16)
