"""Too little room for what is to be fetched is seen before anything is done."""

from __future__ import annotations

import os
import shutil

import pytest
from msgspec.structs import replace

from pinplan.actions import Download
from pinplan.apply.executor import ExecutorOptions
from pinplan.cli import exits
from pinplan.disk.library import DiskLibrary
from pinplan.errors import NoRoom
from pinplan.pipeline import apply_plan
from pinplan.plan.document import Plan
from pinplan.records.plan_file import with_digest
from pinplan.wiring.library_setup import init_library
from tests.worlds import SmallWorld


def needing(world: SmallWorld, size: int) -> Plan:
    """A plan of two downloads that take so many bytes each, as it says."""
    board = world.board("Board")
    world.pin(board)
    world.pin(board)
    plan = world.plan()
    assert all(isinstance(action, Download) for action in plan.actions)
    return with_digest(replace(plan, actions=tuple(replace(action, estimated_bytes=size) for action in plan.actions)))


def test_too_little_room_stops_before_anything_is_done(world):
    plan = needing(world, 600)
    world.library.room = 1199
    with pytest.raises(NoRoom, match=r"about 1,200 bytes, but only 1,199 bytes are free") as stopped:
        apply_plan(world.adapters(), plan)
    assert (stopped.value.needed, stopped.value.free) == (1200, 1199)
    assert exits.exit_code(stopped.value) == exits.STOPPED
    assert "--allow free-space" in exits.next_step(stopped.value)
    assert (world.library.files, world.state.runs()) == ({}, [])


def test_exactly_enough_room_is_enough(world):
    plan = needing(world, 600)
    world.library.room = 1200
    assert apply_plan(world.adapters(), plan).complete


def test_it_may_be_allowed(world):
    plan = needing(world, 600)
    world.library.room = 0
    assert apply_plan(world.adapters(), plan, any_space=True).complete
    assert len(world.library.files) == 2


def test_only_what_is_to_be_done_counts(world):
    plan = needing(world, 600)
    world.library.room = 0
    apply_plan(world.adapters(), plan, ExecutorOptions(kinds=frozenset({"move_local"})))
    assert world.library.files == {}


def test_the_disk_is_asked(tmp_path):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(shutil, "disk_usage", lambda where: type("Usage", (), {"free": os.fstat(where).st_ino})())
        init_library(tmp_path)
        library = DiskLibrary(tmp_path)
        assert library.free_space() == tmp_path.stat().st_ino
        library.close()
