"""Time and memory of processes and blocks, as the operating system counts them."""

from __future__ import annotations

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


def process(command: Sequence[str], **options: object) -> Cost:
    """Run a command to its end; it must exit 0. The peak is that of the largest child so far: run the large ones last."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **options)  # type: ignore[call-overload]
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(wall, cpu, after.ru_maxrss / 1024)


_WATCHED = """
import os, subprocess, sys, time
began = time.perf_counter()
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
_, status, used = os.wait4(child.pid, 0)
child.returncode = os.waitstatus_to_exitcode(status)
print(time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, child.returncode)
"""
"""A small process between: one that is started by a large one is counted with the memory of that one."""


def alone(command: Sequence[str], env: Mapping[str, str] | None = None) -> Cost:
    """Run a command to its end, whatever it exits with that is not a signal; the peak is its own."""
    watched = [sys.executable, "-S", "-c", _WATCHED, *command]
    told = subprocess.run(watched, check=True, capture_output=True, text=True, env=env).stdout.split()
    assert int(told[3]) >= 0, command
    return Cost(*map(float, told[:3]))


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
