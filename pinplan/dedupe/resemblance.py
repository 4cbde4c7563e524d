"""Whether a picture that is not here any more may be one that is: both by their fingerprints alone.

Of a missing file no pixel is left to look at, so every test that needs one counts in favour of what is here. A mistake in that direction
leaves a pin alone that could have gone; the other one would delete a pin whose picture lies in the library.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

from pinplan.duplicates.compare import FLAT_COLOUR, LEAST_DETAIL, MOST_PDQ, LocalDifference, compare, mean_difference
from pinplan.model.similarity import Tier

if TYPE_CHECKING:
    from pinplan.dedupe.facts import Fingerprint
    from pinplan.model.ids import Sha256


class Resemblance(Enum):
    """How a picture that is here stands to one that is missing."""

    SAME = auto()  # of the exact or confirmed tier, as far as two fingerprints can tell
    DOUBTFUL = auto()  # too plain, or moving: fingerprints cannot tell
    OTHER = auto()


def resemblance(missing: Fingerprint, here: Fingerprint) -> Resemblance:
    """Compare a fingerprint that was kept with that of a file."""
    found = compare(missing, here, _InFavour())
    if found is not None and found.tier in {Tier.EXACT, Tier.CONFIRMED}:
        return Resemblance.SAME
    plain = min(missing.detail, here.detail) < LEAST_DETAIL
    if plain and mean_difference(missing.thumb, here.thumb) <= FLAT_COLOUR:
        return Resemblance.DOUBTFUL
    moving = max(missing.frames, here.frames) > 1
    if moving and (int.from_bytes(missing.pdq) ^ int.from_bytes(here.pdq)).bit_count() <= MOST_PDQ:
        return Resemblance.DOUBTFUL
    return Resemblance.OTHER


class _InFavour:
    """The closer look that cannot be had (protocol `pinplan.duplicates.compare.Closer`)."""

    def greys(self, first: Sha256, second: Sha256) -> tuple[bytes, bytes] | None:  # noqa: ARG002 - see above
        return b"", b""

    def local_difference(
        self,
        first: Sha256,  # noqa: ARG002 - see above
        second: Sha256,  # noqa: ARG002 - see above
        size: tuple[int, int],  # noqa: ARG002 - see above
    ) -> LocalDifference | None:
        return LocalDifference(fine_luma=0, fine_colour=0, local_colour=0, area_colour=0)

    def same_pixels(self, first: Sha256, second: Sha256) -> bool:  # noqa: ARG002 - see above
        return True
