"""Terraform's single-dash flags: ``-out=FILE``, ``-target=ADDRESS``, ``-auto-approve``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import typer

_SINGLE_DASH = re.compile(r"-([a-z][a-z-]+)(=.*)?\Z", re.DOTALL)
_SHORT_WITH_EQUALS = re.compile(r"-o=(.*)\Z", re.DOTALL)
_SHORT_FLAGS = re.compile(r"-[hqv]*(o[^=]*)?\Z", re.DOTALL)
"""Combined short flags, optionally ending in ``-oFILE``; never with ``=``, which marks a long flag."""
NEVER_ASK = "-input=false"
_ALIASES = {NEVER_ASK: "--no-input", "-version": "--version", "-help": "--help"}


def as_ours(arguments: Sequence[str], app: typer.Typer) -> list[str]:
    """Replace single dashes before long flag names with double dashes.

    Without this, ``-out=p.json`` means ``-o ut=p.json`` and writes a file of that name; so does a typo (``-outt=p.json``).
    Combined short flags (``-qv``) and everything after ``--`` are unchanged.
    """
    # The usual case: the tree below imports every command.
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
            # Scripts pass -input=false to every Terraform command; commands that never ask have no --no-input.
            yield from [_ALIASES[argument]] if _ALIASES[argument] in here or argument != NEVER_ASK else []
        # Unknown flags, too: click's "No such option: --outt" names the typo, "-o" would take it as a file name.
        elif _means_a_long_flag(argument, known):
            yield f"-{argument}"
        else:
            yield argument


def _means_a_long_flag(argument: str, known: frozenset[str]) -> bool:
    found = _SINGLE_DASH.match(argument)
    return found is not None and (f"--{found[1]}" in known or not _SHORT_FLAGS.match(argument))


def _long_names(app: typer.Typer, arguments: Sequence[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Long flags of all commands, and of the given command."""
    from pinplan.cli.commands import command_tree

    whole = here = command_tree(app)
    for argument in arguments:
        # An option's value that equals a command name is harmless: it only widens the known flags.
        here = getattr(here, "commands", {}).get(argument, here)
    return frozenset(_names_below(whole)), frozenset(_names_below(here))


def _names_below(command: Any) -> Iterator[str]:  # noqa: ANN401 - click's own types have moved between versions of typer
    for parameter in command.params:
        yield from (name for name in (*parameter.opts, *parameter.secondary_opts) if name.startswith("--"))
    for below in getattr(command, "commands", {}).values():
        yield from _names_below(below)
