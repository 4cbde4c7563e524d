"""ASGI middleware that applies fault rules to requests and responses."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
import struct
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import msgspec
from starlette.datastructures import Headers

from pinplan.sandbox.faults import IMAGE, Asked, FaultKind
from pinplan.sandbox.responses import page_answer

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Awaitable, Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from pinplan.sandbox.faults import Counted, Fault, Faults

API = "/v5"
ASIDE = ("/oauth", "/oauth/", "/media-uploads/")
"""Consent page and upload target: neither API nor image host."""
_PIECES = 10
_MOST_BOOKMARKS = 100_000
_AFTER_THE_LAST = "YWZ0ZXI6MA"
"""A bookmark past the end, for listings of one page that need one."""
_CODES = {400: 1, 401: 2, 403: 29, 429: 8}
_PAGE = (
    b"<!DOCTYPE html>\n<html><head><title>Just a moment</title></head>"
    b"<body><h1>Checking your browser</h1></body></html>\n"
)


class _Listing(msgspec.Struct):
    """A page of a listing, with its items undecoded."""

    items: list[msgspec.Raw]
    bookmark: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete response."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    def with_body(self, body: bytes) -> Answer:
        """The response with another body and its Content-Length."""
        return replace(self, body=body).announcing(len(body))

    def announcing(self, length: int) -> Answer:
        """The response with this Content-Length, true or not."""
        others = tuple(header for header in self.headers if header[0].lower() != b"content-length")
        return replace(self, headers=(*others, (b"content-length", str(length).encode())))

    @property
    def usable(self) -> bool:
        """Whether it is a success with a body that can be spoilt."""
        return 200 <= self.status < 300 and bool(self.body)


def _answer(status: int, body: bytes, kind: str, **headers: str) -> Answer:
    named = tuple((name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items())
    return Answer(status, ((b"content-type", kind.encode()), *named), b"").with_body(body)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its connection."""

    scope: Scope
    receive: Receive
    send: Send

    async def say(self, answer: Answer) -> None:
        """Send a complete response."""
        await self.begin(answer)
        await self.send({"type": "http.response.body", "body": answer.body})

    async def begin(self, answer: Answer) -> None:
        """Send status and headers."""
        await self.send({"type": "http.response.start", "status": answer.status, "headers": list(answer.headers)})

    async def go_on(self, piece: bytes) -> None:
        """Send a part of the body; more follows."""
        await self.send({"type": "http.response.body", "body": piece, "more_body": True})

    async def pause(self, seconds: float) -> None:
        """Wait, or until the client disconnects."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._until_gone()

    async def hang_up(self, *, rudely: bool = False) -> None:
        """Close the connection early; ``rudely`` with a TCP reset."""
        transport = _transport(self.send)
        if transport is None:
            return  # the server closes a connection with an incomplete response by itself
        if rudely:
            _reset_on_close(transport)
            transport.abort()
        else:
            transport.close()
        # Until the server has noticed: otherwise it would log an error about the missing response.
        await self.pause(5)

    async def _until_gone(self) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            pass


def _transport(send: Send) -> asyncio.Transport | None:
    """The connection behind uvicorn's ``send``, a method of its RequestResponseCycle; ASGI itself cannot close one."""
    found = getattr(getattr(send, "__self__", None), "transport", None)
    return found if isinstance(found, asyncio.Transport) else None


def _reset_on_close(transport: asyncio.Transport) -> None:
    connection = transport.get_extra_info("socket")
    if connection is not None:
        # SO_LINGER with timeout 0 makes close() send RST instead of FIN.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class Pages:
    """The page numbers of bookmarks seen so far, by listing."""

    def __init__(self) -> None:
        """Start empty."""
        self._numbers: dict[tuple[str, str], int] = {}

    def number(self, scope: Scope) -> int | None:
        """The number of the requested page; None for an unknown bookmark."""
        listing, bookmark = _listing_of(scope)
        return self._numbers.get((listing, bookmark)) if bookmark else 1

    def remember(self, scope: Scope, answer: Answer) -> None:
        """Learn the bookmark in a response; a repeated one keeps its page number."""
        listing, bookmark = _listing_of(scope)
        page, number = _read_listing(answer), self.number(scope)
        if page is None or number is None or page.bookmark in {None, bookmark}:
            return
        # Oldest first: dicts keep insertion order.
        if len(self._numbers) >= _MOST_BOOKMARKS:
            del self._numbers[next(iter(self._numbers))]
        self._numbers[listing, str(page.bookmark)] = number + 1


def _listing_of(scope: Scope) -> tuple[str, str]:
    """The listing, with all other query parameters, and the bookmark."""
    query = dict(parse_qsl(scope["query_string"].decode("latin-1")))
    bookmark = query.pop("bookmark", "")
    return f"{scope['path']}?{sorted(query.items())}", bookmark


def _read_listing(answer: Answer) -> _Listing | None:
    try:
        return msgspec.json.decode(answer.body, type=_Listing) if answer.usable else None
    except msgspec.DecodeError:
        return None


class Misbehaving:
    """ASGI middleware; requests that match no rule pass untouched."""

    def __init__(self, app: ASGIApp, faults: Faults, log: deque[tuple[str, str]]) -> None:
        """Wrap ``app``; API requests that never reach it are added to ``log``."""
        self._app = app
        self._faults = faults
        self._log = log
        self._pages = Pages()
        self._numbers = itertools.count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif self._faults.armed:
            await self._watched(Exchange(scope, receive, send))
        else:
            await self._app(scope, receive, send)

    async def _watched(self, exchange: Exchange) -> None:
        asked = self._asked(exchange.scope)
        taken = self._faults.take(asked)
        if taken is not None:
            await self._misbehave(taken, exchange, asked)
        # Even untouched pages: a later rule may name the page that follows this bookmark.
        elif self._faults.counts_pages and asked.listing:
            answer = await self._inner(exchange)
            self._pages.remember(exchange.scope, answer)
            await exchange.say(answer)
        else:
            await self._app(exchange.scope, exchange.receive, exchange.send)

    def _asked(self, scope: Scope) -> Asked:
        path = scope["path"]
        # Faults may hit them by their path, but they are not API requests and are not logged.
        if path in ASIDE:
            return Asked(scope["method"], path)
        if path != API and not path.startswith(f"{API}/"):
            return Asked(IMAGE, path)
        asked = Asked(scope["method"], path.removeprefix(API).rstrip("/"))
        return asked._replace(page=self._pages.number(scope)) if self._faults.counts_pages and asked.listing else asked

    async def _misbehave(self, taken: Counted, exchange: Exchange, asked: Asked) -> None:
        fault = taken.fault
        instead = _INSTEAD.get(fault.kind)
        if instead is None:
            await self._spoil(taken, exchange, asked)
            return
        # Requests that never reach the application would otherwise be missing from `sandbox.requests`.
        if asked.method != IMAGE:
            self._log.append((exchange.scope["method"], exchange.scope["path"]))
        answer = instead(fault, exchange.scope)
        if answer is None:
            await exchange.hang_up(rudely=True)
        else:
            await exchange.say(self._numbered(answer))

    async def _spoil(self, taken: Counted, exchange: Exchange, asked: Asked) -> None:
        """Get the application's response, and send a changed one."""
        answer = await self._inner(exchange)
        spoil = _SPOIL.get(taken.fault.kind)
        spoilt = spoil(taken.fault, answer, exchange.scope) if spoil else answer
        if self._faults.counts_pages and asked.listing:
            self._pages.remember(exchange.scope, spoilt or answer)
        if spoilt is None:
            # `times` counts faults that happened, not requests that matched.
            self._faults.give_back(taken)
            await exchange.say(answer)
        else:
            await _SEND.get(taken.fault.kind, _plainly)(taken.fault, spoilt, exchange)

    async def _inner(self, exchange: Exchange) -> Answer:
        """The application's complete response, not sent yet."""
        messages: list[Message] = []

        async def catch(message: Message) -> None:
            messages.append(message)

        await self._app(exchange.scope, exchange.receive, catch)
        start, *rest = messages
        return Answer(start["status"], tuple(start["headers"]), b"".join(part.get("body", b"") for part in rest))

    def _numbered(self, answer: Answer) -> Answer:
        number = f"fault{next(self._numbers):011d}".encode()
        return replace(answer, headers=(*answer.headers, (b"x-pinterest-rid", number)))


# -- answers instead of the application's own ----------------------------------------------------------------------


def _problem(fault: Fault, status: int, message: str = "") -> Answer:
    code = _CODES.get(status, 12 if status >= 500 else status) if fault.code is None else fault.code
    # Always Pinterest's error schema: a bare status would test a proxy, not Pinterest.
    body = msgspec.json.encode({"code": code, "message": message or _phrase(status)})
    waits = {} if fault.retry_after is None else {"retry_after": str(fault.retry_after)}
    return _answer(status, body, "application/json", **waits)


def _phrase(status: int) -> str:
    if status >= 500:
        return "Something went wrong on our end. Sorry about that."
    try:
        return f"{HTTPStatus(status).phrase}."
    except ValueError:
        return "Request failed."


def _redirect(place: str, scope: Scope) -> Answer:
    """A redirect to the same path and query at another host."""
    query = scope["query_string"].decode("latin-1")
    path = scope["raw_path"].decode("latin-1") + (f"?{query}" if query else "")
    return _answer(302, b"", "text/plain", location=f"{scope['scheme']}://{place}{path}")


def _own_host(scope: Scope) -> str:
    host, port = scope.get("server") or ("127.0.0.1", 80)
    return Headers(scope=scope).get("host") or f"{host}:{port}"


_INSTEAD: dict[FaultKind, Callable[[Fault, Scope], Answer | None]] = {
    FaultKind.STATUS: lambda fault, _: _problem(fault, fault.status, fault.message or ""),
    FaultKind.RATE_LIMIT: lambda fault, _: _problem(fault, 429, "You have exceeded your rate limit. Try again later."),
    FaultKind.SPAM: lambda fault, _: _problem(fault, 429, "This request looked like spam and was blocked."),
    FaultKind.UNAUTHORIZED: lambda fault, _: _problem(fault, 401, "Authentication failed."),
    FaultKind.FORBIDDEN: lambda fault, _: _problem(fault, 403, "You are not permitted to access that resource."),
    FaultKind.HTML: lambda _, __: _answer(200, _PAGE, "text/html; charset=utf-8"),
    FaultKind.EMPTY: lambda _, scope: _answer(200, b"", _kind_asked_for(scope)),
    FaultKind.REDIRECT: lambda fault, scope: _redirect(fault.host or "", scope),
    FaultKind.REDIRECT_LOOP: lambda _, scope: _redirect(_own_host(scope), scope),
    FaultKind.RESET: lambda _, __: None,
}
"""None: reset the connection without a response."""


def _kind_asked_for(scope: Scope) -> str:
    return "application/json" if scope["path"].startswith(f"{API}/") else "image/jpeg"


# -- the application's own answers, spoilt -----------------------------------------------------------------------------


def _kept(fault: Fault, whole: int) -> int:
    return whole // 2 if fault.keep is None else min(fault.keep, whole)


def _short(fault: Fault, answer: Answer, _scope: Scope) -> Answer | None:
    page = _read_listing(answer)
    if page is None:
        return None
    return answer.with_body(page_answer(map(bytes, page.items[: _kept(fault, len(page.items))]), None))


def _repeated(_fault: Fault, answer: Answer, scope: Scope) -> Answer | None:
    page = _read_listing(answer)
    if page is None:
        return None
    # The requested bookmark itself: a client without a guard would list this page for ever.
    bookmark = _listing_of(scope)[1] or page.bookmark or _AFTER_THE_LAST
    return answer.with_body(page_answer(map(bytes, page.items), bookmark))


def _cut(fault: Fault, answer: Answer, _scope: Scope) -> Answer | None:
    return answer.with_body(answer.body[: _kept(fault, len(answer.body))]) if answer.usable else None


def _corrupt(_fault: Fault, answer: Answer, _scope: Scope) -> Answer | None:
    """Invert the middle tenth of the bytes."""
    if not answer.usable:
        return None
    body = bytearray(answer.body)
    start = len(body) * 9 // 20
    end = max(start + 1, len(body) * 11 // 20)
    body[start:end] = bytes(byte ^ 0xFF for byte in body[start:end])
    return answer.with_body(bytes(body))


def _wrong_length(fault: Fault, answer: Answer, _scope: Scope) -> Answer | None:
    """Announce the whole body, or one byte more if all of it is kept."""
    if not answer.usable:
        return None
    kept = _kept(fault, len(answer.body))
    return answer.with_body(answer.body[:kept]).announcing(max(len(answer.body), kept + 1))


_SPOIL: dict[FaultKind, Callable[[Fault, Answer, Scope], Answer | None]] = {
    FaultKind.SHORT: _short,
    FaultKind.REPEAT_BOOKMARK: _repeated,
    FaultKind.CUT_JSON: _cut,
    FaultKind.CUT_IMAGE: _cut,
    FaultKind.CORRUPT_IMAGE: _corrupt,
    FaultKind.WRONG_LENGTH: _wrong_length,
    FaultKind.LOST: lambda _, answer, __: answer if 200 <= answer.status < 300 else None,
}
"""None: nothing to spoil."""


async def _plainly(_fault: Fault, answer: Answer, exchange: Exchange) -> None:
    await exchange.say(answer)


async def _late(fault: Fault, answer: Answer, exchange: Exchange) -> None:
    await exchange.pause(fault.seconds)
    await exchange.say(answer)


async def _in_pieces(fault: Fault, answer: Answer, exchange: Exchange) -> None:
    await exchange.begin(answer)
    size = -(-len(answer.body) // _PIECES) or 1
    for start in range(0, size * _PIECES, size):
        await exchange.pause(fault.seconds / _PIECES)
        await exchange.go_on(answer.body[start : start + size])
    await exchange.send({"type": "http.response.body", "body": b""})


async def _incompletely(_fault: Fault, answer: Answer, exchange: Exchange) -> None:
    await exchange.begin(answer)
    await exchange.go_on(answer.body)
    await exchange.hang_up()


async def _not_at_all(_fault: Fault, _answer: Answer, exchange: Exchange) -> None:
    await exchange.hang_up(rudely=True)


_SEND: dict[FaultKind, Callable[[Fault, Answer, Exchange], Awaitable[None]]] = {
    FaultKind.SLOW: _late,
    FaultKind.SLOW_BODY: _in_pieces,
    FaultKind.WRONG_LENGTH: _incompletely,
    FaultKind.LOST: _not_at_all,
}
