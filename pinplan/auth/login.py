"""The sign-in itself: ask, wait for the person, check, exchange, keep.

What Pinterest sends back when a person has said yes or no: in the browser's address, or pasted by hand.

Waits on this machine for the browser to come back: on loopback only, for one answer, not for ever.
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
    """The answer. ``state`` is None where somebody pasted the code alone."""

    code: str = ""
    error: str = ""
    state: str | None = None


def authorize_page(api_url: str) -> str:
    """Where a person allows the app in: Pinterest's page, or that of a server which is Pinterest and its API at once."""
    parts = urlsplit(api_url)
    return AUTHORIZE_URL if parts.hostname in _OWN_HOSTS else f"{parts.scheme}://{parts.netloc}/oauth/"


def question(page: str, *, app_id: str, redirect_uri: str, scopes: Sequence[str], state: str) -> str:
    """The page's address with the question in it."""
    asked = {
        "client_id": app_id,
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "scope": ",".join(scopes),
        "state": state,
    }
    return f"{page}?{urlencode(asked, safe=',:')}"


def from_target(target: str) -> Callback | None:
    """The answer in a request to ``/``; None if it is none."""
    parts = urlsplit(target)
    return _from_query(parts.query) if parts.path == "/" and not parts.netloc else None


def from_pasted(text: str) -> Callback:
    """The answer in what a person pasted: the whole address that the browser was sent to, or the code. Raises `SignInFailed`."""
    text = text.strip().strip("'\"")
    if "=" in text or "/" in text:
        try:
            found = _from_query(urlsplit(text).query if "?" in text else text.lstrip("?&"))
        except ValueError:
            found = None
        if found is None:
            raise SignInFailed(
                "there is no code in what was pasted; paste the whole address, or what stands behind code= in it"
            )
        return found
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise SignInFailed(
            "that is no code; paste the whole address that the browser was sent to, or what stands behind code= in it"
        )
    return Callback(code=text)


def _from_query(query: str) -> Callback | None:
    values = {key: found[0] for key, found in parse_qs(query).items() if len(found) == 1}
    if not values.get("code") and not values.get("error"):
        return None
    return Callback(code=values.get("code", ""), error=values.get("error", ""), state=values.get("state", ""))


def code_of(answer: Callback, state: str) -> str:
    """The code, if the answer belongs to our question and is a yes. Raises `SignInFailed`."""
    if answer.state is not None and not hmac.compare_digest(answer.state.encode(), state.encode()):
        raise SignInFailed(
            "the answer does not belong to this sign-in (its state is wrong): it may be an old one, or a trick"
        )
    if answer.error == "access_denied":
        raise SignInFailed("consent was denied on Pinterest's page")
    if answer.error:
        word = "".join(c if c.isprintable() else "?" for c in answer.error[:80])
        raise SignInFailed(
            f"Pinterest's page answered {word!r}; are the app and its redirect address registered, and these scopes allowed to it?"
        )
    return answer.code


_ADDRESSES = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))
_OWN_NAMES = ("localhost", "127.0.0.1", "::1")
_PAGE = b"""<!doctype html><html lang="en"><meta charset="utf-8"><title>pinplan</title>
<body style="font-family: sans-serif; margin: 4em auto; max-width: 30em">
<h1>pinplan</h1><p>Pinterest's answer has arrived. You can close this page and go back to the terminal, which says how it ended.</p></body></html>
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
    """Holds the first answer that comes in."""

    def __init__(self, port: int) -> None:
        """Listen for answers to this port."""
        self.port = port
        self._answers: queue.Queue[Callback] = queue.Queue()
        self._first = threading.Lock()

    def take(self, target: str, host: str) -> bool:
        """Whether a request is the one answer that is waited for."""
        try:
            named = urlsplit(f"//{host}")
            answer = from_target(target) if named.hostname in _OWN_NAMES and named.port == self.port else None
        except ValueError:
            answer = None
        if answer is None or not self._first.acquire(blocking=False):
            return False
        self._answers.put(answer)
        return True

    def wait(self, seconds: float) -> Callback:
        """The answer. Raises `SignInFailed` if none comes in time."""
        try:
            return self._answers.get(timeout=seconds)
        except queue.Empty:
            raise SignInFailed(
                f"no answer came back to port {self.port} in {seconds:g} seconds; if the browser is on another machine, use --no-browser"
            ) from None


@contextmanager
def listening(port: int) -> Iterator[Listener]:
    """Listen on the loopback addresses, and on no other, while the block runs. Raises `SignInFailed` if the port cannot be had."""
    listener = Listener(port)
    with ExitStack() as stack:
        servers = []
        for family, address in _ADDRESSES:
            server = _server(listener, family, address)
            if server is not None:
                stack.callback(server.server_close)
                servers.append(server)
        if not servers:
            raise SignInFailed("this machine has no loopback address to listen on; use --no-browser")
        for server in servers:
            threading.Thread(target=server.serve_forever, args=(0.05,), name="redirect", daemon=True).start()
            stack.callback(server.shutdown)
        yield listener


def _server(listener: Listener, family: socket.AddressFamily, address: str) -> _Server | None:
    """A server on one address; None where the machine does not have such addresses."""
    try:
        return _Server(listener, family, address)
    except OSError as error:
        if error.errno in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT}:
            return None
        taken = "is taken by another program" if error.errno == errno.EADDRINUSE else f"cannot be had: {error.strerror}"
        raise SignInFailed(
            f"port {listener.port} {taken}; name another one with --port, and register http://localhost:PORT/ with the app"
        ) from error


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, listener: Listener, family: socket.AddressFamily, address: str) -> None:
        self.address_family = family
        self.listener = listener
        super().__init__((address, listener.port), _Handler)

    def server_bind(self) -> None:
        """Without the look-up of this machine's name, which may take long."""
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "localhost", self.listener.port

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that hangs up is no event; and a traceback could show the code."""


class _Handler(BaseHTTPRequestHandler):
    timeout = 10
    server: _Server

    def do_GET(self) -> None:
        """Answer the one request with the page, all others with 404."""
        good = self.server.listener.take(self.path, self.headers.get("Host", ""))
        body = _PAGE if good else b"Not here.\n"
        self.send_response(200 if good else 404)
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def version_string(self) -> str:
        """Not the version of Python."""
        return "pinplan"

    def log_message(self, *_args: object) -> None:
        """Nothing: the address has the code in it."""


CLOCK_IS_WRONG = 300.0
"""Seconds between two clocks that are worth a word."""


class AuthRequest(Struct, frozen=True, kw_only=True):
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

    def by_browser(self, asked: AuthRequest, told: Callable[[str, bool], None]) -> str:
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

    def by_hand(self, asked: AuthRequest, ask: Callable[[str], str]) -> str:
        """The code that a person pastes; ``ask`` shows the address. Raises `SignInFailed`."""
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
