"""The count of the day's calls: over all commands, by account, never one too few."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinplan.errors import QuotaSpent
from pinplan.records.calls import AHEAD, DailyCalls
from tests.worlds import SmallWorld


class FixedClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.present = datetime(2026, 1, 1, 22, 30, tzinfo=UTC)

    def now(self) -> datetime:
        return self.present


def spend(meter: DailyCalls, calls: int) -> int:
    """How many of so many calls were let through."""
    for made in range(calls):
        try:
            meter.spend()
        except QuotaSpent:
            return made
    return calls


@given(st.lists(st.tuples(st.integers(0, 60), st.booleans()), max_size=8), st.integers(1, 150))
def test_a_budget_holds_over_all_commands_of_a_day(commands, limit):
    """Commands that end count exactly; one that is killed counts up to a few too many, never one too few."""
    world = SmallWorld()
    clock = FixedClock()
    made = killed = 0
    for calls, kill in commands:
        meter = world.state.daily_calls(limit, clock)
        made += spend(meter, calls)
        if kill:
            killed += 1
        else:
            meter.close()
    counted = world.state.daily_calls(limit, clock).used_today()
    world.close()
    assert made <= limit
    assert made <= counted <= made + killed * (AHEAD - 1)


def test_the_next_day_begins_with_nothing_also_within_a_command(world):
    clock = FixedClock()
    meter = world.state.daily_calls(5, clock)
    assert spend(meter, 9) == 5
    with pytest.raises(QuotaSpent, match=r"budget of 5 API calls .* resumes at 2026-01-02 00:00 UTC") as caught:
        meter.require(1)
    assert caught.value.again_at == datetime(2026, 1, 2, tzinfo=UTC)
    clock.present += timedelta(hours=2)
    meter.require(5)
    assert spend(meter, 9) == 5
    meter.close()
    clock.present -= timedelta(hours=2)
    assert world.state.daily_calls(None, clock).used_today() == 5


def test_what_was_spent_before_the_account_was_known_counts(world):
    clock = FixedClock()
    with_nobody = DailyCalls(world.state._db, "", None, clock)
    spend(with_nobody, 7)
    with_nobody.close()
    for account, before in (("1", 7), ("2", 7)):
        meter = DailyCalls(world.state._db, account, 10, clock)
        assert meter.used_today() == before
        assert spend(meter, 9) == 3
        meter.close()


def test_a_call_is_required_before_it_is_made(world):
    meter = world.state.daily_calls(5, FixedClock())
    spend(meter, 3)
    meter.require(2)
    meter.require(0)
    with pytest.raises(QuotaSpent):
        meter.require(3)
    assert meter.used_today() == 3


def test_threads_share_a_budget(world):
    meter = world.state.daily_calls(100, FixedClock())
    with ThreadPoolExecutor(8) as pool:
        made = sum(pool.map(lambda _: spend(meter, 25), range(8)))
    assert made == 100
