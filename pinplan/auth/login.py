"""The sign-in itself: ask, wait for the person, check, exchange, keep."""

from __future__ import annotations

import os
import secrets
import sys
import webbrowser
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from pinplan.errors import PinplanError
from pinplan.signin.credentials import Credentials, begun
from pinplan.signin.listener import listening
from pinplan.signin.redirect import authorize_page, code_of, from_pasted, question

if TYPE_CHECKING:
    from collections.abc import Callable

    from pinplan.auth.profile import Profile
    from pinplan.config import Store
    from pinplan.model.tokens import App
    from pinplan.ports import Clock, TokenEndpoint

CLOCK_IS_WRONG = 300.0
"""Seconds between two clocks that are worth a word."""


class Asked(Struct, frozen=True, kw_only=True):
    """What a person is asked for, and how.

    Attributes:
        port: of the address that Pinterest sends the browser back to.
        seconds: to wait for that.
    """

    scopes: tuple[str, ...]
    port: int
    seconds: float = 300.0

    @property
    def redirect_uri(self) -> str:
        """That address, letter by letter as it must be registered with the app."""
        return f"http://localhost:{self.port}/"


class SignIn:
    """Signs a person in by the authorization code grant (RFC 6749, section 4.1)."""

    def __init__(self, app: App, profile: Profile, endpoint: TokenEndpoint, clock: Clock) -> None:
        """Sign in with an app, into a profile."""
        self._app, self._profile, self._endpoint, self._clock = app, profile, endpoint, clock

    def by_browser(self, asked: Asked, told: Callable[[str, bool], None]) -> str:
        """The code that the browser brings back.

        Args:
            asked: what for.
            told: hears the address, and whether a browser was opened there.

        Raises:
            SignInFailed: the port is taken, nobody answers in time, the answer is a no, or not to our question.
        """
        state = secrets.token_urlsafe(32)
        with listening(asked.port) as listener:
            address = self._address(asked, state)
            told(address, _open_browser(address))
            return code_of(listener.wait(asked.seconds), state)

    def by_hand(self, asked: Asked, ask: Callable[[str], str]) -> str:
        """The code that a person pastes; ``ask`` shows the address. Raises `SignInFailed`."""
        state = secrets.token_urlsafe(32)
        return code_of(from_pasted(ask(self._address(asked, state))), state)

    def _address(self, asked: Asked, state: str) -> str:
        return question(
            authorize_page(self._profile.api_url),
            app_id=self._app.id,
            redirect_uri=asked.redirect_uri,
            scopes=asked.scopes,
            state=state,
        )

    def finish(
        self,
        asked: Asked,
        code: str,
        store: Store,
        whose: Callable[[str], tuple[str, str]],
        warn: Callable[[str], None],
    ) -> Credentials:
        """Exchange the code, keep the tokens, then find out whose they are.

        Args:
            asked: as before.
            code: good once.
            store: where to keep them.
            whose: id and name of a token's account; what it raises leaves them unknown.
            warn: hears what the person should know.

        Raises:
            SignInFailed: code or app are refused.
            RemoteError: Pinterest cannot be asked.
            NotSignedIn, DiskRefused: the tokens cannot be kept.
        """
        with self._profile.locked("auth login"):
            self._profile.check_room()
            granted = self._endpoint.redeem(self._app, code, asked.redirect_uri)
            if abs(granted.clock_ahead) > CLOCK_IS_WRONG:
                warn(_wrong_clock(granted.clock_ahead))
            new = begun(granted, self._app, self._profile.api_url, self._clock.now())
            new = new if new.scopes else replace(new, scopes=asked.scopes)
            self._profile.begin(new, store)
            try:
                account_id, username = whose(new.access_token)
            except PinplanError as error:
                warn(f"Pinterest did not say whose account it is: {error}")
                return new
            new = replace(new, account_id=account_id, username=username)
            self._profile.keep(new)
            return new


def _wrong_clock(ahead: float) -> str:
    how = "ahead of" if ahead > 0 else "behind"
    return f"this computer's clock is {abs(ahead) / 60:.0f} minutes {how} Pinterest's; set it right, or days left will be wrong"


def _open_browser(address: str) -> bool:
    """Open a browser with a window; one in the terminal would take it from us."""
    shown = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or os.environ.get("BROWSER")
    if not shown and sys.platform not in {"darwin", "win32"}:
        return False
    try:
        return webbrowser.open(address)
    except (webbrowser.Error, OSError):
        return False
