"""A command loads what it needs: ``--help`` needs the commands and their options, and nothing of what they do."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping

import pytest

from tests.cli.test_cli import User, user  # noqa: F401 - a fixture

ERRORS = {"pinplan", "pinplan.errors", "pinplan.errors.base", "pinplan.errors.remote"}
OF_HELP = ERRORS | {"pinplan.errors.suggestions", "pinplan.model", "pinplan.model.times"}
"""What ``--help`` may load of pinplan beside `pinplan.cli`."""
IN_CLI = {"pinplan.cli"} | {
    f"pinplan.cli.{name}"
    for name in ("aliases", "app", "commands", "exits", "invocation", "other_tools", "process", "streams")
}
"""What it may load there: no module of a command."""
HEAVY = {"asyncio", "concurrent", "email", "http", "multiprocessing", "sqlite3", "ssl", "tomllib", "xml"}
"""Packages of the standard library that take their time."""

_LOADED = """
import sys
import typer
before = set(sys.modules)
from pinplan.cli import main
try:
    main()
except SystemExit as stop:
    assert not stop.code, stop.code
print(*sorted(set(sys.modules) - before), sep="\\n", file=sys.stderr)
"""


def _loaded(*arguments: str, env: Mapping[str, str] | None = None) -> set[str]:
    """The modules that a command loads beyond those of ``import typer``."""
    run = subprocess.run(
        [sys.executable, "-c", _LOADED, *arguments],
        check=True,
        capture_output=True,
        text=True,
        env=env,
    )
    assert run.stdout
    return set(run.stderr.split())


def _tops(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


IMAGES = {"PIL", "numpy", "imagehash"}
NETWORK = {"requests", "urllib3", "ssl", "http"}


def test_a_command_loads_the_libraries_that_it_uses(user: User):  # noqa: F811
    user.library()
    plan = user.home / "plan.json"
    user.types("plan", "-o", str(plan))
    library = ("--library", str(user.pins))
    assert not _tops(_loaded("plan", *library, env=user.environment)) & IMAGES
    for words in [("status",), ("history",), ("show", str(plan))]:
        assert not _tops(_loaded(*words, *library, env=user.environment)) & (IMAGES | NETWORK), words


@pytest.mark.parametrize("arguments", [("--help",), ("--version",)])
def test_what_needs_no_library_loads_nothing_of_the_pipeline(arguments):
    loaded = _loaded(*arguments)
    ours = {name for name in loaded if name.startswith("pinplan")}
    assert ours <= OF_HELP | IN_CLI
    assert _tops(loaded) - sys.stdlib_module_names <= {"pinplan", "typer"}, (
        "a library was loaded that --help does not need"
    )
    assert not _tops(loaded) & HEAVY


def test_help_of_a_command_loads_nothing_of_the_pipeline():
    ours = {name for name in _loaded("plan", "--help") if name.startswith("pinplan")}
    assert {name for name in ours if not name.startswith("pinplan.cli")} <= OF_HELP


def test_an_option_is_parsed_without_a_library_for_models():
    """Typer 0.29 loads pydantic for it: constraints.txt says what that costs."""
    assert "pydantic" not in _tops(_loaded("schema", "plan", "--no-color"))


@pytest.mark.parametrize(
    "statement", ["import pinplan", "from pinplan import errors", "import pinplan; hasattr(pinplan, '__wrapped__')"]
)
def test_importing_the_package_does_not_load_its_api(statement):
    code = f"import sys; {statement}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    assert {name for name in loaded if name.startswith("pinplan")} <= ERRORS
    assert "msgspec" not in loaded


def test_a_name_that_is_neither_public_nor_a_module_is_an_attribute_error():
    import pinplan

    with pytest.raises(AttributeError, match="has no attribute 'plans'"):
        pinplan.plans  # noqa: B018 - looking is the test


def test_what_every_plan_needs_loads_no_numpy_and_no_web_server():
    code = "import sys, pinplan.pipeline, pinplan.wiring.open_library, pinplan.render.text; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    assert "pinplan.reconcile.planner" in loaded
    assert (
        _tops(set(loaded)) & {"numpy", "scipy", "imagehash", "starlette", "uvicorn", "jinja2", "deepdiff", "keyring"}
        == set()
    )


def test_a_search_for_duplicates_starts_no_threads_of_linear_algebra(tmp_path):
    """They wait for each other: a comparison would cost half as much again."""
    code = """
import os, sys
from pinplan.cli import main
sys.argv = ["pinplan", "dupes", sys.argv[1]]
try:
    main()
finally:
    print("threads:", os.environ.get("OPENBLAS_NUM_THREADS"))
"""
    env = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        env={**env, "XDG_CACHE_HOME": str(tmp_path / "cache")}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "threads: 1" in done.stdout
