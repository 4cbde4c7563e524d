"""A plan with nothing to do on 100,000 pins in 500 boards, and its parts."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import statistics
import tempfile
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.large import agree, environment, sandbox
from benchmarks.measure import PINPLAN, Cost, block, median, process, say
from pinplan.build_plan import take_snapshots
from pinplan.config import load_config
from pinplan.disk.library import DiskLibrary
from pinplan.pipeline import decide
from pinplan.plan.document import Plan, kind_of
from pinplan.reconcile.plan_input import PlanInput
from pinplan.reconcile.planner import reconcile
from pinplan.records.plan_file import decode_plan, encode_plan, read_plan, with_digest
from pinplan.wiring.open_library import open_library, request_of

PINS, BOARDS = 100_000, 500


def run(pins: int = PINS, boards: int = BOARDS, rounds: int = 5) -> None:
    """Whole processes first (their peak is their own), then scan, planner and plan file."""
    with tempfile.TemporaryDirectory(prefix="pinplan-bench-") as home, sandbox(boards, pins) as url:
        library = Path(home) / "Pins"
        first = agree(library, url)
        assert len(first.actions) == pins
        peer = _peer(library)
        _without_actions(library, url, rounds, peer)
        _scan(library, pins, rounds)
        _planner(library, url, pins)
        _with_new_pins(library, url, rounds, peer)
    _plan_file(first)


def processes(pins: int = 2 * PINS, boards: int = 2 * BOARDS, rounds: int = 5) -> None:
    """The whole processes alone, with twice as many pins."""
    with tempfile.TemporaryDirectory(prefix="pinplan-bench-") as home, sandbox(boards, pins) as url:
        library = Path(home) / "Pins"
        agree(library, url)
        peer = _peer(library)
        _without_actions(library, url, rounds, peer)
        _with_new_pins(library, url, rounds, peer)


def _without_actions(library: Path, url: str, rounds: int, peer: Sequence[str] | None) -> None:
    _plan(library, url)
    with closing(sqlite3.connect(library / ".pinplan" / "state.db")) as db:
        assert db.execute("SELECT count(*) FROM kept_plan").fetchone() == (1,)
    _whole(lambda _: _plan(library, url), "nothing changed", rounds, peer)

    def with_new_file(number: int) -> Cost:
        (library / "new.txt").write_text(f"{number}\n")
        return _plan(library, url)

    _whole(with_new_file, "one file new, every listing from the cache", rounds, peer)
    (library / "new.txt").unlink()
    _whole(lambda _: _plan(library, url, "full"), "every board listed, and kept", rounds)


def _with_new_pins(library: Path, url: str, rounds: int, peer: Sequence[str] | None) -> None:
    """Last: a board that was changed less than ten minutes ago is listed again by every plan."""
    boards = _boards(url)

    def with_new_pin(number: int) -> Cost:
        _add_pin(url, boards[number])
        return _plan(library, url, new_pins=number + 1)

    _whole(with_new_pin, "one pin new on another board each time", min(rounds, len(boards)), peer)


def _plan(library: Path, url: str, refresh: str = "auto", new_pins: int = 0) -> Cost:
    out = library.with_name("plan.json")
    command = [PINPLAN, "plan", "--library", str(library), "--quiet", "--refresh", refresh, "-o", str(out)]
    cost = process(command, env=environment(url))
    # Of an image that the library has: copied, not downloaded.
    assert [kind_of(action) for action in read_plan(out).actions] == ["copy_local"] * new_pins
    return cost


def _peer(library: Path) -> list[str] | None:
    """``rclone sync -n`` of the same files, if it is there."""
    rclone = shutil.which("rclone")
    if rclone is None:
        return None
    copy = library.with_name("Copy")
    shutil.copytree(library, copy, ignore=shutil.ignore_patterns(".pinplan"))
    return [rclone, "sync", "-n", "--exclude", "/.pinplan/**", str(library), str(copy)]


def _whole(plan: Callable[[int], Cost], how: str, rounds: int, peer: Sequence[str] | None = None) -> None:
    """The median of some plans, and of their ratios to the peer, in turn with it: load on the machine falls on both."""
    pairs = [(plan(number), process(peer) if peer is not None else None) for number in range(rounds)]
    runs = sorted((ours for ours, _ in pairs), key=lambda cost: cost.cpu)
    whole = runs[rounds // 2]
    say(
        f"plan, {how}: {whole.cpu:.2f} s CPU ({runs[0].cpu:.2f}–{runs[-1].cpu:.2f}), "
        f"{whole.wall:.1f} s wall, {max(cost.peak_mb for cost in runs):.0f} MB"
    )
    ratios = sorted(ours.cpu / theirs.cpu for ours, theirs in pairs if theirs is not None)
    if ratios:
        say(f"– {statistics.median(ratios):.2f} × the CPU of rclone sync -n ({ratios[0]:.2f}–{ratios[-1]:.2f})")


def _boards(url: str) -> list[str]:
    found: list[str] = [board["id"] for board in _ask(f"{url}/boards?page_size=250")["items"]]
    return found


def _add_pin(url: str, board: str) -> None:
    """Save a pin of the board once more."""
    pin = _ask(f"{url}/boards/{board}/pins?page_size=1")["items"][0]
    image = next(iter(pin["media"]["images"].values()))["url"]
    _ask(f"{url}/pins", {"board_id": board, "media_source": {"source_type": "image_url", "url": image}})


def _ask(url: str, body: object = None) -> dict[str, Any]:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": "Bearer sandbox", "Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(url, data=data, headers=headers)) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def _scan(library: Path, pins: int, rounds: int) -> None:
    disk = DiskLibrary(library)
    find = ["find", str(library), "-printf", "%s %T@ %p\\n"]

    def scan() -> None:
        assert len(disk.scan()[0]) >= pins

    def digest() -> None:
        assert disk.tree().digest()

    for what, ours in (("scan", scan), ("digest of the tree", digest)):
        pairs = [(_cpu(ours), process(find).cpu) for _ in range(rounds)]
        ratios = sorted(mine / max(theirs, 0.001) for mine, theirs in pairs)
        say(
            f"{what} of {pins:,} files: {statistics.median(mine for mine, _ in pairs):.2f} s CPU, "
            f"{statistics.median(ratios):.2f} × find -printf ({ratios[0]:.2f}–{ratios[-1]:.2f}; budget 1.7 ×)"
        )


def _cpu(work: Callable[[], None]) -> float:
    with block() as cost:
        work()
    return cost.cpu


def _planner(library: Path, url: str, pins: int) -> None:
    config = load_config(library=library, flags={"network.api_url": url})
    with open_library(config, token="sandbox") as adapters:
        request = request_of(config)
        snapshots = take_snapshots(adapters, request)
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
