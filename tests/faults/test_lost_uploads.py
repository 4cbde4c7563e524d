"""The answer to an upload is lost after its pin was stored, and listings lag: no pin twice, none missing (I29). Over real sockets.

``PINPLAN_RUNS=200`` plays more runs than a test has time for.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from pathlib import Path

import pytest
from msgspec.structs import replace

from pinplan.adapters import Adapters
from pinplan.apply.executor import ExecutorOptions
from pinplan.config import load_config
from pinplan.errors import PlanUnbound
from pinplan.pipeline import apply_plan, make_plan
from pinplan.plan.document import Plan, kind_of
from pinplan.sandbox import Clock, Fault, FaultKind, Sandbox, Texts, World
from pinplan.sandbox import Settings as SandboxSettings
from pinplan.sandbox.pictures import Kind, Picture, encoded
from pinplan.wiring.library_setup import init_library
from pinplan.wiring.open_library import request_of
from tests.faults.account import opened
from tests.faults.test_creates import Waiting
from tests.small_videos import video
from tests.worlds import EVERYTHING

RUNS = int(os.environ.get("PINPLAN_RUNS", "8"))
FILES = (
    "Board/Plain.jpg",
    "Board/Same.jpg",
    "Board/Part/Same.jpg",
    "Board/Cafe\u0301  noir .jpg",
    f"Board/{'A title that is longer than Pinterest takes ' * 4}.jpg",
)
COVER, VIDEO = "Board/Clip.jpg", "Board/Clip.mp4"
LOSSES = (
    {"kind": FaultKind.LOST},
    {"kind": FaultKind.WRONG_LENGTH, "keep": 0},
    {"kind": FaultKind.CUT_JSON, "keep": 40},
    {"kind": FaultKind.STATUS, "status": 502},  # not stored; nobody can know
)


def world() -> World:
    made = World()
    board = made.create_board("Board")
    made.create_section(board.id, "Part")
    made.create_pin(board.id, (Picture(Kind.SHAPES, 5, 400, 300),), title="Plain")
    return made


def picture(number: int) -> bytes:
    return encoded(Picture(Kind.LANDSCAPE, 70 + number, 500, 400), "originals")


def planned(adapters: Adapters, library: Path) -> Plan:
    flags: dict[str, object] = {"sync.mode": "publish", "upload.own_content": True}
    return make_plan(adapters, request_of(load_config(library=library, flags=flags), allow=EVERYTHING))


def shown(sandbox: Sandbox) -> Counter[str]:
    """How often each picture is on Pinterest."""
    return Counter(one.signature for pin in sandbox.world.pins.values() for one in pin.pictures)


def lost(dice: random.Random) -> list[Fault]:
    """Some answers to creates, and now and then one to a listing."""
    rules = [Fault(on="POST /pins", after=dice.randrange(3), times=dice.randint(1, 3), **dice.choice(LOSSES))]
    if dice.random() < 0.3:
        rules.append(
            Fault(kind=FaultKind.STATUS, on="GET /boards/*/pins", status=503, after=1, times=dice.randint(1, 9))
        )
    return rules


def turn(adapters: Adapters, library: Path, plan: Plan, dice: random.Random) -> tuple[Plan, bool]:
    """Apply the same plan again, or a new one; the plan, and whether it is done."""
    again = dice.random() < 0.5
    try:
        plan = plan if again else planned(adapters, library)
        result = apply_plan(adapters, plan, ExecutorOptions(parallelism=1))
    except PlanUnbound:  # another plan was applied since
        return planned(adapters, library), False
    return plan, result.complete and not again


@pytest.mark.promise("I29")
@pytest.mark.parametrize("seed", range(RUNS))
def test_no_picture_is_uploaded_twice_and_none_is_lost(tmp_path, seed):
    dice, clock = random.Random(seed), Clock()
    settings = SandboxSettings(
        texts=dice.choice(list(Texts)),
        lag=dice.choice((0.0, 5.0, 45.0, 450.0)),
        lags={"boards/list_pins": 90.0} if dice.random() < 0.5 else {},
    )
    with Sandbox(world(), clock=clock, settings=settings) as sandbox:
        library, state = tmp_path / "library", tmp_path / "state"
        init_library(library)
        before = shown(sandbox)
        for number, name in enumerate((*FILES, COVER, VIDEO)):
            path = library / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(video() if name == VIDEO else picture(number))
            os.utime(path, (time.time() - 60,) * 2)
        with opened(library, sandbox, state) as adapters:
            plan = planned(adapters, library)
        assert Counter(map(kind_of, plan.actions)) == {"upload": len(FILES), "upload_video": 1}
        sandbox.faults.set(lost(dice))
        for _ in range(12):
            with opened(library, sandbox, state) as adapters:
                plan, done = turn(replace(adapters, clock=Waiting(clock)), library, plan, dice)
            clock.advance(45.0 * dice.random())
            if done:
                break
        sandbox.faults.clear()
        settle(sandbox, library, state, clock)
        new = shown(sandbox) - before
        assert max(new.values()) == 1, "a picture was uploaded twice"
        assert len(new) == len(FILES) + 1, "a picture was lost"
        (clip,) = (path.stem for path in library.rglob("*.mp4"))
        assert (library / "Board" / f"{clip}.jpg").exists(), "a video was torn from its cover"
        names = [path.stem for path in library.rglob("*.jpg") if ".pinplan" not in path.parts]
        assert all(any(f"[{pin}]" in name for name in names) for pin in list(sandbox.world.pins)[1:])


def settle(sandbox: Sandbox, library: Path, state: Path, clock: Clock) -> None:
    """Listings catch up; what the server refused without a word is resolved as a person would, who looks at the board."""
    clock.advance(1000)
    with opened(library, sandbox, state) as adapters:
        there = replace(adapters, clock=Waiting(clock))
        apply_plan(there, planned(there, library), ExecutorOptions(parallelism=1))
        for record in there.state.creates.pending():
            if record.created is None:
                there.state.resolve(record, None, "2026-01-01T00:00:00Z")
        for _ in range(2):
            apply_plan(there, planned(there, library), ExecutorOptions(parallelism=1))
        assert planned(there, library).actions == ()
        assert there.state.audit.verify().breaks == ()
