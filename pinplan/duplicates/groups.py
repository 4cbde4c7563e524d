"""Groups of duplicates: a keeper, and those that were compared with it directly. Never a chain."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from pinplan.duplicates.keeper import KeeperCandidate, keeper_of
from pinplan.model.similarity import Better
from pinplan.policies.duplicates import DEFAULT_ORDER, KeepRule

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pinplan.model.similarity import Similarity

Edge = tuple[str, str]


class GroupMember(Struct, frozen=True, kw_only=True):
    """An image that shows the same as the keeper.

    Attributes:
        alike: what was measured between it and the keeper.
        rung: the rule by which it lost.
        undecided: which of the two holds more detail cannot be told, and the rules ask for it: both stay.
    """

    candidate: KeeperCandidate
    alike: Similarity
    rung: KeepRule
    undecided: bool = False


class ImageGroup(Struct, frozen=True, kw_only=True):
    """A keeper and the images that were verified against it."""

    keeper: KeeperCandidate
    members: tuple[GroupMember, ...]


def groups_of(
    candidates: Mapping[str, KeeperCandidate],
    edges: Mapping[Edge, Similarity],
    order: Sequence[KeepRule] = DEFAULT_ORDER,
) -> list[ImageGroup]:
    """Star-shaped groups from verified pairs.

    Chains are split: an image that has no pair with the keeper is taken out, and may form a group of its own with others that were.
    So no image is ever removed in favour of one that it was not compared with.

    Args:
        candidates: by key.
        edges: verified pairs of keys, each in one direction only.
        order: of the keeper's rules.
    """
    near: dict[str, dict[str, Similarity]] = {}
    for (one, other), alike in edges.items():
        near.setdefault(one, {})[other] = alike
        # Each pair comes in one direction; a keeper must find its partners from either end.
        near.setdefault(other, {})[one] = alike.swapped
    judged = {key: _judged(candidates[key], near[key]) for key in near}
    groups: list[ImageGroup] = []
    for component in _components(near):
        left = set(component)
        while len(left) > 1:
            group = _star([judged[key] for key in sorted(left)], near, order)
            if group is None:
                break
            groups.append(group)
            left -= {group.keeper.key, *(member.candidate.key for member in group.members)}
    # Shorter keys first: pin ids are decimal strings, so this is their numeric order.
    return sorted(groups, key=lambda group: (len(group.keeper.key), group.keeper.key))


def _judged(candidate: KeeperCandidate, near: Mapping[str, Similarity]) -> KeeperCandidate:
    """A candidate that knows those that it is worse than."""
    better = frozenset(key for key, alike in near.items() if alike.better is Better.OTHER)
    return replace(candidate, worse_than=better) if better else candidate


def _star(
    left: Sequence[KeeperCandidate], near: Mapping[str, Mapping[str, Similarity]], order: Sequence[KeepRule]
) -> ImageGroup | None:
    """The best of those that still have a pair, with its partners; None if none has one."""
    keys = {candidate.key for candidate in left}
    paired = [candidate for candidate in left if keys.intersection(near[candidate.key])]
    if not paired:
        return None
    keeper, _ = keeper_of(paired, order)
    members, lost = _around(keeper, paired, near, order)
    for _ in paired:
        # Sizes within 2 % count as equal, so the best of all need not be the best among its own partners. One round per
        # candidate at most: such a band makes "better" intransitive, and two could otherwise win in turns for ever.
        best, _ = keeper_of([keeper, *members], order)
        if best.key == keeper.key:
            break
        keeper = best
        members, lost = _around(keeper, paired, near, order)
    return ImageGroup(
        keeper=keeper,
        members=tuple(
            GroupMember(
                # NUMBER if the rounds ran out: a member that would beat this keeper has no rule by which it lost.
                candidate=member,
                alike=near[keeper.key][member.key],
                rung=lost.get(member.key, KeepRule.NUMBER),
                undecided=_undecided(near[keeper.key][member.key], lost.get(member.key), order),
            )
            for member in sorted(members, key=lambda member: (len(member.key), member.key))
        ),
    )


def _undecided(alike: Similarity, rung: KeepRule | None, order: Sequence[KeepRule]) -> bool:
    """Whether the rules come to the question which one holds more detail, and the answer does not speak for the keeper."""
    if KeepRule.DETAIL not in order or alike.better not in {Better.UNSURE, Better.OTHER}:
        return False
    before = (KeepRule.REFERENCE, *order[: order.index(KeepRule.DETAIL)])
    return rung not in before


def _around(
    keeper: KeeperCandidate,
    paired: Sequence[KeeperCandidate],
    near: Mapping[str, Mapping[str, Similarity]],
    order: Sequence[KeepRule],
) -> tuple[list[KeeperCandidate], dict[str, KeepRule]]:
    """The partners of a keeper, and the rules by which they lost."""
    members = [candidate for candidate in paired if candidate.key in near[keeper.key]]
    return members, keeper_of([keeper, *members], order)[1]


Key = TypeVar("Key", bound=str)


def _components(near: Mapping[Key, Iterable[Key]]) -> list[list[Key]]:
    """Connected components, in a stable order."""
    seen: set[Key] = set()
    found: list[list[Key]] = []
    for start in sorted(near):
        if start in seen:
            continue
        # An explicit stack: a chain of 10,000 lookalikes would exceed Python's recursion limit.
        component, waiting = [], [start]
        seen.add(start)
        while waiting:
            key = waiting.pop()
            component.append(key)
            fresh = [other for other in near[key] if other not in seen]
            seen.update(fresh)
            waiting.extend(fresh)
        found.append(sorted(component))
    return found
