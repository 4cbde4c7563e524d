"""The application: API v5 with authorisation and quotas, the consent page, and the image host."""

from __future__ import annotations

import itertools
from collections import deque
from typing import TYPE_CHECKING

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Route

from pinplan.sandbox.context import Call
from pinplan.sandbox.oauth import OAuth
from pinplan.sandbox.operations import OPERATIONS
from pinplan.sandbox.pictures import SIZES, TYPES, encoded
from pinplan.sandbox.problems import ApiProblem, rate_limited, restricted_feature, trial_refused
from pinplan.sandbox.quotas import Quotas, Tier
from pinplan.sandbox.requests import check_ad_account, read_form
from pinplan.sandbox.rules import RULES
from pinplan.sandbox.uploads import PATH, Received

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from pinplan.sandbox.context import Site
    from pinplan.sandbox.oauth import Tokens
    from pinplan.sandbox.operations import Operation
    from pinplan.sandbox.rules import Category
    from pinplan.sandbox.settings import Settings
    from pinplan.sandbox.world import Clock

    Answering = Callable[[Request], Awaitable[tuple[int, bytes]]]

# As S3 and CloudFront write it: Pinterest's image host answers 403 even for images that never existed.
_DENIED = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>'
)


class Api:
    """The application for one world.

    Attributes:
        requests: method and path of every API request, newest last.
    """

    def __init__(self, site: Site, tokens: Tokens, settings: Settings, clock: Clock) -> None:
        """Serve ``site`` to bearers of ``tokens``."""
        self._site = site
        self._tokens = tokens
        self._settings = settings
        self._quotas = Quotas(settings.tier, settings.limits, clock)
        self._oauth = OAuth(settings, tokens, site.world.account.username, self._spend)
        self.requests: deque[tuple[str, str]] = deque(maxlen=100_000)
        self._numbers = itertools.count(1)

    def app(self) -> Starlette:
        """The application."""
        routes = [
            Route(f"/v5{one.path}", self._answered(self._guarded(one)), methods=[one.method]) for one in OPERATIONS
        ]
        routes += [
            Route("/v5/oauth/token", self._answered(self._oauth.token), methods=["POST"]),
            Route(PATH, self._upload, methods=["POST"]),
            Route("/v5/oauth/token/revoke", self._answered(self._oauth.revoke), methods=["POST"]),
            # Outside /v5, as on www.pinterest.com; with and without the slash, as clients write both.
            Route("/oauth/", self._oauth.authorize, methods=["GET", "POST"]),
            Route("/oauth", self._oauth.authorize, methods=["GET", "POST"]),
            Route("/{size}/{a}/{b}/{c}/{name}", self._image, methods=["GET"]),
        ]
        # As Pinterest answers it: at once, where Starlette would redirect.
        boards = next(one for one in OPERATIONS if one.name == "boards/list")
        routes.append(Route("/v5/boards/", self._answered(self._guarded(boards)), methods=["GET"]))
        return Starlette(routes=routes, exception_handlers={404: self._nothing, 405: self._nothing})

    def _guarded(self, operation: Operation) -> Answering:
        """A handler that first checks token, quota and scopes."""
        rule = RULES[operation.name]

        async def answer(request: Request) -> tuple[int, bytes]:
            access = self._tokens.access(request.headers.get("authorization"))
            # After authentication, before the scopes: Pinterest counts refused calls, too.
            self._spend(request, rule.category)
            access.follow(rule)
            check_ad_account(request.query_params.get("ad_account_id"))
            if operation.name in self._settings.restricted:
                raise restricted_feature()
            if operation.name == "pins/create" and self._settings.tier is Tier.TRIAL:
                raise trial_refused()
            return await operation.handler(Call(request, access, self._site))

        return answer

    def _answered(self, answering: Answering) -> Callable[[Request], Awaitable[Response]]:
        """A route with log, headers and error bodies."""

        async def answer(request: Request) -> Response:
            self.requests.append((request.method, request.url.path))
            try:
                status, body = await answering(request)
            except ApiProblem as problem:
                status = problem.status
                body = msgspec.json.encode({"code": problem.code, "message": problem.message})
            return self._response(status, body, getattr(request.state, "quota", None))

        return answer

    def _spend(self, request: Request, category: Category) -> None:
        """Count a call, and keep its quota headers for the response. Raises `ApiProblem` 429/8."""
        standing = self._quotas.spend(category)
        request.state.quota = standing.headers
        if standing.exceeded:
            raise rate_limited()

    def _response(self, status: int, body: bytes, quota: dict[str, str] | None = None) -> Response:
        # Every response has a request id: support asks for it, and errors of pinplan quote it.
        headers = {"x-pinterest-rid": f"{next(self._numbers):016d}"} | (quota or self._quotas.standing().headers)
        return Response(body, status, headers, media_type=None if status == 204 else "application/json")

    async def _nothing(self, _request: Request, _error: Exception) -> Response:
        return self._response(404, b'{"code":404,"message":"Not found."}')

    async def _image(self, request: Request) -> Response:
        size, name = request.path_params["size"], request.path_params["name"]
        signature, _, extension = name.partition(".")
        picture = self._site.world.picture(signature)
        known = (*SIZES, "originals")
        if picture is None or size not in known or extension != picture.extension:
            return Response(_DENIED, 403, media_type="application/xml")
        # Drawing takes up to 100 ms: in the event loop it would stop all other requests.
        data = await run_in_threadpool(encoded, picture.drawn, size)
        headers = {"etag": f'"{signature}-{size}"', "cache-control": "max-age=31536000"}
        return Response(data, 200, headers, media_type=TYPES[extension])

    async def _upload(self, request: Request) -> Response:
        """Receive a video with the parameters issued for it; responds like S3, where Pinterest stores uploads."""
        received = Received()
        fields = await read_form(request.headers.get("content-type", ""), request.stream(), received.take)
        upload = self._site.uploads.expected(fields or {})
        if upload is None:
            return Response(_DENIED, 403, media_type="application/xml")
        received.becomes(upload)
        return Response(status_code=204)
