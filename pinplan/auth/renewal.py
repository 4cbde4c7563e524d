"""The tokens of a profile (port `pinplan.ports.Tokens`): renewed before they expire, and once when one is refused.

Pinterest may use up a refresh token when it gives the next one. So the next one is on the disk before anything is done with
its access token, and only one process at a time asks for it; the others find it there. If a process dies between Pinterest's answer
and the disk, the sign-in is lost: whoever comes next is told to sign in again.

An access token in a file (``--token-file``).
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


_JUST_NOW = 60.0


class ProfileTokens:
    """Access tokens of one sign-in, for as long as a process runs."""

    def __init__(self, profile: Profile, endpoint: TokenEndpoint, clock: Clock, warn: Warn) -> None:
        """Read the profile; ``warn`` hears what will become a problem. Raises `NotSignedIn`, `DiskRefused`."""
        self._warn = warn
        self._profile, self._endpoint, self._clock = profile, endpoint, clock
        self._one_at_a_time = threading.RLock()
        self._held = profile.read()
        self._who = _identity(self._held)
        self._own: tuple[str, datetime] | None = None
        self._gave_up = False

    def __repr__(self) -> str:
        """Without the tokens."""
        return f"<ProfileTokens {self._profile.name}>"

    @property
    def held(self) -> Credentials:
        """What is known of the sign-in now."""
        return self._held

    def current(self) -> str:
        """See `pinplan.ports.Tokens`."""
        held = self._held
        if not held.refresh_token:
            return held.access_token  # whether it is good, Pinterest knows better than this computer's clock
        if held.is_fresh(self._clock.now()) or (self._gave_up and held.is_good(self._clock.now())):
            return held.access_token
        with self._one_at_a_time:
            return self._before_it_expires()

    def renewed(self, refused: str) -> str | None:
        """See `pinplan.ports.Tokens`. A token that this process got just now is not renewed again: the fault is elsewhere."""
        with self._one_at_a_time:
            if self._held.access_token == refused:
                if self._own is not None and self._own[0] == refused and self._is_recent(self._own[1]):
                    return None
                self._renew(refused)
            return self._held.access_token

    def _is_recent(self, then: datetime) -> bool:
        return 0 <= (self._clock.now() - then).total_seconds() < _JUST_NOW

    def _before_it_expires(self) -> str:
        """Renew; if that fails while the old token is good, go on with it: the person is told when it is not any more."""
        now = self._clock.now()
        if not self._held.is_fresh(now):
            try:
                self._renew(None)
            except SignInChanged:
                raise
            except (AuthError, RemoteError, DiskRefused, LockHeld) as error:
                if not self._held.is_good(now):
                    raise
                self._warn(f"the sign-in could not be renewed, and is good for a while only: {error}")
                self._gave_up = True
        return self._held.access_token

    def _renew(self, refused: str | None) -> None:
        """Get the next tokens, unless another process has got them meanwhile."""
        with self._profile.locked("renewing the sign-in"):
            found = self._profile.read()
            self._check_same(found)
            self._held = found
            if found.access_token == refused or not found.is_fresh(self._clock.now()):
                self._exchange(found)

    def _exchange(self, old: Credentials) -> None:
        if not old.refresh_token:
            raise SignInEnded(
                f"profile {self._profile.name}: its access token is not good any more, and cannot be renewed"
            )
        self._profile.check_room()
        granted = self._endpoint.renew(old.app, old.refresh_token)
        new = renewed(old, granted, self._clock.now())
        try:
            self._profile.keep(new)
        except DiskRefused as error:
            raise SignInEnded(f"the renewed sign-in could not be kept: {error}") from error
        self._check_same(new)
        self._held, self._own, self._gave_up = new, (new.access_token, self._clock.now()), False

    def _check_same(self, found: Credentials) -> None:
        """A process must not change its account, nor what it can see, between two requests."""
        if _identity(found) != self._who:
            raise SignInChanged(
                f"profile {self._profile.name} has another account or other scopes than when this command began"
            )


def _identity(credentials: Credentials) -> tuple[str, str, tuple[str, ...]]:
    return credentials.api_url, credentials.account_id, credentials.scopes


_MOST_BYTES = 65_536


def token_in_file(path: Path, warn: Warn) -> str:
    """The token in a file, without the white space around it. The file is somebody else's: its mode is told, not changed.

    Raises:
        ConfigError: it cannot be read, is empty, or holds no token. The message shows nothing of it (I27).
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES)
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        raise ConfigError([f"--token-file {path}: it cannot be read: {error.strerror}"]) from error
    text = data.decode("utf-8", "replace").strip()
    if not text:
        raise ConfigError([f"--token-file {path}: it is empty; it must hold an access token and nothing else"])
    if mode & 0o077 and path.is_file():
        warn(f"{path}: others can read this token (mode {mode:04o}); take that away with: chmod 600 {path}")
    return checked_token(text, f"--token-file {path}")
