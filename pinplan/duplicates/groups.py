"""Groups of duplicates: a keeper, and those that were compared with it directly. Never a chain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from pinplan.duplicates.keeper import KeeperCandidate, keeper_of
from pinplan.model.similarity import SAME_BYTES, Better
from pinplan.policies.duplicates import DEFAULT_ORDER, KeepRule

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from pinplan.model.similarity import Similarity

Edge = tuple[str, str]


class GroupMember(Struct, frozen=True, kw_only=True):
    """An image that shows the same as the keeper.

    Attributes:
        alike: what was measured between it and the keeper.
        rung: the rule by which it lost.
        undecided: which of the two holds more detail cannot be told, and the rules ask for it: both stay.
        edges: what was measured between other members and it; those with the same bytes are left out.
    """

    candidate: KeeperCandidate
    alike: Similarity
    rung: KeepRule
    undecided: bool = False
    edges: tuple[tuple[str, Similarity], ...] = ()


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
    So no image is ever removed in favour of one that it was not compared with. Only the same bytes need no pair: what is true of one of
    such files is true of all, so that of a large crowd a few pairs are enough.

    Args:
        candidates: by key.
        edges: verified pairs of keys, each in one direction only.
        order: of the keeper's rules.
    """
    near = _Near(edges)
    judged = {key: _judged(candidates[key], near) for key in near.keys}
    groups: list[ImageGroup] = []
    for component in near.components():
        left = set(component)
        while len(left) > 1:
            group = _star([judged[key] for key in sorted(left)], near, order)
            if group is None:
                break
            groups.append(group)
            left -= {group.keeper.key, *(member.candidate.key for member in group.members)}
    # Shorter keys first: pin ids are decimal strings, so this is their numeric order.
    return sorted(groups, key=lambda group: (len(group.keeper.key), group.keeper.key))


class _Near:
    """Verified pairs, found from either end. Keys with the same bytes share theirs."""

    def __init__(self, edges: Mapping[Edge, Similarity]) -> None:
        self.keys = sorted({key for edge in edges for key in edge})
        self._head = _heads(edge for edge, alike in edges.items() if alike == SAME_BYTES)
        self._same: dict[str, list[str]] = {}
        for key in self.keys:
            self._same.setdefault(self._head.get(key, key), []).append(key)
        self._near: dict[str, dict[str, Similarity]] = {}
        for (one, other), alike in edges.items():
            first, second = self._head.get(one, one), self._head.get(other, other)
            if first != second:
                self._near.setdefault(first, {})[second] = alike
                # Each pair comes in one direction; a keeper must find its partners from either end.
                self._near.setdefault(second, {})[first] = alike.swapped

    def between(self, one: str, other: str) -> Similarity | None:
        """What was measured between two keys, seen from the first."""
        first, second = self._head.get(one, one), self._head.get(other, other)
        return SAME_BYTES if first == second else self._near.get(first, {}).get(second)

    def of(self, one: str, other: str) -> Similarity:
        """The same, of two that have a pair."""
        found = self.between(one, other)
        if found is None:
            raise KeyError((one, other))
        return found

    def towards(self, key: str, others: Collection[str]) -> Iterator[tuple[str, Similarity]]:
        """What was measured between some others and it, seen from those; the same bytes were not measured."""
        for away, alike in self._near.get(self._head.get(key, key), {}).items():
            yield from ((other, alike.swapped) for other in self._same[away] if other in others)

    def partners(self, key: str) -> Iterator[str]:
        """All that have a pair with it."""
        head = self._head.get(key, key)
        yield from (other for other in self._same[head] if other != key)
        for away in self._near.get(head, ()):
            yield from self._same[away]

    def components(self) -> list[list[str]]:
        """Keys that are connected by pairs, in a stable order."""
        found = _connected({head: list(self._near.get(head, ())) for head in self._same})
        return sorted(sorted(key for head in heads for key in self._same[head]) for heads in found)

    def better_than(self, key: str) -> Iterator[str]:
        """Those that hold more detail."""
        for away, alike in self._near.get(self._head.get(key, key), {}).items():
            if alike.better is Better.OTHER:
                yield from self._same[away]


def _heads(edges: Iterable[Edge]) -> dict[str, str]:
    """For each key that is connected by these edges one that stands for all that are."""
    near: dict[str, list[str]] = {}
    for one, other in edges:
        near.setdefault(one, []).append(other)
        near.setdefault(other, []).append(one)
    return {key: connected[0] for connected in _connected(near) for key in connected}


def _judged(candidate: KeeperCandidate, near: _Near) -> KeeperCandidate:
    """A candidate that knows those that it is worse than."""
    better = frozenset(near.better_than(candidate.key))
    return replace(candidate, worse_than=better) if better else candidate


def _star(left: Sequence[KeeperCandidate], near: _Near, order: Sequence[KeepRule]) -> ImageGroup | None:
    """The best of those that still have a pair, with its partners; None if none has one."""
    keys = {candidate.key for candidate in left}
    paired = [candidate for candidate in left if any(key in keys for key in near.partners(candidate.key))]
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
    names = {member.key for member in members}
    return ImageGroup(
        keeper=keeper,
        members=tuple(
            replace(
                _member(keeper, member, near.of(keeper.key, member.key), lost.get(member.key), order),
                edges=tuple(sorted(near.towards(member.key, names), key=_first)),
            )
            for member in sorted(members, key=lambda member: (len(member.key), member.key))
        ),
    )


def _first(edge: tuple[str, Similarity]) -> str:
    return edge[0]


def _member(
    keeper: KeeperCandidate,
    member: KeeperCandidate,
    alike: Similarity,
    rung: KeepRule | None,
    order: Sequence[KeepRule],
) -> GroupMember:
    undecided = _undecided(alike, rung, order)
    # No whole file goes in favour of a damaged one, larger or on a reference board though it is.
    if keeper.damaged and not member.damaged:
        undecided, alike = True, replace(alike, detail="the file that the rules keep is damaged")
    # NUMBER if the rounds ran out: a member that would beat this keeper has no rule by which it lost.
    return GroupMember(candidate=member, alike=alike, rung=rung or KeepRule.NUMBER, undecided=undecided)


def _undecided(alike: Similarity, rung: KeepRule | None, order: Sequence[KeepRule]) -> bool:
    """Whether the rules come to the question which one holds more detail, and the answer does not speak for the keeper."""
    if KeepRule.DETAIL not in order or alike.better not in {Better.UNSURE, Better.OTHER}:
        return False
    before = (KeepRule.REFERENCE, *order[: order.index(KeepRule.DETAIL)])
    return rung not in before


def _around(
    keeper: KeeperCandidate,
    paired: Sequence[KeeperCandidate],
    near: _Near,
    order: Sequence[KeepRule],
) -> tuple[list[KeeperCandidate], dict[str, KeepRule]]:
    """The partners of a keeper, and the rules by which they lost."""
    partners = set(near.partners(keeper.key))
    members = [candidate for candidate in paired if candidate.key in partners]
    return members, keeper_of([keeper, *members], order)[1]


def _connected(near: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """Connected components, in a stable order."""
    seen: set[str] = set()
    found: list[list[str]] = []
    for start in sorted(near):
        if start in seen:
            continue
        # An explicit stack: a chain of 10,000 lookalikes would exceed Python's recursion limit.
        component, waiting = [], [start]
        seen.add(start)
        while waiting:
            key = waiting.pop()
            component.append(key)
            fresh = [other for other in near.get(key, ()) if other not in seen]
            seen.update(fresh)
            waiting.extend(fresh)
        found.append(sorted(component))
    return found
