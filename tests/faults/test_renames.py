"""A name is given before the old one is taken away: a death between the two leaves a file with two names. Every such moment is tried."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pinplan.adapters import PlanRequest
from pinplan.apply.executor import ExecutorOptions
from pinplan.pipeline import apply_plan, make_undo
from pinplan.sandbox import Sandbox, World
from tests.fakes import Crash
from tests.faults.account import after, agreed_library, change_here, changed_world, copied, opened, seen, show, two_way
from tests.worlds import EVERYTHING

CALLS = ("link", "unlink", "rename", "mkdir", "rmdir")


class Death:
    """Ends the process after the n-th call that changes a folder."""

    def __init__(self) -> None:
        self.count, self.at = 0, 0

    def after(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **options: Any) -> Any:
            result = call(*args, **options)
            self.count += 1
            if self.count == self.at:
                raise Crash
            return result

        return counted


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(World()) as running:
        yield running


@pytest.mark.promise("I14")
@pytest.mark.parametrize("undo", [False, True])
def test_a_death_after_any_change_of_a_folder_is_made_good(tmp_path: Path, sandbox, monkeypatch, undo):
    start = tmp_path / "start"
    agreed_library(start, sandbox, tmp_path / "state")
    show(sandbox, changed_world())
    change_here(start, sandbox.world)
    with opened(start, sandbox, tmp_path / "state") as adapters:
        plan = first = two_way(adapters, start)
        if undo:
            assert apply_plan(adapters, first).complete
            plan = make_undo(adapters, PlanRequest(policies=first.policies, allow=EVERYTHING))

    def world() -> World:
        return after(first) if undo else changed_world()

    def applied(library: Path, state: Path) -> bool:
        with opened(library, sandbox, state) as adapters:
            return apply_plan(adapters, plan, ExecutorOptions(parallelism=1)).complete

    death = Death()
    for name in CALLS:
        monkeypatch.setattr(os, name, death.after(getattr(os, name)))
    calm = copied(start, tmp_path / "calm")
    show(sandbox, world())
    death.count = 0
    assert applied(calm, tmp_path / "calm state")
    moments, expected = death.count, seen(calm, sandbox, tmp_path / "calm state")
    assert moments > 20
    for moment in range(1, moments + 1):
        death.at = 0
        library = copied(start, tmp_path / "library")
        show(sandbox, world())
        death.count, death.at = 0, moment
        with pytest.raises(Crash):
            applied(library, tmp_path / f"{moment}")
        death.at = 0
        assert applied(library, tmp_path / f"{moment}"), moment
        assert seen(library, sandbox, tmp_path / f"{moment}") == expected, moment
