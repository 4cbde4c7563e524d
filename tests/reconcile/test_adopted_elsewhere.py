"""A file that was elsewhere when it was adopted was not moved there by anybody known: neither its pin nor a board follows it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from pinplan.model.ids import PinId
from pinplan.plan.document import Scope
from pinplan.policies.mode import Mode
from tests.worlds import SmallWorld, findings, kinds

MOVES = [
    ("Cats/One", "best/One"),  # one of several files, in a folder that belongs to no board
    ("Cats/One", "Dogs/One"),  # in that of another board
    ("Cats/One", "Cats/Kittens/One"),
    ("Cats/Kittens/", "Cats/"),
    ("Cats/Kittens/", "Dogs/Kittens/"),
    ("Cats/Kittens/", "Cats/Small ones/"),  # the folder of a section under another name
    ("Dogs/", "best/"),  # that of a board
    ("Cats/", "best/"),
    ("Dogs/", "Dogs/deeper/"),
    ("Dogs/", "Dogs/much/deeper/"),
    ("Dogs/", ""),
]


@pytest.fixture
def world() -> Iterator[SmallWorld]:
    made = SmallWorld()
    cats, dogs = made.board("Cats"), made.board("Dogs")
    kittens = made.section(cats, "Kittens")
    for title, board, at in (("One", cats, None), ("Two", cats, None), ("Kit", cats, kittens), ("Dog", dogs, None)):
        made.pin(board, title, section_id=at)
    made.apply()
    made.mode(Mode.TWO_WAY)
    yield made
    made.close()


def move(world: SmallWorld, old: str, new: str) -> None:
    for path in [path for path in world.library.files if path.startswith(old)]:
        world.library.rename(path, f"{new}{path.removeprefix(old)}")


def pin_called(world: SmallWorld, title: str) -> PinId:
    return next(pin.id for pin in world.remote.pins_by_id.values() if pin.title == title)


def adopted(world: SmallWorld, old: str, new: str) -> None:
    """The files are elsewhere, the state is lost, and a new one adopts them."""
    move(world, old, new)
    world.lose_the_state()
    plan = world.plan()
    assert set(kinds(plan)) == {"adopt"}
    assert world.apply(plan).complete


def agree(world: SmallWorld) -> None:
    again = world.plan()
    assert (again.actions, again.findings) == ((), ())


@pytest.mark.promise("I23")
@pytest.mark.promise("I31")
@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize(("old", "new"), MOVES)
def test_after_the_state_was_lost_nothing_counts_as_moved(world, mode, old, new):
    world.mode(mode)
    places, names = world.places(), world.names()
    adopted(world, old, new)
    agree(world)
    files = dict(world.library.files)
    # Not even in the mode that was not chosen then.
    world.mode(Mode.TWO_WAY)
    agree(world)
    assert (world.places(), world.names(), world.library.files) == (places, names, files)


@pytest.mark.promise("I23")
def test_a_pin_that_moved_on_pinterest_before_the_state_was_lost_is_not_moved_back(world):
    dog = pin_called(world, "Dog")
    world.move_pin(dog, world.remote.pins_by_id[pin_called(world, "One")].board_id)
    places = world.places()
    adopted(world, "-", "-")
    agree(world)
    assert (world.places(), world.path_of(dog)) == (places, f"Dogs/Dog [{dog}].jpg")


@pytest.mark.promise("I23")
def test_a_board_that_was_renamed_on_pinterest_before_the_state_was_lost_keeps_its_name(world):
    world.rename_board(world.remote.pins_by_id[pin_called(world, "Dog")].board_id, "Hounds")
    adopted(world, "-", "-")
    agree(world)
    assert "Hounds" in world.names().values()


@pytest.mark.parametrize(
    ("target", "planned"),
    [
        ("Cats/Kittens/One", ["move_remote"]),
        ("Cats/Again", ["relocate"]),
        ("birds/One", ["create_board", "move_remote"]),
    ],
)
def test_it_is_moved_once_it_is_moved_again(world, target, planned):
    adopted(world, "Cats/One", "Dogs/One")
    one = pin_called(world, "One")
    move(world, "Dogs/One", target)
    assert kinds(world.plan()) == planned
    assert world.apply().complete
    agree(world)
    # From now on it is as every other one.
    world.policies = replace(world.policies, template="{board}/{section}/{pin_id}{slot}{ext}")
    assert world.apply().complete
    assert world.path_of(one).rpartition("/")[2] == f"{one}.jpg"


def test_it_goes_where_its_pin_goes(world):
    adopted(world, "Cats/One", "best/One")
    one = pin_called(world, "One")
    world.move_pin(one, world.remote.pins_by_id[pin_called(world, "Dog")].board_id)
    assert kinds(world.plan()) == ["move_local"]
    assert world.apply().complete
    assert world.path_of(one) == f"Dogs/One [{one}].jpg"
    agree(world)


def test_another_template_gives_it_no_other_place(world):
    adopted(world, "Cats/One", "best/One")
    one = pin_called(world, "One")
    world.policies = replace(world.policies, template="{board}/{section}/{pin_id}{slot}{ext}")
    assert world.apply().complete
    assert world.path_of(one) == f"best/One [{one}].jpg"
    assert world.path_of(pin_called(world, "Two")) == f"Cats/{pin_called(world, 'Two')}.jpg"
    agree(world)


@pytest.mark.parametrize(
    ("scope", "kind", "path"),
    [("accept", "move_remote", "Dogs/One [{}].jpg"), ("restore", "move_local", "Cats/One [{}].jpg")],
)
def test_who_asks_gets_the_pin_or_the_file_moved(world, scope, kind, path):
    adopted(world, "Cats/One", "Dogs/One")
    one = pin_called(world, "One")
    dogs = world.remote.pins_by_id[pin_called(world, "Dog")].board_id
    before = world.places()
    plan = world.plan(scope=Scope(**{scope: (one,)}))
    assert (kinds(plan), findings(plan)) == ([kind], [])
    assert world.apply(plan).complete
    assert world.path_of(one) == path.format(one)
    assert (world.places()[one][0] == dogs) == (kind == "move_remote")
    agree(world)
    assert world.apply(world.undo()).complete
    assert world.places() == before
    agree(world)


def test_a_folder_that_is_renamed_later_renames_its_board_whatever_was_adopted_elsewhere(world):
    adopted(world, "Cats/One", "best/One")
    move(world, "Cats/", "Felines/")
    plan = world.plan()
    assert "rename_board" in kinds(plan)
    assert world.apply(plan).complete
    agree(world)
    assert {"Felines", "Kittens", "Dogs"} == set(world.names().values())
