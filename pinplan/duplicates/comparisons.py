"""Compare the files of a crowd of lookalikes: pair by pair, or of a large one each with a few of it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

from pinplan.duplicates.compare import compare
from pinplan.duplicates.keeper import SAME_SIZE, KeeperCandidate, keeper_of
from pinplan.model.similarity import COMPARISON_VERSION, Better, Similarity, Tier

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pinplan.duplicates.cache import Fingerprints
    from pinplan.duplicates.candidates import Crowd
    from pinplan.model.ids import RelPath, Sha256
    from pinplan.records.fingerprints import FingerprintStore

MAX_BY_PAIRS, _MAX_BY_PAIRS_OF_FILES = 50, 10
"""Files that are compared pair by pair; without pins fewer, since it is known beforehand which one is kept."""
_MAX_RIVALS = 2
_MAX_TIMES, _ALWAYS = 10, MAX_BY_PAIRS**2 // 2
"""Comparisons per file of a larger crowd, on average, and in any crowd: what then is left is compared once earlier ones are gone."""
_BATCH = 200
"""Comparisons per transaction: a scan that is killed loses at most this many."""
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Similarity | None).decode


class Comparisons:
    """Compares the files of a crowd, or remembers that it did.

    Attributes:
        left_over: digests that were not compared with all others.
    """

    def __init__(
        self,
        fingerprints: Fingerprints,
        pictures: FingerprintStore,
        paths: Mapping[Sha256, Sequence[RelPath]],
        *,
        of_pins: bool = True,
    ) -> None:
        """Load what was compared before.

        Args:
            fingerprints: of all files.
            pictures: where comparisons are cached.
            paths: of all files.
            of_pins: which of them is kept does not depend on the files alone.
        """
        self._fingerprints, self._pictures, self._paths = fingerprints, pictures, paths
        self._of_pins = of_pins
        self.left_over: list[Sha256] = []
        # All verdicts in one query: a library has thousands of candidate pairs.
        self._known = pictures.compared(COMPARISON_VERSION)
        self._fresh: list[tuple[str, str, bytes]] = []

    def within(self, crowd: Crowd) -> Iterator[tuple[Sha256, Sha256, Similarity]]:
        """The pairs of a crowd that are at least similar, the smaller digest first; of a large crowd as many as its groups need."""
        if len(crowd.digests) <= (MAX_BY_PAIRS if self._of_pins else _MAX_BY_PAIRS_OF_FILES):
            yield from self._of_all(crowd.pairs())
        else:
            yield from self._by_representatives(crowd)

    def _of_all(self, pairs: Iterable[tuple[Sha256, Sha256]]) -> Iterator[tuple[Sha256, Sha256, Similarity]]:
        for pair in pairs:
            first, second = sorted(pair)
            alike = self._of(first, second)
            if alike is not None:
                yield first, second, alike

    def _of(self, first: Sha256, second: Sha256) -> Similarity | None:
        known = self._known.get((first, second))
        if known is not None:
            remembered: Similarity | None = _decode(known)
            return remembered
        one, other = self._fingerprints.of(first), self._fingerprints.of(second)
        found = compare(one, other, self._fingerprints) if one is not None and other is not None else None
        self._known[first, second] = encoded = _encode(found)
        # "Could not be read" is no verdict to cache: the pair is compared again next time.
        if not self._fingerprints.unread.keys() & {first, second}:
            self._fresh.append((first, second, encoded))
        if len(self._fresh) >= _BATCH:
            self.remember()
        return found

    def _by_representatives(self, crowd: Crowd) -> Iterator[tuple[Sha256, Sha256, Similarity]]:
        """Compare a large crowd with a few of it: the likely keepers first, until every other one shows the same as one of them."""
        left, class_of = dict.fromkeys(sorted(crowd.digests, key=self._rank)), crowd.class_of()
        most = max(_MAX_TIMES * len(left), _ALWAYS)
        while left and most > 0:
            largest = next(iter(left))
            near = [other for other in crowd.around(class_of[largest]) if other in left]
            head = self._kept(self._as_large(near), {})
            others = [other for other in crowd.around(class_of[head]) if other in left and other != head]
            most -= len(others)
            group = _Group(head)
            for first, second, alike in self._of_all((head, other) for other in others):
                yield first, second, alike
                group.note(first, second, alike)
            for member in group.members:
                del left[member]
            yield from self._with_rivals(group)
            yield from self._within_folders(group.members)
        self.left_over.extend(left)

    def _with_rivals(self, group: _Group) -> Iterator[tuple[Sha256, Sha256, Similarity]]:
        """Pairs of all members with those that may be kept in place of the head: none is removed in favour of one that it has no pair with."""
        heads = {group.head: None}
        while len(heads) <= _MAX_RIVALS and (rival := self._kept(group.members, group.worse_than)) not in heads:
            yield from self._of_rival(rival, group, heads)
        if not self._of_pins:
            return
        # What is known of the pins may decide between those that are as large.
        equals = [member for member in self._as_large(group.members) if member not in heads]
        for rival in sorted(equals, key=self._name)[:_MAX_RIVALS]:
            yield from self._of_rival(rival, group, heads)

    def _of_rival(
        self, rival: Sha256, group: _Group, heads: dict[Sha256, None]
    ) -> Iterator[tuple[Sha256, Sha256, Similarity]]:
        heads[rival] = None
        for first, second, alike in self._of_all((rival, other) for other in group.members if other not in heads):
            yield first, second, alike
            group.note(first, second, alike)

    def _as_large(self, digests: Sequence[Sha256]) -> list[Sha256]:
        """Those that count as being as large as the largest."""
        sizes = {digest: -self._rank(digest)[0] for digest in digests}
        least = max(sizes.values()) * (1 - SAME_SIZE)
        return [digest for digest in digests if sizes[digest] >= least]

    def _kept(self, digests: Sequence[Sha256], worse_than: Mapping[Sha256, set[Sha256]]) -> Sha256:
        """Which of them is kept if only their files decide."""
        names = {digest: self._name(digest)[1] for digest in digests}
        candidates = {
            names[digest]: KeeperCandidate(
                key=names[digest],
                width=fingerprint.width,
                height=fingerprint.height,
                quality=fingerprint.quality,
                damaged=fingerprint.damaged,
                worse_than=frozenset(names[other] for other in worse_than.get(digest, ())),
            )
            for digest in digests
            if (fingerprint := self._fingerprints.of(digest)) is not None
        }
        kept, _ = keeper_of(list(candidates.values()))
        return next(digest for digest, name in names.items() if name == kept.key)

    def _name(self, digest: Sha256) -> tuple[int, RelPath]:
        """Its shortest path, in the order in which files that are equal in everything are kept."""
        return min((len(path), path) for path in self._paths[digest])

    def _rank(self, digest: Sha256) -> tuple[int, int, Sha256]:
        fingerprint = self._fingerprints.of(digest)
        return (
            (-fingerprint.width * fingerprint.height, -fingerprint.quality, digest)
            if fingerprint is not None
            else (0, 0, digest)
        )

    def _within_folders(self, members: Sequence[Sha256]) -> Iterator[tuple[Sha256, Sha256, Similarity]]:
        """Members of one board and of one section are compared with each other as well: duplicates may be sought no farther."""
        heads: dict[str, Sha256] = {}
        pairs: dict[tuple[Sha256, Sha256], None] = {}
        for member in members:
            for path in self._paths[member][:MAX_BY_PAIRS]:
                for folder in folders_of(path):
                    head = heads.setdefault(folder, member)
                    if head not in {member, members[0]}:
                        pairs[head, member] = None
        yield from self._of_all(pairs)

    def remember(self) -> None:
        """Store what was compared since the last time."""
        fresh, self._fresh = self._fresh, []
        if fresh:
            self._pictures.remember_compared(COMPARISON_VERSION, fresh)


class _Group:
    """Files that show the same as one of them.

    Attributes:
        worse_than: those that hold more detail, for each.
    """

    def __init__(self, head: Sha256) -> None:
        self.head = head
        self.members, self._known = [head], {head}
        self.worse_than: dict[Sha256, set[Sha256]] = defaultdict(set)

    def note(self, first: Sha256, second: Sha256, alike: Similarity) -> None:
        """What a comparison of two found, the one of them a member."""
        if alike.tier is Tier.SIMILAR:
            return
        for one in (first, second):
            if one not in self._known:
                self._known.add(one)
                self.members.append(one)
        if alike.better in {Better.ONE, Better.OTHER}:
            better, worse = (first, second) if alike.better is Better.ONE else (second, first)
            self.worse_than[worse].add(better)


def folders_of(path: RelPath) -> tuple[str, str]:
    """The folder of its board, and that of its section, or twice the same."""
    folder = path.rpartition("/")[0]
    return folder.partition("/")[0], folder
