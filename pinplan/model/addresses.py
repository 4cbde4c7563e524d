"""Addresses of Pinterest's own pages, as a person copies them from a browser."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from pinplan.model.ids import PinId

_HOST = re.compile(r"([a-z0-9-]+\.)*pinterest(\.[a-z]{2,3}){1,2}", re.IGNORECASE)
_PIN = re.compile(r"/pin/(?:[^/]*--)?([0-9]{1,32})(?:/.*)?", re.ASCII)
_ID = re.compile(r"[0-9]{1,32}", re.ASCII)


def pin_id_in(text: str) -> PinId | None:
    """The pin that an id, or the address of a pin on Pinterest, names; None if it names none.

    Addresses have the forms ``https://www.pinterest.com/pin/123/`` and ``https://pinterest.de/pin/words-of-its-title--123/``.
    """
    text = text.strip()
    if _ID.fullmatch(text):
        return PinId(text)
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host = parts.hostname or ""
    except ValueError:
        return None
    found = _PIN.fullmatch(parts.path) if parts.scheme in {"http", "https"} and _HOST.fullmatch(host) else None
    return PinId(found[1]) if found else None
