"""Undo: whatever a run did, its reverse brings back; and the reverse of the reverse does it again."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from pinplan.actions.create_again import own_facts
from pinplan.apply.executor import ExecutorOptions
from pinplan.model.ids import PinId
from pinplan.model.pins import MAX_TITLE, Pin
from pinplan.plan.document import FindingKind, kind_of
from pinplan.policies.mode import Mode
from tests.fakes import Crash
from tests.properties.test_laws import EVENTFUL, Story, agreed, boards, modes, pins, stories, tell
from tests.worlds import SmallWorld


def facts(world: SmallWorld) -> list[tuple[object, ...]]:
    """What can be seen of all pins but their ids, titles as Pinterest takes them from who creates a pin."""
    cut = (replace(pin, title=pin.title and pin.title[:MAX_TITLE]) for pin in world.remote.pins_by_id.values())
    return sorted(map(own_facts, cut), key=repr)


def shown(pin: Pin) -> list[str]:
    return [image.renditions[0].url.rpartition("/")[2].partition(".")[0] for image in pin.images]


@pytest.mark.promise("I23")
@pytest.mark.promise("I17")
@pytest.mark.meets("create_pin", "restore", "move_local")
@given(boards, pins, stories, modes)
@example(*EVENTFUL, Mode.TWO_WAY)
@example(["cats"], [(0, "Title", 1)], Story([("companion", 0), ("remove", 0)]), Mode.MIRROR)
@example(["cats"], [(0, "Title", 1)], Story([("rename_board", 0), ("companion", 0), ("remove", 0)]), Mode.MIRROR)
@example(["cats"], [(0, "Title", 1), (0, "Title", 1)], Story([("number", 0)]), Mode.TWO_WAY)
def test_undo_restores_local_bytes_and_creates_deleted_pins_again(names, made, story, mode):
    with agreed(names, made) as world:
        tell(world, story)
        world.mode(mode)
        files, before, base = world.seen()
        words = facts(world)
        plan = world.plan()
        if not plan.actions:
            return
        world.apply(plan)
        reverse = world.undo()
        # A board or section that the run created stays: pinplan deletes none.
        places = {action.address for action in plan.actions if action.trait.creates_place}
        not_undone = [f for f in reverse.findings if f.kind is FindingKind.NOT_UNDONE]
        left = {f.pin_id for f in not_undone if f.address not in places}
        forgotten = {action.pin_id for action in plan.actions if kind_of(action) == "forget"}
        assert left <= forgotten, reverse.findings
        result = world.apply(reverse)
        assert result.complete, world.events
        after, now, learned = world.seen()
        new: set[PinId] = now - before
        assert files.items() <= after.items()
        assert {path.rpartition("[")[2].partition("]")[0] for path in set(after) - set(files)} <= new
        assert facts(world) == words
        others = (before - now) | forgotten | new
        assert {r for r in base if r[0] not in others} == {r for r in learned if r[0] not in others}


@pytest.mark.promise("I23")
@pytest.mark.meets("create_pin", "restore", "move_local", "delete_remote", "delete_local")
@given(boards, pins, stories, modes)
@example(*EVENTFUL, Mode.TWO_WAY)
@example(["cats"], [(0, "Title", 1)], Story([("rename_board", 0), ("companion", 0), ("remove", 0)]), Mode.MIRROR)
def test_undo_of_an_undo_does_it_again(names, made, story, mode):
    with agreed(names, made) as world:
        tell(world, story)
        world.mode(mode)
        plan = world.plan()
        if not plan.actions:
            return
        world.apply(plan)
        files, _, base = world.seen()
        words = facts(world)
        first = world.undo()
        if not first.actions:
            return
        world.apply(first)
        assert world.apply(world.undo()).complete, world.events
        again, _, learned = world.seen()
        assert again == files
        assert facts(world) == words
        assert {record[0] for record in learned} == {record[0] for record in base}


@pytest.mark.promise("I14")
@pytest.mark.meets("create_pin", "restore", "move_local")
@given(boards, pins, stories, modes, st.integers(1, 12))
@example(*EVENTFUL, Mode.TWO_WAY, 6)
def test_a_crash_in_an_undo_is_made_good_by_applying_it_again(names, made, story, mode, moment):
    with agreed(names, made) as world:
        tell(world, story)
        world.mode(mode)
        plan = world.plan()
        world.apply(plan)
        if not plan.actions:
            return
        words = facts(world)
        pins_before = len(world.remote.pins_by_id)
        reverse = world.undo()
        world.effects.count = 0
        world.effects.crash_at = moment
        try:
            world.apply(reverse, ExecutorOptions(parallelism=1))
        except Crash:
            world.restart()
            assert world.resume(reverse).complete, world.events
        created = sum(kind_of(action) == "create_pin" for action in reverse.actions)
        deleted = sum(kind_of(action) == "delete_remote" for action in reverse.actions)
        assert len(world.remote.pins_by_id) == pins_before + created - deleted, "a pin was created twice"
        assert len(facts(world)) >= len(words) - deleted
