"""One sign-in, as it is kept: the tokens, what they may do, how long they are good, and the app that can renew them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from pinplan import documents
from pinplan.model.tokens import App, Secretive

if TYPE_CHECKING:
    from datetime import datetime

    from pinplan.model.tokens import Granted

FORMAT_VERSION = "1.0"
_EARLY = 3
"""A token is renewed in the last third of its life: whoever comes by once a month keeps a refresh token of 60 days alive."""


class Credentials(Secretive, frozen=True, kw_only=True, tag_field="format", tag="pinplan.credentials"):
    """A sign-in. Times are seconds since 1970, by this computer's clock, from the moment of the answer on.

    Attributes:
        api_url: the only API that these tokens are sent to.
        scopes: what Pinterest granted, not what was asked for.
        account_id: empty where it could not be asked for.
        got_at: when the access token was given.
        access_until: None where Pinterest did not say.
    """

    format_version: str = FORMAT_VERSION
    api_url: str
    app_id: str
    app_secret: str
    access_token: str
    refresh_token: str = ""
    scopes: tuple[str, ...] = ()
    account_id: str = ""
    username: str = ""
    got_at: int
    access_until: int | None = None
    refresh_until: int | None = None

    @property
    def app(self) -> App:
        """The app."""
        return App(id=self.app_id, secret=self.app_secret)

    def is_good(self, now: datetime) -> bool:
        """Whether the access token has not expired, as far as this computer's clock can tell."""
        return self.access_until is None or now.timestamp() < self.access_until

    def is_fresh(self, now: datetime) -> bool:
        """Whether the access token need not be renewed yet."""
        if self.access_until is None:
            return True
        return now.timestamp() < self.access_until - (self.access_until - self.got_at) / _EARLY


class InKeyring(Struct, frozen=True, kw_only=True, tag_field="format", tag="pinplan.credentials_in_keyring"):
    """What stands in the file of a profile whose credentials lie in the keyring: a keyring cannot be listed."""

    format_version: str = FORMAT_VERSION


Kept: TypeAlias = Credentials | InKeyring
_KEPT: msgspec.json.Decoder[Kept] = msgspec.json.Decoder(Kept)


def encode(kept: Kept) -> bytes:
    """As a document of one line per field."""
    return msgspec.json.format(msgspec.json.encode(kept), indent=2) + b"\n"


def decode(data: bytes) -> Kept | None:
    """The opposite; None if it is damaged, or of a major version that is not known."""
    try:
        kept = documents.decode(data, _KEPT)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return kept if kept.format_version.partition(".")[0] == FORMAT_VERSION.partition(".")[0] else None


def begun(granted: Granted, app: App, api_url: str, now: datetime) -> Credentials:
    """The credentials of a new sign-in."""
    at = int(now.timestamp())
    return Credentials(
        api_url=api_url,
        app_id=app.id,
        app_secret=app.secret,
        access_token=granted.access_token,
        refresh_token=granted.refresh_token,
        scopes=granted.scopes,
        got_at=at,
        access_until=_after(at, granted.lives),
        refresh_until=_after(at, granted.refresh_lives),
    )


def renewed(before: Credentials, granted: Granted, now: datetime) -> Credentials:
    """The credentials after a renewal; what the answer does not say stays as it was."""
    at = int(now.timestamp())
    rotated = bool(granted.refresh_token)
    return replace(
        before,
        access_token=granted.access_token,
        refresh_token=granted.refresh_token or before.refresh_token,
        scopes=granted.scopes or before.scopes,
        got_at=at,
        access_until=_after(at, granted.lives),
        refresh_until=_after(at, granted.refresh_lives) if rotated else before.refresh_until,
    )


def _after(at: int, seconds: int | None) -> int | None:
    return None if seconds is None else at + seconds
