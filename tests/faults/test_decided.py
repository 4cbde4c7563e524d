"""SIGKILL at any moment of a run under decisions (I14): applied again it ends as if nobody had disturbed it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pinplan.actions import Dedupe
from pinplan.apply.executor import ExecutorOptions
from pinplan.config import load_config
from pinplan.pipeline import apply_plan, make_plan
from pinplan.plan.decisions import Choice, Decision, Decisions
from pinplan.plan.document import Plan, kind_of
from pinplan.records.decisions_file import write_decisions
from pinplan.records.plan_file import write_plan
from pinplan.sandbox import Sandbox, World
from pinplan.wiring.library_setup import init_library
from pinplan.wiring.open_library import request_of
from tests.faults.account import copied, opened, picture, seen, show
from tests.faults.test_sweep import runner, sandbox
from tests.worlds import EVERYTHING

__all__ = ["runner", "sandbox"]
POINTS = 24
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")


def world_with_twins(*, later: bool = True) -> World:
    """A board with a picture that is there twice, and one that is to be fetched; always the same, with the same ids."""
    world = World()
    board = world.create_board("Animals 動物")
    for number, title in ((1, "Cat"), (1, "Cat again"), (2, "Dog"), (3, "Fox")):
        world.create_pin(board.id, (picture(number),), title=title)
    if later:
        for number in (4, 5):
            world.create_pin(board.id, (picture(number),), title=f"New {number}")
    return world


def prepared(home: Path, sandbox: Sandbox) -> Plan:
    """A library, and a plan about it: two downloads, and a pair of duplicates."""
    library = home / "start"
    show(sandbox, world_with_twins(later=False))
    init_library(library)
    flags = {"dedupe.remove": "both"}
    request = request_of(load_config(library=library, flags=flags), allow=EVERYTHING)
    with opened(library, sandbox, home / "state") as adapters:
        assert apply_plan(adapters, make_plan(adapters, request), ExecutorOptions(parallelism=1)).complete
    show(sandbox, world_with_twins())
    with opened(library, sandbox, home / "state") as adapters:
        plan = make_plan(adapters, request)
    write_plan(plan, home / "plan.json")
    return plan


@pytest.mark.promise("I14")
@pytest.mark.promise("I21")
def test_a_swap_beside_a_declined_download_survives_sigkill_at_any_moment(tmp_path, sandbox, runner):
    plan = prepared(tmp_path, sandbox)
    assert [kind_of(action) for action in plan.actions] == ["download", "download", "dedupe"]
    verdicts = dict(zip((a.id for a in plan.actions), (Choice.SKIP, Choice.APPROVE, Choice.SWAP), strict=True))
    chosen = {name: Decision(verdict=verdict) for name, verdict in verdicts.items()}
    saved, decided = tmp_path / "plan.json", tmp_path / "decisions.json"
    write_decisions(Decisions(plan=plan.digest, decisions=chosen), decided)
    pair = plan.actions[2]
    assert isinstance(pair, Dedupe)

    calm = copied(tmp_path / "start", tmp_path / "calm library")
    assert runner.apply(calm, saved, tmp_path / "calm", 0, decided) == 0
    expected = seen(calm, sandbox, tmp_path / "calm")
    assert pair.keeper.pin.pin_id not in expected["pins"]
    assert pair.pin_id in expected["pins"]
    total = int((tmp_path / "count").read_text())
    deaths = 0
    for point in range(POINTS):
        moment = 1 + (total - 1) * point // (POINTS - 1)
        state = tmp_path / f"state-{moment}"
        library = copied(tmp_path / "start", tmp_path / "library")
        show(sandbox, world_with_twins())
        deaths += runner.apply(library, saved, state, moment, decided) == -9
        # Without its decisions: once the run is begun they are kept with it, before that they have to be given again.
        with opened(library, sandbox, state) as adapters:
            begun = adapters.state.runs()[-1].digest == plan.digest
        again = None if begun else decided
        assert runner.apply(library, saved, state, decisions=again) == 0, f"moment {moment}"
        assert seen(library, sandbox, state) == expected, f"moment {moment}"
    assert deaths >= POINTS * 0.8
