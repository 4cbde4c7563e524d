"""What becomes of each action under decisions, over pairs that are made by hand; and what cannot be decided."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from pinplan.actions import AnyAction, UpdateMetadata
from pinplan.model.ids import ActionId, BoardId, Digest, PinId
from pinplan.model.pins import Words
from pinplan.plan.decisions import (
    Choice,
    DecidedOutcome,
    Decision,
    Decisions,
    Declined,
    Perform,
    Waiting,
    as_executed,
    decided,
    judge,
    kinds_to_review,
    performed,
)
from pinplan.plan.document import Plan
from pinplan.policies.bundle import Policies
from pinplan.policies.duplicates import Duplicates, Remove, Within
from pinplan.policies.protect import Protect
from pinplan.reconcile.dependencies import in_order
from tests.reconcile.test_order import delete_local, delete_remote, forget
from tests.reconcile.test_who_stays import One
from tests.reconcile.test_who_stays import decided as pairs_of
from tests.worlds import SmallWorld

SKIP, SWAP, DIFFERENT, APPROVE = Choice.SKIP, Choice.SWAP, Choice.DIFFERENT, Choice.APPROVE
ACCOUNT = Duplicates(remove=Remove.BOTH, scope=Within.ACCOUNT)


@pytest.fixture
def empty(world: SmallWorld) -> Plan:
    return world.plan()


def plan_of(empty: Plan, actions: Sequence[AnyAction], policies: Policies | None = None) -> Plan:
    return replace(empty, actions=in_order(actions), policies=policies or empty.policies)


def about(**verdicts: Choice) -> Decisions:
    """Decisions; actions are named ``a0001``."""
    said = {ActionId(name[1:]): Decision(verdict=verdict) for name, verdict in verdicts.items()}
    return Decisions(plan=Digest("sha256:0"), decisions=said)


def three(*, board: str = "1") -> list[AnyAction]:
    """``501`` stays, ``502`` (0001) and ``503`` (0002) go."""
    policy = ACCOUNT
    return [*pairs_of(One(looks={"width": 900}), One(), One(board=board), policy=policy, pairs=[(0, 1), (0, 2)])[0]]


def outcome(one: DecidedOutcome) -> str:
    match one:
        case Perform(swapped=swapped, held=held):
            return "held" if held else "swapped" if swapped else "done"
        case Declined():
            return "declined"
        case Waiting():
            return "waiting"


def outcomes(plan: Plan, decisions: Decisions | None, *required: str) -> list[str]:
    return [outcome(one) for one in decided(plan, decisions, required).values()]


def test_without_decisions_everything_is_done_but_what_waits(empty: Plan):
    plan = plan_of(empty, [*three(), forget("9", "Board 1/9")])
    assert outcomes(plan, None) == ["done"] * 3
    assert outcomes(plan, about(), "dedupe") == ["done", "waiting", "waiting"]
    assert outcomes(plan, about(a0002=APPROVE), "dedupe") == ["done", "done", "waiting"]


def test_what_was_said_of_an_action_is_kept_with_it(empty: Plan):
    plan = plan_of(empty, three())
    found = decided(plan, about(a0001=SKIP, a0002=DIFFERENT))
    assert found == {
        "0001": Declined("skipped in the decisions", SKIP),
        "0002": Declined("marked as not a duplicate", DIFFERENT),
    }
    (first, _) = plan.actions
    assert decided(plan, None)[ActionId("0001")] == Perform(first)
    assert Perform(first) == Perform(first, swapped=False, held="")
    assert decided(plan, None, ["dedupe"])[ActionId("0001")] == Waiting("dedupe waits for a decision")


def test_a_swapped_pair_is_done_the_other_way_round_and_nothing_counts_on_the_pin_that_goes(empty: Plan):
    plan = plan_of(empty, [*three(), delete_local("501", "Board 1/501"), forget("9", "Board 1/9")])
    swapped = next(action for action in plan.actions if action.pin_id == "502")
    found = decided(plan, about(**{f"a{swapped.id}": SWAP}))
    by_pin = {action.pin_id: found[action.id] for action in plan.actions}
    assert by_pin[PinId("502")] == Perform(swapped.exchanged(), swapped=True)
    why = f"conflicts with the swap in {swapped.id}"
    assert by_pin[PinId("503")] == Declined(why)
    assert by_pin[PinId("501")] == Declined(why)
    assert outcome(by_pin[PinId("9")]) == "done"


def update(pin: str) -> UpdateMetadata:
    return UpdateMetadata(
        pin_id=PinId(pin),
        board_id=BoardId("1"),
        address=f"Board 1/{pin}",
        reason="from_its_duplicate",
        before=Words(),
        after=Words(link="x"),
    )


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ({}, "done"),
        ({"502": SKIP}, "done"),
        ({"502": SKIP, "503": DIFFERENT}, "declined"),
        ({"502": SKIP, "503": SKIP, "501": APPROVE}, "done"),
    ],
)
def test_words_are_taken_over_while_one_of_the_duplicates_goes(empty: Plan, verdicts, expected):
    plan = plan_of(empty, [*three(), update("501"), update("7"), forget("501", "Board 1/x")])
    said = {
        f"a{a.id}": verdicts[a.pin_id]
        for a in plan.actions
        if a.pin_id in verdicts and a.reason != "gone_on_both_sides"
    }
    found = {
        (action.pin_id, action.reason): outcome(one)
        for action, one in zip(plan.actions, decided(plan, about(**said)).values(), strict=True)
    }
    assert found[PinId("501"), "from_its_duplicate"] == expected
    assert found[PinId("7"), "from_its_duplicate"] == "done"
    assert found[PinId("501"), "gone_on_both_sides"] == "done"


@pytest.mark.promise("I13")
def test_what_was_begun_goes_on_as_it_was_begun(empty: Plan):
    plan = plan_of(empty, three())
    first, second = plan.actions
    begun = {first.id: first, second.id: second}
    assert decided(plan, about(a0001=SWAP, a0002=SKIP), begun=begun) == {
        first.id: Perform(first),
        second.id: Perform(second),
    }
    begun = {second.id: second}
    assert decided(plan, about(a0001=SWAP), begun=begun)[second.id] == Perform(second), "no rule changes it"
    begun = {first.id: first.exchanged()}
    found = decided(plan, about(a0001=SKIP), begun=begun)
    assert found[first.id] == Perform(first.exchanged(), swapped=True)
    assert outcome(found[second.id]) == "declined"


def test_an_action_was_executed_as_the_pin_says_that_was_noted_with_it():
    first, _ = three()
    other = forget("9", "Board/9")
    assert as_executed(first, first.pin_id) == first
    assert as_executed(first, PinId("501")) == first.exchanged()
    assert as_executed(other, PinId("8")) == other


def test_what_is_held_up_is_not_performed_now():
    first, second = three()
    found: dict[ActionId, DecidedOutcome] = {
        ActionId("1"): Perform(first),
        ActionId("2"): Perform(second, held="it waits"),
        ActionId("3"): Declined("no"),
        ActionId("4"): Waiting("not yet"),
    }
    assert performed(found) == {"1": first}


# -- what cannot be decided ------------------------------------------------------------------------------------------


def problems(plan: Plan, decisions: Decisions) -> list[tuple[str, str]]:
    return [(one.entry, one.message) for one in judge(plan, decisions)]


@pytest.mark.parametrize(
    ("count", "there_are"),
    [(0, ": the plan is empty"), (1, ""), (2, ": its actions are 0001 to 0002"), (3, ": its actions are 0001 to 0003")],
)
def test_an_action_that_the_plan_does_not_have_is_said_with_those_it_has(empty: Plan, count, there_are):
    plan = plan_of(empty, [forget(str(n), f"Board/{n}") for n in range(count)])
    assert problems(plan, about(a0009=SKIP)) == [("0009", f"the plan has no action 0009{there_are}")]


@pytest.mark.parametrize("verdict", [SWAP, DIFFERENT])
def test_only_duplicates_are_swapped_or_different(empty: Plan, verdict):
    plan = plan_of(empty, [forget("9", "Board/9")])
    assert problems(plan, about(a0001=verdict)) == [("0001", f"{verdict} is for duplicates only, and 0001 is a forget")]
    assert problems(plan, about(a0001=SKIP)) == []


@pytest.mark.parametrize(
    ("protect", "rule"),
    [
        (Protect(boards=("Board 1",)), "Board 1"),
        (Protect(pins=(PinId("501"),)), "501"),
        (Protect(globs=("1/501.*",)), "1/501.*"),
        (Protect(boards=("Board 2",)), None),
        (Protect(pins=(PinId("502"),)), None),
        (UNSET, None),
    ],
)
def test_what_is_protected_is_not_swapped(empty: Plan, protect, rule):
    (action,) = pairs_of(One(looks={"width": 900}), One())[0]
    plan = plan_of(empty, [action], Policies(protect=protect))
    found = problems(plan, about(a0001=SWAP))
    assert bool(found) is (rule is not None)
    assert rule is None or (found[0][1].startswith("0001 cannot be swapped: ") and rule in found[0][1])


def test_why_a_pair_cannot_be_swapped_is_said(empty: Plan):
    (action,) = pairs_of(One(looks={"width": 900}, facts={"is_owner": False}), One())[0]
    found = problems(plan_of(empty, [action]), about(a0001=SWAP))
    assert found == [("0001", "0001 cannot be swapped: 1/501.jpg must be kept: the pin belongs to another account")]


@pytest.mark.promise("I21")
@pytest.mark.parametrize(("other", "expected"), [(None, 1), (APPROVE, 1), (SKIP, 0), (DIFFERENT, 0)])
def test_a_pin_that_others_count_on_leaves_only_without_them(empty: Plan, other, expected):
    plan = plan_of(empty, three())
    said = {"a0001": SWAP} | ({"a0002": other} if other else {})
    found = problems(plan, about(**said))
    assert found == [("0001", "0001 removes the pin that 0002 keeps: skip 0002 as well")] * expected


def test_decisions_are_those_of_a_format():
    decisions = Decisions(plan=Digest("sha256:0"))
    assert (decisions.format, decisions.format_version) == ("pinplan.decisions", "1.1")
    assert (decisions.decisions, decisions.verdict(ActionId("0001"))) == ({}, None)
    assert decisions.decided_at is UNSET
    assert decisions.required == frozenset()
    assert replace(decisions, require=("dedupe",)).required == {"dedupe"}


@pytest.mark.parametrize(
    ("reviewer", "note", "because"),
    [("Anna", "not mine", " by Anna: not mine"), ("Anna", UNSET, " by Anna"), (UNSET, "not mine", ": not mine")],
)
def test_who_decided_and_why_is_what_the_reviewer_said(reviewer, note, because):
    skip = Decision(verdict=SKIP, note=note)
    decisions = Decisions(plan=Digest("sha256:0"), reviewer=reviewer, decisions={ActionId("0001"): skip})
    assert decisions.because(ActionId("0001")) == because
    assert decisions.because(ActionId("0002")) == (f" by {reviewer}" if reviewer else "")


def test_a_review_makes_wait_what_the_plan_deletes_or_publishes(empty: Plan):
    plan = plan_of(empty, [*three(), delete_remote("1", "Board/1"), forget("2", "Board/2")])
    assert kinds_to_review(plan) == ("delete_remote", "dedupe")
    assert kinds_to_review(empty) == ()
