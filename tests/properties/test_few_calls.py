"""The laws of the cache: where Pinterest's hints are true nobody can tell it from asking; where they lie, nothing is lost by it."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from pinplan.adapters import PlanRequest
from pinplan.pipeline import make_plan
from pinplan.plan.document import Plan, kind_of
from pinplan.policies.duplicates import Duplicates
from pinplan.policies.mode import Mode
from pinplan.snapshot.freshness import Freshness, Refresh
from tests.hints import hinting
from tests.properties.test_laws import ALL_DUPLICATES, CHANGES, EVENTFUL, Story, agreed, boards, dedupes, modes, tell
from tests.worlds import EVERYTHING, SmallWorld, counted

TELLING = sorted(set(CHANGES) - {"break"})
"""A listing that breaks is the one change that a hint cannot tell of: the cache then knows more than Pinterest gives."""
RESTING = {"move_local", "rebind", "replace", "delete_local", "delete_remote", "dedupe", "forget", "update_metadata"}
pins = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from(["a", "b"]), st.sampled_from([1, 1, 3])), min_size=1, max_size=8
)
stories = st.lists(st.tuples(st.sampled_from(TELLING), st.integers(0, 50)), max_size=6).map(Story)


def planned(world: SmallWorld, refresh: Refresh) -> Plan:
    request = PlanRequest(policies=world.policies, allow=EVERYTHING, freshness=Freshness(refresh=refresh))
    return counted(make_plan(world.adapters(), request))


def prepare(world: SmallWorld, mode: Mode, duplicates: Duplicates) -> None:
    world.mode(mode)
    world.policies = replace(world.policies, duplicates=duplicates)
    for pin_id, pin in list(world.remote.pins_by_id.items()):
        if len(pin.images) == 1:  # two pins of one title show the same picture
            renditions = tuple(
                replace(one, url=f"https://images.test/{pin.title}.jpg") for one in pin.images[0].renditions
            )
            world.remote.pins_by_id[pin_id] = replace(pin, images=(replace(pin.images[0], renditions=renditions),))


@pytest.mark.promise("I8")
@pytest.mark.meets("delete_local", "delete_remote", "forget", "move_local", "dedupe")
@given(boards, pins, stories, stories, modes, dedupes)
@example(*EVENTFUL[:2], Story([]), EVENTFUL[2], Mode.TWO_WAY, Duplicates())
@example(["cats"], [(0, "a", 1)] * 5, Story([]), Story([]), Mode.TWO_WAY, ALL_DUPLICATES)
@example(["cats"], [(0, "a", 1)] * 3, Story([("delete_pin", 1), ("remove", 0)]), Story([]), Mode.MIRROR, Duplicates())
def test_where_hints_are_true_the_cache_makes_the_same_plan(names, made, before, after, mode, duplicates):
    with agreed(names, made, duplicates) as world:
        hinting(world)
        prepare(world, mode, duplicates)
        tell(world, before)
        first = planned(world, Refresh.AUTO)
        tell(world, after)
        cached = planned(world, Refresh.AUTO)
        full = planned(world, Refresh.FULL)
        assert cached.digest == full.digest
        assert (cached.actions, cached.findings) == (full.actions, full.findings)
        assert after or cached.digest == first.digest


@pytest.mark.promise("I6")
@pytest.mark.meets("delete_local", "delete_remote", "forget", "move_local", "dedupe")
@given(boards, pins, stories, stories, modes, dedupes)
@example(*EVENTFUL[:2], Story([]), EVENTFUL[2], Mode.TWO_WAY, Duplicates())
@example(["cats"], [(0, "a", 1)] * 5, Story([]), Story([]), Mode.TWO_WAY, ALL_DUPLICATES)
@example(
    ["a", "b"],
    [(0, "a", 1), (1, "b", 1)],
    Story([]),
    Story([("move_pin", 1), ("remove", 0)]),
    Mode.TWO_WAY,
    Duplicates(),
)
def test_where_hints_lie_nothing_is_deleted_or_moved_that_is_not_so(names, made, before, after, mode, duplicates):
    """Whatever touches, deletes or forgets something would be planned by somebody who asks for everything, too."""
    with agreed(names, made, duplicates) as world:
        remote = hinting(world)
        prepare(world, mode, duplicates)
        tell(world, before)
        planned(world, Refresh.AUTO)
        remote.lying = True
        tell(world, after)
        remote.listed.clear()
        cached = planned(world, Refresh.AUTO)
        asked_for = set(remote.listed)
        full = planned(world, Refresh.FULL)
        true = {(kind_of(action), action.pin_id) for action in full.actions}
        for action in cached.actions:
            if kind_of(action) in RESTING:
                assert (kind_of(action), action.pin_id) in true
                assert action.board_id in asked_for


@pytest.mark.promise("I4")
@given(boards, pins, stories, stories, modes, dedupes)
def test_without_asking_nothing_is_deleted_moved_or_sent(names, made, before, after, mode, duplicates):
    with agreed(names, made, duplicates) as world:
        remote = hinting(world)
        prepare(world, mode, duplicates)
        tell(world, before)
        planned(world, Refresh.AUTO)
        tell(world, after)
        calls = remote.calls
        made_offline = planned(world, Refresh.NONE)
        assert remote.calls == calls
        offline = {"download", "adopt", "copy_local", "replace", "relocate"}
        assert {kind_of(action) for action in made_offline.actions} <= offline
