"""An HTTP server in a thread of this process, on its own socket."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Self

import uvicorn

from pinplan.errors import PinplanError

if TYPE_CHECKING:
    from types import TracebackType

    from starlette.types import ASGIApp

_START_SECONDS = 20.0
_BACKLOG = 256


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 picks a free port. Raises `OSError`, where uvicorn itself would exit the process."""
    # asyncio sets TCP_NODELAY only if proto is IPPROTO_TCP; without it small responses wait 40 ms.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        # Without it a port stays blocked for a minute after the last server (TIME_WAIT).
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


class LocalServer:
    """A running server: ``with LocalServer(app, listen("127.0.0.1", 0), name="review"): …``."""

    def __init__(self, app: ASGIApp, listener: socket.socket, *, name: str) -> None:
        """Take the application and the socket; serving begins with the block.

        Args:
            app: the ASGI application.
            listener: from `listen`; closed when the block ends.
            name: the service, for error messages.
        """
        self._socket = listener
        self._name = name
        # h11 below: httptools is faster but optional, and must not decide how requests are parsed.
        config = uvicorn.Config(
            app,
            log_level="critical",
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=1,  # a browser keeps its connection open for minutes
            http="h11",
            server_header=False,
            proxy_headers=False,  # X-Forwarded-For must not change the client address
        )
        self._server = uvicorn.Server(config)
        # In a thread: a signal handler that raises in the main thread would leave uvicorn's coroutine never awaited.
        self._thread = threading.Thread(target=self._serve, name=name, daemon=True)
        self._ended = threading.Event()

    def _serve(self) -> None:
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self._ended.set()

    def __enter__(self) -> Self:
        """Start serving. Raises `PinplanError` after 20 s without a start."""
        try:
            self._thread.start()
            self._wait_until_started()
        except BaseException:  # Ctrl-C, too: the thread must not outlive the block
            self._stop()
            raise
        return self

    def _wait_until_started(self) -> None:
        for _ in range(int(_START_SECONDS / 0.01)):
            if self._server.started:
                return
            self._ended.wait(0.01)
        raise PinplanError(f"{self._name} did not start")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish open requests, then stop."""
        self._stop()

    def _stop(self) -> None:
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join()
        self._socket.close()

    def wait(self) -> None:
        """Serve until a signal interrupts the main thread (`KeyboardInterrupt`)."""
        self._ended.wait()
