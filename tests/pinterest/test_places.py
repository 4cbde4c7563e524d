"""Boards as they are read one by one, and what moves pins and renames boards and sections."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pinplan.errors import AnswerLost, ApiRefused, UnexpectedAnswer
from pinplan.model.ids import BoardId, PinId, SectionId
from pinplan.model.pins import Privacy
from pinplan.pinterest.api import PinterestApi
from pinplan.pinterest.http import ApiSession
from pinplan.sandbox import Sandbox, World
from pinplan.sandbox.pictures import Kind, Picture
from tests.pinterest.conftest import Answer

BOARD = BoardId("7")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(World()) as running:
        yield running


@pytest.fixture
def real(sandbox: Sandbox) -> Iterator[PinterestApi]:
    session = ApiSession(sandbox.url, sandbox.token, user_agent="test", timeout=(5.0, 5.0), retries=0, parallelism=1)
    yield PinterestApi(session)
    session.close()


def test_a_board_is_read_and_renamed(sandbox, real):
    board = sandbox.world.create_board("Cats")
    section = sandbox.world.create_section(board.id, "Kittens")
    real.rename_board(BoardId(board.id), "Felines 猫")
    real.rename_section(BoardId(board.id), SectionId(section.id), "Small ones")
    found = real.board(BoardId(board.id))
    assert found is not None
    assert (found.name, found.owner, section.name) == ("Felines 猫", sandbox.world.account.username, "Small ones")
    sandbox.world.create_board("Dogs")
    with pytest.raises(ApiRefused, match="invalid or duplicated"):
        real.rename_board(BoardId(board.id), "Dogs")


def test_a_pin_moves_to_a_section_and_out_of_it(sandbox, real):
    cats, dogs = sandbox.world.create_board("Cats"), sandbox.world.create_board("Dogs")
    section = sandbox.world.create_section(dogs.id, "Hounds")
    pin = sandbox.world.create_pin(cats.id, (Picture(Kind.FLAT, 1, 120, 90),), title="One", link="https://example.org")
    real.move_pin(PinId(pin.id), BoardId(dogs.id), SectionId(section.id))
    assert (pin.board_id, pin.section_id, pin.title, pin.link) == (dogs.id, section.id, "One", "https://example.org")
    real.move_pin(PinId(pin.id), BoardId(dogs.id), None)
    assert (pin.board_id, pin.section_id) == (dogs.id, None)


@pytest.fixture
def api(session) -> PinterestApi:
    return PinterestApi(session)


@pytest.mark.promise("I6")
def test_only_404_means_that_a_board_is_gone(script, api):
    script.plays(Answer({"code": 40, "message": "gone"}, 404))
    assert api.board(BOARD) is None
    script.plays(Answer({"code": 29, "message": "no"}, 403))
    with pytest.raises(ApiRefused):
        api.board(BOARD)


def test_an_answer_about_another_board_is_refused(script, api):
    script.plays(Answer({"id": "8", "name": "Dogs"}))
    with pytest.raises(UnexpectedAnswer):
        api.board(BOARD)


@pytest.mark.parametrize("privacy", [Privacy.SECRET, Privacy.PUBLIC])
def test_a_board_and_its_section_are_created(sandbox, real, privacy):
    made = real.create_board("Cats 猫", privacy)
    section = real.create_section(made.id, "Kittens")
    board = sandbox.world.boards[made.id]
    assert (made.name, board.name, board.privacy, made.privacy) == ("Cats 猫", "Cats 猫", privacy.value, privacy)
    assert {one.id: one.name for one in board.sections.values()} == {section.id: "Kittens"}
    with pytest.raises(ApiRefused, match="invalid or duplicated"):
        real.create_board("Cats 猫", privacy)
    with pytest.raises(ApiRefused, match="already exists"):
        real.create_section(made.id, "Kittens")
    assert [method for method, _ in sandbox.requests].count("POST") == 4


@pytest.mark.promise("I29")
@pytest.mark.parametrize(
    "answer",
    [Answer({"code": 500, "message": "broken"}, 502), Answer({"name": "Cats"}, 201), Answer({"id": "../x"}, 201)],
    ids=["server error", "no id", "odd id"],
)
def test_an_answer_without_an_id_is_a_lost_one_and_nothing_is_sent_again(script, api, answer):
    for create in (lambda: api.create_board("Cats", Privacy.SECRET), lambda: api.create_section(BOARD, "Kittens")):
        script.plays(answer)
        with pytest.raises(AnswerLost):
            create()


def test_a_placeholder_is_never_sent(api):
    with pytest.raises(UnexpectedAnswer):
        api.create_section(BoardId("new:Cats"), "Kittens")
    with pytest.raises(UnexpectedAnswer):
        api.move_pin(PinId("1"), BoardId("new:Cats"), None)


def test_a_success_that_left_everything_as_it_was_is_no_success(script, api):
    changes = (
        (lambda: api.move_pin(PinId("1"), BOARD, None), {"id": "1", "board_id": "8"}),
        (lambda: api.move_pin(PinId("1"), BOARD, SectionId("5")), {"id": "1", "board_id": BOARD}),
        (lambda: api.rename_board(BOARD, "Felines"), {"id": BOARD, "name": "Cats"}),
        (lambda: api.rename_section(BOARD, SectionId("5"), "Small ones"), {"id": "5", "name": "Kittens"}),
    )
    for change, answer in changes:
        script.plays(Answer(answer))
        with pytest.raises(UnexpectedAnswer, match="the response has the"):
            change()
        for silent in ({"status": "fine"}, {"id": "1"}):
            script.plays(Answer(silent))
            change()  # nothing that contradicts
