"""Undo: what it says when it cannot, and what it never does to what people have changed meanwhile."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from pinplan.adapters import PlanRequest
from pinplan.apply.executor import ExecutorOptions
from pinplan.errors import CannotUndo, ConfigError, PlanRefused
from pinplan.model.ids import PinId
from pinplan.pipeline import make_restore, make_undo
from pinplan.plan.document import Plan, Scope
from pinplan.policies.mode import Mode
from pinplan.policies.protect import Protect
from pinplan.records.journal import ActionOutcome
from tests.apply.test_apply import agreed
from tests.fakes import Crash, image_bytes
from tests.worlds import EVERYTHING, SmallWorld, findings, kinds


def trashed(world: SmallWorld, pins: int = 3) -> tuple[PinId, str]:
    """One of the pins was deleted on Pinterest, its file moved to the trash."""
    made = agreed(world, pins)
    path = world.path_of(made[0])
    del world.remote.pins_by_id[made[0]]
    world.mode(Mode.MIRROR)
    assert world.apply().complete
    return made[0], path


def deleted(world: SmallWorld, slots: int = 1, *, cover: bool = False) -> PinId:
    """The file of a pin was removed, the pin deleted on Pinterest."""
    board = world.board("Board")
    section = world.section(board, "Only")
    pin = world.pin(board, "Old", section_id=section, slots=slots, cover=cover)
    world.pin(board, "Stays")
    world.apply()
    for record in world.state.base().tracked:
        if record.pin_id == pin:
            world.library.remove(record.path)
    world.mode(Mode.TWO_WAY)
    assert world.apply().complete
    assert world.remote.deleted == [pin]
    return pin


def reasons(plan: Plan) -> str:
    return " | ".join(finding.message for finding in plan.findings)


def test_nothing_applied_unknown_run(world):
    with pytest.raises(ConfigError, match="no run yet"):
        world.undo()
    agreed(world)
    with pytest.raises(ConfigError, match="no run nonsense"):
        world.undo("nonsense")


def test_a_run_is_undone_once(world):
    trashed(world)
    run = world.state.runs()[-1].id
    again = world.undo()
    assert again.undoes == run
    world.apply(again)
    with pytest.raises(CannotUndo, match=f"is already undone by .*pinplan undo {world.state.runs()[-1].id}"):
        world.undo(run)


def test_a_plan_that_is_not_kept_any_more_or_was_exchanged(world):
    trashed(world)
    first, second = world.state.runs()
    world.library.kept_files[f".pinplan/plans/{second.id}.json"] = world.library.kept_files[
        f".pinplan/plans/{first.id}.json"
    ]
    with pytest.raises(CannotUndo, match="not the applied plan"):
        world.undo()
    world.library.kept_files[f".pinplan/plans/{second.id}.json"] = b"{"
    with pytest.raises(PlanRefused):
        world.undo()
    del world.library.kept_files[f".pinplan/plans/{second.id}.json"]
    with pytest.raises(CannotUndo, match="no longer exists"):
        world.undo()


@pytest.mark.promise("I24")
def test_a_place_that_was_taken_meanwhile_is_left_alone(world):
    _, path = trashed(world)
    world.library.write(path, image_bytes("of the user"))
    plan = world.undo()
    assert (kinds(plan), findings(plan)) == ([], ["not_undone"])
    assert f"another file is at {path}" in reasons(plan)


@pytest.mark.promise("I12")
@pytest.mark.promise("I24")
def test_a_place_that_is_taken_after_the_plan_makes_it_stale(world):
    _, path = trashed(world)
    plan = world.undo()
    world.library.write(path, image_bytes("of the user"))
    assert not world.apply(plan).complete
    assert world.library.files[path] == image_bytes("of the user")
    world.library.remove(path)
    assert world.apply(plan).complete


def test_a_trash_that_was_emptied_by_hand_is_said(world):
    trashed(world)
    for file in world.library.in_trash():
        world.library.destroy(file.path)
    plan = world.undo()
    assert (kinds(plan), findings(plan)) == ([], ["not_undone"])
    assert "no longer in the trash" in reasons(plan)


@pytest.mark.promise("I12")
def test_a_trash_that_was_exchanged_is_not_restored(world):
    _, path = trashed(world)
    plan = world.undo()
    kept = next(file.path for file in world.library.in_trash())
    world.library.kept_files[kept] = image_bytes("another")
    assert not world.apply(plan).complete
    assert path not in world.library.files


def test_a_file_that_changed_since_is_not_thrown_away(world):
    pins = agreed(world)
    changed = world.path_of(pins[0])
    world.library.write(changed, image_bytes("edited"))
    world.library.remove(world.path_of(pins[1]))
    plan = world.undo()
    assert sorted(kinds(plan)) == ["delete_local", "forget"]
    assert f"{changed} has changed since; it stays" in reasons(plan)
    assert world.apply(plan).complete
    assert world.library.files == {changed: image_bytes("edited")}


@pytest.mark.promise("I5")
def test_an_undo_is_judged_as_any_plan(world):
    agreed(world, 20)
    plan = world.undo(allow={})
    assert kinds(plan) == ["delete_local"] * 20
    assert not plan.applyable
    assert world.undo(allow={"local-deletes": 20}).applyable


def test_an_undo_is_held_back_by_protection_and_narrowed_by_targets(world):
    pins = agreed(world, 3)
    request = PlanRequest(policies=world.policies, allow=EVERYTHING, scope=Scope(targets=(pins[0],)))
    assert [action.pin_id for action in make_undo(world.adapters(), request).actions] == [pins[0]]
    world.policies = replace(world.policies, protect=Protect(pins=(pins[0],)))
    plan = world.undo()
    assert len(plan.actions) == 2
    assert "blocked" in findings(plan)


@pytest.mark.promise("I23")
@pytest.mark.parametrize("slots", [1, 3])
def test_a_deleted_pin_comes_back_in_its_section_with_all_its_words(world, slots):
    old = deleted(world, slots)
    plan = world.undo()
    assert kinds(plan) == ["create_pin"]
    assert world.apply(plan).complete
    new = next(pin for pin in world.remote.pins_by_id.values() if pin.title == "Old")
    assert new.id != old
    assert new.section_id is not None
    assert len(new.images) == slots
    assert len([record for record in world.state.base().tracked if record.pin_id == new.id]) == slots
    assert world.plan().actions == ()
    assert all(new.id in path for path in world.library.files if "Old" in path)


def test_a_pin_whose_section_is_gone_comes_back_to_its_board(world):
    deleted(world)
    for sections in world.remote.sections_of.values():
        sections.clear()
    assert world.apply(world.undo()).complete
    assert next(pin for pin in world.remote.pins_by_id.values() if pin.title == "Old").section_id is None


def test_a_pin_whose_board_is_gone_cannot_come_back(world):
    pin = deleted(world)
    world.remote.boards_by_id.clear()
    plan = world.undo()
    assert kinds(plan) == []
    assert "its board no longer exists on Pinterest" in reasons(plan)
    assert any(f"{pin}-0" in file.path for file in world.library.in_trash())


@pytest.mark.parametrize(("slots", "cover"), [(6, False), (1, True)])
def test_what_cannot_be_undone_is_said_when_it_is_planned_and_when_it_is_undone(world, slots, cover):
    pins = agreed(world)
    board = world.remote.pins_by_id[pins[0]].board_id
    pin = world.pin(board, "Film", slots=slots, cover=cover)
    world.apply()
    for record in world.state.base().tracked:
        if record.pin_id == pin:
            world.library.remove(record.path)
    world.mode(Mode.TWO_WAY)
    plan = world.plan()
    (action,) = plan.actions
    assert not action.reversible
    assert "pinplan cannot create it again" in action.describe().effect
    world.apply(plan)
    undone = world.undo()
    assert (kinds(undone), findings(undone).count("not_undone")) == ([], 1)
    assert "its images are kept" in reasons(undone)


@pytest.mark.promise("I13")
def test_a_half_applied_run_is_undone_as_far_as_it_got(world):
    board = world.board("Board")
    for n in range(4):
        world.pin(board, f"{n}")
    plan = world.plan()
    world.effects.crash_at = 5
    with pytest.raises(Crash):
        world.apply(plan, ExecutorOptions(parallelism=1))
    world.restart()
    done = len(world.state.done_actions(world.state.runs()[-1].id))
    undone = world.undo()
    assert len(undone.actions) == done
    if done:
        assert world.apply(undone).complete
        with pytest.raises(PlanRefused):
            world.apply(plan)


def test_a_pin_of_the_same_words_that_was_there_before_is_not_taken_for_the_new_one(world):
    deleted(world)
    board = next(iter(world.remote.boards_by_id))
    section = next(iter(world.remote.sections_of[board].values())).id
    twin = world.pin(board, "Old", section_id=section)
    world.apply()
    plan = world.undo(world.state.runs()[1].id)
    world.effects.count, world.effects.crash_at = 0, 1  # before the request is sent
    with pytest.raises(Crash):
        world.apply(plan)
    world.restart()
    assert world.apply(plan).count(ActionOutcome.UNCONFIRMED) == 1
    named = [pin.id for pin in world.remote.pins_by_id.values() if pin.title == "Old"]
    assert named == [twin]


# -- out of the trash ------------------------------------------------------------------------------------------------


def restored(world: SmallWorld, *wanted: str) -> Plan:
    return make_restore(world.adapters(), PlanRequest(policies=world.policies, allow=EVERYTHING), wanted)


@pytest.mark.promise("I17")
def test_a_file_comes_back_from_the_trash_by_name_byte_for_byte(world):
    pin, path = trashed(world)
    data = next(world.library.kept_files[file.path] for file in world.library.in_trash())
    plans = [restored(world, wanted) for wanted in (path, pin, "*.jpg", "Board")]
    assert all(kinds(plan) == ["restore"] and not plan.undoes for plan in plans)
    assert world.apply(plans[0]).complete
    assert world.library.files[path] == data
    with pytest.raises(ConfigError, match="no match in the trash for"):
        restored(world, path)


def test_a_run_whose_plan_is_lost_does_not_keep_the_files_of_others_in_the_trash(world):
    _, path = trashed(world)
    lost = world.state.runs()[-1].id
    other = next(pin for pin in world.remote.pins_by_id)
    wanted = world.path_of(other)
    del world.remote.pins_by_id[other]
    assert world.apply().complete
    del world.library.kept_files[f".pinplan/plans/{lost}.json"]
    assert [action.pin_id for action in restored(world, wanted).actions] == [other]
    with pytest.raises(CannotUndo, match="its plan no longer exists"):
        restored(world, path)


def test_a_deleted_pin_comes_back_by_its_id(world):
    pin = deleted(world)
    plan = restored(world, pin)
    assert kinds(plan) == ["create_pin"]
    assert world.apply(plan).complete


@pytest.mark.promise("I24")
def test_a_created_pin_whose_file_was_changed_since_stays_with_it(world):
    deleted(world)
    world.apply(world.undo())
    path = next(path for path in world.library.files if "Old" in path)
    world.library.write(path, image_bytes("edited"))
    plan = world.undo()
    assert (kinds(plan), findings(plan)) == ([], ["not_undone"])
    assert "has changed since" in reasons(plan)


def test_a_created_pin_whose_file_has_moved_goes_with_it(world):
    deleted(world)
    world.apply(world.undo())
    run = world.state.runs()[-1].id
    for board in list(world.remote.boards_by_id):
        world.rename_board(board, "Renamed")
    world.apply()
    plan = world.undo(run)
    assert kinds(plan) == ["delete_local", "delete_remote"]
    assert world.apply(plan).complete
