"""Boards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.sandbox import requests
from pinplan.sandbox.context import SECRET
from pinplan.sandbox.problems import bad_request
from pinplan.sandbox.requests import wanted_of
from pinplan.sandbox.responses import board_answer, page_answer, page_of
from pinplan.sandbox.rules import BOARDS_WRITE_SECRET
from pinplan.sandbox.world import Board

if TYPE_CHECKING:
    from pinplan.sandbox.context import Call

_PRIVACY = {"PUBLIC", "PROTECTED", "SECRET"}


async def list_all(call: Call) -> tuple[int, bytes]:
    """``GET /boards``, newest first."""
    wanted = call.request.query_params.get("privacy", "ALL")
    kinds = {"ALL": _PRIVACY, "PUBLIC_AND_SECRET": {"PUBLIC", "SECRET"}}.get(wanted, {wanted})
    if not kinds <= _PRIVACY:
        raise bad_request("privacy is not valid.")
    seen = call.site.lag.listed(call.seen_boards(), Board, "boards/list")
    boards = [board for board in seen if board.privacy in kinds]
    boards.sort(key=lambda board: -int(board.id))
    page, bookmark = page_of(boards, lambda board: int(board.id), call.request.query_params)
    return 200, page_answer((board_answer(board, call.site.images) for board in page), bookmark)


async def create(call: Call) -> tuple[int, bytes]:
    """``POST /boards``."""
    body = await call.body()
    facts = requests.board_facts(body, new=True)
    _check_secrecy(call, facts.get("privacy"))
    board = call.world.create_board(
        facts.get("name") or "",
        privacy=facts.get("privacy") or "PUBLIC",
        description=facts.get("description"),
        ads_only=body.get("is_ads_only") is True,
    )
    call.site.lag.made(board)
    return 201, board_answer(board, call.site.images)


async def get(call: Call) -> tuple[int, bytes]:
    """``GET /boards/{board_id}``."""
    return 200, board_answer(call.board(call.named("board_id")), call.site.images)


async def update(call: Call) -> tuple[int, bytes]:
    """``PATCH /boards/{board_id}``."""
    facts = requests.board_facts(await call.body(), new=False)
    _check_secrecy(call, facts.get("privacy"))
    board = call.board_to_change(call.named("board_id"))
    return 200, board_answer(call.world.update_board(board.id, **facts), call.site.images, updated=True)


async def delete(call: Call) -> tuple[int, bytes]:
    """``DELETE /boards/{board_id}``, with all its pins."""
    board = call.board_to_change(call.named("board_id"))
    call.world.delete_board(board.id)
    call.site.lag.deleted(board)
    return 204, b""


async def list_pins(call: Call) -> tuple[int, bytes]:
    """``GET /boards/{board_id}/pins``, those in sections included."""
    board = call.board_of_pins(call.named("board_id"))
    return call.page_of_pins(
        wanted_of(call.listed_pins(board, "boards/list_pins"), call.request.query_params, call.world)
    )


def _check_secrecy(call: Call, privacy: str | None) -> None:
    if privacy == SECRET:
        call.access.require([BOARDS_WRITE_SECRET])
