"""What must hold where boards and sections are created for folders of the library."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.adversary.invariants import Found, invariant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.adversary.network import Write
    from tests.adversary.stage import Ran, Stage

CREATES_PLACE = ("create_board", "create_section")
PLANNED = "new:"


def real_id(stage: Stage, identity: str | None, board_id: str | None = None) -> str | None:
    """The id of a board or section that a plan names by a placeholder, once it is there; any other id as it is."""
    if identity is None or not identity.startswith(PLANNED):
        return identity
    board, _, section = identity.removeprefix(PLANNED).partition("/")
    named = (one.id for one in stage.world.boards.values() if one.name == board)
    found = board_id if board_id is not None and not board_id.startswith(PLANNED) else next(named, None)
    if not section or found is None:
        return found
    sections = stage.world.boards[found].sections.values() if found in stage.world.boards else ()
    return next((one.id for one in sections if one.name == section), None)


def _posts(ran: Ran) -> Iterator[tuple[Write, str, str]]:
    """Requests to create a board or section, each with the path and the name."""
    for write in ran.writes:
        if write.method == "POST" and (write.path == "/v5/boards" or write.path.endswith("/sections")):
            yield write, write.path, json.loads(write.body)["name"]


@invariant(
    "places-as-planned",
    "Boards and sections are created only as the plan says, secret where it says so, and only where the mode sends anything.",
)
def places_as_planned(stage: Stage, ran: Ran) -> Found:
    planned = {action["name"]: action for action in ran.actions if action["kind"] in CREATES_PLACE}
    mode = (ran.plan.get("policies") or {}).get("mode", "two-way")
    for write, path, name in _posts(ran):
        action = planned.get(name)
        if ran.plan and action is None:
            yield "elsewhere", f"POST {path} made {name}, which the plan does not name"
        if action is not None and json.loads(write.body).get("privacy") != action.get("privacy"):
            yield "privacy", f"POST {path} made {name} as {write.body!r}, the plan says {action.get('privacy')}"
        board = stage.world.boards.get(path.split("/")[3]) if path != "/v5/boards" else None
        if board is not None and board.owner != stage.world.account.username:
            yield "of-others", f"{board.owner}'s board {board.id} got the section {name}"
        if mode not in {"two-way", "publish"} and "override" not in stage.story.setup["config"]:
            yield "mode", f"{mode} created {name}"


@invariant("places-once", "No board and no section is created a second time while the first one is there.")
def places_once(stage: Stage, ran: Ran) -> Found:
    made: set[tuple[str, str]] = stage.notes.setdefault("made places", set())
    for write, path, name in _posts(ran):
        if write.status < 300:
            made.add((path, name))
        elif (path, name) in made and _is_there(stage, path, name):
            yield "", f"POST {path} was sent for {name}, which pinplan had made already"


def _is_there(stage: Stage, path: str, name: str) -> bool:
    if path == "/v5/boards":
        return any(board.name == name for board in stage.world.boards.values())
    board = stage.world.boards.get(path.split("/")[3])
    return board is not None and any(section.name == name for section in board.sections.values())


@invariant("places-are-filled", "No board and no section is planned for a folder to which nothing comes.")
def places_are_filled(_stage: Stage, ran: Ran) -> Found:
    needed = {name for action in ran.actions for name in action.get("requires", ())}
    for action in ran.actions:
        if action["kind"] in CREATES_PLACE and action["id"] not in needed:
            yield "", f"{action['address']} is to be created, and nothing needs it"
