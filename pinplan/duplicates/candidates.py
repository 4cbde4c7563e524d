"""Which files are worth comparing: crowds whose hashes are near each other, without a list of all pairs."""

from __future__ import annotations

import itertools
from collections import defaultdict
from typing import TYPE_CHECKING

from msgspec import Struct

from pinplan.duplicates.compare import slope_of
from pinplan.duplicates.limits import (
    FEW_STEPS,
    MAX_HASH_DISTANCE,
    MAX_PDQ_DISTANCE,
    MAX_PDQ_OF_FINE,
    MIN_DETAIL,
    MIN_PDQ_QUALITY,
    MIN_SLOPE,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pinplan.duplicates.cache import Fingerprints
    from pinplan.duplicates.index import HashIndex
    from pinplan.model.ids import Sha256
    from pinplan.model.similarity import Fingerprint


class Crowd(Struct, frozen=True):
    """Files that are connected by near hashes.

    Attributes:
        same: digests of files with the same hash, by class.
        near: classes whose hashes are near, for each class.
    """

    same: dict[int, list[Sha256]]
    near: dict[int, list[int]]

    @property
    def digests(self) -> list[Sha256]:
        """All of them."""
        return [digest for digests in self.same.values() for digest in digests]

    def pairs(self) -> Iterator[tuple[Sha256, Sha256]]:
        """All pairs of near ones, each once."""
        for one, digests in self.same.items():
            yield from itertools.combinations(digests, 2)
            for other in self.near[one]:
                if one < other:
                    yield from itertools.product(digests, self.same[other])

    def class_of(self) -> dict[Sha256, int]:
        """The class of each."""
        return {digest: one for one, digests in self.same.items() for digest in digests}

    def around(self, one: int) -> Iterator[Sha256]:
        """Those of a class, and of all classes near it."""
        yield from itertools.chain(self.same[one], *(self.same[other] for other in self.near[one]))


class CandidateCrowds(Struct, frozen=True):
    """The result of a search; ``incomplete`` are digests that may have further candidates."""

    crowds: tuple[Crowd, ...]
    incomplete: tuple[Sha256, ...]


def candidate_crowds(fingerprints: Fingerprints) -> CandidateCrowds:
    """Find all crowds of two or more."""
    outlines = fingerprints.outlines()
    # The difference hash of a plain picture is noise: all plain pictures would fall into one bucket.
    rich = [(sha256, dhash) for sha256, dhash, detail in outlines if detail >= MIN_DETAIL]
    poor = [sha256 for sha256, _, detail in outlines if detail < MIN_DETAIL]
    few = [sha256 for sha256, _, detail in outlines if detail < FEW_STEPS]
    outlined = list(filter(None, map(fingerprints.of, few)))
    by_pdq = [one for one in outlined if one.pdq_quality >= MIN_PDQ_QUALITY]
    # Saving moves a copy across that limit: those a little above it are looked for in both ways.
    fine = [one for one in by_pdq if one.detail < 2 * MIN_DETAIL]
    smooth = [one for one in outlined if one.pdq_quality < MIN_PDQ_QUALITY and slope_of(one.thumb) >= MIN_SLOPE]
    found = [
        _within_reach(rich),
        _by_pdq(by_pdq, MAX_PDQ_DISTANCE),
        _by_pdq(fine, MAX_PDQ_OF_FINE),
        _by_thumbnail(fine),
        _by_thumbnail(smooth),
    ]
    return CandidateCrowds(
        crowds=(*itertools.chain(*(one.crowds for one in found)), *_plain_and_the_same(poor, fingerprints)),
        incomplete=tuple(itertools.chain(*(one.incomplete for one in found))),
    )


_NONE = CandidateCrowds((), ())


def _within_reach(outlines: Sequence[tuple[Sha256, int]]) -> CandidateCrowds:
    """Those whose difference hashes are near each other."""
    if len(outlines) < 2:
        return _NONE
    import numpy as np  # noqa: PLC0415 - a plan in which nothing is new needs no numpy

    from pinplan.duplicates.index import near  # noqa: PLC0415 - as above

    hashes = np.array([dhash for _, dhash in outlines], dtype=np.int64).view(np.uint64)
    return _crowds_of(near(hashes, MAX_HASH_DISTANCE), [sha256 for sha256, _ in outlines])


def _by_pdq(pictures: Sequence[Fingerprint], radius: int) -> CandidateCrowds:
    """Pictures that are plain for the most part, or full of small things, such as calendars, whose PDQ hashes are near each other."""
    if len(pictures) < 2:
        return _NONE
    import numpy as np  # noqa: PLC0415 - as above

    from pinplan.duplicates.index import near_wide  # noqa: PLC0415 - as above

    hashes = np.frombuffer(b"".join(one.pdq for one in pictures), dtype=np.uint64).reshape(len(pictures), -1)
    return _crowds_of(near_wide(hashes, radius), [one.sha256 for one in pictures])


def _by_thumbnail(pictures: Sequence[Fingerprint]) -> CandidateCrowds:
    """Pictures that are so full of small things, or so smooth, that no hash is left of them."""
    if len(pictures) < 2:
        return _NONE
    from pinplan.duplicates.patterns import near_patterns  # noqa: PLC0415 - as above

    return _crowds_of(near_patterns(pictures), [one.sha256 for one in pictures])


def _plain_and_the_same(digests: Iterable[Sha256], fingerprints: Fingerprints) -> Iterator[Crowd]:
    """Pictures too plain for any hash: only those that may have identical pixels."""
    alike: dict[tuple[int, int, bytes], list[Sha256]] = defaultdict(list)
    for one in filter(None, map(fingerprints.of, digests)):
        # By thumbnail: decoding all plain pictures again, pair by pair, would be quadratic.
        alike[one.width, one.height, one.thumb].append(one.sha256)
    yield from (Crowd({0: crowd}, {0: []}) for crowd in alike.values() if len(crowd) > 1)


def _crowds_of(found: HashIndex, digests: Sequence[Sha256]) -> CandidateCrowds:
    """Connected classes of hashes, with their files."""
    same: dict[int, list[Sha256]] = defaultdict(list)
    for place, first in enumerate(found.same.tolist()):
        same[first].append(digests[place])
    near: dict[int, list[int]] = defaultdict(list)
    for one, other in found.pairs.tolist():
        near[one].append(other)
        near[other].append(one)
    crowds = []
    seen: set[int] = set()
    for start in (first for first, files in same.items() if len(files) > 1 or first in near):
        if start not in seen:
            classes = _connected(start, near)
            seen.update(classes)
            crowds.append(Crowd({one: same[one] for one in classes}, {one: near.get(one, []) for one in classes}))
    incomplete = tuple(digest for first in found.capped.tolist() for digest in same[first])
    return CandidateCrowds(tuple(crowds), incomplete)


def _connected(start: int, near: dict[int, list[int]]) -> list[int]:
    # Without recursion: a chain of 10,000 lookalikes would exceed Python's limit.
    found, waiting = {start: None}, [start]
    while waiting:
        for other in near.get(waiting.pop(), ()):
            if other not in found:
                found[other] = None
                waiting.append(other)
    return list(found)
