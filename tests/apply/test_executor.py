"""The executor by itself: actions that only note that they were done, a state that only notes what it was given."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from threading import Event
from types import SimpleNamespace
from typing import Any, cast

import pytest
from msgspec import Struct, field

from pinplan.actions import AnyAction
from pinplan.actions.base import Done, Phase, Ready, Stale, Trait
from pinplan.actions.receipts import Drop, Put, Receipt
from pinplan.apply.executor import UNREACHABLE_IN_A_ROW, Executor, Settings, Tallies
from pinplan.apply.judge_image import NothingFetched
from pinplan.errors import (
    AnswerLost,
    ApiRefused,
    DiskRefused,
    ImageRefused,
    PermissionMissing,
    QuotaSpent,
    SpamBlocked,
    StatePerson,
    Throttled,
    TokenRefused,
    Unconfirmed,
    Unreachable,
)
from pinplan.events import ActionEnded, ActionStarted, AnyEvent
from pinplan.model.base import Tracked
from pinplan.model.ids import ActionId, BoardId, PinId, RunId
from pinplan.model.refused import Refused
from pinplan.plan import Plan
from pinplan.policies.mode import Mode
from pinplan.records.journal import ActionOutcome, ActionRecord, Result
from tests.fakes import FakeClock
from tests.reconcile.test_order import delete_remote
from tests.worlds import SmallWorld, tracked

TRAIT = Trait(symbol="+", verb="to do", title="Do", phase=Phase.RECORD)


class Step(Struct, tag="step", kw_only=True):
    """An action with nothing behind it."""

    id: ActionId
    trait: Trait = TRAIT
    board_id: BoardId = BoardId("1")
    pin_id: PinId = PinId("9")
    address: str = "Board/9"
    title: str = "Title"
    requires: tuple[ActionId, ...] = ()
    scopes: tuple[str, ...] = ()
    calls: int = 0
    verdict: Any = field(default_factory=Ready)
    receipt: Receipt = field(default_factory=Receipt)
    error: BaseException | None = None
    on_done: Callable[[], object] = lambda: None

    def check(self, world: Any) -> Any:
        return self.verdict

    def execute(self, world: Any) -> Receipt:
        world.done.append(self.id)
        self.on_done()
        if self.error is not None:
            raise self.error
        return self.receipt


class World:
    """What actions act on; ``required`` are the calls that were asked for."""

    def __init__(self, scopes: tuple[str, ...] = ()) -> None:
        self.run, self.remote, self.scopes = RunId("r"), self, scopes
        self.done: list[str] = []
        self.required: list[int] = []

    def require_calls(self, count: int) -> None:
        self.required.append(count)


class Journal:
    """A state that notes what is intended and recorded, each portion by itself."""

    def __init__(self) -> None:
        self.intended: list[list[ActionRecord]] = []
        self.recorded: list[list[Result]] = []

    def intend(self, run: RunId, records: Sequence[ActionRecord], at: str) -> None:
        if records:
            self.intended.append(list(records))

    def record(self, run: RunId, results: Sequence[Result], at: str) -> None:
        self.recorded.append(list(results))


class Noted:
    """Fingerprints that are only noted; ``None`` where those that wait are taken."""

    def __init__(self) -> None:
        self.seen: list[Tracked | None] = []

    def add(self, records: Iterable[Tracked]) -> None:
        self.seen.extend(records)

    def take(self) -> None:
        self.seen.append(None)


class Ran:
    """An executor that has performed steps."""

    def __init__(
        self,
        *steps: Step,
        done_before: Iterable[str] = (),
        held_back: Iterable[str] = (),
        off_record: dict[ActionId, str] | None = None,
        scopes: tuple[str, ...] = (),
        state: Journal | None = None,
        **settings: Any,
    ) -> None:
        self.world, self.state, self.events = World(scopes), state or Journal(), cast("list[AnyEvent]", [])
        self.fingerprints = Noted()
        executor = Executor(
            cast("Any", self.world),
            cast("Any", self.state),
            FakeClock(),
            self.events.append,
            Settings(**{"parallelism": 1, **settings}),
            self.fingerprints,
            off_record=off_record,
        )
        actions = cast("list[AnyAction]", list(steps))
        self.tallies = executor.perform(actions, map(ActionId, done_before), map(BoardId, held_back))

    @property
    def outcomes(self) -> dict[str, str]:
        return {one.action: one.outcome.value for portion in self.state.recorded for one in portion}

    @property
    def reasons(self) -> dict[str, str]:
        return {one.action: one.reason for portion in self.state.recorded for one in portion if one.reason}


def step(name: str, **facts: Any) -> Step:
    return Step(id=ActionId(name), **facts)


def of(phase: Phase, **flags: Any) -> Trait:
    return Trait(symbol="+", verb="to do", title="Do", phase=phase, **flags)


DELETE, ADD, MOVE = of(Phase.REMOTE, deletes_remote=True), of(Phase.FETCH, constructive=True), of(Phase.MOVE)
SIDE_BY_SIDE = of(Phase.FETCH, constructive=True, parallel=True)
WRITES = ("pins:write",)


# -- what is done, in which order ------------------------------------------------------------------------------------


def test_actions_are_done_in_their_order_each_with_an_intent_a_result_and_two_events():
    ran = Ran(step("1", address="Board/1"), step("2", receipt=Receipt(fetched=7, note="smaller")))
    assert ran.world.done == ["1", "2"]
    assert ran.outcomes == {"1": "done", "2": "done"}
    assert ran.tallies.done == {"1", "2"}
    assert ran.state.intended == [
        [
            ActionRecord(run=RunId("r"), action=ActionId(name), kind="step", pin_id=PinId("9"), address=address)
            for name, address in (("1", "Board/1"), ("2", "Board/9"))
        ]
    ]
    assert ran.events == [
        ActionStarted(id=ActionId("1"), kind="step", address="Board/1"),
        ActionStarted(id=ActionId("2"), kind="step", address="Board/9"),
        ActionEnded(id=ActionId("1"), kind="step", address="Board/1", outcome="done"),
        ActionEnded(id=ActionId("2"), kind="step", address="Board/9", outcome="done", reason="smaller", bytes=7),
    ]


def test_fingerprints_are_taken_of_what_the_base_learns():
    record = tracked("9", "a.jpg")
    learned = Receipt(changes=(Put(record), Drop(PinId("8"), 0)))
    assert Ran(step("1", receipt=learned), step("2")).fingerprints.seen == [record, None]


@pytest.mark.promise("I13")
def test_what_an_earlier_try_got_done_is_not_done_again():
    ran = Ran(step("1"), step("2"), done_before=["1"])
    assert (ran.world.done, ran.outcomes, ran.tallies.done) == (["2"], {"2": "done"}, {"1", "2"})


@pytest.mark.promise("I12")
def test_a_stale_action_is_not_done_and_one_that_got_through_is_only_recorded():
    ran = Ran(step("1", verdict=Stale("the file has changed")), step("2", verdict=Done(Receipt(note="again"))))
    assert (ran.world.done, ran.outcomes) == ([], {"1": "stale", "2": "done"})
    assert ran.reasons == {"1": "the file has changed", "2": "again"}
    assert [one.title for one in ran.events if isinstance(one, ActionEnded)] == ["Title", ""]


@pytest.mark.promise("I12")
def test_an_action_about_what_is_not_on_record_is_stale():
    ran = Ran(step("1"), step("2"), off_record={ActionId("1"): "the base does not know it"})
    assert (ran.outcomes, ran.reasons) == ({"1": "stale", "2": "done"}, {"1": "the base does not know it"})


def test_only_the_kinds_that_were_asked_for_are_done():
    assert Ran(step("1"), kinds=frozenset({"step"})).world.done == ["1"]
    ran = Ran(step("1"), kinds=frozenset({"download"}))
    assert (ran.world.done, ran.outcomes) == ([], {})


def test_the_calls_that_an_action_may_take_are_asked_for_before_it_starts():
    assert Ran(step("1", calls=3), step("2")).world.required == [3, 0]


def test_an_action_waits_for_those_that_it_requires():
    needs = {"requires": (ActionId("1"), ActionId("2"))}
    assert Ran(step("1"), step("2", trait=MOVE), step("3", trait=ADD, **needs)).outcomes["3"] == "done"
    ran = Ran(
        step("1", error=ApiRefused("x", 500, None, "no", None)), step("2", trait=MOVE), step("3", trait=ADD, **needs)
    )
    assert (ran.outcomes["3"], ran.reasons["3"]) == ("skipped", "it needs 1 to be done first")


@pytest.mark.promise("I18")
@pytest.mark.parametrize(
    ("first", "held"),
    [
        ({"trait": ADD}, False),
        ({"trait": ADD, "error": Unreachable("no")}, True),
        ({"trait": ADD, "verdict": Stale("changed")}, True),
        ({"trait": MOVE, "error": Unreachable("no")}, False),
        ({"trait": ADD, "error": Unreachable("no"), "board_id": BoardId("2")}, False),
    ],
)
def test_a_delete_on_pinterest_waits_for_what_adds_to_its_board(first, held):
    ran = Ran(step("1", **first), step("2", trait=of(Phase.TRASH)), step("3", trait=DELETE))
    assert ran.outcomes["2"] == "done"
    assert ran.outcomes["3"] == ("skipped" if held else "done")
    assert ran.reasons.get("3", "").startswith("other actions of its board did not succeed" if held else "")


@pytest.mark.promise("I18")
def test_a_delete_on_pinterest_waits_on_boards_that_are_held_back_from_the_start():
    ran = Ran(step("1", trait=DELETE), step("2", trait=DELETE, board_id=BoardId("2")), held_back=["1"])
    assert ran.outcomes == {"1": "skipped", "2": "done"}


@pytest.mark.promise("I18")
@pytest.mark.parametrize(("trait", "held"), [(ADD, True), (MOVE, False)])
def test_kinds_that_were_not_asked_for_hold_deletes_back_where_they_add(trait, held):
    class Other(Step, tag="other"):
        pass

    left_out = Other(id=ActionId("1"), trait=trait)
    ran = Ran(left_out, step("2", trait=DELETE), kinds=frozenset({"step"}))
    assert ran.outcomes == {"2": "skipped" if held else "done"}


# -- portions --------------------------------------------------------------------------------------------------------


def portions(ran: Ran) -> list[int]:
    return [len(portion) for portion in ran.state.intended]


@pytest.mark.promise("I25")
def test_each_delete_on_pinterest_has_its_intent_written_alone():
    ran = Ran(*(step(str(n), trait=DELETE) for n in range(3)))
    assert (portions(ran), [len(one) for one in ran.state.recorded]) == ([1, 1, 1], [1, 1, 1])


@pytest.mark.promise("I25")
@pytest.mark.parametrize("trait", [MOVE, SIDE_BY_SIDE])
@pytest.mark.parametrize("parallelism", [1, 4])
def test_other_intents_are_written_in_portions(trait, parallelism):
    ran = Ran(*(step(str(n), trait=trait) for n in range(129)), parallelism=parallelism)
    assert portions(ran) == [64, 64, 1]
    assert len(ran.world.done) == 129


@pytest.mark.promise("I25")
@pytest.mark.parametrize("trait", [MOVE, SIDE_BY_SIDE])
def test_the_next_portion_is_written_once_the_one_before_is_nearly_done(trait):
    state, early = Journal(), list[int]()
    pause = Event()
    slow = [step(str(n), trait=trait, on_done=lambda: pause.wait(0.002)) for n in range(50)]
    last = step("last", trait=trait, on_done=lambda: early.append(len(state.intended)))
    assert len(Ran(*slow, last, *(step(f"m{n}", trait=trait) for n in range(50)), state=state).world.done) == 101
    assert early == [1]


@pytest.mark.promise("I25")
def test_of_those_that_run_side_by_side_each_is_recorded_as_it_ends():
    recorded, waited = Event(), list[bool]()

    class Telling(Journal):
        def record(self, run: RunId, results: Sequence[Result], at: str) -> None:
            super().record(run, results, at)
            recorded.set()

    second = step("2", trait=SIDE_BY_SIDE, on_done=lambda: waited.append(recorded.wait(3)))
    ran = Ran(step("1", trait=SIDE_BY_SIDE), second, state=Telling(), parallelism=2)
    assert (waited, [len(one) for one in ran.state.recorded]) == ([True], [1, 1])


def test_phases_are_not_mixed():
    ran = Ran(step("1", trait=MOVE), step("2", trait=ADD), step("3", trait=SIDE_BY_SIDE))
    assert portions(ran) == [1, 1, 1]


def test_actions_run_side_by_side_only_where_their_kind_allows_it():
    here, there, met = Event(), Event(), list[bool]()

    def meet(mine: Event, other: Event) -> Callable[[], None]:
        def done() -> None:
            mine.set()
            met.append(other.wait(3))

        return done

    together = [
        step("1", trait=SIDE_BY_SIDE, on_done=meet(here, there)),
        step("2", trait=SIDE_BY_SIDE, on_done=meet(there, here)),
    ]
    Ran(*together, parallelism=2)
    assert met == [True, True]


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


@pytest.mark.parametrize("error", [StatePerson("state.db", "damaged"), sqlite3.OperationalError("locked")])
def test_an_error_of_our_own_state_is_raised(error):
    with pytest.raises(type(error)):
        Ran(step("1", error=error))


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
    assert ran.reasons["2"].startswith("nothing more is written to Pinterest in this run")


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


def test_results_are_counted_by_kind_and_outcome():
    refused = Refused(pin_id=PinId("9"), slot=0, image="a", reason="HTTP 403")
    tallies = Tallies([ActionId("0")])
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
    assert Settings(expect_digest=digest).approves(plan) is approved


def test_eight_actions_run_side_by_side_unless_it_is_said_otherwise():
    assert (Settings().parallelism, Settings().answered) == (8, False)


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
