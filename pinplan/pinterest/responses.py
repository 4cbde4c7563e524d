"""Answers of the API, as far as they are read. Unknown keys are ignored; everything but an id may be missing or null."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Sequence


class Named(Struct, frozen=True, gc=False):
    """A user by name."""

    username: str | None = None


class AccountAnswer(Struct, frozen=True):
    """Schema Account."""

    id: str | None = None
    username: str | None = None
    account_type: str | None = None
    business_name: str | None = None
    board_count: int | None = None
    pin_count: int | None = None
    follower_count: int | None = None
    following_count: int | None = None


class BoardAnswer(Struct, frozen=True, gc=False):
    """Schema Board."""

    id: str
    name: str | None = None
    privacy: str | None = None
    description: str | None = None
    owner: Named | None = None
    pin_count: int | None = None
    created_at: str | None = None
    board_pins_modified_at: str | None = None


class SectionAnswer(Struct, frozen=True, gc=False):
    """Schema BoardSection."""

    id: str
    name: str | None = None


class SizeAnswer(Struct, frozen=True, gc=False):
    """One size of an image (schema ImageDetails)."""

    url: str | None = None
    width: float | None = None
    height: float | None = None


class SizesAnswer(
    Struct, frozen=True, gc=False, rename={"w1200": "1200x", "w736": "736x", "w600": "600x", "w564": "564x"}
):
    """The sizes of an image that keep its shape, best first (schema ImageSize; larger ones were sent in other years).

    The crops, 150x150 and 400x300, are not read: a crop must never be taken for the image.
    """

    originals: SizeAnswer | None = None
    orig: SizeAnswer | None = None
    w1200: SizeAnswer | None = None
    w736: SizeAnswer | None = None
    w600: SizeAnswer | None = None
    w564: SizeAnswer | None = None


class MediaAnswer(Struct, frozen=True, gc=False):
    """Any of the five shapes of media, or one item of those that hold several."""

    media_type: str | None = None
    images: SizesAnswer | None = None
    cover_image_url: str | None = None
    items: list[MediaItem | None] | None = None


class MediaItem(Struct, frozen=True, gc=False):
    """One item of a carousel."""

    item_type: str | None = None
    images: SizesAnswer | None = None
    cover_image_url: str | None = None
    title: str | None = None
    description: str | None = None
    link: str | None = None


class PinAnswer(Struct, frozen=True, gc=False):
    """Schema Pin; ``type`` is sent for tiles that are no pins."""

    id: str
    board_id: str | None = None
    type: str | None = None
    board_section_id: str | None = None
    title: str | None = None
    description: str | None = None
    link: str | None = None
    alt_text: str | None = None
    created_at: str | None = None
    is_owner: bool | None = None
    board_owner: Named | None = None
    parent_pin_id: str | None = None
    creative_type: str | None = None
    media: MediaAnswer | None = None


class BoardPage(Struct, frozen=True):
    """A page of boards."""

    items: list[BoardAnswer]
    bookmark: str | None = None


class SectionPage(Struct, frozen=True):
    """A page of sections."""

    items: list[SectionAnswer]
    bookmark: str | None = None


class PinPageAnswer(Struct, frozen=True):
    """A page of pins, as it is answered."""

    items: list[PinAnswer]
    bookmark: str | None = None


class OddItem(Struct, frozen=True):
    """An item of a page that is no pin, no board or no section."""

    problem: str


class BoardItems(Struct, frozen=True):
    """A page of boards, item by item, as `PinItems`."""

    items: Sequence[BoardAnswer | OddItem]
    bookmark: str | None = None


class SectionItems(Struct, frozen=True):
    """A page of sections, item by item, as `PinItems`."""

    items: Sequence[SectionAnswer | OddItem]
    bookmark: str | None = None


class PinItems(Struct, frozen=True):
    """A page of pins, item by item. Made by hand: msgspec cannot tell the two apart."""

    items: Sequence[PinAnswer | OddItem]
    bookmark: str | None = None


class LoosePage(Struct, frozen=True):
    """A page that did not fit: read item by item, so that one odd item does not hide the others."""

    items: list[Any]
    bookmark: str | None = None
