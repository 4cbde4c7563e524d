"""Signing in: the question, the one answer, and every way in which it goes wrong."""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from pinplan.auth import login as login_module
from pinplan.auth.login import AuthRequest, Callback, SignIn, authorize_page, code_of, from_pasted, listening
from pinplan.auth.renewal import token_in_file
from pinplan.config import Store
from pinplan.errors import ConfigError, SignInEnded, SignInFailed, UnexpectedAnswer
from pinplan.model.scopes import KNOWN, missing_for, scopes_problem, wanted
from pinplan.model.tokens import App
from pinplan.pinterest.ratelimit import tier_of
from pinplan.pinterest.token_endpoint import ApiTokenEndpoint, _clock_ahead
from pinplan.sandbox import Sandbox, default_world
from tests.pinterest.conftest import Answer, script  # noqa: F401 - a fixture
from tests.signin_fakes import APP, SCOPES, Clock, Server, Warnings, profile_in


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


# -- the answer ------------------------------------------------------------------------------------------------------


def test_only_the_right_state_is_let_in():
    assert code_of(Callback(code="c", state="s"), "s") == "c"
    assert code_of(from_pasted("c0de"), "s") == "c0de"
    for wrong in ("", "S", "s "):
        with pytest.raises(SignInFailed, match="state mismatch"):
            code_of(Callback(code="c", state=wrong), "s")
    with pytest.raises(SignInFailed, match="state mismatch"):
        code_of(Callback(error="access_denied", state="x"), "s")


def test_a_no_is_told_as_a_no():
    with pytest.raises(SignInFailed, match="consent was denied"):
        code_of(Callback(error="access_denied", state="s"), "s")
    with pytest.raises(SignInFailed, match="'invalid_scope'"):
        code_of(Callback(error="invalid_scope", state="s"), "s")


@pytest.mark.parametrize(
    "text",
    [
        "http://localhost:8085/?code=c0de&state=s\n",
        " 'http://localhost:8085/?state=s&code=c0de#_' ",
        "?code=c0de&state=s",
        "code=c0de&state=s",
        "localhost:8085/?code=c0de&state=s",
    ],
)
def test_what_people_paste_is_understood(text):
    assert code_of(from_pasted(text), "s") == "c0de"


@given(st.text(max_size=60))
def test_nothing_that_is_pasted_does_harm(text):
    try:
        answer = from_pasted(text)
    except SignInFailed:
        return
    assert answer.code or answer.error
    assert repr(answer) == "<Callback>"


def test_the_page_is_pinterests_own_for_its_own_apis_and_the_servers_for_any_other():
    assert authorize_page("https://api.pinterest.com/v5") == "https://www.pinterest.com/oauth/"
    assert authorize_page("https://api-sandbox.pinterest.com/v5") == "https://www.pinterest.com/oauth/"
    assert authorize_page("http://127.0.0.1:8123/v5") == "http://127.0.0.1:8123/oauth/"


# -- the listener ----------------------------------------------------------------------------------------------------


def test_one_answer_is_taken_and_everything_else_is_not_there():
    port = free_port()
    with listening(port) as listener:
        base = f"http://127.0.0.1:{port}"

        def status(path: str, **headers: str) -> int:
            return requests.get(base + path, headers=headers, timeout=5).status_code

        assert [status(path) for path in ("/", "/favicon.ico", "/x?code=1&state=2", "/?state=2")] == [404] * 4
        assert status("/?code=1&state=2", Host="evil.example") == 404
        assert status("/?code=1&state=2", Host=f"localhost:{port + 1}") == 404
        assert requests.post(f"{base}/?code=1&state=2", timeout=5).status_code == 501
        good = requests.get(f"{base}/?code=c0de&state=s", timeout=5)
        assert (good.status_code, "c0de" in good.text) == (200, False)
        assert "default-src 'none'" in good.headers["content-security-policy"]
        assert status("/?code=other&state=s") == 404
        assert code_of(listener.wait(1), "s") == "c0de"
    with pytest.raises(requests.ConnectionError):
        status("/")


def test_it_listens_on_loopback_only():
    port = free_port()
    with listening(port), socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
        one.bind(("127.0.0.2", port))  # would be taken, were all addresses listened on
        assert one.getsockname() == ("127.0.0.2", port)


def test_it_listens_on_the_other_loopback_address_too():
    port = free_port()
    with listening(port) as listener:
        try:
            answer = requests.get(f"http://[::1]:{port}/?code=c&state=s", timeout=5)
        except requests.ConnectionError:
            pytest.skip("no IPv6 here")
        assert answer.status_code == 200
        assert listener.wait(1).code == "c"


def test_somebody_who_says_nothing_keeps_nobody_waiting():
    port = free_port()
    with listening(port) as listener, socket.create_connection(("127.0.0.1", port)):
        assert requests.get(f"http://127.0.0.1:{port}/?code=c&state=s", timeout=5).status_code == 200
        assert listener.wait(1).code == "c"


def test_a_port_that_is_taken_and_silence_are_told():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        one.listen()
        port = one.getsockname()[1]
        with (
            pytest.raises(
                SignInFailed, match=f"port {port} is in use by another program; choose another one with --port"
            ),
            listening(port),
        ):
            pass
    with listening(free_port()) as listener, pytest.raises(SignInFailed, match="no redirect to port"):
        listener.wait(0.05)


# -- the whole -------------------------------------------------------------------------------------------------------


def signing_in(tmp_path: Path, sandbox: Sandbox, app: App | None = None) -> SignIn:
    from pinplan.wiring.access import SystemClock

    endpoint = ApiTokenEndpoint(sandbox.url, user_agent="pinplan/test", sleep=lambda _: None)
    app = app or App(id=sandbox.settings.app.id, secret=sandbox.settings.app.secret)
    return SignIn(app, profile_in(tmp_path, api=sandbox.url), endpoint, SystemClock())


def approve(address: str, answer: str = "1") -> str:
    location: str = requests.get(f"{address}&approve={answer}", allow_redirects=False, timeout=10).headers["location"]
    return location


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(default_world()) as running:
        yield running


def test_by_browser(tmp_path, sandbox, monkeypatch):
    monkeypatch.setattr(login_module, "_open_browser", lambda _: True)
    asked = AuthRequest(scopes=SCOPES, port=free_port(), seconds=10)
    sign_in = signing_in(tmp_path, sandbox)

    def browser(address: str, _opened: bool) -> None:
        query = parse_qs(urlsplit(address).query)
        assert query["scope"] == [",".join(SCOPES)]
        assert query["redirect_uri"] == [f"http://localhost:{asked.port}/"]
        assert len(query["state"][0]) >= 40
        place = approve(address).replace("localhost", "127.0.0.1")
        threading.Thread(target=requests.get, args=(place,), kwargs={"timeout": 10}).start()

    code = sign_in.by_browser(asked, browser)
    warn = Warnings()
    held = sign_in.finish(asked, code, Store.FILE, lambda _: ("1", "somebody"), warn)
    assert (held.scopes, held.username, warn) == (SCOPES, "somebody", [])
    assert profile_in(tmp_path, api=sandbox.url).read() == held
    with pytest.raises(SignInFailed, match="does not accept the code"):
        sign_in.finish(asked, code, Store.FILE, lambda _: ("1", ""), warn)
    assert profile_in(tmp_path, api=sandbox.url).read() == held


def test_by_hand_and_denied(tmp_path, sandbox):
    asked = AuthRequest(scopes=SCOPES, port=8085)
    sign_in = signing_in(tmp_path, sandbox)
    assert len(sign_in.by_hand(asked, approve)) > 10
    with pytest.raises(SignInFailed, match="consent was denied"):
        sign_in.by_hand(asked, lambda address: approve(address, "0"))
    with pytest.raises(SignInFailed, match="not a code"):
        sign_in.by_hand(asked, lambda _: "")


def test_a_wrong_secret_is_told_as_such_and_never_shown(tmp_path, sandbox):
    sign_in = signing_in(tmp_path, sandbox, App(id=sandbox.settings.app.id, secret="canary-secret"))
    code = sign_in.by_hand(asked := AuthRequest(scopes=SCOPES, port=8085), approve)
    with pytest.raises(SignInFailed, match="does not accept the app's id and secret") as caught:
        sign_in.finish(asked, code, Store.FILE, lambda _: ("", ""), Warnings())
    assert caught.value.__cause__ is None
    assert "canary" not in str(caught.value)


def test_an_account_that_cannot_be_asked_for_does_not_cost_the_sign_in(tmp_path):
    clock = Clock()
    server, warn = Server(clock), Warnings()
    profile = profile_in(tmp_path)
    sign_in = SignIn(APP, profile, server, clock)

    def whose(_: str) -> tuple[str, str]:
        raise UnexpectedAnswer("GET /user_account: not JSON")

    held = sign_in.finish(AuthRequest(scopes=SCOPES, port=8085), "canary-code", Store.AUTO, whose, warn)
    assert profile.read() == held
    assert len(warn) == 1


# -- the token endpoint ----------------------------------------------------------------------------------------------


def test_what_is_sent_to_the_token_endpoint(script):  # noqa: F811 - the fixture
    endpoint = ApiTokenEndpoint(f"{script.url}/v5", user_agent="pinplan/test")
    script.plays(
        Answer({"access_token": "a", "token_type": "bearer", "expires_in": 60, "scope": "pins:read,boards:read"})
    )
    granted = endpoint.redeem(APP, "c", "http://localhost:8085/")
    assert (granted.scopes, granted.lives, granted.refresh_token) == (("boards:read", "pins:read"), 60, "")
    method, path, headers = script.seen[0]
    assert (method, path) == ("POST", "/v5/oauth/token")
    assert headers["authorization"].startswith("Basic ")
    assert headers["content-type"] == "application/x-www-form-urlencoded"


def test_faults_that_pass_are_tried_again_and_refusals_show_no_secret(script):  # noqa: F811 - the fixture
    endpoint = ApiTokenEndpoint(f"{script.url}/v5", user_agent="pinplan/test", sleep=lambda _: None)
    script.plays(Answer({}, 503), Answer(hang_up=True), Answer({"access_token": "a"}))
    assert endpoint.renew(APP, "canary-refresh").access_token == "a"
    script.plays(Answer({"code": 283, "message": "bad canary-refresh of canary-secret"}, 400))
    with pytest.raises(SignInEnded) as caught:
        endpoint.renew(APP, "canary-refresh")
    assert "canary" not in str(caught.value)
    script.plays(Answer({}, 302, {"location": "http://127.0.0.1:1/"}))
    with pytest.raises(UnexpectedAnswer, match="redirect"):
        endpoint.renew(APP, "canary-refresh")
    for body in (b"<html>", {"token": "canary"}):
        script.plays(Answer(body))
        with pytest.raises(UnexpectedAnswer, match="without an access token"):
            endpoint.renew(APP, "canary-refresh")


def test_a_clock_that_is_wrong_is_told(tmp_path):
    clock = Clock()
    server, warn = Server(clock), Warnings()
    server.clock_ahead = -3600.0
    sign_in = SignIn(APP, profile_in(tmp_path), server, clock)
    sign_in.finish(AuthRequest(scopes=SCOPES, port=8085), "canary-code", Store.FILE, lambda _: ("1", "x"), warn)
    assert warn == ["the system clock is 60 minutes behind Pinterest's; correct it, or the days left will be wrong"]


@given(st.text(max_size=40))
def test_any_date_header_will_do(text):
    answer = requests.Response()
    answer.headers["date"] = text
    assert isinstance(_clock_ahead(answer), float)
    answer.headers["date"] = "Wed, 01 Jan 2020 00:00:00 GMT"
    assert _clock_ahead(answer) > 86_400


@pytest.mark.parametrize("url", ["http://api.pinterest.com/v5", "http://10.0.0.1/v5", "ftp://127.0.0.1/v5"])
@pytest.mark.promise("I27")
def test_no_secret_is_sent_in_the_clear(url):
    with pytest.raises(ConfigError, match=r"network\.api_url = .*unencrypted"):
        ApiTokenEndpoint(url, user_agent="pinplan/test")


# -- scopes, tiers, token files --------------------------------------------------------------------------------------


def test_reading_is_asked_for_and_more_only_when_it_is_wanted():
    assert wanted() == ("user_accounts:read", "boards:read", "pins:read")
    assert set(wanted(write=True)) - set(wanted()) == {"boards:write", "pins:write"}
    assert set(wanted(secret=True)) - set(wanted()) == {"boards:read_secret", "pins:read_secret"}
    assert set(wanted(write=True, secret=True)) == set(KNOWN[:9])
    lacking = {name: missing for name, missing in missing_for(wanted()) if missing}
    assert "read boards and pins" not in lacking
    assert lacking["read secret boards"] == ("boards:read_secret", "pins:read_secret")
    assert not [missing for _, missing in missing_for(KNOWN) if missing]
    assert scopes_problem(["board:read"]) == "unknown scope 'board:read'; did you mean boards:read?"


def test_the_scopes_are_those_that_the_sandbox_knows():
    from pinplan.sandbox.rules import KNOWN_SCOPES

    assert set(KNOWN) == KNOWN_SCOPES


@pytest.mark.parametrize(
    ("header", "tier"),
    [
        ('1000, 1000;w=86400;name="universal_app_id"', "trial"),
        ('100, 100;w=1;name="safety_net_app_id_user_id", 1000;w=60;name="org_read_app_id_user_id"', "standard"),
        ("1000", ""),
        ("", ""),
    ],
)
def test_the_tier_is_told_by_the_windows_of_the_limits(header, tier):
    assert tier_of(header) == tier


def test_a_token_in_a_file(tmp_path):
    path, warn = tmp_path / "token", Warnings()
    path.write_text("canary-token\n")
    path.chmod(0o600)
    assert (token_in_file(path, warn), warn) == ("canary-token", [])
    path.chmod(0o644)
    assert token_in_file(path, warn) == "canary-token"
    assert "chmod 600" in warn[0]
    for content, words in (
        (b"\n", "empty; expected"),
        (b"canary token", "no access token has"),
        (b"\xff\xfe", "no access token has"),
    ):
        path.write_bytes(content)
        with pytest.raises(ConfigError, match=words) as caught:
            token_in_file(path, warn)
        assert "canary" not in str(caught.value)
    for missing in (tmp_path / "nothing", tmp_path):
        with pytest.raises(ConfigError, match="cannot be read"):
            token_in_file(missing, warn)
