"""Fingerprints of images, and how sure it is that two show the same picture."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from pinplan.model.ids import RelPath, Sha256


class Tier(StrEnum):
    """Exact: the same bytes, or the same pixels. Confirmed: independent tests agree. Similar: shown, never acted on."""

    EXACT = "exact"
    CONFIRMED = "confirmed"
    SIMILAR = "similar"


class Better(StrEnum):
    """Which of the two of a pair holds more detail."""

    ONE = "one"
    OTHER = "other"
    EQUAL = "equal"
    UNSURE = "unsure"

    @property
    def swapped(self) -> Better:
        """The same, with the two exchanged."""
        return {Better.ONE: Better.OTHER, Better.OTHER: Better.ONE}.get(self, self)


class Place(Struct, frozen=True, gc=False, kw_only=True):
    """A part of a picture, as shares of its width and height; ``left`` and ``top`` of its upper left corner."""

    left: float
    top: float
    width: float
    height: float

    @property
    def words(self) -> str:
        """Where it is: ``"top right"``; empty if it is everywhere."""
        down = _side(self.top, self.height, ("top", "bottom"))
        across = _side(self.left, self.width, ("left", "right"))
        if down == across == _EVERYWHERE:
            return ""
        if down == _MIDDLE and across in {_MIDDLE, _EVERYWHERE}:
            return "in the middle" if across == _MIDDLE else "across the middle"
        if (down, across) == (_EVERYWHERE, _MIDDLE):
            return "down the middle"
        return " ".join(word for word in (down, across) if word not in {_MIDDLE, _EVERYWHERE})


_MIDDLE, _EVERYWHERE = "middle", "everywhere"
_MOST = 2 / 3
"""Share of a side from which a place is on both ends of it."""


def _side(start: float, length: float, ends: tuple[str, str]) -> str:
    if length > _MOST:
        return _EVERYWHERE
    centre = start + length / 2
    return ends[0] if centre < 1 / 3 else ends[1] if centre > 2 / 3 else _MIDDLE


class Region(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """The part of the picture in which two files differ.

    Attributes:
        share: of all pixels.
        places: the largest first.
        more: how many smaller places there are.
    """

    share: float
    places: tuple[Place, ...]
    more: int = 0

    @property
    def words(self) -> str:
        """Its size, and where it is: ``"2 % of the picture, top right and 2 other places"``."""
        size = "less than 1" if self.share < 0.01 else f"{self.share * 100:.0f}"
        where = self.places[0].words
        others = len(self.places) - 1 + self.more
        beside = f" and {others} other place{'s' if others > 1 else ''}" if others else ""
        return f"{size} % of the picture" + (f", {where}" if where else "") + beside


class Similarity(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """The measured similarity of a pair.

    Attributes:
        tier: the verdict.
        dhash, pdq: bits that differ, of 64 and of 256.
        grey: the largest difference of 64×64 grey pixels, in levels; None if not needed.
        local: the largest difference of 9×9 pixels in one of the colours, at a width of at most 512 pixels, in levels; None as above.
        colour: mean difference of 16×16 colour pixels, in levels.
        why: what decided, in words.
        better: which of the two holds more detail; None if that was not asked.
        detail: why, in words that name neither of the two; empty if they are equal.
        region: the part of the picture that differs. Of a confirmed pair: where the two come nearest to that, if they do.
    """

    tier: Tier
    dhash: int = 0
    pdq: int = 0
    grey: int | None = None
    local: int | None = None
    colour: float = 0.0
    why: str = ""
    better: Better | None = None
    detail: str = ""
    region: Region | None = None

    @property
    def swapped(self) -> Similarity:
        """The same, with the two exchanged."""
        return self if self.better is None else replace(self, better=self.better.swapped)

    @property
    def measured(self) -> str:
        """The tier and, where measured, the distances that led to it."""
        if self.tier is Tier.EXACT or (self.tier is Tier.SIMILAR and not (self.dhash or self.pdq)):
            return str(self.tier)
        return f"{self.tier}, {self.dhash} of 64 and {self.pdq} of 256 bits differ"


SAME_BYTES = Similarity(tier=Tier.EXACT, why="the same bytes")


class ImageQuality(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """The measured facts that decide between two images of the same picture.

    Attributes:
        width, height: in pixels, as displayed.
        quality: estimated JPEG quality; 100 for lossless formats, 0 if unknown.
        damaged: see `Fingerprint`.
    """

    width: int
    height: int
    quality: int = 0
    damaged: bool = False


class DuplicatePair(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A pair of files of the library."""

    one: RelPath
    other: RelPath
    alike: Similarity
    one_looks: ImageQuality
    other_looks: ImageQuality


class HashPair(Struct, frozen=True, gc=False, kw_only=True):
    """Two files that are near by a hash of imagehash.

    Attributes:
        tier: similar, unless the pair was also found in a surer tier.
        bits: the distance in bits.
    """

    one: RelPath
    other: RelPath
    tier: Tier
    bits: int


class HashPairs(Struct, frozen=True, kw_only=True):
    """Pairs that are near by a hash of imagehash, the nearest first. Only listed, never acted on.

    Attributes:
        hash: its name, e.g. ``"imagehash.phash"``.
        length: of the hash, in bits.
        limit: the maximum distance in bits.
    """

    hash: str
    length: int
    limit: int
    pairs: tuple[HashPair, ...]


ALGORITHM_VERSION = 3
"""The version of the fingerprint algorithm. Fingerprints of different versions are never compared."""
_COMPARISON = 21
COMPARISON_VERSION = 100 * ALGORITHM_VERSION + _COMPARISON
"""The version of the comparison of two fingerprints. Verdicts of another version are never reused: raise ``_COMPARISON`` with every change
of a test or a limit. Fingerprints stay valid, so that a stricter test does not read a whole library again."""


class InnerImage(Struct, frozen=True, gc=False, kw_only=True):
    """What an image shows inside a border of one colour, taken apart from its fingerprint; see there for the names."""

    width: int
    height: int
    dhash: int
    thumb: bytes


class Fingerprint(Struct, frozen=True, gc=False, kw_only=True):
    """What an image looks like: its first frame, upright by EXIF, with transparency on white.

    Attributes:
        recipe: `ALGORITHM_VERSION` when it was made.
        sha256: of the whole file.
        size: of the file in bytes.
        width, height: in pixels, as it is shown.
        format: Pillow's name, e.g. ``"JPEG"``.
        frames: 1, or the number of frames of an animation.
        dhash: 64-bit difference hash of 9×8 grey pixels (`imagehash.dhash`), the first bit the highest.
        pdq: 256-bit PDQ hash, 32 bytes.
        colour: mean red, green and blue, 3 bytes.
        thumb: 16×16 pixels of red, green and blue, 768 bytes.
        detail: how many of the 64 horizontal neighbours among 9×8 grey pixels differ by 3 levels or more.
        pdq_quality: PDQ's own measure of detail, 0 to 100.
        quality: estimated JPEG quality, 1 to 100; 100 for lossless formats; 0 if unknown.
        damaged: it is decoded, but its structure shows that it is not what was once written.
    """

    recipe: int = ALGORITHM_VERSION
    sha256: Sha256
    size: int
    width: int
    height: int
    format: str
    frames: int = 1
    dhash: int
    pdq: bytes
    colour: bytes
    thumb: bytes
    detail: int
    pdq_quality: int
    quality: int = 0
    damaged: bool = False
