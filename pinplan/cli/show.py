"""``pinplan show``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pinplan.cli.common import Common, command
from pinplan.cli.page import MAX_SIZE, write_page


@command
def show(
    *,
    common: Common,
    plan_file: Annotated[Path, typer.Argument(metavar="PLAN", help="A plan file.")],
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit 2 if there are changes.")
    ] = False,
    show_all: Annotated[bool, typer.Option("--all", help="Show every action and finding.")] = False,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write it as one page with its pictures.")
    ] = None,
    max_size: Annotated[
        str, typer.Option("--max-size", metavar="SIZE", help="How large the page may become.")
    ] = MAX_SIZE,
    offline: Annotated[bool, typer.Option("--offline", help="Fetch no pictures for the page.")] = False,
) -> int:
    """Show a saved plan.

    As text, as a page that needs nothing else with --html, or the document itself with --json.
    """
    from pinplan.cli.exits import CHANGES, DONE
    from pinplan.records.plan_file import encode_plan, read_plan
    from pinplan.render.text import plan_lines

    saved = read_plan(plan_file)
    if html is not None:
        write_page(common, saved, plan_file, html, max_size=max_size, offline=offline)
    elif common.out.json:
        common.out.raw(encode_plan(saved))
    else:
        common.out.lines(plan_lines(saved, everything=show_all))
        common.out.say(f"Made {saved.created_at} by pinplan {saved.pinplan_version}; {saved.digest}", "dim")
    return CHANGES if detailed_exitcode and saved.actions else DONE
