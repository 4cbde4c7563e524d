"""Pairs become groups with a keeper, and nothing goes that was not compared with what stays."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinplan.duplicates.groups import _Near, groups_of
from pinplan.duplicates.keeper import KeeperCandidate, keeper_of
from pinplan.model.similarity import SAME_BYTES, Better, Similarity, Tier
from pinplan.policies.duplicates import DEFAULT_ORDER, KeepRule

SURE = Similarity(tier=Tier.CONFIRMED)


def candidate(key: str, **facts: Any) -> KeeperCandidate:
    return KeeperCandidate(**{"key": key, "width": 100, "height": 100, **facts})


KEYS = [str(n) for n in range(8)]
CANDIDATES = st.fixed_dictionaries(
    {
        key: st.builds(
            KeeperCandidate,
            key=st.just(key),
            width=st.sampled_from([99, 100, 101, 500]),
            height=st.just(100),
            quality=st.sampled_from([0, 70, 71, 90]),
            damaged=st.sampled_from([False, False, True]),
            reference=st.sampled_from([False, False, True]),
            own_upload=st.booleans(),
            has_link=st.booleans(),
            created_at=st.sampled_from(["", "2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z"]),
        )
        for key in KEYS
    }
)
ALIKE = st.sampled_from([SURE, *(Similarity(tier=Tier.CONFIRMED, better=better) for better in Better)])
EDGES = st.sets(
    st.tuples(st.sampled_from(KEYS), st.sampled_from(KEYS)).filter(lambda pair: pair[0] < pair[1]), max_size=12
).flatmap(lambda pairs: st.fixed_dictionaries(dict.fromkeys(sorted(pairs), ALIKE)))


@pytest.mark.promise("I21")
@given(CANDIDATES, EDGES, st.permutations(list(DEFAULT_ORDER)))
def test_every_member_has_a_pair_with_its_keeper_and_nobody_is_in_two_groups(candidates, edges, order):
    seen: set[str] = set()
    for group in groups_of(candidates, edges, order):
        keys = {group.keeper.key, *(member.candidate.key for member in group.members)}
        assert len(keys) == len(group.members) + 1 >= 2
        assert not keys & seen
        seen |= keys
        for member in group.members:
            assert (group.keeper.key, member.candidate.key) in edges or (
                member.candidate.key,
                group.keeper.key,
            ) in edges


@given(CANDIDATES, EDGES, st.randoms(use_true_random=False))
def test_the_order_in_which_pairs_come_changes_nothing(candidates, edges, dice):
    shuffled = [
        (pair, alike) if dice.random() < 0.5 else ((pair[1], pair[0]), alike.swapped) for pair, alike in edges.items()
    ]
    dice.shuffle(shuffled)
    assert groups_of(candidates, dict(shuffled)) == groups_of(candidates, edges)


@given(CANDIDATES, EDGES)
def test_no_pair_is_left_between_two_keepers_of_nothing(candidates, edges):
    """Whoever is in no group has no pair with anybody else who is in none."""
    grouped = {
        key
        for group in groups_of(candidates, edges)
        for key in (group.keeper.key, *(member.candidate.key for member in group.members))
    }
    assert not [pair for pair in edges if not grouped & set(pair)]


def test_a_chain_is_taken_apart():
    candidates = {key: candidate(key, width=width) for key, width in (("a", 500), ("b", 400), ("c", 300), ("d", 200))}
    edges = {("a", "b"): SURE, ("b", "c"): SURE, ("c", "d"): SURE}
    found = [(group.keeper.key, [m.candidate.key for m in group.members]) for group in groups_of(candidates, edges)]
    assert found == [("a", ["b"]), ("c", ["d"])]


@pytest.mark.parametrize(
    ("winner", "loser", "rung"),
    [
        ({"reference": True, "width": 10}, {"width": 1000}, KeepRule.REFERENCE),
        ({"width": 103}, {"width": 100, "quality": 99}, KeepRule.RESOLUTION),
        ({"width": 101, "quality": 90}, {"width": 102, "quality": 80}, KeepRule.QUALITY),
        ({"own_upload": True, "quality": 90}, {"quality": 91, "has_link": True}, KeepRule.OWN_UPLOAD),
        ({"has_link": True, "quality": 0}, {"quality": 90}, KeepRule.HAS_LINK),
        ({"created_at": "2020-01-01T00:00:00Z"}, {"created_at": "2021-01-01T00:00:00Z"}, KeepRule.OLDEST),
        ({"created_at": "2020-01-01T00:00:00Z"}, {"created_at": ""}, KeepRule.OLDEST),
        ({}, {}, KeepRule.NUMBER),
    ],
)
def test_the_first_rule_that_tells_them_apart_decides(winner, loser, rung):
    one, other = candidate("9", **winner), candidate("10", **loser)
    for both in ([one, other], [other, one]):
        keeper, lost = keeper_of(both)
        assert (keeper.key, lost) == ("9", {"10": rung})


def test_another_order_of_rules():
    small_and_old = candidate("1", created_at="2020-01-01T00:00:00Z")
    large_and_new = candidate("2", width=500, created_at="2021-01-01T00:00:00Z")
    assert keeper_of([small_and_old, large_and_new])[0].key == "2"
    assert keeper_of([small_and_old, large_and_new], (KeepRule.OLDEST,))[0].key == "1"


BANDS = {
    "1": candidate("1", width=1030, quality=40),  # the largest; 2 counts as just as large, 3 does not
    "2": candidate("2", width=1015, quality=50),
    "3": candidate("3", width=1000, quality=60),  # as large as 2 where 1 is not asked
    "4": candidate("4", width=10),
}


@pytest.mark.parametrize(
    ("edges", "group"),
    [
        ([("2", "3"), ("3", "4"), ("1", "4")], ("3", ["2", "4"])),
        ([("2", "3"), ("1", "3")], ("3", ["1", "2"])),  # of 2 and 3 each is better than the other, by who else is asked
    ],
)
def test_the_best_of_all_need_not_be_the_best_of_its_own_pairs(edges, group):
    found = groups_of(BANDS, dict.fromkeys(edges, SURE))[0]
    assert (found.keeper.key, [member.candidate.key for member in found.members]) == group


@pytest.mark.promise("I21")
@given(CANDIDATES, EDGES, st.permutations(list(DEFAULT_ORDER)))
def test_nothing_goes_for_one_that_may_hold_less_unless_a_rule_before_says_so(candidates, edges, order):
    before = (KeepRule.REFERENCE, *order[: order.index(KeepRule.DETAIL)])
    for group in groups_of(candidates, edges, order):
        for member in group.members:
            doubt = member.alike.better in {Better.OTHER, Better.UNSURE}
            damaged = group.keeper.damaged and not member.candidate.damaged
            assert member.undecided == (damaged or (doubt and member.rung not in before))


def test_an_answer_is_of_the_keeper_against_the_member():
    candidates = {key: candidate(key) for key in ("1", "2")}
    (group,) = groups_of(candidates, {("1", "2"): Similarity(tier=Tier.CONFIRMED, better=Better.OTHER)})
    (member,) = group.members
    assert (group.keeper.key, member.rung, member.alike.better) == ("2", KeepRule.DETAIL, Better.ONE)


def test_of_three_that_beat_each_other_in_a_circle_none_goes_for_a_worse_one():
    candidates = {key: candidate(key) for key in ("1", "2", "3")}
    circle = {("1", "2"): Better.ONE, ("2", "3"): Better.ONE, ("1", "3"): Better.OTHER}
    edges = {pair: Similarity(tier=Tier.CONFIRMED, better=better) for pair, better in circle.items()}
    (group,) = groups_of(candidates, edges)
    assert [(member.candidate.key, member.undecided) for member in group.members] == [("2", False), ("3", True)]


@pytest.mark.promise("I21")
@given(
    CANDIDATES, EDGES, st.lists(st.sets(st.sampled_from(KEYS), min_size=2), max_size=3), st.permutations(DEFAULT_ORDER)
)
def test_of_the_same_bytes_a_few_pairs_are_as_good_as_all(candidates, edges, classes, order):
    """What was measured of one file is true of its copies: every pair of theirs, written down, gives the same groups."""
    copies = merged(classes)
    # One edge for each pair of classes, as a scan finds them.
    heads = {key: min(known) for known in copies for key in known}
    between: dict[tuple[str, str], Similarity] = {}
    for (one, other), alike in sorted(edges.items()):
        first, second = heads.get(one, one), heads.get(other, other)
        if first != second and (second, first) not in between:
            between.setdefault((first, second), alike)
    few = between | {(min(known), key): SAME_BYTES for known in copies for key in known if key != min(known)}
    everything: dict[tuple[str, str], Similarity] = {}
    for (one, other), alike in few.items():
        for left in next((known for known in copies if one in known), {one}):
            for right in next((known for known in copies if other in known), {other}):
                if left != right and (right, left) not in everything:
                    everything[left, right] = alike
    assert groups_of(candidates, few, order) == groups_of(candidates, everything, order)


def merged(classes: list[set[str]]) -> list[set[str]]:
    """The same, where two that share a key are one."""
    found: list[set[str]] = []
    for known in classes:
        touching = [other for other in found if other & known]
        found = [other for other in found if not other & known] + [known.union(*touching)]
    return found


def test_what_has_no_pair_has_no_measure():
    near = _Near({("1", "2"): SURE})
    with pytest.raises(KeyError):
        near.of("1", "3")


@pytest.mark.promise("I21")
def test_a_well_formed_file_stays_in_place_of_a_damaged_one():
    """Of two that are as large, whatever their quality and age; where a rule keeps the damaged one, nothing goes for it."""
    whole, broken = candidate("2", quality=50), candidate("1", damaged=True, quality=90, own_upload=True)
    (group,) = groups_of({"1": broken, "2": whole}, {("1", "2"): SURE})
    assert (group.keeper.key, group.members[0].rung, group.members[0].undecided) == ("2", KeepRule.WELL_FORMED, False)
    for facts in ({"reference": True}, {"height": 300}):
        kept = candidate("1", damaged=True, **facts)
        (group,) = groups_of({"1": kept, "2": whole}, {("1", "2"): SURE})
        assert (group.keeper.key, group.members[0].undecided) == ("1", True)
        assert group.members[0].alike.detail == "the file that the rules keep is damaged"
        (group,) = groups_of({"1": kept, "2": candidate("2", damaged=True)}, {("1", "2"): SURE})
        assert not group.members[0].undecided
