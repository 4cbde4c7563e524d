"""A file that goes is read before: size and time can be kept while the bytes change (I17)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from pinplan.events import ActionEnded
from pinplan.model.ids import PinId
from pinplan.policies.duplicates import Duplicates, Remove
from pinplan.policies.mode import Mode
from pinplan.records.journal import ActionOutcome
from tests.fakes import image_bytes
from tests.worlds import SmallWorld, findings, kinds


def edit(world: SmallWorld, path: str) -> bytes:
    """Change bytes, and keep size and time: as an editor that puts the time back, or a disk that rots."""
    mine = world.library.files[path].replace(b"IMAGE ", b"IMAGE\t", 1).replace(b"IMAGE\t", b"IMAGE ~", 1)[:-1]
    assert len(mine) == len(world.library.files[path])
    world.library.files[path] = mine
    return mine


def library(world: SmallWorld, shown: tuple[str, ...] = ()) -> list[PinId]:
    board = world.board("Board")
    pins = [world.pin(board, f"Pin {n}", shown=what) for n, what in enumerate(shown or ("a", "b", "c", "d"))]
    world.apply()
    return pins


def gone(world: SmallWorld) -> str:
    pins = library(world)
    del world.remote.pins_by_id[pins[0]]
    world.mode(Mode.MIRROR)
    return world.path_of(pins[0])


def duplicate(world: SmallWorld) -> str:
    pins = library(world, ("cat~400x600", "cat~800x1200", "b", "c"))
    world.policies = replace(world.policies, duplicates=Duplicates(remove=Remove.BOTH))
    return world.path_of(pins[0])


def moved(world: SmallWorld) -> str:
    pins = library(world)
    world.move_pin(pins[0], world.board("Other"))
    world.apply()
    return world.path_of(pins[0])


def downloaded(world: SmallWorld) -> str:
    return world.path_of(library(world)[0])


def restored_over(world: SmallWorld) -> str:
    """A damaged file was replaced; its replacement gives way when that is undone."""
    path = downloaded(world)
    world.library.write(path, b"broken")
    world.apply()
    return path


PLANS: list[tuple[Callable[[SmallWorld], str], str, bool]] = [
    (gone, "delete_local", False),
    (duplicate, "dedupe", False),
    (moved, "move_local", True),
    (downloaded, "delete_local", True),
    (restored_over, "restore", True),
]


@pytest.mark.promise("I17")
@pytest.mark.parametrize(("story", "kind", "undone"), PLANS, ids=lambda given: getattr(given, "__name__", str(given)))
def test_a_file_that_was_edited_with_size_and_time_kept_stays(world, story, kind, undone):
    path = story(world)
    plan = world.undo() if undone else world.plan()
    assert kind in kinds(plan)
    mine = edit(world, path)
    pins = dict(world.remote.pins_by_id)
    result = world.apply(plan)
    assert result.count(ActionOutcome.STALE) == 1
    assert world.library.files[path] == mine
    assert world.remote.pins_by_id == pins
    assert "changed since the plan" in " ".join(e.reason for e in world.events if isinstance(e, ActionEnded))


@pytest.mark.promise("I17")
def test_the_next_plan_looks_into_a_file_that_was_found_to_be_edited(world):
    """Not the same stale action again, for ever."""
    edit(world, gone(world))
    before = world.plan()
    assert kinds(before) == ["delete_local"]  # size and time say nothing
    assert world.apply(before).count(ActionOutcome.STALE) == 1
    after = world.plan()
    assert kinds(after) == []
    assert findings(after) == ["conflict"]


@pytest.mark.promise("I17")
def test_what_went_to_the_trash_is_what_comes_back(world, monkeypatch):
    """Edited in the very moment between the look and the move: nobody can tell, but the receipt says what is in the trash."""
    path = gone(world)
    trash = world.library.trash

    def edited_just_now(*args):
        edit(world, path)
        return trash(*args)

    monkeypatch.setattr(world.library, "trash", edited_just_now)
    world.apply()
    (mine,) = [data for kept, data in world.library.kept_files.items() if kept.endswith(path)]
    assert path not in world.library.files
    assert world.apply(world.undo()).complete
    assert world.library.files[path] == mine
    assert findings(world.plan()) == ["conflict"]  # changed here, and gone there


@pytest.mark.promise("I20")
@pytest.mark.promise("I17")
def test_a_duplicate_that_changes_while_it_goes_comes_back_and_its_pin_stays(world, monkeypatch):
    path = duplicate(world)
    plan = world.plan()
    pins = dict(world.remote.pins_by_id)
    trash = world.library.trash

    def edited_just_now(*args):
        edit(world, path)
        return trash(*args)

    monkeypatch.setattr(world.library, "trash", edited_just_now)
    assert world.apply(plan).count(ActionOutcome.FAILED) == 1
    assert path in world.library.files
    assert world.remote.pins_by_id == pins


@pytest.mark.promise("I20")
def test_a_duplicate_in_the_trash_with_other_bytes_keeps_its_pin(world, monkeypatch):
    """A run that was cut off between the two; somebody changed what it had kept."""
    path = duplicate(world)
    plan = world.plan()
    monkeypatch.setattr(world.remote, "delete_pin", _unreachable)
    world.apply(plan)
    (kept,) = [kept for kept in world.library.kept_files if kept.endswith(path)]
    world.library.kept_files[kept] = image_bytes("another")
    monkeypatch.undo()
    assert world.apply(plan).count(ActionOutcome.STALE) == 1
    assert world.remote.deleted == []


def _unreachable(_pin):
    from pinplan.errors import Unreachable

    raise Unreachable("api.pinterest.com is unreachable")


@pytest.mark.promise("I20")
def test_a_placeholder_is_no_copy_of_a_duplicates_image(world):
    """Of an older pinplan: two pins with the same 1×1. Pinterest has the images of both."""
    pins = library(world, ("dot~1x1", "dot~1x1", "b", "c"))
    for pin in pins[:2]:
        world.offer(pin, "1200x900")
    world.policies = replace(world.policies, duplicates=Duplicates(remove=Remove.BOTH))
    plan = world.plan()
    assert "its file is only 1×1, Pinterest has 1200×900" in " ".join(finding.message for finding in plan.findings)
    assert "dedupe" not in kinds(plan)


@pytest.mark.promise("I20")
def test_a_duplicate_whose_image_grew_on_pinterest_since_the_plan_stays(world):
    path = duplicate(world)
    plan = world.plan()
    (pin,) = [t.pin_id for t in world.state.base().tracked if t.path == path]
    world.offer(pin, "2400x3200")
    assert world.apply(plan).count(ActionOutcome.STALE) == 1
    assert world.remote.deleted == []
