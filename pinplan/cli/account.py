"""``pinplan boards``, ``pins``, ``find`` and ``whoami``: the account, with or without a library."""

from __future__ import annotations

from typing import Annotated

import typer

from pinplan.cli.common import Common, command
from pinplan.errors import ConfigError


@command
def boards(
    *,
    common: Common,
    sections: Annotated[
        bool, typer.Option("--sections", help="Also list sections; one more API call per board.")
    ] = False,
    include_empty: Annotated[
        bool, typer.Option("--include-empty/--no-include-empty", help="Also list boards without pins.")
    ] = True,
    whole: Annotated[bool, typer.Option("--all", help="Do not truncate long names.")] = False,
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
    # A partial list is printed, but must not pass for a complete one in a script.
    return FAILED if found.partial or any(board.problem for board in found.boards) else DONE


@command
def pins(
    *,
    common: Common,
    place: Annotated[str, typer.Argument(metavar="BOARD[/SECTION]", help="Board name (case-insensitive) or id:ID.")],
    whole: Annotated[bool, typer.Option("--all", help="Do not truncate long titles and links.")] = False,
) -> None:
    """List the pins of a board or section.

    Needs a token, but no library. In a library, also shows the files of the pins.
    """
    from pinplan.account.listing import pins_of
    from pinplan.render.account_text import pin_lines
    from pinplan.wiring.open_library import open_account, tracked_here

    out = common.out
    config = common.load(anywhere=True)
    # Offline and without the lock: listing an account must work beside a running apply.
    tracked = tracked_here(config) or ()
    with open_account(config) as remote:
        found = pins_of(remote, place, tracked, common.progress)
    out.finish()
    if out.json:
        out.document(found)
    else:
        out.lines(pin_lines(found, whole=whole, room=out.room))


@command
def find(
    *,
    common: Common,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="Text to search for (case-insensitive substring).")],
) -> int:
    """Search boards, sections, pins and library files for a text.

    Searches names, ids, titles, descriptions, links and alt texts; in a library also the paths of tracked files.
    Needs a token, but no library. A pin id takes a few API calls, any other text lists every board.
    """
    from pinplan.account.search import find as find_text
    from pinplan.cli.exits import DONE, FAILED
    from pinplan.render.account_text import find_lines
    from pinplan.wiring.open_library import open_account, tracked_here

    if not text.strip():
        raise ConfigError(["Give a search text."])
    out = common.out
    config = common.load(anywhere=True)
    tracked = tracked_here(config)
    with open_account(config) as remote:
        found = find_text(remote, text, tracked, common.progress)
    out.finish()
    if out.json:
        out.document(found)
    else:
        out.lines(find_lines(found))
    # Unlike grep, no match is exit 0: "not found" is only certain if every board was read.
    return FAILED if found.unread else DONE


@command
def whoami(*, common: Common) -> None:
    """Show the account and permissions of the token.

    One API call; needs no library.
    """
    from pinplan.account.listing import who_is
    from pinplan.render.account_text import who_lines
    from pinplan.wiring.open_library import open_account

    config = common.load(anywhere=True)
    with open_account(config) as remote:
        found = who_is(remote, config.network.api_url)
    if common.out.json:
        common.out.document(found)
    else:
        common.out.lines(who_lines(found))
