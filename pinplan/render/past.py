"""What was done, as lines of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.actions import KINDS
from pinplan.render.text import Line
from pinplan.render.words import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pinplan.model.ids import RunId
    from pinplan.records.journal import ActionRecord, RunRecord


def runs_lines(runs: Sequence[RunRecord], done: Mapping[RunId, int]) -> Iterator[Line]:
    """One line for each run, the newest last."""
    if not runs:
        yield Line("Nothing was applied yet.")
    for run in runs:
        counts = ", ".join(f"{t.count} {KINDS[k].trait.verb}" for k, t in run.summary.items() if t.count and k in KINDS)
        state = "" if run.ended_at else f"  (unfinished: {done.get(run.id, 0)} of {run.total} done)"
        yield Line(f"{run.id}  {run.started_at}  {counts}{state}", "" if run.ended_at else "yellow")


def run_lines(records: Sequence[ActionRecord]) -> Iterator[Line]:
    """One line for each action of a run."""
    for record in records:
        symbol = KINDS[record.kind].trait.symbol if record.kind in KINDS else "?"
        reason = f": {plain(record.reason)}" if record.reason else ""
        outcome = record.outcome or "begun"
        style = "" if outcome == "done" else "yellow"
        yield Line(f"{record.action}  {symbol} {record.kind:<14} {outcome:<8} {plain(record.address)}{reason}", style)
