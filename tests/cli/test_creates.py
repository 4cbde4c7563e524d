"""A create whose answer was lost, as a user meets it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from pinplan.apply.executor import ExecutorOptions
from pinplan.pipeline import apply_plan
from pinplan.records.plan_file import read_plan
from pinplan.sandbox import Fault, FaultKind, Sandbox, World
from pinplan.sandbox import Settings as SandboxSettings
from pinplan.sandbox.pictures import Kind, Picture
from tests.cli.test_cli import User
from tests.faults.account import opened
from tests.faults.runner import Hasty

LOST = Fault(kind=FaultKind.WRONG_LENGTH, on="POST /pins", keep=0)
REFUSED = Fault(kind=FaultKind.STATUS, on="POST /pins", status=502)


@pytest.fixture
def user(tmp_path: Path) -> Iterator[User]:
    """Somebody who has undone the delete of a pin, whose listing lags a day."""
    world = World()
    board = world.create_board("Nature 自然")
    for number in range(3):
        world.create_pin(board.id, (Picture(Kind.LANDSCAPE, 30 + number, 600, 800),), title=f"Pin {number}")
    with Sandbox(world, settings=SandboxSettings(lag=86_400)) as sandbox:
        user = User(tmp_path, sandbox)
        user.environment |= {"XDG_STATE_HOME": str(tmp_path / "state"), "XDG_DATA_HOME": str(tmp_path)}
        user.library()
        (user.pins / "pinplan.toml").write_text('[network]\nretries = 0\n[limits]\nmax_remote_deletes = "100%"\n')
        next((user.pins / "Nature 自然").glob("Pin 1*")).unlink()
        user.types("plan", "--mode", "two-way", "-o", "plan.json")
        user.types("apply", "plan.json")
        sandbox.clock.advance(90_000)
        user.types("undo", "-o", "undo.json")
        yield user


def lose(user: User, fault: Fault) -> tuple[str, str]:
    """Run and action of a create that is unconfirmed. Two minutes pass in no time."""
    user.sandbox.faults.set([fault])
    with opened(user.pins, user.sandbox, user.home / "state") as adapters:
        result = apply_plan(
            replace(adapters, clock=Hasty()), read_plan(user.pins / "undo.json"), ExecutorOptions(parallelism=1)
        )
    assert result.ended == {"create_pin": {"unconfirmed": 1}}
    user.sandbox.faults.clear()
    return str(result.run), "0001"


def posts(user: User) -> int:
    return [method for method, _ in user.sandbox.requests].count("POST")


def titles(user: User) -> list[str]:
    return sorted(pin.title or "" for pin in user.sandbox.world.pins.values())


@pytest.mark.promise("I29")
def test_an_unconfirmed_create_is_reported_looked_for_and_recorded(user):
    run, action = lose(user, LOST)
    said = user.types("plan")
    assert "unconfirmed (1)" in said
    assert f"pinplan resolve {run} {action} --is PIN, or if nothing was created: pinplan" in said
    assert "unconfirmed" in user.types("history", run)
    assert json.loads(user.types("history", run, "--json"))["actions"][0]["outcome"] == "unconfirmed"
    user.sandbox.clock.advance(90_000)
    said = user.types("plan", "-o", "plan.json")
    assert "1 to confirm as created" in said
    user.types("apply", "plan.json")
    assert "No changes" in user.types("plan")
    assert (posts(user), titles(user)) == (1, ["Pin 0", "Pin 1", "Pin 2"])
    user.types("audit", "verify")


@pytest.mark.promise("I29")
def test_applying_again_finds_it_and_says_what_is_left_to_do_while_it_does_not(user):
    lose(user, LOST)
    user.sandbox.clock.advance(90_000)
    user.types("apply", "undo.json")
    assert (posts(user), titles(user)) == (1, ["Pin 0", "Pin 1", "Pin 2"])


@pytest.mark.promise("I29")
def test_a_person_says_that_nothing_was_created(user):
    run, action = lose(user, REFUSED)
    said = user.types("resolve", run, action, "--none", code=8)
    assert "no terminal is attached" in said
    user.types("resolve", run, action, "--none", "--no-input", code=8)
    assert "nothing was created" in user.types("resolve", run, action, "--none", "--auto-approve")
    assert "has no unconfirmed create; there is none" in user.types(
        "resolve", run, action, "--none", "--auto-approve", code=64
    )
    assert "unconfirmed" not in user.types("plan")
    user.types("apply", "undo.json")
    assert titles(user) == ["Pin 0", "Pin 1", "Pin 2"]
    assert "resolved" in user.types("audit", "show")


@pytest.mark.promise("I29")
def test_a_person_names_the_pin(user):
    run, action = lose(user, LOST)
    world = user.sandbox.world
    made = max(world.pins, key=int)
    other = min(world.pins, key=int)
    for words, problem in (
        ((), "use either --is PIN or --none"),
        (("--is", made, "--none"), "use either --is PIN or --none"),
        (("--is", other), "was on its board before"),
        (("--is", "12345"), "pin 12345 does not exist"),
        (("--is", "x/../y"), "not a pin; give its id"),
    ):
        assert problem in user.types("resolve", run, action, *words, "--auto-approve", code=64)
    assert f"{run} {action}" in user.types("resolve", run, "0009", "--none", code=64)
    user.types("resolve", run, action, "--is", f"https://www.pinterest.com/pin/{made}/", "--auto-approve")
    user.types("plan", "-o", "plan.json")
    user.types("apply", "plan.json")
    assert len(list((user.pins / "Nature 自然").glob(f"*{made}*"))) == 1
    assert (posts(user), titles(user)) == (1, ["Pin 0", "Pin 1", "Pin 2"])


def test_none_looks_a_last_time(user):
    run, action = lose(user, LOST)
    user.sandbox.clock.advance(90_000)
    assert "it is now listed" in user.types("resolve", run, action, "--none", "--auto-approve", code=64)


def test_a_look_that_cannot_be_made_leaves_it_unconfirmed(user):
    run, action = lose(user, LOST)
    user.sandbox.faults.set([Fault(kind=FaultKind.STATUS, on="GET /boards/*/pins", status=503)])
    user.types("resolve", run, action, "--none", "--auto-approve", code=1)
    user.sandbox.faults.clear()
    assert "unconfirmed (1)" in user.types("plan")
