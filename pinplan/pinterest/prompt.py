"""Connections on which the whole header of an answer must arrive within the time for one read.

The timeout of a socket holds for each read alone: a host that sends one byte of its header a minute would never be given up.
"""

from __future__ import annotations

import io
import time
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

if TYPE_CHECKING:
    import socket

    import requests
    from _typeshed import WriteableBuffer
    from urllib3.poolmanager import ProxyManager


class PromptAdapter(HTTPAdapter):
    """Gives up an answer whose header is not there in time, as one that never came."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - as HTTPAdapter has it
        """Have every pool make such connections."""
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **options: Any) -> ProxyManager:  # noqa: ANN401 - as HTTPAdapter has it
        """The same through a proxy; one that speaks SOCKS has pools of its own."""
        manager: ProxyManager = super().proxy_manager_for(proxy, **options)
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = _POOLS
        return manager


class _Trickles(TimeoutError):
    """A header has begun, and did not end in time."""


class _TimedReader(io.RawIOBase):
    """The bytes of a socket, read until a point in time, or without end once that is None."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock, self._each = sock, sock.gettimeout()
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
            raise _Trickles("the header of the answer did not arrive in time")
        self._sock.settimeout(left)
        try:
            count = self._raw.readinto(buffer)
            self._begun = self._begun or bool(count)
            return count
        except TimeoutError as error:
            raise _Trickles(str(error)) if self._begun else error from None
        finally:
            self._sock.settimeout(self._each)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _PromptResponse(HTTPResponse):
    """An answer whose header is read against the clock.

    Attributes:
        header_seconds: how long the header took.
    """

    header_seconds = 0.0

    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:  # noqa: ANN401 - as HTTPResponse has it
        super().__init__(sock, *args, **options)
        self.fp.close()
        self._timed = _TimedReader(sock)
        self.fp = io.BufferedReader(self._timed)

    def begin(self) -> None:
        since = time.monotonic()
        super().begin()
        self.header_seconds = time.monotonic() - since
        self._timed.until = None  # the body has limits of its own


class PromptConnection(HTTPConnection):
    """Such a connection without TLS."""

    response_class = _PromptResponse


class PromptSecureConnection(HTTPSConnection):
    """Such a connection with TLS."""

    response_class = _PromptResponse


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = PromptConnection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = PromptSecureConnection


_POOLS: dict[str, type[HTTPConnectionPool]] = {"http": _PlainPool, "https": _SecurePool}


def header_trickles(error: BaseException | None) -> bool:
    """Whether an answer was given up in the middle of its header: somebody is there, unlike where nothing came at all."""
    while error is not None and not isinstance(error, _Trickles):
        inner = next((one for one in error.args if isinstance(one, BaseException)), None)
        error = inner or error.__cause__ or error.__context__
    return error is not None


def header_seconds(answer: requests.Response) -> float:
    """How long its header took; 0 where that is not known."""
    return getattr(getattr(answer.raw, "_original_response", None), "header_seconds", 0.0)
