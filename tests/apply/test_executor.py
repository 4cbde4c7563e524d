"""What an executor does, in which order, and in which portions it writes that down."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Event

import pytest
from msgspec.structs import replace

from pinplan.actions.base import Phase
from pinplan.actions.receipts import Drop, Put, Receipt
from pinplan.actions.verdicts import Done, Stale
from pinplan.apply.executor import ExecutorOptions
from pinplan.errors import (
    ApiRefused,
    Unreachable,
)
from pinplan.events import ActionEnded, ActionStarted
from pinplan.model.ids import ActionId, BoardId, PinId, RunId
from pinplan.records.journal import ActionRecord, Result
from tests.apply.steps import (
    ADD,
    DELETE,
    MOVE,
    SIDE_BY_SIDE,
    Journal,
    Ran,
    Step,
    of,
    portions,
    step,
)
from tests.worlds import SmallWorld, tracked


@pytest.mark.promise("I11")
def test_nothing_counts_as_approved_unless_it_is_said(world: SmallWorld):
    options, plan = ExecutorOptions(), world.plan()
    assert not options.approves(plan)
    assert replace(options, expect_digest=plan.digest).approves(plan)
    assert (options.answered, options.accept_changed, options.approval) == (False, False, "saved plan")
    assert (options.expect_digest, options.kinds, options.decisions, options.policies) == (None, None, None, None)
    assert options.parallelism == 8


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
    assert (ran.outcomes["3"], ran.reasons["3"]) == ("skipped", "requires 1 first")


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
    assert ran.reasons.get("3", "").startswith("other actions of its board failed" if held else "")


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
