"""Being told no by Pinterest during a run: what is ours goes on, what would only be told no again is not asked."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from pinplan.apply.executor import ExecutorOptions
from pinplan.apply.result import ApplyResult
from pinplan.errors import (
    ApiRefused,
    Conflict,
    FeatureRestricted,
    NotPermitted,
    PermissionMissing,
    PinplanError,
    SpamBlocked,
    Throttled,
    TokenRefused,
    TrialRefused,
)
from pinplan.events import ActionEnded
from pinplan.model.pins import Privacy
from pinplan.model.scopes import WRITE_PINS, secret
from pinplan.policies.duplicates import Duplicates, Remove
from pinplan.policies.mode import Mode
from pinplan.records.journal import ActionOutcome
from tests.worlds import SmallWorld, kinds

READ = ("boards:read", "pins:read", "user_accounts:read")


def refused(kind: type[ApiRefused], request: str = "DELETE /pins/1", status: int = 403) -> ApiRefused:
    return kind(request, status, 29, "no", "rid")


@pytest.fixture
def both_ways(world: SmallWorld) -> SmallWorld:
    """Three pins to delete on Pinterest, one file to trash, one pin to download; in two-way mode."""
    world.mode(Mode.TWO_WAY)
    here, there = world.board("Here"), world.board("There")
    removed = [world.pin(here, f"Removed {n}") for n in range(3)]
    gone = world.pin(there, "Gone")
    world.apply()
    for pin in removed:
        del world.library.files[world.path_of(pin)]
    del world.remote.pins_by_id[gone]
    world.pin(there, "New")
    world.remote.writes = 0
    return world


def refusing(world: SmallWorld, error: PinplanError) -> list[str]:
    """Every delete is answered so from now on; which pins were asked for."""
    asked: list[str] = []

    def delete(pin_id):
        asked.append(pin_id)
        raise error

    world.remote.delete_pin = delete  # type: ignore[method-assign]
    return asked


def ended(world: SmallWorld) -> list[tuple[str, str]]:
    return [(event.kind, event.outcome) for event in world.events if isinstance(event, ActionEnded)]


def told(result: ApplyResult) -> list[type]:
    return [type(error) for error in result.refusals]


@pytest.mark.parametrize(
    "error",
    [
        refused(SpamBlocked, status=429),
        PermissionMissing("DELETE /pins/1", needed=WRITE_PINS, message="no"),
        refused(TrialRefused),
        refused(FeatureRestricted, status=401),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_refusal_of_all_writing_is_heard_once_and_everything_here_is_done(both_ways, error):
    world = both_ways
    plan = world.plan()
    assert kinds(plan) == ["download", "delete_local", "delete_remote", "delete_remote", "delete_remote"]
    world.events.clear()
    asked = refusing(world, error)
    result = world.apply(plan)
    assert len(asked) == 1
    assert ended(world) == [
        ("download", "done"),
        ("delete_local", "done"),
        ("delete_remote", "failed"),
        ("delete_remote", "skipped"),
        ("delete_remote", "skipped"),
    ]
    assert result.fatal is None
    assert told(result) == [type(error)]
    assert not result.complete
    del world.remote.delete_pin
    again = world.apply(plan)
    assert again.complete
    assert (again.count(ActionOutcome.DONE), again.refusals) == (3, ())
    assert world.remote.writes == 3


@pytest.mark.parametrize(
    "error", [refused(NotPermitted), refused(Conflict, status=409)], ids=lambda error: type(error).__name__
)
def test_a_refusal_of_one_pin_keeps_no_other_from_being_tried(both_ways, error):
    asked = refusing(both_ways, error)
    result = both_ways.apply()
    assert len(asked) == 3
    assert told(result) == [type(error)]
    assert (result.fatal, result.left) == (None, 0)


def test_a_token_that_is_refused_still_ends_the_run(both_ways):
    error = TokenRefused("DELETE /pins/1: no")
    assert len(refusing(both_ways, error)) == 0
    result = both_ways.apply()
    assert result.fatal is error
    assert result.left == 2


def test_a_quota_that_is_used_up_is_not_asked_for_by_every_action(world):
    world.mode(Mode.TWO_WAY)
    board = world.board("Board")
    pins = [world.pin(board, f"Pin {n}") for n in range(12)]
    world.apply()
    for pin in pins:
        del world.library.files[world.path_of(pin)]
    asked = refusing(world, refused(Throttled, status=429))
    result = world.apply()
    assert len(asked) == 5
    assert isinstance(result.fatal, Throttled)


def test_what_a_board_alone_lacks_does_not_end_the_writing_elsewhere(both_ways):
    error = PermissionMissing("DELETE /pins/1", needed=WRITE_PINS, missing=("pins:write_secret",), message="no")
    assert len(refusing(both_ways, error)) == 0
    result = both_ways.apply()
    assert result.count(ActionOutcome.FAILED) == 3


def test_scopes_that_are_known_to_be_missing_are_said_by_the_plan_and_cost_no_call(both_ways):
    world = both_ways
    world.remote.granted = READ
    plan = world.plan()
    (said,) = [finding for finding in plan.findings if finding.kind == "blocked"]
    assert "3 actions of this plan will not be done on Pinterest" in said.message
    assert "boards:write, pins:write" in said.message
    assert "pinplan auth login --write" in said.message
    assert "secret" not in said.message
    asked = refusing(world, PinplanError("asked"))
    result = world.apply(plan)
    assert asked == []
    assert result.count(ActionOutcome.SKIPPED) == 3
    assert result.count(ActionOutcome.DONE) == 2
    assert told(result) == [PermissionMissing]


def test_a_secret_board_needs_scopes_of_its_own(both_ways):
    world = both_ways
    (here,) = [board for board in world.remote.boards_by_id.values() if board.name == "Here"]
    world.remote.boards_by_id[here.id] = replace(here, privacy=Privacy.SECRET)
    world.remote.granted = (*READ, *WRITE_PINS)
    (said,) = [finding for finding in world.plan().findings if finding.kind == "blocked"]
    assert "pins:write_secret" in said.message
    assert "--write --secret" in said.message
    world.remote.granted = (*READ, *WRITE_PINS, *secret(WRITE_PINS))
    assert not [finding for finding in world.plan().findings if finding.kind == "blocked"]


def test_nothing_is_said_where_nobody_knows_the_scopes_or_nothing_is_written(both_ways):
    assert not [finding for finding in both_ways.plan().findings if finding.kind == "blocked"]
    both_ways.remote.granted = READ
    both_ways.mode(Mode.ARCHIVE)
    assert not [finding for finding in both_ways.plan().findings if finding.kind == "blocked"]


def test_a_duplicate_that_goes_here_only_is_no_writing(world):
    board = world.board("Board")
    for _ in range(2):
        world.pin(board, shown="same")
    world.apply()
    world.remote.granted = READ
    plan = world.plan(duplicates=Duplicates(remove=Remove.LOCAL))
    assert kinds(plan) == ["dedupe"]
    assert not [finding for finding in plan.findings if finding.kind == "blocked"]
    assert world.apply(plan).complete
    both = world.plan(duplicates=Duplicates(remove=Remove.BOTH))
    assert [bool(action.scopes) for action in both.actions] == [True] * len(both.actions)


def test_a_duplicate_keeps_its_file_where_its_pin_may_not_be_deleted(world):
    board = world.board("Board")
    for _ in range(2):
        world.pin(board, shown="same")
    world.apply()
    world.remote.granted = READ
    before = dict(world.library.files)
    result = world.apply(world.plan(duplicates=Duplicates(remove=Remove.BOTH)))
    assert result.count(ActionOutcome.SKIPPED) == 1
    assert world.library.files == before


def test_creating_stops_in_the_middle_of_a_batch(both_ways):
    world = both_ways
    world.apply()
    undo = world.undo()
    asked = []

    def create(pin, _images):
        asked.append(pin)
        raise refused(TrialRefused, "POST /pins")

    world.remote.create_pin = create
    result = world.apply(undo, ExecutorOptions(parallelism=4))
    assert len(asked) == 1
    assert told(result) == [TrialRefused]
    assert result.ended["create_pin"] == {"failed": 1, "skipped": 2}
