"""A plan with nothing to do on 100,000 pins in 500 boards, and its parts."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from benchmarks.large import agree, environment, sandbox
from benchmarks.measure import PINPLAN, Cost, block, median, process, say
from pinplan.build_plan import look
from pinplan.config import load_config
from pinplan.disk.library import DiskLibrary
from pinplan.pipeline import decide
from pinplan.plan.document import Plan
from pinplan.reconcile.plan_input import PlanInput
from pinplan.reconcile.planner import reconcile
from pinplan.records.plan_file import decode_plan, encode_plan, read_plan, with_digest
from pinplan.wiring.open_library import open_library, request_of

PINS, BOARDS = 100_000, 500


def run(pins: int = PINS, boards: int = BOARDS, rounds: int = 5) -> None:
    """Whole process first (its peak is its own), then scan, planner and plan file."""
    with tempfile.TemporaryDirectory(prefix="pinplan-bench-") as home, sandbox(boards, pins) as url:
        library = Path(home) / "Pins"
        first = agree(library, url)
        assert len(first.actions) == pins
        _unchanged(library, url, rounds)
        _whole(library, url, "auto", _one_more, "one file new, every listing from the cache", rounds)
        _whole(library, url, "full", _nothing, "every board listed, and kept", rounds)
        _scan(library, pins)
        _planner(library, url, pins)
    _plan_file(first)


def _unchanged(library: Path, url: str, rounds: int) -> None:
    """Against ``rclone sync -n`` of as many files, if it is there."""
    _plan(library, url)
    with closing(sqlite3.connect(library / ".pinplan" / "state.db")) as db:
        assert db.execute("SELECT count(*) FROM kept_plan").fetchone() == (1,)
    whole = _whole(library, url, "auto", _nothing, "nothing changed", rounds)
    rclone = shutil.which("rclone")
    if rclone is None:
        return
    copy = library.with_name("Copy")
    shutil.copytree(library, copy, ignore=shutil.ignore_patterns(".pinplan"))
    peer = [rclone, "sync", "-n", "--exclude", "/.pinplan/**", str(library), str(copy)]
    theirs = sorted((process(peer) for _ in range(rounds)), key=lambda cost: cost.cpu)[rounds // 2]
    say(f"– {whole.cpu / theirs.cpu:.2f} × the CPU of rclone sync -n, which takes {theirs.peak_mb:.0f} MB")


def _nothing(_library: Path) -> None:
    """Leave everything as it is."""


def _one_more(library: Path) -> None:
    """A file that no pin has, touched anew each time."""
    (library / "new.txt").write_text("new\n")


def _plan(library: Path, url: str, refresh: str = "auto") -> Cost:
    out = library.with_name("plan.json")
    command = [PINPLAN, "plan", "--library", str(library), "--quiet", "--refresh", refresh, "-o", str(out)]
    cost = process(command, env=environment(url))
    assert not read_plan(out).actions
    return cost


def _whole(library: Path, url: str, refresh: str, before: Callable[[Path], None], how: str, rounds: int) -> Cost:
    runs = []
    for _ in range(rounds):
        before(library)
        runs.append(_plan(library, url, refresh))
    runs.sort(key=lambda cost: cost.cpu)
    whole = runs[rounds // 2]
    say(
        f"plan, nothing to do, {how}: {whole.cpu:.2f} s CPU ({runs[0].cpu:.2f}–{runs[-1].cpu:.2f}), "
        f"{whole.wall:.1f} s wall, {whole.peak_mb:.0f} MB"
    )
    return whole


def _scan(library: Path, pins: int) -> None:
    disk = DiskLibrary(library)

    def ours() -> float:
        with block() as cost:
            files, _ = disk.scan()
        assert len(files) >= pins
        return cost.wall

    find = ["find", str(library), "-printf", "%s %T@ %p\\n"]
    mine, theirs = median(ours), median(lambda: process(find).wall)
    say(f"scan of {pins:,} files: {mine:.2f} s, {mine / theirs:.2f} × find -printf (budget 2 ×)")


def _planner(library: Path, url: str, pins: int) -> None:
    config = load_config(library=library, flags={"network.api_url": url})
    with open_library(config, token="sandbox") as adapters:
        request = request_of(config)
        snapshots = look(adapters, request)
    world = PlanInput(policies=request.policies, remote=snapshots.remote, local=snapshots.local, base=snapshots.base)

    def planner() -> float:
        with block() as cost:
            decided = reconcile(world)
        assert not decided.actions
        return cost.cpu

    def whole() -> float:
        with block() as cost:
            decide(snapshots, request, "")
        return cost.cpu

    say(
        f"planner alone, {pins:,} pins: {median(planner):.2f} s CPU (budget 1 s); with digests and summary: {median(whole):.2f} s"
    )


def _plan_file(plan: Plan) -> None:
    data = encode_plan(plan)

    def made() -> float:
        with block() as cost:
            again = encode_plan(with_digest(plan))
        assert again == data
        return cost.cpu

    def read() -> float:
        with block() as cost:
            again = decode_plan(data)
        assert len(again.actions) == len(plan.actions)
        return cost.cpu

    def floor() -> float:
        with block() as cost:
            hashlib.sha256(json.dumps(json.loads(data), indent=2, sort_keys=True).encode()).hexdigest()
        return cost.cpu

    made_in, read_in, peer = median(made), median(read), median(floor, 1)
    say(
        f"plan file of {len(plan.actions):,} actions, {len(data) / 1e6:.0f} MB: digest and document {made_in:.2f} s, validated decode {read_in:.2f} s, "
        f"together {made_in + read_in:.2f} s CPU (budget 1 s), {(made_in + read_in) / peer:.2f} × json and sha256"
    )
