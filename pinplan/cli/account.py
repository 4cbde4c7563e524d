"""``pinplan boards``."""

from __future__ import annotations

from typing import Annotated

import typer

from pinplan.cli.common import Common, command


@command
def boards(
    *,
    common: Common,
    sections: Annotated[
        bool, typer.Option("--sections", help="Their sections, too; costs an API call for each board.")
    ] = False,
    include_empty: Annotated[
        bool, typer.Option("--include-empty/--no-include-empty", help="Boards without pins, too.")
    ] = True,
    whole: Annotated[bool, typer.Option("--all", help="Long names as a whole.")] = False,
) -> int:
    """List the boards of the account.

    Needs a token, but no library. Exits 1 if a board, or the sections of one, could not be read.
    """
    from pinplan.account.listing import boards_of
    from pinplan.cli.exits import DONE, FAILED
    from pinplan.render.account_text import board_lines
    from pinplan.wiring.open_library import open_account

    out = common.out
    with open_account(common.load(anywhere=True)) as remote:
        found = boards_of(remote, sections=sections, include_empty=include_empty, emit=common.progress)
    out.finish()
    if out.json:
        out.document(found)
    else:
        out.lines(board_lines(found, whole=whole, room=out.room))
    return FAILED if found.partial or any(board.problem for board in found.boards) else DONE
