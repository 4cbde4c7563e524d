"""How long ``pinplan --help`` takes."""

from __future__ import annotations

import sys

from benchmarks.measure import PINPLAN, median, process, say


def run() -> None:
    """Against an empty Python process."""
    program = median(lambda: process([PINPLAN, "--help"]).cpu)
    empty = median(lambda: process([sys.executable, "-c", "pass"]).cpu)
    say(f"pinplan --help: {program:.2f} s CPU, {program / empty:.1f} × an empty Python (budget 0.35 s)")
