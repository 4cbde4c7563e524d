"""Two files that show the same picture, and how sure that is."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from pinplan.model.ids import RelPath


class Tier(StrEnum):
    """Exact: the same bytes, or the same pixels. Confirmed: independent tests agree. Similar: shown, never acted on."""

    EXACT = "exact"
    CONFIRMED = "confirmed"
    SIMILAR = "similar"


class Alike(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """What was measured of a pair.

    Attributes:
        tier: the verdict.
        dhash, pdq: bits that differ, of 64 and of 256.
        grey: the largest difference of 64×64 grey pixels, in levels; None where it was not needed.
        local: the largest difference of 5×5 pixels in one of the colours, at a width of 256 pixels, in levels; None as above.
        colour: mean difference of 16×16 colour pixels, in levels.
        why: what decided, in words.
    """

    tier: Tier
    dhash: int = 0
    pdq: int = 0
    grey: int | None = None
    local: int | None = None
    colour: float = 0.0
    why: str = ""

    @property
    def measured(self) -> str:
        """The tier with the distances that led to it, where there are any to tell."""
        if self.tier is Tier.EXACT or (self.tier is Tier.SIMILAR and not (self.dhash or self.pdq)):
            return str(self.tier)
        return f"{self.tier}, {self.dhash} of 64 and {self.pdq} of 256 bits differ"


class Looks(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """What decides between two images of the same picture, measured from the file.

    Attributes:
        width, height: in pixels, as it is shown.
        quality: estimated JPEG quality, 100 for formats without loss, 0 where it cannot be told.
    """

    width: int
    height: int
    quality: int = 0


class AlikeFiles(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A pair of files of the library."""

    one: RelPath
    other: RelPath
    alike: Alike
    one_looks: Looks
    other_looks: Looks


class HashPair(Struct, frozen=True, gc=False, kw_only=True):
    """Two files that are near by a hash of imagehash.

    Attributes:
        tier: similar, unless the pair is one of those that were found in a surer tier as well.
        bits: that differ.
    """

    one: RelPath
    other: RelPath
    tier: Tier
    bits: int


class HashPairs(Struct, frozen=True, kw_only=True):
    """Pairs that are near by a hash of imagehash, the nearest first. Nothing is ever done about them.

    Attributes:
        hash: its name, e.g. ``"imagehash.phash"``.
        length: of the hash in bits.
        limit: bits that may differ.
    """

    hash: str
    length: int
    limit: int
    pairs: tuple[HashPair, ...]
