"""Where a file goes, whose folder a path lies in, and who has a path already."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from pinplan.actions.placement import Placement, placement_of
from pinplan.model.base import Refused
from pinplan.model.ids import BoardId, PinId, RelPath, SectionId
from pinplan.model.images import FileFact
from pinplan.model.pins import Board, Pin, PinImage, Rendition, Section
from pinplan.model.snapshots import BoardSnapshot, LocalSnapshot, UnknownPath
from pinplan.plan.document import FindingKind
from pinplan.reconcile.board_folders import BoardFolders
from pinplan.reconcile.fetch_rules import (
    RefusedImages,
    another_image,
    better_sizes,
    could_be_larger,
    is_fewer_pixels,
    stands_for_nothing,
)
from pinplan.reconcile.match import FileSides
from pinplan.reconcile.paths import ImagePaths, extension_of
from tests.fakes import LIBRARY_ID, ME
from tests.reconcile.test_sides import base_of
from tests.worlds import tracked

BOARDS = tuple(
    BoardSnapshot(
        board=Board(id=BoardId(number), name=name, owner=ME.username),
        pins=(),
        sections=(Section(id=SectionId("7"), name="Kittens"),) if number == "1" else (),
    )
    for number, name in (("1", "Cats"), ("2", "Dogs"))
)
PIN = Pin(id=PinId("501"), board_id=BoardId("1"), title="Cat", created_at="2020-01-02T03:04:05Z")
IMAGE = PinImage(slot=0, renditions=(), signature="a" * 32)


def places(template: str, *files: str, unknown: Sequence[str] = ()) -> ImagePaths:
    here = tuple(FileFact(path=RelPath(path), size=1, mtime_ns=1) for path in files)
    unread = tuple(UnknownPath(path=RelPath(path), reason="EACCES") for path in unknown)
    local = LocalSnapshot(library_id=LIBRARY_ID, files=here, unknown=unread)
    return ImagePaths(BoardFolders(BOARDS), FileSides(local, base_of(), template), template)


@pytest.mark.parametrize(
    ("template", "pin", "slot", "path"),
    [
        ("{board}/{title} [{pin_id}]{slot}{ext}", PIN, 0, "Cats/Cat [501].png"),
        ("{board}/{title} [{pin_id}]{slot}{ext}", PIN, 2, "Cats/Cat [501]-2.png"),
        ("{board}/{section}/{pin_id}{slot}{ext}", replace(PIN, section_id=SectionId("7")), 0, "Cats/Kittens/501.png"),
        ("{board}/{section}/{pin_id}{slot}{ext}", PIN, 0, "Cats/501.png"),
        ("{created_at:%Y-%m}/{pin_id}{slot}{ext}", PIN, 0, "2020-01/501.png"),
    ],
)
def test_a_path_is_made_of_the_facts_of_its_pin(template, pin, slot, path):
    made = places(template).placement(pin, replace(IMAGE, slot=slot), ".png")
    container = "Cats/Kittens" if pin.section_id else "Cats"
    assert made == Placement(
        path=RelPath(path),
        slot=slot,
        board_id=pin.board_id,
        section_id=pin.section_id,
        container=container,
        template=template,
        signature=IMAGE.signature,
        title=None if "{title}" in template else "Cat",
    )


@pytest.mark.parametrize(("title", "beside"), [("Cat", None), ("a/b", "a/b"), ("", None), (None, None)])
def test_a_title_is_noted_where_the_name_of_the_file_does_not_have_it_as_it_is(title, beside):
    made = places("{board}/{title} [{pin_id}]{slot}{ext}").placement(replace(PIN, title=title), IMAGE, ".png")
    assert made.title == beside


@pytest.mark.parametrize("facts", [{"title": None}, {"created_at": None}])
def test_what_a_pin_does_not_say_is_empty_in_its_path(facts):
    template = "{board}/x{title}{created_at} [{pin_id}]{slot}{ext}"
    path = places(template).placement(replace(replace(PIN, title="", created_at=""), **facts), IMAGE, ".png").path
    assert path == "Cats/x [501].png"


def test_the_place_of_a_record_is_its_own():
    record = replace(tracked("501", "a.jpg"), slot=2, section_id=SectionId("7"), container="Cats/Kittens")
    assert placement_of(replace(record, signature="s")) == Placement(
        path=record.path,
        slot=2,
        board_id=record.board_id,
        section_id=SectionId("7"),
        container="Cats/Kittens",
        template=record.template,
        signature="s",
    )


@pytest.mark.parametrize(
    ("template", "path", "owners"),
    [
        ("{board}/{section}/{pin_id}{slot}{ext}", "Cats/x.jpg", {"Cats"}),
        ("{board}/{section}/{pin_id}{slot}{ext}", "cats/x.jpg", {"Cats"}),
        ("{board}/{section}/{pin_id}{slot}{ext}", "Cats/Kittens/x.jpg", {"Cats/Kittens"}),
        ("{board}/{section}/{pin_id}{slot}{ext}", "Cats/Kittens/a/b/x.jpg", {"Cats/Kittens"}),
        ("{board}/{section}/{pin_id}{slot}{ext}", "Cats/Old/x.jpg", {"Cats"}),
        ("{board}/{section}/{pin_id}{slot}{ext}", "Birds/x.jpg", set()),
        ("{board}/{section}/{pin_id}{slot}{ext}", "x.jpg", set()),
        ("{board}/{pin_id}{slot}{ext}", "Cats/x.jpg", {"Cats", "Cats/Kittens"}),
        ("{board} {section}/{pin_id}{slot}{ext}", "Cats Kittens/x.jpg", {"Cats/Kittens"}),
        ("{board}/{pin_id}/{section}/x{slot}{ext}", "Cats/x.jpg", {"Cats", "Cats/Kittens"}),
        ("all/{board}/{pin_id}{slot}{ext}", "all/Dogs/x.jpg", {"Dogs"}),
        ("all/{board}/{pin_id}{slot}{ext}", "Dogs/x.jpg", set()),
        ("{pin_id}{slot}{ext}", "x.jpg", {"Cats", "Cats/Kittens", "Dogs"}),
    ],
)
def test_a_path_lies_in_the_folder_of_the_boards_and_sections_that_share_it(template, path, owners):
    assert places(template).belongs_to(path) == owners


def test_a_path_is_given_away_once():
    found = places("{pin_id}{ext}", "here.jpg", unknown=["locked"])
    free, taken = RelPath("free.jpg"), RelPath("HERE.jpg")
    assert found.is_free(free, own="x.jpg")
    assert found.refusal(free, own=None, claimant="pin 501") is None
    assert found.refusal(free, own=None, claimant="pin 502") == (FindingKind.CONFLICT, "free.jpg is taken by pin 501")
    assert not found.is_free(free, own="x.jpg")
    assert found.refusal(taken, own="x.jpg", claimant="p") == (FindingKind.CONFLICT, "HERE.jpg is taken by here.jpg")
    assert not found.is_free(taken, own="x.jpg")
    assert found.is_free(taken, own="here.jpg")
    assert found.refusal(taken, own="here.jpg", claimant="pin 503") is None
    assert not found.is_free(RelPath("locked/x.jpg"), own="x.jpg")
    assert found.refusal(RelPath("locked/x.jpg"), own=None, claimant="p") == (
        FindingKind.UNKNOWN,
        "locked/x.jpg is in a folder that the scan could not read",
    )
    assert [found.claim("x"), found.claim("y"), found.claim("x")] == [True, True, False]


@pytest.mark.parametrize(
    ("address", "extension"),
    [
        ("a/b.PNG", ".png"),
        ("https://i.test/a/b.webp?x=.gif", ".webp"),
        ("https://i.test/a.b/c", ".jpg"),
        ("b.jpeg2", ".jpeg2"),
        ("b.jpeg20", ".jpg"),
        ("b.", ".jpg"),
        ("b.j", ".j"),
        ("b.jp g", ".jpg"),
        ("b.jpé", ".jpg"),
        (".png", ".jpg"),
        ("png", ".jpg"),
    ],
)
def test_an_extension_is_taken_from_an_address_where_there_is_one_to_trust(address, extension):
    assert extension_of(address) == extension


# -- sizes -----------------------------------------------------------------------------------------------------------


def offered(*sizes: tuple[int | None, int | None]) -> PinImage:
    return replace(IMAGE, renditions=tuple(Rendition(size="x", url="u", width=w, height=h) for w, h in sizes))


@pytest.mark.parametrize(
    ("sizes", "larger", "fewer", "nothing"),
    [
        ([], False, True, False),
        ([(100, 50)], False, False, False),
        ([(101, 50)], True, False, False),
        ([(100, 51)], True, False, False),
        ([(99, 50)], False, True, False),
        ([(300, 40)], True, False, True),
        ([(None, 51)], True, False, False),
        ([(None, None)], False, False, False),
        ([(10, None)], False, False, False),
        ([(None, 10)], False, False, False),
    ],
)
def test_what_pinterest_offers_against_a_file_of_100_by_50(sizes, larger, fewer, nothing):
    record = replace(tracked("501", "a.jpg"), width=100, height=50, signature=IMAGE.signature)
    image = offered(*sizes)
    assert could_be_larger(record, image) is larger
    assert is_fewer_pixels(record, image) is fewer
    assert stands_for_nothing(record, image) is nothing
    assert not stands_for_nothing(replace(record, signature=None), image), "a person put it there"
    assert not could_be_larger(replace(record, width=0, height=0), image), "its size is not known"


def test_only_larger_sizes_are_better():
    record = replace(tracked("501", "a.jpg"), width=100, height=50)
    image = offered((200, 100), (100, 51), (100, 50), (50, 100), (50, 25))
    assert [(one.width, one.height) for one in better_sizes(record, image)] == [(200, 100), (100, 51), (50, 100)]


def test_another_image_is_told_with_the_way_to_it_unless_it_is_smaller():
    record = replace(tracked("501", "a.jpg"), width=100, height=50)
    said = "Pinterest shows another image for this pin than a.jpg"
    assert another_image(record, offered((100, 50))) == f"{said}; fetch it with: pinplan plan --restore 501"
    assert another_image(record, offered((99, 50))) == f"{said}, with fewer pixels; the file is kept"


@pytest.mark.parametrize(
    ("runs", "answered", "settled", "withheld"),
    [(2, True, True, True), (2, False, True, False), (1, True, False, False)],
)
def test_an_image_is_withheld_where_the_host_answered_so_often_enough(runs, answered, settled, withheld):
    now = "2026-01-30T00:00:00Z"
    refused = Refused(
        pin_id=PinId("9"), slot=0, image="a" * 32, reason="HTTP 403", runs=runs, answered=answered, since=now, last=now
    )
    found = RefusedImages([refused], now, 30)
    assert found.of(IMAGE) is refused
    assert (found.settled(IMAGE) is not None, found.withheld(IMAGE) is not None) == (settled, withheld)
    assert found.of(replace(IMAGE, signature="b" * 32)) is None
