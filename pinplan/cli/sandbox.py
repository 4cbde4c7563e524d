"""``pinplan sandbox serve``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from pinplan.cli.common import Common, command

sandbox = typer.Typer(
    name="sandbox",
    help="An embedded Pinterest API v5 to try things out.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@sandbox.command()
@command
def serve(
    *,
    common: Common,  # noqa: ARG001 - the common options are the same everywhere
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes any free port.")] = 0,
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    token: Annotated[str, typer.Option("--token", help="The only token that is let in.")] = "sandbox",  # noqa: S107 - of the sandbox
    boards: Annotated[
        int | None, typer.Option("--boards", min=1, max=2000, help="A large world with so many boards.")
    ] = None,
    pins: Annotated[
        int | None, typer.Option("--pins", min=0, max=1_000_000, help="A large world with so many pins.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Another large world.")] = 0,
    faults: Annotated[
        Path | None, typer.Option("--faults", metavar="FILE", help="How to misbehave: rules in TOML or JSON.")
    ] = None,
) -> None:
    """Serve until interrupted. The first line on stdout is a JSON object with url and token."""
    from pinplan.sandbox import default_world, large_world, read_faults
    from pinplan.sandbox import serve as serve_world

    rules = read_faults(faults) if faults is not None else ()
    large = boards is not None or pins is not None
    world = large_world(boards or 10, 1000 if pins is None else pins, seed) if large else default_world()
    serve_world(world, host=host, port=port, token=token, announce=_announce, faults=rules)


@sandbox.callback()
def _group() -> None:
    """Hold the group open for more than one command."""


def _announce(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
