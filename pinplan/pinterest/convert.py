"""From responses to pinplan's types: strict about identity, tolerant about everything else.

Also the request body that creates a pin (API description 5.23, schema PinCreate and its media sources).
"""

from __future__ import annotations

import base64
from sys import intern
from typing import TYPE_CHECKING

from pinplan.errors import UnexpectedAnswer
from pinplan.model.ids import AccountId, BoardId, PinId, SectionId
from pinplan.model.pins import Account, Board, MediaType, Pin, PinImage, Privacy, Profile, Rendition, Section
from pinplan.model.times import moment_of, timestamp
from pinplan.model.videos import VideoPlace, VideoStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinplan.model.images import Upload
    from pinplan.model.pins import NewPin
    from pinplan.pinterest.responses import (
        AccountAnswer,
        BoardAnswer,
        MediaAnswer,
        MediaItem,
        MediaUploadAnswer,
        PinAnswer,
        SectionAnswer,
        SizeAnswer,
        SizesAnswer,
    )


_MEDIA = {kind.value: kind for kind in MediaType}
_VIDEO_STATUS = {status.value: status for status in VideoStatus}
_PRIVACY = {kind.value: kind for kind in Privacy}
_HEX = frozenset("0123456789abcdef")
LONGEST_ID = 64
"""Digits. Pinterest's ids have up to 19; ids are part of file names, whose length is limited."""
LARGEST_SIDE = 10_000_000
"""Pixels. A larger declared side is treated as missing."""


def checked_id(text: str | None, what: str) -> str:
    """An id of decimal digits. Raises `UnexpectedAnswer`."""
    # isdigit() alone accepts other digits (Arabic, superscript), which would then be part of a URL and a file name.
    if text is None or not text.isascii() or not text.isdigit() or len(text) > LONGEST_ID:
        raise UnexpectedAnswer(f"{what} has an invalid id: {text!r:.60}")
    return text


def _count(figure: int | None) -> int | None:
    """A plausible count; None if negative or too large."""
    # 2**53: larger integers are not exact in the JSON of other programs.
    return figure if figure is not None and 0 <= figure < 2**53 else None


def to_account(answer: AccountAnswer) -> Account:
    """An account. Raises `UnexpectedAnswer` without an id to bind plans to."""
    name = answer.username or ""
    # No field of schema Account is required; the prefix keeps a name of digits apart from an id.
    identity = answer.id or (f"user:{name}" if name else None)
    if identity is None:
        raise UnexpectedAnswer("GET /user_account: account without id and user name")
    return Account(id=AccountId(identity), username=name)


def to_profile(answer: AccountAnswer) -> Profile:
    """The profile of an account. Raises `UnexpectedAnswer`."""
    return Profile(
        account=to_account(answer),
        kind=answer.account_type,
        business_name=answer.business_name,
        board_count=_count(answer.board_count),
        pin_count=_count(answer.pin_count),
        follower_count=_count(answer.follower_count),
        following_count=_count(answer.following_count),
    )


def to_board(answer: BoardAnswer) -> Board:
    """A board. Raises `UnexpectedAnswer`."""
    return Board(
        id=BoardId(checked_id(answer.id, "a board")),
        name=answer.name or "",
        privacy=_PRIVACY.get(answer.privacy or ""),
        owner=answer.owner.username if answer.owner else None,
        description=answer.description,
        pin_count=_count(answer.pin_count),
        created_at=to_utc(answer.created_at),
        pins_modified_at=to_utc(answer.board_pins_modified_at),
    )


def to_section(answer: SectionAnswer) -> Section:
    """A section. Raises `UnexpectedAnswer`."""
    return Section(id=SectionId(checked_id(answer.id, "a section")), name=answer.name or "")


def to_pin(answer: PinAnswer, board_id: BoardId) -> Pin:
    """A pin of a board. Raises `UnexpectedAnswer`."""
    section = answer.board_section_id
    parent = answer.parent_pin_id
    return Pin(
        id=PinId(checked_id(answer.id, "a pin")),
        board_id=board_id,
        section_id=SectionId(intern(checked_id(section, "a section of a pin"))) if section is not None else None,
        title=answer.title,
        description=answer.description,
        link=answer.link,
        alt_text=answer.alt_text,
        created_at=to_utc(answer.created_at),
        is_owner=answer.is_owner,
        board_owner=_shared(answer.board_owner.username) if answer.board_owner else None,
        parent_pin_id=PinId(parent) if parent is not None else None,
        creative_type=_shared(answer.creative_type),
        # An unknown media type is not an error: Pinterest adds some from year to year.
        media_type=_MEDIA.get(answer.media.media_type or "", MediaType.NONE) if answer.media else MediaType.NONE,
        images=to_images(answer.media) if answer.media else (),
    )


def _shared(text: str | None) -> str | None:
    """Interned: repeated words of 100,000 pins would not fit into memory."""
    return None if text is None else intern(text)


def to_images(media: MediaAnswer) -> tuple[PinImage, ...]:
    """The images of a pin: slot 0, or slots 1, 2, … of a carousel."""
    if media.items is not None:
        items = [item for item in media.items if item is not None]  # the API has sent null items
        return tuple(_slot(number, item) for number, item in enumerate(items, start=1))
    if media.images is None and media.cover_image_url is None:
        return ()
    # The API offers a video's cover image only, never the video itself.
    cover = media.media_type == "video"
    renditions = _renditions(media.images, media.cover_image_url if cover else None)
    return (PinImage(slot=0, renditions=renditions, signature=image_signature_of(renditions), cover=cover),)


def _slot(number: int, item: MediaItem) -> PinImage:
    cover = item.item_type == "video" or (item.images is None and item.cover_image_url is not None)
    renditions = _renditions(item.images, item.cover_image_url if cover else None)
    return PinImage(
        slot=number,
        renditions=renditions,
        signature=image_signature_of(renditions),
        cover=cover,
        title=item.title,
        description=item.description,
        link=item.link,
    )


def _renditions(sizes: SizesAnswer | None, cover_url: str | None) -> tuple[Rendition, ...]:
    """Best first: the original, then by declared width, then by size name."""
    found: list[Rendition] = []
    if sizes is not None:
        if sizes.originals is not None or sizes.orig is not None:
            _add(found, "originals", sizes.originals or sizes.orig)
        known = len(found)
        _add(found, "1200x", sizes.w1200)
        _add(found, "736x", sizes.w736)
        _add(found, "600x", sizes.w600)
        _add(found, "564x", sizes.w564)
        if len(found) > known + 1:  # sorting costs at 100,000 pins, and most have one size
            found[known:] = sorted(found[known:], key=_narrowness)
    # Last: its size is unknown, so it must not win over a declared one.
    if cover_url and all(rendition.url != cover_url for rendition in found):
        found.append(Rendition(size="cover", url=cover_url))
    return tuple(found)


def _add(found: list[Rendition], name: str, size: SizeAnswer | None) -> None:
    if size is not None and size.url:
        found.append(Rendition(size=name, url=size.url, width=_side(size.width), height=_side(size.height)))


def _side(declared: float | None) -> int | None:
    """A plausible width or height; else None."""
    return int(declared) if declared is not None and 1 <= declared <= LARGEST_SIDE else None


def _narrowness(rendition: Rendition) -> int:
    return -(rendition.width or 0)


def image_signature_of(renditions: tuple[Rendition, ...]) -> str | None:
    """The 32 hex digits in the URL of the best rendition, if it has Pinterest's form."""
    if not renditions:
        return None
    name = renditions[0].url.partition("?")[0].rpartition("/")[2].partition(".")[0].lower()
    return name if len(name) == 32 and _HEX.issuperset(name) else None


def to_utc(text: str | None) -> str | None:
    """A timestamp as RFC 3339 in UTC; naive ones (the live API sends some) count as UTC; None if invalid."""
    if text is None or (len(text) == 20 and text.endswith("Z")):  # the usual form: parsing 100,000 takes seconds
        return text
    # Naive, as the live API sends it: a slice is enough for the hot path.
    if len(text) == 19 and text[10] == "T":
        return f"{text}Z"
    moment = moment_of(text)
    return timestamp(moment) if moment is not None else None


def to_video_place(answer: MediaUploadAnswer) -> VideoPlace:
    """Where to send a video. Raises `UnexpectedAnswer`."""
    if not answer.upload_url or answer.upload_parameters is None:
        raise UnexpectedAnswer("POST /media: response without an address to upload to")
    return VideoPlace(
        media_id=checked_id(answer.media_id, "a registered video"),
        url=answer.upload_url,
        fields=tuple(answer.upload_parameters.items()),
    )


def to_video_status(answer: MediaUploadAnswer) -> VideoStatus:
    """The status of a video. Raises `UnexpectedAnswer`."""
    status = _VIDEO_STATUS.get(answer.status or "")
    if status is None:
        raise UnexpectedAnswer(f"GET /media: unknown status: {answer.status!r:.60}")
    return status


def new_pin_body(pin: NewPin, images: Sequence[Upload], media_id: str = "") -> dict[str, object]:
    """The request body, with texts cut to Pinterest's limits (`pinplan.model.pins.NewPin.within_limits`).

    With a ``media_id`` the pin shows that video, and the only image is its cover.
    """
    pin = pin.within_limits()
    facts = {
        "board_id": pin.board_id,
        "board_section_id": pin.section_id,
        "title": pin.title,
        "description": pin.description,
        "alt_text": pin.alt_text,
        "link": pin.link,
    }
    # Left out rather than null: the description allows null, but an empty title has no meaning.
    body: dict[str, object] = {key: value for key, value in facts.items() if value}
    if media_id:
        cover = {f"cover_image_{key}": value for key, value in _item(images[0]).items()}
        body["media_source"] = {"source_type": "video_id", "media_id": media_id} | cover
    else:
        body["media_source"] = _several(pin, images) if len(images) > 1 else _single(images[0])
    return body


def _single(image: Upload) -> dict[str, object]:
    if image.url:
        return {"source_type": "image_url", "url": image.url}
    return {"source_type": "image_base64"} | _item(image)


def _several(pin: NewPin, images: Sequence[Upload]) -> dict[str, object]:
    slots = [*pin.slots, *[None] * len(images)]  # old metadata has no texts per slot
    items = []
    for image, slot in zip(images, slots, strict=False):
        words = {"title": slot.title, "description": slot.description, "link": slot.link} if slot else {}
        items.append(_item(image) | {key: value for key, value in words.items() if value})
    return {"source_type": "multiple_image_base64", "items": items}


def _item(image: Upload) -> dict[str, object]:
    return {"content_type": image.content_type, "data": base64.b64encode(image.data).decode("ascii")}
