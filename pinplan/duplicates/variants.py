"""Find edited copies: mirrored or bordered. Only ever similar, and only on request.

Mirror images need no second decode: the difference hash of one follows from that of the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from pinplan.duplicates.compare import mean_difference, same_proportion
from pinplan.duplicates.limits import MAX_COLOUR_DIFFERENCE, MAX_HASH_DISTANCE, MIN_DETAIL
from pinplan.model.similarity import Similarity, Tier

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pinplan.duplicates.cache import Fingerprints
    from pinplan.events import Emit
    from pinplan.model.ids import Sha256


_SIDE, _BYTES = 16, 3
_TURNED = bytes(int(f"{byte:08b}"[::-1], 2) ^ 0xFF for byte in range(256))
"""A row of a difference hash when mirrored: bits reversed, and each inverted, since "brighter to the right" becomes "darker"."""


def mirrored_hash(dhash: int) -> int:
    """The difference hash of the mirror image; exact unless neighbouring pixels are equal."""
    return int.from_bytes(dhash.to_bytes(8).translate(_TURNED))


def mirror_of_thumb(thumb: bytes) -> bytes:
    """Mirror 16×16 pixels of three bytes."""
    width = _SIDE * _BYTES
    rows = (thumb[start : start + width] for start in range(0, len(thumb), width))
    return b"".join(row[at : at + _BYTES] for row in rows for at in range(width - _BYTES, -1, -_BYTES))


Variants = tuple["Sha256", "Sha256", Similarity]


class _Shown(Struct, frozen=True, gc=False):
    """A picture or a derived one, with the fields compared here."""

    sha256: Sha256
    dhash: int
    size: tuple[int, int]
    thumb: bytes


def find_variants(fingerprints: Fingerprints, emit: Emit, *, mirrored: bool, bordered: bool) -> Iterator[Variants]:
    """Find pairs in which one image is the other mirrored, or with a border."""
    if not (mirrored or bordered):
        return  # what follows loads every fingerprint
    taken = [
        one
        for sha256, _, detail in fingerprints.outlines()
        if detail >= MIN_DETAIL and (one := fingerprints.of(sha256)) is not None
    ]
    plain = [_Shown(one.sha256, one.dhash, (one.width, one.height), one.thumb) for one in taken]
    if mirrored:
        turned = [_Shown(one.sha256, mirrored_hash(one.dhash), one.size, mirror_of_thumb(one.thumb)) for one in plain]
        yield from _pairs(plain, turned, "one is the mirror image of the other")
    if bordered:
        insides = fingerprints.take_insides(emit)
        inside = [
            _Shown(one.sha256, shown.dhash, (shown.width, shown.height), shown.thumb)
            for one in taken
            if (shown := insides.get(one.sha256)) is not None
        ]
        # Also inside against inside: two copies may have borders of their own.
        yield from _pairs([*plain, *inside], inside, "one has a border around it")


def _pairs(ones: Sequence[_Shown], others: Sequence[_Shown], why: str) -> Iterator[Variants]:
    """Pairs near by their hashes, with the same proportions and colours."""
    from pinplan.duplicates.index import cross_matches  # noqa: PLC0415 - numpy, only for those who ask

    for first, second in cross_matches(
        [one.dhash for one in ones], [other.dhash for other in others], MAX_HASH_DISTANCE
    ):
        one, other = ones[first], others[second]
        colour = mean_difference(one.thumb, other.thumb)
        shape = same_proportion(one.size, other.size)
        if one.sha256 != other.sha256 and shape and colour <= MAX_COLOUR_DIFFERENCE:
            yield one.sha256, other.sha256, Similarity(tier=Tier.SIMILAR, colour=round(colour, 1), why=why)
