"""``pinplan history``."""

from __future__ import annotations

from typing import Annotated

import typer

from pinplan.cli.common import Common, command


@command
def history(
    *,
    common: Common,
    run: Annotated[
        str | None, typer.Argument(metavar="[RUN]", help="One run, action by action.", show_default=False)
    ] = None,
) -> None:
    """Show what was done: all runs, or one."""
    from pinplan.errors import ConfigError
    from pinplan.errors.suggestions import suggestion
    from pinplan.history.status import History
    from pinplan.model.ids import RunId
    from pinplan.render.past import run_lines, runs_lines
    from pinplan.wiring.open_library import open_state_of

    with open_state_of(common.load().library) as state:
        runs = state.runs()
        if run is not None and run not in {r.id for r in runs}:
            raise ConfigError([f"there is no run {run}; see them all with: {suggestion('history')}"], [("history",)])
        actions = state.journal(run=RunId(run)) if run is not None else []
        declined = state.declined()
        done = {r.id: len(state.done_actions(r.id)) for r in runs}
    if common.out.json:
        shown = tuple(r for r in runs if run in {None, r.id})
        common.out.document(History(runs=shown, actions=None if run is None else tuple(actions)))
    else:
        common.out.lines(runs_lines(runs, done, declined) if run is None else run_lines(actions))
