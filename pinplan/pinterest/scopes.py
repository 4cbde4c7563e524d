"""Which scopes an operation of the API needs (its description 5.23, ``security`` of each operation).

The description names no ``…_secret`` scopes; its prose says that secret boards and their pins need them as well.
"""

from __future__ import annotations

import re

from pinplan.model.needs import READ_ACCOUNT, READ_BOARDS, READ_PINS, WRITE_PINS, secret

NEEDED: dict[str, tuple[str, ...]] = {
    "GET /user_account": READ_ACCOUNT,
    "GET /boards": READ_BOARDS,
    "GET /boards/{board_id}/pins": READ_PINS,
    "GET /boards/{board_id}/sections": READ_BOARDS,
    "GET /pins/{pin_id}": READ_PINS,
    "POST /pins": WRITE_PINS,
    "PATCH /pins/{pin_id}": WRITE_PINS,
    "DELETE /pins/{pin_id}": WRITE_PINS,
}
"""Every operation that pinplan uses."""

_OF_PATH = {
    name: re.compile(re.sub(r"\\\{\w+\\\}", r"\\d+", re.escape(name.partition(" ")[2])) + r"\Z") for name in NEEDED
}


def needed_for(what: str) -> tuple[str, ...]:
    """The scopes for a request such as ``"DELETE /pins/1"``, as far as they are known."""
    method, _, path = what.partition(" ")
    return next((NEEDED[name] for name, of in _OF_PATH.items() if name.startswith(f"{method} ") and of.match(path)), ())


def missing_of(needed: tuple[str, ...], granted: tuple[str, ...]) -> tuple[str, ...]:
    """What a token with these scopes lacks; those for secret boards if it has all others; empty if nobody knows its scopes."""
    if not granted:
        return ()
    return tuple(s for s in needed if s not in granted) or tuple(s for s in secret(needed) if s not in granted)
