"""What the image host refused before, and what follows: asked for again, or only reported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.errors.suggestions import suggestion
from pinplan.model.refused import image_key
from pinplan.model.sizes import declared_size, is_placeholder, is_smaller

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pinplan.errors.suggestions import Command
    from pinplan.model.base import Tracked
    from pinplan.model.ids import PinId
    from pinplan.model.pins import PinImage, Rendition
    from pinplan.model.refused import Refused


class Refusals:
    """Refusals by image: pins that show the very same one share them."""

    def __init__(self, refused: Iterable[Refused], now: str, retry_days: int) -> None:
        """Index them; ``now`` is when Pinterest was looked at (RFC 3339), and after so many days each is asked for again."""
        self._now, self._retry_days = now, retry_days
        self._by_image: dict[str, Refused] = {}
        for one in refused:
            known = self._by_image.get(one.image)
            if known is None or known.runs < one.runs:
                self._by_image[one.image] = one

    def of(self, image: PinImage) -> Refused | None:
        """What was refused of an image, all of it or its best size."""
        return self._by_image.get(image_key(image.signature, image.renditions))

    def settled(self, image: PinImage) -> Refused | None:
        """What was refused so often that it is only reported now."""
        found = self.of(image)
        return found if found is not None and found.settled(self._now, self._retry_days) else None

    def withheld(self, image: PinImage) -> Refused | None:
        """The same, where the host answered for every size: it withholds the image."""
        found = self.settled(image)
        return found if found is not None and found.answered else None


def why_withheld(refused: Refused) -> str:
    """In words: by what, since when, and how to ask again."""
    return (
        f"withheld: {refused.reason} since {refused.since_day}; it is asked for again later, "
        f"or now with: {suggestion(*restoring(refused.pin_id))}"
    )


def restoring(pin_id: PinId) -> Command:
    """The command that asks for an image by its pin."""
    return ("plan", "--restore", pin_id)


def could_be_larger(record: Tracked, image: PinImage) -> bool:
    """Whether Pinterest declares more of an image than its file has. A size of 0 is not known: such a file could not be decoded."""
    return bool(image.renditions and record.width) and is_smaller(record.width, record.height, image.renditions[0])


def better_sizes(record: Tracked, image: PinImage) -> tuple[Rendition, ...]:
    """The sizes that are declared larger than the file."""
    return tuple(one for one in image.renditions if is_smaller(record.width, record.height, one))


def sizes_of(record: Tracked, image: PinImage) -> str:
    """File and best size in words."""
    best = declared_size(image.renditions[0])
    return f"{record.path} is {record.width}×{record.height}, Pinterest has {best}"


def is_fewer_pixels(record: Tracked, image: PinImage) -> bool:
    """Whether Pinterest surely has fewer pixels than a file: they never take its place (I20)."""
    best = image.renditions[0] if image.renditions else None
    if best is None or not (best.width and best.height):
        return best is None
    return best.width * best.height < record.width * record.height


def another_image(record: Tracked, image: PinImage) -> str:
    """In words: the pin shows another image than its file, and what can be done."""
    said = f"Pinterest shows another image for this pin than {record.path}"
    if is_fewer_pixels(record, image):
        return f"{said}, in fewer pixels; the file stays"
    return f"{said}; fetch it with: {suggestion(*restoring(record.pin_id))}"


def stands_for_nothing(record: Tracked, image: PinImage) -> bool:
    """Whether a file is a placeholder by the newest listing (I19). One that a person put there is what they want, however small."""
    return (
        not is_of_a_person(record, image)
        and could_be_larger(record, image)
        and is_placeholder(record.width, record.height, image.renditions[0])
    )


def is_of_a_person(record: Tracked, image: PinImage) -> bool:
    """Whether a file was adopted or accepted: what Pinterest sent has the signature of its image in its record."""
    return record.is_by_hand(image.signature)
