"""How sure it is that two images show the same picture: present, missing, or sent.

A missing file has no pixels left to look at, so every test that needs them passes in favour of the file that is here. A mistake in that
direction keeps a pin that could have been deleted; in the other it would delete a pin whose picture is in the library.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, Protocol

from msgspec.structs import replace

from pinplan.duplicates.edits import edit_of, edit_of_thumbs
from pinplan.duplicates.limits import (
    FEW_STEPS,
    FLAT_COLOUR,
    LOCAL_WIDTH,
    MAX_AREA_COLOUR,
    MAX_AREA_LUMA,
    MAX_ASPECT_DIFFERENCE,
    MAX_COLOUR_DIFFERENCE,
    MAX_FINE_LUMA,
    MAX_GREY_DIFFERENCE,
    MAX_HASH_DISTANCE,
    MAX_LOCAL_COLOUR,
    MAX_LOCAL_LUMA,
    MAX_PDQ_BESIDE_DHASH,
    MAX_PDQ_DISTANCE,
    MAX_PDQ_OF_FINE,
    MAX_SMALL_COLOUR,
    MAX_SMALL_LUMA,
    MAX_SMOOTH_COLOUR,
    MIN_DETAIL,
    MIN_PDQ_QUALITY,
    MIN_SLOPE,
    MIN_STRUCTURE,
    NEARLY_THE_SAME_COLOUR,
)
from pinplan.duplicates.pixel_reader import Judgement, LocalDifference
from pinplan.errors import ImageRefused
from pinplan.model.similarity import SAME_BYTES, Better, Similarity, Tier

if TYPE_CHECKING:
    from collections.abc import Callable

    from pinplan.duplicates.copies import Copy
    from pinplan.duplicates.local_difference import PictureAtSize
    from pinplan.duplicates.pixel_reader import PixelReader
    from pinplan.model.ids import Sha256
    from pinplan.model.similarity import Fingerprint, InnerImage, Region


def same_proportion(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether two sizes (width, height) are of the same shape, within 3 %."""
    # Cross-multiplied: exact in integers, and no division by a height of 0.
    first, second = one[0] * other[1], other[0] * one[1]
    return abs(first - second) <= MAX_ASPECT_DIFFERENCE * max(first, second)


def compare(one: Fingerprint, other: Fingerprint, closer: PixelReader) -> Similarity | None:
    """Judge a pair whose difference hashes are within reach; None if it is not even similar.

    Args:
        one: a fingerprint.
        other: another one of the same algorithm version.
        closer: asked only where it decides.
    """
    if one.sha256 == other.sha256:
        return SAME_BYTES
    dhash = (one.dhash ^ other.dhash).bit_count()
    pdq = (int.from_bytes(one.pdq) ^ int.from_bytes(other.pdq)).bit_count()
    colour = mean_difference(one.thumb, other.thumb)
    measured = Similarity(tier=Tier.SIMILAR, dhash=dhash, pdq=pdq, colour=round(colour, 1))
    # Before the other tests: identical pixels need no threshold.
    if _may_be_the_same(one, other, measured) and closer.same_pixels(one.sha256, other.sha256):
        return Similarity(tier=Tier.EXACT, dhash=dhash, pdq=pdq, colour=measured.colour, why="the same pixels")
    # Cropped copies often keep their hashes; they are shown, never acted on.
    if not same_proportion((one.width, one.height), (other.width, other.height)):
        return _similar(measured, "the shapes differ") if pdq <= MAX_PDQ_DISTANCE else None
    fine_only = min(one.detail, other.detail) < MIN_DETAIL
    no_hash = fine_only and (pdq > MAX_PDQ_OF_FINE or min(one.pdq_quality, other.pdq_quality) < MIN_PDQ_QUALITY)
    if no_hash and not _may_be_patterns(one, other, measured) and not _may_be_gradients(one, other, measured):
        return _similar(measured, _TOO_LITTLE) if colour <= FLAT_COLOUR else None
    # The other frames may tell two animations with the same first frame apart.
    if max(one.frames, other.frames) > 1:
        return _similar(measured, "animation: only the first frame was compared")
    if not fine_only and not _hashes_agree(one, other, measured):
        return _similar(measured, "only one of two hashes agrees") if dhash <= MAX_HASH_DISTANCE else None
    if colour > MAX_COLOUR_DIFFERENCE:
        return _similar(measured, edit_of_thumbs(one.thumb, other.thumb) or "the colours differ")
    return _by_pixels(one, other, measured, closer, MIN_STRUCTURE if no_hash else None)


_TOO_LITTLE = "too little detail to decide"


def _may_be_patterns(one: Fingerprint, other: Fingerprint, measured: Similarity) -> bool:
    """Whether both may be one pattern that no hash can tell: full of small things, with the same colours all over."""
    detailed = min(one.pdq_quality, other.pdq_quality) >= MIN_PDQ_QUALITY
    return detailed and measured.colour <= FLAT_COLOUR


def _may_be_gradients(one: Fingerprint, other: Fingerprint, measured: Similarity) -> bool:
    """Whether both may be the same gradient: smooth, and of the same colours everywhere."""
    smooth = max(one.pdq_quality, other.pdq_quality) < MIN_PDQ_QUALITY
    return (
        smooth and measured.colour <= MAX_SMOOTH_COLOUR and min(slope_of(one.thumb), slope_of(other.thumb)) >= MIN_SLOPE
    )


def slope_of(thumb: bytes) -> float:
    """How far the levels of a thumbnail lie from their mean, on average, in the colour in which it is farthest."""
    planes = [thumb[plane::3] for plane in range(3)]
    means = [sum(plane) / len(plane) for plane in planes]
    return max(
        sum(abs(level - mean) for level in plane) / len(plane) for plane, mean in zip(planes, means, strict=True)
    )


def _hashes_agree(one: Fingerprint, other: Fingerprint, measured: Similarity) -> bool:
    """Whether two unrelated hashes agree: each alone confuses some pictures. Except where one of them is noise, and the other sure."""
    if measured.dhash > MAX_HASH_DISTANCE:
        return measured.pdq <= MAX_PDQ_DISTANCE and min(one.detail, other.detail) < FEW_STEPS
    # A low quality draws steps on what is smooth in the other.
    smooth = min(one.pdq_quality, other.pdq_quality) < MIN_PDQ_QUALITY
    return measured.pdq <= MAX_PDQ_BESIDE_DHASH or (smooth and measured.colour <= FLAT_COLOUR)


def _by_pixels(
    one: Fingerprint, other: Fingerprint, measured: Similarity, closer: PixelReader, least_structure: float | None
) -> Similarity:
    """The tests for which both files are decoded again, the cheapest first.

    Args:
        one: a fingerprint.
        other: another one.
        measured: what the hashes say.
        closer: decodes them.
        least_structure: what must agree in place of hashes; None if these do.
    """
    first, second = one.sha256, other.sha256
    by_grey = _by_grey(measured, closer.greys(first, second))
    if by_grey.tier is not Tier.CONFIRMED:
        return by_grey
    # The last test, at 512 pixels. It has the final say over everything above.
    found = closer.local_difference(first, second, local_size(one, other))
    by_place = _by_place(by_grey, found)
    if by_place.tier is not Tier.CONFIRMED:
        return by_place
    if found is not None and least_structure is not None and found.structure < least_structure:
        return _similar(by_place, _TOO_LITTLE)
    return _by_detail(by_place, closer.judge(first, second))


def _by_detail(measured: Similarity, found: Judgement | None) -> Similarity:
    """Which of two copies is the better one; no test of whether they are copies."""
    if found is None:
        return _similar(measured, "one of the two could not be read again")
    return replace(measured, better=found.better, detail=found.why)


def _may_be_the_same(one: Fingerprint, other: Fingerprint, measured: Similarity) -> bool:
    """Whether it is worth comparing every pixel. Not for animations: only their first frame would be compared."""
    return (
        (one.width, one.height, one.frames, 1) == (other.width, other.height, 1, other.frames)
        and measured.dhash <= MAX_HASH_DISTANCE
        and measured.colour <= NEARLY_THE_SAME_COLOUR
        and not _saved_in_other_steps(one, other)
    )


def _saved_in_other_steps(one: Fingerprint, other: Fingerprint) -> bool:
    """Whether both are JPEG files of different qualities: coefficients that are multiples of other steps are other pixels where something is drawn."""
    jpeg = one.format == other.format == "JPEG" and min(one.detail, other.detail) >= MIN_DETAIL
    return jpeg and one.quality != other.quality


def _similar(measured: Similarity, why: str) -> Similarity:
    return Similarity(tier=Tier.SIMILAR, dhash=measured.dhash, pdq=measured.pdq, colour=measured.colour, why=why)


def _by_grey(measured: Similarity, greys: tuple[bytes, bytes] | None) -> Similarity:
    """The fourth test, which decodes both files again."""
    if greys is None:
        return _similar(measured, "one of the two could not be read again")
    grey = largest_difference(*greys)
    measured = replace(measured, grey=grey)
    if grey <= MAX_GREY_DIFFERENCE:
        return replace(measured, tier=Tier.CONFIRMED, why="hashes, shape, pixels and colours agree")
    from pinplan.duplicates.region import region_of_greys  # noqa: PLC0415 - numpy, for those who compare

    # What is that far apart in one pixel is less so in those around it.
    return _differing(measured, "some pixels differ", region_of_greys(*greys, MAX_GREY_DIFFERENCE // 3))


def local_size(one: Fingerprint, other: Fingerprint) -> tuple[int, int]:
    """The size to which both are brought to be compared place by place: the shape of the larger one, no wider than the narrower."""
    width, height = max((one.width, one.height), (other.width, other.height))
    across = min(LOCAL_WIDTH, one.width, other.width)
    return across, max(1, round(across * height / width))


def _by_place(measured: Similarity, found: LocalDifference | None) -> Similarity:
    """The last test, the largest local difference: a digit, a colour, a smile. Before it, whether one of the two is an edited copy."""
    if found is None:
        return _similar(measured, "one of the two could not be read again")
    measured = replace(measured, local=round(found.levels))
    edit = edit_of(found.adjusted)
    if edit is not None:
        return replace(measured, tier=Tier.SIMILAR, why=edit)
    problem = _place_of(found)
    return replace(measured, region=found.region) if problem is None else _differing(measured, problem, found.region)


def _differing(measured: Similarity, what: str, region: Region | None) -> Similarity:
    why = what if region is None else f"{what} in {region.words}"
    return replace(measured, tier=Tier.SIMILAR, why=why, region=region)


def _place_of(found: LocalDifference) -> str | None:
    """What differs somewhere, by its size; None if nothing does."""
    if found.area_luma > MAX_AREA_LUMA or found.area_colour > MAX_AREA_COLOUR:
        return "an area differs"
    if found.local_luma > MAX_LOCAL_LUMA or found.local_colour > MAX_LOCAL_COLOUR:
        return "something differs"
    luma, colour = found.small_luma / MAX_SMALL_LUMA, found.small_colour / MAX_SMALL_COLOUR
    # A digit in a colour that is nearly as bright as its ground shows a little in both; saving shows in one of them.
    small = max(luma, colour) > 1 or (luma > _BOTH_LUMA and colour > _BOTH_COLOUR)
    return "small details differ" if small or found.fine_luma > MAX_FINE_LUMA else None


_BOTH_LUMA, _BOTH_COLOUR = 0.8, 0.6
"""Shares of both limits."""


def mean_difference(one: bytes, other: bytes) -> float:
    """Mean absolute difference of two rows of levels of the same length."""
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) / max(1, len(one))


def largest_difference(one: bytes, other: bytes) -> int:
    """Largest absolute difference of two rows of levels of the same length."""
    if one == other:
        return 0
    import numpy as np  # noqa: PLC0415 - for those who compare pixels

    levels = [np.frombuffer(row, dtype=np.uint8).astype(np.int16) for row in (one, other)]
    return int(np.abs(levels[0] - levels[1]).max())


class Resemblance(Enum):
    """How an existing picture resembles a missing one."""

    SAME = auto()  # exact or confirmed, judged by fingerprints alone
    DOUBTFUL = auto()  # too plain, or animated: fingerprints cannot tell
    OTHER = auto()


def resemblance(missing: Fingerprint, here: Fingerprint) -> Resemblance:
    """Compare the stored fingerprint of a missing file with that of an existing one."""
    found = compare(missing, here, _InFavour())
    # The stand-in passes all pixel tests: EXACT here means "may have the same pixels", no more.
    if found is not None and found.tier in {Tier.EXACT, Tier.CONFIRMED}:
        return Resemblance.SAME
    # A hash of a plain image is noise, so its colours alone must raise the doubt.
    plain = min(missing.detail, here.detail) < MIN_DETAIL
    if plain and mean_difference(missing.thumb, here.thumb) <= FLAT_COLOUR:
        return Resemblance.DOUBTFUL
    moving = max(missing.frames, here.frames) > 1
    if moving and (int.from_bytes(missing.pdq) ^ int.from_bytes(here.pdq)).bit_count() <= MAX_PDQ_DISTANCE:
        return Resemblance.DOUBTFUL
    return Resemblance.OTHER


class _InFavour:
    """Passes every closer test, for a file that is missing (protocol `pinplan.duplicates.compare.PixelReader`)."""

    def greys(self, first: Sha256, second: Sha256) -> tuple[bytes, bytes] | None:  # noqa: ARG002 - see above
        return b"", b""

    def local_difference(
        self,
        first: Sha256,  # noqa: ARG002 - see above
        second: Sha256,  # noqa: ARG002 - see above
        size: tuple[int, int],  # noqa: ARG002 - see above
    ) -> LocalDifference | None:
        return LocalDifference()

    def judge(self, first: Sha256, second: Sha256) -> Judgement | None:  # noqa: ARG002 - see above
        return Judgement(Better.EQUAL)

    def same_pixels(self, first: Sha256, second: Sha256) -> bool:  # noqa: ARG002 - see above
        return True


class Opened(Protocol):
    """A file that is decoded once for the last tests of all its pairs."""

    def at_size(self, size: tuple[int, int]) -> PictureAtSize:
        """The picture, brought to a size."""

    def copy(self) -> Copy:
        """What its quality is judged by. Raises `ImageRefused`."""


class Fingerprinter(Protocol):
    """Computes fingerprints (see `pinplan.duplicates.fingerprint`); must be picklable for use in other processes."""

    def fingerprint(self, data: bytes, where: str) -> Fingerprint:
        """The fingerprint of a file. Raises `ImageRefused`."""

    def grey64_of(self, data: bytes, where: str) -> bytes:
        """Its 64×64 grey pixels. Raises `ImageRefused`."""

    def inside_of(self, data: bytes, where: str) -> InnerImage | None:
        """What it shows inside a border; None without one. Raises `ImageRefused`."""

    def opened(self, data: bytes, where: str) -> Opened:
        """The file, decoded for the last tests. Raises `ImageRefused`."""

    def pixels_of(self, data: bytes, where: str) -> bytes | None:
        """A digest of all its pixels; None if they cannot be compared exactly. Raises `ImageRefused`."""


def same_picture(one: bytes, other: bytes, fingerprinter: Fingerprinter | None) -> bool:
    """Whether two files show the same picture (exact or confirmed). Without a fingerprinter: whether their bytes are the same."""
    if one == other:
        return True
    if fingerprinter is None:
        return False
    try:
        first, second = (fingerprinter.fingerprint(data, "a picture") for data in (one, other))
        found = compare(first, second, _Both({first.sha256: one, second.sha256: other}, fingerprinter))
    except ImageRefused:
        return False
    return found is not None and found.tier in {Tier.EXACT, Tier.CONFIRMED}


class _Both:
    """Compares two files in memory (protocol `pinplan.duplicates.compare.PixelReader`)."""

    def __init__(self, files: dict[Sha256, bytes], fingerprinter: Fingerprinter) -> None:
        self._files, self._fingerprinter = files, fingerprinter

    def greys(self, first: Sha256, second: Sha256) -> tuple[bytes, bytes] | None:
        one, other = self._looks(self._fingerprinter.grey64_of, first, second)
        return (one, other) if one is not None and other is not None else None

    def local_difference(self, first: Sha256, second: Sha256, size: tuple[int, int]) -> LocalDifference:
        from pinplan.duplicates.local_difference import local_difference  # noqa: PLC0415 - numpy, for those who compare

        opened = (self._fingerprinter.opened(self._files[file], "a picture") for file in (first, second))
        one, other = (picture.at_size(size) for picture in opened)
        return local_difference(one, other)

    def judge(self, first: Sha256, second: Sha256) -> Judgement:  # noqa: ARG002 - nobody asks which of the two is better
        return Judgement(Better.EQUAL)

    def same_pixels(self, first: Sha256, second: Sha256) -> bool:
        one, other = self._looks(self._fingerprinter.pixels_of, first, second)
        return one is not None and one == other

    def _looks(
        self, look: Callable[[bytes, str], bytes | None], first: Sha256, second: Sha256
    ) -> tuple[bytes | None, bytes | None]:
        return look(self._files[first], "a picture"), look(self._files[second], "a picture")
