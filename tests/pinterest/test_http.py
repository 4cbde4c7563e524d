"""Requests: retried where it helps, refused in words, and with a token that stays where it belongs."""

from __future__ import annotations

import socket
import threading
import time
import traceback
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinplan.errors import (
    ApiRefused,
    ConfigError,
    PermissionMissing,
    PinplanError,
    QuotaSpent,
    TokenRefused,
    UnexpectedAnswer,
    Unreachable,
)
from pinplan.pinterest.http import ApiSession
from pinplan.pinterest.ratelimit import LONGEST_RESET, LONGEST_WAIT, far_reset, wait_asked_for
from tests.pinterest.conftest import TOKEN, Answer

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_good_answer_is_handed_over(script, session):
    script.plays(Answer({"id": "1"}))
    assert session.get("/user_account", {"page_size": "250"}) == b'{"id": "1"}'
    method, path, headers = script.seen[0]
    assert (method, path) == ("GET", "/v5/user_account?page_size=250")
    assert headers["authorization"] == f"Bearer {TOKEN}"
    assert headers["user-agent"] == "pinplan/test"


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 409])
def test_faults_that_pass_are_waited_out(script, session, waits, status):
    script.plays(Answer({"code": 8, "message": "slow down"}, status), Answer({}, status), Answer({"id": "1"}))
    assert session.get("/pins/1") == b'{"id": "1"}'
    assert session.calls == 3
    assert 0 < waits[0] <= 0.5 < 2 * waits[1] <= 2


def test_retry_after_is_honoured(script, session, waits):
    script.plays(Answer({}, 429, {"retry-after": "7"}), Answer({}))
    session.get("/pins/1")
    assert waits == [7.0]


def test_an_exhausted_quota_is_waited_for(script, session, waits):
    limits = {"x-ratelimit-limit": '100, 100;w=1;name="a"', "x-ratelimit-remaining": "0", "x-ratelimit-reset": "12"}
    script.plays(Answer({}, 429, limits), Answer({}))
    session.get("/pins/1")
    assert waits == [12.0]


@pytest.mark.parametrize(
    "said", [{"message": "We blocked this as SPAM"}, {"message": "Slow down", "message_detail": "taken for SPAM"}]
)
def test_a_block_for_spam_is_never_retried(script, session, waits, said):
    script.plays(Answer({"code": 8, **said}, 429))
    with pytest.raises(ApiRefused, match="SPAM"):
        session.delete("/pins/1")
    assert (session.calls, waits) == (1, [])


def test_retries_end(script, session):
    script.plays(Answer({"code": 1, "message": "no"}, 500))
    with pytest.raises(ApiRefused):
        session.get("/pins/1")
    assert session.calls == 4


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, {"code": 2, "message": "Authentication failed."}, TokenRefused),
        (401, {"code": 3, "message": "not sufficient permissions"}, PermissionMissing),
        (403, {"code": 29, "message": "Trial"}, ApiRefused),
        (404, {"code": 50, "message": "Pin not found"}, ApiRefused),
        (418, b"<html>\x1b[31m proxy</html>", ApiRefused),
        (301, {}, UnexpectedAnswer),
    ],
)
def test_refusals_are_told_apart_and_not_retried(script, session, status, body, kind):
    script.plays(Answer(body, status, {"x-pinterest-rid": "rid-1", "location": "http://127.0.0.1:1/"}))
    with pytest.raises(kind) as caught:
        session.get("/pins/1")
    assert session.calls == 1
    assert "\x1b" not in str(caught.value)
    if kind is ApiRefused:
        assert (caught.value.status, caught.value.request_id) == (status, "rid-1")


@pytest.mark.promise("I1")
@pytest.mark.parametrize("body", [b"<html>Sign in</html>", b'{"items": [', b"", b"hello"])
def test_a_success_that_is_no_json_is_tried_again_and_then_refused(script, session, body):
    script.plays(Answer(body))
    with pytest.raises(UnexpectedAnswer):
        session.get("/boards")
    assert session.calls == 3


def test_a_broken_connection_is_retried_and_a_cut_body_as_well(script, session):
    script.plays(Answer(hang_up=True), Answer({"id": "1"}, cut=10), Answer({"id": "1"}))
    assert session.get("/pins/1") == b'{"id": "1"}'
    assert session.calls == 3


def test_nobody_there(waits):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    session = ApiSession(f"http://127.0.0.1:{port}/v5", TOKEN, user_agent="x", retries=1, sleep=waits.append)
    with pytest.raises(Unreachable, match=f"127.0.0.1:{port} is unreachable"):
        session.get("/boards")
    session.close()


@pytest.mark.parametrize("url", ["", "pinterest", "ftp://x/v5", "http://", "http://[::1"])
def test_addresses_that_cannot_be_used(url):
    with pytest.raises(ConfigError):
        ApiSession(url, TOKEN, user_agent="x")


def test_a_redirect_to_nonsense_is_refused_in_words(script, session):
    script.plays(Answer({}, 302, {"location": "https://[::1"}))
    with pytest.raises(UnexpectedAnswer, match="redirect"):
        session.get("/pins/1")


@pytest.mark.promise("I27")
@pytest.mark.parametrize(
    "answer",
    [
        Answer({"code": 2, "message": "no"}, 401),
        Answer({}, 500),
        Answer(b"<html>"),
        Answer(hang_up=True),
        Answer({}, 302, {"location": "http://127.0.0.1:1/"}),
    ],
)
def test_the_token_is_in_no_error_no_traceback_and_no_repr(script, session, answer):
    script.plays(answer)
    with pytest.raises(PinplanError) as caught:
        session.get("/pins/1")
    told = (
        "".join(traceback.format_exception(caught.value)) + repr(caught.value) + repr(session) + str(vars(caught.value))
    )
    assert TOKEN not in told
    assert len(script.seen) == session.calls


@pytest.mark.promise("I27")
@pytest.mark.parametrize(
    ("token", "said", "told"),
    [
        (TOKEN, f"the request had {TOKEN}", "the request had <token>"),
        ("pinaABCDEFGHIJKLMNOPQRSTUV", "pinaABCDEFGHIJKLMNOPQRSTUV", "<token>"),
        (
            "sandbox",
            "use API Sandbox https://api-sandbox.pinterest.com",
            "use API Sandbox https://api-sandbox.pinterest.com",
        ),
        ("sandbox", "Authorization: Bearer sandbox", "Authorization: Bearer <token>"),
    ],
)
def test_an_error_that_quotes_the_token_is_told_without_it_and_whole(script, token, said, told):
    script.plays(Answer({"code": 29, "message": said}, 403))
    session = ApiSession(script.url, token, user_agent="x", retries=0)
    with pytest.raises(PinplanError) as caught:
        session.get("/pins/1")
    session.close()
    assert caught.value.message == told  # type: ignore[attr-defined] # of `ApiRefused`


@pytest.mark.promise("I27")
def test_netrc_does_not_replace_the_token(script, session, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password other\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    script.plays(Answer({}))
    session.get("/pins/1")
    assert script.seen[0][2]["authorization"] == f"Bearer {TOKEN}"


HEADER = (
    st.text(max_size=30)
    | st.integers().map(str)
    | st.sampled_from(["100, 100;w=1", "0", "nan", "inf", "-5", "1e400", "Wed, 21 Oct 2026 07:28:00 GMT"])
)


@given(
    st.dictionaries(
        st.sampled_from(["retry-after", "x-ratelimit-remaining", "x-ratelimit-reset", "x-ratelimit-limit"]), HEADER
    )
)
def test_headers_never_break_and_never_make_us_wait_for_long(headers):
    wait = wait_asked_for(headers, NOW)
    assert wait is None or 0 <= wait <= LONGEST_WAIT

    back = far_reset(headers, NOW)
    assert back is None or NOW + timedelta(seconds=LONGEST_WAIT) < back <= NOW + timedelta(seconds=LONGEST_RESET)


DAILY = '1000, 100;w=1;name="safety_net", 1000;w=86400;name="trial_app_id"'


@pytest.mark.parametrize(
    ("headers", "back"),
    [
        ({"retry-after": "3600"}, NOW + timedelta(hours=1)),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "7200"}, NOW + timedelta(hours=2)),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "9999999"}, NOW + timedelta(days=2)),
        (
            {"x-ratelimit-remaining": "0", "x-ratelimit-reset": f"{NOW.timestamp() + 3600:.0f}"},
            NOW + timedelta(hours=1),
        ),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": f"{NOW.timestamp() + 3:.0f}"}, None),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-limit": DAILY}, NOW + timedelta(days=1)),
        ({"x-ratelimit-remaining": "3", "x-ratelimit-limit": DAILY}, None),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-limit": "100, 100;w=1, 1000;w=86400"}, None),
        ({"retry-after": "7", "x-ratelimit-remaining": "0", "x-ratelimit-limit": DAILY}, None),
        ({}, None),
    ],
)
def test_a_quota_that_is_back_in_hours_is_told_from_one_that_is_back_at_once(headers, back):
    assert far_reset(headers, NOW) == back


def test_a_daily_quota_is_not_waited_for_and_nothing_more_is_sent(script, session, waits):
    script.plays(Answer({"code": 8, "message": "no more"}, 429, {"retry-after": "3600"}), Answer({}))
    with pytest.raises(QuotaSpent, match="GET /pins/1: Pinterest API quota used up"):
        session.get("/pins/1")
    for call in (lambda: session.get("/pins/2"), lambda: session.post("/pins", {}), lambda: session.require(1)):
        with pytest.raises(QuotaSpent):
            call()
    session.require(0)
    assert (len(script.seen), waits) == (1, [])


def test_a_block_for_spam_is_no_quota(script, session):
    script.plays(Answer({"code": 8, "message": "We blocked this as SPAM"}, 429, {"retry-after": "3600"}))
    with pytest.raises(ApiRefused, match="SPAM"):
        session.get("/pins/1")


def test_a_call_that_waits_for_another_try_can_be_given_up(script):
    session = ApiSession(f"{script.url}/v5", TOKEN, user_agent="x")
    script.plays(Answer({}, 429, {"retry-after": "100"}))
    began = time.monotonic()
    threading.Timer(0.2, session.give_up).start()
    with pytest.raises(Unreachable, match="interrupted"):
        session.get("/pins/1")
    session.close()
    assert time.monotonic() - began < 20
    assert len(script.seen) == 1


def test_every_try_is_counted_and_none_is_made_beyond_the_budget(script, waits):
    class Two:
        left = 2

        def spend(self) -> None:
            if not self.left:
                raise QuotaSpent("used up", NOW)
            self.left -= 1

        def require(self, calls: int) -> None:
            if calls > self.left:
                raise QuotaSpent("used up", NOW)

    session = ApiSession(f"{script.url}/v5", TOKEN, user_agent="x", sleep=waits.append, meter=Two())
    script.plays(Answer({}, 500))
    session.require(2)
    with pytest.raises(QuotaSpent):
        session.get("/pins/1")
    session.close()
    assert (len(script.seen), session.calls) == (2, 2)


def test_a_date_in_retry_after():
    assert wait_asked_for({"retry-after": "Thu, 01 Jan 2026 00:00:30 GMT"}, NOW) == 30


class Renewing:
    """Has one more token (port `Tokens`)."""

    def __init__(self) -> None:
        self.tokens = ["canary-first", "canary-second"]
        self.refused: list[str] = []

    def current(self) -> str:
        return self.tokens[0]

    def renewed(self, refused: str) -> str | None:
        self.refused.append(refused)
        if len(self.tokens) == 1:
            return None
        self.tokens.pop(0)
        return self.tokens[0]


@pytest.mark.parametrize(
    "ask", [lambda s: s.get("/pins/1"), lambda s: s.post("/pins", {}), lambda s: s.delete("/pins/1")]
)
def test_a_refused_token_is_renewed_and_the_request_sent_once_more(script, ask):
    tokens = Renewing()
    with closing(ApiSession(f"{script.url}/v5", tokens, user_agent="pinplan/test")) as session:
        script.plays(Answer({"code": 2, "message": "Authentication failed."}, 401), Answer({"id": "1"}))
        ask(session)
        assert [headers["authorization"] for _, _, headers in script.seen] == [
            "Bearer canary-first",
            "Bearer canary-second",
        ]
        script.plays(Answer({"code": 2, "message": "no canary-second"}, 401))
        with pytest.raises(TokenRefused) as caught:
            ask(session)
    assert tokens.refused == ["canary-first", "canary-second"]
    assert len(script.seen) == 3
    assert "canary" not in str(caught.value)


def test_a_missing_scope_is_no_reason_to_renew(script):
    tokens = Renewing()
    with closing(ApiSession(f"{script.url}/v5", tokens, user_agent="pinplan/test")) as session:
        script.plays(Answer({"code": 3, "message": "insufficient"}, 401))
        with pytest.raises(PermissionMissing):
            session.get("/pins/1")
    assert tokens.refused == []
