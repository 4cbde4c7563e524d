"""Creating a pin: what is sent, and that it is sent once."""

from __future__ import annotations

import base64
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinplan.errors import AnswerLost, ApiRefused, PermissionMissing, Unreachable
from pinplan.model.ids import BoardId, SectionId
from pinplan.model.images import Upload
from pinplan.model.pins import NewPin, NewSlot
from pinplan.pinterest.api import PinterestApi
from pinplan.pinterest.convert import new_pin_body
from pinplan.pinterest.http import ApiSession
from pinplan.sandbox import Sandbox, World
from pinplan.sandbox.pictures import Kind, Picture, encoded
from tests.pinterest.conftest import Answer

IMAGE = Upload(content_type="image/jpeg", data=b"\xff\xd8 bytes")
NEW = NewPin(board_id=BoardId("7"), title="Title")
MADE = Answer({"id": "99", "board_id": "7"}, 201)


def test_a_pin_is_created_by_one_request(script, session):
    script.plays(MADE)
    assert PinterestApi(session).create_pin(NEW, [IMAGE]).id == "99"
    assert [(method, path) for method, path, _ in script.seen] == [("POST", "/v5/pins")]


def test_the_body_holds_what_there_is():
    new = NewPin(board_id=BoardId("7"), section_id=SectionId("8"), title="t", description="d", link="l", alt_text="a")
    assert new_pin_body(new, [IMAGE]) == {
        "board_id": "7",
        "board_section_id": "8",
        "title": "t",
        "description": "d",
        "link": "l",
        "alt_text": "a",
        "media_source": {
            "source_type": "image_base64",
            "content_type": "image/jpeg",
            "data": base64.b64encode(IMAGE.data).decode(),
        },
    }
    assert set(new_pin_body(NewPin(board_id=BoardId("7")), [IMAGE])) == {"board_id", "media_source"}


def test_a_carousel_keeps_the_words_of_its_slots():
    new = NewPin(board_id=BoardId("7"), slots=(NewSlot(title="one"), NewSlot(link="two")))
    source = new_pin_body(new, [IMAGE, IMAGE])["media_source"]
    assert isinstance(source, dict)
    assert source["source_type"] == "multiple_image_base64"
    assert [(item.get("title"), item.get("link")) for item in source["items"]] == [("one", None), (None, "two")]


@given(st.text(max_size=3000), st.text(max_size=3000), st.text(max_size=3000), st.text(max_size=3000))
def test_no_text_is_longer_than_pinterest_takes(title, description, link, alt_text):
    new = NewPin(board_id=BoardId("7"), title=title, description=description, link=link, alt_text=alt_text)
    body = new_pin_body(new, [IMAGE])
    limits = {"title": 100, "description": 800, "alt_text": 500, "link": 2048}
    assert all(len(str(body.get(name, ""))) <= most for name, most in limits.items())


@pytest.mark.promise("I14")
@pytest.mark.promise("I29")
@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(hang_up=True), AnswerLost),
        (Answer({"id": "99"}, cut=9), AnswerLost),
        (Answer({"code": 1, "message": "broken"}, 500), AnswerLost),
        (Answer({"code": 12, "message": "overloaded"}, 503), AnswerLost),
        (Answer(b"<html>", 408), AnswerLost),
        (Answer(b"<html>", 200), AnswerLost),
        (Answer({"id": 7}, 201), AnswerLost),
        (Answer({}, 201), AnswerLost),
        (Answer(b"", 204), AnswerLost),
        (Answer({}, 302, {"Location": "/v5/elsewhere"}), AnswerLost),
        (Answer({}, 302, {"Location": "http://[broken"}), AnswerLost),
        (Answer({"code": 29, "message": "Trial"}, 403), ApiRefused),
        (Answer({"code": 3, "message": "not for you"}, 401), PermissionMissing),
        (Answer({"code": 8, "message": "spam"}, 429), ApiRefused),
    ],
)
def test_what_may_have_been_carried_out_is_not_sent_again(script, session, answer, kind):
    script.plays(answer)
    with pytest.raises(kind):
        PinterestApi(session).create_pin(NEW, [IMAGE])
    assert len(script.seen) == 1


def test_a_request_that_was_never_sent_is_told_from_one_whose_answer_was_lost():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: the connection is refused
        session = ApiSession(f"http://127.0.0.1:{taken.getsockname()[1]}/v5", "token", user_agent="test")
        with pytest.raises(Unreachable):
            PinterestApi(session).create_pin(NEW, [IMAGE])
        session.close()


def test_what_surely_was_not_carried_out_is_sent_again_when_asked_to(script, session, waits):
    script.plays(Answer({"code": 8, "message": "rate limit"}, 429, {"Retry-After": "3"}), MADE)
    assert PinterestApi(session).create_pin(NEW, [IMAGE]).id == "99"
    assert waits == [3.0]


def test_the_sandbox_takes_it():
    world = World()
    board = world.create_board("Board")
    section = world.create_section(board.id, "Section")
    pictures = [encoded(Picture(Kind.FLAT, number, 120, 100), "originals") for number in range(2)]
    uploads = [Upload(content_type="image/jpeg", data=data) for data in pictures]
    with Sandbox(world) as sandbox:
        session = ApiSession(sandbox.url, sandbox.token, user_agent="test")
        new = NewPin(board_id=BoardId(board.id), section_id=SectionId(section.id), title="Title", alt_text="Alt")
        one = PinterestApi(session).create_pin(new, uploads[:1])
        two = PinterestApi(session).create_pin(new, uploads)
        session.close()
    assert (one.title, one.alt_text, one.section_id, len(one.images)) == ("Title", "Alt", section.id, 1)
    assert [image.slot for image in two.images] == [1, 2]
    assert set(world.pins) == {one.id, two.id}
