"""How the cost of each command grows: CPU time and memory at n, 4n and 16n pins of a generated account.

With ``t = c + a·n^e``, the exponent follows from the increments of three sizes, whatever the start costs: ``(t₁₆ - t₄) / (t₄ - t₁) = 4^e``.
"""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.large import agree, environment, sandbox
from benchmarks.measure import PINPLAN, Cost, process, say
from pinplan.wiring.library_setup import init_library

_Command = Callable[..., Cost]
Commands = Callable[[Path, Mapping[str, str], int, str], Iterator[tuple[str, Cost]]]
"""Runs commands, one after the other: home, environment, pins, address of the sandbox."""
PINS, PER_BOARD = 1_000, 200
LIMIT, BUDGET = 1.1, 18
NOISE = 0.05
"""Seconds: an increment below this says nothing."""
UNCERTAIN = 0.15
"""Seconds: with a smaller first increment an exponent is mostly the load of the machine."""


def run(pins: int = PINS) -> None:
    """A line for each command."""
    sizes = [pins, 4 * pins, 16 * pins]
    report(sizes, [measure(size) for size in sizes])


def report(sizes: Sequence[int], measured: Sequence[Mapping[str, Cost]]) -> None:
    """A line for each command, with what it costs at each size and how it grows."""
    for name in measured[0]:
        costs = [each[name] for each in measured]
        seconds = ", ".join(f"{cost.cpu:.2f}" for cost in costs)
        ratio = costs[-1].cpu / costs[0].cpu
        say(
            f"{name}: {seconds} s CPU at {', '.join(f'{size:,}' for size in sizes)}; {ratio:.1f} × (budget {BUDGET} ×); {_verdict(costs)}; "
            f"{costs[-1].peak_mb:.0f} MB"
        )
    worst = max(measured[0], key=lambda name: measured[-1][name].cpu / measured[0][name].cpu)
    say(f"most for 16 times the size: {measured[-1][worst].cpu / measured[0][worst].cpu:.1f} × ({worst})")


def _verdict(costs: Sequence[Cost]) -> str:
    grown = exponent(costs)
    if grown is None:
        return "constant"
    if costs[1].cpu - costs[0].cpu < UNCERTAIN:
        return "no exponent, as it hardly grew at first"
    return f"exponent {grown:.2f}{'' if grown <= LIMIT else f' (limit {LIMIT})'}"


def exponent(costs: Sequence[Cost]) -> float | None:
    """The growth exponent of three costs; None if they do not grow measurably."""
    first, second = costs[1].cpu - costs[0].cpu, costs[2].cpu - costs[1].cpu
    if second < NOISE:
        return None
    return math.log(second / max(first, NOISE / 4), 4)


def measure(pins: int) -> dict[str, Cost]:
    """What each command costs with so many pins."""
    return measured(_commands, max(1, pins // PER_BOARD), pins)


def measured(commands: Commands, boards: int, pins: int) -> dict[str, Cost]:
    """What each of these commands costs on an account of this size. The sandbox is a process of its own."""
    with tempfile.TemporaryDirectory(prefix="pinplan-bench-") as home, sandbox(boards, pins) as url:
        return dict(commands(Path(home), environment(url) | {"HOME": home}, pins, url))


def _commands(home: Path, env: Mapping[str, str], pins: int, url: str) -> Iterator[tuple[str, Cost]]:
    def pinplan(*words: str, at: str = "Pins") -> Cost:
        return process([PINPLAN, *words, "--library", str(home / at)], env)

    init_library(home / "Empty")
    new = str(home / "new.json")
    yield "plan of n downloads", pinplan("plan", "-q", "-o", new, at="Empty")
    assert actions_of(new) == {"download": pins}
    for name, words in _SHOWN.items():
        yield name, pinplan("show", new, *(word.format(home=home) for word in words), at="Empty")
    agree(home / "Pins", url)
    yield "plan, every board listed", pinplan("plan", "-q", "--refresh", "full")
    same = str(home / "same.json")
    for name in ("plan, all from the cache", "plan, nothing changed"):
        yield name, pinplan("plan", "-q", "-o", same)
        assert actions_of(same) == {}
    for words in _LOOKS:
        yield " ".join(words), pinplan(*words)
    yield "explain", pinplan("explain", str(files_of(home)[0]))
    yield from _renamed(home, pinplan, pins)
    yield from _removed(home, pinplan)


_SHOWN = {
    "show": ("--all",),
    "show --json": ("--json",),
    "show --markdown": ("--markdown",),
    "show --html --offline": ("--html", "{home}/page.html", "--offline"),
}
_LOOKS = (("status",), ("history",), ("verify", "--quick", "--offline"), ("audit", "verify"))


def _renamed(home: Path, pinplan: _Command, pins: int) -> Iterator[tuple[str, Cost]]:
    """Every second file gets another name in its folder."""
    files = files_of(home)[::2]
    for path in files:
        path.rename(path.with_name(f"my {path.name}"))
    plan = str(home / "renamed.json")
    yield "plan of n/2 renames", pinplan("plan", "-q", "-o", plan)
    assert actions_of(plan) == {"relocate": len(files)}
    assert len(files) == (pins + 1) // 2
    yield "apply of n/2 renames", pinplan("apply", plan, "-q")
    yield "apply again", pinplan("apply", plan, "-q")
    undo = str(home / "undo.json")
    yield "undo", pinplan("undo", "-q", "-o", undo)
    assert actions_of(undo) == {"relocate": len(files)}


def _removed(home: Path, pinplan: _Command) -> Iterator[tuple[str, Cost]]:
    """Every fourth file is deleted, and every fourth becomes a link."""
    files = files_of(home)
    for path in files[::4]:
        path.unlink()
    plan = str(home / "removed.json")
    yield (
        "plan of n/4 files fetched again",
        pinplan("plan", "-q", "--mode", "mirror", "-o", plan),
    )
    assert actions_of(plan) == {"download": len(files[::4])}
    for path in files[1::4]:
        path.unlink()
        path.symlink_to("elsewhere")
    yield "plan with n/4 links", pinplan("plan", "-q", "-o", plan)
    assert actions_of(plan) == {}


def files_of(home: Path) -> list[Path]:
    """The pictures of the library."""
    return sorted(
        path
        for path in (home / "Pins").rglob("*.*")
        if path.is_file() and ".pinplan" not in path.parts and path.suffix != ".toml"
    )


def actions_of(plan: str) -> dict[str, int]:
    """Counts by kind of a saved plan."""
    kinds = [action["kind"] for action in json.loads(Path(plan).read_bytes())["actions"]]
    return {kind: kinds.count(kind) for kind in set(kinds)}
