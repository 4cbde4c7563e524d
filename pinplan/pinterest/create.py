"""The body of a request that creates a pin (API description 5.23, schema PinCreate and its media sources)."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinplan.model.images import Upload
    from pinplan.model.pins import NewPin


def new_pin_body(pin: NewPin, images: Sequence[Upload]) -> dict[str, object]:
    """The body, with texts within Pinterest's limits (`pinplan.model.pins.NewPin.within_limits`)."""
    pin = pin.within_limits()
    facts = {
        "board_id": pin.board_id,
        "board_section_id": pin.section_id,
        "title": pin.title,
        "description": pin.description,
        "alt_text": pin.alt_text,
        "link": pin.link,
    }
    body: dict[str, object] = {key: value for key, value in facts.items() if value}
    body["media_source"] = (
        _several(pin, images) if len(images) > 1 else {"source_type": "image_base64"} | _item(images[0])
    )
    return body


def _several(pin: NewPin, images: Sequence[Upload]) -> dict[str, object]:
    slots = [*pin.slots, *[None] * len(images)]
    items = []
    for image, slot in zip(images, slots, strict=False):
        words = {"title": slot.title, "description": slot.description, "link": slot.link} if slot else {}
        items.append(_item(image) | {key: value for key, value in words.items() if value})
    return {"source_type": "multiple_image_base64", "items": items}


def _item(image: Upload) -> dict[str, object]:
    return {"content_type": image.content_type, "data": base64.b64encode(image.data).decode("ascii")}
