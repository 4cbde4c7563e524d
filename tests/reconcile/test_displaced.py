"""Which file that lies elsewhere belongs to which record: by its bytes, by the pin id in its name, or by neither."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from pinplan.model.base import Tracked
from pinplan.model.ids import PinId, RelPath, Sha256
from pinplan.model.images import Content, FileFact
from pinplan.reconcile.displaced import Displaced, SeenFile, ids_in_name
from pinplan.reconcile.truth import FileState
from tests.worlds import tracked

ONE, OTHER = Sha256("1" * 64), Sha256("2" * 64)


def record(
    pin: str, slot: int = 0, sha256: Sha256 = ONE, mtime_ns: int = 1, duplicate_of: str | None = None
) -> Tracked:
    return replace(
        tracked(pin, f"Board/{pin}-{slot}.jpg"),
        slot=slot,
        sha256=sha256,
        mtime_ns=mtime_ns,
        duplicate_of=PinId(duplicate_of) if duplicate_of else None,
    )


def file(path: str, sha256: str = "f" * 64, mtime_ns: int = 1) -> FileFact:
    return FileFact(path=RelPath(path), size=1, mtime_ns=mtime_ns, content=Content(sha256=Sha256(sha256)))


def found(
    absent: Sequence[Tracked],
    untracked: Sequence[FileFact] = (),
    *,
    overwritten: Sequence[Tracked] = (),
    present: Sequence[Tracked] = (),
    foreign: Sequence[tuple[FileFact, Tracked]] = (),
    misnamed: Sequence[tuple[FileFact, Tracked]] = (),
) -> list[SeenFile | None]:
    """How the files of the records that are absent or overwritten stand, in their order."""
    displaced = Displaced(
        absent,
        overwritten,
        [*absent, *overwritten, *present],
        untracked,
        {one.path: (one, holder) for one, holder in foreign},
        misnamed,
    )
    return [displaced.of(one) for one in (*absent, *overwritten)]


def told(seen: Sequence[SeenFile | None]) -> list[tuple[str, str | None, bool] | None]:
    """State, file and whether it has the recorded bytes."""
    return [(one.state.name, one.file.path if one.file else None, one.exact) if one else None for one in seen]


@pytest.mark.parametrize(
    ("path", "ids"),
    [
        ("501/x 502.jpg", [("502", None)]),
        ("x (501).jpg", [("501", None)]),
        ("[501]-2.png", [("501", 2)]),
        ("501-12 of 502.png", [("501", 12), ("502", None)]),
        ("x501y.heic", [("501", None)]),
        ("x.jpg", []),
    ],
)
def test_ids_are_whole_numbers_in_the_name_of_a_file(path, ids):
    assert [one for one in ids_in_name(path) if len(one[0]) == 3] == ids


# -- by bytes --------------------------------------------------------------------------------------------------------


def test_a_file_with_the_recorded_bytes_has_moved():
    unread = FileFact(path=RelPath("unread.jpg"), size=1, mtime_ns=1)
    seen = found([record("501")], [file("x.jpg", ONE), file("y.jpg"), unread])
    assert seen == [SeenFile(FileState.MOVED, file("x.jpg", ONE), exact=True, why="")]


def test_a_file_with_the_recorded_bytes_is_it_whatever_another_is_called():
    assert told(found([record("501")], [file("x.jpg", ONE), file("y [501].heic")])) == [("MOVED", "x.jpg", True)]


def test_all_files_that_may_be_a_records_are_claimed():
    records = [record("501"), record("502", sha256=OTHER), record("503", sha256=OTHER)]
    files = [file("x.jpg", ONE), file("a.jpg", OTHER), file("b.jpg", OTHER), file("c.jpg")]
    assert set(Displaced(records, [], records, files, {}, []).claimed()) == {"x.jpg", "a.jpg", "b.jpg"}


@pytest.mark.promise("I2")
def test_of_files_with_the_same_bytes_each_pin_has_the_one_that_names_it():
    records = [record("501"), record("502")]
    assert told(found(records, [file("b 502.jpg", ONE), file("a 501.jpg", ONE)])) == [
        ("MOVED", "a 501.jpg", True),
        ("MOVED", "b 502.jpg", True),
    ]
    assert told(found(records, [file("x.jpg", ONE), file("a 501.jpg", ONE)])) == [
        ("MOVED", "a 501.jpg", True),
        ("MOVED", "x.jpg", True),
    ]


@pytest.mark.promise("I2")
def test_a_file_that_names_two_pins_is_the_file_of_one_of_them_only():
    seen = found([record("501"), record("502")], [file("501 502.jpg", ONE)])
    assert told(seen) == [("MOVED", "501 502.jpg", True), ("AMBIGUOUS", "501 502.jpg", False)]


@pytest.mark.promise("I2")
def test_which_of_two_files_was_whose_is_ambiguous_for_both():
    seen = found([record("501"), record("502")], [file("x.jpg", ONE), file("y.jpg", ONE)])
    assert told(seen) == [("AMBIGUOUS", "x.jpg", False)] * 2
    assert [(one.others, one.why) for one in seen if one] == [(("x.jpg", "y.jpg"), "")] * 2
    edited = record("503", sha256=OTHER)
    again = found([record("501"), record("502")], [file("x.jpg", ONE), file("y.jpg", ONE)], overwritten=[edited])
    assert again == [*seen, None]


@pytest.mark.promise("I2")
def test_which_of_two_images_of_a_pin_a_file_is_only_the_slot_in_its_name_can_tell():
    records = [record("501", 1), record("501", 2)]
    seen = found(records, [file("x 501.jpg", ONE)])
    assert told(seen) == [("AMBIGUOUS", "x 501.jpg", False)] * 2
    assert [one.why for one in seen if one] == ["x 501.jpg has the recorded bytes of several images"] * 2
    assert told(found(records, [file("[501]-2.jpg", ONE)])) == [None, ("MOVED", "[501]-2.jpg", True)]


def test_what_was_removed_as_a_duplicate_does_not_compete_for_the_file_of_the_one_that_stayed():
    kept, removed = record("501"), record("502", duplicate_of="501")
    assert told(found([kept, removed], [file("x.jpg", ONE)])) == [("MOVED", "x.jpg", True), None]
    assert told(found([removed], [file("x.jpg", ONE)])) == [("MOVED", "x.jpg", True)]


@pytest.mark.promise("I2")
def test_a_spare_copy_of_what_was_edited_since_is_not_the_edited_file():
    absent, edited = record("501"), record("502")
    assert told(found([], [file("x.jpg", ONE)], overwritten=[edited])) == [None]
    assert told(found([], [file("x 502.jpg", ONE)], overwritten=[edited])) == [None]
    seen = found([absent], [file("x.jpg", ONE)], overwritten=[edited])
    assert told(seen) == [("AMBIGUOUS", "x.jpg", False), None]


@pytest.mark.promise("I2")
@pytest.mark.parametrize("named", ["Board/b.jpg", "Board/b 501.jpg"])
@pytest.mark.parametrize(("mtime_ns", "is_ours"), [(5, True), (9, False)])
def test_equal_bytes_at_anothers_place_are_ours_only_if_their_time_says_so(named, mtime_ns, is_ours):
    ours, holder = record("501", mtime_ns=5), replace(record("502"), path=RelPath(named))
    (seen,) = found([ours], present=[holder], foreign=[(file(named, ONE, mtime_ns), holder)])
    assert told([seen]) == [("AMBIGUOUS", named, True) if is_ours else None]


@pytest.mark.promise("I2")
def test_our_bytes_over_the_file_of_another_pin_are_told_with_that_pin():
    holder = record("502", sha256=OTHER)
    (seen,) = found([record("501")], present=[holder], foreign=[(file(holder.path, ONE, 9), holder)])
    assert told([seen]) == [("AMBIGUOUS", holder.path, True)]
    assert seen
    assert seen.why == f"its bytes are at {holder.path} now, where the file of pin 502 was"


# -- by name ---------------------------------------------------------------------------------------------------------


def test_a_file_with_other_bytes_that_names_the_pin_is_taken_for_it():
    (seen,) = found([record("501")], [file("x [501].heic"), file("y [502].heic")])
    assert told([seen]) == [("MOVED", "x [501].heic", False)]
    assert seen
    assert seen.why == "has its pin id"


def test_a_companion_claims_no_pin():
    assert told(found([record("501")], [file("x [501].xmp")])) == [None]


@pytest.mark.promise("I2")
@pytest.mark.parametrize(
    ("name", "claims"),
    [
        ("x [501].heic", True),
        ("x [501]-1.heic", True),
        ("x [501]-7.heic", True),
        ("x [501]-2.heic", False),
        ("501 [501]-2.heic", False),
        ("[501]-2 of 501.heic", False),
    ],
)
def test_a_file_names_an_image_unless_it_names_another_one_of_its_pin(name, claims):
    (seen,) = found([record("501", 1)], [file(name)], present=[record("501", 2), record("999", 7)])
    assert (seen is not None) is claims


@pytest.mark.promise("I2")
def test_a_file_that_names_a_carousel_is_no_image_but_the_one_whose_bytes_it_has():
    seen = found([record("501", 1), record("501", 2, OTHER)], [file("x [501].jpg", ONE)])
    assert told(seen) == [("MOVED", "x [501].jpg", True), None]


@pytest.mark.promise("I2")
def test_the_first_image_that_is_named_anywhere_in_a_name_counts():
    (seen,) = found([record("501", 2)], [file("[501]-1 of 501.heic")], present=[record("501", 1)])
    assert seen is None


@pytest.mark.promise("I2")
def test_several_files_that_name_one_pin_are_ambiguous():
    (seen,) = found([record("501")], [file("x [501].heic"), file("y [501].heic")])
    assert seen
    assert (seen.state, seen.others) == (FileState.AMBIGUOUS, ("x [501].heic", "y [501].heic"))


@pytest.mark.promise("I2")
def test_a_name_on_the_bytes_of_another_pin_is_ambiguous_for_the_one_that_is_named():
    seen = found([record("501"), record("502", sha256=OTHER)], [file("x [501].jpg", OTHER)])
    assert told(seen) == [("AMBIGUOUS", "x [501].jpg", False), ("MOVED", "x [501].jpg", True)]
    assert seen[0]
    assert seen[0].why == "x [501].jpg has its pin id, and the recorded bytes of pin 502"


@pytest.mark.promise("I2")
def test_a_name_decides_where_bytes_leave_it_open():
    records = [record("501"), record("502"), record("503", sha256=OTHER)]
    seen = found(records, [file("x [503].jpg", ONE), file("y.jpg", ONE)])
    assert told(seen) == [("AMBIGUOUS", "x [503].jpg", False)] * 2 + [("MOVED", "x [503].jpg", False)]


@pytest.mark.promise("I2")
def test_a_recorded_file_of_another_pin_that_names_this_one_is_ambiguous():
    holder = replace(record("502", sha256=OTHER), path=RelPath("Board/x [501].jpg"))
    (seen,) = found([record("501")], present=[holder], misnamed=[(file(holder.path, OTHER), holder)])
    assert told([seen]) == [("AMBIGUOUS", holder.path, False)]
    assert seen
    assert seen.why == f"{holder.path} has its pin id, and is recorded as the file of pin 502"


# -- by the name that a converter keeps ------------------------------------------------------------------------------


def called(path: str, pin: str = "501") -> Tracked:
    return replace(record(pin), path=RelPath(path))


@pytest.mark.promise("I2")
def test_what_is_called_like_an_absent_file_but_for_its_extension_may_be_it():
    absent = called("Board/holiday.jpg")
    seen = found([absent], [file("Board/holiday.heic"), file("Board/holiday.json"), file("other/holiday.heic")])
    assert seen == [SeenFile(FileState.MOVED, file("Board/holiday.heic"), why="has its name")]
    several = found([absent], [file("Board/holiday.heic"), file("Board/holiday.png")])
    assert told(several) == [("AMBIGUOUS", "Board/holiday.heic", False)]
    # A name with the pin's id is looked for by that id; a file that has the bytes of another image is that one's.
    assert told(found([called("Board/501.jpg")], [file("Board/holiday.heic")])) == [None]
    assert (
        told(found([absent, record("502")], [file("Board/holiday.heic", ONE)]))
        == [("AMBIGUOUS", "Board/holiday.heic", False)] * 2
    )
    assert told(found([absent, record("502", sha256=OTHER)], [file("Board/holiday.heic", OTHER)])) == [
        None,
        ("MOVED", "Board/holiday.heic", True),
    ]


@pytest.mark.promise("I2")
@pytest.mark.parametrize(
    ("path", "now"),
    [
        ("501/holiday.jpg", "501/holiday.heic"),
        ("v1.5/holiday.jpg", "v1.5/holiday"),
        ("v1.5/holiday", "v1.5/holiday.heic"),
    ],
)
def test_only_the_name_has_an_id_and_an_extension(path, now):
    """A folder may be called like the pin, or have a dot."""
    assert told(found([called(path)], [file(now)])) == [("MOVED", now, False)]
    assert told(found([called(path)], [file(now.replace("holiday", "other"))])) == [None]


@pytest.mark.promise("I2")
def test_a_name_that_holds_the_id_of_another_absent_pin_proves_nothing_for_either():
    seen = found([called("Board/like 502.jpg"), record("502")], [file("Board/like 502.heic")])
    assert told(seen)[0] == ("AMBIGUOUS", "Board/like 502.heic", False)
    assert seen[0] is not None
    assert seen[0].why == "Board/like 502.heic has its name, and the id of another pin"


@pytest.mark.promise("I2")
def test_a_file_that_a_person_put_in_anothers_place_may_be_the_absent_one():
    """Its record says what is agreed, not whose picture it is."""
    absent = replace(record("501"), signature="s" * 32)
    holder = record("502")
    unread = FileFact(path=holder.path, size=1, mtime_ns=1)
    assert told(found([absent], foreign=[(unread, holder)])) == [("AMBIGUOUS", holder.path, True)]
    served = replace(holder, signature="s" * 32)
    assert told(found([replace(absent, mtime_ns=2)], foreign=[(unread, served)])) == [None]
    other = replace(holder, sha256=OTHER)
    assert told(found([absent], foreign=[(unread, other)])) == [None]
