"""What follows where an outcome of the table cannot be carried out: a finding that says why, and nothing else."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from pinplan.model.ids import PinId
from pinplan.plan.document import FindingKind, Plan, Scope
from pinplan.policies.mode import Mode
from tests.fakes import cut_bytes, image_bytes
from tests.worlds import SmallWorld, findings, kinds


def agreed(world: SmallWorld, *titles: str) -> list[PinId]:
    board = world.board("Board")
    made = [world.pin(board, title) for title in titles]
    assert world.apply().complete
    return made


def without_images(world: SmallWorld, pin: PinId) -> None:
    """Pinterest offers no size of the pin's image any more."""
    old = world.remote.pins_by_id[pin]
    world.remote.pins_by_id[pin] = replace(old, images=(replace(old.images[0], renditions=()),))


def only_says(plan: Plan, kind: str, message: str) -> None:
    """Nothing is done; what is in the way may be reported as an untracked image, or as one that is new here."""
    assert kinds(plan) == []
    (finding,) = (one for one in plan.findings if one.kind not in {FindingKind.UNTRACKED, FindingKind.NEW_HERE})
    assert (finding.kind, message in finding.message) == (kind, True), finding.message


def test_another_template_that_gives_the_same_path_moves_nothing(world):
    agreed(world, "One")
    same = world.policies.template.replace("{slot}", "")
    plan = world.plan(template=same)
    assert (kinds(plan), findings(plan)) == ([], [])


@pytest.mark.promise("I10")
def test_a_file_whose_new_place_is_taken_stays_where_it_is(world):
    one, two = agreed(world, "One", "Two")
    other = world.board("Other")
    world.library.write(world.path_of(one).replace("Board/", "Other/"), b"a note")
    world.move_pin(one, other)
    only_says(world.plan(), "conflict", "is taken by Other/One")
    assert world.path_of(two) in world.library.files


@pytest.mark.promise("I10")
def test_a_damaged_file_whose_new_place_is_taken_stays_where_it_is(world):
    (one,) = agreed(world, "One")
    path = world.path_of(one)
    world.library.write(path, b"broken")
    world.library.write(path.replace("Board/", "Other/"), b"a note")
    world.move_pin(one, world.board("Other"))
    only_says(world.plan(), "conflict", "is taken by Other/One")
    assert world.library.files[path] == b"broken"


@pytest.mark.parametrize(
    ("data", "scope", "what"),
    [(b"broken", Scope(), "is damaged"), (image_bytes("edited"), Scope(restore=("Board/*",)), "was changed here")],
)
def test_a_file_is_not_fetched_again_where_pinterest_has_no_image_for_it(world, data, scope, what):
    (one,) = agreed(world, "One")
    world.library.write(world.path_of(one), data)
    without_images(world, one)
    only_says(world.plan(scope=scope), "withheld", f"the file {what}, and Pinterest no longer offers this image")


@pytest.mark.promise("I20")
def test_a_pin_of_which_no_copy_could_be_kept_is_not_deleted(world):
    one, _ = agreed(world, "One", "Two")
    world.library.remove(world.path_of(one))
    without_images(world, one)
    world.mode(Mode.TWO_WAY)
    only_says(world.plan(), "blocked", "no copy of its image could be kept")


@pytest.mark.parametrize("data", [b"a note", cut_bytes("half")])
def test_a_change_that_is_no_whole_image_cannot_be_accepted(world, data):
    (one,) = agreed(world, "One")
    path = world.path_of(one)
    world.library.write(path, data)
    plan = world.plan(scope=Scope(accept=(path,)))
    if data == b"a note":
        only_says(plan, "conflict", f"{path} cannot be accepted: it is not a valid image")
    else:  # the remains of the image itself: it is damaged, and no change of a person
        assert kinds(plan) == ["replace"]


def test_a_file_with_the_id_of_a_pin_that_is_no_image_cannot_be_taken_for_its_own(world):
    (one,) = agreed(world, "One")
    path = world.path_of(one)
    world.library.remove(path)
    world.library.write(f"note on {one}.jpg", b"a note")
    plan = world.plan(scope=Scope(accept=(one,)))
    only_says(plan, "conflict", f"note on {one}.jpg cannot be tracked in place of {path}: it is not a valid image")


@pytest.mark.promise("I10")
def test_a_file_that_is_accepted_for_one_pin_is_not_adopted_for_another(world):
    """A person renamed the file of a pin to what that of a new pin is called."""
    (one,) = agreed(world, "One")
    board = world.remote.pins_by_id[one].board_id
    new = world.pin(board, "One")
    path = world.path_of(one)
    world.library.rename(path, path.replace(one, new))
    plan = world.plan(scope=Scope(accept=(one,)))
    assert kinds(plan) == ["relocate"]
    assert "is already used for another image in this plan" in " ".join(finding.message for finding in plan.findings)


@pytest.mark.promise("I10")
def test_a_file_is_not_moved_back_to_a_name_that_differs_from_another_only_in_case(world):
    (one,) = agreed(world, "One")
    path = world.path_of(one)
    world.library.rename(path, "Sorted/one.jpg")
    world.library.write(path.upper(), b"a note")
    plan = world.plan(scope=Scope(restore=(one,)))
    only_says(plan, "conflict", "is taken by BOARD/ONE")


def test_the_cover_of_a_video_that_is_here_already_is_adopted_and_named(world):
    board = world.board("Board")
    pin = world.pin(board, "Film", cover=True)
    (action,) = world.plan().actions
    world.library.write(action.after.path, image_bytes("by hand"))
    plan = world.plan()
    assert kinds(plan) == ["adopt"]
    assert "cover_only" in findings(plan)
    assert plan.actions[0].pin_id == pin
