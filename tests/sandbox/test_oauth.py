"""Signing in to the sandbox: the page of consent, the three grants, what expires and what is good once only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from pinplan.errors import ConfigError
from pinplan.sandbox import App, Clock, Consent, Lifetimes, Sandbox, Settings, default_world, read_settings

BACK = "http://localhost:8085/"
READ = "boards:read,pins:read,user_accounts:read"
APP = ("1500000", "sandbox-secret")


class Browser:
    """Follows nothing by itself."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.asked = {
            "client_id": APP[0], "redirect_uri": BACK, "response_type": "code", "scope": READ, "state": "s&1",
        }  # fmt: skip

    def page(self, method: str = "GET", data: Any = None, **changes: Any) -> requests.Response:
        query = {key: value for key, value in (self.asked | changes).items() if value is not None}
        return requests.request(
            method, self.sandbox.authorize_url, params=query, data=data, allow_redirects=False, timeout=10
        )

    def sent_back(self, answer: requests.Response) -> dict[str, str]:
        assert answer.status_code == 302, answer.text
        place = urlsplit(answer.headers["location"])
        return {key: values[0] for key, values in parse_qs(place.query, strict_parsing=True).items()}

    def code(self, **changes: Any) -> str:
        return self.sent_back(self.page(approve="1", **changes))["code"]

    def token(self, status: int = 200, auth: Any = APP, **form: Any) -> dict[str, Any]:
        answer = requests.post(f"{self.sandbox.url}/oauth/token", data=form, auth=auth, timeout=10)
        assert answer.status_code == status, answer.text
        said: dict[str, Any] = answer.json()
        return said

    def redeemed(self, status: int = 200, **changes: Any) -> dict[str, Any]:
        return self.token(status, grant_type="authorization_code", redirect_uri=BACK, code=self.code(), **changes)

    def refreshed(self, refresh_token: str, status: int = 200, **form: Any) -> dict[str, Any]:
        return self.token(status, grant_type="refresh_token", refresh_token=refresh_token, **form)

    def call(self, token: str, path: str = "/boards", method: str = "GET", **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}"}
        return requests.request(method, self.sandbox.url + path, headers=headers, timeout=10, **options)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Sandbox(default_world()) as sandbox:
        yield Browser(sandbox)


def test_the_page_names_the_app_the_account_and_the_scopes(browser):
    answer = browser.page(scope=READ, state="<script>alert(1)</script>")
    assert answer.status_code == 200
    for word in ("Your app", "demo_collector", *READ.split(","), "Allow", "Deny", BACK):
        assert word in answer.text
    assert "<script>" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_allow_gives_a_code_and_deny_an_error_both_with_the_state(browser, method):
    for said, key in (("1", "code"), ("0", "error")):
        options = {"data": {"approve": said}} if method == "POST" else {"approve": said}
        answer = browser.sent_back(browser.page(method, **options))
        assert set(answer) == {key, "state"}
        assert answer["state"] == "s&1"
        assert key == "code" or answer["error"] == "access_denied"


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "2"}, {"client_id": None}, {"redirect_uri": "http://example.org/"}, {"redirect_uri": None},
        {"redirect_uri": "http://localhost.example.org/"}, {"redirect_uri": "javascript:alert(1)"}, {"redirect_uri": "http://[::1"},
    ],
)  # fmt: skip
def test_nobody_is_sent_to_an_address_that_no_app_registered(browser, changes):
    answer = browser.page(approve="1", **changes)
    assert answer.status_code == 400
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"scope": "boards:reed"}, "invalid_scope"), ({"scope": None}, "invalid_scope"), ({"scope": ","}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"), ({"response_type": None}, "unsupported_response_type"),
    ],
)  # fmt: skip
def test_a_wrong_question_is_answered_to_the_app(browser, changes, error):
    assert browser.sent_back(browser.page(approve="1", **changes)) == {"error": error, "state": "s&1"}


def test_the_quickstarts_way_of_asking_works(browser):
    answer = browser.page(client_id=None, consumer_id=APP[0], refreshable="True", state=None, approve="true")
    assert set(browser.sent_back(answer)) == {"code"}


def test_an_address_keeps_its_own_query(browser):
    answer = browser.page(redirect_uri=f"{BACK}back?a=1&b=", approve="1", state=None)
    assert answer.headers["location"].startswith(f"{BACK}back?a=1&b=&code=")


def test_a_code_becomes_tokens_once(browser):
    code = browser.code()
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "continuous_refresh": "true"}
    got = browser.token(**form)
    assert got["response_type"] == "authorization_code"
    assert got["token_type"] == "bearer"
    assert set(got["scope"].split(" ")) == set(READ.split(","))
    assert got["expires_in"] == 30 * 86_400
    assert got["refresh_token_expires_in"] == 60 * 86_400
    assert got["access_token"].startswith("pina_")
    assert browser.call(got["access_token"]).status_code == 200
    assert browser.token(401, **form)["code"] == 283


def test_a_code_belongs_to_its_address_and_a_wrong_try_uses_it_up(browser):
    code = browser.code()
    other = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK + "other"}
    assert browser.token(401, **other) == {"code": 283, "message": "The authorization grant is invalid"}
    browser.token(401, **(other | {"redirect_uri": BACK}))


def test_a_refresh_token_is_good_once_and_the_chain_goes_on(browser):
    first = browser.redeemed()
    second = browser.refreshed(first["refresh_token"])
    assert second["response_type"] == "refresh_token"
    assert second["refresh_token"] != first["refresh_token"]
    assert browser.refreshed(first["refresh_token"], 401)["code"] == 283
    third = browser.refreshed(second["refresh_token"], scope="boards:read")
    assert third["scope"] == "boards:read"
    assert browser.call(third["access_token"]).status_code == 200
    assert browser.call(third["access_token"], "/user_account").status_code == 401


def test_a_refresh_cannot_widen_the_scopes_and_does_not_cost_the_token(browser):
    got = browser.redeemed()
    assert browser.refreshed(got["refresh_token"], 400, scope="boards:write")["code"] == 1
    browser.refreshed(got["refresh_token"])


def test_client_credentials_may_do_what_the_description_says(browser):
    scopes = "boards:read,boards:write,pins:read,pins:write"
    got = browser.token(grant_type="client_credentials", scope=scopes)
    assert "refresh_token" not in got
    assert got["response_type"] == "client_credentials"
    token = got["access_token"]
    board = browser.call(token, method="POST", json={"name": "Of the app"})
    assert board.status_code == 201
    section = browser.call(token, f"/boards/{board.json()['id']}/sections", "POST", json={"name": "New"})
    assert (section.status_code, section.json()["code"]) == (401, 3)
    assert browser.call(token, f"/boards/{board.json()['id']}", "DELETE").status_code == 401


@pytest.mark.parametrize(
    ("form", "auth", "status", "code"),
    [
        ({"grant_type": "refresh_token", "refresh_token": "x"}, None, 401, 2),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, (APP[0], "wrong"), 401, 2),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, APP, 401, 283),
        ({"grant_type": "refresh_token"}, APP, 400, 1),
        ({"grant_type": "authorization_code", "code": "x"}, APP, 400, 1),
        ({"grant_type": "client_credentials"}, APP, 400, 1),
        ({"grant_type": "client_credentials", "scope": "boards:reed"}, APP, 400, 1),
        ({"grant_type": "password"}, APP, 400, 1),
        ({}, APP, 400, 1),
    ],
)
def test_bad_token_requests_are_refused_with_code_and_message(browser, form, auth, status, code):
    answer = browser.token(status, auth, **form)
    assert set(answer) == {"code", "message"}
    assert answer["code"] == code


def test_a_json_body_is_no_form(browser):
    answer = requests.post(f"{browser.sandbox.url}/oauth/token", json={"grant_type": "x"}, auth=APP, timeout=10)
    assert (answer.status_code, answer.json()["code"]) == (400, 1)


def test_revoking_is_for_system_users_only(browser):
    answer = requests.post(f"{browser.sandbox.url}/oauth/token/revoke", data={"token": "x"}, auth=APP, timeout=10)
    assert (answer.status_code, answer.json()["code"]) == (403, 29)


# -- time, settings --------------------------------------------------------------------------------------------------


def test_tokens_expire_as_they_were_told_to():
    settings = Settings(consent=Consent.ALLOW, lifetimes=Lifetimes(code=10, access=100, refresh=1000))
    with Sandbox(default_world(), settings=settings, clock=Clock(lambda: 5000.0)) as sandbox:
        browser = Browser(sandbox)
        control = sandbox.url.removesuffix("/v5") + "/_sandbox"

        def later(seconds: float) -> None:
            answer = requests.post(f"{control}/clock", json={"advance": seconds}, timeout=10)
            assert answer.json() == {"now": sandbox.clock.now(), "ahead": sandbox.clock.ahead}

        late = browser.sent_back(browser.page())["code"]
        later(10)
        browser.token(401, grant_type="authorization_code", redirect_uri=BACK, code=late)
        got = browser.redeemed()
        assert got["refresh_token_expires_at"] == 5000 + 10 + 1000
        later(99.5)
        assert browser.call(got["access_token"]).status_code == 200
        later(0.5)
        assert browser.call(got["access_token"]).json() == {"code": 2, "message": "Authentication failed."}
        renewed = browser.refreshed(got["refresh_token"])
        later(1000)
        browser.refreshed(renewed["refresh_token"], 401)
        assert browser.call(sandbox.token).status_code == 200


def test_tokens_can_be_revoked_from_outside(browser):
    got = browser.redeemed()
    answer = requests.delete(browser.sandbox.url.removesuffix("/v5") + "/_sandbox/tokens", timeout=10)
    assert answer.json() == {"revoked": True}
    assert browser.call(got["access_token"]).status_code == 401
    browser.refreshed(got["refresh_token"], 401)


@pytest.mark.parametrize(
    "body", [b"", b"{}", b'{"advance": -1}', b'{"advance": "1"}', b'{"advance": 1, "b": 2}', b"[1]"]
)
def test_time_does_not_go_back(browser, body):
    before = browser.sandbox.clock.ahead
    answer = requests.post(browser.sandbox.url.removesuffix("/v5") + "/_sandbox/clock", data=body, timeout=10)
    assert answer.status_code == 400
    assert browser.sandbox.clock.ahead == before


def test_consent_can_be_denied_by_itself_and_addresses_compared_letter_by_letter():
    app = App(id="77", secret="s:1", redirect_uris=("https://example.org/back",))
    with Sandbox(default_world(), settings=Settings(app=app, consent=Consent.DENY)) as sandbox:
        browser = Browser(sandbox)
        browser.asked |= {"client_id": "77", "redirect_uri": "https://example.org/back"}
        assert browser.sent_back(browser.page())["error"] == "access_denied"
        assert browser.page(redirect_uri="https://example.org/back/").status_code == 400
        assert browser.page(redirect_uri=BACK).status_code == 400
        code = browser.code()
        form: dict[str, Any] = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": "https://example.org/back",
        }
        assert browser.token(auth=("77", "s:1"), **form)["access_token"]


def test_words_that_are_not_known_are_named_with_the_nearest():
    with pytest.raises(ConfigError) as caught:
        read_settings(app=App(id=""), scopes="boards:read,pins:reed", consent="alow", lifetimes=Lifetimes())
    assert [problem.partition(":")[0] for problem in caught.value.problems] == ["--app-id", "--scopes", "--consent"]
    assert "did you mean pins:read?" in str(caught.value)
    assert "did you mean allow?" in str(caught.value)
