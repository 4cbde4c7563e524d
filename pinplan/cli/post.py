"""``pinplan post``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pinplan.cli.common import Common, command
from pinplan.cli.options import LockTimeoutOption, NoInputOption
from pinplan.errors import ConfigError, Declined

if TYPE_CHECKING:
    from pinplan.adapters import Adapters
    from pinplan.config import Config
    from pinplan.plan.document import Plan

_SAVED_ONLY = "--allow raises a limit in a saved plan: add -o plan.json, then apply that file"


@command
def post(
    *,
    common: Common,
    board: Annotated[
        str, typer.Argument(metavar="BOARD[/SECTION]", help="Board or section, by name, id:ID or the URL of its page.")
    ],
    sources: Annotated[
        list[str], typer.Argument(metavar="FILE|DIR|URL…", help="Pictures, folders of pictures, https addresses.")
    ],
    title: Annotated[
        str | None,
        typer.Option(
            "--title",
            metavar="TEXT",
            help="Title; {stem}, {number}, {exif.title} … are filled in (default: the name of each file).",
        ),
    ] = None,
    description: Annotated[
        str, typer.Option("--description", metavar="TEXT", help="Description, with the same fields.")
    ] = "",
    link: Annotated[str, typer.Option("--link", metavar="URL", help="Link of the pins.")] = "",
    alt: Annotated[str, typer.Option("--alt", metavar="TEXT", help="Alternative text, with the same fields.")] = "",
    section: Annotated[
        str | None, typer.Option("--section", metavar="NAME", help="Section of the board (or BOARD/SECTION).")
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep/--no-keep", help="Keep the files in the library under their new names.")
    ] = True,
    by_url: Annotated[
        bool, typer.Option("--by-url", help="Let Pinterest fetch the addresses itself; also for animations.")
    ] = False,
    carousel: Annotated[
        bool, typer.Option("--carousel", help="Post the pictures as one pin: 2 to 5 of equal width and height.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Write the plan to a file, for apply, and stop.")
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option("--allow", metavar="CHECK=FIGURE", help="With -o: raise one safety limit, e.g. uploads=60."),
    ] = None,
    auto_approve: Annotated[bool, typer.Option("--auto-approve", help="Skip the approval prompt.")] = False,
    no_input: NoInputOption = False,
    lock_timeout: LockTimeoutOption = "0s",
) -> int:
    """Post pictures from anywhere as pins: plan, ask, apply.

    Each picture is copied first, and becomes one pin; the originals are only read. A picture that is on the account already is not posted.
    """
    from pinplan.cli.options import check_plan_target
    from pinplan.cli.output import seconds
    from pinplan.cli.plan import present
    from pinplan.pipeline import make_post
    from pinplan.reconcile.checks import parse_allowances
    from pinplan.wiring.open_library import locked, open_library, request_of
    from pinplan.wiring.post_wanted import check_ways, wanted_of, words_of

    # Everything typed is checked before the lock is taken and Pinterest is queried.
    check_plan_target(common, out)
    words = words_of(title=title, description=description, link=link, alt_text=alt)
    if allow and out is None:
        raise ConfigError([_SAVED_ONLY])
    check_ways(carousel=carousel, by_url=by_url)
    config = common.load()
    request = request_of(config, allow=parse_allowances(allow or []))
    named = board if section is None else f"{board}/{section}"

    def consent(count: int) -> None:
        _ask_for_consent(common, count, no_input=no_input)

    with locked(config.library, "post", seconds(lock_timeout)), open_library(config, common.out.event) as adapters:
        wanted, listed = wanted_of(
            config, adapters, named, sources, words, keep=keep, by_url=by_url, carousel=carousel, consent=consent
        )
        made = make_post(adapters, request, wanted, listed)
        if out is None:
            return _apply(common, config, adapters, made, ask=not auto_approve, no_input=no_input)
    return present(common, made, out)


def _ask_for_consent(common: Common, count: int, *, no_input: bool) -> None:
    """Ask whether the pictures may be published. Raises `Declined`."""
    from pinplan.cli.prompts import confirm, is_interactive
    from pinplan.render.text_safety import plural
    from pinplan.wiring.post_wanted import OWN_CONTENT

    common.out.finish()
    if not is_interactive(common, no_input=no_input):
        raise Declined(
            f"{OWN_CONTENT}, and no terminal is attached to confirm it: "
            "set own_content = true in [upload] of pinplan.toml"
        )
    common.out.problem(f"{OWN_CONTENT}.")
    confirm(f"May you publish {plural(count, 'picture')}?", to="confirm")


def _apply(common: Common, config: Config, adapters: Adapters, made: Plan, *, ask: bool, no_input: bool) -> int:
    """Show the plan, ask, and apply it; returns the exit code."""
    from pinplan.apply.executor import ExecutorOptions
    from pinplan.cli.applying import carry_out, conclude, show_and_ask
    from pinplan.cli.exits import DONE, PARTLY, of_plan
    from pinplan.cli.plan import note_unread
    from pinplan.plan.document import FindingKind

    options = ExecutorOptions(
        required=frozenset(config.settings.apply.require_decisions),
        approval="typed answer" if ask else "--auto-approve",
    )
    show_and_ask(common, made, options, ask=ask, no_input=no_input, saving="post -o")
    result = carry_out(common, config, adapters, made, options, no_input=no_input)
    code = conclude(common, config, made, result)
    if code != DONE:
        return code
    note_unread(common.out, made)
    refused = any(finding.kind in {FindingKind.CANNOT_UPLOAD, FindingKind.BLOCKED} for finding in made.findings)
    return PARTLY if refused else of_plan(made)
