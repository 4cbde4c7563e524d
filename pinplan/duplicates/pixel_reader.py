"""What is asked of two files whose hashes are near: they are decoded again, and compared pixel by pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from msgspec import Struct

from pinplan.duplicates.edits import Adjustment

if TYPE_CHECKING:
    from pinplan.model.ids import Sha256
    from pinplan.model.similarity import Better, Region


class LocalDifference(Struct, frozen=True, kw_only=True):
    """Where two pictures differ most, in multiples of what encoders differ by: the largest means over squares of pixels.

    Attributes:
        levels: the largest mean difference of 10×10 pixels in one of the colours, in levels.
        structure: correlation of the steps between neighbouring pixels, of smooth pictures of their brightness; 0 if one of the two is flat.
        region: where that is (see `pinplan.duplicates.region`).
    """

    fine_luma: float = 0.0
    small_luma: float = 0.0
    small_colour: float = 0.0
    local_luma: float = 0.0
    local_colour: float = 0.0
    area_luma: float = 0.0
    area_colour: float = 0.0
    levels: float = 0.0
    structure: float = 0.0
    adjusted: Adjustment = Adjustment()
    region: Region | None = None


class Judgement(NamedTuple):
    """Which of two copies holds more detail, and why, in words; no words where they are equal."""

    better: Better
    why: str = ""


class PixelReader(Protocol):
    """Decodes two files again for a closer comparison."""

    def greys(self, first: Sha256, second: Sha256) -> tuple[bytes, bytes] | None:
        """64×64 grey pixels of both; None if unavailable."""

    def local_difference(self, first: Sha256, second: Sha256, size: tuple[int, int]) -> LocalDifference | None:
        """The largest local difference, both scaled to (width, height); None if unavailable."""

    def judge(self, first: Sha256, second: Sha256) -> Judgement | None:
        """Which of two copies is better (see `pinplan.duplicates.detail`); None if unavailable."""

    def same_pixels(self, first: Sha256, second: Sha256) -> bool:
        """Whether every pixel of both is the same."""
