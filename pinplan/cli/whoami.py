"""``pinplan whoami``."""

from __future__ import annotations

from pinplan.cli.common import Common, command


@command
def whoami(*, common: Common) -> None:
    """Show whose account the token belongs to, and what it may do.

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
