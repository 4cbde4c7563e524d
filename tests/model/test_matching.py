"""One way of matching what a person writes, for the command line and the config."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinplan.model.matching import names, names_board, selector
from pinplan.model.pins import board_address_in, pin_id_in
from pinplan.model.text_form import fold

ADDRESS = "https://www.pinterest.com/Me/animals-動物/"


@given(st.text())
def test_folding_twice_or_in_another_form_changes_nothing(text):
    assert fold(fold(text)) == fold(text)
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text)) == fold(text)


@given(st.text(min_size=1))
def test_a_name_as_it_is_written_always_fits(name):
    assert names_board(name, name, "77")
    assert names_board(name.upper(), name.upper(), "77")
    assert names(name, name)


@pytest.mark.parametrize(
    "pattern",
    [
        *("Animals 動物", "ANIMALS 動物", "animals*", "*動物", "Animals ??", "77", "id:77", ADDRESS),
        *(
            "pinterest.de/me/animals-動物",
            "https://de.pinterest.com/me/animals-%E5%8B%95%E7%89%A9/?a=b",
            "Animals 動物/",
        ),
    ],
)
def test_a_board_is_named(pattern):
    assert names_board(pattern, "Animals 動物", "77", "me")


@pytest.mark.parametrize(
    "pattern",
    [
        "Animals",
        "動物",
        "7",
        "id:7",
        "https://www.pinterest.com/you/animals-動物/",
        f"{ADDRESS}cats/",
        "https://example.org/me/animals-動物",
    ],
)
def test_a_board_is_not_named(pattern):
    assert not names_board(pattern, "Animals 動物", "77", "me")


@pytest.mark.parametrize(
    "wanted",
    [
        *(
            "501",
            "https://pinterest.com/pin/501/",
            "a_b_ c_/Cats/501",
            "A_B_ C_",
            "a_b_ c_/cats",
            "a_b_ c_/CATS/*",
            "*/Cats",
        ),
        *(
            "a/b: c?",
            "A/B: C?/Cats",
            "a/b: c?/Cats/501",
            "id:77",
            "https://pinterest.com/me/a-b-c/",
            "https://pinterest.com/me/a-b-c/cats/",
        ),
    ],
)
def test_a_pin_in_a_section_is_named(wanted):
    one = selector(wanted)
    assert one.names_pin("501") or one.names_place("a_b_ c_/Cats/501", "77", "a/b: c?", "me")


@pytest.mark.parametrize(
    "wanted",
    ["50", "a_b", "Cats", "a_b_ c_/Cat", "https://pinterest.com/me/a-b-c/dogs/", "https://pinterest.com/pin/50/"],
)
def test_a_pin_in_a_section_is_not_named(wanted):
    one = selector(wanted)
    assert not one.names_pin("501")
    assert not one.names_place("a_b_ c_/Cats/501", "77", "a/b: c?", "me")


@pytest.mark.parametrize(
    "text",
    ["", "/", "me/animals", "https://[broken", "https://www.pinterest.com/", "https://www.pinterest.com/me/", "https://www.pinterest.com/pin/501/", "https://www.pinterest.com/search/pins/", "https://www.pinterest.com/a/b/c/d", "x" * 5000],
)  # fmt: skip
def test_what_is_no_address_of_a_board(text):
    assert board_address_in(text) is None


@pytest.mark.parametrize("name", ["!?", "🎨", ""])
def test_a_name_without_letters_has_no_address_that_is_known(name):
    assert not names_board("https://www.pinterest.com/me/-/", name, "77", "me")


def test_an_id_and_an_address_name_the_same_pin():
    assert pin_id_in("501") == pin_id_in("https://www.pinterest.de/pin/a-title--501/?x=1") == "501"


@pytest.mark.parametrize("text", ["https://[pinterest.com/me/board", "https://pinterest.com", "me/board", "a.b/"])
def test_what_is_no_address_of_a_board_is_none(text):
    assert board_address_in(text) is None
