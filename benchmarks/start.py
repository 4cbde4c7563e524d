"""How long ``pinplan --help`` takes, against importing its framework and against a peer."""

from __future__ import annotations

import shutil
import sys

from benchmarks.measure import PINPLAN, process, say

PEER = "gallery-dl"
_TYPER = (sys.executable, "-c", "import typer")


def measure(rounds: int) -> tuple[float, float]:
    """CPU seconds of ``pinplan --help`` and of importing typer, the framework it is made with: in turn, the least of each."""
    process([PINPLAN, "--help"])  # the first one writes byte code
    pairs = [(process([PINPLAN, "--help"]).cpu, process(_TYPER).cpu) for _ in range(rounds)]
    return min(ours for ours, _ in pairs), min(typers for _, typers in pairs)


def run(rounds: int = 9) -> None:
    """Against a Python process that imports typer."""
    ours, typers = measure(rounds)
    say(f"pinplan --help: {ours:.3f} s CPU, {ours / typers:.2f} × `import typer` (budget 1.3 ×)")
    peer = shutil.which(PEER)
    if peer is not None:
        theirs = min(process([peer, "--help"]).cpu for _ in range(rounds))
        say(f"– {ours / theirs:.2f} × `{PEER} --help` (budget 1.1 ×)")
