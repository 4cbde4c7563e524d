"""Listings to their end or not at all; answers read tolerantly, identities strictly."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinplan.errors import ApiRefused, UnexpectedAnswer
from pinplan.model.ids import BoardId, PinId
from pinplan.model.pins import MediaType, Pin, Privacy
from pinplan.pinterest.api import PinterestApi, _pin_items
from pinplan.pinterest.convert import to_pin, to_utc
from pinplan.pinterest.responses import PinAnswer
from tests.pinterest.conftest import Answer

SIGNATURE = "0123456789abcdef0123456789abcdef"
BOARD = BoardId("7")


def sizes(*names: str) -> dict[str, Any]:
    return {
        n: {"url": f"https://i.test/{n}/01/23/45/{SIGNATURE}.jpg", "width": int(n.split("x")[0]), "height": 9}
        for n in names
    }


def pin(number: int = 1, **changes: object) -> dict[str, Any]:
    return {
        "id": str(number),
        "board_id": "7",
        "media": {"media_type": "image", "images": sizes("150x150", "600x", "1200x")},
        **changes,
    }


def page(*items: dict[str, Any], bookmark: str | None = None) -> Answer:
    return Answer({"items": list(items), "bookmark": bookmark})


@pytest.fixture
def api(session) -> PinterestApi:
    return PinterestApi(session)


def listed(api: PinterestApi) -> list[str]:
    return [p.id for one in api.pin_pages(BOARD) for p in one.pins]


def test_pages_are_followed_to_the_end_even_over_an_empty_one(script, api):
    script.plays(page(pin(1), pin(2), bookmark="a"), page(bookmark="b"), page(pin(2), pin(3)))
    assert listed(api) == ["1", "2", "3"]
    assert [path for _, path, _ in script.seen] == [
        "/v5/boards/7/pins?page_size=250", "/v5/boards/7/pins?page_size=250&bookmark=a", "/v5/boards/7/pins?page_size=250&bookmark=b",
    ]  # fmt: skip


def test_a_listing_goes_on_behind_a_bookmark(script, api):
    script.plays(page(pin(1), bookmark="a"), page(pin(2), bookmark="b"))
    pages = api.pin_pages(BOARD)
    assert [next(pages).bookmark, next(pages).bookmark] == ["a", "b"]
    script.plays(page(pin(3)))
    (last,) = api.pin_pages(BOARD, "b")
    assert ([p.id for p in last.pins], last.bookmark) == (["3"], None)
    assert script.seen[-1][1].endswith("bookmark=b")
    script.plays(page(pin(3), bookmark="b"))
    with pytest.raises(UnexpectedAnswer, match="bookmark"):
        list(api.pin_pages(BOARD, "b"))


@pytest.mark.promise("I1")
def test_a_bookmark_that_comes_again_is_no_end(script, api):
    script.plays(page(pin(1), bookmark="a"), page(pin(2), bookmark="b"), page(pin(3), bookmark="a"))
    with pytest.raises(UnexpectedAnswer, match="bookmark"):
        listed(api)


@pytest.mark.promise("I1")
def test_a_page_that_breaks_ends_the_listing_with_an_error(script, api):
    script.plays(page(pin(1), bookmark="a"), Answer({"code": 1, "message": "no"}, 500))
    with pytest.raises(ApiRefused):
        listed(api)


def test_tiles_of_strangers_are_counted_not_listed(script, api):
    script.plays(page(pin(1), pin(2, type="story"), pin(3, board_id="8"), pin(4, type="pin"), pin(5, board_id=None)))
    (one,) = api.pin_pages(BOARD)
    assert ([p.id for p in one.pins], one.foreign) == (["1", "4", "5"], 2)


@pytest.mark.promise("I6")
def test_only_404_means_that_a_pin_is_gone(script, api):
    script.plays(Answer({"code": 50, "message": "gone"}, 404))
    assert api.pin(PinId("1")) is None
    assert api.delete_pin(PinId("1")) is False
    script.plays(Answer({"code": 29, "message": "no"}, 403))
    with pytest.raises(ApiRefused):
        api.pin(PinId("1"))


@pytest.mark.promise("I6")
@pytest.mark.parametrize("body", [b"<html>404 Not Found</html>", b"", b"{}", b'{"message": "no such page"}'])
def test_a_404_that_is_not_pinterests_own_proves_nothing(script, api, body):
    script.plays(Answer(body, 404))
    with pytest.raises(ApiRefused):
        api.pin(PinId("1"))
    with pytest.raises(ApiRefused):
        api.delete_pin(PinId("1"))


def test_a_pin_is_read_and_deleted(script, api):
    script.plays(Answer(pin(1)), Answer(b"", 204))
    found = api.pin(PinId("1"))
    assert found is not None
    assert found.images[0].signature == SIGNATURE
    assert api.delete_pin(PinId("1")) is True
    assert script.seen[1][:2] == ("DELETE", "/v5/pins/1")


def test_an_answer_about_another_pin_is_refused(script, api):
    script.plays(Answer(pin(2)))
    with pytest.raises(UnexpectedAnswer):
        api.pin(PinId("1"))


@pytest.mark.promise("I16")
@pytest.mark.parametrize("identity", ["", "1/../2", "x", "1?y", "１", None, "9" * 65])
def test_ids_that_are_no_digits_are_refused(script, api, identity):
    with pytest.raises(UnexpectedAnswer):
        api.pin(identity)
    script.plays(page(pin(1) | {"id": identity}, pin(2)))
    (one,) = api.pin_pages(BOARD)
    assert ([p.id for p in one.pins], [place for place, _ in one.unreadable]) == (["2"], [1])
    assert len(script.seen) == 1


@pytest.mark.promise("I1")
@pytest.mark.parametrize("body", [b'{"items": ' + b"[" * 100_000, b'{"items": [], "x": ' + b'{"a":' * 100_000])
def test_a_body_that_is_deeper_than_any_answer_is_an_error(script, api, body):
    script.plays(Answer(body))
    with pytest.raises(UnexpectedAnswer):
        listed(api)
    script.plays(Answer(body, 404))
    with pytest.raises(ApiRefused):
        api.pin(PinId("1"))


@pytest.mark.parametrize("side", [0, -5, 1e308, 1e15])
def test_a_declared_size_that_no_image_has_is_none(side):
    images = {"originals": {"url": "https://i.test/o.png", "width": side, "height": 9}}
    rendition = read(pin(media={"media_type": "image", "images": images})).images[0].renditions[0]
    assert (rendition.width, rendition.height) == (None, 9)


@pytest.mark.promise("I1")
@pytest.mark.parametrize(
    "item",
    [
        None,
        7,
        "pin",
        [],
        {},
        {"id": 9},
        {"id": None},
        {"id": "9", "board_id": 7},
        {"id": "9", "board_section_id": "../.."},
    ],
)
def test_an_item_that_is_no_pin_hides_no_other(script, api, item):
    script.plays(page(pin(1), item, pin(2), bookmark="a"), page(pin(3)))
    first, second = api.pin_pages(BOARD)
    assert ([p.id for p in first.pins], [place for place, _ in first.unreadable]) == (["1", "2"], [2])
    assert all(problem for _, problem in first.unreadable)
    assert ([p.id for p in second.pins], list(second.unreadable), first.foreign) == (["3"], [], 0)


@pytest.mark.promise("I1")
@pytest.mark.parametrize(
    "item", [None, 7, "board", [], {}, {"id": 9}, {"id": None}, {"id": "x", "name": "Cats"}, {"name": "Cats"}]
)
def test_an_item_that_is_no_board_hides_no_other(script, api, item):
    script.plays(page({"id": "1", "owner": 7}, item, {"id": "2"}, bookmark="a"), page({"id": "3"}))
    listed = api.boards()
    assert [board.id for board in listed.boards] == ["1", "2", "3"]
    assert [(one.page, one.item) for one in listed.unreadable] == [(1, 2)]
    assert all(one.problem for one in listed.unreadable)


@pytest.mark.promise("I1")
@pytest.mark.parametrize(
    "item", [None, 7, "section", [], {}, {"id": 9}, {"id": None}, {"id": "x", "name": "Part"}, {"name": "Part"}]
)
def test_an_item_that_is_no_section_hides_no_other(script, api, item):
    script.plays(page({"id": "1", "name": 7}, item, {"id": "2"}, bookmark="a"), page({"id": "3"}))
    listed = api.sections(BOARD)
    assert [section.id for section in listed.sections] == ["1", "2", "3"]
    assert [(one.page, one.item) for one in listed.unreadable] == [(1, 2)]
    assert all(one.problem for one in listed.unreadable)


def test_boards_and_sections_and_account(script, api):
    board = {
        "id": "7",
        "name": "Cats",
        "privacy": "SECRET",
        "owner": {"username": "me"},
        "pin_count": 3,
        "new_key": [1],
    }
    script.plays(
        Answer({"items": [board, {"id": "8"}], "bookmark": ""}),
        page({"id": "5", "name": "Part"}),
        Answer({"id": "1", "username": "me"}),
    )
    first, second = api.boards().boards
    assert (first.name, first.privacy, first.owner, first.pin_count) == ("Cats", Privacy.SECRET, "me", 3)
    assert (second.name, second.owner, second.pin_count) == ("", None, None)
    assert [section.name for section in api.sections(BOARD).sections] == ["Part"]
    assert api.account().username == "me"


def read(item: dict[str, Any]) -> Pin:
    answer = _pin_items(json.dumps({"items": [item]}).encode(), "test").items[0]
    assert isinstance(answer, PinAnswer)
    return to_pin(answer, BOARD)


def test_the_ladder_of_sizes_begins_with_the_best_and_has_no_crops():
    found = read(pin(media={"media_type": "image", "images": sizes("150x150", "400x300", "600x", "1200x")}))
    assert [r.size for r in found.images[0].renditions] == ["1200x", "600x"]
    odd = sizes("600x", "1200x") | {"originals": {"url": "https://i.test/o.png"}}
    odd["600x"]["width"] = 2000
    found = read(pin(media={"media_type": "image", "images": odd}))
    assert [r.size for r in found.images[0].renditions] == ["originals", "600x", "1200x"]
    assert read(pin(media={"media_type": "image", "images": sizes("150x150")})).images[0].renditions == ()


def test_all_shapes_of_media():
    item = {"item_type": "image", "title": "t", "images": sizes("600x")}
    video = {"item_type": "video", "cover_image_url": "https://i.test/c.jpg"}
    carousel = read(pin(media={"media_type": "multiple_images", "items": [item, item]}))
    assert [(i.slot, i.cover, i.title) for i in carousel.images] == [(1, False, "t"), (2, False, "t")]
    mixed = read(pin(media={"media_type": "multiple_mixed", "items": [item, None, video]}))
    assert [(i.slot, i.cover) for i in mixed.images] == [(1, False), (2, True)]
    videos = read(pin(media={"media_type": "multiple_videos", "items": [video]}))
    assert videos.images[0].renditions[0].size == "cover"
    film = read(pin(media={"media_type": "video", "images": sizes("600x"), "cover_image_url": "https://i.test/c.jpg"}))
    assert (film.media_type, film.images[0].cover, len(film.images[0].renditions)) == (MediaType.VIDEO, True, 2)
    assert read(pin(media=None)).images == ()
    assert read(pin(media={"media_type": "hologram"})).media_type is MediaType.NONE


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2022-10-13T01:40:29", "2022-10-13T01:40:29Z"),
        ("2022-10-13T01:40:29+02:00", "2022-10-12T23:40:29Z"),
        ("2022-10-13T01:40:29.5Z", "2022-10-13T01:40:29Z"),
        ("soon", None),
        (None, None),
    ],
)
def test_times_are_read_as_utc(text, utc):
    assert to_utc(text) == utc


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from(
    [
        "title",
        "media",
        "link",
        "is_owner",
        "board_owner",
        "created_at",
        "alt_text",
        "creative_type",
        "new_key",
        "description",
    ]
)


@given(st.dictionaries(KEYS, JSON))
def test_odd_fields_never_hide_a_pin(fields):
    found = read({**fields, "id": "1", "board_id": "7"})
    assert found.id == "1"


@given(JSON)
def test_an_odd_document_is_refused_in_words(document):
    try:
        _pin_items(json.dumps(document).encode(), "test")
    except UnexpectedAnswer:
        return
    assert isinstance(document, dict)
    assert "items" in document


_RACE = """
import importlib, sys, threading
from pinplan.pinterest import api, responses

sys.setswitchinterval(1e-6)
for _ in range(40):
    importlib.reload(responses)  # as in a new process: nobody has looked into these types yet
    importlib.reload(api)
    start = threading.Barrier(6)

    def read():
        start.wait()
        api._pin_items(b'{"items": [{"id": "1", "media": {"images": {}}}]}', "GET")

    threads = [threading.Thread(target=read) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
"""


def test_threads_that_read_the_first_pages_at_the_same_time_do_not_crash():
    done = subprocess.run([sys.executable, "-c", _RACE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
