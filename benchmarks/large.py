"""A large account and its library, agreed on, without fetching 100,000 images: files are written, the base is told."""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from benchmarks.measure import PINPLAN
from pinplan.actions import Download
from pinplan.actions.receipts import Put, Receipt
from pinplan.config import load_config
from pinplan.model.base import Tracked
from pinplan.model.ids import RunId, Sha256
from pinplan.model.similarity import ALGORITHM_VERSION, Fingerprint
from pinplan.pipeline import make_plan
from pinplan.plan.document import Plan
from pinplan.records.journal import ActionOutcome, Result, RunRecord
from pinplan.wiring.library_setup import init_library
from pinplan.wiring.open_library import open_library, request_of


@contextmanager
def sandbox(boards: int, pins: int) -> Iterator[str]:
    """A sandbox in a process of its own; its address."""
    command = [PINPLAN, "sandbox", "serve", "--boards", str(boards), "--pins", str(pins)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield json.loads(server.stdout.readline())["url"]
        finally:
            server.terminate()


def environment(url: str) -> dict[str, str]:
    """What a command needs to work on the sandbox."""
    return {**os.environ, "PINPLAN_API_URL": url, "PINPLAN_ACCESS_TOKEN": "sandbox"}


def agree(library: Path, url: str) -> Plan:
    """Make a library in which everything is as recorded; the plan that would have fetched it."""
    init_library(library)
    config = load_config(library=library, flags={"network.api_url": url})
    with open_library(config, token="sandbox") as adapters:
        plan = make_plan(adapters, request_of(config))
        dice = random.Random(1)
        record = RunRecord(id=RunId("seed"), digest=plan.digest, serial=1, total=1, started_at="", summary={})
        adapters.state.begin_run(record, plan.account.id, ())
        results = [_written(library, action) for action in plan.actions if isinstance(action, Download)]
        adapters.state.record(record.id, results, "")
        adapters.state.fingerprints.remember_fingerprints(
            face_row(tracked, dice) for result in results for tracked in result.puts
        )
        adapters.state.end_run(record.id, "")
    return plan


def face_row(tracked: Tracked, dice: random.Random) -> tuple[object, ...]:
    """A fingerprint as it is remembered: of another picture than all others."""
    dhash, pdq = dice.getrandbits(64), dice.randbytes(32)
    face = Fingerprint(
        sha256=tracked.sha256, size=tracked.size, width=600, height=720, format="JPEG", dhash=dhash, pdq=pdq,
        colour=bytes(3), thumb=dice.randbytes(768), detail=60, pdq_quality=100,
    )  # fmt: skip
    signed = dhash - (1 << 64) if dhash >> 63 else dhash
    return (tracked.sha256, ALGORITHM_VERSION, signed, 600, 720, 60, None, msgspec.msgpack.encode(face))


def _written(library: Path, action: Download) -> Result:
    path = library / action.after.path
    path.parent.mkdir(parents=True, exist_ok=True)
    data = action.pin_id.encode()
    path.write_bytes(data)
    found = path.stat()
    best = action.renditions[0]
    tracked = Tracked(
        pin_id=action.pin_id,
        slot=action.after.slot,
        path=action.after.path,
        size=found.st_size,
        mtime_ns=found.st_mtime_ns,
        sha256=Sha256(hashlib.sha256(data).hexdigest()),
        # As declared, or the plan would report each file as smaller than its pin.
        width=best.width or 600,
        height=best.height or 720,
        format="JPEG",
        board_id=action.after.board_id,
        section_id=action.after.section_id,
        container=action.after.container,
        template=action.after.template,
        signature=action.after.signature,
    )
    return Result(action=action.id, outcome=ActionOutcome.DONE, receipt=Receipt(changes=(Put(tracked),)))
