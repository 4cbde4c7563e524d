"""Whether two files show the same picture: for a pin that has to be recognised by what was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from pinplan.duplicates.compare import compare
from pinplan.errors import ImageRefused
from pinplan.model.similarity import Tier

if TYPE_CHECKING:
    from collections.abc import Callable

    from pinplan.dedupe.facts import Fingerprint
    from pinplan.duplicates.compare import LocalDifference
    from pinplan.model.ids import Sha256


class Fingerprinter(Protocol):
    """How fingerprints are taken (see `pinplan.duplicates.fingerprinter`)."""

    def fingerprint(self, data: bytes, where: str) -> Fingerprint:
        """The fingerprint of a file. Raises `ImageRefused`."""

    def grey64_of(self, data: bytes, where: str) -> bytes:
        """Its 64×64 grey pixels. Raises `ImageRefused`."""

    def colours_of(self, data: bytes, where: str, size: tuple[int, int]) -> bytes:
        """Red, green and blue of its pixels, brought to a size. Raises `ImageRefused`."""

    def pixels_of(self, data: bytes, where: str) -> bytes | None:
        """A digest of all of its pixels; None where they cannot be compared exactly. Raises `ImageRefused`."""


def same_picture(one: bytes, other: bytes, fingerprinter: Fingerprinter | None) -> bool:
    """Whether two files show the same picture, by the tiers that are acted on. Without a fingerprinter: the same bytes."""
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
    """A closer look at the two files (protocol `pinplan.duplicates.compare.Closer`)."""

    def __init__(self, files: dict[Sha256, bytes], fingerprinter: Fingerprinter) -> None:
        self._files, self._fingerprinter = files, fingerprinter

    def greys(self, first: Sha256, second: Sha256) -> tuple[bytes, bytes] | None:
        one, other = self._looks(self._fingerprinter.grey64_of, first, second)
        return (one, other) if one is not None and other is not None else None

    def local_difference(self, first: Sha256, second: Sha256, size: tuple[int, int]) -> LocalDifference:
        from pinplan.dedupe.local_difference import local_difference  # noqa: PLC0415 - numpy, for those who compare

        one, other = (self._fingerprinter.colours_of(self._files[file], "a picture", size) for file in (first, second))
        return local_difference(one, other, size)

    def same_pixels(self, first: Sha256, second: Sha256) -> bool:
        one, other = self._looks(self._fingerprinter.pixels_of, first, second)
        return one is not None and one == other

    def _looks(
        self, look: Callable[[bytes, str], bytes | None], first: Sha256, second: Sha256
    ) -> tuple[bytes | None, bytes | None]:
        return look(self._files[first], "a picture"), look(self._files[second], "a picture")
