"""The review as a server of this computer alone, until the person has finished."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import uvicorn

from pinplan.errors import ConfigError, PinplanError

if TYPE_CHECKING:
    from types import TracebackType

    from starlette.types import ASGIApp

HOST = "127.0.0.1"
_START_SECONDS = 20.0


def take_port(port: int, usual: int = 0) -> socket.socket:
    """A listening socket on loopback.

    Args:
        port: the one that was asked for, or 0 for any.
        usual: taken if it is free and none was asked for: a page with the same address finds what it remembered.

    Raises:
        ConfigError: it is taken, or not ours to take.
    """
    if port == 0 and usual:
        try:
            return _listen(usual)
        except OSError:
            pass
    try:
        return _listen(port)
    except OSError as error:
        raise ConfigError(
            [f"--port {port}: {HOST}:{port} cannot be listened on: {error.strerror}; 0 takes any free port"]
        ) from error


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(64)
    except OSError:
        listener.close()
        raise
    return listener


class Serving:
    """A running server: ``with Serving(app, listener): …``."""

    def __init__(self, app: ASGIApp, listener: socket.socket) -> None:
        """Take the application and the socket; nothing is served before the block begins."""
        self._socket = listener
        config = uvicorn.Config(
            app,
            log_level="critical",
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=1,
            http="h11",
            server_header=False,
            proxy_headers=False,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._serve, name="review", daemon=True)

    def _serve(self) -> None:
        self._server.run(sockets=[self._socket])

    def __enter__(self) -> Serving:
        """Serve in a thread."""
        self._thread.start()
        waited = threading.Event()
        for _ in range(int(_START_SECONDS / 0.01)):
            if self._server.started:
                return self
            waited.wait(0.01)
        raise PinplanError("the review page did not start")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Answer what was asked, then stop."""
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()
