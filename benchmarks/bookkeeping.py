"""What intents, receipts and the base cost per action: 1,000, 10,000 and 100,000 actions with nothing else to do."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.measure import block, say
from pinplan.actions import Forget
from pinplan.actions.expect import ExpectFree
from pinplan.apply.context import RunContext, RunJournal
from pinplan.apply.executor import Executor, ExecutorOptions
from pinplan.model.base import Tracked
from pinplan.model.ids import AccountId, ActionId, BoardId, Digest, LibraryId, Lineage, PinId, RelPath, RunId, Sha256
from pinplan.records.journal import RunRecord
from pinplan.records.state import create_state, open_state
from pinplan.wiring.open_library import SystemClock


class EmptyLibrary:
    """Nothing is anywhere."""

    def stat(self, _path: str) -> None:
        """There is no such file."""

    def clear_staging(self) -> None:
        """Nothing is staged."""


class SilentRemote:
    """Is never asked."""

    scopes = ()

    def require_calls(self, _count: int) -> None:
        """There are always enough."""


def run() -> None:
    """Milliseconds per action, and the ratio between the largest and the smallest."""
    each = {count: measure(count) for count in (1_000, 10_000, 100_000)}
    for count, milliseconds in each.items():
        say(f"bookkeeping of {count:,} actions: {milliseconds:.3f} ms per action (budget 1 ms)")
    say(f"100,000 actions cost {each[100_000] / each[1_000]:.2f} × per action of what 1,000 do (budget: linear)")


def measure(count: int) -> float:
    """Milliseconds per action."""
    with tempfile.TemporaryDirectory(prefix="pinplan-bench-") as home:
        path = Path(home) / "state.db"
        create_state(path, LibraryId("l"), Lineage("m"))
        with open_state(path, LibraryId("l"), Lineage("m")) as state:
            run_id = RunId("run")
            record = RunRecord(id=run_id, digest=Digest("d"), serial=1, total=count, started_at="", summary={})
            state.begin_run(record, AccountId("1"), ())
            journal = RunJournal(state, run_id)
            world = RunContext(run_id, EmptyLibrary(), SilentRemote(), None, journal, None, None, None)  # type: ignore[arg-type]
            executor = Executor(world, state, SystemClock(), lambda _event: None, ExecutorOptions())
            actions = [forget(number) for number in range(count)]
            with block() as cost:
                tallies = executor.perform(actions, ())
            assert len(tallies.done) == count
    return 1000 * cost.wall / count


def forget(number: int) -> Forget:
    """An action without effect on either side."""
    pin, path = PinId(str(number)), RelPath(f"Board/{number}.jpg")
    tracked = Tracked(
        pin_id=pin, slot=0, path=path, size=1, mtime_ns=1, sha256=Sha256("0" * 64), width=1, height=1, format="JPEG",
        board_id=BoardId("1"), container="Board", template="",
    )  # fmt: skip
    return Forget(
        id=ActionId(f"{number:06d}"), pin_id=pin, board_id=BoardId("1"), address=f"Board/{number}", reason="",
        expect=ExpectFree(free=path), before=tracked,
    )  # fmt: skip
