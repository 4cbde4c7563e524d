"""Files that a person renamed, moved or changed: agreed with by itself, by name, or undone by name."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from pinplan.model.base import Tracked
from pinplan.model.ids import PinId
from pinplan.plan.document import Scope
from pinplan.policies.duplicates import Duplicates, Remove
from pinplan.policies.mode import Mode, MovedFile
from pinplan.records.journal import ActionOutcome
from tests.fakes import image_bytes
from tests.worlds import SmallWorld, findings, kinds


@pytest.fixture
def world() -> Iterator[SmallWorld]:
    made = SmallWorld()
    cats, dogs = made.board("Cats"), made.board("Dogs")
    section = made.section(cats, "Kittens")
    for title, board, at in (("One", cats, None), ("Two", cats, section), ("Dog", dogs, None)):
        made.pin(board, title, section_id=at)
    made.apply()
    yield made
    made.close()


def pin_called(world: SmallWorld, title: str) -> PinId:
    return next(pin.id for pin in world.remote.pins_by_id.values() if pin.title == title)


def record_of(world: SmallWorld, title: str) -> Tracked:
    pin = pin_called(world, title)
    return next(record for record in world.state.base().tracked if record.pin_id == pin)


def move(world: SmallWorld, title: str, target: str) -> str:
    """Where it was."""
    old = record_of(world, title).path
    world.library.rename(old, target)
    return old


@pytest.mark.promise("I23")
@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize(
    ("title", "target"),
    [
        ("One", "Cats/my cat.jpg"),
        ("One", "Cats/best/one.jpg"),
        ("One", "Sorted/one.jpg"),
        ("One", "one.jpg"),
        ("Two", "Cats/Kittens/my kitten.jpg"),
        ("Two", "cats/kittens/MY KITTEN.JPG"),
    ],
)
def test_a_file_renamed_in_its_own_folder_or_moved_into_that_of_no_board_is_relocated(world, mode, title, target):
    move(world, title, target)
    before = record_of(world, title)
    world.mode(mode)
    # Where files move up, such a folder becomes a board or a section: see `test_new_places.py`.
    plan = world.plan(moved_file=MovedFile.REPORT)
    assert (kinds(plan), findings(plan)) == (["relocate"], [])
    assert world.apply(plan).complete
    after = record_of(world, title)
    assert (after.path, after.board_id, after.section_id) == (target, before.board_id, before.section_id)
    assert after.container == before.container
    again = world.plan(moved_file=MovedFile.REPORT)
    assert (again.actions, again.findings) == ((), ())
    assert target in world.library.files


@pytest.mark.parametrize(
    ("title", "target"),
    [("One", "Dogs/one.jpg"), ("One", "Cats/Kittens/one.jpg"), ("Two", "Cats/two.jpg"), ("Two", "Dogs/sub/two.jpg")],
)
def test_a_file_in_the_folder_of_another_board_or_section_is_a_finding_until_it_is_accepted(world, title, target):
    move(world, title, target)
    world.mode(Mode.MIRROR)
    plan = world.plan()
    assert (kinds(plan), findings(plan)) == ([], ["moved_locally"])
    for glob in (target, pin_called(world, title), record_of(world, title).path, f"{target.partition('/')[0]}/*"):
        assert kinds(world.plan(scope=Scope(accept=(glob,)))) == ["relocate"]
    assert world.apply(world.plan(scope=Scope(accept=(target,)))).complete
    again = world.plan()
    assert (again.actions, again.findings) == ((), ())
    pin = world.remote.pins_by_id[pin_called(world, title)]
    assert (record_of(world, title).board_id, record_of(world, title).section_id) == (pin.board_id, pin.section_id)


def test_a_pin_that_moves_after_its_file_was_relocated_is_still_seen_to_move(world):
    move(world, "One", "Sorted/one.jpg")
    world.apply()
    world.move_pin(pin_called(world, "One"), record_of(world, "Dog").board_id)
    plan = world.plan()
    assert kinds(plan) == ["move_local"]
    assert plan.actions[0].expect.path == "Sorted/one.jpg"


@pytest.mark.promise("I23")
@pytest.mark.parametrize("moved_back", [False, True])
def test_undo_records_the_old_place(world, moved_back):
    old = move(world, "One", "Sorted/one.jpg")
    world.apply()
    if moved_back:
        world.library.rename("Sorted/one.jpg", old)
    plan = world.undo()
    assert kinds(plan) == ["relocate"]
    assert world.apply(plan).complete
    assert record_of(world, "One").path == old
    assert kinds(world.plan()) == ([] if moved_back else ["relocate"])


@pytest.mark.promise("I12")
@pytest.mark.parametrize("change", ["changed", "gone", "back as well"])
def test_what_changed_since_the_plan_is_not_relocated(world, change):
    old = move(world, "One", "Sorted/one.jpg")
    data = world.library.files["Sorted/one.jpg"]
    plan = world.plan()
    if change == "changed":
        world.library.write("Sorted/one.jpg", image_bytes("something else"))
    elif change == "gone":
        world.library.remove("Sorted/one.jpg")
    else:
        world.library.write(old, data)
    assert world.apply(plan).count(ActionOutcome.STALE) == 1
    assert record_of(world, "One").path == old


def test_a_file_that_has_the_name_of_another_pin_is_not_relocated(world):
    new = world.pin(record_of(world, "Dog").board_id, "New")
    move(world, "One", f"Cats/x [{new}].jpg")
    plan = world.plan()
    assert "relocate" not in kinds(plan)
    assert not {a.pin_id for a in plan.actions} & {pin_called(world, "One")}
    assert "moved_locally" in findings(plan)


def test_a_template_with_all_files_in_one_folder_knows_no_folders_of_boards():
    world = SmallWorld()
    world.policies = replace(world.policies, template="{board} - {title} [{pin_id}]{slot}{ext}")
    pin = world.pin(world.board("Cats"), "One")
    world.apply()
    world.library.rename(world.path_of(pin), "anywhere/one.jpg")
    assert kinds(world.plan()) == ["relocate"]
    world.close()


def test_a_changed_file_is_accepted_by_name_and_only_then(world):
    record = record_of(world, "One")
    world.library.write(record.path, image_bytes("edited"))
    world.mode(Mode.TWO_WAY)
    assert (kinds(world.plan()), findings(world.plan())) == ([], ["modified_locally"])
    plan = world.plan(scope=Scope(accept=("Cats/One*",)))
    assert [(a.reason, a.before) for a in plan.actions] == [("accepted", record)]
    assert world.apply(plan).complete
    assert (world.plan().actions, world.plan().findings) == ((), ())
    assert world.library.files[record.path] == image_bytes("edited")
    assert world.apply(world.undo()).complete
    assert record_of(world, "One") == record
    assert findings(world.plan()) == ["modified_locally"]


@pytest.mark.promise("I21")
@pytest.mark.parametrize("moved", [False, True])
def test_an_accepted_change_stands_for_no_other_pin_of_the_image(world, moved):
    record = record_of(world, "One")
    world.library.write(record.path, image_bytes("edited"))
    assert world.apply(world.plan(scope=Scope(accept=("Cats/One*",)))).complete
    if moved:
        world.library.write("copy of it.jpg", image_bytes("edited"))
    again = world.pin(record.board_id, "Again")
    saved = world.remote.pins_by_id
    saved[again] = replace(saved[again], images=saved[record.pin_id].images)
    plan = world.plan()
    assert [(a.pin_id, a.trait.title) for a in plan.actions] == [(again, "Download")]
    assert world.apply(plan).complete
    assert world.library.files[world.path_of(again)] != image_bytes("edited")


@pytest.mark.promise("I17")
def test_an_accepted_change_is_not_replaced_by_a_larger_size(world):
    record = record_of(world, "One")
    world.library.write(record.path, image_bytes("edited"))
    assert world.apply(world.plan(scope=Scope(accept=("Cats/One*",)))).complete
    pin = world.remote.pins_by_id[record.pin_id]
    large = tuple(replace(one, width=9_000, height=9_000) for one in pin.images[0].renditions)
    world.remote.pins_by_id[record.pin_id] = replace(pin, images=(replace(pin.images[0], renditions=large),))
    world.mode(Mode.MIRROR)
    assert (kinds(world.plan()), findings(world.plan())) == ([], ["smaller"])
    assert kinds(world.plan(scope=Scope(restore=(record.pin_id,)))) == ["replace"]


def test_a_converted_file_is_accepted_with_its_place(world):
    old = record_of(world, "One").path
    world.library.remove(old)
    world.library.write("Cats/one.heic", b"HEIC of one")
    world.library.times["Cats/one.heic"] = 2_000_000_000_000_000_000
    world.mode(Mode.TWO_WAY)
    assert findings(world.plan()) == ["unknown"]
    assert world.apply(world.plan(scope=Scope(accept=("Cats/one.heic",)))).complete
    assert (record_of(world, "One").path, record_of(world, "One").format) == ("Cats/one.heic", "HEIC")
    assert world.plan().actions == ()
    assert {f.kind.value for f in world.plan().findings} <= {"untracked", "duplicate", "modified_locally"}, (
        world.plan().findings
    )


def test_of_several_files_one_is_chosen_by_its_name(world):
    record = record_of(world, "One")
    world.library.remove(record.path)
    for name in ("edit", "print"):
        world.library.write(f"{name} of {record.pin_id}.jpg", image_bytes(name))
    assert findings(world.plan()) == ["conflict"]
    assert findings(world.plan(scope=Scope(accept=(record.pin_id,)))) == ["conflict"]
    plan = world.plan(scope=Scope(accept=("print*",)))
    assert [a.after.path for a in plan.actions] == [f"print of {record.pin_id}.jpg"]


def test_one_file_is_accepted_for_one_image_only(world):
    first = world.pin(record_of(world, "Dog").board_id, "A", shown="same")
    second = world.pin(record_of(world, "Dog").board_id, "B", shown="same")
    world.policies = replace(world.policies, duplicates=Duplicates(remove=Remove.OFF))
    world.apply()
    for pin in (first, second):
        world.library.remove(world.path_of(pin))
    world.library.write("x.jpg", image_bytes("same~q80.jpg"))
    plan = world.plan(scope=Scope(accept=("x.jpg",)))
    assert kinds(plan) == ["relocate"]
    assert findings(plan) == ["conflict"]


@pytest.mark.promise("I17")
def test_a_changed_file_is_fetched_again_by_name(world):
    record = record_of(world, "One")
    original = world.library.files[record.path]
    world.library.write(record.path, image_bytes("edited"))
    plan = world.plan(scope=Scope(restore=(record.path,)))
    assert [a.reason for a in plan.actions] == ["restored"]
    assert "the changed" in plan.actions[0].describe().effect
    assert world.apply(plan).complete
    assert world.library.files[record.path] == original
    assert image_bytes("edited") in world.library.kept_files.values()
    assert world.apply(world.undo()).complete
    assert world.library.files[record.path] == image_bytes("edited")


@pytest.mark.parametrize("target", ["Dogs/one.jpg", "Cats/my cat.jpg"])
def test_a_moved_file_is_moved_back_by_name(world, target):
    record = record_of(world, "One")
    move(world, "One", target)
    for glob in (target, record.path, record.pin_id):
        assert kinds(world.plan(scope=Scope(restore=(glob,)))) == ["move_local"]
    assert world.apply(world.plan(scope=Scope(restore=(target,)))).complete
    assert record_of(world, "One") == record
    assert target not in world.library.files
    assert world.apply(world.undo()).complete
    assert record_of(world, "One").path == target


def test_other_bytes_are_never_moved_back(world):
    record = record_of(world, "One")
    world.library.remove(record.path)
    world.library.write(f"Dogs/x ({record.pin_id}).jpg", image_bytes("edited"))
    plan = world.plan(scope=Scope(restore=(record.pin_id,)))
    assert (kinds(plan), findings(plan)) == ([], ["moved_locally"])


def test_a_duplicate_that_was_removed_here_does_not_come_back_because_the_other_one_was_moved(world):
    board = record_of(world, "Dog").board_id
    for title in ("A", "B"):
        world.pin(board, title, shown="same")
    world.apply()
    world.policies = replace(world.policies, duplicates=Duplicates(remove=Remove.LOCAL))
    assert kinds(world.plan()) == ["dedupe"]
    world.apply()
    gone = next(r for r in world.state.base().tracked if r.duplicate_of is not None)
    kept = next(r for r in world.state.base().tracked if r.pin_id == gone.duplicate_of)
    world.library.rename(kept.path, "Cats/b.jpg")
    assert kinds(world.plan()) == []
    assert set(findings(world.plan())) == {"moved_locally", "duplicate"}
    world.library.remove("Cats/b.jpg")
    world.mode(Mode.MIRROR)
    assert set(kinds(world.plan())) <= {"download", "copy_local"}
    assert len(world.plan().actions) == 2
