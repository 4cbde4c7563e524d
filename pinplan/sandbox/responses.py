"""Records as JSON and pages of listings, as Pinterest sends them."""

from __future__ import annotations

import base64
import binascii
from bisect import bisect_left
from typing import TYPE_CHECKING, TypeVar

import msgspec

from pinplan.sandbox.pictures import SIZES
from pinplan.sandbox.problems import bad_request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from pinplan.sandbox.pictures import Picture
    from pinplan.sandbox.world import Board, Pin, Section, World


Json = dict[str, object]


def account_answer(world: World) -> bytes:
    """Schema Account."""
    mine = [board for board in world.boards.values() if board.owner == world.account.username]
    return msgspec.json.encode(
        {
            "id": world.account.id,
            "username": world.account.username,
            "account_type": "PINNER",
            "about": "Collects pictures that exist nowhere else.",
            "profile_image": "",
            "website_url": "",
            # Nullable, like in the live API; a client must not take null for an error.
            "business_name": None,
            "board_count": len(mine),
            "pin_count": len(world.pins),
            "follower_count": 0,
            "following_count": 0,
            "monthly_views": 0,
        }
    )


def board_answer(board: Board, images: str, *, updated: bool = False) -> bytes:
    """Schema Board, or BoardWithUpdatePrivacy, which has no PROTECTED; ``images``: URL of the image host."""
    # A cover and four thumbnails; slicing first keeps this O(1) on large boards.
    newest = [pin.pictures[0] for pin in reversed(board.pins[-5:]) if pin.pictures]
    # The response schema of an update lists PUBLIC and SECRET only, so the field is left out.
    privacy = {} if updated and board.privacy == "PROTECTED" else {"privacy": board.privacy}
    return msgspec.json.encode(
        {
            "id": board.id,
            "name": board.name,
            "description": board.description,
            "created_at": _naive(board.created_at),
            "board_pins_modified_at": f"{_naive(board.modified_at)}Z",
            "pin_count": len(board.pins),
            "follower_count": 0,
            "collaborator_count": 0,
            "is_ads_only": board.ads_only,
            "owner": {"username": board.owner},
            "media": {
                "image_cover_url": image_url(newest[0], "400x300", images) if newest else None,
                "pin_thumbnail_urls": [image_url(picture, "150x150", images) for picture in newest[1:]],
            },
        }
        | privacy
    )


def section_answer(section: Section) -> bytes:
    """Schema BoardSection."""
    return msgspec.json.encode({"id": section.id, "name": section.name})


def pin_answer(pin: Pin, world: World, images: str) -> bytes:
    """Schema Pin; cached until the pin changes."""
    if pin.answer is None:
        pin.answer = msgspec.json.encode(_pin(pin, world, images))
    return pin.answer


def _pin(pin: Pin, world: World, images: str) -> Json:
    return {
        "id": pin.id,
        "created_at": _naive(pin.created_at),
        "link": pin.link,
        "title": pin.title,
        "description": pin.description,
        "alt_text": pin.alt_text,
        "dominant_color": "#6e7874",
        "creative_type": creative_type(pin),
        "board_id": pin.board_id,
        "board_section_id": pin.section_id,
        "board_owner": {"username": world.boards[pin.board_id].owner},
        "is_owner": pin.owner == world.account.username,
        "is_standard": True,
        "has_been_promoted": False,
        "parent_pin_id": pin.parent_pin_id,
        "pin_metrics": None,
        "media": _media(pin, images),
    }


def _naive(moment: datetime) -> str:
    # Without a zone, as Pinterest sends it (pinterest/api-quickstart, issue 78); its description shows one.
    return f"{moment:%Y-%m-%dT%H:%M:%S}"


def creative_type(pin: Pin) -> str:
    """One of schema CreativeType."""
    if len(pin.pictures) > 1:
        return "CAROUSEL"
    return "VIDEO" if pin.moving(0) else "REGULAR"


def _media(pin: Pin, images: str) -> Json:
    """Schema PinMedia: one of its five shapes."""
    if len(pin.pictures) > 1:
        return _several(pin, images)
    picture = pin.pictures[0]
    if not pin.moving(0):
        return {"media_type": "image", "images": _sizes(picture, images)}
    return {"media_type": "video", "images": _sizes(picture, images), **_video(picture, images)}


def _several(pin: Pin, images: str) -> Json:
    moving = {pin.moving(slot) for slot in range(len(pin.pictures))}
    shape = "multiple_mixed" if len(moving) > 1 else "multiple_videos" if True in moving else "multiple_images"
    items = [
        {"item_type": "video", **_video(picture, images)}
        if pin.moving(slot)
        else {
            "item_type": "image",
            "title": None,
            "description": None,
            "link": None,
            "images": _sizes(picture, images),
        }
        for slot, picture in enumerate(pin.pictures)
    ]
    return {"media_type": shape, "items": items}


def _video(picture: Picture, images: str) -> Json:
    """Schema VideoMetadata. The URL of the video itself is not available to every app."""
    return {
        "cover_image_url": image_url(picture, "1200x", images),
        # As for most apps: Pinterest gives the address of a video only to approved ones.
        "video_url": None,
        "duration": 12_000,
        "width": picture.width,
        "height": picture.height,
    }


def _sizes(picture: Picture, images: str) -> Json:
    answer: Json = {}
    for key in SIZES:
        width, height = picture.size_of(key)
        answer[key] = {"url": image_url(picture, key, images), "width": width, "height": height}
    return answer


def image_url(picture: Picture, key: str, images: str) -> str:
    """``<host>/<size>/aa/bb/cc/<32 hexadecimal digits>.<extension>``."""
    name = picture.signature
    return f"{images}/{key}/{name[:2]}/{name[2:4]}/{name[4:6]}/{name}.{picture.extension}"


def page_answer(items: Iterable[bytes], bookmark: str | None) -> bytes:
    """A page of a listing."""
    return b'{"items":[' + b",".join(items) + b'],"bookmark":' + msgspec.json.encode(bookmark) + b"}"


Item = TypeVar("Item")
DEFAULT, MOST = 25, 250


def page_of(
    items: Sequence[Item], number: Callable[[Item], int], query: Mapping[str, str]
) -> tuple[Sequence[Item], str | None]:
    """One page of items in descending order, and the bookmark of the next.

    Raises:
        ApiProblem: 400 for a page size out of range or an invalid bookmark.
    """
    size = _size(query.get("page_size"))
    start = 0
    if query.get("bookmark"):
        # By number, not by offset: pins created or deleted between two pages shift nothing.
        start = bisect_left(items, -_decoded(query["bookmark"]) + 1, key=lambda item: -number(item))
    page = items[start : start + size]
    more = start + size < len(items)
    # null on the last page: there is no total and no "has more" in Pinterest's listings.
    return page, _encoded(number(page[-1])) if page and more else None


def _size(text: str | None) -> int:
    if text is None:
        return DEFAULT
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MOST):
        raise bad_request(f"page_size must be an integer from 1 to {MOST}.")
    return int(text)


def _encoded(number: int) -> str:
    # URL-safe and unpadded: Pinterest's quickstart appends bookmarks to URLs without encoding them.
    return base64.urlsafe_b64encode(f"after:{number}".encode()).decode().rstrip("=")


def _decoded(bookmark: str) -> int:
    try:
        text = base64.urlsafe_b64decode(bookmark + "=" * (-len(bookmark) % 4)).decode()
        return int(text.removeprefix("after:"))
    except (ValueError, binascii.Error, UnicodeDecodeError) as error:
        raise bad_request("The bookmark is invalid.") from error
