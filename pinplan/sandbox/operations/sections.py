"""Sections of boards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.sandbox.problems import bad_request
from pinplan.sandbox.responses import page_answer, page_of, section_answer
from pinplan.sandbox.world import Section

if TYPE_CHECKING:
    from pinplan.sandbox.context import Call


async def list_all(call: Call) -> tuple[int, bytes]:
    """``GET /boards/{board_id}/sections``, newest first."""
    board = call.board(call.named("board_id"))
    sections = call.site.lag.listed(board.sections.values(), Section, "board_sections/list", board.id)
    sections.sort(key=lambda one: -int(one.id))
    page, bookmark = page_of(sections, lambda section: int(section.id), call.request.query_params)
    return 200, page_answer((section_answer(section) for section in page), bookmark)


async def create(call: Call) -> tuple[int, bytes]:
    """``POST /boards/{board_id}/sections``."""
    name = await _name(call)
    board = call.board_to_change(call.named("board_id"))
    section = call.world.create_section(board.id, name)
    call.site.lag.made(section)
    return 201, section_answer(section)


async def update(call: Call) -> tuple[int, bytes]:
    """``PATCH /boards/{board_id}/sections/{section_id}``."""
    name = await _name(call)
    board = call.board_to_change(call.named("board_id"))
    return 200, section_answer(call.world.rename_section(board.id, call.named("section_id"), name))


async def delete(call: Call) -> tuple[int, bytes]:
    """``DELETE /boards/{board_id}/sections/{section_id}``; its pins stay on the board."""
    board = call.board_to_change(call.named("board_id"))
    section = call.world.section(board.id, call.named("section_id"))
    call.world.delete_section(board.id, section.id)
    call.site.lag.deleted(section, board.id)
    return 204, b""


async def list_pins(call: Call) -> tuple[int, bytes]:
    """``GET /boards/{board_id}/sections/{section_id}/pins``."""
    board = call.board_of_pins(call.named("board_id"))
    section = call.world.section(board.id, call.named("section_id"))
    pins = call.listed_pins(board, "board_sections/list_pins")
    return call.page_of_pins([pin for pin in pins if pin.section_id == section.id])


async def _name(call: Call) -> str:
    name = (await call.body()).get("name")
    if not isinstance(name, str):
        raise bad_request("name is required.")
    return name
