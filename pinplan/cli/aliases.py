"""Terraform's spelling of flags, for hands that are used to it: ``-out=FILE``, ``-target=ADDRESS``, ``-auto-approve``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import typer

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
