"""SIGKILL at any moment (I14): the plan is applied again, and the world is that of a run that nobody disturbed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pinplan.adapters import PlanRequest
from pinplan.apply.executor import ExecutorOptions
from pinplan.pipeline import apply_plan, make_undo
from pinplan.plan.document import Plan, kind_of
from pinplan.records.plan_file import write_plan
from pinplan.sandbox import Sandbox, World
from tests.faults.account import (
    after,
    agreed_library,
    change_here,
    changed_world,
    copied,
    opened,
    resolve_what_is_not_there,
    seen,
    show,
    two_way,
)
from tests.thorough import times
from tests.worlds import EVERYTHING

POINTS = times(115, 36)
"""Moments tried for a plan, and as many for an undo."""
DEATHS = POINTS * 9 // 10
ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")


class Runner:
    """A process that applies plans in forks of itself."""

    def __init__(self, sandbox: Sandbox, home: Path) -> None:
        self.sandbox, self.home = sandbox, home
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.runner"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def apply(
        self, library: Path, plan: Path, state: Path, kill_at: int | None = None, decisions: Path | None = None
    ) -> int:
        """Its exit code; moments are counted only where one is named, 0 for none of them."""
        assert self.process.stdin
        assert self.process.stdout
        request = {
            "library": str(library),
            "plan": str(plan),
            "state": str(state),
            "url": self.sandbox.url,
            "kill_at": kill_at,
            "watched": kill_at is not None,
            "count": str(self.home / "count"),
            "decisions": None if decisions is None else str(decisions),
        }
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def close(self) -> None:
        self.process.communicate(timeout=10)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(World()) as running:
        yield running


@pytest.fixture
def runner(sandbox: Sandbox, tmp_path: Path) -> Iterator[Runner]:
    made = Runner(sandbox, tmp_path)
    yield made
    made.close()


def prepared(home: Path, sandbox: Sandbox) -> Plan:
    """A library with something to do for every kind of action, and the plan."""
    library = home / "start"
    agreed_library(library, sandbox, home / "state")
    show(sandbox, changed_world())
    change_here(library, sandbox.world)
    with opened(library, sandbox, home / "state") as adapters:
        plan = two_way(adapters, library)
    write_plan(plan, home / "plan.json")
    return plan


def points(total: int) -> list[int]:
    """As many moments as are wanted, spread evenly; each of them if there are fewer."""
    wanted = min(POINTS, total)
    return sorted({1 + (total - 1) * n // (wanted - 1) for n in range(wanted)})


def sweep(home: Path, sandbox: Sandbox, runner: Runner, start: Path, world: Any) -> int:
    """Kill at every point; how many deaths there were."""
    calm = copied(start, home / "calm library")
    show(sandbox, world())
    assert runner.apply(calm, home / "plan.json", home / "calm", kill_at=0) == 0
    expected = seen(calm, sandbox, home / "calm")
    moments = points(int((home / "count").read_text()))
    deaths = 0
    for moment in moments:
        state = home / f"state-{moment}"
        library = copied(start, home / "library")
        show(sandbox, world())
        died = runner.apply(library, home / "plan.json", state, kill_at=moment) == -9
        assert died or moment > 0.9 * moments[-1], (
            f"moment {moment}"
        )  # how often a socket is read is never quite the same
        deaths += died
        with opened(library, sandbox, state) as adapters:
            resolve_what_is_not_there(adapters, sandbox.world)
        assert runner.apply(library, home / "plan.json", state) == 0, f"moment {moment}"
        assert seen(library, sandbox, state) == expected, f"moment {moment}"
    return deaths


@pytest.mark.promise("I14")
@pytest.mark.promise("I22")
@pytest.mark.promise("I25")
def test_a_plan_of_every_kind_survives_sigkill_at_any_moment(tmp_path, sandbox, runner):
    plan = prepared(tmp_path, sandbox)
    kinds = {kind_of(action) for action in plan.actions}
    expected = {
        "download",
        "copy_local",
        "move_local",
        "rebind",
        "adopt",
        "replace",
        "delete_local",
        "delete_remote",
        "dedupe",
        "upload",
        "upload_carousel",
        "upload_video",
    }
    places = {"rename_board", "rename_section", "create_board", "create_section"}
    assert kinds == expected | {"forget", "relocate", "move_remote"} | places
    assert sweep(tmp_path, sandbox, runner, tmp_path / "start", changed_world) >= DEATHS
    with opened(tmp_path / "library", sandbox, tmp_path / "last") as adapters:
        assert two_way(adapters, tmp_path / "library").actions == ()


@pytest.mark.promise("I14")
@pytest.mark.promise("I23")
@pytest.mark.promise("I29")
def test_an_undo_survives_sigkill_at_any_moment(tmp_path, sandbox, runner):
    plan = prepared(tmp_path, sandbox)
    library = tmp_path / "start"

    with opened(library, sandbox, tmp_path / "state") as adapters:
        assert apply_plan(adapters, plan, ExecutorOptions(parallelism=1)).complete
    show(sandbox, after(plan))
    with opened(library, sandbox, tmp_path / "state") as adapters:
        undo = make_undo(adapters, PlanRequest(policies=plan.policies, allow=EVERYTHING))
    write_plan(undo, tmp_path / "plan.json")
    assert {
        "move_remote",
        "rename_board",
        "rename_section",
        "restore",
        "create_pin",
        "move_local",
        "rebind",
        "delete_local",
        "relocate",
    } <= {kind_of(action) for action in undo.actions}
    assert sweep(tmp_path, sandbox, runner, library, lambda: after(plan)) >= DEATHS
