"""Whatever becomes of the standard streams, a command does what it was asked for, and its exit code is about that."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pinplan.cli.streams import steady
from pinplan.sandbox import Sandbox, World
from tests.cli.terminal import PINPLAN
from tests.cli.test_cli import User
from tests.faults.account import picture

FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is full")


def typed(user: User, words: str) -> tuple[int, str]:
    """Run pinplan in a shell; its own exit code, and what is still to be read."""
    command = f'"{PINPLAN}" {words}; exit ${{PIPESTATUS[0]}}'
    done = subprocess.run(
        ["bash", "-c", command], cwd=user.pins, env=user.environment, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr
    assert "bug" not in done.stderr
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[User]:
    """A library of which nothing is here yet."""
    world = World()
    board = world.create_board("Cats")
    for number in range(3):
        world.create_pin(board.id, (picture(number),), title=f"Cat {number}")
    with Sandbox(world) as sandbox:
        user = User(tmp_path, sandbox)
        user.types("init", str(user.pins), cwd=user.home)
        yield user


def is_applied(user: User) -> bool:
    return "No changes. Library and Pinterest agree." in user.types("plan")


@pytest.mark.promise("I14")
@pytest.mark.parametrize("reader", ["--json | head -1", "--json | true", "| true", "-v | head -1"])
def test_an_apply_goes_on_when_its_reader_goes_away(fresh, reader):
    code, _ = typed(fresh, f"apply --auto-approve {reader}")
    assert (code, is_applied(fresh)) == (0, True)


def test_its_exit_code_is_its_own(fresh):
    assert typed(fresh, "plan --detailed-exitcode | true")[0] == 2
    assert typed(fresh, "apply --no-input | true")[0] == 8


@FULL
@pytest.mark.promise("I14")
@pytest.mark.parametrize("option", ["", "--json", "--json -q"])
def test_a_full_disk_behind_the_output_is_an_error_and_stops_nothing(fresh, option):
    code, said = typed(fresh, f"apply --auto-approve {option} > /dev/full")
    assert (code, "standard output: No space left on device" in said) == (1, True)
    assert is_applied(fresh)
    assert typed(fresh, "plan -o - > /dev/full")[0] == 1
    assert typed(fresh, "--help > /dev/full")[0] == 1


@FULL
def test_nor_does_one_behind_the_messages(fresh):
    assert typed(fresh, "apply --auto-approve 2> /dev/full")[0] == 0
    assert is_applied(fresh)


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_streams_may_be_closed(fresh, closed):
    assert typed(fresh, f"apply --auto-approve {closed}")[0] == 0
    assert is_applied(fresh)
    assert typed(fresh, f"apply --no-input plan.json {closed}")[0] == 64


def test_what_a_library_left_for_a_closed_terminal_does_not_decide_the_exit_code(monkeypatch):
    ours, theirs = pty.openpty()
    stream = os.fdopen(theirs, "w")
    monkeypatch.setattr(sys, "stdout", stream)
    with steady():
        stream.write("left")
        os.close(ours)
    stream.close()  # as Python does at its end, which then exits with 120
