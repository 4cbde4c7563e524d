"""Groups: one that stays, and those that were compared with it directly. Never a chain."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct

from pinplan.duplicates.keeper import KeeperCandidate, keeper_of
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
    """

    candidate: KeeperCandidate
    alike: Similarity
    rung: KeepRule


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

    What hangs together only through others is taken apart: whoever has no pair with the keeper leaves, and may form a group of
    its own with others that left. So nothing is ever removed in favour of a picture that it was not compared with.

    Args:
        candidates: by key.
        edges: verified pairs of keys, each in one direction only.
        order: of the keeper's rules.
    """
    near: dict[str, dict[str, Similarity]] = {}
    for (one, other), alike in edges.items():
        near.setdefault(one, {})[other] = alike
        near.setdefault(other, {})[one] = alike
    groups: list[ImageGroup] = []
    for component in _components(near):
        left = set(component)
        while len(left) > 1:
            group = _star([candidates[key] for key in sorted(left)], near, order)
            if group is None:
                break
            groups.append(group)
            left -= {group.keeper.key, *(member.candidate.key for member in group.members)}
    return sorted(groups, key=lambda group: (len(group.keeper.key), group.keeper.key))


def _star(
    left: Sequence[KeeperCandidate], near: Mapping[str, Mapping[str, Similarity]], order: Sequence[KeepRule]
) -> ImageGroup | None:
    """The best of those that still have a pair, with all that are paired with it; None if none has."""
    keys = {candidate.key for candidate in left}
    paired = [candidate for candidate in left if keys.intersection(near[candidate.key])]
    if not paired:
        return None
    keeper, _ = keeper_of(paired, order)
    members, lost = _around(keeper, paired, near, order)
    for _ in paired:
        # Sizes within a band are the same, so the best of all need not be the best among those that are paired with it.
        best, _ = keeper_of([keeper, *members], order)
        if best.key == keeper.key:
            break
        keeper = best
        members, lost = _around(keeper, paired, near, order)
    return ImageGroup(
        keeper=keeper,
        members=tuple(
            GroupMember(
                candidate=member, alike=near[keeper.key][member.key], rung=lost.get(member.key, KeepRule.NUMBER)
            )
            for member in sorted(members, key=lambda member: (len(member.key), member.key))
        ),
    )


def _around(
    keeper: KeeperCandidate,
    paired: Sequence[KeeperCandidate],
    near: Mapping[str, Mapping[str, Similarity]],
    order: Sequence[KeepRule],
) -> tuple[list[KeeperCandidate], dict[str, KeepRule]]:
    """Those that are paired with a keeper, and the rules by which they lost."""
    members = [candidate for candidate in paired if candidate.key in near[keeper.key]]
    return members, keeper_of([keeper, *members], order)[1]


Key = TypeVar("Key", bound=str)


def _components(near: Mapping[Key, Iterable[Key]]) -> list[list[Key]]:
    """What hangs together, in a stable order."""
    seen: set[Key] = set()
    found: list[list[Key]] = []
    for start in sorted(near):
        if start in seen:
            continue
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
