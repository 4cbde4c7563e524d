"""``pinplan find``."""

from __future__ import annotations

from typing import Annotated

import typer

from pinplan.cli.common import Common, command
from pinplan.errors import ConfigError


@command
def find(
    *,
    common: Common,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="A part of it is enough, in any case.")],
) -> int:
    """Find a text in boards, sections and pins, and in the files of the library.

    Looked at are names, ids, titles, descriptions, links and alternative texts; inside a library also the paths of
    tracked files. Needs a token, but no library. A pin id costs few calls, anything else a listing of every board.
    """
    from pinplan.account.search import find as find_text
    from pinplan.cli.exits import DONE, FAILED
    from pinplan.render.account_text import find_lines
    from pinplan.wiring.open_library import open_account, tracked_here

    if not text.strip():
        raise ConfigError(["find what? An empty text is in everything."])
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
    return FAILED if found.unread else DONE
