"""A server of this process: an application on a socket of its own, in a thread, until its block ends."""

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
    """A listening socket; port 0 takes any free one. Raises `OSError`: uvicorn's own way to take a port ends the whole process where it fails."""
    # Only of a socket that says that it is TCP does asyncio send small answers at once, not 40 ms later.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
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
        """Take the application and the socket; nothing is served before the block begins.

        Args:
            app: what answers.
            listener: from `listen`; closed when the block ends.
            name: what is served, for the error when it does not start.
        """
        self._socket = listener
        self._name = name
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
        # Always in a thread: a signal in the main one, raised while uvicorn starts there, would leave its coroutine never awaited.
        self._thread = threading.Thread(target=self._serve, name=name, daemon=True)
        self._ended = threading.Event()

    def _serve(self) -> None:
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self._ended.set()

    def __enter__(self) -> Self:
        """Serve in a thread. Raises `PinplanError` if that does not begin in time."""
        try:
            self._thread.start()
            self._wait_until_started()
        except BaseException:
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
        """Answer what was asked, then stop."""
        self._stop()

    def _stop(self) -> None:
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join()
        self._socket.close()

    def wait(self) -> None:
        """Serve until a signal interrupts the main thread (`KeyboardInterrupt`)."""
        self._ended.wait()
