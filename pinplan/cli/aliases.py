"""Terraform's spelling of flags, for hands that are used to it: ``-out=FILE``, ``-target=ADDRESS``, ``-auto-approve``.

Commands as other tools name them, and ours that do the same.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from typer.core import TyperGroup

from pinplan.cli.invocation import Invocation, located

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import typer

    from pinplan.errors.suggestions import Command


_SINGLE_DASH = re.compile(r"-([a-z][a-z-]+)(=.*)?\Z", re.DOTALL)
_SHORT_WITH_EQUALS = re.compile(r"-o=(.*)\Z", re.DOTALL)
_SHORT_FLAGS = re.compile(r"-[hqv]*(o[^=]*)?\Z", re.DOTALL)
"""Short flags in a row, the last of which may be ``-o`` with its file: never with ``=``, for that is a long name, or was meant as one."""
NEVER_ASK = "-input=false"
_ALIASES = {NEVER_ASK: "--no-input", "-version": "--version", "-help": "--help"}


def as_ours(arguments: Sequence[str], app: typer.Typer) -> list[str]:
    """The arguments with two dashes where a flag name was given with one.

    Without this, ``-out=p.json`` means ``-o ut=p.json`` and writes a file of that name, and so does a slip (``-outt=p.json``).
    Short flags in a row (``-qv``) stay what they are; behind ``--`` nothing is changed.
    """
    if not any(_SINGLE_DASH.match(one) or _SHORT_WITH_EQUALS.match(one) for one in arguments):
        return list(arguments)
    return list(_respelt(arguments, app))


def _respelt(arguments: Sequence[str], app: typer.Typer) -> Iterator[str]:
    known, here = _long_names(app, arguments)
    for place, argument in enumerate(arguments):
        if argument == "--":
            yield from arguments[place:]
            return
        short = _SHORT_WITH_EQUALS.match(argument)
        if short is not None:
            yield f"-o{short[1]}"
        elif argument in _ALIASES:
            # A script that drives Terraform says -input=false to every command; those that never ask have no such flag.
            yield from [_ALIASES[argument]] if _ALIASES[argument] in here or argument != NEVER_ASK else []
        elif _means_a_long_flag(argument, known):
            yield f"-{argument}"
        else:
            yield argument


def _means_a_long_flag(argument: str, known: frozenset[str]) -> bool:
    found = _SINGLE_DASH.match(argument)
    return found is not None and (f"--{found[1]}" in known or not _SHORT_FLAGS.match(argument))


def _long_names(app: typer.Typer, arguments: Sequence[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Those of all commands, and those of the command that is typed."""
    import typer.main

    whole = here = typer.main.get_command(app)
    for argument in arguments:
        here = getattr(here, "commands", {}).get(argument, here)
    return frozenset(_names_below(whole)), frozenset(_names_below(here))


def _names_below(command: Any) -> Iterator[str]:  # noqa: ANN401 - click's own types have moved between versions of typer
    for parameter in command.params:
        yield from (name for name in (*parameter.opts, *parameter.secondary_opts) if name.startswith("--"))
    for below in getattr(command, "commands", {}).values():
        yield from _names_below(below)


_PLAN = ("plan", "-o", "plan.json")
_BOARDS = ("{}, or for the pins of one: {}", ("boards",), ("pins", "BOARD"))
_UPLOAD = ("{} or {}; pinplan creates only pins that it deleted before", ("undo",), ("trash", "restore", "NAME"))

ELSEWHERE: dict[str, tuple[str, *tuple[Command, ...]]] = {
    "login": ("{}", ("auth", "login")),
    "logout": ("{}", ("auth", "logout")),
    "sync": ("{}, then: {}", _PLAN, ("apply", "plan.json")),
    "list": _BOARDS,
    "ls": _BOARDS,
    "download": ("{}", ("apply",)),
    "pull": ("{}", ("apply",)),
    "upload": _UPLOAD,
    "push": _UPLOAD,
    "import": ("{}; it adopts files that carry a pin id in their name", _PLAN),
    "validate": ("{}; it checks the config before it looks at anything, and changes nothing", ("plan",)),
    "destroy": ("{}, to reverse a run; pinplan deletes nothing as a whole", ("undo",)),
    "search": ("{}", ("find", "TEXT")),
    "restore": ("{}", ("trash", "restore", "NAME")),
}
"""What people type who know other tools, and the commands of ours to use, in a sentence with a ``{}`` for each."""


class Commands(TyperGroup):
    """All commands; one that has another name elsewhere is pointed to."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - click's own types have moved between versions of typer
        """The command of these arguments. Raises click's UsageError."""
        ours = ELSEWHERE.get(args[0]) if args and args[0] not in self.commands else None
        if ours is not None:
            run = Invocation(located(args[1:]))
            ctx.fail(f"No such command '{args[0]}'. Use: {run.sentence(*ours)}")
        return super().resolve_command(ctx, args)
