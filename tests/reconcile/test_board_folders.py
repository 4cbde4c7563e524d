"""Folder names: unique on every disk, and a function of the names on Pinterest alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pinplan.model.base import Tracked
from pinplan.model.ids import BoardId, PinId, RelPath, SectionId, Sha256
from pinplan.model.naming import MAX_PART_BYTES
from pinplan.model.pins import Board, Section
from pinplan.model.snapshots import BoardSnapshot
from pinplan.model.text_form import fold
from pinplan.reconcile.board_folders import BoardFolders
from tests.worlds import tracked

NAMES = st.text(max_size=30) | st.sampled_from(
    ["Cats", "cats", "CATS", "cats [2]", "..", "con", "É", "e\u0301", "x" * 300]
)


def boards(names: list[str]) -> list[BoardSnapshot]:
    sections = (Section(id=SectionId("7"), name="Part"), Section(id=SectionId("8"), name="part"))
    return [
        BoardSnapshot(board=Board(id=BoardId(str(n)), name=name), sections=sections) for n, name in enumerate(names, 1)
    ]


@given(st.lists(NAMES, max_size=12))
def test_no_two_boards_share_a_folder(names):
    made = boards(names)
    folders = BoardFolders(made)
    used = [fold(folders.board(b.board.id)) for b in made]
    assert len(set(used)) == len(used)
    assert all(len(folders.board(b.board.id).encode()) <= 255 for b in made)


@given(st.lists(NAMES, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_the_listing_does_not_matter(names, dice):
    made = boards(names)
    shuffled = list(made)
    dice.shuffle(shuffled)
    one, other = BoardFolders(made), BoardFolders(shuffled)
    assert [one.board(b.board.id) for b in made] == [other.board(b.board.id) for b in made]


def test_the_older_board_keeps_the_plain_name_and_sections_likewise():
    folders = BoardFolders(boards(["Cats", "cats"]))
    assert [folders.board(BoardId(n)) for n in "12"] == ["Cats", "cats [2]"]
    assert folders.container(BoardId("1"), SectionId("8")) == "Cats/part [8]"
    assert folders.container(BoardId("1"), None) == "Cats"
    assert folders.container(BoardId("1"), SectionId("99")) == "Cats/section 99"


def test_a_section_without_a_known_name_keeps_its_folder_and_takes_no_other_sections():
    named = (Section(id=SectionId("9"), name="Section 99"), Section(id=SectionId("100"), name="Cats"))
    (board,) = boards(["Board"])
    board = replace(board, sections=named, unnamed=(SectionId("77"), SectionId("99")), complete=False)
    here = Tracked(
        pin_id=PinId("1"),
        slot=0,
        path=RelPath("Board/Dogs/x [1].jpg"),
        size=1,
        mtime_ns=1,
        sha256=Sha256("0"),
        width=1,
        height=1,
        format="JPEG",
        board_id=BoardId("1"),
        section_id=SectionId("77"),
        container="Board/Dogs",
        template="",
    )
    folders = BoardFolders([board], [here])
    assert folders.container(BoardId("1"), SectionId("77")) == "Board/Dogs"
    assert folders.container(BoardId("1"), SectionId("99")) == "Board/section 99 [99]"
    assert folders.container(BoardId("1"), SectionId("9")) == "Board/Section 99"


def named(*boards: tuple[str, str]) -> BoardFolders:
    return BoardFolders([BoardSnapshot(board=Board(id=BoardId(number), name=name)) for number, name in boards])


def test_of_boards_with_one_name_the_oldest_id_keeps_it():
    folders = named(("10", "Same"), ("9", "Same"), ("8", "same"))
    assert [folders.board(BoardId(number)) for number in ("8", "9", "10")] == ["same", "Same [9]", "Same [10]"]


def test_a_name_that_another_board_has_already_is_told_apart_further():
    folders = named(("1", "a"), ("2", "a [3]"), ("3", "a"))
    assert [folders.board(BoardId(number)) for number in ("1", "2", "3")] == ["a", "a [3]", "a [3]_"]


def test_a_long_name_stays_within_what_a_disk_takes_when_it_is_told_apart():
    folders = named(("1", "é" * 300), ("2", "é" * 300))
    first, second = (folders.board(BoardId(number)).encode() for number in ("1", "2"))
    assert max(len(first), len(second)) <= MAX_PART_BYTES
    assert second.endswith(b" [2]")


def test_a_section_without_a_known_name_has_no_folder_of_another_board():
    here = replace(tracked("501", "x.jpg"), board_id=BoardId("2"), section_id=SectionId("7"), container="Other/Kittens")
    board = BoardSnapshot(board=Board(id=BoardId("1"), name="a"), unnamed=(SectionId("7"),))
    own = replace(here, board_id=BoardId("1"), container="a/Cats")
    assert BoardFolders([board], [own]).section(BoardId("1"), SectionId("7")) == "Cats"
    assert BoardFolders([board], [here, own]).section(BoardId("1"), SectionId("7")) == "Cats"
    assert BoardFolders([board], [own, here]).section(BoardId("1"), SectionId("7")) == "Cats"
    assert BoardFolders([board], [here]).section(BoardId("1"), SectionId("7")) != "Kittens"
