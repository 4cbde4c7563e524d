"""Commands that pinplan suggests are run as they are printed, and every flag that it names is known to its parser."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

import typer.main

from pinplan.cli.app import app
from tests.cli.test_looking_back import files, user  # noqa: F401 - a fixture


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield path, command
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(below, (*path, name))


def test_every_flag_is_in_the_help_and_can_be_typed():
    seen = 0
    for path, command in commands(typer.main.get_command(app)):
        context = command.context_class(command, info_name="pinplan", resilient_parsing=True)
        shown = command.get_help(context)
        for parameter in command.params:
            for flag in (*parameter.opts, *parameter.secondary_opts):
                if flag.startswith("-"):
                    seen += 1
                    where = f"{' '.join(path)} {flag}"
                    assert flag in shown, where
                    typed = [flag] if parameter.is_flag or parameter.count else [flag, "1"]
                    given, _, _ = command.make_parser(context).parse_args(args=typed)
                    assert parameter.name in given, where
    assert seen > 100


def test_the_command_behind_a_plan_can_be_run_as_it_is_printed(user):  # noqa: F811
    library, plan = user.home / "My Pins' library", user.home / "the plan.json"
    user.types("init", str(library), cwd=user.home)
    said = user.types("plan", "--library", str(library), "-o", str(plan), cwd=user.home)
    program, *words = shlex.split(said.partition("To do exactly this: ")[2].splitlines()[0])
    assert program == "pinplan"
    assert words == ["apply", str(plan), "--library", str(library)]
    assert "Applied: " in user.types(*words, cwd=user.home)
    assert not files(user)
