"""Token renewal of a profile (port `pinplan.ports.Tokens`): before expiry, and once after a refusal.

A renewal may invalidate the old refresh token. So the new one is durable before its access token is used, and only one process
at a time renews; the others read the result. If a process dies between the response and the write, the sign-in is lost and
the next command asks to sign in again.

Also reads an access token from a file (``--token-file``).
"""

from __future__ import annotations

import stat
import threading
from typing import TYPE_CHECKING

from pinplan.auth.profile import renewed
from pinplan.config import checked_token
from pinplan.errors import AuthError, ConfigError, DiskRefused, LockHeld, RemoteError, SignInChanged, SignInEnded

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from pinplan.auth.private_files import Warn
    from pinplan.auth.profile import Credentials, Profile
    from pinplan.ports import Clock, TokenEndpoint


# Seconds.
_JUST_NOW = 60.0


class ProfileTokens:
    """Access tokens of one sign-in for the lifetime of a process. Thread-safe."""

    def __init__(self, profile: Profile, endpoint: TokenEndpoint, clock: Clock, warn: Warn) -> None:
        """Read the profile; ``warn`` receives failed renewals. Raises `NotSignedIn`, `DiskRefused`."""
        self._warn = warn
        self._profile, self._endpoint, self._clock = profile, endpoint, clock
        self._one_at_a_time = threading.RLock()  # two threads with one refresh token would invalidate each other
        self._held = profile.read()
        self._who = _identity(self._held)
        # The token that this process itself obtained, and when.
        self._own: tuple[str, datetime] | None = None
        self._gave_up = False

    def __repr__(self) -> str:
        """Without the tokens."""
        return f"<ProfileTokens {self._profile.name}>"

    @property
    def held(self) -> Credentials:
        """The current credentials."""
        return self._held

    def current(self) -> str:
        """See `pinplan.ports.Tokens`."""
        # Read without the lock: the reference is replaced as a whole, and credentials are frozen.
        held = self._held
        if not held.refresh_token:
            return held.access_token  # not renewable: let Pinterest judge it, the system clock may be wrong
        if held.is_fresh(self._clock.now()) or (self._gave_up and held.is_good(self._clock.now())):
            return held.access_token
        with self._one_at_a_time:
            return self._before_it_expires()

    def renewed(self, refused: str) -> str | None:
        """See `pinplan.ports.Tokens`. A token renewed within a minute is not renewed again: another renewal would not help."""
        with self._one_at_a_time:
            # Another thread may have renewed it while this one waited for the lock.
            if self._held.access_token == refused:
                if self._own is not None and self._own[0] == refused and self._is_recent(self._own[1]):
                    return None
                self._renew(refused)
            return self._held.access_token

    def _is_recent(self, then: datetime) -> bool:
        # Not below zero: after the clock was set back, a renewal must not be "just now" for hours.
        return 0 <= (self._clock.now() - then).total_seconds() < _JUST_NOW

    def _before_it_expires(self) -> str:
        """Renew early; if that fails, warn and keep the old token until it expires."""
        now = self._clock.now()
        if not self._held.is_fresh(now):
            try:
                self._renew(None)
            except SignInChanged:
                raise
            except (AuthError, RemoteError, DiskRefused, LockHeld) as error:
                if not self._held.is_good(now):
                    raise
                self._warn(f"sign-in not renewed, it will expire soon: {error}")
                self._gave_up = True
        return self._held.access_token

    def _renew(self, refused: str | None) -> None:
        """Renew, unless another process already did."""
        with self._profile.locked("renewing the sign-in"):
            found = self._profile.read()  # under the lock: another process may have renewed it
            self._check_same(found)
            self._held = found
            if found.access_token == refused or not found.is_fresh(self._clock.now()):
                self._exchange(found)

    def _exchange(self, old: Credentials) -> None:
        if not old.refresh_token:
            raise SignInEnded(f"profile {self._profile.name}: access token expired and not renewable")
        self._profile.check_room()
        granted = self._endpoint.renew(old.app, old.refresh_token)
        new = renewed(old, granted, self._clock.now())
        try:
            self._profile.keep(new)
        except DiskRefused as error:
            raise SignInEnded(f"cannot store the renewed sign-in: {error}") from error
        self._check_same(new)  # after the write: the old refresh token may be used up
        self._held, self._own, self._gave_up = new, (new.access_token, self._clock.now()), False

    def _check_same(self, found: Credentials) -> None:
        """Raises `SignInChanged`: account and scopes must not change between two requests of a process."""
        if _identity(found) != self._who:
            raise SignInChanged(f"profile {self._profile.name}: account or scopes changed during this command")


def _identity(credentials: Credentials) -> tuple[str, str, tuple[str, ...]]:
    return credentials.api_url, credentials.account_id, credentials.scopes


_MOST_BYTES = 65_536


def token_in_file(path: Path, warn: Warn) -> str:
    """The token in a file, stripped. The file is not pinplan's: a wrong mode is reported, not changed.

    Raises:
        ConfigError: unreadable, empty or not a token. The message never quotes it (I27).
    """
    try:
        with path.open("rb") as file:
            # Bounded: --token-file /dev/zero must not fill the memory.
            data = file.read(_MOST_BYTES)
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        raise ConfigError([f"--token-file {path}: cannot be read: {error.strerror}"]) from error
    text = data.decode("utf-8", "replace").strip()
    if not text:
        raise ConfigError([f"--token-file {path}: empty; expected an access token and nothing else"])
    if mode & 0o077 and path.is_file():  # not for pipes: <(pass show token)
        warn(f"{path}: token readable by others (mode {mode:04o}); fix with: chmod 600 {path}")
    return checked_token(text, f"--token-file {path}")
