"""Limits: judged over the whole plan, tripped by everything, let through by a named figure only."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinplan.errors import ConfigError
from pinplan.policies.limits import Limit, parse_limit
from pinplan.policies.mode import Mode
from pinplan.reconcile.checks import parse_allowances
from tests.worlds import SmallWorld


def removed(world: SmallWorld, pins: int, gone: int, limit: str = "10%"):
    board = world.board("Board")
    made = [world.pin(board, f"{n}") for n in range(pins)]
    world.apply()
    for pin in made[:gone]:
        world.library.remove(world.path_of(pin))
    world.mode(Mode.TWO_WAY)
    return world.plan(allow={}, max_remote_deletes=limit)


@pytest.mark.promise("I4")
@pytest.mark.parametrize(
    ("pins", "gone", "passes"),
    [(40, 10, True), (40, 11, False), (200, 20, True), (200, 21, False), (3, 2, True), (3, 3, False), (1, 1, False)],
)
def test_ten_percent_or_ten_but_never_everything(world, pins, gone, passes):
    plan = removed(world, pins, gone)
    assert plan.applyable is passes
    assert len(plan.actions) == gone


def test_a_failed_check_names_figure_limit_and_the_way_on(world):
    failed = [check for check in removed(world, 40, 11).checks if check.status == "fail"]
    assert [check.figure for check in failed] == ["11/40", "11/40"]
    assert "[Board] 11 of 40 pins would be deleted on Pinterest (28 %, limit 10%)." in failed[0].message
    assert "--allow remote-deletes=11" in failed[0].message


def test_an_absolute_limit(world):
    assert not removed(world, 40, 3, "2").applyable


@given(
    st.integers(0, 10**6) | st.integers(0, 100).map(lambda n: f"{n}%") | st.floats(0, 100).map(lambda n: f"{n:.3f} %")
)
def test_a_limit_is_read_back_as_it_is_shown(value):
    limit = parse_limit(value)
    assert parse_limit(str(limit)).most(1000) == limit.most(1000)


@pytest.mark.parametrize("value", ["", "ten", "101%", "-1", -1, 1.5, True, None, "1e3%"])
def test_nonsense_limits_are_refused(value):
    with pytest.raises(ValueError, match="10%"):
        parse_limit(value)


def test_a_count_is_exact_and_a_share_leaves_a_few():
    assert Limit(count=0).most(1000) == 0
    assert Limit(percent=0).most(1000) == 10


def test_allowances_tell_all_problems_at_once():
    assert parse_allowances(["remote-deletes=12", "local-deletes=3"]) == {"remote-deletes": 12, "local-deletes": 3}
    with pytest.raises(ConfigError) as caught:
        parse_allowances(["remote=1", "local-deletes=x", "remote-deletes"])
    assert len(caught.value.problems) == 3
