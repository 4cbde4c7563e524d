"""What must hold where pins are moved on Pinterest because their files were moved here."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.adversary.invariants import Found, invariant
from tests.adversary.place_invariants import real_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.adversary.stage import Ran, Stage

MOVE = "move_remote"
RENAMES = ("rename_board", "rename_section")


def _moves(ran: Ran) -> dict[str, dict[str, Any]]:
    """The planned moves, by pin."""
    return {action["pin_id"]: action for action in ran.actions if action["kind"] == MOVE}


def _sent(ran: Ran) -> Iterator[tuple[str, tuple[str, str | None]]]:
    """Pins that a request moved, each with board and section."""
    for write in ran.writes:
        body = json.loads(write.body) if write.method == "PATCH" and write.body else {}
        if write.path.startswith("/v5/pins/") and "board_id" in body and write.status < 300:
            yield write.path.rpartition("/")[2], (body["board_id"], body.get("board_section_id"))


def _target(stage: Stage, action: dict[str, Any]) -> tuple[str | None, str | None]:
    board_id = real_id(stage, action["target"]["board_id"])
    return board_id, real_id(stage, action["target"].get("section_id"), board_id)


@invariant("moved-as-planned", "A pin is moved only where the plan says, and it stays the same pin.")
def moved_as_planned(stage: Stage, ran: Ran) -> Found:
    planned = _moves(ran)
    for pin_id, place in _sent(ran):
        action = planned.get(pin_id)
        if ran.plan and (action is None or _target(stage, action) != place):
            yield "elsewhere", f"pin {pin_id} was moved to {place}, the plan says {action and _target(stage, action)}"
    deleted = {pin_id for pin_id, _ in ran.deleted}
    for pin_id in sorted(deleted & planned.keys()):
        yield "deleted", f"pin {pin_id} was to be moved, and was deleted"


@invariant("moves-may-be", "No pin is moved that the mode, the config or its owner forbids to move.")
def moves_may_be(stage: Stage, ran: Ran) -> Found:
    config = stage.story.setup["config"]
    # plan --mode: `mode-holds` judges what the plan may hold.
    mode = (ran.plan.get("policies") or config.get("sync", {})).get("mode", "archive")
    plain = "override" not in config
    me = stage.world.account.username
    protect = config.get("protect", {})
    excluded = config.get("boards", {}).get("exclude", ())
    undone = any(action.get("reason") == "undo" for action in ran.actions)
    for pin_id, place in _sent(ran):
        pin = ran.before.pins.get(pin_id)
        boards = [stage.world.boards.get(one) for one in (place[0], pin.board if pin else "")]
        known = [board for board in boards if board is not None]
        if plain and mode not in {"two-way", "publish"} and not undone:
            yield "mode", f"{mode} moved pin {pin_id}"
        if (pin is not None and pin.owner != me) or any(board.owner != me for board in known):
            yield "of-others", f"pin {pin_id} was moved, and it or its board is another's"
        if pin_id in protect.get("pins", ()) or any(board.name in protect.get("boards", ()) for board in known):
            yield "protected", f"the protected pin {pin_id} was moved, or one of a protected board"
        if any(board.name in excluded for board in known) and not undone:
            yield "left-out", f"pin {pin_id} was moved, and a board takes no part"


@invariant(
    "renamed-as-planned",
    "Boards and sections are renamed only as the plan says, and only where the mode sends anything.",
)
def renamed_as_planned(stage: Stage, ran: Ran) -> Found:
    planned = {action["board_id"]: action for action in ran.actions if action["kind"] in RENAMES}
    names = {(action["board_id"], action["new_name"]) for action in ran.actions if action["kind"] in RENAMES}
    for write in ran.writes:
        if write.method != "PATCH" or not write.path.startswith("/v5/boards/") or write.status >= 300:
            continue
        board_id, name = write.path.split("/")[3], json.loads(write.body).get("name")
        board = stage.world.boards.get(board_id)
        if ran.plan and (board_id, name) not in names:
            yield "elsewhere", f"{write.path} was renamed to {name}, the plan says {planned.get(board_id)}"
        if board is not None and board.owner != stage.world.account.username:
            yield "of-others", f"{board.owner}'s board {board_id} was renamed"
        mode = (ran.plan.get("policies") or {}).get("mode", "two-way")
        if mode not in {"two-way", "publish"} and "override" not in stage.story.setup["config"] and not _is_undo(ran):
            yield "mode", f"{mode} renamed {write.path}"


def _is_undo(ran: Ran) -> bool:
    return any(action.get("reason") == "undo" for action in ran.actions)


@invariant("public-is-said", "No picture of a secret board becomes public unless the plan says so.")
def public_is_said(stage: Stage, ran: Ran) -> Found:
    planned = _moves(ran)
    for pin_id, place in _sent(ran):
        pin = ran.before.pins.get(pin_id)
        source, target = stage.world.boards.get(pin.board if pin else ""), stage.world.boards.get(place[0])
        shown = source is not None and target is not None and source.privacy == "SECRET" != target.privacy
        if shown and ran.plan and not planned.get(pin_id, {}).get("becomes_public"):
            yield "", f"pin {pin_id} left a secret board, and the plan does not say that it becomes public"


@invariant("moved-is-moved", "What an apply says is moved on Pinterest is there.")
def moved_is_moved(stage: Stage, ran: Ran) -> Found:
    partly = any(option in ran.argv for option in ("--kinds", "--decisions")) or "declined" in ran.out
    if not ran.applies or ran.code != 0 or not ran.calm or partly or "Already applied" in ran.out:
        return
    for pin_id, action in _moves(ran).items():
        pin = ran.after.pins.get(pin_id)
        if pin is None or (pin.board, pin.section) != _target(stage, action):
            yield "", f"pin {pin_id} is not at {_target(stage, action)}"
