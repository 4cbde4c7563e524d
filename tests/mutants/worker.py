"""A process that tries changes, one after the other, until none is left or the time is over."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.mutants.forks import in_fork
from tests.mutants.memory import key_of
from tests.mutants.reliable import Reliable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pytest

    from tests.mutants.operators import Enums, Mutant
    from tests.mutants.trial import Baseline, Trial


class Job(NamedTuple):
    """What every process knows.

    Attributes:
        killers: the tests that noticed changes the last time.
        until: when the last change is begun.
    """

    mutants: list[Mutant]
    tests: Sequence[str]
    baseline: Baseline
    enums: Enums
    killers: dict[tuple[str, ...], str]
    scratch: Path
    until: float


def work(job: Job, turn: Any, told: Any, scratch: Path) -> None:
    """Take turns: first what can be changed where it is, then, without pinplan in this process, what takes effect on import."""
    scratch.mkdir()
    try:
        left = in_fork(lambda: _in_place(job, turn, told, scratch)) or []
        _on_import(job, left, told, scratch)
    finally:
        told.put(None)


def _turns(job: Job, turn: Any) -> Iterator[Mutant]:
    while time.monotonic() < job.until:
        with turn.get_lock():
            number = turn.value
            turn.value += 1
        if number >= len(job.mutants):
            return
        yield job.mutants[number]


def _in_place(job: Job, turn: Any, told: Any, scratch: Path) -> list[Mutant]:
    """Everything is imported and collected once; the changes that have no effect on that any more are returned."""
    from tests.mutants import trial

    left: list[Mutant] = []

    def then(session: pytest.Session) -> None:
        place, seconds = trial.InPlace(session, scratch, job.enums), job.baseline.seconds
        reliable = Reliable(lambda test: place.passes_unchanged(test, seconds))
        noticed: dict[str, Counter[str]] = defaultdict(Counter)
        for mutant in _turns(job, turn):
            first = [job.killers.get(key_of(mutant), ""), *(test for test, _ in noticed[mutant.path].most_common(20))]
            tests = job.baseline.tests_of(mutant, first)
            found = reliable.try_out(tests, partial(place.try_one, mutant, seconds=seconds))
            if found is None:
                left.append(mutant)
                continue
            noticed[mutant.path][found.by] += 1
            told.put((mutant, found))

    trial.collected(job.tests, scratch, then)
    return left


def _on_import(job: Job, mutants: Sequence[Mutant], told: Any, scratch: Path) -> None:
    from tests.mutants import trial

    def try_on_import(mutant: Mutant | None, tests: Sequence[str]) -> Trial:
        return trial.try_on_import(mutant, tests, job.baseline.seconds, scratch, job.enums)

    reliable = Reliable(lambda test: not try_on_import(None, [test]).by)
    for mutant in mutants:
        if time.monotonic() > job.until:
            return
        tests = job.baseline.tests_of(mutant, [job.killers.get(key_of(mutant), "")])
        told.put((mutant, reliable.try_out(tests, partial(try_on_import, mutant))))
