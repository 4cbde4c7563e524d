"""Near pairs between two rows of hashes that may have nothing to do with each other."""

from __future__ import annotations

import itertools
from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from pinplan.duplicates.index import near

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOST_ALIKE = 50
"""Of identical hashes so many are told; what uses this only shows what may be of interest."""


def crossing(ones: Sequence[int], others: Sequence[int], radius: int) -> Iterator[tuple[int, int]]:
    """Places in both rows whose hashes are at most ``radius`` bits apart, each pair once."""
    count = len(ones)
    found = near(np.array([*ones, *others], dtype=np.uint64), radius)
    sides: dict[int, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for place, first in enumerate(found.same.tolist()):
        sides[first][place >= count].append(place if place < count else place - count)
    near_sides = [(first, first) for first in sides]
    near_sides += [pair for one, other in found.pairs.tolist() for pair in ((one, other), (other, one))]
    for one, other in near_sides:
        yield from itertools.product(sides[one][0][:MOST_ALIKE], sides[other][1][:MOST_ALIKE])


def near_of(ones: Sequence[int], others: Sequence[int], radius: int) -> list[list[int]]:
    """For each hash of the first row the places in the second that are at most ``radius`` bits away; all of them, none left out."""
    count = len(ones)
    found = near(np.array([*ones, *others], dtype=np.uint64), radius, most_in_a_bucket=max(1, count + len(others)))
    sides: dict[int, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for place, first in enumerate(found.same.tolist()):
        sides[first][place >= count].append(place if place < count else place - count)
    neighbours: dict[int, list[int]] = {first: list(away) for first, (_, away) in sides.items()}
    for one, other in found.pairs.tolist():
        neighbours[one].extend(sides[other][1])
        neighbours[other].extend(sides[one][1])
    near_to: list[list[int]] = [[] for _ in ones]
    for first, (own, _) in sides.items():
        for place in own:
            near_to[place] = neighbours[first]
    return near_to
