"""Pins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from pinplan.sandbox import requests
from pinplan.sandbox.media_source import shown_by
from pinplan.sandbox.problems import bad_request
from pinplan.sandbox.requests import protected_wanted, wanted_of

if TYPE_CHECKING:
    from pinplan.sandbox.context import Call


async def list_all(call: Call) -> tuple[int, bytes]:
    """``GET /pins``, over all boards."""
    query = call.request.query_params
    protected = protected_wanted(query)
    boards = (board for board in call.boards_of_seen_pins() if protected or board.privacy != "PROTECTED")
    pins = sorted((pin for board in boards for pin in call.listed_pins(board, "pins/list")), key=lambda pin: pin.order)
    return call.page_of_pins(wanted_of(pins, query, call.world))


async def create(call: Call) -> tuple[int, bytes]:
    """``POST /pins``."""
    body = await call.body()
    where = requests.place(body)
    board_id = where.get("board_id")
    if board_id is None:
        raise bad_request("board_id is required.")
    call.board_to_fill(board_id)
    # Decoding 20 MB of base64 would block the event loop.
    shown = await run_in_threadpool(shown_by, body, call.site)
    facts = {**requests.pin_facts(body, call.site.settings.texts), "section_id": where.get("section_id")}
    pin = call.world.create_pin(board_id, shown.pictures, video=shown.video is not None, **facts)
    if shown.video is not None:
        shown.video.pinned = True
    call.site.lag.made(pin)
    return call.one_pin(pin, 201)


async def get(call: Call) -> tuple[int, bytes]:
    """``GET /pins/{pin_id}``."""
    return call.one_pin(call.pin(call.named("pin_id")))


async def update(call: Call) -> tuple[int, bytes]:
    """``PATCH /pins/{pin_id}``: texts, board or section."""
    body = await call.body()
    where = requests.place(body)
    pin = call.pin_to_change(call.named("pin_id"))
    target = where.get("board_id")
    if target is not None:
        call.board_to_fill(target)
    return call.one_pin(call.world.update_pin(pin.id, **where, **requests.pin_facts(body, call.site.settings.texts)))


async def delete(call: Call) -> tuple[int, bytes]:
    """``DELETE /pins/{pin_id}``."""
    pin = call.pin_to_change(call.named("pin_id"))
    call.world.delete_pin(pin.id)
    call.site.lag.deleted(pin, pin.board_id)
    return 204, b""


async def save(call: Call) -> tuple[int, bytes]:
    """``POST /pins/{pin_id}/save``: a new pin whose parent is the saved one."""
    where = requests.place(await call.body())
    parent = call.pin(call.named("pin_id"))
    board = call.board_to_fill(where.get("board_id") or parent.board_id)
    pin = call.world.save_pin(parent.id, board.id, where.get("section_id"))
    call.site.lag.made(pin)
    return call.one_pin(pin, 201)
