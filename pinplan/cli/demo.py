"""``pinplan demo``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pinplan.cli.common import Common, command


@command
def demo(
    *,
    common: Common,
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="[DIR]", help="Folder for the library (default: a new temporary folder).", show_default=False
        ),
    ] = None,
) -> None:
    """Run a demo on the sandbox.

    Plan, apply, change both sides, plan, apply, no changes.
    """
    from pinplan.cli.demo_story import run_demo
    from pinplan.cli.documents import DemoTold, in_json

    home, library = run_demo(common.out, folder)
    common.out.outcome(DemoTold(folder=in_json(home), library=in_json(library)))
