"""The OAuth login: open the consent page, receive the redirect, check it, redeem the code, store the tokens.

The redirect is received on loopback, once and with a timeout, or pasted by hand.
"""

from __future__ import annotations

import errno
import hmac
import os
import queue
import secrets
import socket
import socketserver
import sys
import threading
import webbrowser
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit

from msgspec import Struct
from msgspec.structs import replace

from pinplan.auth.profile import Credentials, begun
from pinplan.errors import PinplanError, SignInFailed
from pinplan.model.tokens import Secretive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pinplan.auth.profile import Profile
    from pinplan.config import Store
    from pinplan.model.tokens import App
    from pinplan.ports import Clock, TokenEndpoint


AUTHORIZE_URL = "https://www.pinterest.com/oauth/"
_OWN_HOSTS = ("api.pinterest.com", "api-sandbox.pinterest.com")


class Callback(Secretive, frozen=True, kw_only=True):
    """The redirect parameters. ``state`` is None for a pasted code alone."""

    code: str = ""
    error: str = ""
    state: str | None = None


def authorize_page(api_url: str) -> str:
    """The consent page: Pinterest's, or that of a server which hosts page and API (the sandbox)."""
    parts = urlsplit(api_url)
    # Pinterest's sandbox API uses the consent page of www.pinterest.com, too.
    return AUTHORIZE_URL if parts.hostname in _OWN_HOSTS else f"{parts.scheme}://{parts.netloc}/oauth/"


def question(page: str, *, app_id: str, redirect_uri: str, scopes: Sequence[str], state: str) -> str:
    """The URL of the consent page with the request parameters."""
    asked = {
        "client_id": app_id,
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "scope": ",".join(scopes),
        "state": state,
    }
    return f"{page}?{urlencode(asked, safe=',:')}"


def from_target(target: str) -> Callback | None:
    """The redirect parameters of a request to ``/``; None for other requests."""
    parts = urlsplit(target)
    return _from_query(parts.query) if parts.path == "/" and not parts.netloc else None


def from_pasted(text: str) -> Callback:
    """The redirect parameters in a pasted URL or code. Raises `SignInFailed`."""
    # People paste what their shell history shows, quotes included.
    text = text.strip().strip("'\"")
    if "=" in text or "/" in text:
        try:
            found = _from_query(urlsplit(text).query if "?" in text else text.lstrip("?&"))
        except ValueError:
            found = None
        if found is None:
            raise SignInFailed("no code in the pasted text; paste the redirect URL, or the value after code=")
        return found
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise SignInFailed("not a code; paste the redirect URL, or the value after code=")
    return Callback(code=text)


def _from_query(query: str) -> Callback | None:
    # A repeated parameter is ambiguous; RFC 6749 (3.1) forbids it.
    values = {key: found[0] for key, found in parse_qs(query).items() if len(found) == 1}
    if not values.get("code") and not values.get("error"):
        return None
    return Callback(code=values.get("code", ""), error=values.get("error", ""), state=values.get("state", ""))


def code_of(answer: Callback, state: str) -> str:
    """The code of a matching, successful redirect. Raises `SignInFailed`."""
    # RFC 6749 (10.12): without it a forged redirect could sign this person in to another account.
    if answer.state is not None and not hmac.compare_digest(answer.state.encode(), state.encode()):
        raise SignInFailed("state mismatch: the redirect belongs to another sign-in, or is forged")
    if answer.error == "access_denied":
        raise SignInFailed("consent was denied on Pinterest's page")
    if answer.error:
        # The error comes from a URL, so from whoever sent the browser here.
        word = "".join(c if c.isprintable() else "?" for c in answer.error[:80])
        raise SignInFailed(
            f"Pinterest's consent page returned {word!r}; check the app, its redirect URI and its allowed scopes"
        )
    return answer.code


# Both: browsers resolve "localhost" to either, and one of them may be disabled.
_ADDRESSES = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))
_OWN_NAMES = ("localhost", "127.0.0.1", "::1")
_PAGE = b"""<!doctype html><html lang="en"><meta charset="utf-8"><title>pinplan</title>
<body style="font-family: sans-serif; margin: 4em auto; max-width: 30em">
<h1>pinplan</h1><p>pinplan received the response. You can close this page and return to the terminal.</p></body></html>
"""
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Connection": "close",
}


class Listener:
    """Takes the first redirect."""

    def __init__(self, port: int) -> None:
        """Accept redirects to this port."""
        self.port = port
        self._answers: queue.Queue[Callback] = queue.Queue()
        self._first = threading.Lock()

    def take(self, target: str, host: str) -> bool:
        """Whether a request is the expected redirect; only the first one is."""
        try:
            named = urlsplit(f"//{host}")
            answer = from_target(target) if named.hostname in _OWN_NAMES and named.port == self.port else None
        except ValueError:
            answer = None
        # Host was checked against DNS rebinding; the lock is never released: later redirects are refused.
        if answer is None or not self._first.acquire(blocking=False):
            return False
        self._answers.put(answer)
        return True

    def wait(self, seconds: float) -> Callback:
        """The redirect. Raises `SignInFailed` on timeout."""
        try:
            return self._answers.get(timeout=seconds)
        except queue.Empty:
            raise SignInFailed(
                f"no redirect to port {self.port} within {seconds:g} seconds; if the browser runs on another machine, use --no-browser"
            ) from None


@contextmanager
def listening(port: int) -> Iterator[Listener]:
    """Listen on the loopback addresses only, while the block runs. Raises `SignInFailed` if the port is taken."""
    listener = Listener(port)
    with ExitStack() as stack:
        servers = []
        for family, address in _ADDRESSES:
            server = _server(listener, family, address)
            if server is not None:
                stack.callback(server.server_close)
                servers.append(server)
        if not servers:
            raise SignInFailed("no loopback address to listen on; use --no-browser")
        for server in servers:
            threading.Thread(target=server.serve_forever, args=(0.05,), name="redirect", daemon=True).start()
            stack.callback(server.shutdown)
        yield listener


def _server(listener: Listener, family: socket.AddressFamily, address: str) -> _Server | None:
    """A server on one address; None if the machine lacks that address family."""
    try:
        return _Server(listener, family, address)
    except OSError as error:
        if error.errno in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT}:
            return None
        taken = (
            "is in use by another program" if error.errno == errno.EADDRINUSE else f"is not available: {error.strerror}"
        )
        raise SignInFailed(
            f"port {listener.port} {taken}; choose another one with --port, and register http://localhost:PORT/ with the app"
        ) from error


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a browser keeps its connection open

    def __init__(self, listener: Listener, family: socket.AddressFamily, address: str) -> None:
        self.address_family = family
        self.listener = listener
        super().__init__((address, listener.port), _Handler)

    def server_bind(self) -> None:
        """Bind without the DNS lookup of the host name, which may block."""
        if self.address_family == socket.AF_INET6:
            # Without it Linux binds IPv4 as well, and the other server's bind fails with EADDRINUSE.
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "localhost", self.listener.port

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore disconnects: a traceback could show the code."""


class _Handler(BaseHTTPRequestHandler):
    timeout = 10
    server: _Server

    def do_GET(self) -> None:
        """Answer the redirect with the page, other requests with 404."""
        good = self.server.listener.take(self.path, self.headers.get("Host", ""))
        body = _PAGE if good else b"Not here.\n"
        self.send_response(200 if good else 404)
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def version_string(self) -> str:
        """Hide the Python version."""
        return "pinplan"

    def log_message(self, *_args: object) -> None:
        """Log nothing: the URL contains the code."""


CLOCK_IS_WRONG = 300.0
"""Seconds of clock difference worth a warning."""


class AuthRequest(Struct, frozen=True, kw_only=True):
    """The requested scopes, and how to receive the redirect.

    Attributes:
        port: of the redirect URI.
        seconds: timeout for the redirect.
    """

    scopes: tuple[str, ...]
    port: int
    seconds: float = 300.0

    @property
    def redirect_uri(self) -> str:
        """The redirect URI exactly as registered with the app."""
        return f"http://localhost:{self.port}/"


class SignIn:
    """Sign-in by the authorization code grant (RFC 6749, section 4.1)."""

    def __init__(self, app: App, profile: Profile, endpoint: TokenEndpoint, clock: Clock) -> None:
        """Sign in with an app, into a profile."""
        self._app, self._profile, self._endpoint, self._clock = app, profile, endpoint, clock

    def by_browser(self, asked: AuthRequest, show: Callable[[str, bool], None]) -> str:
        """The code from the browser's redirect.

        Args:
            asked: the request.
            show: called with the URL and whether a browser was opened.

        Raises:
            SignInFailed: port in use, timeout, consent denied, or state mismatch.
        """
        state = secrets.token_urlsafe(32)
        # Listen first: the redirect of a signed-in browser comes within milliseconds.
        with listening(asked.port) as listener:
            address = self._address(asked, state)
            show(address, _open_browser(address))
            return code_of(listener.wait(asked.seconds), state)

    def by_hand(self, asked: AuthRequest, ask: Callable[[str], str]) -> str:
        """The pasted code; ``ask`` shows the URL and returns the input. Raises `SignInFailed`."""
        state = secrets.token_urlsafe(32)
        return code_of(from_pasted(ask(self._address(asked, state))), state)

    def _address(self, asked: AuthRequest, state: str) -> str:
        return question(
            authorize_page(self._profile.api_url),
            app_id=self._app.id,
            redirect_uri=asked.redirect_uri,
            scopes=asked.scopes,
            state=state,
        )

    def finish(
        self,
        asked: AuthRequest,
        code: str,
        store: Store,
        whose: Callable[[str], tuple[str, str]],
        warn: Callable[[str], None],
    ) -> Credentials:
        """Redeem the code, store the tokens, then fetch their account.

        Args:
            asked: as before.
            code: valid once.
            store: the credential store.
            whose: returns id and name of a token's account; its errors leave them unknown.
            warn: receives warnings.

        Raises:
            SignInFailed: code or app refused.
            RemoteError: Pinterest is unreachable.
            NotSignedIn, DiskRefused: the tokens cannot be stored.
        """
        with self._profile.locked("auth login"):
            self._profile.check_room()  # before the code, which is valid only once, is used up
            granted = self._endpoint.redeem(self._app, code, asked.redirect_uri)
            if abs(granted.clock_ahead) > CLOCK_IS_WRONG:
                warn(_wrong_clock(granted.clock_ahead))
            new = begun(granted, self._app, self._profile.api_url, self._clock.now())
            # RFC 6749 (5.1): a response without `scope` grants what was requested.
            new = new if new.scopes else replace(new, scopes=asked.scopes)
            self._profile.begin(new, store)  # stored before the account is known: its request may fail
            try:
                account_id, username = whose(new.access_token)
            except PinplanError as error:
                warn(f"the account of the token is unknown: {error}")
                return new
            new = replace(new, account_id=account_id, username=username)
            self._profile.keep(new)
            return new


def _wrong_clock(ahead: float) -> str:
    how = "ahead of" if ahead > 0 else "behind"
    return f"the system clock is {abs(ahead) / 60:.0f} minutes {how} Pinterest's; correct it, or the days left will be wrong"


def _open_browser(address: str) -> bool:
    """Open a graphical browser; a text browser would take over the terminal."""
    shown = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or os.environ.get("BROWSER")
    # webbrowser would fall back to lynx or w3m.
    if not shown and sys.platform not in {"darwin", "win32"}:
        return False
    try:
        return webbrowser.open(address)
    except (webbrowser.Error, OSError):
        return False
