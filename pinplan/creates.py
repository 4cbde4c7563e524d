"""Recognise what was created although the answer to its request was lost.

Ours is a pin that was not listed before, that no other create made, with the texts as they were sent and the same picture. All
of it has to fit: a pin that is wrongly taken for ours would hide that nothing was created.
"""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING

from pinplan.dedupe.same_picture import same_picture
from pinplan.errors import ImageRefused, LibraryError, RemoteError

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from pinplan.dedupe.same_picture import Fingerprinter
    from pinplan.model.creates import PinIntent, SentPicture
    from pinplan.model.ids import PinId
    from pinplan.model.pins import Pin, PinImage
    from pinplan.ports import ImageSource, Library


class Recogniser:
    """Looks for created pins in listings. Reads images, changes nothing."""

    def __init__(self, images: ImageSource, library: Library, fingerprinter: Fingerprinter | None) -> None:
        """Hold where pictures come from; without a fingerprinter only the very bytes are the same picture."""
        self._images, self._library, self._fingerprinter = images, library, fingerprinter

    def find(self, intent: PinIntent, pins: Iterable[Pin], others: Container[PinId]) -> PinId | None:
        """The pin that was created; None if none of these surely is it.

        Args:
            intent: what was sent.
            pins: of its board, as they are listed now.
            others: pins that other creates made.
        """
        candidates = [
            pin for pin in pins if pin.id not in intent.before and pin.id not in others and intent.may_be(pin)
        ]
        candidates.sort(key=lambda pin: (len(pin.id), pin.id))
        return next((pin.id for pin in candidates if self._shows(pin, intent)), None)

    def _shows(self, pin: Pin, intent: PinIntent) -> bool:
        images = sorted(pin.images, key=lambda image: image.slot)
        return all(self._same(sent, image) for sent, image in zip(intent.pictures, images, strict=True))

    def _same(self, sent: SentPicture, image: PinImage) -> bool:
        """Whether both can be had and show the same; a picture that cannot be had proves nothing."""
        if not image.renditions:
            return False
        try:
            data = self._library.upload(sent.source).data
            if hashlib.sha256(data).hexdigest() != sent.sha256:
                return False
            shown = io.BytesIO()
            self._images.fetch(image.renditions[0].url, shown)
        except (ImageRefused, RemoteError, LibraryError):
            return False
        return same_picture(data, shown.getvalue(), self._fingerprinter)
