"""Connections that are made to allowed hosts and addresses only: the rule is judged where the connection is opened.

Judging a name beforehand is not enough: it may resolve to another address a moment later. Here the name is resolved once, the
addresses are judged, and one of them is connected to. Through a proxy it is the proxy that resolves; then the
rules for hosts hold, and those for addresses cannot.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util.connection import create_connection

from pinplan.errors import ImageRefused
from pinplan.pinterest.hosts import HostRules, Resolve, addresses_of, is_loopback
from pinplan.pinterest.prompt import PromptAdapter, PromptConnection, PromptSecureConnection

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests


class GuardedAdapter(PromptAdapter):
    """Sends requests to hosts that the rules allow, and to nobody else."""

    def __init__(
        self,
        rules: HostRules,
        *,
        pool_maxsize: int,
        resolve: Resolve = socket.getaddrinfo,
        connect: Callable[..., socket.socket] = create_connection,
    ) -> None:
        """Guard with these rules; ``resolve`` and ``connect`` are the operating system's."""
        self._rules = rules
        self._resolve = resolve
        self._connect = connect
        super().__init__(pool_connections=4, pool_maxsize=pool_maxsize)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - as HTTPAdapter has it
        """Have every pool make guarded connections."""
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = _pools(self._rules, self._resolve, self._connect)

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:  # noqa: ANN401 - as HTTPAdapter has it
        """Judge the address, then send; what is on this machine is asked directly. Raises `ImageRefused`; nothing was sent then."""
        self._rules.check(request.url or "")
        if is_loopback(urlsplit(request.url or "").hostname or ""):
            options["proxies"] = {}
        return super().send(request, *args, **options)


def _pools(
    rules: HostRules, resolve: Resolve, connect: Callable[..., socket.socket]
) -> dict[str, type[HTTPConnectionPool]]:
    """Pools for both schemes whose connections know the rules."""

    def opened(connection: HTTPConnection, scheme: str) -> socket.socket:
        host = connection.host.lower().removesuffix(".")
        reason = rules.why_not(scheme, host, connection.port)
        if reason is not None:
            raise ImageRefused(host, reason, forbidden=True)
        return _dial(connection, addresses_of(host, connection.port, resolve), connect)

    class Plain(PromptConnection):
        def _new_conn(self) -> socket.socket:
            return _told(self, lambda: opened(self, "http"))

    class Secure(PromptSecureConnection):
        def _new_conn(self) -> socket.socket:
            return _told(self, lambda: opened(self, "https"))

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


def _dial(connection: HTTPConnection, addresses: list[str], connect: Callable[..., socket.socket]) -> socket.socket:
    """A connection to the first of these addresses that answers; they are literal, so nothing is resolved again."""
    for number, address in enumerate(addresses, start=1):
        try:
            return connect(
                (address, connection.port),
                connection.timeout,
                source_address=connection.source_address,
                socket_options=connection.socket_options,
            )
        except OSError:
            if number == len(addresses):
                raise
    raise AssertionError(addresses)  # pragma: no cover - there is at least one


def _told(connection: HTTPConnection, open_it: Callable[[], socket.socket]) -> socket.socket:
    """Errors as urllib3 tells them."""
    try:
        return open_it()
    except socket.gaierror as error:
        raise NameResolutionError(connection.host, connection, error) from error
    except TimeoutError as error:
        raise ConnectTimeoutError(connection, f"{connection.host}: no connection in time") from error
    except OSError as error:
        raise NewConnectionError(connection, f"{connection.host}: {error}") from error
