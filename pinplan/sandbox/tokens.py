"""Codes and tokens: what they allow and how long they are good. Each code and each refresh token is good once."""

from __future__ import annotations

import secrets
import threading
from typing import TYPE_CHECKING, NamedTuple

from pinplan.sandbox.permissions import Access
from pinplan.sandbox.problems import authentication_failed, bad_request, invalid_grant

if TYPE_CHECKING:
    from pinplan.sandbox.clock import Clock
    from pinplan.sandbox.settings import Settings


class Granted(NamedTuple):
    """New tokens; ``refresh`` is empty where there is none. Times are in seconds."""

    access: str
    scopes: frozenset[str]
    lives: int
    refresh: str = ""
    refresh_lives: int = 0
    refresh_until: int = 0


class _Code(NamedTuple):
    redirect_uri: str
    scopes: frozenset[str]
    until: float


class _Refresh(NamedTuple):
    scopes: frozenset[str]
    until: float


class Tokens:
    """All that were given out, and the fixed one. Threads may share it."""

    def __init__(self, fixed: str, settings: Settings, clock: Clock) -> None:
        """Only the fixed token is good; it never expires."""
        self._settings = settings
        self._lives = settings.lifetimes
        self._clock = clock
        self._lock = threading.Lock()
        self._fixed: dict[str, Access] = {}
        self.let_in(fixed)
        self._codes: dict[str, _Code] = {}
        self._access: dict[str, tuple[Access, float]] = {}
        self._refresh: dict[str, _Refresh] = {}

    def let_in(self, token: str, scopes: frozenset[str] | None = None) -> str:
        """Another token that never expires; with the scopes of the first, if none are named."""
        self._fixed[token] = Access(self._settings.scopes if scopes is None else scopes)
        return token

    def access(self, authorization: str | None) -> Access:
        """What the bearer of this header may do. Raises `ApiProblem` 401/2."""
        kind, _, token = (authorization or "").partition(" ")
        if kind.lower() != "bearer" or not token:
            raise authentication_failed()
        if token in self._fixed:
            return self._fixed[token]
        access, until = self._access.get(token, (None, 0.0))
        if access is None or until <= self._clock.now():
            raise authentication_failed()
        return access

    def new_code(self, redirect_uri: str, scopes: frozenset[str]) -> str:
        """A code for an app that was allowed in."""
        code = secrets.token_hex(20)
        self._codes[code] = _Code(redirect_uri, scopes, self._clock.now() + self._lives.code)
        return code

    def redeem(self, code: str, redirect_uri: str) -> Granted:
        """Tokens for a code, which is used up whatever comes of it. Raises `ApiProblem` 401/283."""
        with self._lock:
            found = self._codes.pop(code, None)
        if found is None or found.until <= self._clock.now() or found.redirect_uri != redirect_uri:
            raise invalid_grant()
        return self._grant(found.scopes)

    def renew(self, refresh: str, scopes: frozenset[str] | None) -> Granted:
        """Tokens for a refresh token, which is used up; fewer scopes may be asked for. Raises `ApiProblem`."""
        with self._lock:
            found = self._refresh.get(refresh)
            if found is None or found.until <= self._clock.now():
                raise invalid_grant()
            if scopes is not None and not scopes <= found.scopes:
                raise bad_request("The requested scope exceeds the scope that was granted.")
            del self._refresh[refresh]
        return self._grant(found.scopes if scopes is None else scopes)

    def own(self, scopes: frozenset[str]) -> Granted:
        """A token for the app's own account; it cannot be refreshed."""
        return Granted(self._new_access(Access(scopes, own_app=True)), scopes, self._lives.access)

    def revoke(self) -> None:
        """Nothing that was given out is good any more; the fixed token is."""
        with self._lock:
            self._codes.clear()
            self._access.clear()
            self._refresh.clear()

    def _grant(self, scopes: frozenset[str]) -> Granted:
        refresh = f"pinr.{secrets.token_urlsafe(48)}"
        until = self._clock.now() + self._lives.refresh
        self._refresh[refresh] = _Refresh(scopes, until)
        access = self._new_access(Access(scopes))
        return Granted(access, scopes, self._lives.access, refresh, self._lives.refresh, int(until))

    def _new_access(self, access: Access) -> str:
        token = f"pina_{secrets.token_urlsafe(48)}"
        self._access[token] = (access, self._clock.now() + self._lives.access)
        return token
