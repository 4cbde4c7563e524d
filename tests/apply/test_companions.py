"""Companions go with their picture, come back with undo, and are never torn from it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from pinplan.actions import Dedupe, DeleteLocal, MoveLocal
from pinplan.actions.companions import Carrier
from pinplan.apply.executor import ExecutorOptions
from pinplan.events import ActionEnded
from pinplan.model.ids import PinId, RelPath
from pinplan.model.naming import Companion
from pinplan.plan.document import Plan
from pinplan.policies.duplicates import Duplicates, Remove, Within
from pinplan.policies.mode import Mode
from pinplan.records.plan_file import decode_plan, encode_plan
from tests.fakes import Crash, image_bytes
from tests.worlds import SmallWorld, kinds

XMP, JSON = b"tags", b"{}"


def companions(world: SmallWorld) -> dict[str, bytes]:
    """Everything in the library that is no picture."""
    return {path: data for path, data in world.library.files.items() if data in {XMP, JSON}}


def agreed(world: SmallWorld, pins: int = 14, shown: str | None = None) -> list[PinId]:
    board = world.board("Board")
    made = [world.pin(board, f"Pin {n}", shown=shown if n < 2 else None) for n in range(pins)]
    world.apply()
    path = world.path_of(made[0])
    world.library.write(f"{path}.xmp", XMP)
    world.library.write(f"{path.rpartition('.')[0]}.json", JSON)
    return made


def moved(world: SmallWorld) -> None:
    """The pin of the picture goes to another board, and gets another title."""
    (first, *_) = agreed(world)
    world.remote.pins_by_id[first] = replace(world.remote.pins_by_id[first], title="New")
    world.move_pin(first, world.board("Other"))


def deleted(world: SmallWorld) -> None:
    (first, *_) = agreed(world)
    del world.remote.pins_by_id[first]


def replaced(world: SmallWorld) -> None:
    """The picture is damaged, and its pin has moved."""
    (first, *_) = agreed(world)
    world.library.write(world.path_of(first), b"broken")
    world.move_pin(first, world.board("Other"))


def rebound(world: SmallWorld) -> None:
    """The pin of the picture is saved again, on another board."""
    (first, *_) = agreed(world)
    world.save_again(first, world.board("Other"))


def doubled(world: SmallWorld) -> None:
    agreed(world, shown="cat~400x600")
    board = world.board("Bigger")
    world.policies = replace(world.policies, duplicates=Duplicates(remove=Remove.BOTH, scope="account"))  # type: ignore[arg-type]
    world.pin(board, "Best", shown="cat~800x1200")
    world.apply(world.plan(duplicates=Duplicates(remove=Remove.OFF)))


def doubled_here(world: SmallWorld) -> None:
    doubled(world)
    world.policies = replace(world.policies, duplicates=Duplicates(remove=Remove.LOCAL, scope="account"))  # type: ignore[arg-type]


Story = Callable[[SmallWorld], None]
STORIES: list[Story] = [moved, deleted, replaced, rebound, doubled, doubled_here]


def planned(world: SmallWorld, story: Story, undo: bool) -> Plan:
    story(world)
    world.mode(Mode.MIRROR)
    plan = world.plan()
    if undo:
        assert world.apply(plan).complete
        plan = world.undo()
    return plan


def told(world: SmallWorld) -> dict[str, set[str]]:
    """Files, what is in the trash without the run, and what is beside which pin."""
    trash = {path.split("/", 3)[-1] for path in world.library.kept_files if "/trash/" in path}
    return {"files": set(world.library.files), "trash": trash}


@pytest.mark.promise("I10")
@pytest.mark.promise("I23")
@pytest.mark.parametrize("story", STORIES)
def test_companions_go_with_their_picture_and_come_back(world, story):
    plan = planned(world, story, undo=False)
    before = dict(world.library.files)
    named = [one.path for action in plan.actions if isinstance(action, Carrier) for one in action.with_it]
    assert sorted(named) == sorted(companions(world))
    assert world.apply(plan).complete
    here = companions(world)
    if story in {moved, replaced, rebound}:
        picture = world.path_of(plan.actions[0].pin_id)
        assert here == {f"{picture}.xmp": XMP, f"{picture.rpartition('.')[0]}.json": JSON}
    else:
        assert here == {}
    assert kinds(world.plan()) == []
    assert world.apply(world.undo()).complete
    if story is doubled:  # the pin has a new id, and so has its file
        picture = next(path for path in world.library.files if path not in before and path.endswith(".jpg"))
        assert companions(world) == {f"{picture}.xmp": XMP, f"{picture.rpartition('.')[0]}.json": JSON}
    else:
        assert world.library.files == before


@pytest.mark.promise("I14")
@pytest.mark.parametrize("undo", [False, True])
@pytest.mark.parametrize("story", STORIES)
def test_a_crash_at_every_effect_is_made_good(story, undo):
    calm = SmallWorld()
    plan = planned(calm, story, undo)
    calm.effects.count = 0
    assert calm.apply(plan, ExecutorOptions(parallelism=1)).complete
    assert calm.effects.count >= 6
    for moment in range(1, calm.effects.count + 1):
        world = SmallWorld()
        plan = planned(world, story, undo)
        world.effects.count, world.effects.crash_at = 0, moment
        with pytest.raises(Crash):
            world.apply(plan, ExecutorOptions(parallelism=1))
        world.restart()
        assert world.resume(plan).complete, moment
        assert told(world) == told(calm), moment
        world.close()
    calm.close()


@pytest.mark.promise("I12")
@pytest.mark.parametrize("change", ["edited", "removed", "appeared", "taken"])
@pytest.mark.parametrize("story", [moved, deleted])
def test_a_picture_whose_companions_changed_since_the_plan_stays(world, story, change):
    plan = planned(world, story, undo=False)
    (action,) = plan.actions
    assert isinstance(action, MoveLocal | DeleteLocal)
    path = action.with_it[-1].path
    if change == "edited":
        world.library.write(path, b"other tags")
    elif change == "removed":
        world.library.remove(path)
    elif change == "appeared":
        world.library.write(f"{action.expect.path}.json", b"new")
    elif isinstance(action, MoveLocal):
        world.library.write(f"{action.after.path}.xmp", b"of somebody else")
    else:
        return
    before = dict(world.library.files)
    assert not world.apply(plan).complete
    assert world.library.files == before
    (ended,) = (event for event in world.events[-4:] if isinstance(event, ActionEnded))
    assert ended.outcome == "stale"
    assert "companion" not in ended.reason  # the file itself is named


def test_a_move_that_fails_puts_companions_back(world, monkeypatch):
    plan = planned(world, moved, undo=False)
    before = dict(world.library.files)
    move = world.library.move

    def fails(source: RelPath, target: RelPath) -> object:
        if source.endswith(".jpg"):
            world.library._check_free(source)
        return move(source, target)

    monkeypatch.setattr(world.library, "move", fails)
    assert not world.apply(plan).complete
    assert world.library.files == before


@pytest.mark.promise("I10")
@pytest.mark.promise("I11")
def test_a_crafted_plan_takes_no_other_file_along(world):
    for story in (moved, deleted):
        plan = planned(world, story, undo=False)
        (action,) = plan.actions
        world.library.write("notes/diary.json", b"mine")
        stat = world.library.stat(RelPath("notes/diary.json"))
        assert stat is not None
        other = Companion(path=RelPath("notes/diary.json"), size=stat.size, mtime_ns=stat.mtime_ns)
        crafted = world.sealed(replace(plan, actions=(replace(action, companions=(other,)),)))
        before = dict(world.library.files)
        assert not world.apply(crafted).complete
        assert world.library.files == before


def test_a_plan_with_companions_survives_its_file(world):
    plan = planned(world, moved, undo=False)
    assert decode_plan(encode_plan(plan)) == plan


@pytest.mark.promise("I10")
def test_what_a_person_put_beside_a_picture_since_goes_with_the_undo(world):
    (first, *_) = agreed(world)
    picture = world.path_of(first)
    assert world.apply(world.undo()).complete
    assert companions(world) == {}
    again = world.undo()
    assert kinds(again).count("restore") == 14
    assert world.apply(again).complete
    assert companions(world) == {f"{picture}.xmp": XMP, f"{picture.rpartition('.')[0]}.json": JSON}


def test_a_new_extension_renames_what_is_beside_the_name(world):
    pin = world.pin(world.board("Board"), "Cat", shown="cat")
    world.apply()
    picture = world.path_of(pin)
    world.library.write(f"{picture}.xmp", XMP)
    world.library.remove(picture)
    image = world.remote.pins_by_id[pin].images[0]
    url = image.renditions[0].url.replace("cat.jpg", "cat~png.jpg")
    better = replace(image, renditions=(replace(image.renditions[0], url=url),))
    world.remote.pins_by_id[pin] = replace(world.remote.pins_by_id[pin], images=(better,))
    world.mode(Mode.MIRROR)
    assert world.apply().complete
    stem = picture.rpartition(".")[0]
    assert set(world.library.files) == {f"{stem}.png", f"{stem}.png.xmp"}


def test_a_damaged_picture_that_is_fetched_again_in_its_place_keeps_its_companions_there(world):
    (first, *_) = agreed(world)
    before = companions(world)
    world.library.write(world.path_of(first), b"broken")
    assert kinds(world.plan()) == ["replace"]
    assert world.apply().complete
    assert companions(world) == before
    assert world.library.files[world.path_of(first)].startswith(image_bytes(""))
    assert world.apply(world.undo()).complete
    assert companions(world) == before


def test_should_the_other_duplicate_go_its_companions_go_with_it(world):
    agreed(world, pins=4, shown="cat~400x600")
    best = world.pin(world.board("Bigger"), "Best", shown="cat~800x1200")
    world.apply()
    companion = f"{world.path_of(best)}.xmp"
    world.library.write(companion, XMP)
    both = Duplicates(remove=Remove.BOTH, scope=Within.ACCOUNT)
    action = next(a for a in world.plan(duplicates=both).actions if isinstance(a, Dedupe) and a.with_it)
    swapped = action.exchanged()
    assert [one.path for one in swapped.with_it] == [companion]
    assert companion in swapped.affected_paths()
    assert companion not in action.affected_paths()
