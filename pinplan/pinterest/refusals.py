"""What an error status of the API means, and which scopes each operation needs.

A refusal that is about this one pin must not end a run; one that is about the app, the token or the account must not be
asked for a thousand times.

The description names no ``…_secret`` scopes; its prose says that secret boards and their pins need them as well.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from pinplan.documents import decode
from pinplan.errors import (
    ApiRefused,
    Conflict,
    FeatureRestricted,
    NotPermitted,
    PermissionMissing,
    SpamBlocked,
    Throttled,
    TokenRefused,
    TrialRefused,
)
from pinplan.model.scopes import (
    READ_ACCOUNT,
    READ_BOARDS,
    READ_MEDIA,
    READ_PINS,
    WRITE_BOARDS,
    WRITE_MEDIA,
    WRITE_PINS,
    secret,
)

if TYPE_CHECKING:
    from pinplan.errors import PinplanError


NEEDED: dict[str, tuple[str, ...]] = {
    "GET /user_account": READ_ACCOUNT,
    "GET /boards": READ_BOARDS,
    "POST /boards": WRITE_BOARDS,
    "GET /boards/{board_id}": READ_BOARDS,
    "PATCH /boards/{board_id}": WRITE_BOARDS,
    "GET /boards/{board_id}/pins": READ_PINS,
    "GET /boards/{board_id}/sections": READ_BOARDS,
    "POST /boards/{board_id}/sections": WRITE_BOARDS,
    "PATCH /boards/{board_id}/sections/{section_id}": WRITE_BOARDS,
    "GET /pins/{pin_id}": READ_PINS,
    "POST /pins": WRITE_PINS,
    "POST /media": WRITE_MEDIA,
    "GET /media/{media_id}": READ_MEDIA,
    "PATCH /pins/{pin_id}": WRITE_PINS,
    "DELETE /pins/{pin_id}": WRITE_PINS,
}
"""Every operation that pinplan uses."""

_OF_PATH = {
    name: re.compile(re.sub(r"\\\{\w+\\\}", r"\\d+", re.escape(name.partition(" ")[2])) + r"\Z") for name in NEEDED
}


def needed_for(what: str) -> tuple[str, ...]:
    """The scopes for a request such as ``"DELETE /pins/1"``; empty if unknown."""
    method, _, path = what.partition(" ")
    return next((NEEDED[name] for name, of in _OF_PATH.items() if name.startswith(f"{method} ") and of.match(path)), ())


def missing_of(needed: tuple[str, ...], granted: tuple[str, ...]) -> tuple[str, ...]:
    """The missing scopes; those for secret boards if all others are granted; empty if unknown."""
    if not granted:
        return ()
    # All granted and still refused: then it is most likely about a secret board.
    return tuple(s for s in needed if s not in granted) or tuple(s for s in secret(needed) if s not in granted)


SPAM_CODE = 9
"""Pinterest's code for "You've hit a block we have in place to combat spam", also sent with statuses other than 429 (postiz-app, issue 1962)."""


IMAGE_CODES = (233, 235)
"""Too small, broken (API description 5.17): about the image, not about what the account may do."""


class _ErrorBody(Struct):
    """Schema Error."""

    code: int | None = None
    message: str | None = None
    message_detail: str | None = None


_ERROR_BODY = msgspec.json.Decoder(_ErrorBody)
"""Built at import (see `pinplan.pinterest.api`)."""


def code_and_message(body: bytes) -> tuple[int | None, str] | None:
    """Code and message of an error response, on one printable line; None if it is not Pinterest's JSON."""
    try:
        found = decode(body, _ERROR_BODY)
    except msgspec.DecodeError:
        return None
    words = " ".join(filter(None, (found.message, found.message_detail)))  # only the detail may name a spam block
    return found.code, one_line(words) or "no message"


def one_line(text: str) -> str:
    """A server's text with nothing in it that could move a cursor."""
    return "".join(c if c.isprintable() else "?" for c in text)


class Refused(Struct, frozen=True, kw_only=True):
    """A response with an error status.

    Attributes:
        what: the request, e.g. ``"DELETE /pins/1"``.
        code, message: from the body, if any.
        request_id: the ``x-pinterest-rid`` header.
    """

    what: str
    status: int
    code: int | None
    message: str
    request_id: str | None

    def says(self, *words: str) -> bool:
        """Whether the message contains one of the words."""
        return any(word in self.message.lower() for word in words)

    @property
    def is_spam_block(self) -> bool:
        """Whether Pinterest blocks writes as spam: by code or word, because the status is undocumented."""
        return 400 <= self.status < 500 and (self.code == SPAM_CODE or self.says("spam"))


def meaning_of(answer: Refused, granted: tuple[str, ...] = ()) -> PinplanError:
    """The error for a refusal; ``granted``: the scopes of the token, if known."""
    if answer.is_spam_block:  # before the status: a 401 would count as a refused token, a 404 as a deleted pin
        return SpamBlocked(answer.what, answer.status, answer.code, answer.message, answer.request_id)
    # Pinterest answers 401 with code 3 for a missing scope, where others would say 403 (api-quickstart, issue 97).
    if answer.status == 401 and answer.code == 3 and not answer.says("restricted feature"):
        needed = needed_for(answer.what)
        return PermissionMissing(
            answer.what, needed=needed, missing=missing_of(needed, granted), message=answer.message
        )
    if answer.status == 401 and answer.code != 3:
        return TokenRefused(f"{answer.what}: {answer.message}")
    kind = _kind_of(answer)
    return kind(answer.what, answer.status, answer.code, answer.message, answer.request_id)


def _kind_of(answer: Refused) -> type[ApiRefused]:
    match answer.status:
        # What is left is code 3 with "restricted feature": the app lacks beta access; the token is fine.
        case 401:
            return FeatureRestricted
        case 403 if answer.says("restricted feature"):
            return FeatureRestricted
        case 403 if answer.says("trial access"):
            return TrialRefused
        case 403 if answer.code in IMAGE_CODES:
            return ApiRefused
        case 403:
            return NotPermitted
        case 409:
            return Conflict
        case 429:
            return Throttled
        case _:
            return ApiRefused
