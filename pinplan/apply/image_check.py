"""Check a fetched image: complete, no placeholder, large enough, and the recorded picture (I20). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from pinplan.duplicates.compare import Resemblance, resemblance
from pinplan.errors import ImageRefused
from pinplan.formats.decoding import decoded_formats
from pinplan.model.base import Refused
from pinplan.model.images import declared_size, is_placeholder
from pinplan.model.similarity import Fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pinplan.duplicates.compare import Fingerprinter
    from pinplan.model.base import Tracked
    from pinplan.model.ids import PinId, Sha256
    from pinplan.model.images import Content, Wanted
    from pinplan.model.pins import Rendition


MAX_PIXELS_PER_BYTE = 100
"""Photographs have 2 to 30; a single-colour picture has 64 as a baseline JPEG, and more than 300 as a PNG."""


class RefusedRendition(NamedTuple):
    """A refused rendition, with the reason."""

    rendition: Rendition
    error: ImageRefused


class NothingFetched(ImageRefused):
    """No acceptable rendition of an image was available.

    Attributes:
        refused: the record of the best refused rendition.
    """

    def __init__(self, wanted: Wanted, problems: Sequence[RefusedRendition]) -> None:
        """List the reason of every rendition."""
        self.refused = what_was_refused(wanted, problems) if problems else None
        reasons = dict.fromkeys(f"{rendition.size}: {error.reason}" for rendition, error in problems)
        super().__init__(wanted.renditions[0].url if wanted.renditions else "pin", "; ".join(reasons) or "no image")


def what_was_refused(wanted: Wanted, problems: Sequence[RefusedRendition]) -> Refused:
    """The record of refused renditions; needs at least one."""
    # Renditions come best first, so the first problem is that of the best size.
    best, error = problems[0]
    return Refused(
        pin_id=wanted.pin_id,
        slot=wanted.slot,
        image=wanted.key,
        reason=error.reason,
        # Only a lasting answer for every size counts; a timeout says nothing about the image.
        answered=all(refused.gone or refused.lesser for _, refused in problems),
        size=best.size,
        width=best.width,
        height=best.height,
    )


class DoubtfulImage(ImageRefused):
    """A flawed image that viewers may still show: cut off at the very end, or too large to decode.

    Attributes:
        sha256: digest of the received bytes.
    """

    def __init__(self, where: str, reason: str, sha256: Sha256) -> None:
        """Name the image, the flaw, and the digest of its bytes."""
        self.sha256 = sha256
        super().__init__(where, reason)


def check_complete(rendition: Rendition, content: Content, size: int) -> None:
    """Only a complete image may become visible (I19). Raises `ImageRefused`; `DoubtfulImage` for one that may be kept all the same."""
    if content.problem is None:
        return
    if _may_be_shown(content, size):
        raise DoubtfulImage(rendition.url, content.problem, content.sha256)
    raise ImageRefused(rendition.url, content.problem)


def _may_be_shown(content: Content, size: int) -> bool:
    """Whether viewers may show it: image header, plausible size, and enough bytes to rule out a decompression bomb.

    A truncated image may lack little more than its end: half a picture may be complete tomorrow, and is fetched again.
    """
    if content.damage is not None and not content.nearly_whole:
        return False
    pixels = (content.width or 0) * (content.height or 0)
    return content.format in decoded_formats() and 0 < pixels <= size * MAX_PIXELS_PER_BYTE


def check_wanted(wanted: Wanted, rendition: Rendition, content: Content) -> None:
    """Check a complete image against the request (I19: no placeholder; I20). Raises `ImageRefused`."""
    width, height = content.width or 0, content.height or 0
    if is_placeholder(width, height, rendition):
        raise ImageRefused(
            rendition.url, f"a placeholder: {width}×{height} where {declared_size(rendition)} is declared", lesser=True
        )
    if width * height < wanted.min_pixels:
        raise ImageRefused(rendition.url, f"only {width}×{height}, smaller than the file here", lesser=True)
    if wanted.recorded is not None:
        problem = why_not_the_recorded(wanted.recorded, wanted.signature, content)
        if problem is not None:
            raise ImageRefused(rendition.url, problem, lesser=True)


def why_not_the_recorded(record: Tracked, signature: str | None, content: Content) -> str | None:
    """Why an image cannot replace the recorded one when its pin is deleted (I20); None if it can.

    The same bytes are the same picture. Otherwise Pinterest must still show the image of the recorded signature, with at least the
    recorded number of pixels. A signature that one side lacks (the base has none for a pin that pinplan created) decides nothing.
    What the image shows is compared by `PictureMatch`.
    """
    if content.sha256 == record.sha256:
        return None
    # Signatures are compared only where both sides have one.
    if record.signature and signature and record.signature != signature:
        return "not the recorded image"
    if (content.width or 0) * (content.height or 0) < record.width * record.height:
        return f"only {content.width}×{content.height} of the recorded {record.width}×{record.height}"
    return None


_DECODE = msgspec.msgpack.Decoder(Fingerprint).decode


def _nothing_sent(_pin_id: PinId, _slot: int) -> Sha256 | None:
    return None


class PictureMatch:
    """Compares images with the fingerprints of tracked files, and of those that pinplan sent."""

    def __init__(
        self,
        fingerprinter: Fingerprinter | None,
        kept: Callable[[Sha256], bytes | None],
        sent: Callable[[PinId, int], Sha256 | None] = _nothing_sent,
    ) -> None:
        """Keep the sources.

        Args:
            fingerprinter: takes fingerprints.
            kept: finds a stored one by the digest of its file.
            sent: the digest of the file from which an image of a pin was created, by its slot.
        """
        self._fingerprinter, self._kept, self._sent = fingerprinter, kept, sent

    def why_not(self, record: Tracked, data: bytes) -> str | None:
        """Why an image is not the recorded picture, judged by fingerprint; None also if no fingerprint is stored."""
        return self._why_not(record.sha256, record.path, data, "the recorded picture")

    def why_not_sent(self, wanted: Wanted, where: str, data: bytes) -> str | None:
        """Why an image is not the picture that pinplan sent for it; None also if it sent none."""
        sha256 = self._sent(wanted.pin_id, wanted.slot)
        return None if sha256 is None else self._why_not(sha256, where, data, "the picture that was sent")

    def _why_not(self, sha256: Sha256, where: str, data: bytes, what: str) -> str | None:
        fingerprint = self._kept(sha256) if self._fingerprinter is not None else None
        if fingerprint is None or self._fingerprinter is None:
            return None
        try:
            here = self._fingerprinter.fingerprint(data, where)
        except ImageRefused as error:
            return f"it cannot be compared with {what}: {error.reason}"
        # DOUBTFUL passes here: signature and size agree already, and the deletion keeps this very image.
        other = resemblance(_DECODE(fingerprint), here) is Resemblance.OTHER
        return f"it does not show {what}" if other else None
