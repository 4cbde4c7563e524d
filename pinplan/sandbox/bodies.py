"""What requests may carry, and what is refused in them (limits: API description 5.23, schemas PinCreate, PinUpdate, Board…)."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from pinplan.sandbox.pictures import Picture, uploaded
from pinplan.sandbox.problems import ApiProblem, bad_request
from pinplan.sandbox.world import MAX_ALT_TEXT, MAX_DESCRIPTION, MAX_LINK, MAX_TITLE

if TYPE_CHECKING:
    from pinplan.sandbox.world import World

MAX_IMAGE_BYTES = 20 * 1024 * 1024
_BASE64 = re.compile(r"[a-zA-Z0-9+/=]+\Z")
_LENGTHS = {"title": MAX_TITLE, "description": MAX_DESCRIPTION, "alt_text": MAX_ALT_TEXT, "link": MAX_LINK}
_PRIVACY = ("PUBLIC", "PROTECTED", "SECRET")


def read_object(body: bytes) -> dict[str, Any]:
    """A JSON object. Raises `ApiProblem` 400."""
    try:
        return msgspec.json.decode(body or b"{}", type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise bad_request("The body is not a JSON object.") from error


def board_facts(body: dict[str, Any], *, new: bool) -> dict[str, str | None]:
    """Name, description and privacy of a board. Raises `ApiProblem` 400."""
    facts: dict[str, str | None] = {
        key: _text(body, key, None) for key in ("name", "description", "privacy") if key in body
    }
    if (new and not facts.get("name")) or ("name" in facts and not facts["name"]):
        raise bad_request("The board name is invalid or duplicated.")
    allowed = _PRIVACY if new else ("PUBLIC", "SECRET")
    if facts.get("privacy") is not None and facts["privacy"] not in allowed:
        raise bad_request(f"privacy must be one of {', '.join(allowed)}.")
    if facts.get("privacy") is None:
        facts.pop("privacy", None)
    return facts


def pin_facts(body: dict[str, Any]) -> dict[str, str | None]:
    """Title, description, link and alternative text. Raises `ApiProblem` 400."""
    return {key: _text(body, key, longest) for key, longest in _LENGTHS.items() if key in body}


def place(body: dict[str, Any]) -> dict[str, str | None]:
    """Board and section that a body names. Raises `ApiProblem` 400."""
    found: dict[str, str | None] = {}
    for key, name in (("board_id", "board_id"), ("board_section_id", "section_id")):
        if key in body:
            value = _text(body, key, None)
            if value is not None and not (value.isascii() and value.isdigit()):
                raise bad_request(f"{key} must be a string of digits.")
            found[name] = value
    return found


def _text(body: dict[str, Any], key: str, longest: int | None) -> str | None:
    value = body[key]
    if value is not None and not isinstance(value, str):
        raise bad_request(f"{key} must be a string.")
    if value is not None and longest is not None and len(value) > longest:
        raise bad_request(f"{key} has more than {longest} characters.")
    return value


def media_pictures(body: dict[str, Any], world: World) -> tuple[Picture, ...]:
    """The pictures of a new pin. Raises `ApiProblem`."""
    source = body.get("media_source")
    if not isinstance(source, dict):
        raise bad_request("media_source is required.")
    match source.get("source_type"):
        case "image_base64":
            return (_from_base64(source),)
        case "image_url":
            return (_from_url(source, world),)
        case "multiple_image_base64":
            return tuple(_from_base64(item) for item in _items(source))
        case "multiple_image_urls":
            return tuple(_from_url(item, world) for item in _items(source))
        case other:
            raise bad_request(f"source_type {other!r} is not supported here.")


def _items(source: dict[str, Any]) -> list[dict[str, Any]]:
    items = source.get("items")
    if not isinstance(items, list) or not 2 <= len(items) <= 5 or not all(isinstance(item, dict) for item in items):
        raise bad_request("items must hold 2 to 5 images.")
    return items


def _from_base64(source: dict[str, Any]) -> Picture:
    if source.get("content_type") not in {"image/jpeg", "image/png"}:
        raise bad_request("content_type must be image/jpeg or image/png.")
    text = source.get("data")
    if not isinstance(text, str) or not _BASE64.match(text):
        raise bad_request("data must be base64 without line breaks.")
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise bad_request("data must be base64 without line breaks.") from error
    if len(data) > MAX_IMAGE_BYTES:
        raise bad_request("The image is too large.")
    try:
        return uploaded(data)
    except ValueError as error:
        raise ApiProblem(403, 235, "The image is broken.") from error


def _from_url(source: dict[str, Any], world: World) -> Picture:
    """A picture by its address; the sandbox asks nobody else, so only its own addresses are known."""
    url = source.get("url")
    name = urlsplit(url).path.rpartition("/")[2].partition(".")[0] if isinstance(url, str) else ""
    picture = world.picture(name)
    if picture is None:
        raise bad_request("Invalid URL.")
    return picture
