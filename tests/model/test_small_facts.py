"""Facts that others are shown or decide by: sizes in words, scopes by use, secrets that have no text, listings that are short."""

from __future__ import annotations

import pytest
from rich.pretty import pretty_repr

from pinplan.model.ids import BoardId
from pinplan.model.images import declared_size
from pinplan.model.json_document import JsonDocument
from pinplan.model.pins import Board, Rendition
from pinplan.model.scopes import USES, missing_for, wanted
from pinplan.model.snapshots import BoardSnapshot
from pinplan.model.tokens import App
from pinplan.policies.limits import parse_bytes


@pytest.mark.parametrize(
    ("width", "height", "said"), [(1200, 900, "1200×900"), (None, None, "originals"), (9, 0, "originals")]
)
def test_a_size_that_is_not_declared_has_pinterests_name(width, height, said):
    assert declared_size(Rendition(size="originals", url="x", width=width, height=height)) == said


@pytest.mark.promise("I27")
def test_what_has_secrets_in_it_has_no_text():
    app = App(id="1", secret="hush")
    for text in (repr(app), str(app), f"{app}", pretty_repr(app)):
        assert "hush" not in text


@pytest.mark.parametrize(("write", "secret"), [(False, False), (True, False), (False, True), (True, True)])
def test_no_more_is_asked_for_than_what_is_wanted(write, secret):
    scopes = wanted(write=write, secret=secret)
    assert any(scope.endswith(":write") for scope in scopes) is write
    assert any(scope.endswith("_secret") for scope in scopes) is secret
    assert ("boards:write_secret" in scopes) is (write and secret)
    lacks = dict(missing_for(scopes))
    assert set(lacks) == {use.name for use in USES}
    assert lacks["read boards and pins"] == ()
    assert (lacks["delete, move and change pins"] == ()) is write


@pytest.mark.promise("I1")
@pytest.mark.parametrize(
    ("board", "why"),
    [
        (BoardSnapshot(board=Board(id=BoardId("1"), name="B", pin_count=7)), "0 pins listed, Pinterest says 7"),
        (BoardSnapshot(board=Board(id=BoardId("1"), name="B", pin_count=0)), ""),
        (BoardSnapshot(board=Board(id=BoardId("1"), name="B"), complete=False, problem="HTTP 500"), "HTTP 500"),
    ],
)
def test_a_listing_in_which_pins_may_be_missing_says_why(board, why):
    assert board.partial == why


def test_a_document_says_which_one_it_is():
    class Weather(JsonDocument, frozen=True, kw_only=True, tag="pinplan.weather"):
        pass

    assert Weather().format == "pinplan.weather"


@pytest.mark.parametrize(("value", "count"), [(7, 7), ("7 kB", 7_000), ("1.5 MB", 1_500_000)])
def test_bytes_are_a_number_or_a_size(value, count):
    assert parse_bytes(value) == count


@pytest.mark.parametrize("value", [-1, True, "much", None])
def test_what_is_no_size_says_what_was_expected(value):
    with pytest.raises(ValueError, match='expected a size such as "500 MB"'):
        parse_bytes(value)
