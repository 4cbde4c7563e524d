"""``pinplan post``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pinplan.cli.common import Common, command
from pinplan.errors import ConfigError, Declined

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinplan.account.names import Place
    from pinplan.adapters import Adapters
    from pinplan.config import Config
    from pinplan.model.post import PostPicture, PostWords
    from pinplan.plan.document import Plan
    from pinplan.snapshot.remote import ListedAccount

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
    no_input: Annotated[bool, typer.Option("--no-input", help="Never prompt; decline instead.")] = False,
    lock_timeout: Annotated[
        str, typer.Option("--lock-timeout", metavar="TIME", help="How long to wait for the lock, e.g. 30s.")
    ] = "0s",
) -> int:
    """Post pictures from anywhere as pins: plan, ask, apply.

    Each picture is copied first, and becomes one pin; the originals are only read. A picture that is on the account already is not posted.
    """
    from pinplan.cli.options import check_plan_target
    from pinplan.cli.output import seconds
    from pinplan.cli.plan import present
    from pinplan.model.post import PostWanted, PostWords, carousel_problem
    from pinplan.pipeline import make_post
    from pinplan.reconcile.checks import parse_allowances
    from pinplan.wiring.open_library import locked, open_library, request_of

    # Everything typed is checked before the lock is taken and Pinterest is queried.
    check_plan_target(common, out)
    words = PostWords(title=title, description=description, link=link, alt_text=alt)
    if problems := list(words.problems()):
        raise ConfigError(problems)
    if allow and out is None:
        raise ConfigError([_SAVED_ONLY])
    if carousel and by_url:
        raise ConfigError(["--carousel and --by-url are mutually exclusive"])
    config = common.load()
    request = request_of(config, allow=parse_allowances(allow or []))
    named = board if section is None else f"{board}/{section}"
    with locked(config.library, "post", seconds(lock_timeout)), open_library(config, common.out.event) as adapters:
        pictures = _pictures(config, adapters, sources, words, by_url=by_url)
        if carousel and (problem := carousel_problem([(one.source, one.file) for one in pictures])):
            raise ConfigError([f"--carousel: {problem}"])
        _ask_for_consent(common, config, len(pictures), no_input=no_input)
        place, begun = _place(adapters, named)
        wanted = PostWanted(
            board_id=place.board.id,
            section_id=place.section.id if place.section is not None else None,
            pictures=pictures,
            words=words,
            keep=keep,
            carousel=carousel,
        )
        made = make_post(adapters, request, wanted, begun)
        if out is None:
            return _apply(common, config, adapters, made, ask=not auto_approve, no_input=no_input)
    return present(common, made, out)


def _pictures(
    config: Config, adapters: Adapters, sources: Sequence[str], words: PostWords, *, by_url: bool
) -> tuple[PostPicture, ...]:
    from pinplan.config import policies_of
    from pinplan.snapshot.post_pictures import clear_outbox, copy_to_outbox
    from pinplan.wiring.post_sources import post_sources

    with post_sources(config, sources, by_url=by_url) as given:
        pictures = copy_to_outbox(adapters.library, given, words, policies_of(config).about_uploads)
    clear_outbox(adapters.library, adapters.state.creates, adapters.clock, pictures)
    return pictures


def _ask_for_consent(common: Common, config: Config, count: int, *, no_input: bool) -> None:
    """Ask whether the pictures may be published, unless the config says so. Raises `Declined`."""
    from pinplan.cli.prompts import confirm, is_interactive
    from pinplan.render.text_safety import plural

    if config.settings.upload.own_content:
        return
    common.out.finish()
    if not is_interactive(common, no_input=no_input):
        raise Declined(
            "Pinterest allows only content that you may publish, and no terminal is attached to confirm it: "
            "set own_content = true in [upload] of pinplan.toml"
        )
    common.out.problem("Pinterest allows only content that you may publish.")
    confirm(f"May you publish {plural(count, 'picture')}?", to="confirm")


def _place(adapters: Adapters, board: str) -> tuple[Place, ListedAccount]:
    """The board or section of this name, and the list of boards for the plan. Raises `ConfigError`, `AuthError`, `RemoteError`."""
    from pinplan.account.names import place_named
    from pinplan.snapshot.remote import list_account

    begun = list_account(adapters.remote, adapters.clock, adapters.emit)
    return place_named(board, begun.boards, lambda one: adapters.remote.sections(one).sections), begun


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
