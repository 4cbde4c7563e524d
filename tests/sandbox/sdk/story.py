"""What a program does that was written with Pinterest's own SDK. It runs where the SDK is installed, and prints what it saw as JSON.

The SDK takes everything from its environment: PINTEREST_API_URI, PINTEREST_ACCESS_TOKEN, or app and refresh token.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from openapi_generated.pinterest_client.api.media_api import MediaApi
from openapi_generated.pinterest_client.api.user_account_api import UserAccountApi
from openapi_generated.pinterest_client.exceptions import ApiException
from pinterest.client import PinterestSDKClient
from pinterest.organic.boards import Board
from pinterest.organic.pins import Pin
from pinterest.utils.sdk_exceptions import SdkException

IMAGE = {"source_type": "image_url", "url": "https://example.org/picture.jpg"}


def refused(call: Any, *arguments: Any, **named: Any) -> list[Any]:
    """Status, code and message of an answer that is an error."""
    try:
        call(*arguments, **named)
    except (ApiException, SdkException) as error:
        said = json.loads(error.body)
        return [error.status, said["code"], said["message"]]
    return ["not refused"]


def every(first: tuple[list[Any], Any]) -> list[Any]:
    """All items of a listing, page by page as the SDK's bookmarks lead."""
    items, bookmark = first
    while bookmark is not None:
        more, bookmark = bookmark.get_next()
        items += more
    return items


def boards() -> dict[str, Any]:
    """Boards and sections come, change, are listed and go."""
    board = Board.create(name="From the SDK", description="made by it", privacy="PUBLIC")
    again = Board(board_id=board.id)
    seen = [again.name, again.description, again.privacy, again.owner["username"], again.pin_count]
    board.update_fields(name="From the SDK, renamed", description="changed")
    board.make_secret()
    secret = Board(board_id=board.id).privacy
    board.make_public()
    section = board.create_section(name="Part")
    board.update_section(section_id=section.id, name="Other part")
    sections = [one.name for one in every(board.list_sections(page_size=1))]
    board.delete_section(section_id=section.id)
    listed = [one.name for one in every(Board.get_all(page_size=3))]
    return {
        "seen": seen,
        "renamed": Board(board_id=board.id).name,
        "privacy": [secret, Board(board_id=board.id).privacy],
        "sections": [sections, len(every(board.list_sections()))],
        "listed": listed,
        "twice": refused(Board.create, name="From the SDK, renamed"),
        "deleted": [bool(Board.delete(board_id=board.id)), refused(Board, board_id=board.id)],
    }


def pins(picture: str) -> dict[str, Any]:
    """Pins are made of an address and of bytes, read, saved, listed in pages and deleted."""
    board = Board.create(name="Pins from the SDK")
    by_url = Pin.create(
        board_id=board.id, media_source=IMAGE, title="By address", description="d", link="https://example.org/"
    )
    # The declared type is not that of the bytes, as in the SDK's own integration test.
    by_bytes = Pin.create(
        board_id=board.id,
        title="By bytes",
        alt_text="a",
        media_source={"source_type": "image_base64", "content_type": "image/jpeg", "data": picture},
    )
    pin = Pin(pin_id=by_url.id)
    seen = [pin.title, pin.description, pin.link, pin.board_id == board.id, pin.is_owner, pin.creative_type]
    sizes = sorted(pin.media["images"])
    pin.save(board_id=board.id)  # from now on the object is the new pin
    listed = [one.title for one in every(board.list_pins(page_size=2))]
    gone = bool(Pin.delete(pin_id=by_bytes.id))
    return {
        "seen": seen,
        "sizes": sizes,
        "saved": [pin.id != by_url.id, pin.parent_pin_id == by_url.id],
        "listed": listed,
        "deleted": [gone, refused(Pin, pin_id=by_bytes.id)],
        "shapes": sorted({one.media["media_type"] for one in every(Pin.get_all(page_size=50))}),
        "bad": refused(Pin.create, board_id="1", media_source=IMAGE),
    }


def main() -> None:
    """Everything, or what is left without a token."""
    if "PINTEREST_ACCESS_TOKEN" not in os.environ:
        account = UserAccountApi(PinterestSDKClient.create_default_client()).user_account_get()
        sys.stdout.write(json.dumps({"username": account.username}))
        return
    client = PinterestSDKClient.create_default_client()
    account = UserAccountApi(client).user_account_get()
    stranger = PinterestSDKClient.create_client_with_token("wrong")
    report = {
        "account": [account.username, account.account_type],
        "boards": boards(),
        "pins": pins(sys.argv[1]),
        "media": len(MediaApi(client).media_list()["items"]),
        "stranger": refused(UserAccountApi(stranger).user_account_get),
    }
    sys.stdout.write(json.dumps(report))


if __name__ == "__main__":
    main()
