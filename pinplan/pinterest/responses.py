"""The parts of API responses that pinplan reads. Unknown keys are ignored; all but ids may be missing or null."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Sequence


# gc=False: these hold no cycles, and collecting 100,000 of them costs seconds.
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


class MediaUploadAnswer(Struct, frozen=True, gc=False):
    """Schema MediaUpload, and the status field of schema Media."""

    media_id: str | None = None
    status: str | None = None
    upload_url: str | None = None
    upload_parameters: dict[str, str] | None = None


class SizeAnswer(Struct, frozen=True, gc=False):
    """One size of an image (schema ImageDetails)."""

    url: str | None = None
    # A float is accepted: a wrong kind of number must not make the pin unreadable.
    width: float | None = None
    height: float | None = None


class SizesAnswer(
    Struct, frozen=True, gc=False, rename={"w1200": "1200x", "w736": "736x", "w600": "600x", "w564": "564x"}
):
    """The sizes of an image that keep its shape, best first (schema ImageSize; larger ones were sent in other years).

    150x150 and 400x300 are left out: a crop must never be stored as the image.
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
    """Schema Pin; ``type`` marks tiles that are not pins."""

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
    """A page of pins as sent."""

    items: list[PinAnswer]
    bookmark: str | None = None


class OddItem(Struct, frozen=True):
    """An invalid item of a page."""

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
    """A page of pins, item by item. Built in code: msgspec cannot decode this union."""

    items: Sequence[PinAnswer | OddItem]
    bookmark: str | None = None


class LoosePage(Struct, frozen=True):
    """A page that does not match the schema, decoded item by item: one odd item must not hide the others."""

    items: list[Any]
    bookmark: str | None = None
