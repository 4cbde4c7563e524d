"""What a token may do: every operation asks for its scopes, and secret boards stay secret without theirs."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from pinplan.sandbox import Sandbox, World, default_world
from pinplan.sandbox.context import Access
from pinplan.sandbox.operations import OPERATIONS
from pinplan.sandbox.pictures import Kind, Picture
from pinplan.sandbox.problems import ApiProblem
from pinplan.sandbox.rules import ALL_SCOPES, RULES

SECRET_SCOPES = {scope for scope in ALL_SCOPES if scope.endswith("_secret")}


class Visitor:
    """Calls with any scopes."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.secret = sandbox.world.board_named("Surprise party")
        self.pin = self.secret.pins[0]

    def call(self, method: str, path: str, scopes: set[str] | frozenset[str], **options: Any) -> requests.Response:
        token = self.sandbox.tokens.let_in(",".join(sorted(scopes)), frozenset(scopes))
        headers = {"Authorization": f"Bearer {token}"}
        return requests.request(method, self.sandbox.url + path, headers=headers, timeout=10, **options)

    def status(self, method: str, path: str, scopes: set[str] | frozenset[str], **options: Any) -> int:
        return self.call(method, path, scopes, **options).status_code


@pytest.fixture(scope="module")
def visitor() -> Iterator[Visitor]:
    world = default_world()
    world.create_section(world.board_named("Surprise party").id, "Hidden")
    with Sandbox(world) as sandbox:
        yield Visitor(sandbox)


def test_every_operation_has_a_rule():
    assert {one.name for one in OPERATIONS} <= set(RULES)


def test_each_missing_scope_is_one_too_few():
    for rule in RULES.values():
        Access(frozenset(rule.scopes)).follow(rule)
        for scope in rule.scopes:
            with pytest.raises(ApiProblem) as caught:
                Access(ALL_SCOPES - {scope}).follow(rule)
            assert (caught.value.status, caught.value.code) == (401, 3)
            assert caught.value.message.startswith("Your token does not have sufficient permissions")


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_no_operation_forgets_its_guard(visitor, operation):
    path = operation.path
    for key in ("board_id", "section_id", "pin_id", "media_id"):
        path = path.replace(f"{{{key}}}", "1")
    answer = visitor.call(operation.method, path, ALL_SCOPES - {RULES[operation.name].scopes[-1]}, json={})
    assert (answer.status_code, answer.json()["code"]) == (401, 3)


def test_secret_boards_vanish_from_listings_without_their_scope(visitor):
    seen = {
        scopes: visitor.call("GET", "/boards?page_size=250", ALL_SCOPES - set(scopes)).json()["items"]
        for scopes in ((), ("boards:read_secret",))
    }
    full, less = ({board["name"] for board in boards} for boards in seen.values())
    assert full - less == {"Surprise party"}
    pins = visitor.call("GET", "/pins?page_size=250", ALL_SCOPES - {"pins:read_secret"}).json()["items"]
    assert visitor.secret.id not in {pin["board_id"] for pin in pins}
    assert len(pins) == len(visitor.sandbox.world.pins) - len(visitor.secret.pins)


def test_secret_boards_are_read_only_with_the_scopes_for_it(visitor):
    board, pin = f"/boards/{visitor.secret.id}", f"/pins/{visitor.pin.id}"
    for path, scopes in (
        (board, {"boards:read_secret"}), (f"{board}/sections", {"boards:read_secret"}),
        (f"{board}/pins", {"boards:read_secret", "pins:read_secret"}), (pin, {"pins:read_secret"}),
    ):  # fmt: skip
        assert visitor.status("GET", path, (ALL_SCOPES - SECRET_SCOPES) | scopes) == 200
        for scope in scopes:
            answer = visitor.call("GET", path, ALL_SCOPES - {scope})
            assert (answer.status_code, answer.json()["code"]) == (401, 3)


def test_secret_boards_are_changed_only_with_the_scopes_for_it(visitor):
    world: World = visitor.sandbox.world
    board = f"/boards/{visitor.secret.id}"
    open_pin = world.board_named("con").pins[0].id
    section = next(iter(visitor.secret.sections))
    boards, pins = ALL_SCOPES - {"boards:write_secret"}, ALL_SCOPES - {"pins:write_secret"}
    before = [(pin.id, pin.title) for pin in visitor.secret.pins]
    for scopes, method, path, body in (
        (boards, "POST", "/boards", {"name": "Hidden", "privacy": "SECRET"}), (boards, "PATCH", board, {"name": "New"}),
        (boards, "PATCH", f"/boards/{world.board_named('con').id}", {"privacy": "SECRET"}), (boards, "DELETE", board, None),
        (boards, "POST", f"{board}/sections", {"name": "New"}), (boards, "PATCH", f"{board}/sections/{section}", {"name": "New"}),
        (boards, "DELETE", f"{board}/sections/{section}", None), (pins, "PATCH", f"/pins/{visitor.pin.id}", {"title": "New"}),
        (pins, "DELETE", f"/pins/{visitor.pin.id}", None), (pins, "PATCH", f"/pins/{open_pin}", {"board_id": visitor.secret.id}),
        (pins, "POST", f"/pins/{open_pin}/save", {"board_id": visitor.secret.id}), (pins, "POST", "/pins", {"board_id": visitor.secret.id}),
    ):  # fmt: skip
        answer = visitor.call(method, path, scopes, json=body)
        assert (answer.status_code, answer.json()["code"]) == (401, 3), (method, path)
    assert [(pin.id, pin.title) for pin in visitor.secret.pins] == before
    assert (visitor.secret.name, visitor.secret.sections[section].name) == ("Surprise party", "Hidden")


def test_the_fixed_token_can_be_narrowed():
    from pinplan.sandbox import Settings

    world = World()
    board = world.create_board("One")
    world.create_pin(board.id, (Picture(Kind.FLAT, 1, 100, 100),))
    with Sandbox(world, settings=Settings(scopes=frozenset({"boards:read"}))) as sandbox:
        headers = {"Authorization": f"Bearer {sandbox.token}"}
        for (method, path), status in zip(
            itertools.product(("GET", "POST"), ("/boards", "/pins")), (200, 401, 401, 401), strict=True
        ):
            assert requests.request(method, sandbox.url + path, headers=headers, timeout=10).status_code == status
