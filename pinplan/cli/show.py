"""``pinplan show``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pinplan.cli.common import Common, command
from pinplan.cli.page import MAX_SIZE, write_page
from pinplan.errors import ConfigError


@command
def show(
    *,
    common: Common,
    plan_file: Annotated[Path, typer.Argument(metavar="PLAN", help="A plan file; - for standard input.")],
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit 2 if there are changes.")
    ] = False,
    show_all: Annotated[bool, typer.Option("--all", help="Show every action and finding.")] = False,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            "--kind", metavar="KIND", help="Only this kind of actions or findings; may be given more than once."
        ),
    ] = None,
    board: Annotated[
        list[str] | None,
        typer.Option("--board", metavar="NAME", help="Only this board, with * and ?; may be given more than once."),
    ] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="As Markdown, for a comment on a pull request.")] = False,
    max_chars: Annotated[
        int,
        typer.Option(
            "--max-chars", metavar="N", help="At most so many characters of Markdown; whole rows are left out."
        ),
    ] = 65_000,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write it as one page with its pictures.")
    ] = None,
    max_size: Annotated[
        str, typer.Option("--max-size", metavar="SIZE", help="How large the page may become.")
    ] = MAX_SIZE,
    offline: Annotated[bool, typer.Option("--offline", help="Fetch no pictures for the page.")] = False,
) -> int:
    """Show a saved plan.

    As text, as Markdown, as a page that needs nothing else with --html, or the document itself with --json.
    """
    from pinplan.cli.exits import CHANGES, DONE
    from pinplan.cli.options import is_stdout, read_plan_argument
    from pinplan.records.plan_file import encode_plan
    from pinplan.render.choose import choose

    if markdown and common.out.json:
        raise ConfigError(["--markdown and --json do not go together"])
    saved = read_plan_argument(plan_file)
    chosen = choose(saved, kind or [], board or [])
    common.run.plan_file = None if is_stdout(plan_file) else plan_file
    shown = common.run.shown(saved)
    if html is not None:
        write_page(common, saved, plan_file, html, max_size=max_size, offline=offline)
    elif common.out.json:
        if not chosen.all:
            raise ConfigError(["--json shows the document as it is; --kind and --board choose what people see"])
        common.out.raw(encode_plan(saved))
    elif markdown:
        from pinplan.render.markdown import LEAST, plan_markdown

        if max_chars < LEAST:
            raise ConfigError([f"--max-chars {max_chars}: at least {LEAST} are needed to say what was left out"])
        named = "plan.json" if is_stdout(plan_file) else str(plan_file)
        apply = common.run.command("apply", named, "--expect-digest", saved.digest)
        common.out.raw(plan_markdown(shown, apply, max_chars=max_chars, chosen=chosen).encode())
    else:
        from pinplan.render.text import plan_lines
        from pinplan.render.text_safety import local_time, plain

        common.out.lines(plan_lines(shown, everything=show_all, screen=common.out.screen, chosen=chosen))
        made, version = plain(local_time(saved.created_at)), plain(saved.pinplan_version)
        common.out.say(f"Made {made} by pinplan {version}; {saved.digest}", "dim")
    return CHANGES if detailed_exitcode and saved.actions else DONE
