"""What an apply costs between its last effect and its exit, per action: 1,000, 20,000 and 200,000 actions, half of them declined."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from unittest.mock import Mock

from msgspec.structs import replace

from benchmarks.bookkeeping import EmptyLibrary, SilentRemote, forget
from benchmarks.measure import say
from pinplan import pipeline
from pinplan.adapters import Adapters
from pinplan.apply.decided_plan import DecidedPlan
from pinplan.apply.executor import ExecutorOptions
from pinplan.events import ActionEnded, AnyEvent
from pinplan.model.ids import AccountId, Digest, LibraryId, Lineage, RunId
from pinplan.plan.decisions import Declined, Perform
from pinplan.plan.document import Plan
from pinplan.reconcile.on_record import OnRecord
from pinplan.records.journal import RunRecord
from pinplan.records.plan_file import read_plan
from pinplan.records.state import create_state, open_state
from pinplan.render.effects import closing_lines, with_declined
from pinplan.wiring.open_library import SystemClock

COUNTS = (1_000, 20_000, 200_000)
ANY_PLAN = Path(__file__).parents[1] / "fixtures" / "scenarios" / "create_unconfirmed.archive" / "plan.json"


def run(counts: tuple[int, ...] = COUNTS) -> None:
    """Microseconds per action of the plan, and their ratios."""
    each = {count: min(measure(count) for _ in range(3)) for count in counts}
    for count, microseconds in each.items():
        say(f"end of an apply of {count:,} actions: {microseconds:.2f} µs per action")
    for count in counts[1:]:
        ratio = each[count] / each[counts[0]]
        say(f"{count:,} actions cost {ratio:.2f} × per action of what {counts[0]:,} do (budget: 2 ×)")


def measure(count: int) -> float:
    """From the event of the last action to the closing lines."""
    plan = replace(read_plan(ANY_PLAN), actions=tuple(map(forget, range(count))))
    ended = 0.0

    def listen(event: AnyEvent) -> None:
        nonlocal ended
        if isinstance(event, ActionEnded):
            ended = time.process_time()

    with tempfile.TemporaryDirectory(prefix="pinplan-bench-") as home:
        path = Path(home) / "state.db"
        create_state(path, LibraryId("l"), Lineage("m"))
        with open_state(path, LibraryId("l"), Lineage("m")) as state:
            record = RunRecord(id=RunId("run"), digest=Digest("d"), serial=1, total=count, started_at="", summary={})
            state.begin_run(record, AccountId("1"), ())
            adapters = Adapters(
                remote=SilentRemote(),  # type: ignore[arg-type]
                images=Mock(),
                videos=Mock(),
                library=EmptyLibrary(),  # type: ignore[arg-type]
                state=state,
                clock=SystemClock(),
                seal_key=Mock(),
                emit=listen,
            )
            result = pipeline._perform(  # noqa: SLF001 - what is before it needs a plan of real files
                adapters, _course(plan), record, ExecutorOptions(), _AllKnown((), ())
            )
            lines = list(
                closing_lines(
                    run=result.run,
                    already=False,
                    ended=with_declined(result.ended, result.declined),
                    left=result.left,
                    fetched=0,
                )
            )
            took = time.process_time() - ended
    assert f"{count // 2:,} actions done, {count - count // 2:,} declined" in lines[-1].text
    return 1_000_000 * took / count


class _AllKnown(OnRecord):
    """Everything is on record."""

    def why_not(self, _action: object) -> None:
        """Nothing speaks against it."""


def _course(plan: Plan) -> DecidedPlan:
    outcomes = {
        action.id: Declined("skipped") if number % 2 else Perform(action) for number, action in enumerate(plan.actions)
    }
    return DecidedPlan(plan=plan, decisions=None, given=False, outcomes=outcomes)
