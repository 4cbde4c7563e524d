"""Addresses of Pinterest's own pages, as a person copies them from a browser."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from pinplan.model.ids import PinId

_HOST = re.compile(r"([a-z0-9-]+\.)*pinterest(\.[a-z]{2,3}){1,2}", re.IGNORECASE)
_PIN = re.compile(r"/pin/(?:[^/]*--)?([0-9]{1,32})(?:/.*)?", re.ASCII)
_NO_OWNERS = frozenset({"pin", "search", "ideas", "today", "settings", "business", "_"})
_ID = re.compile(r"[0-9]{1,32}", re.ASCII)


def pin_id_in(text: str) -> PinId | None:
    """The pin that an id, or the address of a pin on Pinterest, names; None if it names none.

    Addresses have the forms ``https://www.pinterest.com/pin/123/`` and ``https://pinterest.de/pin/words-of-its-title--123/``.
    """
    text = text.strip()
    if _ID.fullmatch(text):
        return PinId(text)
    found = _PIN.fullmatch(_path_in(text))
    return PinId(found[1]) if found else None


class BoardAddress(Struct, frozen=True):
    """The page of a board, or of a section of it: ``https://www.pinterest.com/OWNER/BOARD/SECTION/``.

    Pinterest makes the parts from names, in lower case, with dashes for all that is no letter and no digit; its API does not give
    them. They are compared without all those signs.
    """

    owner: str
    board: str
    section: str = ""

    def is_of(self, name: str, owner: str | None) -> bool:
        """Whether it is the page of a board of this name (or of a section of it); the owner counts where it is known."""
        return _letters(name) == self.board != "" and (owner is None or owner.casefold() == self.owner)

    def has_section(self, name: str) -> bool:
        """Whether it is the page of a section of this name."""
        return _letters(name) == self.section != ""


def board_address_in(text: str) -> BoardAddress | None:
    """The board, or section, whose page on Pinterest this is the address of; None if it is no such address."""
    parts = [unquote(part) for part in _path_in(text.strip()).split("/") if part]
    if len(parts) not in {2, 3} or parts[0] in _NO_OWNERS:
        return None
    return BoardAddress(parts[0].casefold(), *map(_letters, parts[1:]))


def _path_in(text: str) -> str:
    """The path of an address of one of Pinterest's hosts; empty for any other text."""
    if "." not in text or "/" not in text:
        return ""
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host = parts.hostname or ""
    except ValueError:
        return ""
    return parts.path if parts.scheme in {"http", "https"} and _HOST.fullmatch(host) else ""


def _letters(text: str) -> str:
    composed = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    return "".join(character for character in composed if character.isalnum())
