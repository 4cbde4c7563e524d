"""``pinplan pins``."""

from __future__ import annotations

from typing import Annotated

import typer

from pinplan.cli.common import Common, command


@command
def pins(
    *,
    common: Common,
    place: Annotated[
        str, typer.Argument(metavar="BOARD[/SECTION]", help="By name, in any case, or by id (id:123 for sure).")
    ],
    whole: Annotated[bool, typer.Option("--all", help="Long titles and links as a whole.")] = False,
) -> None:
    """List the pins of a board or section.

    Needs a token, but no library; inside one, their files are named as well.
    """
    from pinplan.account.listing import pins_of
    from pinplan.render.account_text import pin_lines
    from pinplan.wiring.open_library import open_account, tracked_here

    out = common.out
    config = common.load(anywhere=True)
    tracked = tracked_here(config) or ()
    with open_account(config) as remote:
        found = pins_of(remote, place, tracked, common.progress)
    out.finish()
    if out.json:
        out.document(found)
    else:
        out.lines(pin_lines(found, whole=whole, room=out.room))
