"""``pinplan sandbox serve``."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pinplan.cli.common import Common, command
from pinplan.cli.options import PortOption

if TYPE_CHECKING:
    from pinplan.cli.output import Output
    from pinplan.sandbox import World

sandbox = typer.Typer(
    name="sandbox",
    help="An embedded Pinterest API v5 for tests and demos.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
_CENTURY = 100 * 366 * 86_400


@sandbox.command()
@command
def serve(
    *,
    common: Common,
    port: PortOption = 0,
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS", help="Address to listen on.")] = "127.0.0.1",
    token: Annotated[
        str, typer.Option("--token", metavar="TOKEN", help="Fixed access token, beside issued ones.")
    ] = "sandbox",  # noqa: S107 - of the sandbox
    scopes: Annotated[
        str, typer.Option("--scopes", metavar="A,B", help="Scopes of the fixed token (default: all).")
    ] = "",
    app_id: Annotated[str, typer.Option("--app-id", metavar="ID", help="App id for sign-in.")] = "1500000",
    app_secret: Annotated[
        str, typer.Option("--app-secret", metavar="SECRET", help="App secret for sign-in.")
    ] = "sandbox-secret",  # noqa: S107 - of the sandbox
    redirect_uri: Annotated[
        list[str] | None,
        typer.Option(
            "--redirect-uri",
            metavar="URI",
            help="Registered redirect URI; repeatable (default: any loopback address).",
        ),
    ] = None,
    consent: Annotated[
        str, typer.Option("--consent", metavar="ask|allow|deny", help="Answer of the consent page.")
    ] = "ask",
    access_lifetime: Annotated[
        int,
        typer.Option("--access-lifetime", metavar="SECONDS", min=1, max=_CENTURY, help="Lifetime of access tokens."),
    ] = 30 * 86_400,
    refresh_lifetime: Annotated[
        int,
        typer.Option("--refresh-lifetime", metavar="SECONDS", min=1, max=_CENTURY, help="Lifetime of refresh tokens."),
    ] = 60 * 86_400,
    access: Annotated[
        str, typer.Option("--access", metavar="trial|standard", help="Access tier of the app.")
    ] = "standard",
    daily_calls: Annotated[
        int | None, typer.Option("--daily-calls", metavar="N", min=1, help="Calls per day (Trial access: 1000).")
    ] = None,
    per_second: Annotated[
        int | None,
        typer.Option("--calls-per-second", metavar="N", min=1, help="Calls per second, with Standard access."),
    ] = None,
    reads: Annotated[
        int | None,
        typer.Option("--reads-per-minute", metavar="N", min=1, help="Reads per minute, with Standard access."),
    ] = None,
    writes: Annotated[
        int | None,
        typer.Option("--writes-per-minute", metavar="N", min=1, help="Writes per minute, with Standard access."),
    ] = None,
    restrict: Annotated[
        list[str] | None,
        typer.Option(
            "--restrict",
            metavar="OPERATION",
            help="Operation to refuse, such as pins/update; repeatable.",
        ),
    ] = None,
    lag: Annotated[
        list[str] | None,
        typer.Option(
            "--lag",
            metavar="[LISTING=]SECONDS",
            help="Delay until changes appear in listings, or in one, such as boards/list; repeatable.",
        ),
    ] = None,
    texts: Annotated[
        str, typer.Option("--texts", metavar="strict|normalised", help="What becomes of the texts of pins.")
    ] = "strict",
    min_side: Annotated[
        int, typer.Option("--min-side", min=1, metavar="PIXELS", help="Shortest side of a picture that is accepted.")
    ] = 100,
    boards: Annotated[
        int | None, typer.Option("--boards", metavar="N", min=1, max=2000, help="Generate a world with N boards.")
    ] = None,
    pins: Annotated[
        int | None, typer.Option("--pins", metavar="N", min=0, max=1_000_000, help="Generate a world with N pins.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Random seed for --boards/--pins.")] = 0,
    every_shape: Annotated[
        bool, typer.Option("--every-shape", help="Add carousels of videos to the small world.")
    ] = False,
    faults: Annotated[
        Path | None, typer.Option("--faults", metavar="FILE", help="Fault rules in TOML or JSON.")
    ] = None,
) -> None:
    """Serve until interrupted. The first line on stdout is a JSON object with url and token."""
    from pinplan.sandbox import App, Lifetimes, Limits, read_faults, read_settings
    from pinplan.sandbox import serve as serve_world

    settings = read_settings(
        app=App(id=app_id, secret=app_secret, redirect_uris=tuple(redirect_uri or ())),
        scopes=scopes,
        consent=consent,
        lifetimes=Lifetimes(access=access_lifetime, refresh=refresh_lifetime),
        access=access,
        limits=Limits(per_second=per_second, reads_per_minute=reads, writes_per_minute=writes, per_day=daily_calls),
        restricted=restrict or (),
        lag=lag or (),
        texts=texts,
        min_side=min_side,
    )
    # Before the port is bound: a bad rule must not leave a half-started server.
    rules = read_faults(faults) if faults is not None else ()
    with suppress(KeyboardInterrupt):  # a signal is the normal end of a server
        serve_world(
            _world(boards, pins, seed, every_shape=every_shape),
            host=host,
            port=port,
            token=token,
            announce=partial(_announce, common.out),
            faults=rules,
            settings=settings,
        )


@sandbox.callback()
def _group() -> None:
    """Make serve a subcommand: typer runs a single command without its name."""


def _world(boards: int | None, pins: int | None, seed: int, *, every_shape: bool) -> World:
    from pinplan.sandbox import default_world, large_world

    if boards is None and pins is None:
        return default_world(every_shape=every_shape)
    # `pins or 1000` would turn --pins 0, an account with empty boards, into 1000.
    return large_world(boards or 10, 1000 if pins is None else pins, seed)


def _announce(out: Output, line: str) -> None:
    """Print the first line, with or without --json: programs read the URL from it."""
    from msgspec import json

    from pinplan.cli.documents import SandboxServing

    serving = SandboxServing(**json.decode(line, type=dict[str, str]))
    out.raw(json.encode(serving) + b"\n")
