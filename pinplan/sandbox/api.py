"""The routes of API v5 and of the image host."""

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

from pinplan.sandbox import bodies
from pinplan.sandbox.answers import account_answer, board_answer, page_answer, pin_answer, section_answer
from pinplan.sandbox.paging import page_of
from pinplan.sandbox.pictures import SIZES, TYPES, encoded
from pinplan.sandbox.problems import ApiProblem, authentication_failed, bad_request

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from starlette.requests import Request

    from pinplan.sandbox.world import Pin, World

    Handler = Callable[["Api", Request], Awaitable[tuple[int, bytes]]]

_PER_MINUTE = 1000
_DENIED = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>'
)


class Api:
    """Answers requests about one world.

    Attributes:
        images: the address of the image host, set once the port is known.
        requests: method and path of every API request, the newest last.
    """

    def __init__(self, world: World, token: str) -> None:
        """Let in who has the token."""
        self.world = world
        self.images = ""
        self.requests: deque[tuple[str, str]] = deque(maxlen=100_000)
        self._token = token
        self._numbers = itertools.count(1)
        self._minute = (0, 0)

    def app(self) -> Starlette:
        """The application."""
        routes = [Route(f"/v5{path}", self._guarded(handler), methods=[method]) for method, path, handler in _ROUTES]
        image = Route("/{size}/{a}/{b}/{c}/{name}", self._image, methods=["GET"])
        return Starlette(routes=[*routes, image], exception_handlers={404: self._nothing, 405: self._nothing})

    def _guarded(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        """Token, log, headers and errors, the same for all."""

        async def answer(request: Request) -> Response:
            self.requests.append((request.method, request.url.path))
            try:
                if request.headers.get("authorization") != f"Bearer {self._token}":
                    raise authentication_failed()
                status, body = await handler(self, request)
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
        picture = self.world.picture(signature)
        known = (*SIZES, "originals")
        if picture is None or size not in known or extension != picture.extension:
            return Response(_DENIED, 403, media_type="application/xml")
        data = await run_in_threadpool(encoded, picture.drawn, size)
        headers = {"etag": f'"{signature}-{size}"', "cache-control": "max-age=31536000"}
        return Response(data, 200, headers, media_type=TYPES[extension])

    def page(self, pins: Sequence[Pin], request: Request) -> tuple[int, bytes]:
        """A page of pins, which are given in the order of their making and listed the newest first."""
        page, bookmark = page_of(pins[::-1], lambda pin: pin.order, request.query_params)
        return 200, page_answer((pin_answer(pin, self.world, self.images) for pin in page), bookmark)


async def _account(api: Api, _request: Request) -> tuple[int, bytes]:
    return 200, account_answer(api.world)


async def _boards(api: Api, request: Request) -> tuple[int, bytes]:
    wanted = request.query_params.get("privacy", "ALL")
    kinds = {"ALL": None, "PUBLIC_AND_SECRET": ("PUBLIC", "SECRET")}.get(wanted, (wanted,))
    if kinds is not None and not set(kinds) <= {"PUBLIC", "PROTECTED", "SECRET"}:
        raise bad_request("privacy is not valid.")
    boards = [board for board in api.world.boards.values() if kinds is None or board.privacy in kinds]
    boards.sort(key=lambda board: -int(board.id))
    page, bookmark = page_of(boards, lambda board: int(board.id), request.query_params)
    return 200, page_answer((board_answer(board, api.images) for board in page), bookmark)


async def _create_board(api: Api, request: Request) -> tuple[int, bytes]:
    facts = bodies.board_facts(bodies.read_object(await request.body()), new=True)
    board = api.world.create_board(
        facts.get("name") or "", privacy=facts.get("privacy") or "PUBLIC", description=facts.get("description")
    )
    return 201, board_answer(board, api.images)


async def _board(api: Api, request: Request) -> tuple[int, bytes]:
    return 200, board_answer(api.world.board(request.path_params["board"]), api.images)


async def _update_board(api: Api, request: Request) -> tuple[int, bytes]:
    facts = bodies.board_facts(bodies.read_object(await request.body()), new=False)
    return 200, board_answer(api.world.update_board(request.path_params["board"], **facts), api.images)


async def _delete_board(api: Api, request: Request) -> tuple[int, bytes]:
    api.world.delete_board(request.path_params["board"])
    return 204, b""


async def _board_pins(api: Api, request: Request) -> tuple[int, bytes]:
    return api.page(api.world.board(request.path_params["board"]).pins, request)


async def _sections(api: Api, request: Request) -> tuple[int, bytes]:
    sections = sorted(api.world.board(request.path_params["board"]).sections.values(), key=lambda s: -int(s.id))
    page, bookmark = page_of(sections, lambda section: int(section.id), request.query_params)
    return 200, page_answer((section_answer(section) for section in page), bookmark)


async def _create_section(api: Api, request: Request) -> tuple[int, bytes]:
    name = bodies.read_object(await request.body()).get("name")
    if not isinstance(name, str):
        raise bad_request("name is required.")
    return 201, section_answer(api.world.create_section(request.path_params["board"], name))


async def _rename_section(api: Api, request: Request) -> tuple[int, bytes]:
    name = bodies.read_object(await request.body()).get("name")
    if not isinstance(name, str) or not name:
        raise bad_request("name is required.")
    names = request.path_params
    return 200, section_answer(api.world.rename_section(names["board"], names["section"], name))


async def _delete_section(api: Api, request: Request) -> tuple[int, bytes]:
    api.world.delete_section(request.path_params["board"], request.path_params["section"])
    return 204, b""


async def _section_pins(api: Api, request: Request) -> tuple[int, bytes]:
    names = request.path_params
    api.world.section(names["board"], names["section"])
    pins = [pin for pin in api.world.board(names["board"]).pins if pin.section_id == names["section"]]
    return api.page(pins, request)


async def _pins(api: Api, request: Request) -> tuple[int, bytes]:
    return api.page(sorted(api.world.pins.values(), key=lambda pin: pin.order), request)


async def _create_pin(api: Api, request: Request) -> tuple[int, bytes]:
    body = bodies.read_object(await request.body())
    where = bodies.place(body)
    board_id = where.get("board_id")
    if board_id is None:
        raise bad_request("board_id is required.")
    api.world.board(board_id)
    pictures = await run_in_threadpool(bodies.media_pictures, body, api.world)
    facts = {**bodies.pin_facts(body), "section_id": where.get("section_id")}
    return 201, pin_answer(api.world.create_pin(board_id, pictures, **facts), api.world, api.images)


async def _pin(api: Api, request: Request) -> tuple[int, bytes]:
    return 200, pin_answer(api.world.pin(request.path_params["pin"]), api.world, api.images)


async def _update_pin(api: Api, request: Request) -> tuple[int, bytes]:
    body = bodies.read_object(await request.body())
    pin = api.world.update_pin(request.path_params["pin"], **bodies.place(body), **bodies.pin_facts(body))
    return 200, pin_answer(pin, api.world, api.images)


async def _delete_pin(api: Api, request: Request) -> tuple[int, bytes]:
    api.world.delete_pin(request.path_params["pin"])
    return 204, b""


async def _save_pin(api: Api, request: Request) -> tuple[int, bytes]:
    where = bodies.place(bodies.read_object(await request.body()))
    board_id = where.get("board_id") or api.world.pin(request.path_params["pin"]).board_id
    pin = api.world.save_pin(request.path_params["pin"], board_id, where.get("section_id"))
    return 201, pin_answer(pin, api.world, api.images)


_ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/user_account", _account),
    ("GET", "/boards", _boards),
    ("POST", "/boards", _create_board),
    ("GET", "/boards/{board}", _board),
    ("PATCH", "/boards/{board}", _update_board),
    ("DELETE", "/boards/{board}", _delete_board),
    ("GET", "/boards/{board}/pins", _board_pins),
    ("GET", "/boards/{board}/sections", _sections),
    ("POST", "/boards/{board}/sections", _create_section),
    ("PATCH", "/boards/{board}/sections/{section}", _rename_section),
    ("DELETE", "/boards/{board}/sections/{section}", _delete_section),
    ("GET", "/boards/{board}/sections/{section}/pins", _section_pins),
    ("GET", "/pins", _pins),
    ("POST", "/pins", _create_pin),
    ("GET", "/pins/{pin}", _pin),
    ("PATCH", "/pins/{pin}", _update_pin),
    ("DELETE", "/pins/{pin}", _delete_pin),
    ("POST", "/pins/{pin}/save", _save_pin),
)
