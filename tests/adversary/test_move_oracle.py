"""The invariants about moves on Pinterest are judged as well: each catches a lie."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.adversary import move_invariants
from tests.adversary.invariants import INVARIANTS, judged
from tests.adversary.network import Write
from tests.adversary.stage import Ran, Stage
from tests.adversary.test_oracle import Lie, delete, first, stage, truth
from tests.adversary.test_plan_oracle import planned

__all__ = ["stage"]


def move(ran: Ran, *, to: str = "", **facts: Any) -> str:
    """The first pin is moved within its board, as planned; its board."""
    board = to or ran.before.pins[first(ran)].board
    target = {"board_id": board, "section_id": None}
    planned(ran, **({"kind": "move_remote", "target": target, "reason": "moved_here", "after": []} | facts))
    body = json.dumps({"board_id": board, "board_section_id": None}).encode()
    ran.writes.append(Write("PATCH", f"/v5/pins/{first(ran)}", body, 200, lost=False))
    return board


def goes_elsewhere(_stage: Stage, ran: Ran) -> None:
    move(ran, target={"board_id": "1", "section_id": None})


def is_deleted(stage: Stage, ran: Ran) -> None:
    move(ran)
    delete(stage, ran, first(ran))


def mirror_moves(stage: Stage, ran: Ran) -> None:
    move(ran)
    stage.story.setup["config"]["sync"] = {"mode": "mirror"}


def moves_to_others(stage: Stage, ran: Ran) -> None:
    stage.world.boards[move(ran)].owner = "somebody"


def moves_protected(stage: Stage, ran: Ran) -> None:
    move(ran)
    stage.story.setup["config"]["protect"] = {"pins": [first(ran)]}


def moves_into_what_is_left_out(stage: Stage, ran: Ran) -> None:
    name = stage.world.boards[move(ran)].name
    stage.story.setup["config"]["boards"] = {"exclude": [name]}


def makes_public(stage: Stage, ran: Ran) -> None:
    stage.world.boards[ran.before.pins[first(ran)].board].privacy = "SECRET"
    move(ran, to=stage.world.create_board("Shown").id)


def says_that_it_moved(stage: Stage, ran: Ran) -> None:
    move(ran, target={"board_id": stage.world.create_board("Never").id})


def rename(ran: Ran, name: str = "New", **facts: Any) -> str:
    """The board of the first pin is renamed, as planned."""
    board: str = ran.before.pins[first(ran)].board
    planned(ran, **({"kind": "rename_board", "new_name": name, "reason": "renamed_here", "after": []} | facts))
    ran.writes.append(Write("PATCH", f"/v5/boards/{board}", b'{"name": "New"}', 200, lost=False))
    return board


def renames_otherwise(_stage: Stage, ran: Ran) -> None:
    rename(ran, "Another")


def renames_boards_of_others(stage: Stage, ran: Ran) -> None:
    stage.world.boards[rename(ran)].owner = "somebody"


def mirror_renames(_stage: Stage, ran: Ran) -> None:
    rename(ran)
    ran.plan["policies"] = {"mode": "mirror"}


LIES: list[tuple[str, Lie]] = [
    ("moved-as-planned:elsewhere", goes_elsewhere),
    ("moved-as-planned:deleted", is_deleted),
    ("moves-may-be:mode", mirror_moves),
    ("moves-may-be:of-others", moves_to_others),
    ("moves-may-be:protected", moves_protected),
    ("moves-may-be:left-out", moves_into_what_is_left_out),
    ("public-is-said", makes_public),
    ("renamed-as-planned:elsewhere", renames_otherwise),
    ("renamed-as-planned:of-others", renames_boards_of_others),
    ("renamed-as-planned:mode", mirror_renames),
    ("moved-is-moved", says_that_it_moved),
]


@pytest.mark.parametrize(("name", "lie"), LIES, ids=[name for name, _ in LIES])
def test_every_kind_of_lie_is_caught(stage, name, lie, monkeypatch):
    monkeypatch.setitem(stage.story.setup, "config", dict(stage.story.setup["config"]))
    ran = truth(stage)
    lie(stage, ran)
    assert name in {broken.name for broken in judged(stage, ran)}


def test_a_move_as_planned_is_let_pass(stage):
    ran = truth(stage)
    move(ran)
    assert not {broken.name for broken in judged(stage, ran)} & {name for name, _ in LIES}


def test_every_invariant_has_a_lie_that_it_catches():
    here = {name for name, one in INVARIANTS.items() if one.judge.__module__ == move_invariants.__name__}
    assert {name.partition(":")[0] for name, _ in LIES} == here
