"""Decisions: what was approved is done, what was declined never is, and a pair is exchanged only after looking again."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET
from msgspec.structs import replace

from pinplan.actions import Dedupe, UpdateMetadata
from pinplan.apply.executor import ExecutorOptions
from pinplan.apply.result import ApplyResult
from pinplan.errors import ConfigError, DecisionNeeded, DecisionsChanged, DecisionsUnbound, SafetyStop
from pinplan.model.ids import ActionId, PinId
from pinplan.plan.decisions import Choice, Decision, Decisions, Declined, Perform, Waiting, decided, judge
from pinplan.plan.document import Plan, kind_of
from pinplan.policies.duplicates import Duplicates, Merge, Remove, Within
from pinplan.policies.mode import Mode
from pinplan.policies.protect import Protect
from pinplan.policies.uploads import Uploads
from pinplan.records.journal import ActionOutcome
from pinplan.records.plan_file import decode_plan, encode_plan, with_digest
from tests.fakes import Crash, image_bytes
from tests.properties.test_laws import agreed, boards, modes, pins, stories, tell
from tests.reconcile.test_duplicates import BOTH, twins
from tests.worlds import SmallWorld

SKIP, SWAP, DIFFERENT, APPROVE = Choice.SKIP, Choice.SWAP, Choice.DIFFERENT, Choice.APPROVE


def about(plan: Plan, **verdicts: Choice) -> Decisions:
    """Decisions about a plan; actions are named ``a0001``."""
    return Decisions(
        plan=plan.digest,
        decided_at="2026-11-25T04:00:00Z",
        decisions={ActionId(name[1:]): Decision(verdict=verdict) for name, verdict in verdicts.items()},
    )


def apply(world: SmallWorld, plan: Plan, decisions: Decisions | None = None, **settings: Any) -> ApplyResult:
    return world.apply(plan, ExecutorOptions(parallelism=1, decisions=decisions, **settings))


def outcomes(world: SmallWorld) -> dict[str, str]:
    run = world.state.runs()[-1].id
    return {record.action: str(record.outcome) for record in world.state.journal(run=run)}


def told(world: SmallWorld) -> list[tuple[str, str]]:
    """Decisions as they stand in the audit log: action and verdict."""
    records = [json.loads(line) for line in world.state.audit.lines()]
    return [(r["action"], r["decision"]) for r in records if r["type"] == "decision" and "action" in r]


# -- skip ------------------------------------------------------------------------------------------------------------


def several(world: SmallWorld, count: int = 3) -> Plan:
    board = world.board("Board")
    for number in range(count):
        world.pin(board, f"Pin {number}")
    return world.plan()


def test_a_skipped_action_is_not_done_and_recorded_as_declined(world):
    plan = several(world)
    result = apply(world, plan, about(plan, a0002=SKIP))
    assert result.complete
    assert (result.declined, result.left) == ({"download": 1}, 0)
    assert len(world.library.files) == 2
    assert outcomes(world) == {"0001": "done", "0002": "declined", "0003": "done"}
    assert told(world) == [("0002", "skip")]
    assert world.state.audit.verify().breaks == ()
    assert [kind_of(action) for action in world.plan().actions] == ["download"], "the next plan says it again"


@pytest.mark.promise("I13")
def test_a_run_with_declined_actions_is_complete_once_the_others_are_done(world):
    plan = several(world)
    apply(world, plan, about(plan, a0002=SKIP))
    before = world.seen()
    for decisions in (None, about(plan), about(plan, a0002=APPROVE)):
        assert apply(world, plan, decisions).already_applied
    assert world.seen() == before


def test_everything_may_be_declined(world):
    plan = several(world)
    assert apply(world, plan, about(plan, a0001=SKIP, a0002=SKIP, a0003=SKIP)).complete
    assert world.library.files == {}
    assert apply(world, plan).already_applied


def test_decisions_of_another_plan_do_nothing(world):
    plan = several(world)
    other = with_digest(replace(plan, allow={"local-deletes": 7}))
    with pytest.raises(DecisionsUnbound, match=f"made for plan {other.digest}, this is plan {plan.digest}"):
        apply(world, plan, about(other))
    assert world.state.runs() == []


@pytest.mark.promise("I14")
def test_a_run_that_was_cut_off_goes_on_under_the_decisions_it_was_begun_with(world):
    plan = several(world, 4)
    world.effects.crash_at = world.effects.count + 3
    with pytest.raises(Crash):
        apply(world, plan, about(plan, a0004=SKIP))
    world.restart()
    result = apply(world, plan)
    assert (result.complete, result.kept_decisions) == (True, True)
    assert outcomes(world)["0004"] == "declined"
    assert len(world.library.files) == 3


def test_other_decisions_change_only_what_is_not_done_yet(world):
    plan = several(world, 4)
    world.images.broken = {r.url for a in plan.actions[2:] for r in a.renditions}  # type: ignore[union-attr] # downloads
    assert not apply(world, plan, about(plan, a0001=SKIP)).complete
    assert outcomes(world) == {"0001": "declined", "0002": "done", "0003": "failed", "0004": "failed"}
    world.images.broken = set()
    other = about(plan, a0002=SKIP, a0003=SKIP)
    with pytest.raises(DecisionsChanged) as caught:
        apply(world, plan, other)
    assert caught.value.changes == ("0001 was skip, now undecided",)
    result = apply(world, plan, other, accept_changed=True)
    assert result.complete
    assert outcomes(world) == {"0001": "done", "0002": "done", "0003": "declined", "0004": "done"}


def test_what_was_begun_and_got_through_is_done_whatever_is_said_later(world):
    plan = several(world, 1)
    world.effects.crash_at = world.effects.count + 2
    with pytest.raises(Crash):
        apply(world, plan)
    world.restart()
    assert len(world.library.files) == 1
    assert apply(world, plan, about(plan, a0001=SKIP)).complete
    assert outcomes(world) == {"0001": "done"}
    assert len(world.state.base().tracked) == 1


# -- what follows from a declined action -----------------------------------------------------------------------------


def chain(world: SmallWorld) -> Plan:
    """A plan of which a delete on Pinterest stands beside a download of the same board."""
    board = world.board("Board")
    for number in range(4):
        world.pin(board, f"Pin {number}")
    world.apply()
    world.library.remove(min(world.library.files))
    world.pin(board, "New")
    world.mode(Mode.TWO_WAY)
    return world.plan()


@pytest.mark.promise("I18")
def test_beside_a_declined_download_a_pin_is_deleted_only_if_that_was_approved_by_name(world):
    plan = chain(world)
    assert [kind_of(action) for action in plan.actions] == ["download", "delete_remote"]
    found = decided(plan, about(plan, a0001=SKIP))
    assert found[ActionId("0002")] == Declined("0001 on the same board was declined, and 0002 is not approved by name")
    assert isinstance(decided(plan, about(plan, a0001=SKIP, a0002=APPROVE))[ActionId("0002")], Perform)
    assert apply(world, plan, about(plan, a0001=SKIP, a0002=APPROVE)).complete
    assert len(world.remote.deleted) == 1


@pytest.mark.promise("I18")
def test_beside_a_waiting_download_no_pin_is_deleted(world):
    plan = chain(world)
    result = apply(world, plan, about(plan, a0002=APPROVE), required=frozenset({"download"}))
    assert (result.complete, result.waiting, world.remote.deleted) == (False, {"download": 1}, [])
    both = about(plan, a0001=APPROVE, a0002=APPROVE)
    assert apply(world, plan, both, required=frozenset({"download"})).complete
    assert len(world.remote.deleted) == 1


def test_what_needs_a_declined_action_is_declined_with_it(world):
    plan = several(world)
    first, second, third = plan.actions
    plan = with_digest(
        replace(plan, actions=(first, replace(second, requires=("0001",)), replace(third, requires=("0002",))))
    )
    result = apply(world, plan, about(plan, a0001=SKIP))
    assert result.complete
    assert set(outcomes(world).values()) == {"declined"}
    run = world.state.runs()[-1].id
    assert [r.reason for r in world.state.journal(run=run)][1:] == [
        "it needs 0001, which was declined",
        "it needs 0002, which was declined",
    ]


# -- kinds that wait -------------------------------------------------------------------------------------------------


def test_kinds_that_wait_are_not_done_before_they_are_named(world):
    pins = twins(world, "cat~400x600", "cat~800x1200")
    world.pin(world.board("Elsewhere"), "New")
    plan = world.plan(duplicates=BOTH)
    required = frozenset({"dedupe", "delete_remote"})
    result = apply(world, plan, required=required)
    assert (result.complete, result.waiting, world.remote.deleted) == (False, {"dedupe": 1}, [])
    with pytest.raises(DecisionNeeded, match=r"1 action waits for a decision \(dedupe\)"):
        apply(world, plan, required=required)
    assert apply(world, plan, about(plan, a0002=APPROVE), required=required).complete
    assert world.remote.deleted == [pins[0]]


def test_if_all_of_a_plan_waits_no_run_is_begun(world):
    twins(world, "cat~400x600", "cat~800x1200")
    plan = world.plan(duplicates=BOTH)
    runs = len(world.state.runs())
    with pytest.raises(DecisionNeeded):
        apply(world, plan, required=frozenset({"dedupe"}))
    assert len(world.state.runs()) == runs


# -- swap ------------------------------------------------------------------------------------------------------------


@pytest.mark.promise("I21")
@pytest.mark.parametrize("remove", [Remove.BOTH, Remove.LOCAL, Remove.REMOTE])
def test_a_swapped_pair_is_the_same_pair_the_other_way_round(world, remove):
    small, large = twins(world, "cat~400x600", "cat~800x1200")
    paths = {pin: world.path_of(pin) for pin in (small, large)}
    policy = Duplicates(remove=remove)
    plan = world.plan(duplicates=policy)
    assert apply(world, plan, about(plan, a0001=SWAP)).complete
    assert paths[small] in world.library.files
    assert (paths[large] in world.library.files) == (remove is Remove.REMOTE)
    assert world.remote.deleted == ([] if remove is Remove.LOCAL else [large])
    assert small in world.remote.pins_by_id
    assert world.state.journal(pin_id=large)[-1].outcome is ActionOutcome.DONE
    assert world.plan(duplicates=policy).actions == ()


@pytest.mark.promise("I23")
def test_the_undo_of_a_swap_brings_back_the_one_that_went(world):
    small, large = twins(world, "cat~400x600", "cat~800x1200")
    plan = world.plan(duplicates=BOTH)
    files = dict(world.library.files)
    apply(world, plan, about(plan, a0001=SWAP))
    undo = world.undo()
    assert [(kind_of(action), action.pin_id) for action in undo.actions] == [("create_pin", large)]
    assert world.apply(undo).complete
    assert sorted(world.library.files.values()) == sorted(files.values())
    assert small in world.remote.pins_by_id


@pytest.mark.promise("I14")
@pytest.mark.promise("I21")
@pytest.mark.parametrize("again", ["the same", "none", "another"])
def test_a_crash_at_every_effect_of_a_swap_ends_as_an_undisturbed_run(again):
    def made() -> tuple[SmallWorld, Plan]:
        world = SmallWorld()
        twins(world, "cat~400x600", "cat~800x1200")
        return world, world.plan(duplicates=BOTH)

    calm, plan = made()
    start = calm.effects.count
    apply(calm, plan, about(plan, a0001=SWAP))
    total = calm.effects.count - start
    assert total >= 4
    for moment in range(1, total + 1):
        world, plan = made()
        swap = about(plan, a0001=SWAP)
        world.effects.crash_at = world.effects.count + moment
        with pytest.raises(Crash):
            apply(world, plan, swap)
        world.restart()
        later = {"the same": swap, "none": None, "another": about(plan)}[again]
        begun = len(world.library.files) < 5
        assert apply(world, plan, later, accept_changed=True).complete, (moment, world.events)
        if again != "another" or begun:
            assert world.seen() == calm.seen(), moment
        else:
            assert world.remote.deleted != calm.remote.deleted, "nothing was begun: the later decision holds"
        assert len(world.remote.pins_by_id) == len(world.library.files) == 4
        world.close()
    calm.close()


@pytest.mark.promise("I12")
def test_a_swap_looks_again_at_both_sides(world):
    small, large = twins(world, "cat~400x600", "cat~800x1200")
    plan = world.plan(duplicates=BOTH)
    world.library.write(world.path_of(small), image_bytes("another"))
    result = apply(world, plan, about(plan, a0001=SWAP))
    assert (result.complete, result.count(ActionOutcome.STALE), world.remote.deleted) == (False, 1, [])
    world.remote.pins_by_id[large] = replace(world.remote.pins_by_id[large], is_owner=False)
    assert large in world.remote.pins_by_id


def problems(plan: Plan, **verdicts: Choice) -> list[str]:
    return [problem.message for problem in judge(plan, about(plan, **verdicts))]


def test_decisions_about_an_action_that_is_not_there_say_which_ones_there_are(world):
    plan = several(world)
    assert problems(plan, a0009=SKIP) == ["the plan has no action 0009: its actions are 0001 to 0003"]
    assert problems(replace(plan, actions=plan.actions[:1]), a0009=SKIP) == ["the plan has no action 0009"]
    assert problems(replace(plan, actions=()), a0009=SKIP) == ["the plan has no action 0009: the plan is empty"]


@pytest.mark.promise("I10")
def test_another_persons_pin_is_never_swapped_away(world):
    board = world.board("Board")
    for number in range(3):
        world.pin(board, f"Other {number}")
    world.pin(board, shown="cat~400x600")
    theirs = world.pin(board, shown="cat~800x1200", is_owner=False)
    world.apply()
    plan = world.plan(duplicates=BOTH)
    assert problems(plan, a0001=SWAP) == [
        f"0001 cannot be swapped: {world.path_of(theirs)} must be kept: the pin belongs to another account"
    ]


def test_rules_that_keep_the_one_that_stays_hold_for_a_swap(world):
    _, large = twins(world, "cat~400x600", "cat~800x1200")
    world.policies = replace(world.policies, protect=Protect(pins=(large,)), duplicates=BOTH)
    assert problems(world.plan(), a0001=SWAP) == [f"0001 cannot be swapped: pin {large} is protected"]
    world.policies = replace(
        world.policies, protect=UNSET, duplicates=Duplicates(remove=Remove.BOTH, reference=("Board*",))
    )
    (problem,) = problems(world.plan(), a0001=SWAP)
    assert problem.endswith("must be kept: copies of the board Board 0 are always kept")


def test_a_plan_of_an_older_pinplan_cannot_be_swapped(world):
    twins(world, "cat~400x600", "cat~800x1200")
    plan = world.plan(duplicates=BOTH)
    (action,) = plan.actions
    assert isinstance(action, Dedupe)
    old = with_digest(
        replace(plan, format_version="1.1", actions=(replace(action, keeper=replace(action.keeper, exchange=UNSET)),))
    )
    assert decode_plan(encode_plan(old)) == old
    assert [type(one) for one in decided(old, about(old, a0001=SKIP)).values()] == [Declined]
    assert problems(old, a0001=SWAP) == [
        "0001 cannot be swapped: an older pinplan made the plan, without the data for a swap; plan again"
    ]


@pytest.mark.promise("I5")
def test_the_limits_of_a_plan_hold_where_a_swap_deletes_instead(world):
    first, second = world.board("First"), world.board("Second")
    for number in range(4):
        world.pin(first, f"Other {number}")
    world.pin(first, shown="cat~400x600")
    world.pin(second, "Cat", shown="cat~800x1200")
    world.apply()
    account = Duplicates(remove=Remove.BOTH, scope=Within.ACCOUNT)
    plan = world.plan(duplicates=account, allow={})
    assert plan.applyable
    with pytest.raises(SafetyStop, match=r"\[Second\] 1 of 1 pins would be deleted"):
        apply(world, plan, about(plan, a0001=SWAP))
    assert (world.remote.deleted, len(world.state.runs())) == ([], 1)
    assert apply(world, plan).complete


def group(world: SmallWorld) -> tuple[list[PinId], Plan]:
    """Three of a picture: the largest stays."""
    pins = twins(world, "cat~400x600", "cat~410x615", "cat~800x1200")
    plan = world.plan(duplicates=BOTH)
    assert [kind_of(action) for action in plan.actions] == ["dedupe", "dedupe"]
    return pins, plan


@pytest.mark.promise("I21")
def test_of_a_group_the_others_are_skipped_when_another_keeper_is_chosen(world):
    pins, plan = group(world)
    assert problems(plan, a0001=SWAP) == ["0001 removes the pin that 0002 keeps: skip 0002 as well"]
    assert problems(plan, a0001=SWAP, a0002=SWAP) != []
    assert problems(plan, a0001=SWAP, a0002=SKIP) == []
    assert apply(world, plan, about(plan, a0001=SWAP, a0002=SKIP)).complete
    assert world.remote.deleted == [pins[2]]
    assert set(pins[:2]) <= set(world.remote.pins_by_id)


@pytest.mark.promise("I21")
def test_a_swap_comes_too_late_once_another_duplicate_counts_on_the_one_that_stayed(world):
    _, plan = group(world)
    result = apply(world, plan, about(plan, a0002=APPROVE), required=frozenset({"dedupe"}))
    assert outcomes(world) == {"0002": "done"}
    assert not result.complete
    with pytest.raises(ConfigError, match="0001 cannot be swapped any more: 0002 is done"):
        apply(world, plan, about(plan, a0001=SWAP, a0002=SKIP))
    assert len(world.remote.deleted) == 1


def merged(world: SmallWorld) -> Plan:
    board = world.board("Board")
    for number in range(3):
        world.pin(board, f"Other {number}")
    world.pin(board, shown="cat~400x600", link="https://example.org/small")
    world.pin(board, shown="cat~800x1200")
    world.apply()
    plan = world.plan(duplicates=Duplicates(remove=Remove.BOTH, merge=(Merge.LINK,)))
    assert [kind_of(action) for action in plan.actions] == ["update_metadata", "dedupe"]
    return plan


def test_words_are_taken_over_only_from_a_duplicate_that_goes(world):
    plan = merged(world)
    assert problems(plan, a0002=DIFFERENT) == []
    found = decided(plan, about(plan, a0002=DIFFERENT))
    assert found[ActionId("0001")] == Declined("none of its duplicates is removed (0002)")
    assert isinstance(decided(plan, about(plan, a0001=APPROVE, a0002=SKIP))[ActionId("0001")], Perform)
    assert isinstance(decided(plan, None, {"dedupe"})[ActionId("0001")], Waiting)
    swapped = decided(plan, about(plan, a0002=SWAP))
    assert isinstance(swapped[ActionId("0001")], Declined), "the pin that would take them over goes"
    assert isinstance(plan.actions[0], UpdateMetadata)


def test_words_are_taken_over_where_one_of_several_duplicates_goes(world):
    """Whether it is the one that has them is not asked: the plan takes them over for all."""
    twins(world, "cat~400x600", "cat~410x615", "cat~800x1200")
    small, *_ = (pin for pin in world.remote.pins_by_id.values() if pin.title == "Cat 0")
    world.remote.pins_by_id[small.id] = replace(small, link="https://example.org/small")
    plan = world.plan(duplicates=Duplicates(remove=Remove.BOTH, merge=(Merge.LINK,)))
    assert [kind_of(action) for action in plan.actions] == ["update_metadata", "dedupe", "dedupe"]
    found = decided(plan, about(plan, a0002=DIFFERENT))
    assert [type(one) for one in found.values()] == [Perform, Declined, Perform]


# -- different -------------------------------------------------------------------------------------------------------


def test_a_pair_that_is_none_is_remembered(world):
    twins(world, "cat~400x600", "cat~800x1200")
    plan = world.plan(duplicates=BOTH)
    assert apply(world, plan, about(plan, a0001=DIFFERENT)).complete
    assert (world.remote.deleted, outcomes(world)) == ([], {"0001": "declined"})
    assert world.state.fingerprints.count_different() == 1
    assert world.plan(duplicates=BOTH).actions == ()


def test_a_pair_of_which_a_file_changed_is_not_remembered_and_that_is_said(world):
    small, _ = twins(world, "cat~400x600", "cat~800x1200")
    plan = world.plan(duplicates=BOTH)
    world.library.write(world.path_of(small), image_bytes("another"))
    with world.state.fingerprints._db.transaction() as db:
        db.execute("DELETE FROM fingerprints")
    apply(world, plan, about(plan, a0001=DIFFERENT))
    (record,) = world.state.journal(run=world.state.runs()[-1].id)
    assert "it could not be saved" in str(record.reason)
    assert world.state.fingerprints.count_different() == 0


@pytest.mark.parametrize("verdict", [SWAP, DIFFERENT])
def test_only_duplicates_are_swapped_or_different(world, verdict):
    plan = several(world, 1)
    assert problems(plan, a0001=verdict) == [f"{verdict} is for duplicates only, and 0001 is a download"]
    assert problems(plan, a0077=SKIP) == ["the plan has no action 0077"]


# -- laws ------------------------------------------------------------------------------------------------------------

copies = st.lists(st.sampled_from([2, 2, 3]), max_size=3)
LAWS = settings(max_examples=40)
choices = st.lists(st.sampled_from([None, APPROVE, SKIP, SWAP, SWAP, DIFFERENT]), min_size=1, max_size=12)


def drawn(plan: Plan, chosen: list[Choice | None]) -> Decisions:
    """Decisions that a careful person could have made: what does not fit is a skip."""
    said = {
        action.id: verdict
        for number, action in enumerate(plan.actions)
        if (verdict := chosen[number % len(chosen)]) is not None
    }
    said = {
        name: SKIP
        if verdict in {SWAP, DIFFERENT} and not isinstance(next(a for a in plan.actions if a.id == name), Dedupe)
        else verdict
        for name, verdict in said.items()
    }
    decisions = about(plan, **{f"a{name}": verdict for name, verdict in said.items()})
    wrong = {problem.entry for problem in judge(plan, decisions)}
    return about(plan, **{f"a{name}": SKIP if name in wrong else verdict for name, verdict in said.items()})


@pytest.mark.promise("I11")
@LAWS
@given(boards, pins, stories, modes, choices, copies)
def test_what_is_done_is_what_was_approved(names, made, story, mode, chosen, copied):
    with agreed(names, made) as world:
        with_twins(world, copied)
        tell(world, story)
        world.mode(mode)
        plan = world.plan(duplicates=BOTH)
        if not plan.actions:
            return
        decisions = drawn(plan, chosen)
        assert list(judge(plan, decisions)) == []
        found = decided(plan, decisions)
        refused = {name for name in found if decisions.verdict(name) in {SKIP, DIFFERENT}}
        assert refused <= {name for name, one in found.items() if isinstance(one, Declined)}
        files, pins_before, _ = world.seen()
        result = apply(world, plan, decisions)
        assert result.complete, world.events
        done = {name for name, outcome in outcomes(world).items() if outcome == "done"}
        assert done == {name for name, one in found.items() if isinstance(one, Perform)}
        going = {f.action.pin_id for f in found.values() if isinstance(f, Perform) and f.action.deletes_pin}
        assert pins_before - world.seen()[1] <= going
        touched = {path for f in found.values() if isinstance(f, Perform) for path in f.action.affected_paths()}
        assert {path for path in files if path not in world.library.files} <= touched
        before = world.seen()
        assert apply(world, plan).already_applied
        assert world.seen() == before


@pytest.mark.promise("I23")
@LAWS
@given(boards, pins, stories, modes, choices, copies)
def test_the_undo_of_a_decided_run_undoes_what_was_done_and_nothing_else(names, made, story, mode, chosen, copied):
    with agreed(names, made) as world:
        with_twins(world, copied)
        tell(world, story)
        world.mode(mode)
        plan = world.plan(duplicates=BOTH)
        if not plan.actions:
            return
        files = dict(world.library.files)
        pins_before = set(world.remote.pins_by_id)
        found = decided(plan, drawn(plan, chosen))
        apply(world, plan, drawn(plan, chosen))
        undo = world.undo()
        done = {pin for f in found.values() if isinstance(f, Perform) for pin in f.action.pin_ids}
        assert {pin for action in undo.actions for pin in action.pin_ids} <= done | (
            set(world.remote.pins_by_id) - pins_before
        )
        if undo.actions:
            assert world.apply(undo).complete, world.events
            assert sorted(files.values()) == sorted(d for p, d in world.library.files.items() if d in files.values())


def with_twins(world: SmallWorld, copies: list[int]) -> None:
    """Pictures of which there are so many pins, each larger than the one before."""
    board = min(world.remote.boards_by_id)
    for number, count in enumerate(copies):
        for _ in range(count):
            size = 200 + 10 * len(world.remote.pins_by_id)
            world.pin(board, f"Twin {number}", shown=f"twin{number}~{2 * size}x{3 * size}")
    world.apply()


@pytest.mark.promise("I11")
@pytest.mark.parametrize("approved", [False, True])
def test_kinds_that_the_decisions_require_wait_even_where_the_digest_was_approved(approved):
    world = SmallWorld()
    try:
        first, _ = twins(world, "cat~400x600", "cat~800x1200")
        world.pin(world.remote.pins_by_id[first].board_id, "New")
        plan = world.plan(duplicates=BOTH)
        (pair,) = (action.id for action in plan.actions if isinstance(action, Dedupe))
        half = replace(about(plan), require=("dedupe",))
        result = apply(world, plan, half, expect_digest=plan.digest if approved else None)
        assert result.waiting == {"dedupe": 1}
        assert not result.complete
        assert first in world.remote.pins_by_id
        with pytest.raises(DecisionNeeded):  # the run keeps its decisions
            apply(world, plan, expect_digest=plan.digest)
        lifted = about(plan, **{f"a{pair}": APPROVE})
        with pytest.raises(DecisionsChanged, match="dedupe would no longer wait for decisions"):
            apply(world, plan, lifted)
        done = replace(lifted, require=("dedupe",))
        assert apply(world, plan, done).complete
    finally:
        world.close()


# -- boards that are created for others ------------------------------------------------------------------------------


@pytest.fixture
def birds(world: SmallWorld) -> SmallWorld:
    """Two new pictures in a folder without a board, one of them in a folder of its own there."""
    world.pin(world.board("Cats"), "One")
    world.apply()
    world.mode(Mode.PUBLISH)
    world.policies = replace(world.policies, uploads=Uploads(own_content=True))
    for path in ("Birds/owl.jpg", "Birds/Night/bat.jpg"):
        world.library.write(path, image_bytes(path))
    return world


@pytest.mark.promise("I31")
@pytest.mark.parametrize(
    ("skipped", "done"),
    [
        ((), {"0001", "0002", "0003", "0004"}),
        (("0003",), {"0001", "0004"}),  # the picture in the section: no section either
        (("0004",), {"0001", "0002", "0003"}),
        (("0003", "0004"), set()),
        (("0001",), set()),
        (("0002",), {"0001", "0004"}),
    ],
)
def test_a_board_is_created_only_if_something_comes_to_it(birds, skipped, done):
    plan = birds.plan()
    assert [kind_of(action) for action in plan.actions] == ["create_board", "create_section", "upload", "upload"]
    apply(birds, plan, about(plan, **{f"a{name}": SKIP for name in skipped}))
    assert {name for name, outcome in outcomes(birds).items() if outcome == "done"} == done
    assert ("Birds" in {board.name for board in birds.remote.boards_by_id.values()}) is bool(done)


def test_a_board_waits_with_what_comes_to_it(birds):
    birds.policies = replace(birds.policies, require_decisions=("upload",))
    plan = birds.plan()
    with pytest.raises(DecisionNeeded, match="4 actions wait"):
        apply(birds, plan, about(plan))
    assert birds.remote.posts == 0
    apply(birds, plan, about(plan, a0004=APPROVE), accept_changed=True)
    assert {name for name, outcome in outcomes(birds).items() if outcome == "done"} == {"0001", "0004"}
