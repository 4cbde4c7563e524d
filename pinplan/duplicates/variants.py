"""Pictures that were changed on purpose: mirror images, and those with a border. Only ever similar, and only where somebody asks for them.

Pictures that show another one turned or mirrored: a viewer that turns a photograph rewrites it, or only its note of how the camera was held.

The hashes of a turned picture have nothing in common with those of the picture, but its 16×16 pixels are the same ones in another order. So a
difference hash is made of these pixels, for each of the eight ways in which a missing picture can lie; only what is here and has a near one is
compared pixel by pixel. That takes time in proportion to the number of pictures, not to its square.

Mirror images: the difference hash of one can be had from that of the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct

from pinplan.duplicates.compare import (
    FLAT_COLOUR,
    MAX_COLOUR_DIFFERENCE,
    MAX_HASH_DISTANCE,
    MIN_DETAIL,
    mean_difference,
    same_proportion,
)
from pinplan.duplicates.index import near_of
from pinplan.model.similarity import Similarity, Tier

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from pinplan.duplicates.cache import Fingerprints
    from pinplan.model.ids import Sha256
    from pinplan.model.similarity import Fingerprint


_SIDE, _BYTES = 16, 3
_TURNED = bytes(int(f"{byte:08b}"[::-1], 2) ^ 0xFF for byte in range(256))
"""A row of a difference hash, as it is in the mirror: its bits the other way round, and each its opposite."""


def mirrored_hash(dhash: int) -> int:
    """The difference hash that the mirror image has, where no two neighbouring pixels are the same."""
    return int.from_bytes(dhash.to_bytes(8).translate(_TURNED))


def mirror_of_thumb(thumb: bytes) -> bytes:
    """16×16 pixels of three bytes, the other way round."""
    width = _SIDE * _BYTES
    rows = (thumb[start : start + width] for start in range(0, len(thumb), width))
    return b"".join(row[at : at + _BYTES] for row in rows for at in range(width - _BYTES, -1, -_BYTES))


Variants = tuple["Sha256", "Sha256", Similarity]


class _Shown(Struct, frozen=True, gc=False):
    """A picture, or one that can be had from it, as far as it is compared here."""

    sha256: Sha256
    dhash: int
    size: tuple[int, int]
    thumb: bytes


def find_variants(fingerprints: Fingerprints, *, mirrored: bool, bordered: bool) -> Iterator[Variants]:
    """Pairs of which one is the mirror image of the other, or has a border around it."""
    if not (mirrored or bordered):
        return  # all fingerprints have to be looked at
    faces = [
        face
        for sha256, _, detail in fingerprints.outlines()
        if detail >= MIN_DETAIL and (face := fingerprints.of(sha256)) is not None
    ]
    plain = [_Shown(face.sha256, face.dhash, (face.width, face.height), face.thumb) for face in faces]
    if mirrored:
        turned = [_Shown(one.sha256, mirrored_hash(one.dhash), one.size, mirror_of_thumb(one.thumb)) for one in plain]
        yield from _pairs(plain, turned, "one is the mirror image of the other")
    if bordered:
        inside = [
            _Shown(face.sha256, face.inside.dhash, (face.inside.width, face.inside.height), face.inside.thumb)
            for face in faces
            if face.inside is not None
        ]
        yield from _pairs([*plain, *inside], inside, "one has a border around it")


def _pairs(ones: Sequence[_Shown], others: Sequence[_Shown], why: str) -> Iterator[Variants]:
    """Near by their hashes, then by their shapes and colours."""
    from pinplan.duplicates.index import cross_matches  # noqa: PLC0415 - numpy, only for those who ask

    for first, second in cross_matches(
        [one.dhash for one in ones], [other.dhash for other in others], MAX_HASH_DISTANCE
    ):
        one, other = ones[first], others[second]
        colour = mean_difference(one.thumb, other.thumb)
        shape = same_proportion(one.size, other.size)
        if one.sha256 != other.sha256 and shape and colour <= MAX_COLOUR_DIFFERENCE:
            yield one.sha256, other.sha256, Similarity(tier=Tier.SIMILAR, colour=round(colour, 1), why=why)


_SHAPE = (16, 16, 3)
_WAYS = 8
_STEP = 3
"""Levels by which neighbours must differ to be told apart, as for `Fingerprint.detail`."""


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
