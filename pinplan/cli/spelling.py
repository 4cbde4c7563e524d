"""Terraform's spelling of flags, for hands that are used to it: ``-out=FILE``, ``-target=ADDRESS``, ``-auto-approve``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import typer

_SINGLE_DASH = re.compile(r"-([a-z][a-z-]+)(=.*)?\Z", re.DOTALL)
_ALIASES = {"-input=false": "--no-input", "-version": "--version", "-help": "--help"}


def as_ours(arguments: Sequence[str], app: typer.Typer) -> list[str]:
    """The arguments with two dashes where a whole flag name was given with one.

    Without this, ``-out=p.json`` means ``-o ut=p.json`` and writes a file of that name. Only whole names of our flags are
    changed, so that short flags in a row (``-qv``) stay what they are; behind ``--`` nothing is.
    """
    if not any(map(_SINGLE_DASH.match, arguments)):
        return list(arguments)
    return list(_respelt(arguments, _long_names(app)))


def _respelt(arguments: Sequence[str], known: frozenset[str]) -> Iterator[str]:
    for place, argument in enumerate(arguments):
        if argument == "--":
            yield from arguments[place:]
            return
        found = _SINGLE_DASH.match(argument)
        if found is not None and argument in _ALIASES:
            yield _ALIASES[argument]
        elif found is not None and f"--{found[1]}" in known:
            yield f"-{argument}"
        else:
            yield argument


def _long_names(app: typer.Typer) -> frozenset[str]:
    import typer.main

    return frozenset(_names_below(typer.main.get_command(app)))


def _names_below(command: Any) -> Iterator[str]:  # noqa: ANN401 - click's own types have moved between versions of typer
    for parameter in command.params:
        yield from (name for name in (*parameter.opts, *parameter.secondary_opts) if name.startswith("--"))
    for below in getattr(command, "commands", {}).values():
        yield from _names_below(below)
