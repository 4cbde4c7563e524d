"""One world, changed on both sides; its plan, done in any order whatever: it ends, nothing is lost, and both sides agree.

The idea is that of Dropbox's CanopyCheck: three trees, perturbed at random, must come together again.
"""

from __future__ import annotations

import random

import pytest
from hypothesis import example, given
from msgspec.structs import replace

from pinplan.actions import Dedupe
from pinplan.apply.executor import ExecutorOptions
from pinplan.plan.document import FindingKind, Plan
from pinplan.policies.mode import Mode, NewPicture
from pinplan.policies.uploads import Uploads
from tests.fakes import Crash, image_bytes, video_bytes
from tests.properties.test_laws import (
    ALL_DUPLICATES,
    EVENTFUL,
    Story,
    agreed,
    boards,
    dedupes,
    modes,
    numbers,
    pins,
    stories,
    tell,
)
from tests.worlds import SmallWorld

ROUNDS = 4


def treasures(world: SmallWorld) -> set[bytes]:
    return {
        data for data in (*world.library.files.values(), *world.library.kept_files.values()) if data[:5] == b"IMAGE"
    }


def kept_on_both_sides(world: SmallWorld, action: Dedupe) -> bool:
    """The one that stays is still there, or so is the one that was to go (I21)."""
    pins, files = world.remote.pins_by_id, world.library.files
    stayed = action.keeper.pin.pin_id in pins and action.keeper.file.path in files
    return stayed or (action.pin_id in pins and action.expect.path in files)


@pytest.mark.promise("I17")
@pytest.mark.promise("I21")
@pytest.mark.promise("I23")
@pytest.mark.meets("delete_local", "delete_remote", "forget", "move_local", "replace", "dedupe")
@given(boards, pins, stories, modes, numbers, dedupes)
@example(*EVENTFUL, Mode.TWO_WAY, 1, None)
@example(["cats"], [(0, "Title", 1)] * 5, Story([]), Mode.TWO_WAY, 1, ALL_DUPLICATES)
def test_actions_in_any_order_end_in_agreement_and_lose_nothing(names, made, story, mode, number, duplicates):
    dice = random.Random(number)
    with agreed(names, made, duplicates) as world:
        tell(world, story)
        world.mode(mode)
        treasure = treasures(world)
        for _ in range(ROUNDS):
            plan = world.plan()
            shuffled = list(plan.actions)
            dice.shuffle(shuffled)
            world.apply(world.sealed(replace(plan, actions=tuple(shuffled))))
            assert all(kept_on_both_sides(world, action) for action in plan.actions if isinstance(action, Dedupe))
        assert world.plan().actions == (), f"after {ROUNDS} rounds there is still something to do"
        assert treasure <= treasures(world)
        tracked = {record.path for record in world.state.base().tracked if record.duplicate_of is None}
        if mode.value != "archive" and not world.remote.broken and not world.remote.hidden:
            findings = world.plan().findings
            # Files that were moved together are one finding, of their folder.
            moved = tuple(f"{one.path}/" for one in findings if one.kind is FindingKind.MOVED_LOCALLY)
            reported = {path for path in tracked if path.startswith(moved)} | {one.path for one in findings}
            assert tracked <= set(world.library.files) | reported


def story_of_every_kind(world: SmallWorld) -> None:
    """A world in which every kind of action has something to do, and several of the same."""
    board, other = world.board("Animals 動物"), world.board("Other")
    third, section = world.board("Third"), world.section(board, "Section")
    made = [world.pin(board, f"Pin {n}", slots=3 if n == 2 else 1) for n in range(16)]
    for n in range(2):
        world.pin(third, f"Third {n}")
        world.pin(board, f"Part {n}", section_id=section)
    world.apply()
    path = world.path_of
    world.move_pin(made[0], other)
    world.move_pin(made[1], other)
    for pin in made[3:5]:
        del world.remote.pins_by_id[pin]
    for slot in (1, 2, 3):
        world.library.remove(path(made[2], slot))
    world.library.remove(path(made[5]))
    world.library.remove(path(made[6]))
    del world.remote.pins_by_id[made[6]]
    for pin in made[7:9]:
        world.library.write(path(pin), b"broken")
    for pin in made[14:16]:
        world.save_again(pin, other)
    world.library.rename(path(made[10]), "renamed here.jpg")
    for pin in made[11:13]:
        world.library.rename(path(pin), f"Other/{pin}.jpg")
    for one in [one for one in world.library.files if one.startswith("Third/")]:
        world.library.rename(one, one.replace("Third/", "Renamed/"))
    for one in [one for one in world.library.files if one.startswith("Animals 動物/Section/")]:
        world.library.rename(one, one.replace("/Section/", "/Part/"))
    new = [world.pin(other, f"New {n}") for n in range(3)]
    world.pin(other, "No JPEG", shown="drawing~png")
    world.library.write(f"Other/New 2 [{new[2]}].jpg", world.library.files[path(made[9])])
    new_files(world)
    world.library.rename(path(made[13]), f"Best/{made[13]}.jpg")


def new_files(world: SmallWorld) -> None:
    """Pictures in folders of boards, renamed ones among them, and in some that have none."""
    for name in ("mine", "mine too"):
        world.library.write(f"Other/{name}.jpg", image_bytes(name.replace(" ", "-")))
        world.library.write(f"Other/{name}.jpg.xmp", b"stars")
        world.library.write(f"Other/Trip/{name}.jpg", image_bytes(f"trip-{name.replace(' ', '-')}"))
    world.library.write("Other/Trip/.pin", b"")
    world.library.write("Other/film.mp4", video_bytes("film"))
    world.library.write("Other/film.jpg", image_bytes("film"))
    for folder in ("Renamed", "Mine", "Mine/Part", "Other/Part"):
        name = f"mine in {folder.replace('/', ' ')}"
        world.library.write(f"{folder}/{name}.jpg", image_bytes(name.replace(" ", "-")))


def moments_of(undo: bool) -> int:
    world = SmallWorld()
    try:
        plan = to_do(world, undo)
        world.effects.count = 0
        assert world.apply(plan, ExecutorOptions(parallelism=1)).complete
        return world.effects.count
    finally:
        world.close()


def to_do(world: SmallWorld, undo: bool) -> Plan:
    story_of_every_kind(world)
    world.mode(Mode.TWO_WAY)
    world.policies = replace(
        world.policies, new_file=NewPicture.UPLOAD, uploads=Uploads(own_content=True, settle_seconds=0)
    )
    plan = world.plan()
    if undo:
        assert world.apply(plan).complete
        plan = world.undo()
    return plan


@pytest.mark.promise("I14")
@pytest.mark.parametrize("undo", [False, True])
def test_a_crash_at_every_single_effect_is_made_good(undo):
    """Not some: each of them, in turn, and the world of an undisturbed run at the end."""
    calm = SmallWorld()
    assert calm.apply(to_do(calm, undo)).complete
    moments = moments_of(undo)
    assert moments > 20
    for moment in range(1, moments + 1):
        world = SmallWorld()
        plan = to_do(world, undo)
        world.effects.count, world.effects.crash_at = 0, moment
        with pytest.raises(Crash):
            world.apply(plan, ExecutorOptions(parallelism=1))
        world.restart()
        assert world.resume(plan).complete, moment
        assert (world.seen(), world.places(), world.names()) == (calm.seen(), calm.places(), calm.names()), moment
        kept = sorted(path.split("/", 3)[-1] for path in calm.library.kept_files if "/trash/" in path)
        assert sorted(path.split("/", 3)[-1] for path in world.library.kept_files if "/trash/" in path) == kept, moment
        assert world.state.audit.verify().breaks == ()
        world.close()
    calm.close()
