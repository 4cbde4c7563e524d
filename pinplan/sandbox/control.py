"""``/_sandbox/…``: change faults, time and tokens while the sandbox runs. For this machine only."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from pinplan.errors import ConfigError
from pinplan.sandbox.faults import parse_faults

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

    from pinplan.sandbox.faults import Faults
    from pinplan.sandbox.oauth import Tokens
    from pinplan.sandbox.world import Clock

    Knob = Callable[[Request], Awaitable[dict[str, object]]]

CONTROL = "/_sandbox"
_MOST_BYTES = 1_000_000
_MOST_SECONDS = 100 * 366 * 86_400


class _Advance(msgspec.Struct, forbid_unknown_fields=True):
    """Seconds to advance the clock by."""

    advance: Annotated[float, msgspec.Meta(ge=0, le=_MOST_SECONDS)]


class Control:
    """ASGI middleware that answers ``/_sandbox/…`` and passes all other requests on."""

    def __init__(self, app: ASGIApp, faults: Faults, clock: Clock, tokens: Tokens) -> None:
        """Wrap ``app``."""
        self._app = app
        self._faults = faults
        self._clock = clock
        self._tokens = tokens
        # No token: tests and people change faults while the API itself may refuse every token.
        self._knobs: dict[str, dict[str, Knob]] = {
            "faults": {"GET": self._rules, "PUT": self._set_rules, "DELETE": self._clear_rules},
            "clock": {"GET": self._time, "POST": self._advance},
            "tokens": {"DELETE": self._revoke},
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on."""
        path = scope.get("path", "")
        if scope["type"] != "http" or not (path == CONTROL or path.startswith(f"{CONTROL}/")):
            await self._app(scope, receive, send)
            return
        await (await self._answer(Request(scope, receive)))(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if not _from_here(request):
            return _message(403, "Accessible from this machine only.")
        knobs = self._knobs.get(request.url.path.removeprefix(f"{CONTROL}/"))
        if knobs is None:
            return _message(404, f"Not found; available: {', '.join(f'{CONTROL}/{name}' for name in self._knobs)}.")
        knob = knobs.get(request.method)
        if knob is None:
            return _message(405, f"Method not allowed; use {' or '.join(knobs)}.", allow=", ".join(knobs))
        try:
            return _json(200, await knob(request))
        except ConfigError as error:
            return _message(400, str(error))

    # -- faults --------------------------------------------------------------------------------------------------------

    async def _rules(self, _request: Request) -> dict[str, object]:
        return {"fault": [{**rule.as_table(), "fired": fired} for rule, fired in self._faults.counts()]}

    async def _set_rules(self, request: Request) -> dict[str, object]:
        self._faults.set(parse_faults(await _document(request), "body"))
        return await self._rules(request)

    async def _clear_rules(self, request: Request) -> dict[str, object]:
        self._faults.clear()
        return await self._rules(request)

    # -- time and tokens -----------------------------------------------------------------------------------------------

    async def _time(self, _request: Request) -> dict[str, object]:
        return {"now": round(self._clock.now(), 3), "ahead": self._clock.ahead}

    async def _advance(self, request: Request) -> dict[str, object]:
        try:
            wanted = msgspec.convert(await _document(request), _Advance)
        except msgspec.ValidationError as error:
            raise ConfigError([f'body: expected {{"advance": SECONDS}}, at least 0 ({error})']) from error
        self._clock.advance(wanted.advance)
        return await self._time(request)

    async def _revoke(self, _request: Request) -> dict[str, object]:
        self._tokens.revoke()
        return {"revoked": True}


async def _document(request: Request) -> object:
    """The body of a request, decoded. Raises `ConfigError`."""
    # Counted while it arrives: Content-Length may be missing or wrong.
    data = b""
    async for piece in request.stream():
        data += piece
        if len(data) > _MOST_BYTES:
            raise ConfigError([f"body: larger than {_MOST_BYTES} bytes"])
    try:
        return msgspec.json.decode(data)
    except (ValueError, RecursionError, msgspec.DecodeError) as error:
        raise ConfigError([f"body: not JSON: {error}"]) from error


def _message(status: int, message: str, **headers: str) -> Response:
    return _json(status, {"message": message}, **headers)


def _json(status: int, value: dict[str, Any], **headers: str) -> Response:
    return Response(msgspec.json.encode(value), status, headers, media_type="application/json")


def _from_here(request: Request) -> bool:
    """Whether a request comes from this machine and not from a web page with DNS rebinding (foreign Host)."""
    client = request.client.host if request.client else ""
    try:
        host = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    except ValueError:
        return False
    return _is_loopback(client) and (host == "localhost" or _is_loopback(host))


def _is_loopback(address: str) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    # A dual-stack socket reports 127.0.0.1 as ::ffff:127.0.0.1.
    inner = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return (inner or found).is_loopback
