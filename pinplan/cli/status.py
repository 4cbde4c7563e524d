"""``pinplan status``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.cli.common import Common, command

if TYPE_CHECKING:
    from pathlib import Path

    from pinplan.records.state import State


@command
def status(*, common: Common) -> None:
    """Show where things stand.

    The library, what it tracks, the last run. Needs no network.
    """
    from msgspec.structs import replace

    from pinplan.config import policies_of
    from pinplan.disk.scan import OWN_FOLDER
    from pinplan.history.status import status_of
    from pinplan.render.past import partial_lines
    from pinplan.render.text_safety import plain, plural, shortened, size
    from pinplan.wiring.open_library import open_tree, partial_boards_of, where_files_are

    config = common.load()
    # Nobody waits for a look, and no apply for this one: no lock is held, and nothing is written.
    with open_tree(config.library, look_only=True) as (library, state):
        earlier = _earlier(config.library, state)
        base, sides = where_files_are(config, library, state)
        report = status_of(state, base, sides, policies_of(config).template, partial_boards_of(config.library))
    report = replace(report, earlier=earlier)
    out = common.out
    if out.json:
        out.document(report)
        return
    out.say(f"Library:  {config.library}")
    if earlier:
        out.say(f"Earlier:  {plain(earlier)}", "yellow")
    out.say(f"Account:  {report.account_id or 'none yet: nothing was applied'}")
    out.say(f"Mode:     {config.sync.mode}")
    out.say(f"Tracked:  {plural(report.files, 'file')} of {plural(report.pins, 'pin')}, {size(report.bytes)}")
    for folder in report.folders:
        out.say(f"  {shortened(plain(folder.name))}: {plural(folder.files, 'file')}, {size(folder.bytes)}", "dim")
    if report.moved:
        out.say(f"Moved:    {plural(report.moved, 'file')} not at the recorded place; counted where found", "yellow")
    if report.missing:
        out.say(f"Not here: {plural(report.missing, 'file')}; see: {common.run.command('plan')}", "yellow")
    out.lines(partial_lines(report.partial, common.run.command))
    out.say(f"Last run: {report.last_run or 'none'}")
    if report.unfinished is not None:
        plan = config.library / OWN_FOLDER / "plans" / f"{report.unfinished}.json"
        again = common.run.command("apply", str(plan))
        out.say(f"Unfinished: run {report.unfinished}; apply its plan again: {again}", "yellow")


def _earlier(library: Path, state: State) -> str:
    """Why this is an earlier state, where that does no harm: nothing can be done with a library that cannot be written.

    Raises:
        StatePerson: the audit log or the state was rewritten, or an earlier one was put back where an apply would go on from it.
    """
    from pinplan.errors import StateRolledBack
    from pinplan.wiring.open_library import is_read_only, witness_of_library

    state.audit.check_last()
    try:
        witness_of_library(library).check(state)
    except StateRolledBack as error:
        if not is_read_only(library):
            raise
        return str(error)
    return ""
