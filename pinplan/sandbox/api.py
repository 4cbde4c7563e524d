"""The application: API v5 behind its guard, the authorize page, and the image host."""

from __future__ import annotations

import itertools
import time
from collections import deque
from typing import TYPE_CHECKING

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Route

from pinplan.sandbox.call import Call
from pinplan.sandbox.oauth import OAuth
from pinplan.sandbox.operations import OPERATIONS
from pinplan.sandbox.permissions import RULES
from pinplan.sandbox.pictures import SIZES, TYPES, encoded
from pinplan.sandbox.problems import ApiProblem

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from pinplan.sandbox.call import Site
    from pinplan.sandbox.operations import Operation
    from pinplan.sandbox.settings import Settings
    from pinplan.sandbox.tokens import Tokens

    Answering = Callable[[Request], Awaitable[tuple[int, bytes]]]

_PER_MINUTE = 1000
_DENIED = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>'
)


class Api:
    """Answers requests about one world.

    Attributes:
        requests: method and path of every API request, the newest last.
    """

    def __init__(self, site: Site, tokens: Tokens, settings: Settings) -> None:
        """``site`` is what there is to see; ``tokens`` says who is let in."""
        self._site = site
        self._tokens = tokens
        self._oauth = OAuth(settings, tokens, site.world.account.username)
        self.requests: deque[tuple[str, str]] = deque(maxlen=100_000)
        self._numbers = itertools.count(1)
        self._minute = (0, 0)

    def app(self) -> Starlette:
        """The application."""
        routes = [
            Route(f"/v5{one.path}", self._answered(self._guarded(one)), methods=[one.method]) for one in OPERATIONS
        ]
        routes += [
            Route("/v5/oauth/token", self._answered(self._oauth.token), methods=["POST"]),
            Route("/v5/oauth/token/revoke", self._answered(self._oauth.revoke), methods=["POST"]),
            Route("/oauth/", self._oauth.authorize, methods=["GET", "POST"]),
            Route("/oauth", self._oauth.authorize, methods=["GET", "POST"]),
            Route("/{size}/{a}/{b}/{c}/{name}", self._image, methods=["GET"]),
        ]
        return Starlette(routes=routes, exception_handlers={404: self._nothing, 405: self._nothing})

    def _guarded(self, operation: Operation) -> Answering:
        """Only for tokens that are good for the operation."""
        rule = RULES[operation.name]

        async def answer(request: Request) -> tuple[int, bytes]:
            access = self._tokens.access(request.headers.get("authorization"))
            access.follow(rule)
            return await operation.handler(Call(request, access, self._site))

        return answer

    def _answered(self, answering: Answering) -> Callable[[Request], Awaitable[Response]]:
        """Log, headers and errors, the same for all."""

        async def answer(request: Request) -> Response:
            self.requests.append((request.method, request.url.path))
            try:
                status, body = await answering(request)
            except ApiProblem as problem:
                status = problem.status
                body = msgspec.json.encode({"code": problem.code, "message": problem.message})
            return self._response(status, body)

        return answer

    def _response(self, status: int, body: bytes) -> Response:
        minute = int(time.monotonic() // 60)
        used = self._minute[1] + 1 if self._minute[0] == minute else 1
        self._minute = (minute, used)
        headers = {
            "x-pinterest-rid": f"{next(self._numbers):016d}",
            "x-ratelimit-limit": f'{_PER_MINUTE}, {_PER_MINUTE};w=60;name="org_read_app_id_user_id"',
            "x-ratelimit-remaining": str(max(0, _PER_MINUTE - used)),
            "x-ratelimit-reset": str(60 - int(time.monotonic() % 60)),
        }
        return Response(body, status, headers, media_type=None if status == 204 else "application/json")

    async def _nothing(self, _request: Request, _error: Exception) -> Response:
        return self._response(404, b'{"code":404,"message":"There is nothing under this address."}')

    async def _image(self, request: Request) -> Response:
        size, name = request.path_params["size"], request.path_params["name"]
        signature, _, extension = name.partition(".")
        picture = self._site.world.picture(signature)
        known = (*SIZES, "originals")
        if picture is None or size not in known or extension != picture.extension:
            return Response(_DENIED, 403, media_type="application/xml")
        data = await run_in_threadpool(encoded, picture.drawn, size)
        headers = {"etag": f'"{signature}-{size}"', "cache-control": "max-age=31536000"}
        return Response(data, 200, headers, media_type=TYPES[extension])
