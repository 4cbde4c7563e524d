"""What it costs a plan to recognise moved files and new pictures: nothing changed, and a few of both, against a plan that only reports them."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from benchmarks.large import agree, environment, sandbox
from benchmarks.measure import PINPLAN, Cost, process, say
from pinplan.plan.document import kind_of
from pinplan.records.plan_file import read_plan
from pinplan.sandbox.pictures import Kind, Picture, encoded

PINS, BOARDS, CHANGES = 200_000, 1000, 10
REPORTED, RECOGNISED = "report", "recognise"
Planned: TypeAlias = tuple[Cost, dict[str, int]]
_ANSWERS = {REPORTED: ("report", "report"), RECOGNISED: ("move", "upload")}


def run(pins: int = PINS, boards: int = BOARDS, rounds: int = 5, changes: int = CHANGES) -> None:
    """Whole processes in turn, so that load on the machine falls on both."""
    with tempfile.TemporaryDirectory(prefix="pinplan-bench-") as home, sandbox(boards, pins) as url:
        library = Path(home) / "Pins"
        agree(library, url)
        for how in (REPORTED, RECOGNISED):
            _plan(library, url, how)
        costs = [(_plan(library, url, REPORTED), _plan(library, url, RECOGNISED)) for _ in range(rounds)]
        plain = _say(f"plan of {pins:,} pins, nothing changed, changes only reported", [one for (one, _), _ in costs])
        _say("– moves and new pictures recognised", [one for _, (one, _) in costs])
        say(f"– {_ratio(costs)} (budget 1.1 ×)")
        _change(library, changes)
        changed = [(_plan(library, url, REPORTED), _plan(library, url, RECOGNISED)) for _ in range(rounds)]
    wanted = {"move_remote": changes, "upload": changes}
    assert all(planned == wanted for _, (_, planned) in changed), changed[0][1]
    _say(f"– {changes} files moved and {changes} pictures new, reported", [one for (one, _), _ in changed])
    found = _say("– the same recognised and planned", [one for _, (one, _) in changed])
    say(f"– {_ratio(changed)} of the same reported, {found / plain:.2f} × a plan without changes")


def _ratio(pairs: Sequence[tuple[Planned, Planned]]) -> str:
    """The median of the ratios of the pairs, with their range: both of a pair ran under about the same load."""
    ratios = sorted(ours.cpu / plain.cpu for (plain, _), (ours, _) in pairs)
    return f"{statistics.median(ratios):.2f} × ({ratios[0]:.2f}–{ratios[-1]:.2f})"


def _plan(library: Path, url: str, how: str) -> Planned:
    """The cost of a plan, and how many actions of each kind it has."""
    moved, new = _ANSWERS[how]
    config = library.with_name(f"{how}.toml")
    config.write_text(
        f'[sync]\nmode = "two-way"\non_moved_file = "{moved}"\non_new_file = "{new}"\n[upload]\nown_content = true\n'
    )
    # A file that no pin has, touched anew: an unchanged library would be given its last plan again.
    (library / "new.txt").write_text(f"{time.time()}\n")
    out = library.with_name("plan.json")
    place = ["--library", str(library), "--config", str(config)]
    cost = process([PINPLAN, "plan", *place, "--quiet", "-o", str(out)], env=environment(url))
    kinds = [kind_of(action) for action in read_plan(out).actions]
    return cost, {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)}


def _change(library: Path, changes: int) -> None:
    """Move a file of some boards to the folder of another, and put pictures beside them, as if a minute ago."""
    folders = sorted(path for path in library.iterdir() if path.is_dir() and path.name.startswith("Board"))
    past = time.time() - 60
    for number in range(changes):
        folder, other = folders[number], folders[-1 - number]
        # Not those in a section: moved to a board without one, either is a move.
        file = min(path for path in folder.iterdir() if path.is_file())
        file.rename(other / file.name)
        new = folder / f"new {number}.jpg"
        new.write_bytes(encoded(Picture(Kind.LANDSCAPE, 5000 + number, 500, 400), "originals"))
        os.utime(new, (past, past))


def _say(what: str, costs: list[Cost]) -> float:
    """The median of the CPU times, said with their range."""
    runs = sorted(cost.cpu for cost in costs)
    middle = runs[len(runs) // 2]
    peak = max(cost.peak_mb for cost in costs)
    say(f"{what}: {middle:.2f} s CPU ({runs[0]:.2f}–{runs[-1]:.2f}), {peak:.0f} MB")
    return middle
