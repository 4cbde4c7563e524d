"""What people type before they know pinplan: names from elsewhere, a second init, names of nothing."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest

from pinplan.cli.app import app
from pinplan.cli.commands import command_tree
from pinplan.cli.invocation import Invocation
from pinplan.cli.other_tools import ELSEWHERE
from tests.cli.test_looking_back import files, user  # noqa: F401 - a fixture


@pytest.mark.parametrize("word", sorted(ELSEWHERE))
def test_a_command_of_other_tools_points_to_ours(user, word):  # noqa: F811
    for further in ((), ("--all",), ("--all", "x")):
        assert f"Use: {Invocation().sentence(*ELSEWHERE[word])}" in user.types(word, *further, code=64)
    assert word not in getattr(command_tree(app), "commands", {})


def test_a_command_of_nobody_is_refused(user):  # noqa: F811
    assert "No such command 'frobnicate'" in user.types("frobnicate", code=64)


def test_the_library_may_be_named_below_the_home_folder(user):  # noqa: F811
    user.types("init", str(user.pins), cwd=user.home)
    user.types("status", cwd=user.home, PINPLAN_LIBRARY="~/Pins")
    user.types("status", cwd=user.home, PINPLAN_CONFIG="~/Pins/pinplan.toml")
    user.types("status", "--library=~/Pins", cwd=user.home)
    assert "no such home folder" in user.types("status", "--library=~nobody-at-all/Pins", cwd=user.home, code=64)


def test_a_second_init_changes_nothing(user):  # noqa: F811
    user.types("init", str(user.pins), cwd=user.home)
    (user.pins / "pinplan.toml").write_text("# mine\n")
    before = {path: path.read_bytes() for path in user.pins.rglob("*") if path.is_file()}
    assert "already a library" in user.types("init", str(user.pins))
    assert "already a library" in user.types("init")
    assert before == {path: path.read_bytes() for path in user.pins.rglob("*") if path.is_file()}
    (user.pins / ".pinplan" / "library.json").write_bytes(b"{")
    user.types("init", str(user.pins), code=7)


def test_names_of_nothing(user):  # noqa: F811
    user.library()
    assert "nope: no such pin or file" in user.types("explain", "nope", code=64)
    user.types("explain", "nope", "--json", code=64)
    # Typed in another encoding than UTF-8.
    assert "no such pin or file" in user.types("explain", "caf\udce9", code=64)
    user.types("explain", next(name for name in files(user) if name.endswith(".jpg")))
    said = user.types("find", "nothing is called so")
    assert "“nothing is called so”: 0 matches. (Searched Pinterest and" in said


@pytest.mark.promise("I22")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_while_the_program_still_loads_ends_it_like_any_other(user, number):  # noqa: F811
    late = "import sys; sys.argv = ['pinplan', '--version']; sys.meta_path.insert(0, type('Late', (), {'find_spec': staticmethod(find)}))"
    find = f"def find(name, *_):\n if name == 'pinplan.cli.app': os.kill(os.getpid(), {int(number)})\n"
    code = f"import os\n{find}{late}\nfrom pinplan.cli import main\nmain()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "Interrupted.\n")


@pytest.mark.parametrize("words", [("plan", "--nope"), ("frobnicate",), ("login",), ("resolve",)])
def test_a_command_line_that_nobody_understands_is_an_error_for_programs_too(user, words):  # noqa: F811
    *_, last = user.run([*words, "--json"], user.home, user.environment).stdout.splitlines()
    assert json.loads(last)["type"] == "error"
    assert json.loads(last)["exit_code"] == 64
    alone = json.loads(user.run([*words, "--json", "-q"], user.home, user.environment).stdout)
    assert (alone["format"], alone["exit_code"]) == ("pinplan.error", 64)
