"""What requests may carry, and what is refused in them (limits: API description 5.23, schemas PinCreate, PinUpdate, Board…)."""

from __future__ import annotations

from typing import Any

import msgspec

from pinplan.sandbox.problems import bad_request
from pinplan.sandbox.world import MAX_ALT_TEXT, MAX_DESCRIPTION, MAX_LINK, MAX_TITLE

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
    if new and body.get("is_ads_only") is True:
        facts |= {"name": "Ad-only Pins", "privacy": "PROTECTED"}
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


def check_ad_account(text: str | None) -> None:
    """``ad_account_id`` is let pass, as long as it could be one: it changes nothing here. Raises `ApiProblem` 400."""
    if text is not None and not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise bad_request("ad_account_id must be a string of at most 18 digits.")
