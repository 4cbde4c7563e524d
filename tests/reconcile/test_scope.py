"""What is left out by name is neither done nor told of, and the rest is told of whole (I9)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from pinplan.model.ids import BoardId, PinId, SectionId
from pinplan.model.pins import Board, Section
from pinplan.model.snapshots import BoardSnapshot
from pinplan.plan.document import Finding, FindingKind, Scope
from pinplan.policies.mode import Mode, NewPin
from pinplan.reconcile.board_folders import BoardFolders
from pinplan.reconcile.scope import ScopeFilter, narrow, narrow_findings
from tests.fakes import image_bytes
from tests.reconcile.test_order import forget
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
    world.library.write("mine.jpg", image_bytes("mine"))
    assert {"unreadable_item"} <= set(findings(world.plan(scope=Scope(targets=("Dogs",)))))


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


# -- what a scope has ------------------------------------------------------------------------------------------------

CATS = BoardSnapshot(
    board=Board(id=BoardId("1"), name="Cats/Dogs", owner="me"), sections=(Section(id=SectionId("7"), name="Kittens"),)
)
BIRDS = BoardSnapshot(board=Board(id=BoardId("2"), name="Birds", owner="me"))


def filtered(*targets: str, excludes: tuple[str, ...] = ()) -> ScopeFilter:
    return ScopeFilter(Scope(targets=targets, excludes=excludes), (CATS, BIRDS))


FOLDER = BoardFolders((CATS, BIRDS)).board(BoardId("1"))
"""A name with a slash is another one on disk."""


@pytest.mark.promise("I9")
@pytest.mark.parametrize(
    ("targets", "excludes", "has"),
    [
        ((), (), True),
        (("501",), (), True),
        (("502",), (), False),
        (("Cats/Dogs",), (), True),
        (("id:1",), (), True),
        (("id:2",), (), False),
        (("Birds",), (), False),
        (("Birds", "501"), (), True),
        (("*/501",), (), True),
        ((), ("501",), False),
        ((), ("Cats/Dogs",), False),
        ((), ("Birds",), True),
        (("Cats/Dogs",), ("501",), False),
    ],
)
@pytest.mark.parametrize("board_id", ["1", ""])
def test_a_pin_is_in_scope_where_it_or_its_board_is_named(targets, excludes, has, board_id):
    """Also where only the address is known: its folder says which board it is."""
    scope = filtered(*targets, excludes=excludes)
    assert scope.has(f"{FOLDER}/Kittens/501", BoardId(board_id), PinId("501")) is has
    assert scope.whole is (not targets and not excludes)
    finding = Finding(kind=FindingKind.CONFLICT, address=f"{FOLDER}/Kittens/501", pin_id=PinId("501"), message="m")
    assert narrow_findings([finding], scope) == ([finding] if has else [])
    action = replace(forget("501", f"{FOLDER}/Kittens/501"), board_id=BoardId("1"))
    assert narrow([action], scope) == ([action] if has else [])


@pytest.mark.promise("I9")
@pytest.mark.parametrize(
    ("target", "has"),
    [
        ("Old", True),
        ("O?d", True),
        ("https://www.pinterest.com/me/old/", True),
        ("https://www.pinterest.com/me/birds/", False),
        ("id:9", True),
    ],
)
def test_a_board_that_is_not_listed_is_called_like_its_folder(target, has):
    assert filtered(target).has("Old/Kittens/601", BoardId("9"), PinId("601")) is has
    assert filtered(excludes=(target,)).excludes("Old/Kittens/601", BoardId("9"), PinId("601")) is has


@pytest.mark.promise("I9")
@pytest.mark.parametrize(
    ("targets", "excludes", "may"),
    [
        ((), (), True),
        (("Cats/Dogs",), (), True),
        (("Birds",), (), False),
        (("Birds", "Cats/Dogs"), (), True),
        (("Cats/Dogs/Kittens",), (), True),
        (("Cats/Dog?/Kittens",), (), True),
        (("https://www.pinterest.com/me/catsdogs/kittens/",), (), True),
        (("https://www.pinterest.com/you/catsdogs/kittens/",), (), False),
        (("Birds/Owls",), (), False),
        ((), ("Cats/Dogs",), False),
        ((), ("Cats/Dogs/Kittens",), True),
        ((), ("Birds",), True),
        (("Cats/Dogs",), ("Cats/Dogs",), False),
    ],
)
def test_a_finding_about_a_board_is_told_where_something_of_it_may_be_in_scope(targets, excludes, may):
    scope = filtered(*targets, excludes=excludes)
    assert scope.may_hold(FOLDER) is may
    assert scope.may_hold(FOLDER, BoardId("1")) is may
    about = Finding(kind=FindingKind.INCOMPLETE, address=FOLDER, message="m")
    whole = Finding(kind=FindingKind.UNTRACKED, address=".", message="m")
    assert narrow_findings([about, whole], scope) == [*([about] if may else []), whole]


@pytest.mark.promise("I1")
@pytest.mark.parametrize(
    ("targets", "excludes", "boards"),
    [
        ((), (), {FOLDER, "Birds"}),
        (("Birds",), (), {"Birds"}),
        (("Cats/Dogs/Kittens",), (), {FOLDER}),
        (("501",), (), {FOLDER}),
        (("999",), (), {FOLDER, "Birds"}),
        (("Birds", "501"), (), {FOLDER, "Birds"}),
        ((), ("Birds",), {FOLDER}),
        (("501",), ("Cats/Dogs",), set()),
    ],
)
def test_what_is_known_nowhere_may_be_in_any_board(targets, excludes, boards):
    known = {FOLDER: BoardId("1"), "Birds": BoardId("2")}
    pins = [(f"{FOLDER}/501", BoardId("1"), PinId("501")), ("Birds/502", BoardId("2"), PinId("502"))]
    assert filtered(*targets, excludes=excludes).boards_of(known, lambda: pins) == boards
