"""Series of new pictures whose names differ only in a number: ``rome-1.jpg``, ``rome-2.jpg``. Pure.

Numbered photographs are no carousel by themselves: a series is one only where the config says so (``[upload] carousels = "names"``). Even then nothing is guessed:
what looks like a series but is none is not uploaded at all, not even picture by picture, since nobody could put it together again.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from pinplan.model.naming import stem_of
from pinplan.model.post import MAX_SLOTS
from pinplan.model.text_form import composed, fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pinplan.reconcile.untracked_file import UntrackedFile

# Digits of every script: such a number looks like one, whatever can be made of it.
_NUMBERED = re.compile(r"(?P<spelled>(?P<name>.*\S)\s*-)(?P<number>\d+)", re.DOTALL)


class Series(NamedTuple):
    """Pictures of one folder with one name, in the order of their numbers."""

    name: str
    files: tuple[UntrackedFile, ...]
    problem: str
    """Why their numbers make no carousel; empty if they do."""


class _Member(NamedTuple):
    spelled: str
    name: str
    number: str
    file: UntrackedFile

    @property
    def order(self) -> tuple[int, str]:
        """Where it comes: also for numbers that no carousel has, in the order of counting."""
        return int(self.number), self.file.file.path


def series_among(files: Iterable[UntrackedFile]) -> list[Series]:
    """The series among new pictures, by folder and name. Names that differ only in case or spelling are one: on many disks they would be."""
    members: dict[tuple[str, str], list[_Member]] = defaultdict(list)
    for new in files:
        found = _NUMBERED.fullmatch(composed(stem_of(new.name)))
        if found is not None:
            folder = new.file.path.rpartition("/")[0]
            members[folder, fold(found["name"])].append(_Member(found["spelled"], found["name"], found["number"], new))
    groups = (sorted(some, key=lambda one: one.order) for _, some in sorted(members.items()))
    return [_series(group) for group in groups if not _stands_alone(group)]


def series_address(path: str) -> str:
    """The address of the series that a path may belong to; the path itself if it has no number."""
    folder, slash, name = path.rpartition("/")
    found = _NUMBERED.fullmatch(composed(stem_of(name)))
    return path if found is None else f"{folder}{slash}{found['name']}"


def _stands_alone(group: Sequence[_Member]) -> bool:
    """Whether the number is part of a single picture's name: ``covid-19.jpg`` is no slot of a carousel."""
    return len(group) == 1 and int(group[0].number) > MAX_SLOTS


def _series(group: Sequence[_Member]) -> Series:
    return Series(group[0].name, tuple(one.file for one in group), _problem(group))


def _problem(group: Sequence[_Member]) -> str:
    first = group[0]
    other = next((one for one in group if one.spelled != first.spelled), None)
    if other is not None:
        return f"{first.file.name} and {other.file.name} are spelled differently"
    odd = next((one for one in group if one.number != str(int(one.number))), None)
    if odd is not None:
        return f"{odd.file.name} has the number {odd.number}; expected {int(odd.number)}"
    for expected, one in enumerate(group, start=1):
        number = int(one.number)
        if number == expected:
            continue
        before = group[expected - 2]
        if number == expected - 1 and expected > 1:
            return f"{before.file.name} and {one.file.name} have the same number"
        if number < 1:
            return f"{one.file.name} has the number 0; the first picture has 1"
        return f"number {expected} is missing"
    return ""
