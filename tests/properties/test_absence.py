"""Absence needs proof: however the file of a pin is displaced, converted or cut, no plan deletes the pin, forgets it or fetches it again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from pinplan.duplicates.marked_different import signature_of
from pinplan.model.base import Tracked
from pinplan.model.similarity import ALGORITHM_VERSION, Fingerprint
from pinplan.model.snapshots import UnknownPath
from pinplan.plan.document import Scope, kind_of
from pinplan.policies.duplicates import Duplicates, Remove
from pinplan.policies.mode import Mode
from tests.fakes import FakeLibrary
from tests.properties.test_laws import TITLES, agreed, boards
from tests.worlds import SmallWorld, kinds

NOW = 2_000_000_000_000_000_000
"""Later than any clock of these tests, in nanoseconds since 1970."""
several = st.lists(st.tuples(st.integers(0, 2), TITLES, st.sampled_from([1, 1, 3])), min_size=4, max_size=8)
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


def tagged_and_renamed(library: FakeLibrary, record: Tracked, others: list[str]) -> None:
    """Other bytes, no id, the same pixels."""
    data = library.files[record.path]
    library.remove(record.path)
    library.write(f"tagged/holiday{slot_of(record)}.jpg", data.removesuffix(b".jpg") + b"~same.jpg")


def tagged_and_moved_over_another(library: FakeLibrary, record: Tracked, others: list[str]) -> None:
    """Other bytes, another pin's id, the same pixels."""
    data = library.files[record.path]
    library.remove(record.path)
    library.write(others[0], data.removesuffix(b".jpg") + b"~same.jpg")


def near_to(record: Tracked, others: list[str]) -> str:
    """The place of another file in the record's folder or below it; if there is none, a new one."""
    folder = folder_of(record.path)
    return next((path for path in others if path.startswith(folder)), f"{folder}beside.jpg")


def turned_and_renamed(library: FakeLibrary, record: Tracked, others: list[str]) -> None:
    """A viewer turned it, or only noted how the camera was held."""
    data = library.files[record.path]
    library.remove(record.path)
    library.write(f"turned/holiday{slot_of(record)}.jpg", data.removesuffix(b".jpg") + b"~turned.jpg")


def turned_and_moved_over_another(library: FakeLibrary, record: Tracked, others: list[str]) -> None:
    data = library.files[record.path]
    library.remove(record.path)
    library.write(others[0], data.removesuffix(b".jpg") + b"~turned.jpg")


def converted_and_moved_over_another(library: FakeLibrary, record: Tracked, others: list[str]) -> None:
    """Nothing but its place and its time says that it may be the one, and its name says that it is another."""
    library.remove(record.path)
    path = near_to(record, others)
    library.write(path, f"HEIC of {record.pin_id}".encode())
    library.times[path] = NOW


def converted_with_the_id_twice(library: FakeLibrary, record: Tracked, others: list[str]) -> None:
    """The title holds the id, too."""
    library.remove(record.path)
    library.write(f"x/pin {record.pin_id} [{record.pin_id}]{slot_of(record)}.heic", b"HEIC converted")


def saved_under_anothers_name(library: FakeLibrary, record: Tracked, others: list[str]) -> None:
    """Other bytes, the same pixels, and the id of a pin whose own file is nowhere."""
    data = library.files[record.path]
    library.remove(record.path)
    library.remove(others[0])
    library.write(f"{others[0].rpartition('.')[0]}.tif", data.removesuffix(b".jpg") + b"~same.jpg")


def another_moved_over_it_and_away(library: FakeLibrary, record: Tracked, others: list[str]) -> None:
    """Its id is on the bytes of another pin: which of the two the person wants there, nobody can tell."""
    library.rename(others[0], record.path)
    library.rename(record.path, f"best/x [{record.pin_id}]{slot_of(record)}.jpg")


def saved_smaller_and_renamed(library: FakeLibrary, record: Tracked, others: list[str]) -> None:
    data = library.files[record.path]
    library.remove(record.path)
    library.write(f"smaller/holiday{slot_of(record)}.jpg", data.removesuffix(b".jpg") + b"~50x100~q20.jpg")


def converted_and_renamed(library: FakeLibrary, record: Tracked, others: list[str]) -> None:
    """Nothing but its place and its time says that it may be the one."""
    library.remove(record.path)
    path = f"{folder_of(record.path)}IMG {len(library.files)}.heic"
    library.write(path, b"HEIC of a camera")
    library.times[path] = NOW


def converted_with_its_old_time(library: FakeLibrary, record: Tracked, others: list[str]) -> None:
    time = library.times[record.path]
    library.remove(record.path)
    path = f"{folder_of(record.path)}sub/IMG {len(library.files)}.heic"
    library.write(path, b"HEIC of a camera")
    library.times[path] = time


def renamed_and_unreadable(library: FakeLibrary, record: Tracked, others: list[str]) -> None:
    library.remove(record.path)
    library.unknown.append(UnknownPath(path=f"{folder_of(record.path)}x.jpg", reason="Permission denied"))


def named_beyond_utf8(library: FakeLibrary, record: Tracked, others: list[str]) -> None:
    library.remove(record.path)
    reason = "its name is not valid UTF-8"
    library.unknown.append(UnknownPath(path=f"unzipped/caf\\xe9 [{record.pin_id}].jpg", reason=reason))


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
    tagged_and_renamed,
    tagged_and_moved_over_another,
    turned_and_renamed,
    turned_and_moved_over_another,
    converted_and_moved_over_another,
    converted_with_the_id_twice,
    another_moved_over_it_and_away,
    saved_under_anothers_name,
    saved_smaller_and_renamed,
    converted_and_renamed,
    converted_with_its_old_time,
    renamed_and_unreadable,
    named_beyond_utf8,
)
TAKES_ANOTHERS_PLACE = (
    moved_over_another,
    swapped,
    tagged_and_moved_over_another,
    turned_and_moved_over_another,
    converted_and_moved_over_another,
    another_moved_over_it_and_away,
    saved_under_anothers_name,
)
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
        plan = world.plan()
        found = [f for f in plan.findings if f.pin_id == record.pin_id]
        # In a folder of its own it is in a new board, where the mode lets pins follow.
        assert found or [kind_of(a) for a in plan.actions if a.pin_id == record.pin_id] in (
            ["relocate"],
            ["move_remote"],
        )
        assert all(record.path in f.message for f in found if f.path == record.path)


@pytest.mark.promise("I2")
@pytest.mark.parametrize("mode", list(Mode))
def test_a_folder_that_is_gone_may_be_one_that_cannot_be_looked_into(mode):
    """Renamed to a name that is no UTF-8, moved to another disk behind a link, or closed to us."""
    with agreed(["cats", "dogs"], [(0, "One", 1), (0, "Two", 1), (1, "Three", 1)]) as world:
        records = world.state.base().tracked
        for record in records[:2]:
            world.library.remove(record.path)
        world.library.unknown.append(UnknownPath(path="pets", reason="it is a symbolic link", is_folder=True))
        world.mode(mode)
        plan = world.plan()
        assert plan.actions == ()
        said = [f.message for f in plan.findings if f.pin_id in {record.pin_id for record in records[:2]}]
        assert len(said) == 2
        assert all("is gone, and pets cannot be read: the file may be there" in text for text in said)
        world.library.remove(records[2].path)
        world.library.write(f"{folder_of(records[2].path)}note.txt", b"the folder is there")
        assert [a.pin_id for a in world.plan().actions] == ([records[2].pin_id] if mode is not Mode.ARCHIVE else [])


@pytest.mark.promise("I2")
def test_no_plan_deletes_the_pin_of_a_file_that_is_somewhere():
    met: Counter[str] = Counter()

    # Each way comes first in some of the examples: of a small library the others may find no file left.
    @settings(max_examples=max(2, 60 // len(WAYS)))
    @given(boards, several, st.sampled_from(list(Mode)), st.permutations(WAYS), st.data())
    def law(first, names, made, mode, ways, data):
        ways = [first, *(way for way in ways if way is not first)]
        with agreed(names, made) as world:
            base = list(world.state.base().tracked)
            free = list(base)
            displaced: list[Tracked] = []
            for way in ways:
                needed = 2 if way in TAKES_ANOTHERS_PLACE else 1
                if len(free) < needed:
                    break
                record, *others = [free.pop(data.draw(st.integers(0, len(free) - 1))) for _ in range(needed)]
                library = world.library
                for path in [
                    path for path in library.files if path.startswith(("renamed/", "tagged/", "smaller/", "turned/"))
                ]:
                    library.rename(path, f"before/{len(displaced)}-{path.replace('/', '-')}")  # one name for each
                way(library, record, [other.path for other in others])
                displaced.append(record)
                met[way.__name__] += 1
            world.mode(mode)
            actions = world.plan().actions
            for record in displaced:
                assert not [a for a in actions if a.pin_id == record.pin_id and a.deletes_pin]

    for way in WAYS:
        law(way)
    assert set(met) == {way.__name__ for way in WAYS}


@pytest.mark.promise("I2")
def test_of_several_files_that_claim_an_image_each_may_be_another_one():
    """Saved under a carousel's name whose own file is gone, beside a copy that names no slot: who it is stays open, and so do both pins."""
    with agreed(["cats"], [(0, "Many", 2), (0, "One", 1)]) as world:
        first, second, one = world.state.base().tracked
        saved_under_anothers_name(world.library, one, [second.path])
        copy_without_extension(world.library, first, [])
        world.mode(Mode.TWO_WAY)
        assert not [action for action in world.plan().actions if action.deletes_pin]


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


@pytest.mark.promise("I2")
@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("way", ["moved", "copied, and removed later"])
def test_a_file_that_was_accepted_in_anothers_place_is_not_missing(way, mode):
    """That it is now agreed to be the other pin's file does not make the pin that it shows a pin without a file."""
    with agreed(["cats"], [(0, "One", 1), (0, "Two", 1)]) as world:
        record, other = world.state.base().tracked
        if way == "moved":
            moved_over_another(world.library, record, [other.path])
        else:
            world.library.write(other.path, world.library.files[record.path])
        assert world.apply(world.plan(scope=Scope(accept=(other.path,)))).complete
        if way != "moved":
            world.library.remove(record.path)
        world.mode(mode)
        assert about(world, record) == []
        message = f"its bytes are at {other.path} now, where the file of pin {other.pin_id} was"
        assert [message in f.message for f in world.plan().findings if f.pin_id == record.pin_id] == [True]


@pytest.mark.promise("I2")
def test_the_picture_of_a_pin_is_looked_for_though_another_was_accepted_as_its_file():
    with agreed(["cats"], [(0, "One", 1), (0, "Two", 1)]) as world:
        record = world.state.base().tracked[0]
        served = world.library.files[record.path]
        world.library.write(record.path, b"IMAGE of my own.jpg")
        assert world.apply(world.plan(scope=Scope(accept=(record.path,)))).complete
        world.library.remove(record.path)
        world.library.write("tagged/holiday.jpg", served.removesuffix(b".jpg") + b"~same.jpg")
        world.mode(Mode.TWO_WAY)
        world.images.fetched.clear()
        assert about(world, record) == []
        assert about(world, record) == []
        assert len(world.images.fetched) == 1
        world.library.remove("tagged/holiday.jpg")
        assert about(world, record) == ["delete_remote"]


@pytest.mark.promise("I2")
@pytest.mark.parametrize("later", [False, True], ids=["as accepted", "tagged once more"])
def test_a_picture_that_was_accepted_in_anothers_place_is_looked_at(later):
    with agreed(["cats"], [(0, "One", 1), (0, "Two", 1)]) as world:
        record, other = world.state.base().tracked
        tagged_and_moved_over_another(world.library, record, [other.path])
        plan = world.plan(scope=Scope(accept=(other.path,)))
        assert [(kind_of(a), a.pin_id) for a in plan.actions] == [("adopt", other.pin_id)]
        assert world.apply(plan).complete
        if later:
            world.library.write(other.path, world.library.files[other.path].replace(b"~same", b"~same~again~same"))
        world.mode(Mode.TWO_WAY)
        assert about(world, record) == []


@pytest.mark.promise("I2")
def test_what_was_accepted_and_saved_again_may_be_the_picture_of_another_while_its_own_pin_is_not_listed():
    with agreed(["cats", "dogs"], [(0, "One", 1), (1, "Two", 1), (0, "Three", 1)]) as world:
        base = world.state.base().tracked
        record, other = base[0], next(one for one in base if one.board_id != base[0].board_id)
        tagged_and_moved_over_another(world.library, record, [other.path])
        assert world.apply(world.plan(scope=Scope(accept=(other.path,)))).complete
        world.library.write(f"{other.path.removesuffix('.jpg')}.png", world.library.files[other.path])
        world.library.remove(other.path)
        world.remote.broken.add(other.board_id)
        world.mode(Mode.TWO_WAY)
        assert about(world, record) == []


def test_a_duplicate_that_was_tagged_and_accepted_does_not_keep_the_other_pin():
    with agreed(["cats"], []) as world:
        board = next(iter(world.remote.boards_by_id))
        first, second = (world.pin(board, "Same", shown="same") for _ in range(2))
        world.apply()
        path = world.path_of(second)
        world.library.write(path, world.library.files[path].removesuffix(b".jpg") + b"~same.jpg")
        assert world.apply(world.plan(scope=Scope(accept=(path,)))).complete
        world.library.remove(world.path_of(first))
        world.mode(Mode.TWO_WAY)
        assert [(kind_of(a), a.pin_id) for a in world.plan().actions if a.deletes_pin] == [("delete_remote", first)]


@pytest.mark.promise("I2")
def test_no_undecodable_file_is_older_than_an_apply_in_the_future():
    """The clock was set back since the last apply."""
    with agreed(["cats"], [(0, "One", 1), (0, "Two", 1)]) as world:
        record = world.state.base().tracked[0]
        converted_and_renamed(world.library, record, [])
        path = next(path for path in world.library.files if path.endswith(".heic"))
        world.clock.wait(-400 * 86_400, None)
        world.library.times[path] = int(world.clock.now().timestamp() * 1e9)
        world.mode(Mode.TWO_WAY)
        assert about(world, record) == []


@pytest.mark.promise("I2")
def test_a_file_that_seemed_to_be_elsewhere_may_still_be_the_undecodable_one():
    with agreed(["cats"], [(0, "One", 1), (0, "Two", 1)]) as world:
        record = world.state.base().tracked[0]
        data = world.library.files[record.path]
        converted_and_renamed(world.library, record, [])
        path = next(path for path in world.library.files if path.endswith(".heic"))
        world.library.times[path] = int(world.clock.now().timestamp() * 1e9)
        world.library.write("tagged/holiday.jpg", data.removesuffix(b".jpg") + b"~same.jpg")
        world.mode(Mode.TWO_WAY)
        world.pin(record.board_id, "Three")
        assert about(world, record) == []
        world.clock.wait(60, None)
        assert world.apply().complete
        world.library.remove("tagged/holiday.jpg")
        assert about(world, record) == []


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


@pytest.mark.promise("I2")
@pytest.mark.parametrize("way", [tagged_and_renamed, tagged_and_moved_over_another])
def test_a_mark_on_two_that_look_the_same_does_not_hide_the_picture_of_either(way):
    with agreed(["cats"], [(0, "One", 1)]) as world:
        board = next(iter(world.remote.boards_by_id))
        first, second = (world.pin(board, "Same", shown="same") for _ in range(2))
        world.apply()
        record = next(one for one in world.state.base().tracked if one.pin_id == second)
        other = next(one.path for one in world.state.base().tracked if one.pin_id not in {first, second})
        # The user wants to keep both.
        stored = world.state.fingerprints.stored_one(record.sha256, ALGORITHM_VERSION)
        assert stored is not None
        looks = signature_of(msgspec.msgpack.decode(stored, type=Fingerprint))
        world.state.fingerprints.mark_different(looks, looks)
        world.library.remove(world.path_of(first))
        way(world.library, record, [other])
        world.mode(Mode.TWO_WAY)
        assert [a.pin_id for a in world.plan().actions if a.deletes_pin] == []


# -- fingerprints ------------------------------------------------------------------------------------------------


def forget_fingerprints(world: SmallWorld) -> None:
    """As in a base of an older pinplan."""
    world.state._db.connection.execute("DELETE FROM fingerprints")


@pytest.mark.promise("I2")
@pytest.mark.parametrize("remove", list(Remove))
def test_a_fingerprint_is_kept_from_the_download_on(remove):
    with agreed(["cats"], []) as world:
        board = next(iter(world.remote.boards_by_id))
        pin = world.pin(board, "One")
        world.policies = replace(world.policies, duplicates=Duplicates(remove=remove))
        world.apply()
        world.images.fetched.clear()
        tagged_and_renamed(world.library, world.state.base().tracked[0], [])
        world.mode(Mode.TWO_WAY)
        plan = world.plan()
        assert [f.kind.value for f in plan.findings if f.pin_id == pin] == ["moved_locally"]
        assert world.images.fetched == []


@pytest.mark.promise("I2")
@pytest.mark.promise("I7")
def test_without_a_fingerprint_the_smallest_size_that_will_do_is_fetched_once():
    with agreed(["cats"], [(0, "Two", 1)]) as world:
        board = next(iter(world.remote.boards_by_id))
        pin = world.pin(board, "One", shown="one~800x1000")
        world.apply()
        record = next(record for record in world.state.base().tracked if record.pin_id == pin)
        tagged_and_renamed(world.library, record, [])
        forget_fingerprints(world)
        world.images.fetched.clear()
        world.mode(Mode.TWO_WAY)
        writes = world.remote.writes
        assert about(world, record) == []
        assert [url for url in world.images.fetched if "/600x/" in url] == world.images.fetched
        assert len(world.images.fetched) == 1
        assert about(world, record) == []
        assert (len(world.images.fetched), world.remote.writes) == (1, writes)


@pytest.mark.promise("I2")
def test_what_can_be_fetched_no_more_is_unknown_while_there_is_any_picture():
    with agreed(["cats"], [(0, "One", 1), (0, "Two", 1)]) as world:
        record = world.state.base().tracked[0]
        tagged_and_renamed(world.library, record, [])
        forget_fingerprints(world)
        world.images.broken = {
            r.url for pin in world.remote.pins_by_id.values() for i in pin.images for r in i.renditions
        }
        world.mode(Mode.TWO_WAY)
        assert about(world, record) == []
        assert [f.kind.value for f in world.plan().findings if f.pin_id == record.pin_id] == ["unknown"]
        world.library.remove("tagged/holiday.jpg")
        assert about(world, record) == ["delete_remote"]


def test_another_picture_and_an_old_undecodable_file_stand_in_no_ones_way():
    with agreed(["cats"], [(0, "One", 1), (0, "Two", 1)]) as world:
        record = world.state.base().tracked[0]
        world.library.write("holiday.jpg", b"IMAGE of something else")
        world.library.write(f"{folder_of(record.path)}IMG 1.heic", b"HEIC of a camera")
        world.pin(record.board_id, "Three")
        world.apply()
        world.library.remove(record.path)
        world.mode(Mode.TWO_WAY)
        assert about(world, record) == ["delete_remote"]


@pytest.mark.promise("I2")
def test_a_run_in_between_makes_no_undecodable_file_older_than_the_last_apply():
    with agreed(["cats"], [(0, "One", 1), (0, "Two", 1)]) as world:
        record = world.state.base().tracked[0]
        world.mode(Mode.TWO_WAY)
        converted_and_renamed(world.library, record, [])
        path = next(path for path in world.library.files if path.endswith(".heic"))
        world.library.times[path] = int(world.clock.now().timestamp() * 1e9)
        assert about(world, record) == []
        for _ in range(2):
            world.pin(record.board_id, "New")
            world.apply()
            assert about(world, record) == []


@pytest.mark.promise("I2")
def test_an_undecodable_file_with_another_pins_id_may_be_a_missing_file():
    """Moved over another pin's file, and converted there: whose picture it shows cannot be told."""
    with agreed(["cats"], [(0, "One", 1), (0, "Two", 1)]) as world:
        record, other = world.state.base().tracked
        world.mode(Mode.TWO_WAY)
        world.library.remove(record.path)
        world.library.remove(other.path)
        path = f"{other.path.rpartition('.')[0]}.heic"
        world.library.write(path, b"HEIC converted")
        world.library.times[path] = int(world.clock.now().timestamp() * 1e9)
        assert about(world, record) == []
        assert [f.kind.value for f in world.plan().findings if f.pin_id == record.pin_id] == ["unknown"]
        assert about(world, other) == []
        world.library.remove(path)
        world.library.write(other.path, other.path.encode())
        assert about(world, record) == ["delete_remote"]


@pytest.mark.promise("I2")
@pytest.mark.promise("I12")
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_absence_is_proved_again_just_before_a_pin_is_deleted_by_one_look_a_run(way):
    with agreed(["cats"], [(0, "One", 1), (0, "Two", 1), (0, "Three", 1), (0, "Four", 1)]) as world:
        base = world.state.base().tracked
        world.mode(Mode.TWO_WAY)
        for record in base[:3]:
            world.library.rename(record.path, f"outside {record.pin_id}")
        hidden = {record.path: world.library.files.pop(f"outside {record.pin_id}") for record in base[:3]}
        plan = world.plan()
        assert kinds(plan) == ["delete_remote"] * 3
        world.library.write(base[0].path, hidden[base[0].path])
        world.library.times[base[0].path] = base[0].mtime_ns
        way(world.library, base[0], [base[3].path])
        looks = world.library.walks
        world.apply(plan)
        beside = folder_of(base[3 if way in TAKES_ANOTHERS_PLACE else 0].path) if way in NEAR else ""
        sure = [r.pin_id for r in base[1:3] if not (way in NEAR and beside.startswith(folder_of(r.path)))]
        assert sorted(world.remote.deleted) == sure
        assert base[0].pin_id not in world.remote.deleted
        assert world.library.walks == looks + 1


@pytest.mark.promise("I2")
def test_undo_of_an_accepted_place_makes_no_undecodable_file_older_than_the_last_apply():
    with agreed(["cats"], [(0, "One", 1), (0, "Two", 1)]) as world:
        record = world.state.base().tracked[0]
        world.mode(Mode.TWO_WAY)
        converted_and_renamed(world.library, record, [])
        path = next(path for path in world.library.files if path.endswith(".heic"))
        world.library.times[path] = int(world.clock.now().timestamp() * 1e9)
        for _ in range(2):
            assert world.apply(world.plan(scope=Scope(accept=(path,)))).complete
            assert world.plan().actions == ()
            assert world.apply(world.undo()).complete
            assert about(world, record) == []
        world.library.remove(path)
        assert about(world, record) == ["delete_remote"]


@pytest.mark.promise("I2")
def test_what_is_cut_and_of_another_format_is_named_with_its_format_and_stays():
    with agreed(["cats"], []) as world:
        pin = world.pin(next(iter(world.remote.boards_by_id)), "One", shown="one~png")
        world.apply()
        world.library.write(world.path_of(pin), b"broken")
        plan = world.plan()
        assert plan.actions == ()
        assert [f.message.partition(": ")[2] for f in plan.findings] == [
            "it is a JPEG image now, and it is cut off: its end is missing; it is never overwritten or deleted"
        ]


NEAR = {
    converted_and_renamed,
    converted_and_moved_over_another,
    renamed_and_unreadable,
}
"""These make every missing file of the folder unknown."""
