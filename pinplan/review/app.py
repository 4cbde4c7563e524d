"""The review as a web application: the page, its images by action and number, and two POST endpoints."""

from __future__ import annotations

import asyncio
import gzip
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from pinplan.documents import decode_as
from pinplan.errors import PinplanError
from pinplan.review.page.document import document, policy
from pinplan.review.session import NotAccepted, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request
    from starlette.types import ASGIApp, Receive, Scope, Send

    from pinplan.actions import AnyAction
    from pinplan.review.guard import Guard
    from pinplan.review.page.model import PageModel
    from pinplan.review.session import Session, Summary
    from pinplan.review.thumbnails import FetchedImages

A = TypeVar("A")

IMAGE_THREADS = 3
"""Images are made in threads of their own: hundreds of them must not keep one decision from being saved."""
# Bytes. A decision takes about 20, so this holds those of the largest plans.
MAX_BODY = 4 * 1024 * 1024
# Edge in pixels, WebP quality: sharp at a card's 235 CSS pixels on a 2x screen.
THUMB = (480, 72)
# The same of an animated image on the stage, until it is played: hardly any is larger.
STILL = (2400, 90)
_HEADERS = {
    # The address holds the secret: it must not travel to Pinterest with a click on a pin's link.
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # No other page may hold a handle on this one, nor embed its images.
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Decisions change between loads, and nothing of the page should outlive the review on disk.
    "Cache-Control": "no-store",
}
# For images and error texts: an SVG or HTML file posing as an image can run nothing (I28: pin data is inert).
_NOTHING = "default-src 'none'; sandbox"


class Changes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body of ``/decide``: what is decided; empty to hear only what was decided elsewhere.

    Attributes:
        set: action → what is decided about it; may be empty.
        session: the review that the page's revision is of.
        since: that revision.
    """

    set: dict[str, Step]
    session: str = ""
    since: int = 0


class Finish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body of ``/finish``: empty."""


class FinishAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``/finish``.

    Attributes:
        file: the decisions file.
        command: what applies the plan with these decisions.
        sentence, tone: what it then does, and how grave that is.
    """

    file: str
    command: str
    sentence: str
    tone: str


class Review:
    """One review, as a web application.

    Attributes:
        summary: the result; None while the review is running.
    """

    def __init__(
        self,
        session: Session,
        pictures: FetchedImages,
        shrink: Callable[[bytes, str, int, int], bytes],
        for_browser: Callable[[bytes, str], tuple[str, bytes]],
        draw: Callable[[], PageModel],
        command: str,
        ended: Callable[[], None],
    ) -> None:
        """Assemble the application.

        Args:
            session: the decisions.
            pictures: where images come from.
            shrink: makes thumbnails.
            for_browser: converts formats that browsers cannot show.
            draw: makes the page model with the current decisions.
            command: the command that applies the plan.
            ended: called once the review is finished.
        """
        self.summary: Summary | None = None
        self._session, self._pictures, self._draw = session, pictures, draw
        self._shrink, self._for_browser = shrink, for_browser
        self._command, self._ended = command, ended
        self._actions: Mapping[str, AnyAction] = {action.id: action for action in session.plan.actions}
        self._images = ThreadPoolExecutor(IMAGE_THREADS, thread_name_prefix="image")
        # About 17 MB of thumbnails. Per instance: a module-level cache would keep the whole plan alive.
        self._small = lru_cache(maxsize=1000)(self._make_small)

    def app(self, guard: Guard) -> ASGIApp:
        """The application behind its guard."""
        routes = [
            Route("/", self._page),
            Route("/thumb/{action}/{number:int}", self._thumb),
            Route("/full/{action}/{number:int}", self._full),
            Route("/still/{action}/{number:int}", self._still),
            Route("/decide", self._decide, methods=["POST"]),
            Route("/finish", self._finish, methods=["POST"]),
        ]
        return _Guarded(Starlette(routes=routes, exception_handlers={404: _not_here, 405: _not_so}), guard)

    async def _page(self, request: Request) -> Response:
        # In a thread: while a large plan is drawn, images must still be served.
        page = await run_in_threadpool(self._drawn)
        headers = {**_HEADERS, "Content-Security-Policy": policy(served=True)}
        if "gzip" in request.headers.get("accept-encoding", ""):
            # The page of 10,000 actions has 13 MB, and often comes through an SSH tunnel.
            page = await run_in_threadpool(gzip.compress, page, 1)
            headers["Content-Encoding"] = "gzip"
        return Response(page, media_type="text/html; charset=utf-8", headers=headers)

    def _drawn(self) -> bytes:
        self._session.refresh()
        return b"".join(document(self._draw()))

    # -- images: by action and number, never by a path --------------------------------------------------------------

    async def _thumb(self, request: Request) -> Response:
        return await self._image(request, lambda id_, number: ("image/webp", self._small(id_, number)))

    async def _full(self, request: Request) -> Response:
        return await self._image(request, self._make_full)

    async def _still(self, request: Request) -> Response:
        return await self._image(request, lambda id_, number: ("image/webp", self._make_still(id_, number)))

    async def _image(self, request: Request, make: Callable[[str, int], tuple[str, bytes]]) -> Response:
        id_, number = request.path_params["action"], request.path_params["number"]
        action = self._actions.get(id_)
        # No path comes from the browser, so nothing outside the plan can be read (I16: only the library is read).
        if action is None or number >= len(action.views()):
            return _text("no such image in the plan", 404)
        try:
            media_type, data = await asyncio.get_running_loop().run_in_executor(self._images, make, id_, number)
        except PinplanError as error:
            return _text(getattr(error, "reason", str(error)), 404)
        # Unlike the page, an image does not change; scrolling back would fetch it again.
        headers = {**_HEADERS, "Content-Security-Policy": _NOTHING, "Cache-Control": "private, max-age=600"}
        return Response(data, media_type=media_type, headers=headers)

    def _make_small(self, id_: str, number: int) -> bytes:
        data = self._pictures.read(self._actions[id_], number, THUMB[0])
        return self._shrink(data, id_, *THUMB)

    def _make_still(self, id_: str, number: int) -> bytes:
        return self._shrink(self._pictures.read(self._actions[id_], number), id_, *STILL)

    def _make_full(self, id_: str, number: int) -> tuple[str, bytes]:
        return self._for_browser(self._pictures.read(self._actions[id_], number), id_)

    # -- deciding ---------------------------------------------------------------------------------------------------

    async def _decide(self, request: Request) -> Response:
        return await self._answer(
            request, Changes, lambda asked: self._session.change(asked.set, asked.session, asked.since)
        )

    async def _finish(self, request: Request) -> Response:
        def finish(_asked: Finish) -> FinishAnswer:
            summary = self._session.finish()
            self.summary = summary
            return FinishAnswer(
                file=str(self._session.path),
                command=self._command,
                sentence=summary.sentence,
                tone=summary.tone,
            )

        answer = await self._answer(request, Finish, finish)
        # Only after the answer is made: `ended` stops the server, and the page waits for this response.
        if self.summary is not None:
            self._ended()
        return answer

    async def _answer(self, request: Request, kind: type[A], work: Callable[[A], object]) -> Response:
        # A form on another site can post text/plain without a preflight, but not JSON.
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            return _text("expected JSON", 415)
        # Counted while reading: Content-Length may be missing or wrong.
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > MAX_BODY:
                return _text("request body too large", 413)
        try:
            asked = decode_as(bytes(body), kind)
            done = await run_in_threadpool(work, asked)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return _text(f"invalid request: {error}", 400)
        except NotAccepted as error:
            return _text(str(error), 409)
        except PinplanError as error:
            return _text(f"not saved: {error}", 500)
        return Response(msgspec.json.encode(done), media_type="application/json", headers=_HEADERS)


class _Guarded:
    """Runs the guard before anything else, and strips the secret from the path so that no other code sees it."""

    def __init__(self, app: ASGIApp, guard: Guard) -> None:
        self._app, self._guard = app, guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # WebSockets are not used; ASGI's lifespan events need no answer here.
        if scope["type"] != "http":
            return
        # HTTP/1.1 header bytes are ISO 8859-1 (RFC 9110, 5.5): this cannot fail.
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        problem = self._guard.problem(scope["method"], headers)
        first, slash, rest = scope["path"].removeprefix("/").partition("/")
        if problem is not None:
            await _text(problem, 403)(scope, receive, send)
        elif first == "open":
            await self._opened(rest)(scope, receive, send)
        elif slash and self._guard.knows(first):
            path = f"/{rest}"
            await self._app({**scope, "path": path, "raw_path": path.encode()}, receive, send)
        else:
            words = "the secret in the address is missing or wrong; open the link shown in the terminal"
            await _text(words, 403)(scope, receive, send)

    def _opened(self, word: str) -> Response:
        if self._guard.first_time(word):
            return RedirectResponse(self._guard.address, 303, _HEADERS)
        return _text("this link was already used; open the one shown in the terminal", 403)


def _text(words: str, status: int) -> Response:
    return PlainTextResponse(words, status, {**_HEADERS, "Content-Security-Policy": _NOTHING})


def _not_here(_request: Request, _error: Exception) -> Response:
    return _text("not found", 404)


def _not_so(_request: Request, _error: Exception) -> Response:
    return _text("method not allowed", 405)
