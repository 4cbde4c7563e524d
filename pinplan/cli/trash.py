"""``pinplan trash list|restore|empty``."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pinplan.cli.common import Common, command
from pinplan.errors import Declined

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinplan.history.trash import InTrash

trash = typer.Typer(
    name="trash",
    help="What was moved to the trash: list it, bring it back, let it go.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@trash.command("list")
@command
def list_(*, common: Common) -> None:
    """Show everything in the trash, run by run. Needs no network."""
    from pinplan.history.trash import TrashList, trash_of
    from pinplan.render.past import trash_lines
    from pinplan.wiring.open_library import SystemClock, open_tree

    with open_tree(common.load().library) as (library, state):
        files = trash_of(library, state, SystemClock())
    if common.out.json:
        common.out.document(TrashList(files=tuple(files)))
    else:
        common.out.lines(trash_lines(files, common.run.command))


@trash.command()
@command
def restore(
    *,
    common: Common,
    wanted: Annotated[
        list[str], typer.Argument(metavar="NAME…", help="Paths that the files had, with * and ?, or pin ids.")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Write the plan to a file, for apply.")
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option("--allow", metavar="CHECK=FIGURE", help="Let one check pass up to a figure."),
    ] = None,
) -> int:
    """Plan the return of files from the trash, and of the pins that were deleted with them. Changes nothing by itself."""
    from pinplan.cli.options import check_plan_target
    from pinplan.cli.plan import present
    from pinplan.pipeline import make_restore
    from pinplan.reconcile.checks import parse_allowances
    from pinplan.wiring.open_library import locked, open_library, request_of

    check_plan_target(common, out)
    config = common.load()
    request = request_of(config, allow=parse_allowances(allow or []))
    with locked(config.library, "trash restore"), open_library(config, common.out.event) as outside:
        made = make_restore(outside, request, wanted)
    return present(common, made, out)


@trash.command()
@command
def empty(
    *,
    common: Common,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME…]", help="Only these: paths that the files had, or runs.", show_default=False),
    ] = None,
    older_than: Annotated[
        int | None,
        typer.Option("--older-than", metavar="DAYS", min=0, help="How old (default: [library] trash_days)."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete what has been in the trash for long, for good.

    What is gone from the trash cannot be restored, and pins that were deleted cannot be created again without it.
    """
    from pinplan.history import trash as rooms
    from pinplan.render.text_safety import plural, size
    from pinplan.wiring.open_library import SystemClock, locked, open_tree

    config = common.load()
    days = config.settings.library.trash_days if older_than is None else older_than
    clock = SystemClock()
    with locked(config.library, "trash empty"), open_tree(config.library) as (library, state):
        state.audit.settle()
        files = rooms.to_empty(rooms.trash_of(library, state, clock), days=days, wanted=names or ())
        if not files:
            common.out.say(f"Nothing in the trash is {plural(days, 'day')} old.")
            common.out.document(rooms.TrashEmptied(older_than_days=days))
            return
        if not yes:
            _ask(common, files)
        count = rooms.empty(library, state, clock, files)
    gone = sum(file.size for file in files)
    common.out.document(rooms.TrashEmptied(older_than_days=days, files=tuple(files), bytes=gone))
    common.out.say(f"{plural(count, 'file')} deleted for good, {size(gone)}.")


def _ask(common: Common, files: Sequence[InTrash]) -> None:
    from pinplan.render.past import trash_lines
    from pinplan.render.text_safety import plural

    common.out.lines(trash_lines(files, common.run.command))
    wanted = f"delete {plural(len(files), 'file')}"
    if common.out.json or not sys.stdin.isatty() or os.environ.get("CI"):
        raise Declined("these files would be gone for good, and there is nobody to ask: give --yes")
    if input(f'These files will be gone for good. Type "{wanted}" to go on: ').strip() != wanted:
        raise Declined(f'the answer was not "{wanted}"')
