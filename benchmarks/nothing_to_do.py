"""A plan with nothing to do on 100,000 pins in 500 boards, and its parts."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.large import agree, environment, sandbox
from benchmarks.measure import PINPLAN, block, median, process, say
from pinplan.build_plan import look
from pinplan.config import load_config
from pinplan.disk.library import DiskLibrary
from pinplan.pipeline import decide
from pinplan.plan.document import Plan
from pinplan.reconcile.plan_input import PlanInput
from pinplan.reconcile.planner import reconcile
from pinplan.records.plan_file import decode_plan, encode_plan
from pinplan.wiring.open_library import open_library, request_of

PINS, BOARDS = 100_000, 500


def run() -> None:
    """Whole process first (its peak is its own), then scan, planner and plan file."""
    with tempfile.TemporaryDirectory(prefix="pinplan-bench-") as home, sandbox(BOARDS, PINS) as url:
        library = Path(home) / "Pins"
        first = agree(library, url)
        _whole(library, url, "auto", "every listing from the cache")
        _whole(library, url, "full", "every board listed, and kept")
        _scan(library)
        _planner(library, url)
    _plan_file(first)


def _whole(library: Path, url: str, refresh: str, how: str) -> None:
    command = [PINPLAN, "plan", "--library", str(library), "--quiet", "--refresh", refresh]
    runs = sorted((process(command, env=environment(url)) for _ in range(5)), key=lambda cost: cost.cpu)
    whole = runs[2]
    say(
        f"plan, nothing to do, {PINS:,} pins, {how}: {whole.cpu:.2f} s CPU ({runs[0].cpu:.2f}–{runs[-1].cpu:.2f}), "
        f"{whole.wall:.1f} s wall, {whole.peak_mb:.0f} MB (budget 3 s CPU, 350 MB)"
    )


def _scan(library: Path) -> None:
    disk = DiskLibrary(library)

    def ours() -> float:
        with block() as cost:
            disk.scan()
        return cost.wall

    find = ["find", str(library), "-printf", "%s %T@ %p\\n"]
    mine, theirs = median(ours), median(lambda: process(find).wall)
    say(f"scan of {PINS:,} files: {mine:.2f} s, {mine / theirs:.2f} × find -printf (budget 2 ×)")


def _planner(library: Path, url: str) -> None:
    config = load_config(library=library, flags={"network.api_url": url})
    with open_library(config, token="sandbox") as adapters:
        request = request_of(config)
        snapshots = look(adapters, request)
    world = PlanInput(policies=request.policies, remote=snapshots.remote, local=snapshots.local, base=snapshots.base)

    def planner() -> float:
        with block() as cost:
            reconcile(world)
        return cost.cpu

    def whole() -> float:
        with block() as cost:
            decide(snapshots, request, "")
        return cost.cpu

    say(
        f"planner alone, {PINS:,} pins: {median(planner):.2f} s CPU (budget 1 s); with digests and summary: {median(whole):.2f} s"
    )


def _plan_file(plan: Plan) -> None:
    data = encode_plan(plan)

    def both() -> float:
        with block() as cost:
            decode_plan(encode_plan(plan))
        return cost.cpu

    def encode() -> float:
        with block() as cost:
            encode_plan(plan)
        return cost.cpu

    total, encoding = median(both), median(encode)
    say(
        f"plan file of {len(plan.actions):,} actions, {len(data) / 1e6:.0f} MB: encode {encoding:.2f} s, "
        f"validated decode with digest {total - encoding:.2f} s, together {total:.2f} s CPU (budget 1 s)"
    )
