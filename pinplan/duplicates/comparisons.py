"""Compare the files of a crowd of lookalikes: pair by pair, or of a large one each with a few of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pinplan.duplicates.compare import compare
from pinplan.duplicates.keeper import SAME_SIZE
from pinplan.model.similarity import COMPARISON_VERSION, Similarity, Tier

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pinplan.duplicates.cache import Fingerprints
    from pinplan.duplicates.candidates import Crowd
    from pinplan.model.ids import RelPath, Sha256
    from pinplan.records.fingerprints import FingerprintStore

MAX_BY_PAIRS = 50
"""Files that are compared pair by pair (1,225 pairs)."""
_MAX_EQUALS = 2
_MAX_TIMES = 10
"""Comparisons per file of a larger crowd, on average: what then is left is compared once earlier ones are gone."""
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
        self, fingerprints: Fingerprints, pictures: FingerprintStore, paths: Mapping[Sha256, Sequence[RelPath]]
    ) -> None:
        """Load what was compared before.

        Args:
            fingerprints: of all files.
            pictures: where comparisons are cached.
            paths: of all files.
        """
        self._fingerprints, self._pictures, self._paths = fingerprints, pictures, paths
        self.left_over: list[Sha256] = []
        # All verdicts in one query: a library has thousands of candidate pairs.
        self._known = pictures.compared(COMPARISON_VERSION)
        self._fresh: list[tuple[str, str, bytes]] = []

    def within(self, crowd: Crowd) -> Iterator[tuple[Sha256, Sha256, Similarity]]:
        """The pairs of a crowd that are at least similar, the smaller digest first; of a large crowd as many as its groups need."""
        if len(crowd.digests) <= MAX_BY_PAIRS:
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
        """Compare a large crowd with a few of it: the best ones first, until every other one shows the same as one of them."""
        left, class_of = dict.fromkeys(sorted(crowd.digests, key=self._rank)), crowd.class_of()
        most = _MAX_TIMES * len(left)
        while left and most > 0:
            best = next(iter(left))
            del left[best]
            others = [other for other in crowd.around(class_of[best]) if other in left]
            most -= len(others)
            members = [best]
            for first, second, alike in self._of_all((best, other) for other in others):
                yield first, second, alike
                if alike.tier is not Tier.SIMILAR:
                    members.append(second if first == best else first)
                    left.pop(members[-1], None)
            yield from self._of_all(self._with_equals(members))
            yield from self._within_folders(members)
        self.left_over.extend(left)

    def _with_equals(self, members: Sequence[Sha256]) -> Iterator[tuple[Sha256, Sha256]]:
        """Pairs of every member with those as large as the best one: a later rule may keep one of them."""
        sizes = {member: -self._rank(member)[0] for member in members}
        equals = [member for member in members[1:] if sizes[member] >= sizes[members[0]] * (1 - SAME_SIZE)]
        # The keeper of files that are equal in everything is the one with the shortest path.
        equals.sort(key=lambda member: min((len(path), path) for path in self._paths[member]))
        for number, one in enumerate(equals[:_MAX_EQUALS]):
            yield from ((one, other) for other in members[1:] if other not in equals[: number + 1])

    def _rank(self, digest: Sha256) -> tuple[int, int, Sha256]:
        face = self._fingerprints.of(digest)
        return (-face.width * face.height, -face.quality, digest) if face is not None else (0, 0, digest)

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


def folders_of(path: RelPath) -> tuple[str, str]:
    """The folder of its board, and that of its section, or twice the same."""
    folder = path.rpartition("/")[0]
    return folder.partition("/")[0], folder
