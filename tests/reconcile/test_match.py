"""How pins and files stand, one question at a time, over snapshots that are made by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from pinplan.model.base import Base, Tracked
from pinplan.model.ids import BoardId, PinId, RelPath, Sha256
from pinplan.model.images import Content, FileFact
from pinplan.model.pins import Board, Pin, PinImage
from pinplan.model.snapshots import AskedPin, BoardSnapshot, LocalSnapshot, RemoteSnapshot, Sighting, UnknownPath
from pinplan.reconcile.displaced import SeenFile
from pinplan.reconcile.match import FileSides, PinSides, SeenPin, by_pin, shows_another
from pinplan.reconcile.truth import FileState, PinState
from tests.fakes import LIBRARY_ID, ME
from tests.worlds import LINEAGE, tracked

TEMPLATE = "{board}/{title} [{pin_id}]{slot}{ext}"
SAME, OTHER = Sha256("0" * 64), Sha256("1" * 64)
"""`tracked` has the first."""


# -- pins ------------------------------------------------------------------------------------------------------------


def board(number: str, *pins: str, listed: bool = True, complete: bool = True) -> BoardSnapshot:
    made = tuple(Pin(id=PinId(pin), board_id=BoardId(number)) for pin in pins)
    problem = None if complete else "HTTP 500"
    return BoardSnapshot(
        board=Board(id=BoardId(number), name=f"Board {number}", owner=ME.username),
        pins=made,
        listed=listed,
        complete=complete,
        problem=problem,
    )


def sides(*boards: BoardSnapshot, asked: Sequence[AskedPin] = ()) -> PinSides:
    return PinSides(RemoteSnapshot(account=ME, boards=boards, asked=tuple(asked)))


@pytest.mark.promise("I1")
@pytest.mark.parametrize(
    ("boards", "asked", "state", "why"),
    [
        ([board("1", "501")], [], PinState.PRESENT, ""),
        ([board("1"), board("2", "501")], [], PinState.PRESENT, ""),
        ([board("1", "501"), board("2", "501")], [], PinState.UNKNOWN, "it was listed on two boards"),
        ([board("2")], [], PinState.UNKNOWN, "its board is no longer listed"),
        ([board("1", complete=False)], [], PinState.UNKNOWN, "the listing of its board is incomplete"),
        ([board("1")], [], PinState.UNKNOWN, "not queried by id"),
        ([board("1")], [{"gone": True}], PinState.GONE, ""),
        ([board("1")], [{"problem": "HTTP 403"}], PinState.UNKNOWN, "HTTP 403"),
        ([board("1")], [{}], PinState.UNKNOWN, "but Pinterest still has it"),
    ],
)
def test_a_pin_is_gone_only_where_pinterest_says_so(boards, asked, state, why):
    answers = [AskedPin(pin_id=PinId("501"), **facts) for facts in asked]
    found, told = sides(*boards, asked=answers).of_base(PinId("501"), BoardId("1"))
    assert found is state
    assert (why in told) if why else not told


@pytest.mark.promise("I1")
@pytest.mark.parametrize(
    ("target", "source", "moved"),
    [
        (board("2", "501"), board("1"), True),
        (board("2", "501"), None, True),
        (board("2", "501"), board("1", listed=False, complete=False), True),
        (board("2", "501"), board("1", complete=False), False),
        (board("2", "501", complete=False), board("1"), False),
        (board("2", "501", complete=False), None, False),
    ],
)
def test_a_pin_has_moved_only_where_both_boards_were_read_to_the_end(target, source, moved):
    found = sides(*filter(None, [target, source]))
    assert found.surely_moved(SeenPin(target.pins[0], target), tracked("501", "Board/501.jpg")) is moved


@pytest.mark.parametrize(
    ("now_in", "out"),
    [("2", True), ("1", False), ("3", False), (None, False)],
    ids=["out", "in", "unlisted", "nowhere"],
)
def test_a_pin_is_out_of_scope_where_it_is_now_in_a_board_that_is_left_out(now_in, out):
    asked = [AskedPin(pin_id=PinId("501"), board_id=BoardId(now_in) if now_in else None)]
    found = sides(board("1"), board("2", listed=False), asked=asked)
    assert found.moved_out_of_scope(PinId("501")) is out
    assert not found.moved_out_of_scope(PinId("502"))


@pytest.mark.parametrize(
    ("recorded", "now", "another"),
    [("a", "b", True), ("a", "a", False), (None, "b", False), ("a", None, False)],
)
def test_a_pin_shows_another_image_only_where_two_signatures_say_so(recorded, now, another):
    pin = Pin(id=PinId("501"), board_id=BoardId("1"), images=(PinImage(slot=0, renditions=(), signature=now),))
    record = replace(tracked("501", "a.jpg"), signature=recorded)
    assert shows_another(pin, [record]) is another
    assert shows_another(pin, [replace(record, slot=1), record]) is another
    assert not shows_another(pin, [replace(record, slot=1)])


# -- files -----------------------------------------------------------------------------------------------------------


def file(path: str, sha256: str | None = OTHER, size: int = 1, mtime_ns: int = 1, **content: Any) -> FileFact:
    """A file; its content was looked at unless ``sha256`` is None."""
    seen = Content(sha256=Sha256(sha256), **content) if sha256 else None
    return FileFact(path=RelPath(path), size=size, mtime_ns=mtime_ns, content=seen)


def files(records: Sequence[Tracked], *here: FileFact, **local: Any) -> FileSides:
    base = Base(library_id=LIBRARY_ID, lineage=LINEAGE, tracked=tuple(records))
    return FileSides(LocalSnapshot(library_id=LIBRARY_ID, files=here, **local), base, TEMPLATE)


RECORD = tracked("501", "Board/a [501].jpg")
AT = str(RECORD.path)


@pytest.mark.promise("I2")
@pytest.mark.parametrize(
    ("here", "state", "exact"),
    [
        ([file(AT, None)], FileState.AS_RECORDED, True),
        ([file(AT, SAME, mtime_ns=9)], FileState.AS_RECORDED, True),
        ([file(AT, None, size=2)], FileState.UNKNOWN, False),
        ([file(AT, None, mtime_ns=2)], FileState.UNKNOWN, False),
        ([file(AT, OTHER)], FileState.CHANGED, False),
        ([file(AT, OTHER, size=2, problem="it is empty", damage="it is empty")], FileState.DAMAGED, False),
        ([file(AT, SAME), file("x [501].jpg")], FileState.AMBIGUOUS, False),
        ([file(AT, SAME), file("x [502].jpg")], FileState.AS_RECORDED, True),
        ([file(AT, SAME), file("x [501].jpg", None)], FileState.AS_RECORDED, True),
        ([file(AT, SAME), file("x [501].jpg", problem="cut")], FileState.AS_RECORDED, True),
        ([file(AT, SAME), file("x [501].xmp")], FileState.AS_RECORDED, True),
        ([], FileState.MISSING, False),
    ],
)
def test_how_the_file_of_a_record_stands(here, state, exact):
    seen = files([RECORD], *here).recorded(RECORD)
    assert (seen.state, seen.exact) == (state, exact)
    assert seen.file == (here[0] if here else None)


@pytest.mark.parametrize(
    ("here", "plainly"),
    [
        (file(AT, None), True),
        (file(AT, SAME), True),
        (file(AT, OTHER), False),
        (file(AT, None, size=2), False),
        (file(AT, None, mtime_ns=2), False),
        (file("b.jpg", None), False),
    ],
)
def test_what_is_plainly_as_recorded(here, plainly):
    assert files([RECORD], here).plainly_as_recorded(RECORD) is plainly
    assert not files([RECORD], here, file("x [501].jpg")).plainly_as_recorded(RECORD)


IMAGE_OF: dict[str, Any] = {"format": "JPEG"}
BEGINS_LIKE_ONE: dict[str, Any] = {"format": "JPEG", "problem": "its end is missing"}
NO_IMAGE: dict[str, Any] = {"problem": "it is no image"}


@pytest.mark.parametrize(
    ("here", "valid", "undecodable"),
    [
        (file(AT, OTHER, **IMAGE_OF), True, False),
        (file(AT, SAME, **IMAGE_OF), False, False),
        (file(AT, OTHER, **BEGINS_LIKE_ONE), False, True),
        (file(AT, SAME, **BEGINS_LIKE_ONE), False, False),
        (file(AT, OTHER, **NO_IMAGE), False, False),
        (file(AT, None), False, False),
        (file("b.jpg", OTHER), False, False),
    ],
)
def test_what_lies_over_a_recorded_file(here, valid, undecodable):
    found = files([RECORD], here)
    assert found.overwritten() == ([(here, RECORD)] if valid else [])
    assert found.overwritten_by_undecodable() == ([(here, RECORD)] if undecodable else [])


@pytest.mark.parametrize(
    ("here", "claimed"),
    [
        (file("x [501].png", OTHER, **IMAGE_OF), True),
        (file("x (501).heic", OTHER, **BEGINS_LIKE_ONE), True),
        (file("x (501).heic", OTHER, **NO_IMAGE), False),
        (file("x (501).heic", None), False),
        (file("x [501].jpg", SAME), False),
        (file("x.jpg", OTHER), False),
        (file(AT, OTHER), False),
    ],
)
def test_what_is_taken_for_an_image_by_its_name_alone(here, claimed):
    assert files([RECORD], here).claimed_by_name() == ([(here, RECORD)] if claimed else [])


@pytest.mark.promise("I2")
@pytest.mark.parametrize(
    ("unknown", "path", "expected"),
    [
        ((), "a/b.jpg", False),
        (("a/b.jpg",), "a/b.jpg", True),
        (("a",), "a/b.jpg", True),
        (("a",), "ab/b.jpg", False),
        (("",), "a/b.jpg", True),
        (("~",), "a/b.jpg", False),
        (("b",), "a/b.jpg", False),
        (("b", "a"), "a/b.jpg", True),
    ],
)
def test_a_path_is_unknown_with_every_folder_above_it(unknown, path, expected):
    paths = tuple(UnknownPath(path=RelPath(one), reason="EACCES") for one in unknown)
    assert files([], unknown=paths).is_unknown(path) is expected


@pytest.mark.promise("I2")
@pytest.mark.parametrize(
    ("unread", "is_folder", "why"),
    [
        ("Board/x.jpg", False, "Board/x.jpg cannot be read: it may be this file"),
        ("Other/x (501).jpg", False, "Other/x (501).jpg cannot be read: it may be this file"),
        ("Other/x (502).jpg", False, None),
        ("Locked", True, "Board is gone, and Locked cannot be read: the file may be there"),
        ("Board/below", True, "Board/below cannot be read: it may be this file"),
        ("Board/below/x.jpg", False, "Board/below/x.jpg cannot be read: it may be this file"),
    ],
)
def test_what_could_not_be_read_may_be_the_missing_file(unread, is_folder, why):
    unknown = (UnknownPath(path=RelPath(unread), reason="EACCES", is_folder=is_folder),)
    seen = files([RECORD], unknown=unknown).recorded(RECORD)
    assert seen == SeenFile(FileState.UNKNOWN, why=why) if why else seen == SeenFile(FileState.MISSING)


@pytest.mark.promise("I2")
def test_a_folder_that_is_here_was_not_renamed():
    unknown = (UnknownPath(path=RelPath("Locked"), reason="EACCES", is_folder=True),)
    assert files([RECORD], file("Board/b.jpg"), unknown=unknown).recorded(RECORD) == SeenFile(FileState.MISSING)
    assert files([RECORD], file("Board/c/b.jpg"), unknown=unknown).recorded(RECORD) == SeenFile(FileState.MISSING)
    top = tracked("501", "501.jpg")
    unknown = (UnknownPath(path=RelPath("Other/Locked"), reason="EACCES", is_folder=True),)
    assert files([top], unknown=unknown).recorded(top) == SeenFile(FileState.MISSING)


@pytest.mark.promise("I2")
def test_a_record_in_a_folder_that_could_not_be_read_is_unknown_and_claims_nothing():
    unknown = (UnknownPath(path=RelPath("Board"), reason="EACCES", is_folder=True),)
    assert files([RECORD], file("x [501].jpg", SAME), unknown=unknown).recorded(RECORD) == SeenFile(FileState.UNKNOWN)


@pytest.mark.promise("I2")
def test_what_could_not_be_read_in_the_library_itself_may_be_a_file_of_it():
    top, unknown = tracked("501", "501.jpg"), (UnknownPath(path=RelPath("x.jpg"), reason="EACCES"),)
    assert files([top], unknown=unknown).recorded(top).why == "x.jpg cannot be read: it may be this file"


@pytest.mark.promise("I2")
def test_what_could_not_be_read_beside_a_missing_file_is_named_before_what_lies_deeper():
    unknown = tuple(UnknownPath(path=RelPath(one), reason="EACCES") for one in ("Board/x.jpg", "Board/z/x.jpg"))
    assert files([RECORD], unknown=unknown).recorded(RECORD).why.startswith("Board/x.jpg cannot be read")


@pytest.mark.promise("I2")
def test_what_may_be_the_missing_file_is_told_with_it():
    sighting = Sighting(path=RECORD.path, files=(RelPath("x.jpg"), RelPath("y.jpg")), sure=False, why="too plain")
    seen = files([RECORD], file("x.jpg"), sightings=(sighting,)).recorded(RECORD)
    assert seen == SeenFile(FileState.UNKNOWN, others=sighting.files, why="too plain")


@pytest.mark.promise("I2")
def test_an_id_in_a_folder_does_not_make_a_file_that_of_its_pin():
    holder = replace(tracked("502", "502/x [501].jpg"), sha256=OTHER)
    seen = files([RECORD, holder], file(holder.path, OTHER)).recorded(RECORD)
    assert seen.state is FileState.AMBIGUOUS
    assert "is recorded as the file of pin 502" in seen.why


@pytest.mark.promise("I2")
@pytest.mark.parametrize(
    "here", [file("b.jpg", SAME, mtime_ns=9), file("b.jpg", OTHER, problem="it is empty", damage="it is empty")]
)
def test_a_file_that_is_at_its_place_or_damaged_there_does_not_compete_for_another(here):
    other = tracked("502", "b.jpg")
    assert files([RECORD, other], here, file("x.jpg", SAME)).recorded(RECORD).state is FileState.MOVED


def test_an_image_is_named_by_an_untracked_picture_that_has_its_id_and_number():
    found = files([RECORD], file(AT, None), file("Board/x [600]-2.jpg"))
    assert found.is_named(PinId("600"), 2)
    assert not found.is_named(PinId("600"), 0)
    assert not found.is_named(PinId("501"), 0)


def test_one_missing_file_of_several_is_partly_missing():
    first, second = replace(RECORD, slot=1), replace(tracked("501", "Board/b.jpg"), slot=2, sha256=OTHER)
    assert [seen.state for seen in files([first, second]).all_of([first, second])] == [FileState.MISSING] * 2
    assert [seen.state for seen in files([first, second], file(AT, SAME)).all_of([first, second])] == [
        FileState.AS_RECORDED,
        FileState.PARTLY_MISSING,
    ]


def test_where_files_are_that_are_not_at_their_place():
    there, away, gone = tracked("501", "a.jpg"), tracked("502", "b.jpg"), tracked("503", "c.jpg")
    found = files([there, away, gone], file("a.jpg", None), file("x [502].jpg"))
    assert (found.where(there), found.where(away), found.where(gone)) == ("a.jpg", "x [502].jpg", None)
    assert found.moved() == {"502": ["x [502].jpg"]}


@pytest.mark.parametrize(
    ("sha256", "exact"), [(SAME, True), (OTHER, False), (None, False)], ids=["same bytes", "other bytes", "not read"]
)
def test_the_file_that_a_person_chose_is_the_one(sha256, exact):
    chosen = file("x.jpg", sha256)
    seen = files([RECORD], chosen).chosen(RECORD, SeenFile(FileState.AMBIGUOUS, why="because"), "x.jpg")
    assert seen == SeenFile(FileState.MOVED, chosen, exact=exact, why="because")


@pytest.mark.parametrize(("name", "expected"), [("x.jpg", True), ("x [501].jpg", True), ("x [502].jpg", False)])
def test_a_name_that_pinplan_gives_to_another_image_names_that_one(name, expected):
    assert files([RECORD]).names_no_other(file(f"Board/{name}"), RECORD) is expected


BY_HAND = tracked("502", "b.jpg")
"""A record without a signature: a person put its file there."""


@pytest.mark.parametrize(
    ("here", "found"),
    [
        ([file("b.jpg", None)], file("b.jpg", SAME)),
        ([file("b.jpg", SAME)], file("b.jpg", SAME)),
        ([file("b.jpg", OTHER)], None),
        ([file("x.jpg", SAME)], file("x.jpg", SAME)),
        ([file("x (502).jpg", "2" * 64)], None),
        ([file("x (502).jpg", OTHER)], None),
        ([file(AT, SAME)], None),
        ([], None),
    ],
    ids=["as recorded", "touched", "edited", "moved", "only named", "another's bytes", "over another's file", "gone"],
)
def test_a_file_put_there_by_a_person_shows_a_picture_while_it_has_the_recorded_bytes(here, found):
    served = replace(RECORD, sha256=OTHER, signature="s")
    assert files([BY_HAND, served], *here).put_by_hand() == ([(found, BY_HAND)] if found else [])


@pytest.mark.promise("I2")
def test_a_file_put_there_by_a_person_is_no_find_for_what_pinplan_removed_as_a_duplicate():
    removed = replace(RECORD, signature="s", duplicate_of=PinId("503"))
    assert files([removed, BY_HAND], file("b.jpg", None)).recorded(removed) == SeenFile(FileState.MISSING)


@pytest.mark.promise("I2")
def test_a_file_put_there_by_a_person_is_no_find_for_what_was_edited():
    edited, absent = replace(RECORD, signature="s"), replace(tracked("503", "c.jpg"), sha256=OTHER, signature="t")
    here = file(AT, "2" * 64), file("b.jpg", None)
    assert files([edited, BY_HAND, absent], *here).recorded(edited) == SeenFile(FileState.CHANGED, here[0])


@pytest.mark.promise("I2")
def test_a_file_put_there_by_a_person_that_is_gone_as_well_is_nothing():
    absent = replace(RECORD, signature="s")
    found = files([absent, BY_HAND])
    assert [found.recorded(one) for one in (absent, BY_HAND)] == [SeenFile(FileState.MISSING)] * 2


# -- images that the base does not know ------------------------------------------------------------------------------

NEW = Pin(id=PinId("600"), board_id=BoardId("1"), images=(PinImage(slot=0, renditions=(), signature="s"),))


def new(found: FileSides, signature: str | None = "s", pin: Pin = NEW) -> SeenFile:
    return found.new(pin, replace(pin.images[0], signature=signature))


def test_a_file_claims_to_be_a_new_image_by_the_id_in_its_name():
    named = file("Board/x [600].jpg")
    assert new(files([], named)) == SeenFile(FileState.RECOGNISED, named)
    assert new(files([], file("Board/x [601].jpg"))) == SeenFile(FileState.NEVER_HERE)
    assert new(files([], file("Board/x [600].jpg", None))) == SeenFile(FileState.NEVER_HERE)
    second = file("Board/y [600].jpg")
    assert new(files([], named, second)) == SeenFile(FileState.AMBIGUOUS, named, (named.path, second.path))


@pytest.mark.parametrize(("signature", "exact"), [("s", True), ("t", False), (None, False)])
def test_a_named_file_is_exact_where_another_pin_has_the_same_image_and_bytes(signature, exact):
    known = replace(RECORD, signature="s")
    named = file("Board/x [600].jpg", SAME)
    found = files([known], file(AT, None), named)
    assert new(found, signature) == SeenFile(FileState.RECOGNISED, named, exact=exact)
    other = file("Board/x [600].jpg", OTHER)
    assert new(files([known], file(AT, None), other), signature) == SeenFile(FileState.RECOGNISED, other)


def test_a_file_with_the_bytes_of_the_same_image_is_taken_once():
    known = replace(RECORD, signature="s")
    copies = [file("x.jpg", SAME), file("y.jpg", SAME)]
    found = files([known], file(AT, None), *copies)
    assert [new(found), new(found), new(found)] == [
        SeenFile(FileState.RECOGNISED, copies[0], exact=True),
        SeenFile(FileState.RECOGNISED, copies[1], exact=True),
        SeenFile(FileState.NEVER_HERE),
    ]
    assert new(files([known], file(AT, None), *copies), "t") == SeenFile(FileState.NEVER_HERE)


def test_images_without_a_signature_are_not_the_same_one():
    known = replace(RECORD, signature=None)
    assert new(files([known], file(AT, None), file("x.jpg", SAME)), None) == SeenFile(FileState.NEVER_HERE)


def test_a_second_file_of_a_tracked_image_is_not_adopted_for_a_new_pin():
    known = replace(RECORD, signature="s")
    found = files([known], file(AT, SAME), file("x [501].jpg", SAME))
    assert found.recorded(known).state is FileState.AMBIGUOUS
    assert new(found) == SeenFile(FileState.NEVER_HERE)


def test_a_file_that_is_taken_for_a_missing_one_is_not_adopted_for_a_new_pin():
    known = replace(RECORD, signature="s")
    found = files([known], file("x.jpg", SAME))
    assert found.recorded(known).state is FileState.MOVED
    assert new(found) == SeenFile(FileState.NEVER_HERE)
    sighted = (Sighting(path=RelPath("c.jpg"), files=(RelPath("x.jpg"),), sure=False, why="too plain"),)
    assert new(files([known], file(AT, None), file("x.jpg", SAME), sightings=sighted)) == SeenFile(FileState.NEVER_HERE)


def test_untracked_images_are_those_that_nothing_is_looked_for_in():
    found = files([RECORD], file("x [501].png", SAME), file("y.jpg"), file("z.txt"), file("w.PNG"))
    assert [one.path for one in found.untracked_images()] == ["x [501].png", "y.jpg", "w.PNG"]
    found.recorded(RECORD)
    assert [one.path for one in found.untracked_images()] == ["y.jpg", "w.PNG"]


def test_records_are_grouped_by_pin_in_their_order():
    records = [replace(tracked(pin, f"{pin}-{slot}.jpg"), slot=slot) for pin, slot in (("2", 1), ("1", 0), ("2", 2))]
    assert by_pin(records) == {"2": [records[0], records[2]], "1": [records[1]]}
