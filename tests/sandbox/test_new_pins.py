"""What new pins must be like, what becomes of their texts, when their listings show them, and what time it is there."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from PIL import Image

from pinplan.errors import ConfigError
from pinplan.sandbox import App, Clock, Fault, FaultKind, Sandbox, Settings, Texts, default_world, read_settings
from pinplan.sandbox.media_source import MAX_IMAGE_BYTES
from tests.sandbox.test_limits import Caller, Time, small_world


def sent(width: int = 200, height: int = 150, form: str = "PNG") -> dict[str, str]:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(out, form)
    return {"content_type": f"image/{form.lower()}", "data": base64.b64encode(out.getvalue()).decode()}


def pin_of(caller: Caller, status: int = 201, source: dict[str, Any] | None = None, **facts: Any) -> Any:
    board = caller.sandbox.world.board_named("One").id
    media = source or {"source_type": "image_base64", **sent()}
    return caller.call("POST", "/pins", status, json={"board_id": board, "media_source": media, **facts})


@pytest.fixture
def caller() -> Iterator[Caller]:
    with Sandbox(small_world(), clock=Clock(Time())) as sandbox:
        yield Caller(sandbox)


# -- pictures ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "height", "status"), [(100, 100, 201), (99, 400, 403), (400, 99, 403)])
def test_a_picture_that_is_too_small_has_a_code_of_its_own(caller, width, height, status):
    answer = pin_of(caller, status, {"source_type": "image_base64", **sent(width, height)})
    assert answer.get("code") == (233 if status == 403 else None)


def test_the_smallest_side_is_a_setting():
    with Sandbox(small_world(), settings=Settings(min_side=201)) as sandbox:
        assert pin_of(Caller(sandbox), 403)["message"] == "The image is too small."


def test_a_picture_that_is_too_large_is_refused_however_it_ends(caller):
    data = base64.b64encode(base64.b64decode(sent()["data"]) + bytes(MAX_IMAGE_BYTES)).decode()
    answer = pin_of(caller, 400, {"source_type": "image_base64", "content_type": "image/png", "data": data})
    assert answer == {"code": 1, "message": "The image is too large."}


@pytest.mark.parametrize(
    ("widths", "status"), [([200] * 2, 201), ([200] * 5, 201), ([200] * 6, 400), ([200], 400), ([200, 300], 400)]
)
def test_a_carousel_has_two_to_five_images_of_one_size(caller, widths, status):
    before = len(caller.sandbox.world.pins)
    items = [sent(width) for width in widths]
    pin_of(caller, status, {"source_type": "multiple_image_base64", "items": items})
    assert len(caller.sandbox.world.pins) - before == (status == 201)


# -- texts -------------------------------------------------------------------------------------------------------------


def test_texts_are_kept_as_sent_or_refused(caller):
    assert pin_of(caller, title=" two  blanks ")["title"] == " two  blanks "
    pin_of(caller, 400, title="x" * 101)


def test_texts_are_normalised_and_cut_where_the_setting_says_so():
    with Sandbox(small_world(), settings=Settings(texts=Texts.NORMALISED)) as sandbox:
        caller = Caller(sandbox)
        made = pin_of(caller, title=" cafe\u0301  noir\n", description="y" * 900, link=None)
        assert (made["title"], len(made["description"]), made["link"]) == ("café noir", 800, None)
        changed = caller.call("PATCH", f"/pins/{made['id']}", 200, json={"title": "x " * 80})
        assert changed["title"] == ("x " * 50)


# -- listings ----------------------------------------------------------------------------------------------------------


def test_each_listing_has_a_delay_of_its_own():
    settings = Settings(lag=5.0, lags={"pins/list": 60.0, "boards/list": 0.0})
    with Sandbox(small_world(), settings=settings, clock=Clock(Time())) as sandbox:
        caller = Caller(sandbox)
        board = sandbox.world.board_named("One")
        section = next(iter(board.sections))
        of_board, of_section = f"/boards/{board.id}/pins", f"/boards/{board.id}/sections/{section}/pins"
        made = pin_of(caller, board_section_id=section)["id"]
        assert caller.call("POST", "/boards", 201, json={"name": "Two"})["id"] in caller.ids("/boards")
        caller.call("DELETE", f"/pins/{board.pins[0].id}", 204)
        shown = {path: made in caller.ids(path) for path in (of_board, of_section, "/pins")}
        assert not any(shown.values())
        sandbox.clock.advance(5)
        assert {path: made in caller.ids(path) for path in shown} == {of_board: True, of_section: True, "/pins": False}
        assert (len(caller.ids("/pins")), len(caller.ids(of_board))) == (3, 3)
        sandbox.clock.advance(55)
        assert caller.ids("/pins") == caller.ids(of_board)


def test_delays_are_read_from_words():
    settings = read_settings(app=App(), lag=("3", "boards/list=60", "5.5"))
    assert (settings.lag, dict(settings.lags)) == (5.5, {"boards/list": 60.0})
    with pytest.raises(ConfigError) as caught:
        read_settings(app=App(), lag=("soon", "boards/lists=3", "-1", "nan"), texts="normal")
    assert [problem.partition(":")[0] for problem in caught.value.problems] == ["--lag"] * 4 + ["--texts"]
    assert "did you mean boards/list?" in str(caught.value)


def test_boards_are_listed_with_a_slash_and_without(caller):
    asked: dict[str, Any] = {
        "headers": {"Authorization": f"Bearer {caller.sandbox.token}"},
        "allow_redirects": False,
        "timeout": 10,
    }
    answers = [
        requests.get(caller.sandbox.url + path, **asked) for path in ("/boards/?owner=demo_collector", "/boards")
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()


# -- a lost answer -----------------------------------------------------------------------------------------------------


def test_an_answer_is_lost_after_the_request_was_carried_out(caller):
    caller.sandbox.faults.set([Fault(kind=FaultKind.LOST, on="* /pins*", times=2)])
    before = list(caller.sandbox.world.pins)
    pin_of(caller, 400, title=5)  # a refusal is no success: it arrives, and is not counted
    with pytest.raises(requests.ConnectionError):
        pin_of(caller)
    made = [pin for pin in caller.sandbox.world.pins if pin not in before]
    assert len(made) == 1
    with pytest.raises(requests.ConnectionError):
        caller.call("DELETE", f"/pins/{made[0]}", 204)
    assert list(caller.sandbox.world.pins) == before
    assert caller.sandbox.faults.fired == (2,)


# -- time --------------------------------------------------------------------------------------------------------------


def test_the_same_changes_give_the_same_times_until_a_world_follows_a_clock():
    assert [pin.created_at for pin in default_world().pins.values()] == [
        pin.created_at for pin in default_world().pins.values()
    ]
    with Sandbox(small_world(), clock=Clock(Time())) as sandbox:
        caller = Caller(sandbox)
        pin = next(iter(sandbox.world.pins))
        assert caller.call("GET", f"/pins/{pin}", 200)["created_at"] == "2024-01-01T00:02:00"
        sandbox.world.follow(sandbox.clock)
        now = datetime.fromtimestamp(sandbox.clock.now(), UTC)
        at_rest = f"{now - timedelta(hours=1):%Y-%m-%dT%H:%M:%S}Z"
        board = sandbox.world.board_named("One").id
        assert caller.call("GET", f"/boards/{board}", 200)["board_pins_modified_at"] == at_rest
        assert (
            caller.call("GET", f"/pins/{pin}", 200)["created_at"] == f"{now - timedelta(minutes=65):%Y-%m-%dT%H:%M:%S}"
        )
        sandbox.clock.advance(30)
        made = pin_of(caller)
        assert made["created_at"] == f"{now + timedelta(seconds=30):%Y-%m-%dT%H:%M:%S}"
        assert caller.call("GET", f"/boards/{board}", 200)["board_pins_modified_at"] == f"{made['created_at']}Z"


# -- boards ------------------------------------------------------------------------------------------------------------


def test_two_boards_of_the_account_never_have_one_name(caller):
    two = caller.call("POST", "/boards", 201, json={"name": "Two"})["id"]
    duplicated = {"code": 1, "message": "The board name is invalid or duplicated."}
    assert caller.call("POST", "/boards", 400, json={"name": "Two"}) == duplicated
    assert caller.call("PATCH", f"/boards/{two}", 400, json={"name": "One"}) == duplicated
    assert caller.call("PATCH", f"/boards/{two}", 200, json={"name": "Two"})["name"] == "Two"
    caller.sandbox.world.create_board("Two", owner="another")
