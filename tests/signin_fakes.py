"""A token endpoint that rotates refresh tokens, and whatever else signing in is tried with."""

from __future__ import annotations

import itertools
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pinplan.auth.keyrings import Keyring, KeyringFailed
from pinplan.auth.profile import Profile
from pinplan.errors import SignInEnded, SignInFailed
from pinplan.model.tokens import App, Granted

APP = App(id="1500000", secret="canary-secret")
SCOPES = ("boards:read", "pins:read", "user_accounts:read")
API = "http://127.0.0.1:9/v5"


class Clock:
    def __init__(self) -> None:
        self.time = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def passes(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class Server:
    """Gives tokens as Pinterest does: each refresh token is good once (port `TokenEndpoint`)."""

    def __init__(self, clock: Clock, lives: int = 900, refresh_lives: int = 3600) -> None:
        self.clock, self.lives, self.refresh_lives = clock, lives, refresh_lives
        self.numbers = itertools.count(1)
        self.refresh = ""
        self.refresh_until = clock.now()
        self.access: dict[str, datetime] = {}
        self.renewals = 0
        self.scopes = SCOPES
        self.clock_ahead = 0.0
        self.failing: Exception | None = None
        self._lock = threading.Lock()

    def grant(self) -> Granted:
        number = next(self.numbers)
        self.refresh = f"canary-refresh-{number}"
        self.refresh_until = self.clock.now() + timedelta(seconds=self.refresh_lives)
        access = f"canary-access-{number}"
        self.access[access] = self.clock.now() + timedelta(seconds=self.lives)
        return Granted(
            access_token=access,
            refresh_token=self.refresh,
            scopes=self.scopes,
            lives=self.lives,
            refresh_lives=self.refresh_lives,
            clock_ahead=self.clock_ahead,
        )

    def redeem(self, app: App, code: str, redirect_uri: str) -> Granted:
        if code != "canary-code":
            raise SignInFailed("Pinterest does not accept the code")
        return self.grant()

    def renew(self, app: App, refresh_token: str) -> Granted:
        with self._lock:
            if self.failing is not None:
                raise self.failing
            if refresh_token != self.refresh or self.clock.now() >= self.refresh_until:
                raise SignInEnded("Pinterest does not accept the refresh token")
            self.renewals += 1
            return self.grant()

    def lets_in(self, access: str) -> bool:
        return self.access.get(access, self.clock.now()) > self.clock.now()


class BrokenKeyring(Keyring):
    """None works (headless)."""

    def works(self) -> bool:
        return False

    def put(self, name: str, value: str) -> None:
        raise KeyringFailed("the keyring cannot be used: NoKeyringError")

    def get(self, name: str) -> str | None:
        raise KeyringFailed("the keyring cannot be used: NoKeyringError")

    def remove(self, name: str) -> None:
        raise KeyringFailed("the keyring cannot be used: NoKeyringError")


class MemoryKeyring(Keyring):
    """One that works, until it is broken."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.broken = False

    def works(self) -> bool:
        return not self.broken

    def put(self, name: str, value: str) -> None:
        if self.broken:
            raise KeyringFailed("the keyring cannot be used: it does not answer")
        self.kept[name] = value

    def get(self, name: str) -> str | None:
        return self.kept.get(name)

    def remove(self, name: str) -> None:
        self.kept.pop(name, None)


class Warnings(list[str]):
    def __call__(self, message: str) -> None:
        self.append(message)


def profile_in(
    folder: Path, *, name: str = "default", keyring: Keyring | None = None, warn: Warnings | None = None, api: str = API
) -> Profile:
    return Profile(
        folder / "credentials",
        name,
        api,
        keyring=BrokenKeyring() if keyring is None else keyring,
        warn=Warnings() if warn is None else warn,
    )
