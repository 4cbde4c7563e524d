"""What refusals of the API mean, and which scopes its operations need."""

from __future__ import annotations

import pytest

from pinplan.cli import exits
from pinplan.errors import (
    ApiRefused,
    AuthError,
    Conflict,
    FeatureRestricted,
    NotPermitted,
    PermissionMissing,
    SpamBlocked,
    Throttled,
    TokenRefused,
    TrialRefused,
)
from pinplan.model.ids import BoardId, PinId, SectionId
from pinplan.model.images import Upload
from pinplan.model.pins import NewPin, Privacy
from pinplan.pinterest.api import PinterestApi
from pinplan.pinterest.refusals import NEEDED, Refused, meaning_of, needed_for
from pinplan.sandbox.operations import OPERATIONS
from pinplan.sandbox.rules import RULES
from tests.description import description, needs_description
from tests.pinterest.conftest import Answer

TRIAL = "Apps with Trial access may not create Pins in production https://api.pinterest.com - use API Sandbox https://api-sandbox.pinterest.com instead."
RESTRICTED = "Your application does not have access to this restricted feature."


def refusal(status: int, code: int | None, message: str, request: str = "DELETE /pins/7") -> Refused:
    return Refused(what=request, status=status, code=code, message=message, request_id="rid-7")


@pytest.mark.parametrize(
    ("answer", "kind", "words", "step", "code"),
    [
        (refusal(403, 29, TRIAL, "POST /pins"), TrialRefused, "Trial access", "api-sandbox", 1),
        (refusal(401, 3, RESTRICTED, "PATCH /pins/7"), FeatureRestricted, "the token is valid", "Ask Pinterest", 1),
        (refusal(401, 3, "not sufficient permissions"), PermissionMissing, "pins:write", "auth login --write", 12),
        (refusal(401, 2, "Authentication failed."), TokenRefused, "Authentication failed.", "token", 12),
        (refusal(401, None, "?"), TokenRefused, "?", "token", 12),
        (refusal(403, 29, "You are not permitted"), NotPermitted, "protected or archived", "[protect]", 1),
        (refusal(403, 233, "The image is too small.", "POST /pins"), ApiRefused, "(code 233): The image", "", 1),
        (refusal(403, 235, "The image is broken.", "POST /pins"), ApiRefused, "(code 235): The image", "", 1),
        (refusal(429, 8, "This looks like SPAM"), SpamBlocked, "blocked by Pinterest as spam", "Wait a day", 1),
        (refusal(403, 9, "Sorry! You've hit a block"), SpamBlocked, "blocked by Pinterest as spam", "Wait a day", 1),
        (
            refusal(400, None, "we have in place to combat spam"),
            SpamBlocked,
            "blocked by Pinterest as spam",
            "Wait a day",
            1,
        ),
        (refusal(401, 9, "a block"), SpamBlocked, "blocked by Pinterest as spam", "Wait a day", 1),
        (refusal(404, 9, "a block"), SpamBlocked, "blocked by Pinterest as spam", "Wait a day", 1),
        (refusal(500, 9, "spam"), ApiRefused, "HTTP 500", "", 1),
        (refusal(429, 8, "exceeded a rate limit"), Throttled, "too many requests", "1,000 calls a day", 1),
        (refusal(409, 409, "exclusive access"), Conflict, "busy", "Wait a few minutes", 1),
        (refusal(418, None, "teapot"), ApiRefused, "HTTP 418: teapot", "", 1),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
def test_each_is_one_clear_sentence_with_what_to_do_next(answer, kind, words, step, code):
    error = meaning_of(answer)
    assert type(error) is kind
    assert answer.what in str(error)
    assert words in str(error)
    assert "\n" not in str(error)
    assert step in exits.next_step(error)
    assert exits.exit_code(error) == code
    if isinstance(error, ApiRefused):
        assert error.writes
        assert (error.status, error.code, error.request_id) == (answer.status, answer.code, "rid-7")


def test_a_feature_that_is_not_ours_is_no_matter_of_the_token():
    assert not isinstance(meaning_of(refusal(401, 3, RESTRICTED)), AuthError)


@pytest.mark.parametrize(
    ("granted", "said"),
    [
        ((), "a scope; required: boards:read, boards:write, pins:read and pins:write"),
        (("boards:read", "pins:read"), "the scopes boards:write and pins:write"),
        (("boards:read", "pins:read", "boards:write"), "the scope pins:write"),
        (("boards:read", "pins:read", "boards:write", "pins:write", "boards:read_secret"), "boards:write_secret, pins:read_secret and"),
    ],
)  # fmt: skip
def test_the_missing_scopes_are_named_where_they_are_known(granted, said):
    error = meaning_of(refusal(401, 3, "no"), granted)
    assert said in str(error)


def test_the_way_to_more_scopes_fits_what_is_missing():
    def step(*missing: str) -> str:
        return exits.next_step(PermissionMissing("GET /boards", missing=missing))

    assert "auth login;" in step("boards:read")
    assert "auth login --write;" in step("pins:write")
    assert "auth login --secret;" in step("pins:read_secret")
    assert "auth login --write --secret;" in step("pins:write_secret")


def test_the_session_says_what_its_token_lacks(script, session):
    api = PinterestApi(session, ("boards:read",))
    script.plays(Answer({"code": 3, "message": "not enough"}, 401))
    with pytest.raises(PermissionMissing, match="lacks the scopes boards:write, pins:read and pins:write") as caught:
        api.delete_pin("7")  # type: ignore[arg-type] # a plain id
    assert caught.value.writes
    assert caught.value.missing == ("boards:write", "pins:read", "pins:write")


def test_a_conflict_is_tried_again_and_then_said(script, session, waits):
    script.plays(Answer({"code": 409, "message": "exclusive access"}, 409))
    with pytest.raises(Conflict, match="after all retries"):
        session.delete("/pins/7")
    assert len(waits) == 3


@pytest.mark.parametrize("request_of", ["GET /boards", "GET /boards/12/pins", "DELETE /pins/3", "PATCH /pins/3"])
def test_an_operation_is_recognised_by_its_path(request_of):
    assert needed_for(request_of)
    assert needed_for(f"PUT {request_of}") == needed_for(f"{request_of}/x") == ()


@needs_description
@pytest.mark.parametrize("operation", NEEDED)
def test_the_scopes_are_those_of_the_api_description(operation):
    method, _, path = operation.partition(" ")
    described = description()["paths"][path][method.lower()]["security"]
    (wanted,) = [one["pinterest_oauth2"] for one in described if "pinterest_oauth2" in one]
    assert sorted(NEEDED[operation]) == sorted(wanted)


@pytest.mark.parametrize("operation", NEEDED)
def test_the_sandbox_asks_for_the_same_scopes(operation):
    (name,) = [one.name for one in OPERATIONS if f"{one.method} {one.path}" == operation]
    assert sorted(NEEDED[operation]) == sorted(RULES[name].scopes)


def test_every_request_that_pinplan_makes_names_the_scopes_it_lacks(script, session):
    """Each method of the API, refused for its scopes by a token that holds another one."""
    api = PinterestApi(session, ("ads:read",))
    board_id, section_id, pin_id = BoardId("12"), SectionId("5"), PinId("7")
    pin = NewPin(board_id=board_id)
    cover = Upload(content_type="image/png", data=b"")
    script.plays(Answer({"code": 3, "message": "not enough"}, 401))
    for call in (
        api.account, api.profile, lambda: list(api.boards().boards), lambda: api.board(board_id),
        lambda: api.rename_board(board_id, "x"), lambda: api.rename_section(board_id, section_id, "x"), lambda: api.sections(board_id),
        lambda: list(api.pin_pages(board_id)), lambda: api.pin(pin_id), lambda: api.delete_pin(pin_id),
        lambda: api.update_pin(pin_id, {"title": "x"}), lambda: api.move_pin(pin_id, board_id, None),
        lambda: api.create_board("x", Privacy.SECRET), lambda: api.create_section(board_id, "x"), api.register_video,
        lambda: api.video_status("9"), lambda: api.create_video_pin(pin, cover, "9"), lambda: api.create_pin(pin, [cover]),
    ):  # fmt: skip
        with pytest.raises(PermissionMissing) as caught:
            call()
        assert caught.value.missing, script.seen[-1]
