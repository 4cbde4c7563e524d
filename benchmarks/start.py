"""How long ``pinplan --help`` takes."""

from __future__ import annotations

import sys

from benchmarks.measure import PINPLAN, process, say

_TYPER = (sys.executable, "-c", "import typer")


def measure(rounds: int) -> tuple[float, float]:
    """CPU seconds of ``pinplan --help`` and of importing typer, the framework it is made with: in turn, the least of each."""
    process([PINPLAN, "--help"])  # the first one writes byte code
    pairs = [(process([PINPLAN, "--help"]).cpu, process(_TYPER).cpu) for _ in range(rounds)]
    return min(ours for ours, _ in pairs), min(typers for _, typers in pairs)


def run(rounds: int = 9) -> None:
    """Against a Python process that imports typer."""
    ours, typers = measure(rounds)
    say(f"pinplan --help: {ours:.3f} s CPU, {ours / typers:.1f} × `import typer` (budget 2 ×)")
