"""Time and memory of processes and blocks, as the operating system counts them."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PINPLAN = str(Path(sys.executable).with_name("pinplan"))


@dataclass
class Cost:
    """Seconds and megabytes."""

    wall: float = 0.0
    cpu: float = 0.0
    peak_mb: float = 0.0


_WATCHED = """
import os, subprocess, sys, time
began = time.perf_counter()
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
_, status, used = os.wait4(child.pid, 0)
child.returncode = os.waitstatus_to_exitcode(status)
print(time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, child.returncode)
"""
"""A small process between: one that is started by a large one is counted with the memory of that one."""


def process(command: Sequence[str], env: Mapping[str, str] | None = None) -> Cost:
    """Run a command to its end; it must exit 0. The peak is its own."""
    cost, code = _watched(command, env)
    assert code == 0, command
    return cost


def alone(command: Sequence[str], env: Mapping[str, str] | None = None) -> Cost:
    """The same, whatever it exits with that is not a signal."""
    cost, code = _watched(command, env)
    assert code >= 0, command
    return cost


def _watched(command: Sequence[str], env: Mapping[str, str] | None) -> tuple[Cost, int]:
    # With it every run would compile pinplan anew.
    env = {name: value for name, value in (env or os.environ).items() if name != "PYTHONDONTWRITEBYTECODE"}
    watched = [sys.executable, "-S", "-c", _WATCHED, *command]
    told = subprocess.run(watched, check=True, capture_output=True, text=True, env=env).stdout.split()
    return Cost(*map(float, told[:3])), int(told[3])


@contextmanager
def block() -> Iterator[Cost]:
    """What a block of this process costs."""
    cost = Cost()
    wall, cpu = time.perf_counter(), time.process_time()
    yield cost
    cost.wall, cost.cpu = time.perf_counter() - wall, time.process_time() - cpu
    cost.peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def median(measure: Callable[[], float], rounds: int = 5) -> float:
    """The middle of several runs."""
    return statistics.median(measure() for _ in range(rounds))


def say(text: str) -> None:
    """A line of the report."""
    print(text, flush=True)
