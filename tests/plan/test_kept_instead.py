"""Of a group of duplicates any number may stay; what goes was compared with one that stays (I21)."""

from __future__ import annotations

import itertools
import json

import pytest
from msgspec.structs import replace

from pinplan.actions.pairs import Pair
from pinplan.errors import ConfigError
from pinplan.model.ids import ActionId, PinId
from pinplan.plan.decisions import Decisions, Perform, decided, decision_of, judge
from pinplan.plan.document import Plan
from pinplan.policies.duplicates import Duplicates, Remove
from pinplan.records.journal import ActionOutcome
from tests.decision_table import plan_of
from tests.fakes import Crash, image_bytes
from tests.plan.test_decisions import apply, outcomes
from tests.reconcile.test_duplicates import BOTH, twins
from tests.worlds import SmallWorld


def about(plan: Plan, **verdicts: str) -> Decisions:
    """Decisions about a plan; actions are named ``a0001``."""
    return Decisions(plan=plan.digest, decisions={ActionId(name[1:]): decision_of(v) for name, v in verdicts.items()})


def problems(plan: Plan, **verdicts: str) -> list[str]:
    return [problem.message for problem in judge(plan, about(plan, **verdicts))]


def three(world: SmallWorld, policy: Duplicates = BOTH) -> tuple[PinId, PinId, PinId, Plan]:
    """Three pins of a picture; the largest is to be kept."""
    small, middle, large = twins(world, "cat~400x600", "cat~410x615", "cat~800x1200")
    plan = world.plan(duplicates=policy)
    assert [action.pin_id for action in plan.actions] == [small, middle]
    return small, middle, large, plan


def small_stays(plan: Plan, small: PinId) -> Decisions:
    return about(plan, a0001="swap", a0002=f"swap:{small}")


@pytest.mark.promise("I21")
@pytest.mark.parametrize("remove", [Remove.BOTH, Remove.LOCAL, Remove.REMOTE])
def test_another_one_of_a_group_stays_alone(world, remove):
    policy = Duplicates(remove=remove)
    small, middle, large, plan = three(world, policy)
    paths = {pin: world.path_of(pin) for pin in (small, middle, large)}
    assert apply(world, plan, small_stays(plan, small)).complete
    assert paths[small] in world.library.files
    gone = {pin for pin in (middle, large) if paths[pin] not in world.library.files}
    assert gone == (set() if remove is Remove.REMOTE else {middle, large})
    assert set(world.remote.deleted) == (set() if remove is Remove.LOCAL else {middle, large})
    assert world.plan(duplicates=policy).actions == ()
    recorded = [json.loads(line) for line in world.state.audit.lines()]
    assert [one.get("keep") for one in recorded if one["type"] == "decision" and "action" in one] == [None, small]


@pytest.mark.promise("I23")
def test_the_undo_brings_back_all_that_went(world):
    small, middle, large, plan = three(world)
    files = dict(world.library.files)
    apply(world, plan, small_stays(plan, small))
    undo = world.undo()
    assert {action.pin_id for action in undo.actions} == {middle, large}
    assert world.apply(undo).complete
    assert sorted(world.library.files.values()) == sorted(files.values())


@pytest.mark.promise("I12")
@pytest.mark.promise("I21")
def test_what_goes_for_another_copy_looks_at_that_copy_again(world):
    small, middle, _, plan = three(world)
    world.library.write(world.path_of(small), image_bytes("another"))
    result = apply(world, plan, small_stays(plan, small))
    assert (result.complete, result.count(ActionOutcome.STALE), world.remote.deleted) == (False, 2, [])
    assert middle in world.remote.pins_by_id


@pytest.mark.promise("I14")
@pytest.mark.promise("I21")
@pytest.mark.parametrize("again", [True, False])
def test_a_crash_at_every_effect_ends_as_an_undisturbed_run(again):
    calm = SmallWorld()
    small, _, _, plan = three(calm)
    start = calm.effects.count
    apply(calm, plan, small_stays(plan, small))
    total = calm.effects.count - start
    assert total >= 8
    for moment in range(1, total + 1):
        world = SmallWorld()
        small, _, _, plan = three(world)
        world.effects.crash_at = world.effects.count + moment
        with pytest.raises(Crash):
            apply(world, plan, small_stays(plan, small))
        world.restart()
        assert apply(world, plan, small_stays(plan, small) if again else None).complete, (moment, world.events)
        assert world.seen() == calm.seen(), moment
        world.close()
    calm.close()


def test_what_does_not_fit_is_said(world):
    small, middle, large, plan = three(world)
    assert problems(plan, a0001=f"swap:{small}", a0002="skip") == []
    assert problems(plan, a0001="swap", a0002=f"swap:{small}") == []
    assert problems(plan, a0001=f"swap:{large}") == [f"0001 keeps pin {large} as planned: approve it"]
    assert problems(plan, a0001="swap:77") == ["0001 cannot keep pin 77: the plan has no verified pair of the two"]
    beside = "0001 keeps the pin that 0002 removes: skip 0002 as well"
    assert problems(plan, a0001=f"swap:{middle}") == [beside]
    assert problems(plan, a0001=f"swap:{middle}", a0002="approve") == [beside]
    assert problems(plan, a0001=f"swap:{middle}", a0002=f"swap:{small}") == [
        beside,
        "0002 keeps the pin that 0001 removes: skip 0001 as well",
    ]


def test_a_word_that_is_no_decision_is_refused():
    for word in ("skip:1", "swap:", "keep", ""):
        with pytest.raises(ValueError, match="not a"):
            decision_of(word)
    assert decision_of("swap:1", "mine").text == "swap:1"


@pytest.mark.promise("I21")
def test_whatever_is_decided_about_a_group_what_goes_has_an_edge_with_one_that_stays():
    plan = plan_of("group_of_four")
    pairs = [action for action in plan.actions if isinstance(action, Pair)]
    words = ["approve", "skip", "swap", *(f"swap:{action.pin_id}" for action in pairs)]
    accepted = 0
    for said in itertools.product(words, repeat=len(pairs)):
        decisions = Decisions(
            plan=plan.digest, decisions={one.id: decision_of(word) for one, word in zip(pairs, said, strict=True)}
        )
        if list(judge(plan, decisions)):
            continue
        accepted += 1
        done = [one.action for one in decided(plan, decisions).values() if isinstance(one, Perform)]
        removals = [action for action in done if isinstance(action, Pair)]
        gone = {action.pin_id for action in removals}
        for action in removals:
            assert action.keeper.pin.pin_id not in gone, said
            assert verified(plan, action.pin_id, action.keeper.pin.pin_id), said
    assert accepted > 20


def verified(plan: Plan, one: PinId, other: PinId) -> bool:
    """Whether the plan says that two pins were compared."""
    pairs = [action for action in plan.actions if isinstance(action, Pair)]
    edges = {frozenset({action.pin_id, action.keeper.pin.pin_id}) for action in pairs}
    edges |= {frozenset({action.pin_id, edge.pin_id}) for action in pairs for edge in action.edges or ()}
    return frozenset({one, other}) in edges


def test_files_with_the_same_bytes_need_no_edge_and_two_signatures_are_two_images(world):
    twins(world, "cat", "cat", "cat")
    plan = world.plan(duplicates=BOTH)
    one, other = (action for action in plan.actions if isinstance(action, Pair))
    assert not one.edges
    alike = one.alike_with(other)
    assert alike is not None
    assert alike.why == "the same bytes"
    assert one.alike_with(one) is None
    assert one.keeping(other).evidence.chosen
    odd = replace(other, before=replace(other.before, signature="0" * 32))
    with pytest.raises(ValueError, match="were not compared"):
        one.keeping(odd)


def test_pairs_of_two_groups_are_not_compared(world):
    twins(world, "cat~400x600", "cat~800x1200", "dog~400x600", "dog~800x1200")
    one, other = (action for action in world.plan(duplicates=BOTH).actions if isinstance(action, Pair))
    assert one.alike_with(other) is None


@pytest.mark.promise("I21")
@pytest.mark.parametrize("later", ["approve", "swap:wide"])
def test_it_is_too_late_to_remove_a_pin_for_which_another_one_went(world, later):
    small, middle, wide, _ = twins(world, "cat~400x600", "cat~410x615", "cat~420x630", "cat~800x1200")
    plan = world.plan(duplicates=BOTH)
    first = about(plan, a0001=f"swap:{middle}", a0002="skip")
    apply(world, plan, first, required=frozenset({"dedupe"}))
    assert (world.remote.deleted, outcomes(world)) == ([small], {"0001": "done", "0002": "declined"}), "0003 waits"
    changed = about(plan, a0002=later.replace("wide", wide), a0003="skip")
    with pytest.raises(ConfigError, match="0002 cannot be done any more: 0001 is done and relies on the pin"):
        apply(world, plan, changed, accept_changed=True)
    assert apply(world, plan, about(plan, a0002="skip", a0003=f"swap:{middle}"), accept_changed=True).complete
    assert set(world.remote.deleted) == {small, wide}


def test_what_was_begun_stays_as_it_was_begun(world):
    _, middle, _, plan = three(world)
    first, second = (action for action in plan.actions if isinstance(action, Pair))
    begun = first.keeping(second)
    (one, _) = decided(plan, about(plan, a0002="skip"), begun={first.id: begun}).values()
    assert one == Perform(begun, instead=True)
    assert begun.keeper.pin.pin_id == middle
