"""The invariants about boards and sections that are created are judged as well: each catches a lie."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.adversary import place_invariants
from tests.adversary.invariants import INVARIANTS, judged
from tests.adversary.network import Write
from tests.adversary.place_invariants import real_id
from tests.adversary.stage import Ran, Stage
from tests.adversary.test_oracle import Lie, stage, truth

__all__ = ["stage"]


def create(stage: Stage, ran: Ran, *, name: str = "Mine", privacy: str = "SECRET", **facts: Any) -> None:
    """A board is created as planned, for an upload that needs it."""
    create = {"id": "0001", "kind": "create_board", "name": "Mine", "privacy": "SECRET", "address": "Mine"} | facts
    needs = {"id": "0002", "kind": "upload", "requires": ["0001"]}
    ran.plan |= {"actions": [{"board_id": "new:Mine", "pin_id": "", **one} for one in (create, needs)]}
    ran.plan["policies"] = {"mode": "publish"}
    stage.world.create_board(name, privacy=privacy)
    body = json.dumps({"name": name, "privacy": privacy}).encode()
    ran.writes.append(Write("POST", "/v5/boards", body, 201, lost=False))


def another_name(stage: Stage, ran: Ran) -> None:
    create(stage, ran, name="Something else")


def public(stage: Stage, ran: Ran) -> None:
    create(stage, ran, privacy="PUBLIC")


def mirror_creates(stage: Stage, ran: Ran) -> None:
    create(stage, ran)
    ran.plan["policies"] = {"mode": "mirror"}


def in_a_board_of_others(stage: Stage, ran: Ran) -> None:
    board = stage.boards()[0]
    board.owner = "somebody"
    create(stage, ran)
    body = json.dumps({"name": "Mine"}).encode()
    ran.writes.append(Write("POST", f"/v5/boards/{board.id}/sections", body, 201, lost=False))


def twice(stage: Stage, ran: Ran) -> None:
    create(stage, ran)
    ran.writes.append(Write("POST", "/v5/boards", ran.writes[-1].body, 400, lost=False))


def section_twice(stage: Stage, ran: Ran) -> None:
    board = stage.boards()[0]
    stage.world.create_section(board.id, "Late")
    body, path = json.dumps({"name": "Late"}).encode(), f"/v5/boards/{board.id}/sections"
    ran.writes += [Write("POST", path, body, status, lost=False) for status in (201, 409)]


def for_nothing(stage: Stage, ran: Ran) -> None:
    create(stage, ran, id="0003")


LIES: list[tuple[str, Lie]] = [
    ("places-as-planned:elsewhere", another_name),
    ("places-as-planned:privacy", public),
    ("places-as-planned:mode", mirror_creates),
    ("places-as-planned:of-others", in_a_board_of_others),
    ("places-once", twice),
    ("places-once", section_twice),
    ("places-are-filled", for_nothing),
]


@pytest.mark.parametrize(("name", "lie"), LIES, ids=[lie.__name__ for _, lie in LIES])
def test_every_kind_of_lie_is_caught(stage, name, lie):
    ran = truth(stage)
    lie(stage, ran)
    assert name in {broken.name for broken in judged(stage, ran)}


def test_a_create_as_planned_is_let_pass(stage):
    ran = truth(stage)
    create(stage, ran)
    assert not {broken.name for broken in judged(stage, ran)} & {name for name, _ in LIES}


def test_placeholders_are_resolved_by_name(stage):
    board = stage.boards()[0]
    made = stage.world.create_board("Mine")
    late = stage.world.create_section(made.id, "Late")
    part = stage.world.create_section(board.id, "Part")
    assert real_id(stage, None) is None
    assert real_id(stage, board.id) == board.id
    assert real_id(stage, "new:Mine") == made.id
    assert real_id(stage, "new:Mine/Late") == late.id
    assert real_id(stage, f"new:{board.name}/Part", board.id) == part.id
    assert real_id(stage, "new:Nothing") is None
    assert real_id(stage, "new:Nothing/Late") is None


def test_every_invariant_has_a_lie_that_it_catches():
    here = {name for name, one in INVARIANTS.items() if one.judge.__module__ == place_invariants.__name__}
    assert {name.partition(":")[0] for name, _ in LIES} == here
