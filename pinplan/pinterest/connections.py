"""Connections to allowed hosts and addresses only, with time limits for header and body.

Checking a name before the request is not enough: it may resolve to another address a moment later (DNS rebinding). The name is
resolved once, its addresses are checked, and one of them is connected to. A proxy resolves names itself; then only the
rules for hosts apply.

The timeout of a socket holds for each read alone: a host that sends one byte of its header a minute would never be given up.
"""

from __future__ import annotations

import io
import os
import socket
import time
from http.client import HTTPResponse
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import (
    ConnectTimeoutError,
    DecodeError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
)
from urllib3.util.connection import create_connection

from pinplan.errors import ConfigError, ImageRefused, UnexpectedAnswer
from pinplan.pinterest.hosts import HostRules, Resolve, addresses_of, is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from _typeshed import WriteableBuffer
    from urllib3.poolmanager import ProxyManager


class PromptAdapter(HTTPAdapter):
    """Limits the time for the whole response header, not for each read."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - as HTTPAdapter has it
        """Make pools with timed connections."""
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **options: Any) -> ProxyManager:  # noqa: ANN401 - as HTTPAdapter has it
        """The same through a proxy; SOCKS proxies have their own pools."""
        manager: ProxyManager = super().proxy_manager_for(proxy, **options)
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = _POOLS
        return manager


class _Trickles(TimeoutError):
    """The header began, but did not end in time."""


class _TimedReader(io.RawIOBase):
    """Reads a socket until a deadline; without one if ``until`` is None."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock, self._each = sock, sock.gettimeout()
        # Unbuffered: the BufferedReader around this class buffers, and must be the only one that does.
        self._raw = sock.makefile("rb", buffering=0)
        self.until = time.monotonic() + self._each if self._each is not None else None
        self._begun = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        if self.until is None:
            return self._raw.readinto(buffer)
        left = self.until - time.monotonic()
        if left <= 0:
            raise _Trickles("response header timed out")
        self._sock.settimeout(left)  # a socket timeout restarts with each byte, a deadline does not
        try:
            count = self._raw.readinto(buffer)
            self._begun = self._begun or bool(count)
            return count
        except TimeoutError as error:
            # Not a byte came: that is an ordinary timeout, which may be retried.
            raise _Trickles(str(error)) if self._begun else error from None
        finally:
            self._sock.settimeout(self._each)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _PromptResponse(HTTPResponse):
    """A response whose header has a deadline.

    Attributes:
        header_seconds: how long the header took.
    """

    header_seconds = 0.0

    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:  # noqa: ANN401 - as HTTPResponse has it
        super().__init__(sock, *args, **options)
        # http.client opened its own reader in __init__; only the reference count of the socket's file changes here.
        self.fp.close()
        self._timed = _TimedReader(sock)
        self.fp = io.BufferedReader(self._timed)

    def begin(self) -> None:
        since = time.monotonic()
        super().begin()
        self.header_seconds = time.monotonic() - since
        self._timed.until = None  # `read_whole` limits the body


class PromptConnection(HTTPConnection):
    """A timed connection without TLS."""

    response_class = _PromptResponse


class PromptSecureConnection(HTTPSConnection):
    """A timed connection with TLS."""

    response_class = _PromptResponse


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = PromptConnection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = PromptSecureConnection


_POOLS: dict[str, type[HTTPConnectionPool]] = {"http": _PlainPool, "https": _SecurePool}


def header_trickles(error: BaseException | None) -> bool:
    """Whether a response timed out inside its header: the host is alive, but too slow."""
    # requests and urllib3 wrap it up to three times, as an argument or as the context.
    while error is not None and not isinstance(error, _Trickles):
        inner = next((one for one in error.args if isinstance(one, BaseException)), None)
        error = inner or error.__cause__ or error.__context__
    return error is not None


def header_seconds(answer: requests.Response) -> float:
    """Seconds that the header took; 0 if unknown."""
    return getattr(getattr(answer.raw, "_original_response", None), "header_seconds", 0.0)


class GuardedAdapter(PromptAdapter):
    """Sends requests to allowed hosts only."""

    def __init__(
        self,
        rules: HostRules,
        *,
        pool_maxsize: int,
        resolve: Resolve = socket.getaddrinfo,
        connect: Callable[..., socket.socket] = create_connection,
    ) -> None:
        """Take the rules; ``resolve`` and ``connect`` are replaceable for tests."""
        self._rules = rules
        self._resolve = resolve
        self._connect = connect
        super().__init__(pool_connections=4, pool_maxsize=pool_maxsize)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - as HTTPAdapter has it
        """Make pools with guarded connections."""
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = _pools(self._rules, self._resolve, self._connect)

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:  # noqa: ANN401 - as HTTPAdapter has it
        """Check the address, then send; loopback bypasses proxies. Raises `ImageRefused` before anything is sent."""
        # Twice, here and in `opened`: with a proxy no connection to the host itself is ever opened here.
        self._rules.check(request.url or "")
        if is_loopback(urlsplit(request.url or "").hostname or ""):
            options["proxies"] = {}
        return super().send(request, *args, **options)


def _pools(
    rules: HostRules, resolve: Resolve, connect: Callable[..., socket.socket]
) -> dict[str, type[HTTPConnectionPool]]:
    """Pools for both schemes with guarded connections."""

    def opened(connection: HTTPConnection, scheme: str) -> socket.socket:
        host = connection.host.lower().removesuffix(".")
        # Again at connect time, on the host that is really connected to.
        reason = rules.why_not(scheme, host, connection.port)
        if reason is not None:
            raise ImageRefused(host, reason, forbidden=True)
        return _dial(connection, addresses_of(host, connection.port, resolve), connect)

    class Plain(PromptConnection):
        def _new_conn(self) -> socket.socket:
            return _translated(self, lambda: opened(self, "http"))

    class Secure(PromptSecureConnection):
        def _new_conn(self) -> socket.socket:
            return _translated(self, lambda: opened(self, "https"))

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


def _dial(connection: HTTPConnection, addresses: list[str], connect: Callable[..., socket.socket]) -> socket.socket:
    """Connect to the first address that answers; literal addresses are not resolved again."""
    for number, address in enumerate(addresses, start=1):
        try:
            return connect(
                (address, connection.port),
                connection.timeout,
                source_address=connection.source_address,
                socket_options=connection.socket_options,
            )
        except OSError:
            # The last error counts: earlier ones are often just IPv6 without a route.
            if number == len(addresses):
                raise
    raise AssertionError(addresses)  # pragma: no cover - there is at least one


def _translated(connection: HTTPConnection, open_it: Callable[[], socket.socket]) -> socket.socket:
    """Raise socket errors as those of urllib3, which requests knows."""
    try:
        return open_it()
    except socket.gaierror as error:
        raise NameResolutionError(connection.host, connection, error) from error
    except TimeoutError as error:
        raise ConnectTimeoutError(connection, f"{connection.host}: no connection in time") from error
    except OSError as error:
        raise NewConnectionError(connection, f"{connection.host}: {error}") from error


def apply_environment(session: requests.Session, url: str) -> None:
    """Read proxies and certificates from the environment once, not for each of a thousand requests.

    Loopback bypasses proxies: a proxy must not get a token for a local program (I27).

    Raises:
        ConfigError: REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE names a missing path.
    """
    settings = session.merge_environment_settings(url, {}, None, None, None)
    loopback = is_loopback(urlsplit(url).hostname or "")
    session.proxies = {} if loopback else settings["proxies"]
    session.verify = settings["verify"]
    session.trust_env = False  # otherwise requests reads .netrc and the environment for every request
    check_certificates()


def check_certificates() -> None:
    """Raises `ConfigError` for missing certificate files; requests would raise a bare `OSError` later."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        path = os.environ.get(name)
        if path:
            if not Path(path).exists():
                raise ConfigError([f"{name}={path}: no such file or folder; correct or unset it"])
            return  # requests reads the second only if the first is unset


MAX_BYTES = 64 * 1024 * 1024
"""Limit of a decoded response. A page of 250 pins is below 1 MB; a few kilobytes of gzip can expand to gigabytes."""
BYTES_PER_SECOND = 100_000
"""Minimum speed after the first ``timeout_seconds``."""
_CHUNK = 64 * 1024


def read_whole(
    answer: requests.Response, what: str, seconds: float, monotonic: Callable[[], float] = time.monotonic
) -> requests.Response:
    """Read and decode the whole body within limits of time and size.

    Args:
        answer: a response with ``stream=True``.
        what: names the request in errors.
        seconds: time for header and body, plus one second per 100 kB.
        monotonic: the clock; only differences count.

    Raises:
        UnexpectedAnswer: the body is larger than `MAX_BYTES`.
        requests.RequestException: connection lost, or too slow.
    """
    began, body = monotonic() - header_seconds(answer), bytearray()
    with answer:
        for chunk in _chunks(answer):
            body += chunk
            # Counted after decompression: a small Content-Length says nothing about a gzip bomb.
            if len(body) > MAX_BYTES:
                raise UnexpectedAnswer(f"{what}: response larger than {MAX_BYTES >> 20} MB")
            if monotonic() - began > seconds + len(body) / BYTES_PER_SECOND:
                raise requests.ReadTimeout("response timed out")
    answer.raw = io.BytesIO(body)  # `answer.content` reads from here
    return answer


def _chunks(answer: requests.Response) -> Iterator[bytes]:
    """Chunks as they arrive: a read of a fixed size would block on a body that trickles in."""
    try:
        while chunk := answer.raw.read1(_CHUNK, decode_content=True):
            yield chunk
    except ProtocolError as error:
        raise requests.exceptions.ChunkedEncodingError(error) from None
    except DecodeError as error:
        raise requests.exceptions.ContentDecodingError(error) from None
    except ReadTimeoutError as error:
        raise requests.ReadTimeout(error) from None
    except HTTPError as error:
        raise requests.exceptions.ConnectionError(error) from None
