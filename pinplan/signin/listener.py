"""Waits on this machine for the browser to come back: on loopback only, for one answer, not for ever."""

from __future__ import annotations

import errno
import queue
import socket
import socketserver
import threading
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pinplan.errors import SignInFailed
from pinplan.signin.redirect import from_target

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinplan.signin.redirect import Callback

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
