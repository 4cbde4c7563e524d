"""Applies plans in processes that end with SIGKILL at a chosen moment. ``python -m tests.faults.runner``.

Reads one request a line from stdin, answers with one line. Each request is done in a fork of this process, which has everything
imported already: two hundred deaths take seconds, not minutes. A moment is a call into the operating system or into SQLite,
or the return from one.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any

from msgspec.structs import replace

from pinplan.apply.executor import ExecutorOptions
from pinplan.config import load_config
from pinplan.pipeline import apply_plan
from pinplan.records.decisions_file import read_decisions
from pinplan.records.plan_file import read_plan
from pinplan.wiring.access import SystemClock
from pinplan.wiring.open_library import locked, open_library
from tests.imported import import_everything

OUTSIDE = frozenset({"posix", "_io", "sqlite3", "socket", "_socket"})


class Moments:
    """Counts calls to the outside, and ends the process at one of them."""

    def __init__(self, kill_at: int) -> None:
        self.count = 0
        self._kill_at = kill_at

    def __call__(self, _frame: FrameType, event: str, called: Any) -> None:
        if event in {"c_call", "c_return"} and home_of(called) in OUTSIDE:
            self.count += 1
            if self.count == self._kill_at:
                os.kill(os.getpid(), signal.SIGKILL)


def home_of(called: Any) -> str:
    owner = getattr(called, "__self__", None)
    if owner is None or isinstance(owner, type(os)):
        return getattr(called, "__module__", None) or ""
    return type(owner).__module__


def watch(moments: Moments | None) -> None:
    threading.setprofile(moments)
    sys.setprofile(moments)


class Hasty(SystemClock):
    """The computer's clock for tests that have no two minutes."""

    def wait(self, seconds: float, stop: threading.Event) -> None:
        """Go on at once."""


def perform(request: dict[str, Any]) -> int:
    os.environ["XDG_STATE_HOME"] = request["state"]
    os.environ["XDG_DATA_HOME"] = str(Path(request["state"]).parent)
    config = load_config(library=Path(request["library"]), environment={"PINPLAN_API_URL": request["url"]})
    plan = read_plan(Path(request["plan"]))
    decisions = read_decisions(Path(request["decisions"]), plan) if request["decisions"] else None
    moments = Moments(request["kill_at"] or 0)
    with locked(config.library, "apply", 5), open_library(config, token="sandbox") as adapters:
        watch(moments if request["watched"] else None)
        result = apply_plan(replace(adapters, clock=Hasty()), plan, ExecutorOptions(parallelism=1, decisions=decisions))
        watch(None)
    Path(request["count"]).write_text(str(moments.count))
    return 0 if result.complete or result.already_applied else 3


def serve() -> None:
    import_everything()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                os._exit(perform(json.loads(line)))
            except BaseException as error:  # noqa: BLE001 - whatever it is, the test has to see it
                sys.stderr.write(f"{type(error).__name__}: {error}\n")
                sys.stderr.flush()
                os._exit(99)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
