"""The same image saved again under a new id: the file goes with it, where that is sure; else all is as ever."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from pinplan.apply.executor import ExecutorOptions
from pinplan.events import ActionEnded
from pinplan.model.ids import BoardId, PinId
from pinplan.plan.document import Scope
from pinplan.policies.bundle import BoardPolicy
from pinplan.policies.mode import Mode, NewPin
from pinplan.policies.protect import Protect
from tests.fakes import image_bytes
from tests.worlds import SmallWorld, findings, kinds


def agreed(world: SmallWorld, count: int = 5) -> tuple[BoardId, list[PinId]]:
    board = world.board("Board")
    pins = [world.pin(board, f"Pin {n}") for n in range(count)]
    world.apply()
    return board, pins


@pytest.mark.parametrize("mode", list(Mode))
def test_the_file_goes_to_the_new_pin_s_place_in_every_mode(world, mode):
    _, (old, *_) = agreed(world)
    other = world.board("Other")
    held = world.library.files[world.path_of(old)]
    new = world.save_again(old, other)
    world.images.fetched.clear()
    world.mode(mode)
    plan = world.plan()
    (action,) = plan.actions
    assert (action.pin_id, action.board_id, action.address, action.reason) == (
        new,
        other,
        f"Other/{new}",
        "saved_again",
    )
    assert action.describe().effect.startswith(f"rename Board/Pin 0 [{old}].jpg to Other/Saved again [{new}].jpg and")
    assert [check.name for check in plan.checks if check.status == "fail"] == []
    assert world.apply(plan).complete
    assert world.path_of(new) == f"Other/Saved again [{new}].jpg"
    assert world.library.files[world.path_of(new)] == held
    assert (world.images.fetched, [p for p in world.library.kept_files if "/trash/" in p], world.remote.deleted) == (
        [],
        [],
        [],
    )
    assert world.plan().actions == ()


def test_undo_brings_path_and_id_back_and_can_be_undone(world):
    _, (old, *_) = agreed(world)
    before = world.seen()
    world.save_again(old, world.board("Other"))
    world.apply()
    after = world.seen()
    undo = world.undo()
    assert [(action.pin_id, action.address) for action in undo.actions] == [(old, f"Board/{old}")]
    assert world.apply(undo).complete
    assert (world.seen()[0], world.seen()[2]) == (before[0], before[2])
    assert world.apply(world.undo()).complete
    assert world.seen() == after


def test_no_limit_counts_it_not_even_where_every_pin_was_saved_again(world):
    board, pins = agreed(world, 30)
    for pin in pins:
        world.save_again(pin, board)
    plan = world.plan(max_local_deletes="0", max_remote_deletes="0")
    assert set(kinds(plan)) == {"rebind"}
    assert plan.applyable


def test_a_carousel_goes_as_a_whole_or_not_at_all(world):
    board = world.board("Board")
    whole, partly = world.pin(board, "Whole", slots=3), world.pin(board, "Partly", slots=3)
    world.apply()
    world.library.write(world.path_of(partly, 2), image_bytes("edited"))
    new = [world.save_again(pin, board) for pin in (whole, partly)]
    plan = world.plan()
    assert {action.pin_id for action in plan.actions if action.describe().detail == f"from pin {whole}"} == {new[0]}
    assert sorted(kinds(plan)) == ["download"] * 3 + ["rebind"] * 3
    assert world.apply(plan).complete
    assert [world.path_of(new[0], slot).rpartition(" ")[2] for slot in (1, 2, 3)] == [
        f"[{new[0]}]-{n}.jpg" for n in (1, 2, 3)
    ]


def test_two_old_pins_and_one_new_one_are_left_alone(world):
    board = world.board("Board")
    one, other, _ = (world.pin(board, f"Pin {n}") for n in range(3))
    pins = world.remote.pins_by_id
    pins[other] = replace(pins[other], images=pins[one].images)
    world.apply()
    del pins[other]
    world.save_again(one, board)
    assert "rebind" not in kinds(world.plan())


def test_the_old_pin_must_be_gone_not_only_missing(world):
    board, (old, *_) = agreed(world)
    world.save_again(old, board)
    world.remote.hidden.add(old)
    world.remote.pins_by_id[old] = replace(world.remote.pins_by_id[max(world.remote.pins_by_id)], id=old)
    assert "rebind" not in kinds(world.plan())


def test_a_place_that_is_taken_is_not_taken_again(world):
    board, (old, *_) = agreed(world)
    new = world.save_again(old, board)
    world.library.write(f"Board/saved AGAIN [{new}].JPG", b"no image")
    plan = world.plan()
    assert kinds(plan) == []
    assert "removed_on_pinterest" in findings(plan)


@pytest.mark.promise("I9")
def test_what_is_left_out_or_protected_stays(world):
    board, (old, *_) = agreed(world)
    new = world.save_again(old, board)
    for pin in (old, new):
        assert "rebind" not in kinds(world.plan(ignore_pins=(pin,)))
        plan = world.plan(protect=Protect(pins=(pin,)))
        assert (kinds(plan), "blocked" in findings(plan)) == ([], True)
        assert kinds(world.plan(scope=Scope(excludes=(pin,)))) == []
        assert kinds(world.plan(scope=Scope(targets=(pin,)))) == ["rebind"]


def test_where_new_pins_are_not_fetched_a_saved_one_keeps_its_file(world):
    board, (old, *_) = agreed(world)
    world.save_again(old, board)
    world.policies = replace(world.policies, overrides=(BoardPolicy(board="Board", new_pin=NewPin.IGNORE),))
    assert kinds(world.plan()) == ["rebind"]


def test_a_template_without_the_id_renames_nothing(world):
    world.policies = replace(world.policies, template="{board}/{title}{ext}")
    board, (old, *_) = agreed(world)
    new = world.save_again(old, board, "Pin 0")
    plan = world.plan()
    assert [action.describe().effect.partition(" and ")[0] for action in plan.actions] == ["keep Board/Pin 0.jpg"]
    assert world.apply(plan).complete
    assert world.path_of(new) == "Board/Pin 0.jpg"
    assert world.plan().actions == ()
    assert world.apply(world.undo()).complete
    assert world.path_of(old) == "Board/Pin 0.jpg"


@pytest.mark.promise("I12")
@pytest.mark.parametrize("what", ["changed", "gone", "taken"])
def test_a_file_that_changed_since_the_plan_stays(world, what):
    board, (old, *_) = agreed(world)
    new = world.save_again(old, board)
    plan = world.plan()
    path = world.path_of(old)
    if what == "changed":
        world.library.write(path, image_bytes("edited"))
    elif what == "gone":
        world.library.remove(path)
    else:
        world.library.write(f"Board/Saved again [{new}].jpg", image_bytes("mine"))
    held = dict(world.library.files)
    assert not world.apply(plan, ExecutorOptions(parallelism=1)).complete
    (ended,) = [event for event in world.events if isinstance(event, ActionEnded) and event.kind == "rebind"]
    assert ended.outcome == "stale"
    assert world.library.files == held
    assert world.path_of(old) == path


def test_the_journal_knows_it_by_both_pins(world):
    _, (old, *_) = agreed(world)
    new = world.save_again(old, world.board("Other"))
    world.apply()
    kinds_of_old = [record.kind for record in world.state.journal(pin_id=old)]
    assert (kinds_of_old, [record.kind for record in world.state.journal(pin_id=new)]) == (
        ["download", "rebind"],
        ["rebind"],
    )
