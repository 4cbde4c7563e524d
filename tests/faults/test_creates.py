"""Answers are lost after pins were stored, and listings lag: nothing is created twice, and nothing is lost (I29). Over real sockets."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from threading import Event

import pytest
from msgspec.structs import replace

from pinplan.adapters import Adapters, PlanRequest
from pinplan.apply.executor import ExecutorOptions
from pinplan.config import load_config
from pinplan.errors import PlanUnbound
from pinplan.pipeline import apply_plan, make_plan, make_undo
from pinplan.plan.document import Plan, kind_of
from pinplan.policies.mode import Mode
from pinplan.sandbox import Clock, Fault, FaultKind, Sandbox, World
from pinplan.sandbox import Settings as SandboxSettings
from pinplan.sandbox.pictures import Kind, Picture
from pinplan.wiring.access import SystemClock
from pinplan.wiring.library_setup import init_library
from pinplan.wiring.open_library import request_of
from tests.faults.account import opened, show
from tests.worlds import EVERYTHING

TITLES = ("Short", "A title that is longer than Pinterest takes " * 4, "Same", "Same", "Two\nlines ")
LAG = 45.0
RUNS = 12


class Waiting(SystemClock):
    """A clock for which only the sandbox's time passes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def wait(self, seconds: float, stop: Event) -> None:
        self._clock.advance(seconds)


def account() -> World:
    world = World()
    board = world.create_board("Board")
    for number, title in enumerate(TITLES):
        shown = Picture(Kind.LANDSCAPE, 70 + (2 if title == "Same" else number), 1500, 1100)
        world.create_pin(board.id, (shown,), title=title[:100], description=f"{title} " * 9)
    world.create_pin(board.id, (Picture(Kind.SHAPES, 5, 400, 300),), title="Stays")
    return world


def two_way(adapters: Adapters, library: Path) -> Plan:
    flags = {"sync.mode": Mode.TWO_WAY.value, "dedupe.remove": "off"}
    return make_plan(adapters, request_of(load_config(library=library, flags=flags), allow=EVERYTHING))


def titles(world: World) -> Counter[str | None]:
    return Counter(pin.title for pin in world.pins.values())


@pytest.mark.promise("I29")
@pytest.mark.parametrize("seed", range(RUNS))
def test_under_lag_and_lost_answers_every_pin_comes_back_once(tmp_path, seed):
    dice = random.Random(seed)
    clock = Clock()
    lag = dice.choice((0.0, 5.0, LAG, 10 * LAG))
    with Sandbox(account(), clock=clock, settings=SandboxSettings(lag=lag)) as sandbox:
        library, state = tmp_path / "library", tmp_path / "state"
        init_library(library)
        with opened(library, sandbox, state) as adapters:
            assert apply_plan(adapters, two_way(adapters, library)).complete
        before = titles(sandbox.world)
        for path in library.rglob("*.jpg"):
            if "Stays" not in path.name:
                path.unlink()
        with opened(library, sandbox, state) as adapters:
            assert apply_plan(adapters, two_way(adapters, library), ExecutorOptions(parallelism=1)).complete
            clock.advance(20 * LAG)
            policies = two_way(adapters, library).policies
            undo = make_undo(adapters, PlanRequest(policies=policies, allow=EVERYTHING))
        assert Counter(map(kind_of, undo.actions)) == {"create_pin": len(TITLES)}
        show(sandbox, sandbox.world)
        sandbox.requests.clear()
        rules = [
            Fault(
                kind=FaultKind.WRONG_LENGTH, on="POST /pins", keep=0, after=dice.randrange(3), times=dice.randint(1, 3)
            )
        ]
        sandbox.faults.set(rules)
        for number in range(12):
            with opened(library, sandbox, state) as adapters:
                there = replace(adapters, clock=Waiting(clock))
                plan = undo if number % 2 == 0 or lag == 0 else two_way(there, library)
                assert {"create_pin"} >= set(map(kind_of, plan.actions)) - {"confirm_create", "download"}
                try:
                    result = apply_plan(there, plan, ExecutorOptions(parallelism=1))
                except PlanUnbound:  # another plan was applied since
                    undo = make_undo(there, PlanRequest(policies=undo.policies, allow=EVERYTHING), undo.undoes or None)
                    continue
            clock.advance(LAG * dice.random())
            if (result.complete or result.already_applied) and titles(sandbox.world) == before:
                break
        assert titles(sandbox.world) == before
        posts = [path for method, path in sandbox.requests if method == "POST" and path.endswith("/pins")]
        assert len(posts) == len(TITLES)
        clock.advance(20 * LAG)
        with opened(library, sandbox, state) as adapters:
            for _ in range(3):
                apply_plan(adapters, two_way(adapters, library), ExecutorOptions(parallelism=1))
            assert two_way(adapters, library).actions == ()
            assert adapters.state.creates.pending() == []
            assert adapters.state.audit.verify().breaks == ()
