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
from pinplan.sandbox.pictures import Kind, Picture, encoded
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


@pytest.fixture
def painter(tmp_path: Path) -> Iterator[User]:
    """A person with new pictures in a folder without a board, and in one without a section."""
    world = World()
    board = world.create_board("Nature 自然")
    world.create_pin(board.id, (Picture(Kind.LANDSCAPE, 30, 600, 800),), title="Lake")
    with Sandbox(world, settings=SandboxSettings(lag=86_400)) as sandbox:
        user = User(tmp_path, sandbox)
        user.environment |= {"XDG_STATE_HOME": str(tmp_path / "state"), "XDG_DATA_HOME": str(tmp_path)}
        user.library()
        sandbox.clock.advance(90_000)
        config = '[sync]\nmode = "publish"\non_new_pin = "download"\n[network]\nretries = 0\n'
        (user.pins / "pinplan.toml").write_text(f"{config}[upload]\nown_content = true\nsettle_seconds = 0\n")
        yield user


def put(user: User, folder: str) -> None:
    place = user.pins / folder
    place.mkdir(parents=True)
    (place / "sunset.jpg").write_bytes(encoded(Picture(Kind.SHAPES, 70, 420, 300), "1200x"))
    user.types("plan", "-o", "undo.json")


def lose_place(user: User, on: str, *, stored: bool) -> str:
    fault = (
        Fault(kind=FaultKind.WRONG_LENGTH, on=on, keep=0) if stored else Fault(kind=FaultKind.STATUS, on=on, status=502)
    )
    user.sandbox.faults.set([fault])
    with opened(user.pins, user.sandbox, user.home / "state") as adapters:
        result = apply_plan(
            replace(adapters, clock=Hasty()), read_plan(user.pins / "undo.json"), ExecutorOptions(parallelism=1)
        )
    assert {"unconfirmed": 1} in result.ended.values()
    user.sandbox.faults.clear()
    return str(result.run)


PLACES = [("Birds", "POST /boards", "board"), ("Nature 自然/Birds", "POST /boards/*/sections", "section")]


@pytest.mark.promise("I29")
@pytest.mark.parametrize(("folder", "on", "thing"), PLACES)
def test_an_unconfirmed_board_is_reported_and_used_once_it_is_listed(painter, folder, on, thing):
    put(painter, folder)
    run = lose_place(painter, on, stored=True)
    said = painter.types("plan")
    assert f"the {thing} may have been created by action 0001 of run {run}" in said
    assert f"pinplan resolve {run} 0001 --is ID, or if nothing was created: pinplan" in said
    painter.sandbox.clock.advance(90_000)
    assert "1 to upload" in painter.types("plan", "-o", "plan.json")
    painter.types("apply", "plan.json")
    painter.sandbox.clock.advance(90_000)
    assert "No changes" in painter.types("plan", "--refresh", "full")
    assert posts(painter) == 2
    painter.types("audit", "verify")


@pytest.mark.promise("I29")
@pytest.mark.parametrize(("folder", "on", "thing"), PLACES)
def test_a_person_says_that_no_board_was_created(painter, folder, on, thing):
    put(painter, folder)
    run = lose_place(painter, on, stored=False)
    assert "no terminal is attached" in painter.types("resolve", run, "0001", "--none", code=8)
    assert "nothing was created" in painter.types("resolve", run, "0001", "--none", "--auto-approve")
    assert "there is none" in painter.types("resolve", run, "0001", "--none", "--auto-approve", code=64)
    painter.types("apply", "undo.json")
    painter.sandbox.clock.advance(90_000)
    assert "No changes" in painter.types("plan", "--refresh", "full")
    assert "resolved" in painter.types("audit", "show")


@pytest.mark.promise("I29")
@pytest.mark.parametrize(("folder", "on", "thing"), PLACES)
def test_a_person_names_the_board(painter, folder, on, thing):
    put(painter, folder)
    run = lose_place(painter, on, stored=True)
    world = painter.sandbox.world
    made = max({*world.boards, *(one for board in world.boards.values() for one in board.sections)}, key=int)
    problem = painter.types("resolve", run, "0001", "--is", "12345", "--auto-approve", code=64)
    assert f"{thing} 12345 does not exist on Pinterest" in problem
    if thing == "board":
        problem = painter.types("resolve", run, "0001", "--is", min(world.boards, key=int), "--auto-approve", code=64)
        assert "was there before anything was sent" in problem
    else:
        painter.sandbox.clock.advance(90_000)  # a single section can only be listed
        assert f"it is now listed as {made}" in painter.types(
            "resolve", run, "0001", "--none", "--auto-approve", code=64
        )
    assert f"{thing} {made} was created" in painter.types("resolve", run, "0001", "--is", made, "--auto-approve")
    painter.types("apply", "undo.json")
    painter.sandbox.clock.advance(90_000)
    assert "No changes" in painter.types("plan", "--refresh", "full")
    assert posts(painter) == 2
