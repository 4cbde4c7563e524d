"""What one result means for the actions after it, and in which portions intents are written."""

from __future__ import annotations

import errno
from datetime import UTC, datetime

import pytest

from pinplan.apply.executor import BATCH, UNREACHABLE_IN_A_ROW, Settings, Tallies
from pinplan.errors import (
    AnswerLost,
    DiskRefused,
    ImageRefused,
    PermissionMissing,
    QuotaSpent,
    Throttled,
    TokenRefused,
    Unconfirmed,
    Unreachable,
)
from pinplan.policies.mode import Mode
from pinplan.records.journal import ActionOutcome
from tests.reconcile.test_order import delete_remote
from tests.worlds import SmallWorld

ACTION = delete_remote("1", "Board/1")


@pytest.mark.promise("I14")
@pytest.mark.parametrize(
    ("error", "fatal"),
    [
        (TokenRefused("GET /pins/1: no"), True),
        (PermissionMissing("GET /pins/1"), True),
        (PermissionMissing("DELETE /pins/1"), False),
        (QuotaSpent("no more calls today", datetime(2026, 1, 2, tzinfo=UTC)), True),
        (DiskRefused("a.jpg", errno.ENOSPC, "full"), True),
        (DiskRefused("a.jpg", errno.EDQUOT, "quota"), True),
        (DiskRefused("a.jpg", errno.EROFS, "read-only"), True),
        (DiskRefused("a.jpg", errno.EACCES, "permission denied"), False),
        (Unreachable("nobody there"), False),
        (ImageRefused("https://images.test/1.jpg", "HTTP 403", status=403), False),
    ],
    ids=str,
)
def test_which_errors_end_a_run_at_once(error, fatal):
    tallies = Tallies([])
    tallies.judge(ACTION, error)
    assert tallies.fatal is (error if fatal else None)


@pytest.mark.promise("I14")
@pytest.mark.parametrize(
    "error",
    [
        Unreachable("no"),
        Throttled("GET /pins/1", 429, None, "no", None),
        AnswerLost(Unreachable("no")),
        Unconfirmed("no"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_five_actions_in_a_row_without_an_answer_end_a_run(error):
    tallies = Tallies([])
    for _ in range(UNREACHABLE_IN_A_ROW - 1):
        tallies.judge(ACTION, error)
    assert (tallies.fatal, UNREACHABLE_IN_A_ROW) == (None, 5)
    tallies.judge(ACTION, error)
    assert tallies.fatal is error


def intents_at_each_delete(world: SmallWorld) -> list[list[str]]:
    """The actions whose intents are written, without a result, whenever a pin is deleted."""
    seen: list[list[str]] = []
    delete = world.remote.delete_pin

    def spy(pin_id):
        seen.append([one.action for one in world.state.journal() if one.ended_at is None])
        return delete(pin_id)

    world.remote.delete_pin = spy  # type: ignore[method-assign]
    return seen


@pytest.mark.promise("I25")
def test_each_delete_on_pinterest_has_its_intent_written_alone(world: SmallWorld):
    board = world.board("Board")
    pins = [world.pin(board, f"Pin {n}") for n in range(6)]
    world.apply()
    for pin in pins[:3]:
        world.library.remove(world.path_of(pin))
    world.mode(Mode.TWO_WAY)
    seen = intents_at_each_delete(world)
    assert world.apply().count(ActionOutcome.DONE) == 3
    assert seen == [["0001"], ["0002"], ["0003"]]


@pytest.mark.promise("I25")
@pytest.mark.parametrize("parallelism", [1, 4])
def test_other_intents_are_written_in_portions(world: SmallWorld, monkeypatch, parallelism):
    board = world.board("Board")
    for n in range(2 * BATCH + 1):
        world.pin(board, f"Pin {n}")
    plan = world.plan()
    portions: list[int] = []
    intend = world.state.intend

    def spy(run, records, now):
        portions.append(len(records))
        return intend(run, records, now)

    monkeypatch.setattr(world.state, "intend", spy)
    assert world.apply(plan, Settings(parallelism=parallelism)).complete
    assert portions == [BATCH, BATCH, 1]
