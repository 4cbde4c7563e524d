"""What is left out by name is neither done nor told of, and the rest is told of whole (I9)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from msgspec import UNSET

from pinplan.model.ids import BoardId
from pinplan.plan.document import Scope
from pinplan.policies.mode import Mode, NewPin
from tests.fakes import image_bytes
from tests.worlds import SmallWorld, findings, kinds


@pytest.fixture
def world() -> Iterator[SmallWorld]:
    """Three boards with a file each; nothing is left to do."""
    made = SmallWorld()
    for name in ("Cats", "Dogs", "Birds"):
        made.pin(made.board(name), name)
    assert made.apply().complete
    yield made
    made.close()


def board_called(world: SmallWorld, name: str) -> BoardId:
    return next(board.id for board in world.remote.boards_by_id.values() if board.name == name)


def addresses(world: SmallWorld, scope: Scope) -> list[tuple[str, str]]:
    """What is told of boards."""
    found = [(finding.kind.value, finding.address) for finding in world.plan(scope=scope).findings]
    return [(kind, address) for kind, address in found if kind != "unknown"]


@pytest.mark.promise("I9")
def test_a_board_that_cannot_be_read_is_told_of_where_it_is_in_scope(world):
    world.remote.broken.update({board_called(world, "Cats"), board_called(world, "Dogs")})
    assert addresses(world, Scope(targets=("Cats",))) == [("incomplete", "Cats")]
    assert addresses(world, Scope(excludes=("Cats",))) == [("incomplete", "Dogs")]
    assert addresses(world, Scope()) == [("incomplete", "Cats"), ("incomplete", "Dogs")]


@pytest.mark.promise("I9")
def test_a_board_that_is_not_listed_any_more_is_told_of_where_it_is_in_scope(world):
    del world.remote.boards_by_id[board_called(world, "Cats")]
    assert ("vanished", "Cats") in addresses(world, Scope())
    assert addresses(world, Scope(targets=("Dogs",))) == []
    assert ("vanished", "Cats") in addresses(world, Scope(targets=("Cats",)))


@pytest.mark.promise("I1")
def test_what_is_about_the_whole_is_in_every_scope(world):
    world.remote.odd_boards.append(1)
    world.library.write("Dogs/mine.jpg", image_bytes("mine"))
    assert {"unreadable_item", "untracked"} <= set(findings(world.plan(scope=Scope(targets=("Dogs",)))))


@pytest.mark.parametrize(
    ("count", "pins", "images"), [(1, "1 pin is", "1 untracked image"), (2, "2 pins are", "2 untracked images")]
)
def test_what_is_left_alone_is_counted(world, count, pins, images):
    for number in range(count):
        world.pin(board_called(world, "Cats"), f"New {number}")
        world.library.write(f"mine {number}.jpg", image_bytes("mine"))
    told = {
        (one.kind.value, one.count, one.message.partition(" in ")[0])
        for one in world.plan(new_pin=NewPin.IGNORE).findings
    }
    assert told == {
        ("new_on_pinterest", count, f"{pins} only on Pinterest: new pins of this board are not fetched"),
        ("untracked", count, images),
    }


@pytest.mark.parametrize(
    ("targets", "compared"), [((), UNSET), (("Cats",), UNSET), (("Dogs",), False), (("Cats", "Dogs"), UNSET)]
)
def test_nothing_is_compared_where_the_config_leaves_out_every_board_in_scope(world, targets, compared):
    assert world.plan(exclude=("Dogs",), scope=Scope(targets=targets)).compares == compared


def test_nothing_is_compared_where_the_config_leaves_out_every_board(world):
    assert world.plan(exclude=("*",)).compares is False


def test_new_pins_that_are_not_fetched_are_counted_in_scope_only(world):
    world.mode(Mode.MIRROR)
    for name in ("Cats", "Dogs"):
        world.pin(board_called(world, name), "New")
    plan = world.plan(new_pin=NewPin.IGNORE, scope=Scope(targets=("Cats",)))
    assert (kinds(plan), [finding.address for finding in plan.findings]) == ([], ["Cats"])
    assert "1 pin is only on Pinterest" in plan.findings[0].message
