"""``pinplan status``."""

from __future__ import annotations

from pinplan.cli.common import Common, command


@command
def status(*, common: Common) -> None:
    """Show where things stand.

    The library, what it tracks, the last run. Needs no network.
    """
    import msgspec

    from pinplan.render.words import plain, plural, shortened, size
    from pinplan.reports import status_of
    from pinplan.wiring import open_state_of, witness_of_library

    config = common.load()
    with open_state_of(config.library) as state:
        witness_of_library(config.library).check(state)
        report = status_of(state)
    out = common.out
    if out.json:
        out.raw(msgspec.json.encode(report) + b"\n")
        return
    out.say(f"Library:  {config.library}")
    out.say(f"Account:  {report.account_id or 'none yet: nothing was applied'}")
    out.say(f"Mode:     {config.sync.mode}")
    out.say(f"Tracked:  {plural(report.files, 'file')} of {plural(report.pins, 'pin')}, {size(report.bytes)}")
    for folder in report.folders:
        out.say(f"  {shortened(plain(folder.name))}: {plural(folder.files, 'file')}, {size(folder.bytes)}", "dim")
    out.say(f"Last run: {report.last_run or 'none'}")
    if report.unfinished is not None:
        out.say(
            f"Unfinished: run {report.unfinished}; apply its plan again: .pinplan/plans/{report.unfinished}.json",
            "yellow",
        )
