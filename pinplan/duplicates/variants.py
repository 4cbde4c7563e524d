"""Pictures that were changed on purpose: mirror images, and those with a border. Only ever similar, and only where somebody asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from pinplan.dedupe.mirror import mirror_of_thumb, mirrored_hash
from pinplan.duplicates.compare import LEAST_DETAIL, MOST_COLOUR, REACH, mean_difference, same_proportion
from pinplan.model.similarity import Alike, Tier

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pinplan.duplicates.cache import Fingerprints
    from pinplan.model.ids import Sha256

Varied = tuple["Sha256", "Sha256", Alike]


class _Shown(Struct, frozen=True, gc=False):
    """A picture, or one that can be had from it, as far as it is compared here."""

    sha256: Sha256
    dhash: int
    size: tuple[int, int]
    thumb: bytes


def varied(fingerprints: Fingerprints, *, mirrored: bool, bordered: bool) -> Iterator[Varied]:
    """Pairs of which one is the mirror image of the other, or has a border around it."""
    if not (mirrored or bordered):
        return  # all fingerprints have to be looked at
    faces = [
        face
        for sha256, _, detail in fingerprints.outlines()
        if detail >= LEAST_DETAIL and (face := fingerprints.of(sha256)) is not None
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


def _pairs(ones: Sequence[_Shown], others: Sequence[_Shown], why: str) -> Iterator[Varied]:
    """Near by their hashes, then by their shapes and colours."""
    from pinplan.dedupe.crossing import crossing  # noqa: PLC0415 - numpy, only for those who ask

    for first, second in crossing([one.dhash for one in ones], [other.dhash for other in others], REACH):
        one, other = ones[first], others[second]
        colour = mean_difference(one.thumb, other.thumb)
        shape = same_proportion(one.size, other.size)
        if one.sha256 != other.sha256 and shape and colour <= MOST_COLOUR:
            yield one.sha256, other.sha256, Alike(tier=Tier.SIMILAR, colour=round(colour, 1), why=why)
