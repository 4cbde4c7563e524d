"""Few calls, as a user sees it: real processes, a real server that counts."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pinplan.sandbox import Clock, Fault, FaultKind, Sandbox, large_world
from tests.cli.terminal import PINPLAN
from tests.cli.test_cli import User


def user_of(tmp_path: Path, boards: int, pins: int) -> Iterator[User]:
    with Sandbox(large_world(boards, pins)) as sandbox:
        user = User(tmp_path, sandbox)
        user.types("init", str(user.pins), cwd=user.home)
        yield user


@pytest.fixture
def many(tmp_path: Path) -> Iterator[User]:
    """A hundred boards with a pin each."""
    yield from user_of(tmp_path, 100, 100)


@pytest.fixture
def some(tmp_path: Path) -> Iterator[User]:
    """Twelve boards with two pins each."""
    yield from user_of(tmp_path, 12, 24)


@pytest.fixture
def long(tmp_path: Path) -> Iterator[User]:
    """One board whose listing has eight pages."""
    yield from user_of(tmp_path, 1, 2000)


def calls_of(user: User, *words: str, code: int = 0) -> tuple[int, str]:
    before = len(user.sandbox.requests)
    said = user.types(*words, code=code)
    return len(user.sandbox.requests) - before, said


def remove_three(user: User) -> None:
    """One file each of three boards."""
    for number in (2, 3, 4):
        min((user.pins / f"Board {number:04d}").glob("*.jpg")).unlink()


def digest(said: str) -> str:
    found = re.search(r"sha256:[0-9a-f]{64}", said)
    assert found is not None
    return found[0]


def test_a_plan_with_nothing_changed_on_a_hundred_boards_costs_two_calls(many):
    first, _ = calls_of(many, "plan")
    again, said = calls_of(many, "plan")
    assert first >= 102
    assert again == 2
    assert "100 boards unchanged, from the cache" in said
    sandbox = many.sandbox.world
    sandbox.create_pin(sandbox.board_named("Board 0007").id, sandbox.pins_of("Board 0008")[0].pictures)
    assert calls_of(many, "plan")[0] == 3


@pytest.mark.parametrize(("minutes", "calls"), [(0, 3), (9, 3), (11, 2)])
def test_a_board_that_changed_a_moment_ago_is_listed_again_until_it_is_at_rest(some, minutes, calls):
    world = some.sandbox.world
    world.follow(Clock(lambda: time.time() - 60 * minutes))
    some.types("plan")
    assert calls_of(some, "plan")[0] == 2
    world.create_pin(world.board_named("Board 0007").id, world.pins_of("Board 0008")[0].pictures)
    assert calls_of(some, "plan")[0] == 3
    assert calls_of(some, "plan")[0] == calls


def test_everything_and_nothing_can_be_asked_for(some):
    first, _ = calls_of(some, "plan")
    full, said = calls_of(some, "plan", "--refresh", "full", "--json")
    none, offline = calls_of(some, "plan", "--refresh", "none")
    assert (full, none, "Plan: 24 to download" in offline) == (first, 0, True)
    assert digest(said) == digest(some.types("plan", "--json"))


def test_a_plan_says_what_applying_it_takes(some):
    some.types("apply", "--auto-approve")
    remove_three(some)
    said = some.types("plan", "--mode", "two-way", "-o", "plan.json")
    wanted = "Applying this takes about 7 API calls, images not counted (under a minute; on Trial access, 1,000 a day: 1 day)."
    assert wanted in said
    assert '"apply_calls":7' in some.types("plan", "--mode", "two-way", "--json")
    cost, _ = calls_of(some, "apply", "plan.json")
    assert cost == 7


def test_a_budget_ends_a_plan_and_the_next_day_goes_on(long):
    long.pins.joinpath("pinplan.toml").write_text("[network]\ndaily_calls = 6\n", "utf-8")
    cost, said = calls_of(long, "plan", "--json", code=3)
    assert cost == 6  # account, boards, four of eight pages
    assert "daily_calls) used up; resumes at" in said
    assert '"type":"paused"' in said
    cost, said = calls_of(long, "plan", code=3)
    assert (cost, "Run the same command again then" in said) == (0, True)
    long.pins.joinpath("pinplan.toml").write_text("", "utf-8")
    cost, said = calls_of(long, "plan")
    assert (cost, "Plan: 2000 to download" in said) == (
        2 + 4 + 1,
        True,
    )  # the other four pages, and the names of sections


def test_a_budget_ends_an_apply_between_two_actions(some):
    some.types("apply", "--auto-approve")
    remove_three(some)
    some.types("plan", "--mode", "two-way", "-o", "plan.json")
    spent = len(some.sandbox.requests)
    some.pins.joinpath("pinplan.toml").write_text(f"[network]\ndaily_calls = {spent + 4}\n", "utf-8")
    said = some.types("apply", "plan.json", code=3)
    assert "daily_calls) used up" in said
    assert (
        len(some.sandbox.world.pins) == 23
    )  # account, two calls for one pin, and one that does not suffice for another
    some.types("apply", "plan.json", code=3)
    assert len(some.sandbox.world.pins) == 23
    some.pins.joinpath("pinplan.toml").write_text("", "utf-8")
    some.types("apply", "plan.json")
    assert len(some.sandbox.world.pins) == 21


def test_a_plan_that_is_interrupted_goes_on(long):
    long.sandbox.faults.set([Fault(kind=FaultKind.SLOW, on="GET /boards/*/pins", page=4, seconds=3)])
    with subprocess.Popen(
        [PINPLAN, "plan"],
        cwd=long.pins,
        env=long.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        while sum(path.endswith("/pins") for _, path in long.sandbox.requests) < 4:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "run the same command again to resume" in said
    assert "Traceback" not in said
    long.sandbox.faults.set([])
    cost, said = calls_of(long, "plan")
    assert "Plan: 2000 to download" in said
    assert cost <= 2 + 5 + 1


def test_a_plan_that_is_killed_goes_on(long):
    long.sandbox.faults.set([Fault(kind=FaultKind.SLOW, on="GET /boards/*/pins", page=6, seconds=3)])
    with subprocess.Popen(
        [PINPLAN, "plan", "-q"], cwd=long.pins, env=long.environment, stdout=subprocess.DEVNULL
    ) as process:
        while sum(path.endswith("/pins") for _, path in long.sandbox.requests) < 6:
            time.sleep(0.02)
        process.kill()
    long.sandbox.faults.set([])
    cost, said = calls_of(long, "plan")
    assert (cost, "Plan: 2000 to download" in said) == (2 + 3 + 1, True)


def test_a_daily_quota_of_pinterest_is_not_waited_for(some):
    some.sandbox.faults.set([Fault(kind=FaultKind.RATE_LIMIT, on="GET /boards/*", after=6, retry_after=40_000)])
    began = time.monotonic()
    said = some.types("plan", code=3)
    assert time.monotonic() - began < 20
    assert "Pinterest API quota used up; resumes at" in said
    assert "incomplete: run the same command again then" in said
    some.sandbox.faults.set([])
    cost, said = calls_of(some, "plan")
    assert 6 < cost < 12
    assert "Plan: 24 to download" in said


def test_a_word_that_is_none_of_the_three_is_refused(some):
    assert "--refresh often: expected one of auto, full, none" in some.types("plan", "--refresh", "often", code=64)
    assert "nothing is in the cache yet" in some.types("plan", "--refresh", "none", code=64)
