"""Every request that pinplan sends and every answer that the sandbox gives is as Pinterest's own API description says."""

from __future__ import annotations

import base64
import io
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import requests
from PIL import Image

from pinplan.cli.demo_story import run_demo
from pinplan.render.rows import Screen
from pinplan.sandbox import Limits, Sandbox, Settings, Tier, default_world
from pinplan.sandbox.operations import OPERATIONS
from pinplan.sandbox.rules import KNOWN_SCOPES, RULES
from tests.description import Judge, description, needs_description, operations, recorded

pytestmark = needs_description
APP = ("1500000", "sandbox-secret")


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge()


class Everything:
    """Calls every operation, well and badly."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.token = sandbox.token

    def call(self, method: str, path: str, status: int, **options: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = requests.request(method, self.sandbox.url + path, headers=headers, timeout=10, **options)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def tokens(self, status: int = 200, auth: Any = APP, path: str = "/oauth/token", **form: Any) -> Any:
        answer = requests.post(self.sandbox.url + path, data=form, auth=auth, timeout=10)
        assert answer.status_code == status, answer.text
        return answer.json()

    def sign_in(self) -> None:
        back = "http://localhost:8085/"
        code = self.sandbox.tokens.new_code(back, KNOWN_SCOPES)
        form: dict[str, Any] = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "continuous_refresh": "true",
        }
        got = self.tokens(**form)
        self.tokens(401, **form)
        renewed = self.tokens(grant_type="refresh_token", refresh_token=got["refresh_token"])
        self.tokens(grant_type="client_credentials", scope="boards:read,pins:read")
        self.tokens(400, grant_type="client_credentials", scope="nonsense")
        self.tokens(403, path="/oauth/token/revoke", token="x")
        self.tokens(401, auth=None, path="/oauth/token/revoke", token="x")
        self.token = renewed["access_token"]

    def look(self) -> None:
        self.call("GET", "/user_account?ad_account_id=549755885175", 200)
        board = self.sandbox.world.board_named("Animals 動物")
        section = next(iter(board.sections))
        art = self.sandbox.world.board_named("🎨 Art & Ideas")
        for path in (
            "/boards?page_size=3", "/boards?privacy=SECRET", f"/boards/{board.id}", f"/boards/{board.id}/pins?page_size=5",
            f"/boards/{art.id}/pins?page_size=250&creative_types=CAROUSEL&creative_types=VIDEO&pin_metrics=true",
            f"/boards/{board.id}/sections", f"/boards/{board.id}/sections/{section}/pins",
            "/pins?page_size=250&pin_filter=exclude_repins&include_protected_pins=true&pin_type=PRIVATE", "/pins?page_size=250",
            f"/pins/{board.pins[0].id}?pin_metrics=true", "/media", "/media?page_size=1",
        ):  # fmt: skip
            self.call("GET", path, 200)
        for path in (
            "/boards/1", "/boards/1/pins", f"/boards/{board.id}/sections/1/pins", "/boards/1/sections", "/pins/1", "/media/1",
        ):  # fmt: skip
            self.call("GET", path, 404)
        self.call("GET", "/boards?page_size=0", 400)

    def change_boards(self) -> str:
        made = self.call("POST", "/boards", 201, json={"name": "New", "description": None, "privacy": "SECRET"})
        self.call("POST", "/boards", 400, json={"name": "New"})
        ads = self.call("POST", "/boards", 201, json={"name": "x", "is_ads_only": True})
        self.call("PATCH", f"/boards/{ads['id']}", 200, json={"description": "protected"})
        self.call("DELETE", f"/boards/{ads['id']}", 204)
        self.call("DELETE", f"/boards/{ads['id']}", 404)
        board: str = made["id"]
        self.call("PATCH", f"/boards/{board}", 200, json={"name": "Newer", "privacy": "PUBLIC"})
        section = self.call("POST", f"/boards/{board}/sections", 201, json={"name": "Part"})["id"]
        self.call("POST", f"/boards/{board}/sections", 409, json={"name": "Part"})
        self.call("PATCH", f"/boards/{board}/sections/{section}", 200, json={"name": "Other part"})
        self.call("DELETE", f"/boards/{board}/sections/{section}", 204)
        self.call("DELETE", f"/boards/{board}/sections/{section}", 404)
        return board

    def change_pins(self, board: str) -> None:
        url = {"url": "https://example.org/1.jpg"}
        out = io.BytesIO()
        Image.new("RGB", (200, 200), "red").save(out, "PNG")
        data = {"content_type": "image/png", "data": base64.b64encode(out.getvalue()).decode()}
        sources: list[dict[str, Any]] = [
            {"source_type": "image_url", **url}, {"source_type": "image_base64", **data},
            {"source_type": "multiple_image_urls", "items": [url, url]},
            {"source_type": "multiple_image_base64", "items": [data, data], "index": 0},
            {"source_type": "video_id", "media_id": self.video(), "cover_image_key_frame_time": 1},
        ]  # fmt: skip
        bodies = [{"board_id": board, "title": "T", "media_source": source} for source in sources]
        pin = [self.call("POST", "/pins", 201, json=body)["id"] for body in bodies][-1]
        self.call("GET", f"/boards/{board}/pins", 200)
        self.call("POST", "/pins", 404, json={"board_id": "1", "media_source": sources[0]})
        self.call("POST", "/pins", 401, json={"board_id": board, "media_source": {"source_type": "pin_url"}})
        self.call("PATCH", f"/pins/{pin}", 200, json={"title": "New", "link": None, "board_section_id": None})
        self.call("POST", f"/pins/{pin}/save", 201, json={"board_id": board})
        self.call("POST", "/pins/1/save", 404, json={"board_id": board})
        self.call("DELETE", f"/pins/{pin}", 204)
        self.call("DELETE", f"/pins/{pin}", 404)
        self.call("DELETE", f"/boards/{board}", 204)

    def video(self) -> str:
        registered = self.call("POST", "/media", 201, json={"media_type": "video"})
        answer = requests.post(
            registered["upload_url"],
            data=registered["upload_parameters"],
            files={"file": b"\x00\x00\x00\x18ftypmp42"},
            timeout=10,
        )
        assert answer.status_code == 204
        for status in ("processing", "processing", "succeeded"):
            assert self.call("GET", f"/media/{registered['media_id']}", 200)["status"] == status
        media_id: str = registered["media_id"]
        return media_id


class Refused:
    """Calls of those who are refused."""

    def exchange(self) -> None:
        with Sandbox(default_world(), settings=Settings(tier=Tier.TRIAL, limits=Limits(per_day=2))) as sandbox:
            user = Everything(sandbox)
            user.call("POST", "/pins", 403, json={})
            user.call("GET", "/pins", 200)
            user.call("GET", "/boards", 429)
            user.token = "wrong"
            user.call("GET", "/boards", 401)
        with Sandbox(default_world(), settings=Settings(scopes=frozenset({"boards:read"}))) as sandbox:
            Everything(sandbox).call("GET", "/pins", 401)


@pytest.fixture(scope="module")
def exchanges() -> list[requests.Response]:
    """Every operation with each of its outcomes."""
    with recorded() as noted:
        with Sandbox(default_world(every_shape=True)) as sandbox:
            everything = Everything(sandbox)
            everything.sign_in()
            everything.look()
            everything.change_pins(everything.change_boards())
        Refused().exchange()
    return noted


class Quiet:
    """Listens to the demo and says nothing."""

    def say(self, text: str = "", style: str = "") -> None: ...
    def lines(self, lines: object) -> None: ...
    def event(self, event: object) -> None: ...
    def finish(self) -> None: ...

    @property
    def screen(self) -> Screen:
        return Screen()


def test_every_answer_of_every_operation_is_as_described(judge, exchanges):
    assert {judge.operation(one) for one in exchanges} == set(operations())
    problems = [f"{one.request.method} {one.url}: {judge.answer_problem(one)}" for one in exchanges]
    assert [problem for problem in problems if not problem.endswith(": ")] == []
    assert {one.status_code for one in exchanges} >= {200, 201, 204, 400, 401, 403, 404, 409, 429}


def test_the_variants_of_tokens_are_as_described(judge, exchanges):
    from openapi_schema_validator import OAS30Validator

    # The description only has a discriminator for them, without oneOf: a validator would look at the common part alone.
    components = description()["components"]
    mapping = components["schemas"]["OauthAccessTokenResponse"]["discriminator"]["mapping"]
    seen = Counter[str]()
    for one in exchanges:
        if judge.operation(one) == "oauth/token" and one.status_code == 200:
            kind = one.json()["response_type"]
            OAS30Validator({"$ref": mapping[kind], "components": components}).validate(one.json())
            seen[kind] += 1
    assert seen == {"authorization_code": 1, "refresh_token": 1, "client_credentials": 1}


def test_what_pinplan_asks_and_is_told_in_the_whole_demo_is_as_described(judge, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("PINPLAN_ACCESS_TOKEN", "sandbox")
    with recorded() as noted:
        run_demo(Quiet(), tmp_path / "demo")
    asked = Counter(judge.operation(one) for one in noted)
    assert "" not in asked
    assert {"user_account/get", "boards/list", "boards/list_pins", "pins/get", "pins/create", "pins/delete"} <= set(
        asked
    )
    problems = [
        f"{one.request.method} {one.url}: {found}"
        for one in noted
        for found in (judge.request_problem(one), judge.answer_problem(one))
        if found
    ]
    assert problems == []


def test_a_judge_that_finds_nothing_wrong_would_be_no_judge(judge, exchanges):
    pins = next(one for one in exchanges if judge.operation(one) == "pins/get" and one.status_code == 200)
    whole = pins.content
    for old, new in (
        (b'"creative_type":"REGULAR"', b'"creative_type":"OTHER"'), (b'"is_owner":true', b'"is_owner":null'),
        (b'"created_at":"2', b'"created_at":"x'), (b'"media_type":"image"', b'"media_type":"picture"'),
        (b'"alt_text"', b'"alt_txet"'), (b'"id":"', b'"id":5,"x":"'),
    ):  # fmt: skip
        assert old in whole
        pins._content = whole.replace(old, new, 1)
        assert judge.answer_problem(pins), new
    pins._content = whole
    assert not judge.answer_problem(pins)
    made = next(one for one in exchanges if judge.operation(one) == "pins/create" and one.status_code == 201)
    good = made.request.body
    for bad in (
        b'{"title":"%s"}' % (b"x" * 101),
        b'{"tilte":"T"}',
        b'{"board_id":7}',
        b'{"media_source":{"source_type":"x"}}',
    ):
        made.request.body = bad
        assert judge.request_problem(made), bad
    made.request.body = good
    assert not judge.request_problem(made)


def test_the_table_of_scopes_is_the_descriptions(judge):
    described = operations()
    assert set(RULES) == {name for name in described if not name.startswith(("oauth/", "token/"))}
    for name, rule in RULES.items():
        security = {kind: scopes for one in described[name][2]["security"] for kind, scopes in one.items()}
        assert sorted(rule.scopes) == sorted(security["pinterest_oauth2"])
        assert rule.own_app == ("client_credentials" in security)
        assert described[name][2].get("x-ratelimit-category", rule.category) == rule.category
    flows = description()["components"]["securitySchemes"]["pinterest_oauth2"]["flows"]
    assert set(flows["authorizationCode"]["scopes"]) == KNOWN_SCOPES
    assert {(one.name, one.method, one.path) for one in OPERATIONS} == {(name, *described[name][:2]) for name in RULES}
