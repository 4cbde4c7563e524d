"""How sure it is that two images show the same picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.model.alike import Alike, Tier

if TYPE_CHECKING:
    from collections.abc import Callable

    from pinplan.dedupe.facts import Fingerprint


REACH = 6
"""Bits by which difference hashes may differ at most: the first test, which finds the pairs worth a closer look."""
MOST_ASPECT = 0.03
MOST_PDQ = 31
"""PDQ's own published threshold for the same image (hashing.pdf, ThreatExchange)."""
MOST_GREY = 48
"""Levels by which any of 64×64 grey pixels may differ: what tells two texts on the same background apart."""
MOST_COLOUR = 8.0
"""Mean difference of 16×16 colour pixels: other colourways of a picture are other pictures."""
LEAST_DETAIL = 8
"""Below it an image has too little in it for any hash: it is grouped only by exact means."""
FLAT_COLOUR = 3.0


def same_shape(one: Fingerprint, other: Fingerprint) -> bool:
    """Whether width and height are in the same proportion, within 3 %."""
    first, second = one.width * other.height, other.width * one.height
    return abs(first - second) <= MOST_ASPECT * max(first, second)


def compare(one: Fingerprint, other: Fingerprint, greys: Callable[[], tuple[bytes, bytes] | None]) -> Alike | None:
    """Judge a pair whose difference hashes are within reach; None if it is not even similar.

    Args:
        one: a fingerprint.
        other: another one of the same recipe.
        greys: gives 64×64 grey pixels of both, when they are needed; None where they cannot be had.
    """
    if one.sha256 == other.sha256:
        return Alike(tier=Tier.EXACT, why="the same bytes")
    dhash = (one.dhash ^ other.dhash).bit_count()
    pdq = (int.from_bytes(one.pdq) ^ int.from_bytes(other.pdq)).bit_count()
    colour = mean_difference(one.thumb, other.thumb)
    measured = Alike(tier=Tier.SIMILAR, dhash=dhash, pdq=pdq, colour=round(colour, 1))
    if not same_shape(one, other):
        return _similar(measured, "the shapes differ") if pdq <= MOST_PDQ else None
    if min(one.detail, other.detail) < LEAST_DETAIL:
        return _similar(measured, "too little detail to be sure") if colour <= FLAT_COLOUR else None
    if one.frames != other.frames:
        return _similar(measured, "one of them moves, or both do differently")
    if dhash > REACH or pdq > MOST_PDQ:
        return _similar(measured, "the hashes are near, not close enough") if dhash <= REACH else None
    if colour > MOST_COLOUR:
        return _similar(measured, "the colours differ")
    return _by_grey(measured, greys())


def _similar(measured: Alike, why: str) -> Alike:
    return Alike(tier=Tier.SIMILAR, dhash=measured.dhash, pdq=measured.pdq, colour=measured.colour, why=why)


def _by_grey(measured: Alike, greys: tuple[bytes, bytes] | None) -> Alike:
    """The last test, for which both files have to be decoded once more."""
    if greys is None:
        return _similar(measured, "one of them could not be looked at again")
    grey = largest_difference(*greys)
    tier = Tier.CONFIRMED if grey <= MOST_GREY else Tier.SIMILAR
    why = "hashes, shape, pixels and colours agree" if tier is Tier.CONFIRMED else "some pixels differ"
    return Alike(tier=tier, dhash=measured.dhash, pdq=measured.pdq, colour=measured.colour, grey=grey, why=why)


def mean_difference(one: bytes, other: bytes) -> float:
    """Mean absolute difference of two rows of levels of the same length."""
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) / max(1, len(one))


def largest_difference(one: bytes, other: bytes) -> int:
    """Largest absolute difference of two rows of levels of the same length."""
    return max((abs(a - b) for a, b in zip(one, other, strict=True)), default=0)
