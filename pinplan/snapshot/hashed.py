"""Pairs that are near by a hash of imagehash, for people who ask for them: listed, never acted on."""

from __future__ import annotations

import itertools
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from pinplan.duplicates.cache import Fingerprints
    from pinplan.duplicates.image_hashes import HashLimit
    from pinplan.events import Emit
    from pinplan.model.ids import Sha256

MAX_PAIRS = 20_000
"""Pairs that are listed, the nearest first: a limit that is too wide makes a pair of nearly every two pictures."""
_MAX_IN_A_BUCKET = 300
"""See `pinplan.duplicates.index`: enough for 100,000 hashes at the widest limit, few enough for crowds."""
_MAX_ALIKE = 50


class NearByHash(NamedTuple):
    """What was found.

    Attributes:
        pairs: digests whose hashes are near, the nearest first, and by how many bits these differ.
        incomplete: digests that may be part of further pairs.
    """

    pairs: list[tuple[Sha256, Sha256, int]]
    incomplete: set[Sha256]


def near_by_hash(fingerprints: Fingerprints, limit: HashLimit, emit: Emit) -> NearByHash:
    """All pairs of files whose hashes differ by no more bits than the limit, as far as they can be listed."""
    import numpy as np  # noqa: PLC0415 - for those who ask for a hash

    from pinplan.duplicates.index import near  # noqa: PLC0415 - as above

    hashes = fingerprints.take_hashes(limit.kind, emit)
    digests = sorted(hashes)
    found = near(
        np.array([hashes[one] for one in digests], dtype=np.int64).view(np.uint64),
        limit.bits,
        most_in_a_bucket=_MAX_IN_A_BUCKET,
    )
    crowds: dict[int, list[int]] = defaultdict(list)
    for place, first in enumerate(found.same.tolist()):
        crowds[first].append(place)
    incomplete = {place for first in found.capped.tolist() for place in crowds[first]}
    incomplete.update(place for crowd in crowds.values() for place in crowd[_MAX_ALIKE:])
    order = np.argsort(found.distances, kind="stable")
    pairs = _pairs(crowds, found.pairs[order], found.distances[order])
    listed = list(itertools.islice(pairs, MAX_PAIRS))
    if next(pairs, None) is not None:
        farther = np.unique(found.pairs[found.distances >= listed[-1][2]]).tolist()
        same = [first for first, crowd in crowds.items() if listed[-1][2] == 0 and len(crowd) > 1]
        incomplete.update(place for first in (*farther, *same) for place in crowds[first])
    return NearByHash(
        [(digests[one], digests[other], bits) for one, other, bits in listed],
        {digests[place] for place in incomplete},
    )


def _pairs(
    crowds: dict[int, list[int]], pairs: NDArray[np.int64], distances: NDArray[np.uint8]
) -> Iterator[tuple[int, int, int]]:
    """Places of two, and by how many bits their hashes differ; first those whose hashes are the same."""
    for crowd in crowds.values():
        for one, other in itertools.combinations(crowd[:_MAX_ALIKE], 2):
            yield one, other, 0
    for place in range(len(pairs)):  # not as lists: there may be millions, of which the first are used
        first, second = pairs[place].tolist()
        for one, other in itertools.product(crowds[first][:_MAX_ALIKE], crowds[second][:_MAX_ALIKE]):
            yield one, other, int(distances[place])
