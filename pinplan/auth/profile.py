"""A profile: one named sign-in at one API, and its storage.

The file is in the user's config folder, never in a library: ``credentials/NAME.json``, or ``credentials/NAME@API.json`` for
other APIs than Pinterest's. It holds the credentials (tokens, scopes, expiry, app), or a reference to the keyring.
"""

from __future__ import annotations

import difflib
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from pinplan import documents
from pinplan.auth import private_files
from pinplan.auth.keyrings import KeyringFailed
from pinplan.config import API_URL, SANDBOX_API_URL, Store
from pinplan.errors import NotSignedIn
from pinplan.lock import hold
from pinplan.model.tokens import App, Secretive

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from pinplan.auth.keyrings import Keyring
    from pinplan.auth.private_files import Warn
    from pinplan.model.tokens import Granted


FORMAT_VERSION = "1.0"
_EARLY = 3
"""Renew in the last third of a token's lifetime: a monthly run keeps a 60-day refresh token alive."""


class Credentials(Secretive, frozen=True, kw_only=True, tag_field="format", tag="pinplan.credentials"):
    """A sign-in. Times are seconds since 1970, by the system clock, from the response on.

    Attributes:
        api_url: the only API that these tokens are sent to.
        scopes: the granted scopes, not the requested ones.
        account_id: empty if unknown.
        got_at: when the access token was issued.
        access_until: None if unknown.
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
    # Integers: a document that is written twice must not differ by rounding.
    got_at: int
    access_until: int | None = None
    refresh_until: int | None = None

    @property
    def app(self) -> App:
        """The app."""
        return App(id=self.app_id, secret=self.app_secret)

    def is_good(self, now: datetime) -> bool:
        """Whether the access token is unexpired by the system clock."""
        return self.access_until is None or now.timestamp() < self.access_until

    def is_fresh(self, now: datetime) -> bool:
        """Whether the access token is not yet due for renewal."""
        if self.access_until is None:
            return True
        # A third of the lifetime, so the figure suits 30 days (Pinterest) and 60 seconds (tests) alike.
        return now.timestamp() < self.access_until - (self.access_until - self.got_at) / _EARLY


class InKeyring(Struct, frozen=True, kw_only=True, tag_field="format", tag="pinplan.credentials_in_keyring"):
    """The file of a profile in the keyring: keyrings cannot list their entries."""

    format_version: str = FORMAT_VERSION


KeptProfile: TypeAlias = Credentials | InKeyring
_KEPT: msgspec.json.Decoder[KeptProfile] = msgspec.json.Decoder(KeptProfile)


def encode(kept: KeptProfile) -> bytes:
    """As a document of one line per field."""
    return msgspec.json.format(msgspec.json.encode(kept), indent=2) + b"\n"


def decode(data: bytes) -> KeptProfile | None:
    """Decode a profile; None if damaged or of an unknown major version."""
    try:
        kept = documents.decode(data, _KEPT)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    # Minor versions only add fields, which an older reader ignores.
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
    """The credentials after a renewal; missing fields keep their value."""
    at = int(now.timestamp())
    # A server that sends no new refresh token keeps the old one and its expiry.
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


_ROOM = 8192
"""Bytes: more than any credentials need."""
_PATIENCE = 120.0
"""Seconds to wait for another process: longer than a renewal can take."""


class Profile:
    """The sign-in of one name at one API."""

    def __init__(self, folder: Path, name: str, api_url: str, *, keyring: Keyring, warn: Warn) -> None:
        """Name it.

        Args:
            folder: for all profiles, in the user's own config folder.
            name: a valid name (see `pinplan.config`).
            api_url: the API that it is for.
            keyring: the system keyring.
            warn: receives warnings.
        """
        self.name, self.api_url = name, api_url
        self._suffix = _suffix(api_url)
        self._key = name + self._suffix
        self._path = folder / f"{self._key}.json"
        self._keyring = keyring
        self._warn = warn

    @property
    def features_file(self) -> Path:
        """Where it is kept what Pinterest refused to its app."""
        return self._path.with_name(f"{self._key}.features")

    def __repr__(self) -> str:
        """The name."""
        return f"<Profile {self._key}>"

    def others(self) -> list[str]:
        """Names of all stored profiles for this API."""
        found = self._path.parent.glob(f"*{self._suffix}.json")
        names = (path.name.removesuffix(f"{self._suffix}.json") for path in found)
        # "*.json" also matches files of other APIs (name@api.json) and unfinished temporary files.
        return sorted(name for name in names if "@" not in name and not name.startswith("."))

    @property
    def place(self) -> str:
        """Where it is stored, for display; empty if missing."""
        match self._kept():
            case None:
                return ""
            case InKeyring():
                return "the keyring"
            case Credentials():
                return str(self._path)

    def read(self) -> Credentials:
        """The credentials.

        Raises:
            NotSignedIn: missing, damaged, for another API, or the keyring failed.
            DiskRefused: the file cannot be read.
        """
        kept = self._kept()
        if kept is None:
            raise NotSignedIn(self._not_signed_in())
        if isinstance(kept, InKeyring):
            # Here and not in `_kept`: only this may show an unlock dialog.
            secret = self._keyring.get(self._key)
            kept = decode(secret.encode()) if secret is not None else None
        if not isinstance(kept, Credentials):
            raise NotSignedIn(f"profile {self.name}: credentials missing in the keyring")
        if kept.api_url != self.api_url:
            raise NotSignedIn(f"profile {self.name} is for {kept.api_url}, not {self.api_url}")
        return kept

    def _kept(self) -> KeptProfile | None:
        data = private_files.read(self._path, self._warn)
        if data is None:
            return None
        kept = decode(data)
        if kept is None:
            raise NotSignedIn(f"{self._path}: damaged, or from another version of pinplan")
        return kept

    def _not_signed_in(self) -> str:
        others = self.others()
        where = "" if self._suffix == "" else f" at {self.api_url}"
        if not others:
            return f"not signed in{where}"
        near = difflib.get_close_matches(self.name, others, n=1, cutoff=0.5)
        hint = f"; did you mean {near[0]}?" if near else ""
        return f"no profile {self.name}{where}; available: {', '.join(others)}{hint}"

    def begin(self, credentials: Credentials, store: Store) -> None:
        """Store a new sign-in in ``store``. Raises `NotSignedIn` if the keyring fails, `DiskRefused`."""
        # Perhaps another app: what the last one was refused says nothing about it.
        private_files.remove(self.features_file)
        use_keyring = store is Store.KEYRING or (store is Store.AUTO and self._keyring.works())
        # The marker file exists even then: it is what `others` and `place` find without asking the keyring.
        if use_keyring:
            private_files.make_folder(self._path.parent, self._warn)
            self._keyring.put(self._key, encode(credentials).decode())
            private_files.write(self._path, encode(InKeyring()), self._warn)  # last: it must not point to nothing
            return
        was_in_keyring = private_files.read(self._path, self._warn) == encode(InKeyring())
        private_files.write(self._path, encode(credentials), self._warn)
        if was_in_keyring:  # only now: a failed write must not lose both
            self._forget_in_keyring()

    def keep(self, credentials: Credentials) -> None:
        """Replace the credentials durably; falls back to a file if the keyring fails. Raises `DiskRefused`."""
        if isinstance(self._kept(), InKeyring):
            try:
                self._keyring.put(self._key, encode(credentials).decode())
            except KeyringFailed as error:
                # The old refresh token may be used up already: losing the new one would end the sign-in.
                self._warn(f"{error}; sign-in moved to {self._path}")
            else:
                return
        private_files.write(self._path, encode(credentials), self._warn)

    def check_room(self) -> None:
        """Check for space before the old refresh token is used up. Raises `DiskRefused`."""
        private_files.try_to_write(self._path, _ROOM, self._warn)

    def remove(self) -> str:
        """Delete this sign-in, even if damaged; returns where it was. Raises `NotSignedIn`, `DiskRefused`."""
        data = private_files.read(self._path, self._warn)
        if data is None:
            raise NotSignedIn(self._not_signed_in())
        in_keyring = data == encode(InKeyring())
        # Keyring first: the other way round a failure would leave a secret that no file points to.
        if in_keyring:
            self._forget_in_keyring()
        private_files.remove(self._path)
        private_files.remove(self.features_file)
        return "the keyring" if in_keyring else str(self._path)

    def _forget_in_keyring(self) -> None:
        try:
            self._keyring.remove(self._key)
        except KeyringFailed as error:
            self._warn(f"{error}; an entry {self._key} of the service pinplan may remain in it")

    @contextmanager
    def locked(self, command: str) -> Iterator[None]:
        """Exclude other processes from renewing and signing in or out.

        Args:
            command: shown to waiting processes.

        Raises:
            LockHeld: the other process took too long.
            DiskRefused: the lock file cannot be opened.
        """
        private_files.make_folder(self._path.parent, self._warn)
        with hold(self._path.with_suffix(".lock"), command=command, timeout=_PATIENCE):
            yield


def _suffix(api_url: str) -> str:
    """File name suffix of an API."""
    match api_url:
        case _ if api_url == API_URL:
            return ""
        case _ if api_url == SANDBOX_API_URL:
            return "@sandbox"
        case _:
            # The host is part of the file name, so it must not hold a slash or a colon.
            return "@" + re.sub(r"[^A-Za-z0-9.-]", "_", urlsplit(api_url).netloc)
