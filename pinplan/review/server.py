"""The port of the review page: on loopback only, preferably the usual one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.errors import ConfigError
from pinplan.local_server import listen

if TYPE_CHECKING:
    import socket

HOST = "127.0.0.1"


def take_port(port: int, usual: int = 0) -> socket.socket:
    """A listening socket on loopback.

    Args:
        port: the requested port, or 0 for any.
        usual: used if free and none was requested: at the same address the page finds its localStorage again.

    Raises:
        ConfigError: the port is in use, or may not be bound.
    """
    if port == 0 and usual:
        try:
            return listen(HOST, usual)
        except OSError:  # another review of the same plan is open
            pass
    try:
        return listen(HOST, port)
    except OSError as error:
        raise ConfigError(
            [f"--port {port}: cannot listen on {HOST}:{port}: {error.strerror}; 0 picks a free port"]
        ) from error
