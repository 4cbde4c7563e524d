"""An image that an action needs, and which picture will do."""

from __future__ import annotations

from msgspec import Struct

from pinplan.model.base import Tracked
from pinplan.model.ids import PinId
from pinplan.model.pins import Rendition
from pinplan.model.refused import image_key


class Wanted(Struct, frozen=True, kw_only=True):
    """An image of a pin, for an action that fetches it.

    Attributes:
        renditions: where it can be had, best first.
        signature: of the image, as Pinterest has it now.
        min_pixels: with fewer than these it is refused.
        recorded: the picture that it must be: the recorded bytes, wherever they are, or the same picture at the recorded size.
        lesser_will_do: a lesser rendition is taken where a better one is refused; False: only where the host says for good that
            there is no better one.
        doubtful_will_do: one that is no perfect image is taken if its host has no other.
    """

    pin_id: PinId
    slot: int
    renditions: tuple[Rendition, ...]
    signature: str | None = None
    min_pixels: int = 0
    recorded: Tracked | None = None
    lesser_will_do: bool = True
    doubtful_will_do: bool = False

    @property
    def key(self) -> str:
        """See `image_key`."""
        return image_key(self.signature, self.renditions)
