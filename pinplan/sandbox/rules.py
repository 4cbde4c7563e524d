"""What each operation of API v5 requires: scopes and a quota."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

BOARDS_READ, BOARDS_READ_SECRET = "boards:read", "boards:read_secret"
BOARDS_WRITE, BOARDS_WRITE_SECRET = "boards:write", "boards:write_secret"
PINS_READ, PINS_READ_SECRET = "pins:read", "pins:read_secret"
PINS_WRITE, PINS_WRITE_SECRET = "pins:write", "pins:write_secret"
ACCOUNT_READ = "user_accounts:read"

ALL_SCOPES = frozenset(
    {
        ACCOUNT_READ, BOARDS_READ, BOARDS_READ_SECRET, BOARDS_WRITE, BOARDS_WRITE_SECRET,
        PINS_READ, PINS_READ_SECRET, PINS_WRITE, PINS_WRITE_SECRET,
    }
)  # fmt: skip
"""Scopes that the sandbox's operations check."""

KNOWN_SCOPES = ALL_SCOPES | {
    "ads:read", "ads:write", "billing:read", "billing:write", "biz_access:read", "biz_access:write",
    "catalogs:read", "catalogs:write", "msot:write", "user_accounts:write",
}  # fmt: skip
"""Scopes that an app may request."""


class Category(StrEnum):
    """Operations of one category share a quota (``x-ratelimit-category`` in the API description)."""

    READ = "org_read"
    WRITE = "org_write"


class Rule(NamedTuple):
    """Requirements of an operation.

    Attributes:
        scopes: all of them are needed.
        category: the quota that it uses.
        own_app: whether a token from the ``client_credentials`` grant suffices.
    """

    scopes: tuple[str, ...]
    category: Category
    own_app: bool = False


_LOOK = (BOARDS_READ,)
_CHANGE_BOARDS = (BOARDS_READ, BOARDS_WRITE)
_LOOK_AT_PINS = (BOARDS_READ, PINS_READ)
_CHANGE_PINS = (BOARDS_READ, BOARDS_WRITE, PINS_READ, PINS_WRITE)

# From the `security` of each operation in API description 5.23.
RULES: dict[str, Rule] = {
    "user_account/get":       Rule((ACCOUNT_READ,),         Category.READ,  own_app=True),
    "boards/list":            Rule(_LOOK,                   Category.READ,  own_app=True),
    "boards/create":          Rule(_CHANGE_BOARDS,          Category.WRITE, own_app=True),
    "boards/get":             Rule(_LOOK,                   Category.READ,  own_app=True),
    "boards/update":          Rule(_CHANGE_BOARDS,          Category.WRITE, own_app=True),
    "boards/delete":          Rule(_CHANGE_BOARDS,          Category.WRITE),
    "boards/list_pins":       Rule(_LOOK_AT_PINS,           Category.READ,  own_app=True),
    "board_sections/list":    Rule(_LOOK,                   Category.READ,  own_app=True),
    "board_sections/create":  Rule(_CHANGE_BOARDS,          Category.WRITE),
    "board_sections/update":  Rule(_CHANGE_BOARDS,          Category.WRITE),
    "board_sections/delete":  Rule(_CHANGE_BOARDS,          Category.WRITE),
    "board_sections/list_pins": Rule(_LOOK_AT_PINS,         Category.READ,  own_app=True),
    "pins/list":              Rule(_LOOK_AT_PINS,           Category.READ,  own_app=True),
    "pins/create":            Rule(_CHANGE_PINS,            Category.WRITE, own_app=True),
    "pins/get":               Rule(_LOOK_AT_PINS,           Category.READ,  own_app=True),
    "pins/update":            Rule(_CHANGE_PINS,            Category.WRITE, own_app=True),
    "pins/delete":            Rule(_CHANGE_PINS,            Category.WRITE, own_app=True),
    "pins/save":              Rule(_CHANGE_PINS,            Category.WRITE),
    "media/list":             Rule((PINS_READ,),            Category.READ),
    "media/create":           Rule((PINS_READ, PINS_WRITE), Category.WRITE),
    "media/get":              Rule((PINS_READ,),            Category.READ),
}  # fmt: skip
