"""The account at a glance: names that are never guessed, lists, and a search in everything."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pinplan.account.listing import BoardList, PinList, boards_of, pins_of
from pinplan.account.names import Place, place_named
from pinplan.account.search import FindReport, find
from pinplan.errors import ConfigError
from pinplan.model.ids import BoardId, SectionId
from pinplan.model.pins import Board, Section
from pinplan.model.text_form import fold
from tests.worlds import SmallWorld

names = st.one_of(
    st.sampled_from(["Animals 動物", "animals 動物", "a/b: c?", "a", "b: c?", "..", "/", "", " ", "12", "id:12", "Café", "Cafe\u0301", "ﬁne", "fine"]),
    st.text(max_size=6),
)  # fmt: skip
boards = st.lists(names, max_size=6).map(
    lambda listed: [Board(id=BoardId(str(number)), name=name) for number, name in enumerate(listed, start=11)]
)
sections = st.lists(names, max_size=4).map(
    lambda listed: [Section(id=SectionId(str(number)), name=name) for number, name in enumerate(listed, start=91)]
)


def named(text: str, known: list[Board], inside: list[Section] | None = None) -> Place:
    return place_named(text, known, lambda _: inside or [])


@given(boards, sections)
def test_every_board_and_section_can_be_named_for_sure(known, inside):
    for board in known:
        sure = f"id:{board.id}"
        if all(fold(other.name) != sure for other in known):
            assert named(sure, known, inside).board is board
        for section in inside:
            exactly = f"{sure}/id:{section.id}"
            if all(not fold(other.name).startswith("id:") for other in (*known, *inside)):
                assert named(exactly, known, inside) == Place(board=board, section=section)


@given(names, boards, sections)
def test_a_name_gives_what_it_fits_or_an_error_and_never_a_guess(text, known, inside):
    try:
        place = named(text, known, inside)
    except ConfigError as error:
        (said,) = error.problems
        assert "no board" in said or "has no section" in said or "is ambiguous" in said
        return
    fits = {board.id for board in known if text in {board.id, f"id:{board.id}"} or fold(board.name) == fold(text)}
    assert not fits or place.board.id in fits
    exact = [b for b in known if unicodedata.normalize("NFC", b.name) == unicodedata.normalize("NFC", text)]
    by_id = [b for b in known if b.id == text]
    assert len({b.id for b in (*exact, *by_id)}) <= 1


@given(boards)
def test_a_name_as_it_is_written_finds_its_board_unless_another_has_it_too(known):
    for board in known:
        same = [b for b in known if unicodedata.normalize("NFC", b.name) == unicodedata.normalize("NFC", board.name)]
        if len(same) == 1 and board.name.strip() and all(other.id != board.name for other in known):
            assert named(board.name, known).board is board


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://www.pinterest.com/me/cat-pictures/", "Cat pictures"),
        ("https://pinterest.de/me/cat-pictures/tom-cats", "Cat pictures/Tom & cats"),
    ],
)
def test_the_page_of_a_board_or_section_names_it(text, address):
    known = [Board(id=BoardId("11"), name="Cat pictures"), Board(id=BoardId("12"), name="Cats")]
    inside = [Section(id=SectionId("91"), name="Tom & cats")]
    assert named(text, known, inside).address == address
    with pytest.raises(ConfigError, match="no board"):
        named("https://www.pinterest.com/me/dogs/", known, inside)


def test_a_board_that_is_called_like_anothers_id_is_not_guessed():
    known = [Board(id=BoardId("11"), name="Cats"), Board(id=BoardId("12"), name="11")]
    with pytest.raises(ConfigError, match=r"is ambiguous: Cats \(id:11\); 11 \(id:12\)"):
        named("11", known)
    assert named("id:11", known).board.name == "Cats"
    assert named("id:12", known).board.name == "11"


def test_nearest_names_and_sections_are_told():
    known = [Board(id=BoardId("11"), name="Animals 動物"), Board(id=BoardId("12"), name="Nature 自然")]
    inside = [Section(id=SectionId("91"), name="Cats"), Section(id=SectionId("92"), name="Dogs 犬")]
    with pytest.raises(ConfigError, match="no board “natur”; did you mean Nature 自然"):
        named("natur", known)
    with pytest.raises(ConfigError, match="Animals 動物 has no section “Catz”; did you mean Cats"):
        named("ANIMALS 動物/Catz", known, inside)
    with pytest.raises(ConfigError, match=r"no board “x”$"):
        named("x", [])
    assert named("animals 動物/dogs 犬", known, inside).address == "Animals 動物/Dogs 犬"
    assert named("animals 動物/", known, inside).section is None


@pytest.fixture
def account(world: SmallWorld) -> SmallWorld:
    animals, odd = world.board("Animals 動物"), world.board("a/b: c?")
    cats = world.section(animals, "Cats")
    world.pin(animals, "Sleepy CAT", section_id=cats, link="https://example.org/STRASSE", description="grün")
    world.pin(animals, None)
    world.pin(odd, "Straße")
    world.remote.boards_by_id[animals] = replace(world.remote.boards_by_id[animals], pin_count=2)
    empty = world.board("Empty", owner="somebody")
    world.remote.boards_by_id[empty] = replace(world.remote.boards_by_id[empty], pin_count=0)
    world.remote.asked = 0
    return world


def test_boards_cost_two_calls_and_their_sections_one_each(account):
    found = boards_of(account.remote)
    assert [(b.name, b.yours, b.sections) for b in found.boards] == [
        ("a/b: c?", True, None),
        ("Animals 動物", True, None),
        ("Empty", False, None),
    ]
    assert (found.api_calls, found.hidden_empty) == (2, 0)
    account.remote.asked = 0
    found = boards_of(account.remote, sections=True, include_empty=False)
    assert [[s.name for s in b.sections or ()] for b in found.boards] == [[], ["Cats"]]
    assert (found.api_calls, found.hidden_empty) == (4, 1)
    assert isinstance(found, BoardList)


@pytest.mark.promise("I1")
def test_an_item_that_is_no_section_is_named_and_hides_no_other(account):
    animals = next(board.id for board in account.remote.boards_by_id.values() if board.name == "Animals 動物")
    account.remote.odd_sections[animals] = [2]
    named = "item 2 on page 1 of the list of sections is not a section: it is no object"
    row = boards_of(account.remote, sections=True).boards[1]
    assert ([section.name for section in row.sections or ()], row.problem) == (["Cats"], named)
    whole = pins_of(account.remote, "Animals 動物")
    assert ([row.section for row in whole.pins], whole.partial) == (["Cats", None], (named,))
    found = find(account.remote, "sleepy")
    assert ([match.kind for match in found.matches], list(found.unread)) == (["pin"], ["Animals 動物"])


def test_pins_of_a_board_or_a_section_with_their_files(account):
    account.apply()
    tracked = account.state.base().tracked
    whole: PinList = pins_of(account.remote, "animals 動物", tracked)
    assert sorted(row.section or "" for row in whole.pins) == ["", "Cats"]
    assert all(len(row.files) == 1 for row in whole.pins)
    (cat,) = pins_of(account.remote, "ANIMALS 動物/cats", tracked).pins
    assert cat.address == f"Animals 動物/Cats/{cat.id}"
    (odd,) = pins_of(account.remote, "A/B: C?").pins
    assert (odd.title, odd.files) == ("Straße", ())


@pytest.mark.parametrize(
    ("text", "kinds", "found_in"),
    [
        ("動物", ["board"], "name"),
        ("cats", ["section"], "name"),
        ("sleepy", ["pin"], "title"),
        ("GRU\u0308N", ["pin"], "description"),
        ("strasse", ["pin", "pin"], "link"),
        ("nowhere", [], ""),
    ],
)
def test_a_text_is_found_whatever_its_case_and_form(account, text, kinds, found_in):
    found: FindReport = find(account.remote, text)
    assert [match.kind for match in found.matches] == kinds
    assert not kinds or found_in in found.matches[0].found_in
    assert (found.searched_files, found.unread) == (None, {})


def test_a_file_is_found_by_its_path_with_its_pin_or_alone_when_the_pin_is_gone(account):
    account.apply()
    tracked = account.state.base().tracked
    path = next(record.path for record in tracked if "Sleepy" in record.path)
    (match,) = find(account.remote, path.rpartition("/")[2].upper(), tracked).matches
    assert (match.kind, match.files, match.found_in) == ("pin", (path,), ("file",))
    account.remote.pins_by_id.clear()
    (match,) = find(account.remote, "sleepy", tracked).matches
    assert (match.kind, match.address) == ("file", path)


def test_a_board_that_cannot_be_read_is_named_and_the_others_are_searched(account):
    odd = next(board.id for board in account.remote.boards_by_id.values() if board.name == "a/b: c?")
    account.remote.broken.add(odd)
    found = find(account.remote, "sleepy")
    assert [match.kind for match in found.matches] == ["pin"]
    assert list(found.unread) == ["a/b: c?"]


def test_a_pin_id_is_asked_for_by_itself(account):
    (pin, *_) = account.remote.pins_by_id.values()
    long = replace(pin, id="987654321012345")
    account.remote.pins_by_id[long.id] = long
    account.remote.asked = 0
    found = find(account.remote, long.id)
    assert [match.id for match in found.matches] == [long.id]
    assert account.remote.asked == 3
    account.remote.asked = 0
    assert find(account.remote, "987654321099999").matches == ()
    assert account.remote.asked > 3, "a number may stand in a link, too"


@given(st.text(min_size=1, max_size=8))
def test_folding_is_stable_and_blind_to_case_and_form(text):
    assert fold(fold(text)) == fold(text)
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))
