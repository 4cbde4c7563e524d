"""The invariants about the config are judged as well: each catches a lie."""

from __future__ import annotations

from typing import Any

import pytest

from tests.adversary import config_invariants
from tests.adversary.invariants import INVARIANTS, judged
from tests.adversary.oracle import Seen
from tests.adversary.stage import Ran, Stage
from tests.adversary.test_oracle import Lie, delete, first, stage, truth
from tests.adversary.test_plan_oracle import path_of, planned

__all__ = ["stage"]


def config(stage: Stage, **tables: Any) -> None:
    stage.story.setup["config"] |= tables


def typo(how: str) -> Lie:
    def lie(stage: Stage, ran: Ran) -> None:
        config(stage, protect={"boards": ["Animals qqzz"]})
        ran.plan["findings"] = []
        if how == "finding":
            ran.argv = ("plan",)
        else:
            delete(stage, ran, first(ran))
            ran.after.trash["t"] = Seen("9", 1, 1)

    return lie


def left_out(how: str) -> Lie:
    def lie(stage: Stage, ran: Ran) -> None:
        config(stage, boards={"ignore_pins": [first(ran)]} if how == "pin" else {"exclude": ["Animals"]})
        ran.argv = ("plan",)
        planned(ran, kind="download")

    return lie


def protected(how: str) -> Lie:
    def lie(stage: Stage, ran: Ran) -> None:
        words = {"kind": {"kinds": ["delete_local"]}, "file": {"globs": ["*.jpg"]}, "pin": {"pins": [first(ran)]}}
        config(stage, protect=words[how])
        ran.argv = ("plan",)
        planned(ran, kind="delete_local", expect={"path": path_of(ran)})

    return lie


LIES: list[tuple[str, Lie]] = [
    ("typo-is-said:finding", typo("finding")),
    ("typo-is-said:check", typo("check")),
    ("left-out-untouched:pin", left_out("pin")),
    ("left-out-untouched:board", left_out("board")),
    ("protected-stays:kind", protected("kind")),
    ("protected-stays:file", protected("file")),
    ("protected-stays:pin", protected("pin")),
]


@pytest.mark.parametrize(("name", "lie"), LIES, ids=[name for name, _ in LIES])
def test_every_kind_of_lie_is_caught(stage, name, lie, monkeypatch):
    monkeypatch.setitem(stage.story.setup, "config", dict(stage.story.setup["config"]))
    ran = truth(stage)
    lie(stage, ran)
    assert name in {broken.name for broken in judged(stage, ran)}


def test_every_invariant_has_a_lie_that_it_catches():
    here = {name for name, one in INVARIANTS.items() if one.judge.__module__ == config_invariants.__name__}
    assert {name.partition(":")[0] for name, _ in LIES} == here
