"""Request bodies, uploads and query filters, validated by API description 5.23.

A form part called ``file`` is the file even without a file name: Pinterest's quickstart sends none, and web frameworks would treat
such a part as a text field.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

import msgspec
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from pinplan.sandbox.problems import bad_request
from pinplan.sandbox.responses import creative_type
from pinplan.sandbox.world import MAX_ALT_TEXT, MAX_DESCRIPTION, MAX_LINK, MAX_TITLE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Sequence

    from starlette.datastructures import QueryParams

    from pinplan.sandbox.world import Pin, World

    Wanted = Callable[[Pin], bool]


_LENGTHS = {"title": MAX_TITLE, "description": MAX_DESCRIPTION, "alt_text": MAX_ALT_TEXT, "link": MAX_LINK}
_PRIVACY = ("PUBLIC", "PROTECTED", "SECRET")


class Texts(StrEnum):
    """What becomes of the texts of pins.

    Attributes:
        STRICT: kept as sent; too long ones are refused.
        NORMALISED: composed, blanks collapsed, cut to their longest length.
    """

    STRICT = "strict"
    NORMALISED = "normalised"


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
    # The description: such boards always get this name and PROTECTED.
    if new and body.get("is_ads_only") is True:
        facts |= {"name": "Ad-only Pins", "privacy": "PROTECTED"}
    # Pinterest's own wording (API description 5.17), which covers both empty and duplicate names.
    if (new and not facts.get("name")) or ("name" in facts and not facts["name"]):
        raise bad_request("The board name is invalid or duplicated.")
    # A board can be created PROTECTED but not changed to it (schema BoardUpdate).
    allowed = _PRIVACY if new else ("PUBLIC", "SECRET")
    if facts.get("privacy") is not None and facts["privacy"] not in allowed:
        raise bad_request(f"privacy must be one of {', '.join(allowed)}.")
    if facts.get("privacy") is None:
        facts.pop("privacy", None)
    return facts


def pin_facts(body: dict[str, Any], texts: Texts) -> dict[str, str | None]:
    """Title, description, link and alternative text. Raises `ApiProblem` 400."""
    if texts is Texts.STRICT:
        return {key: _text(body, key, longest) for key, longest in _LENGTHS.items() if key in body}
    return {key: _normalised(_text(body, key, None), longest) for key, longest in _LENGTHS.items() if key in body}


def _normalised(text: str | None, longest: int) -> str | None:
    return text if text is None else " ".join(normalize("NFC", text).split())[:longest]


def place(body: dict[str, Any]) -> dict[str, str | None]:
    """Board and section named in a body. Raises `ApiProblem` 400."""
    found: dict[str, str | None] = {}
    for key, name in (("board_id", "board_id"), ("board_section_id", "section_id")):
        if key in body:
            value = _text(body, key, None)
            # null is allowed: it means "no section".
            if value is not None and not (value.isascii() and value.isdigit()):
                raise bad_request(f"{key} must be a string of digits.")
            found[name] = value
    return found


def _text(body: dict[str, Any], key: str, longest: int | None) -> str | None:
    value = body[key]
    if value is not None and not isinstance(value, str):
        raise bad_request(f"{key} must be a string.")
    # Refused, not cut: a client that relies on the server to cut texts would fail on the real API.
    if value is not None and longest is not None and len(value) > longest:
        raise bad_request(f"{key} has more than {longest} characters.")
    return value


def check_ad_account(text: str | None) -> None:
    """Accept a well-formed ``ad_account_id``, which has no effect here. Raises `ApiProblem` 400."""
    if text is not None and not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise bad_request("ad_account_id must be a string of at most 18 digits.")


FILE = b"file"
_MOST_OF_A_FIELD = 100_000


class _Form:
    """A form being parsed."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self.fields: dict[str, str] = {}
        self.whole = False
        self.seen_file = False
        self._take = take
        self._header = [b"", b""]
        self._name = b""
        self._value = b""

    def begin(self) -> None:
        self._header, self._name, self._value = [b"", b""], b"", b""

    def header_field(self, data: bytes, start: int, end: int) -> None:
        self._header[0] += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._header[1] += data[start:end]

    def header_end(self) -> None:
        name, value = self._header
        # Header names are case-insensitive, also inside a part (RFC 7578).
        if name.lower() == b"content-disposition":
            self._name = parse_options_header(value)[1].get(b"name", b"")
            self.seen_file |= self._name == FILE
        self._header = [b"", b""]

    def data(self, data: bytes, start: int, end: int) -> None:
        if self._name == FILE:
            self._take(data[start:end])
        # Further bytes are dropped: a huge text field must not fill the memory.
        elif len(self._value) <= _MOST_OF_A_FIELD:
            self._value += data[start:end]

    def end(self) -> None:
        if self._name != FILE:
            self.fields[self._name.decode("utf-8", "replace")] = self._value.decode("utf-8", "replace")

    def finish(self) -> None:
        self.whole = True


async def read_form(
    content_type: str, body: AsyncIterator[bytes], take: Callable[[bytes], None]
) -> dict[str, str] | None:
    """The fields of a form; ``take`` gets the file in pieces. None if it is not a form, incomplete, or without a file."""
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        return None
    form = _Form(take)
    parser = MultipartParser(
        options[b"boundary"],
        {
            "on_part_begin": form.begin,
            "on_header_field": form.header_field,
            "on_header_value": form.header_value,
            "on_header_end": form.header_end,
            "on_part_data": form.data,
            "on_part_end": form.end,
            "on_end": form.finish,
        },
    )
    try:
        async for piece in body:
            parser.write(piece)
    except MultipartParseError:
        return None
    return form.fields if form.whole and form.seen_file else None


_CREATIVE_TYPES = (
    "REGULAR", "VIDEO", "SHOPPING", "CAROUSEL", "MAX_VIDEO", "SHOP_THE_PIN", "COLLECTION", "IDEA", "SHOWCASE", "QUIZ",
    "COLLAGE", "MAX_WIDTH_REGULAR_COLLECTION", "MAX_WIDTH_VIDEO_COLLECTION",
)  # fmt: skip
_PIN_FILTERS: dict[str, Wanted] = {
    "exclude_native": lambda pin: pin.parent_pin_id is not None,
    "exclude_repins": lambda pin: pin.parent_pin_id is None,
    "has_been_promoted": lambda _: False,
}


def wanted_of(pins: Sequence[Pin], query: QueryParams, world: World) -> Sequence[Pin]:
    """The pins that match the query. Raises `ApiProblem` 400 for a value that is not in the API description."""
    tests = _tests(query, world)
    return [pin for pin in pins if all(test(pin) for test in tests)] if tests else pins


def _tests(query: QueryParams, world: World) -> list[Wanted]:
    tests: list[Wanted] = []
    types = query.getlist("creative_types")
    if types:
        _check("creative_types", types, _CREATIVE_TYPES)
        tests.append(lambda pin: creative_type(pin) in types)
    if "pin_filter" in query:
        _check("pin_filter", [query["pin_filter"]], _PIN_FILTERS)
        tests.append(_PIN_FILTERS[query["pin_filter"]])
    if "pin_type" in query:
        _check("pin_type", [query["pin_type"]], ("PRIVATE",))
        tests.append(lambda pin: world.boards[pin.board_id].privacy == "SECRET")
    return tests


def protected_wanted(query: QueryParams) -> bool:
    """``include_protected_pins``, by default false. Raises `ApiProblem` 400."""
    value = query.get("include_protected_pins", "false")
    _check("include_protected_pins", [value.lower()], ("true", "false"))
    return value.lower() == "true"


def _check(name: str, words: list[str], known: Collection[str]) -> None:
    if any(word not in known for word in words):
        raise bad_request(f"{name} is not valid.")
