"""Being told no by Pinterest, as a user meets it: one clear sentence, what to do next, the right exit code, nothing lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pinplan.sandbox import Fault, FaultKind, Sandbox, World
from pinplan.sandbox.pictures import Kind, Picture
from tests.cli.test_cli import User

TRIAL = "Apps with Trial access may not create Pins in production https://api.pinterest.com - use API Sandbox https://api-sandbox.pinterest.com instead."
BLOCKED = "Sorry! You've hit a block (Pins) we have in place to combat spam. Please try again later!"
RESTRICTED = "Your application does not have access to this restricted feature."


def says(on: str, status: int, code: int, message: str) -> Fault:
    return Fault(kind=FaultKind.STATUS, on=on, status=status, code=code, message=message)


def pin(world: World, number: int) -> None:
    board = world.board_named("Nature 自然")
    world.create_pin(board.id, (Picture(Kind.SHAPES, number, 120, 90),), title=f"Pin {number}")


@pytest.fixture
def user(tmp_path: Path) -> Iterator[User]:
    """Somebody with a board of three pins."""
    world = World()
    world.create_board("Nature 自然")
    for number in range(3):
        pin(world, number)
    with Sandbox(world) as sandbox:
        yield User(tmp_path, sandbox)


def files(user: User) -> list[Path]:
    return sorted((user.pins / "Nature 自然").iterdir())


def planned(user: User) -> User:
    """A plan with two deletes on Pinterest and one download; retries cost no time."""
    user.library()
    (user.pins / "pinplan.toml").write_text('[network]\nretries = 0\n[limits]\nmax_remote_deletes = "100%"\n')
    for path in files(user)[:2]:
        path.unlink()
    pin(user.sandbox.world, 3)
    user.types("plan", "--mode", "two-way", "-o", "plan.json")
    user.sandbox.requests.clear()
    return user


def deletes(user: User) -> int:
    return [method for method, _ in user.sandbox.requests].count("DELETE")


@pytest.mark.parametrize(
    ("fault", "code", "words"),
    [
        (Fault(kind=FaultKind.SPAM, on="DELETE *"), 3, ("blocked by Pinterest as spam", "Wait a day")),
        (says("DELETE *", 403, 9, BLOCKED), 3, ("blocked by Pinterest as spam", "Wait a day")),
        (says("DELETE *", 401, 9, "blocked"), 3, ("blocked by Pinterest as spam", "Wait a day")),
        (says("DELETE *", 404, 9, BLOCKED), 3, ("blocked by Pinterest as spam", "Wait a day")),
        (says("DELETE *", 401, 3, RESTRICTED), 3, ("feature not enabled for your app", "Ask Pinterest for this feature")),
        (says("DELETE *", 403, 29, TRIAL), 3, ("apps with Trial access", "https://api-sandbox.pinterest.com/v5")),
        (
            says("DELETE *", 401, 3, "Your token does not have sufficient permissions"),
            12,
            ("required: boards:read, boards:write, pins:read and pins:write", "pinplan auth login --write"),
        ),
    ],
    ids=["spam", "spam code", "spam 401", "spam 404", "restricted", "trial", "scopes"],
)  # fmt: skip
def test_a_refusal_ends_the_writing_says_so_and_the_plan_goes_on_later(user, fault, code, words):
    planned(user).sandbox.faults.set([fault])
    said = user.types("apply", "plan.json", code=code)
    for word in words:
        assert word in said
    assert said.rindex(words[1]) > said.rindex("Applied in part"), "what to do next stands at the end"
    assert deletes(user) == 1
    assert len(files(user)) == 2, "what is done here goes on"
    user.sandbox.faults.clear()
    user.types("apply", "plan.json")
    assert deletes(user) == 3
    assert "No changes" in user.types("plan", "--mode", "two-way")


def test_what_concerns_one_pin_only_is_tried_for_each(user):
    planned(user).sandbox.faults.set([Fault(kind=FaultKind.FORBIDDEN, on="DELETE *")])
    said = user.types("apply", "plan.json", code=3)
    assert "pins of other accounts and protected or archived boards" in said
    assert "[protect]" in said
    assert deletes(user) == 2


def test_known_scopes_are_judged_when_the_plan_is_made_and_before_anything_is_sent(user):
    user.environment["PINPLAN_SCOPES"] = "user_accounts:read boards:read pins:read"
    user.library()
    files(user)[0].unlink()
    said = user.types("plan", "--mode", "two-way", "-o", "plan.json")
    assert (
        "1 action of this plan will not be done on Pinterest: the token lacks the scopes boards:write, pins:write"
        in said
    )
    user.sandbox.requests.clear()
    said = user.types("apply", "plan.json", code=12)
    assert "the token lacks boards:write, pins:write" in said
    assert "pinplan auth login --write" in said
    assert deletes(user) == 0
    more = "user_accounts:read,boards:read,boards:write,pins:read,pins:write"
    user.types("apply", "plan.json", PINPLAN_SCOPES=more)
    assert deletes(user) == 1


def test_programs_are_told_by_warnings_and_the_last_event(user):
    planned(user).sandbox.faults.set([Fault(kind=FaultKind.SPAM, on="DELETE *")])
    lines = user.types("apply", "plan.json", "--json", code=3).splitlines()
    events = [json.loads(line) for line in lines if line.startswith("{")]
    assert any(event["type"] == "warning" and "Wait a day" in event["message"] for event in events)


NO_LOOK = [
    (says("GET /boards", 401, 3, "no permissions"), 12, ("required: boards:read", "pinplan auth login;")),
    (says("GET /user_account", 401, 3, "no"), 12, ("user_accounts:read",)),
    (says("GET /boards", 401, 2, "Authentication failed."), 12, ("Authentication failed.", "Sign in again")),
    (says("GET /boards", 403, 29, "Trial access is over"), 1, ("apps with Trial access",)),
    (Fault(kind=FaultKind.RATE_LIMIT, on="GET /boards", retry_after=0), 1, ("too many requests", "quota")),
]


def test_a_plan_is_told_no(user):
    user.types("init", str(user.pins), cwd=user.home)
    for fault, code, words in NO_LOOK:
        user.sandbox.faults.set([fault])
        said = user.types("plan", code=code)
        for word in words:
            assert word in said
        assert len(said.strip().splitlines()) <= 3
