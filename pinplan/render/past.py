"""What was done, as lines of text."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from pinplan.actions import KINDS
from pinplan.errors.suggestions import suggestion
from pinplan.render.text import FOLD, Line
from pinplan.render.text_safety import local_time, message, plain, plural, size

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pinplan.errors.suggestions import Suggest
    from pinplan.history.trash import InTrash
    from pinplan.model.ids import RunId
    from pinplan.records.journal import ActionRecord, RunRecord
    from pinplan.records.pin_metadata import PartialBoard


def runs_lines(runs: Sequence[RunRecord], done: Mapping[RunId, int], declined: Mapping[RunId, int]) -> Iterator[Line]:
    """One line for each run, the newest last."""
    if not runs:
        yield Line("Nothing was applied yet.")
    undone = {run.undoes: run.id for run in runs if run.undoes and run.ended_at}
    for run in runs:
        counts = ", ".join(f"{t.count} {KINDS[k].trait.verb}" for k, t in run.summary.items() if t.count and k in KINDS)
        state = "" if run.ended_at else f"  (unfinished: {done.get(run.id, 0)} of {run.total} done)"
        state += f"  ({declined[run.id]:,} declined)" if run.id in declined else ""
        state += f"  (undoes {run.undoes})" if run.undoes else ""
        state += f"  (undone by {undone[run.id]})" if run.id in undone else ""
        yield Line(f"{run.id}  {local_time(run.started_at)}  {counts}{state}", "" if run.ended_at else "yellow")


def partial_lines(boards: Sequence[PartialBoard], suggest: Suggest = suggestion) -> Iterator[Line]:
    """Boards that were not read to their end when they were last listed."""
    if not boards:
        return
    which = plural(len(boards), "board was", "boards were")
    yield Line(f"{which} not listed as a whole last time; pins may be missing here:", "yellow")
    for board in boards[:FOLD]:
        yield Line(f"  {plain(board.name)}: {message(board.problem)}", "yellow")
    if len(boards) > FOLD:
        yield Line(f"  … and {len(boards) - FOLD:,} more; {suggest('status', '--json')} has them all", "dim")


def run_lines(records: Sequence[ActionRecord]) -> Iterator[Line]:
    """One line for each action of a run."""
    for record in records:
        symbol = KINDS[record.kind].trait.symbol if record.kind in KINDS else "?"
        reason = f": {message(record.reason)}" if record.reason else ""
        outcome = record.outcome or "begun"
        style = "" if outcome == "done" else "yellow"
        yield Line(f"{record.action}  {symbol} {record.kind:<14} {outcome:<11} {plain(record.address)}{reason}", style)


def trash_lines(files: Sequence[InTrash], suggest: Suggest = suggestion) -> Iterator[Line]:
    """Files by run, the oldest run first."""
    if not files:
        yield Line("The trash is empty.")
        return
    for run, group in groupby(files, key=lambda file: file.run):
        rows = list(group)
        held = "; its run is not finished" if rows[0].held else ""
        yield Line(f"{run}  {local_time(rows[0].since)}  ({plural(rows[0].days, 'day')} ago{held})", "bold")
        for file in rows:
            yield Line(f"    {size(file.size):>9}  {plain(file.was)}")
    total = sum(file.size for file in files)
    restore = suggest("trash", "restore", "NAME", "-o", "restore.json")
    yield Line(f"{plural(len(files), 'file')}, {size(total)}. To bring one back: {restore}")


def audit_lines(records: Iterable[dict[str, object]]) -> Iterator[Line]:
    """One line for each record."""
    for record in records:
        about = {key: value for key, value in record.items() if key not in {"prev", "hash", "seq", "at", "type", "run"}}
        words = "  ".join(f"{key}={plain(str(value))}" for key, value in about.items())
        seq, at, run, kind = (plain(str(record.get(key, ""))) for key in ("seq", "at", "run", "type"))
        yield Line(f"{seq:>6}  {local_time(at)}  {run:<21}  {kind:<9} {words}")
