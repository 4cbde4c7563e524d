"""What ends a run, and what one result means for the actions after it."""

from __future__ import annotations

import errno
import sqlite3
from datetime import UTC, datetime
from threading import Event
from types import SimpleNamespace
from typing import Any, cast

import pytest

from pinplan.actions import AnyAction
from pinplan.actions.receipts import Receipt
from pinplan.apply.executor import UNREACHABLE_IN_A_ROW, ExecutorOptions, RunStats
from pinplan.apply.image_check import NothingFetched
from pinplan.errors import (
    AnswerLost,
    DiskRefused,
    ImageRefused,
    PermissionMissing,
    QuotaSpent,
    SpamBlocked,
    StateDamaged,
    Throttled,
    TokenRefused,
    Unconfirmed,
    Unreachable,
)
from pinplan.events import ActionEnded
from pinplan.model.base import Refused
from pinplan.model.ids import ActionId, PinId
from pinplan.plan.document import Plan
from pinplan.policies.mode import Mode
from pinplan.records.journal import ActionOutcome, Result
from tests.apply.steps import (
    DELETE,
    MOVE,
    SIDE_BY_SIDE,
    WRITES,
    Journal,
    Ran,
    portions,
    step,
)
from tests.reconcile.test_order import delete_remote
from tests.worlds import SmallWorld

# -- what ends a run -------------------------------------------------------------------------------------------------


@pytest.mark.promise("I22")
@pytest.mark.parametrize("trait", [MOVE, DELETE, SIDE_BY_SIDE])
def test_a_stop_starts_nothing_more(trait):
    stop = Event()
    ran = Ran(step("1", trait=trait, on_done=stop.set), *(step(str(n), trait=trait) for n in range(2, 200)), stop=stop)
    assert "1" in ran.world.done
    assert len(ran.world.done) < 100
    assert set(ran.outcomes) == set(ran.world.done)
    stopped = Event()
    stopped.set()
    assert Ran(step("1", trait=trait), stop=stopped).world.done == []


@pytest.mark.promise("I14")
@pytest.mark.parametrize("trait", [MOVE, DELETE, SIDE_BY_SIDE])
def test_what_makes_going_on_pointless_ends_the_run(trait):
    error = TokenRefused("no")
    ran = Ran(step("1", trait=trait, error=error), *(step(str(n), trait=trait) for n in range(2, 200)))
    assert ran.tallies.fatal is error
    assert ran.outcomes["1"] == "failed"
    assert portions(ran) == ([1] if trait is DELETE else [64]), "no further intents"


@pytest.mark.promise("I14")
def test_of_those_that_run_side_by_side_the_ones_in_flight_end_and_no_other_starts():
    error, pause = TokenRefused("no"), Event()
    failing = step("1", trait=SIDE_BY_SIDE, error=error)
    slow = [step(str(n), trait=SIDE_BY_SIDE, on_done=lambda: pause.wait(0.05)) for n in range(2, 100)]
    ran = Ran(failing, *slow, parallelism=2)
    assert ran.tallies.fatal is error
    assert len(ran.world.done) < 10
    assert set(ran.world.done) == set(ran.outcomes)
    assert portions(ran) == [64]


@pytest.mark.promise("I14")
@pytest.mark.parametrize("door", ["intend", "record"])
def test_a_journal_that_cannot_be_written_ends_the_run(monkeypatch, door):
    error = DiskRefused("state.db", errno.ENOSPC, "full")

    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(Journal, door, refuse)
    assert Ran(step("1")).tallies.fatal is error


@pytest.mark.promise("I13")
def test_a_quota_that_is_used_up_skips_and_ends():
    error = QuotaSpent("no more calls today", datetime(2026, 1, 2, tzinfo=UTC))
    ran = Ran(step("1", error=error), step("2"))
    assert (ran.outcomes, ran.tallies.fatal) == ({"1": "skipped"}, error)
    assert ran.reasons == {"1": str(error)}


@pytest.mark.parametrize("error", [StateDamaged("state.db", "damaged"), sqlite3.OperationalError("locked")])
def test_an_error_of_our_own_state_is_raised(error):
    with pytest.raises(type(error)):
        Ran(step("1", error=error))


def test_too_little_memory_fails_an_action_and_is_no_bug():
    ran = Ran(step("1", error=MemoryError()), step("2"))
    assert ran.outcomes == {"1": "failed", "2": "done"}
    assert ran.reasons == {"1": "not enough memory"}


def test_an_unforeseen_error_fails_its_action_and_no_other():
    ran = Ran(step("1", error=KeyError("x")), step("2"), report=lambda error: f"A report of {error!r} was written.")
    assert ran.outcomes == {"1": "failed", "2": "done"}
    assert ran.reasons == {"1": "this is a bug in pinplan (KeyError). A report of KeyError('x') was written."}
    assert ran.tallies.fatal is None


def test_what_failed_says_why_with_the_address_of_an_image_last():
    image = ImageRefused("https://images.test/1.jpg", "HTTP 403", status=403)
    refused = Refused(pin_id=PinId("9"), slot=0, image="a", reason="HTTP 403")
    nothing = NothingFetched(cast("Any", SimpleNamespace(renditions=())), [])
    nothing.refused = refused
    ran = Ran(step("1", error=image), step("2", error=Unreachable("nobody there")), step("3", error=nothing))
    assert ran.reasons["1"] == "HTTP 403 (https://images.test/1.jpg)"
    assert ran.reasons["2"] == "nobody there"
    assert [one.refused for portion in ran.state.recorded for one in portion] == [None, None, refused]
    assert ran.tallies.lesser == 0
    assert [one.bytes for one in ran.events if isinstance(one, ActionEnded)] == [0, 0, 0]


@pytest.mark.promise("I14")
@pytest.mark.parametrize("problem", [TokenRefused("no"), None])
def test_a_create_that_is_not_confirmed_ends_as_such(problem):
    error = Unconfirmed("is it there?", problem)
    ran = Ran(step("1", error=error))
    assert (ran.outcomes, ran.reasons) == ({"1": "unconfirmed"}, {"1": "is it there?"})
    assert ran.tallies.fatal is problem


@pytest.mark.promise("I14")
def test_creates_of_which_none_is_confirmed_end_the_run():
    ran = Ran(*(step(str(n), error=Unconfirmed("is it there?")) for n in range(9)))
    assert len(ran.world.done) == UNREACHABLE_IN_A_ROW


@pytest.mark.promise("I14")
def test_an_action_that_was_done_says_that_the_network_is_there():
    lost = [step(str(n), error=Unreachable("no")) for n in range(UNREACHABLE_IN_A_ROW - 1)]
    ran = Ran(*lost, step("a"), *(step(f"b{n}", error=Unreachable("no")) for n in range(UNREACHABLE_IN_A_ROW - 1)))
    assert ran.tallies.fatal is None
    ran = Ran(*lost, step("a", error=Unreachable("no")), step("b"))
    assert ran.tallies.fatal is not None
    assert "b" not in ran.outcomes


def test_once_pinterest_takes_changes_for_spam_none_is_sent_even_of_the_same_portion():
    spam = SpamBlocked("PATCH /pins/1", 403, 1, "spam", None)
    ran = Ran(
        step("1", scopes=WRITES, error=spam), step("2", scopes=WRITES), step("3"), step("4", scopes=WRITES, trait=MOVE)
    )
    assert ran.world.done == ["1", "3"]
    assert ran.outcomes == {"1": "failed", "2": "skipped", "3": "done", "4": "skipped"}
    assert ran.reasons["2"].startswith("writes to Pinterest stopped for this run")


def test_what_the_token_may_not_do_is_not_tried():
    ran = Ran(step("1", scopes=WRITES), step("2"), scopes=("pins:read",))
    assert (ran.outcomes, ran.reasons) == ({"1": "skipped", "2": "done"}, {"1": "the token lacks pins:write"})


# -- tallies ---------------------------------------------------------------------------------------------------------

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
    tallies = RunStats([])
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
    tallies = RunStats([])
    for _ in range(UNREACHABLE_IN_A_ROW - 1):
        tallies.judge(ACTION, error)
    assert (tallies.fatal, UNREACHABLE_IN_A_ROW) == (None, 5)
    tallies.judge(ACTION, error)
    assert tallies.fatal is error


def test_results_are_counted_by_kind_and_outcome():
    refused = Refused(pin_id=PinId("9"), slot=0, image="a", reason="HTTP 403")
    tallies = RunStats([ActionId("0")])
    for name, outcome, receipt in (
        ("1", ActionOutcome.DONE, Receipt(fetched=7)),
        ("2", ActionOutcome.DONE, Receipt(fetched=5, refused=refused)),
        ("3", ActionOutcome.DONE, None),
        ("4", ActionOutcome.FAILED, None),
    ):
        tallies.take(cast("AnyAction", step(name)), Result(action=ActionId(name), outcome=outcome, receipt=receipt))
    assert tallies.ended == {"step": {"done": 3, "failed": 1}}
    assert [tallies.count(outcome) for outcome in ActionOutcome] == [3, 0, 1, 0, 0, 0]
    assert (tallies.fetched, tallies.lesser, tallies.done) == (12, 1, {"0", "1", "2", "3"})
    assert tallies.held_back == set()


@pytest.mark.parametrize(("expected", "approved"), [("own", True), ("sha256:other", False), (None, False)])
def test_a_plan_is_approved_by_its_digest(world: SmallWorld, expected, approved):
    plan: Plan = world.plan()
    digest = plan.digest if expected == "own" else expected
    assert ExecutorOptions(expect_digest=digest).approves(plan) is approved


def test_eight_actions_run_side_by_side_unless_it_is_said_otherwise():
    assert (ExecutorOptions().parallelism, ExecutorOptions().answered) == (8, False)


@pytest.mark.promise("I25")
def test_the_intent_of_a_delete_is_on_disk_before_it_and_alone(world: SmallWorld):
    board = world.board("Board")
    pins = [world.pin(board, f"Pin {n}") for n in range(6)]
    world.apply()
    for pin in pins[:3]:
        world.library.remove(world.path_of(pin))
    world.mode(Mode.TWO_WAY)
    seen: list[list[str]] = []
    delete = world.remote.delete_pin

    def spy(pin_id: PinId) -> bool:
        seen.append([one.action for one in world.state.journal() if one.ended_at is None])
        return delete(pin_id)

    world.remote.delete_pin = spy  # type: ignore[method-assign]
    assert world.apply().count(ActionOutcome.DONE) == 3
    assert seen == [["0001"], ["0002"], ["0003"]]
