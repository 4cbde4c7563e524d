"""``pinplan init``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pinplan.cli.common import Common, command
from pinplan.cli.invocation import Invocation


@command
def init(
    *,
    common: Common,
    folder: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="The folder of the new library.", show_default=False)
    ] = Path(),
    recover: Annotated[
        bool, typer.Option("--recover", help="Make a new state for a library that lost its own.")
    ] = False,
) -> None:
    """Make a folder a library.

    Writes pinplan.toml and the marker, asks nothing, overwrites nothing.
    """
    from pinplan.cli.documents import LibraryMade, in_json
    from pinplan.wiring.library_setup import init_library, recover_library

    out = common.out
    if recover:
        kept = recover_library(folder)
        out.document(LibraryMade(library=in_json(folder), recovered=True, kept=tuple(map(in_json, kept))))
        out.say(f"{folder}: a new state was begun; the next plan adopts the files that carry a pin id in their name.")
        for path in kept:
            out.say(f"The old one was kept as {path}.")
        return
    written = init_library(folder)
    out.document(LibraryMade(library=in_json(folder), already=not written, written=tuple(map(in_json, written))))
    out.say(f"{folder} is a library now." if written else f"{folder} is already a library; nothing was written.")
    for path in written:
        out.say(f"  wrote {path}", "dim")
    here = Invocation({} if folder.resolve() == Path.cwd() else {"library": folder})
    sign_in, look = here.command("auth", "login"), here.command("plan", "-o", "plan.json")
    out.say(f"Next: sign in ({sign_in}, or a token in PINPLAN_ACCESS_TOKEN), and look: {look}")
