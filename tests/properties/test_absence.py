"""Absence needs proof: however the file of a pin is displaced, converted or cut, no plan deletes the pin, forgets it or fetches it again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinplan.model.base import Tracked
from pinplan.plan import kind_of
from pinplan.policies.mode import Mode
from tests.fakes import FakeLibrary
from tests.properties.test_laws import TITLES, agreed, boards
from tests.worlds import SmallWorld

Way = Callable[[FakeLibrary, Tracked, list[str]], None]


def folder_of(path: str) -> str:
    return f"{path.rpartition('/')[0]}/" if "/" in path else ""


def slot_of(record: Tracked) -> str:
    return f"-{record.slot}" if record.slot else ""


def converted(library: FakeLibrary, record: Tracked, others: list[str]) -> None:
    """To a format that cannot be decoded, the name kept."""
    library.remove(record.path)
    library.write(f"{record.path.rpartition('.')[0]}.heic", b"HEIC converted")


def cut_to_nothing_and_renamed(library: FakeLibrary, record: Tracked, others: list[str]) -> None:
    library.remove(record.path)
    library.write(f"{folder_of(record.path)}cut [{record.pin_id}]{slot_of(record)}.jpg", b"")


def edited_and_numbered(library: FakeLibrary, record: Tracked, others: list[str]) -> None:
    """The id in another form, and other bytes."""
    library.remove(record.path)
    library.write(f"edits/x ({record.pin_id}){slot_of(record)}.jpg", f"IMAGE edit of {record.pin_id}".encode())


def named_by_the_bare_id(library: FakeLibrary, record: Tracked, others: list[str]) -> None:
    library.remove(record.path)
    library.write(f"{record.pin_id}{slot_of(record)}.jxl", b"\xff\x0a not decoded")


def copy_without_extension(library: FakeLibrary, record: Tracked, others: list[str]) -> None:
    library.remove(record.path)
    library.write(f"{folder_of(record.path)}x {record.pin_id} copy", b"anything")


def renamed(library: FakeLibrary, record: Tracked, others: list[str]) -> None:
    """Only the bytes say which pin it is."""
    library.rename(record.path, f"renamed/picture {slot_of(record)}.jpg")


def disguised_as_companion(library: FakeLibrary, record: Tracked, others: list[str]) -> None:
    """A companion's name claims nothing, the recorded bytes do."""
    library.rename(record.path, f"renamed/picture {slot_of(record)}.txt")


def moved_over_another(library: FakeLibrary, record: Tracked, others: list[str]) -> None:
    library.rename(record.path, others[0])


def swapped(library: FakeLibrary, record: Tracked, others: list[str]) -> None:
    library.rename(record.path, "for a moment")
    library.rename(others[0], record.path)
    library.rename("for a moment", others[0])


WAYS: tuple[Way, ...] = (
    converted,
    cut_to_nothing_and_renamed,
    edited_and_numbered,
    named_by_the_bare_id,
    copy_without_extension,
    renamed,
    disguised_as_companion,
    moved_over_another,
    swapped,
)
TAKES_ANOTHERS_PLACE = (moved_over_another, swapped)
FORBIDDEN = {"delete_remote", "forget", "download", "copy_local", "delete_local", "dedupe"}


def about(world: SmallWorld, record: Tracked) -> list[str]:
    """What a plan would do about the pin, or this image of it, that must not be done."""
    found = [a for a in world.plan().actions if a.pin_id == record.pin_id and kind_of(a) in FORBIDDEN]
    return [kind_of(a) for a in found if getattr(a.before, "slot", record.slot) == record.slot]


@pytest.mark.promise("I2")
@pytest.mark.parametrize("gone", [False, True], ids=["on Pinterest", "gone there"])
@pytest.mark.parametrize("slots", [1, 3])
@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_file_that_is_somewhere_is_not_missing(way, mode, slots, gone):
    with agreed(["cats"], [(0, "One", slots), (0, "Two", 1)]) as world:
        record, other = world.state.base().tracked[0], world.state.base().tracked[-1]
        way(world.library, record, [other.path])
        if gone:
            del world.remote.pins_by_id[record.pin_id]
        world.mode(mode)
        assert about(world, record) == []
        found = [f for f in world.plan().findings if f.pin_id == record.pin_id]
        assert found
        assert all(record.path in f.message for f in found if f.path == record.path)


@pytest.mark.promise("I2")
def test_no_plan_deletes_the_pin_of_a_file_that_is_somewhere():
    met: Counter[str] = Counter()

    several = st.lists(st.tuples(st.integers(0, 2), TITLES, st.sampled_from([1, 1, 1, 3])), min_size=4, max_size=7)
    some = st.lists(st.sampled_from((*WAYS, *TAKES_ANOTHERS_PLACE)), min_size=1, max_size=4)

    @given(boards, several, st.sampled_from(list(Mode)), st.data())
    def law(names, made, mode, data):
        with agreed(names, made) as world:
            base = list(world.state.base().tracked)
            free = list(base)
            displaced: list[Tracked] = []
            for way in data.draw(some):
                needed = 2 if way in TAKES_ANOTHERS_PLACE else 1
                if len(free) < needed:
                    break
                record, *others = [free.pop(data.draw(st.integers(0, len(free) - 1))) for _ in range(needed)]
                library = world.library
                renamed_to = [path for path in library.files if path.startswith("renamed/")]
                for n, path in enumerate(renamed_to):  # one name for each
                    library.rename(path, f"renamed before/{len(displaced)}-{n}")
                way(library, record, [other.path for other in others])
                displaced.append(record)
                met[way.__name__] += 1
            world.mode(mode)
            actions = world.plan().actions
            for record in displaced:
                assert not [a for a in actions if a.pin_id == record.pin_id and a.deletes_pin]

    law()
    assert set(met) == {way.__name__ for way in WAYS}


@pytest.mark.promise("I2")
@pytest.mark.parametrize(
    "path", ["9{0}.jpg", "{0}5.jpg", "x [{0}].jpg.xmp", "[{0}].json", "notes/{0}.txt", "._[{0}].jpg", "[9999].jpg"]
)
def test_a_longer_number_and_a_companion_claim_no_pin(path):
    with agreed(["cats"], [(0, "One", 1), (0, "Two", 1)]) as world:
        record = world.state.base().tracked[0]
        world.library.remove(record.path)
        world.library.write(path.format(record.pin_id), b"says something about it")
        world.mode(Mode.TWO_WAY)
        assert about(world, record) == ["delete_remote"]


def test_of_two_pins_with_the_same_bytes_one_can_be_removed():
    with agreed(["cats"], []) as world:
        board = next(iter(world.remote.boards_by_id))
        first, second = (world.pin(board, "Same", shown="same") for _ in range(2))
        world.apply()
        world.library.remove(world.path_of(first))
        world.library.rename(world.path_of(second), f"moved/{second}.jpg")
        world.mode(Mode.TWO_WAY)
        plan = world.plan()
        assert [(kind_of(a), a.pin_id) for a in plan.actions if a.deletes_pin] == [("delete_remote", first)]
