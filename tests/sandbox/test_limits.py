"""What an app is refused: calls beyond its quota, pins with Trial access, features that are not open to it; and listings that lag."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from pinplan.errors import ConfigError
from pinplan.sandbox import App, Clock, Limits, Sandbox, Settings, Tier, World, read_settings
from pinplan.sandbox.pictures import Kind, Picture
from pinplan.sandbox.quotas import Quotas
from pinplan.sandbox.rules import Category

TRIAL = (
    "Apps with Trial access may not create Pins in production https://api.pinterest.com - "
    "use API Sandbox https://api-sandbox.pinterest.com instead."
)


class Time:
    """Stands still until it is told."""

    def __init__(self) -> None:
        self.now = 1_000_000_000.0

    def __call__(self) -> float:
        return self.now


class Caller:
    """Calls."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def call(self, method: str, path: str, status: int, **options: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.sandbox.token}"}
        answer = requests.request(method, self.sandbox.url + path, headers=headers, timeout=10, **options)
        assert answer.status_code == status, answer.text
        self.headers = answer.headers
        return answer.json() if answer.content else None

    def ids(self, path: str) -> list[str]:
        return [item["id"] for item in self.call("GET", f"{path}?page_size=250", 200)["items"]]


def small_world() -> World:
    world = World()
    board = world.create_board("One")
    world.create_section(board.id, "First")
    for number in range(3):
        world.create_pin(board.id, (Picture(Kind.FLAT, number, 100, 100),))
    return world


# -- quotas ------------------------------------------------------------------------------------------------------------


@given(
    st.lists(st.tuples(st.sampled_from(Category), st.floats(0, 40))),
    st.integers(1, 5),
    st.integers(1, 20),
    st.integers(1, 40),
)
def test_no_window_ever_holds_more_calls_than_its_quota(calls, per_second, per_minute, per_day):
    time = Time()
    limits = Limits(per_second, per_minute, per_minute, per_day)
    quotas = Quotas(Tier.STANDARD, limits, Clock(time))
    passed: list[tuple[Category, float]] = []
    for category, pause in calls:
        time.now += pause
        standing = quotas.spend(category)
        if not standing.exceeded:
            passed.append((category, time.now))
        assert int(standing.headers["x-ratelimit-remaining"]) >= 0
        assert int(standing.headers["x-ratelimit-reset"]) > 0
    for window, most, kinds in (
        (1, per_second, set(Category)), (60, per_minute, {Category.READ}), (60, per_minute, {Category.WRITE}), (86_400, per_day, set(Category)),
    ):  # fmt: skip
        # The safety net counts reads and writes together, and so does the day.
        held = sorted(at // window for category, at in passed if category in kinds)
        assert all(len(list(group)) <= most for _, group in itertools.groupby(held))


def test_the_headers_are_structured_lists():
    with Sandbox(small_world(), clock=Clock(Time())) as sandbox:
        caller = Caller(sandbox)
        caller.call("GET", "/boards", 200)
        assert caller.headers["x-ratelimit-limit"] == (
            '100, 100;w=1;name="safety_net_app_id_user_id", 1000;w=60;name="org_read_app_id_user_id"'
        )
        assert (caller.headers["x-ratelimit-remaining"], caller.headers["x-ratelimit-reset"]) == ("99", "1")
        caller.call("POST", "/boards", 201, json={"name": "New"})
        assert '100;w=60;name="org_write_app_id_user_id"' in caller.headers["x-ratelimit-limit"]


def test_a_call_too_many_is_429_until_the_window_ends():
    time = Time()
    with Sandbox(small_world(), settings=Settings(limits=Limits(reads_per_minute=2)), clock=Clock(time)) as sandbox:
        caller = Caller(sandbox)
        for _ in range(2):
            caller.call("GET", "/boards", 200)
        assert caller.call("GET", "/boards", 429)["code"] == 8
        assert caller.headers["x-ratelimit-limit"].startswith("2, 100;w=1;")
        assert caller.headers["x-ratelimit-remaining"] == "0"
        assert int(caller.headers["x-ratelimit-reset"]) == 60 - time.now % 60
        assert "retry-after" not in caller.headers
        caller.call("POST", "/boards", 201, json={"name": "New"})
        sandbox.clock.advance(int(caller.headers["x-ratelimit-reset"]) + 60)
        caller.call("GET", "/boards", 200)


@pytest.mark.parametrize(("limits", "calls"), [(Limits(per_day=3), 3), (Limits(), 1000)])
def test_trial_access_has_its_calls_a_day(limits, calls):
    time = Time()
    quotas = Quotas(Tier.TRIAL, limits, Clock(time))
    spent = [quotas.spend(category) for category in itertools.islice(itertools.cycle(Category), calls)]
    assert not any(one.exceeded for one in spent)
    assert quotas.standing().headers["x-ratelimit-limit"] == f'{calls}, {calls};w=86400;name="universal_app_id"'
    assert quotas.spend(Category.READ).exceeded
    time.now += 86_400
    assert not quotas.spend(Category.READ).exceeded


def test_calls_without_a_good_token_use_up_nothing():
    with Sandbox(small_world(), settings=Settings(tier=Tier.TRIAL, limits=Limits(per_day=1))) as sandbox:
        for _ in range(3):
            assert requests.get(f"{sandbox.url}/boards", timeout=10).status_code == 401
        token = f"{sandbox.url}/oauth/token"
        form = {"grant_type": "client_credentials", "scope": "boards:read"}
        assert requests.post(token, data=form, auth=("1500000", "wrong"), timeout=10).status_code == 401
        Caller(sandbox).call("GET", "/boards", 200)
        good = requests.post(token, data=form, auth=("1500000", "sandbox-secret"), timeout=10)
        assert (good.status_code, good.json()["code"]) == (429, 8)


# -- tiers and features ------------------------------------------------------------------------------------------------


def test_trial_access_makes_no_pins_but_may_do_the_rest():
    with Sandbox(small_world(), settings=Settings(tier=Tier.TRIAL)) as sandbox:
        caller = Caller(sandbox)
        pin = next(iter(sandbox.world.pins))
        assert caller.call("POST", "/pins", 403, json={}) == {"code": 29, "message": TRIAL}
        caller.call("PATCH", f"/pins/{pin}", 200, json={"title": "New"})
        caller.call("POST", "/boards", 201, json={"name": "New"})
        assert len(sandbox.world.pins) == 3


def test_a_restricted_feature_is_refused_as_such():
    with Sandbox(small_world(), settings=Settings(restricted=frozenset({"pins/update"}))) as sandbox:
        caller = Caller(sandbox)
        pin = next(iter(sandbox.world.pins))
        message = "Your application does not have access to this restricted feature."
        assert caller.call("PATCH", f"/pins/{pin}", 401, json={"title": "New"}) == {"code": 3, "message": message}
        assert sandbox.world.pins[pin].title is None
        caller.call("DELETE", f"/pins/{pin}", 204)


def test_unknown_tiers_and_operations_are_named_with_the_nearest():
    with pytest.raises(ConfigError) as caught:
        read_settings(app=App(), access="trail", restricted=["pins/update", "pin/update"])
    assert "--access: unknown value 'trail'; did you mean trial?" in str(caught.value)
    assert "did you mean pins/update?" in str(caught.value)
    assert len(caught.value.problems) == 2


# -- lag ---------------------------------------------------------------------------------------------------------------


def test_listings_learn_of_changes_when_the_lag_is_over():
    with Sandbox(small_world(), settings=Settings(lag=5.0), clock=Clock(Time())) as sandbox:
        caller = Caller(sandbox)
        board = sandbox.world.board_named("One")
        section = next(iter(board.sections))
        gone = board.pins[1].id
        lists = ("/boards", f"/boards/{board.id}/pins", "/pins", f"/boards/{board.id}/sections")
        before = [caller.ids(path) for path in lists]
        new_board = caller.call("POST", "/boards", 201, json={"name": "Two"})["id"]
        new_section = caller.call("POST", f"/boards/{board.id}/sections", 201, json={"name": "Second"})["id"]
        saved = caller.call("POST", f"/pins/{board.pins[0].id}/save", 201, json={"board_id": board.id})["id"]
        source = {"source_type": "image_url", "url": "https://example.org/1.jpg"}
        made = caller.call("POST", "/pins", 201, json={"board_id": board.id, "media_source": source})["id"]
        caller.call("DELETE", f"/pins/{gone}", 204)
        caller.call("DELETE", f"/boards/{board.id}/sections/{section}", 204)
        assert [caller.ids(path) for path in lists] == before
        caller.call("GET", f"/pins/{made}", 200)
        caller.call("GET", f"/pins/{gone}", 404)
        caller.call("DELETE", f"/pins/{gone}", 404)
        sandbox.clock.advance(5)
        after = [set(caller.ids(path)) for path in lists]
        kept = set(before[1]) - {gone} | {saved, made}
        assert after == [{board.id, new_board}, kept, kept, {new_section}]


def test_a_deleted_board_is_listed_until_the_lag_is_over_but_has_nothing_in_it():
    with Sandbox(small_world(), settings=Settings(lag=5.0), clock=Clock(Time())) as sandbox:
        caller = Caller(sandbox)
        board = sandbox.world.board_named("One").id
        caller.call("DELETE", f"/boards/{board}", 204)
        assert caller.ids("/boards") == [board]
        caller.call("GET", f"/boards/{board}/pins", 404)
        assert caller.ids("/pins") == []
        sandbox.clock.advance(5)
        assert caller.ids("/boards") == []
