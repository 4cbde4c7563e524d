"""What is said of a run."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING

from tests.mutants.survivors import accepted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tests.mutants.operators import Mutant
    from tests.mutants.trial import Baseline, Trial

MOST_SURVIVE = 0.05
"""The share of changes, without those that make no difference, that may survive."""


def say(text: str) -> None:
    """A line."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def line_of(mutant: Mutant) -> str:
    """A change in one line."""
    return f"{mutant.path}:{mutant.line}: {mutant.function or '(module)'}: {mutant.change}"


def say_baseline(seen: Baseline, seconds: float) -> None:
    """What the tests did when nothing was changed."""
    say(f"{len(seen.seconds):,} tests, {sum(seen.seconds.values()):.0f} s; known after {seconds:.0f} s")
    for test in seen.failed:
        say(f"left out, failed or slow ({seen.seconds[test]:.1f} s): {test}")


def say_one(mutant: Mutant, trial: Trial, number: int, of: int) -> None:
    """A survivor at once; what else happens only now and then."""
    if trial.by == "timeout":
        say(f"timeout: {line_of(mutant)}")
    elif not trial.by:
        say(f"\nsurvived {trial.tried} tests: {line_of(mutant)}\n    {mutant.text}")
    elif number % 100 == 0:
        say(f"{number:,} of {of:,}")


def close(mutants: Sequence[Mutant], tried: Mapping[Mutant, Trial], *, seconds: float, whole: bool) -> int:
    """The figures; the exit code."""
    known = accepted()
    alive = [one for one, trial in tried.items() if not trial.by]
    equal = [one for one in tried if one.key in known and known[one.key].equivalent]
    survivors = [one for one in alive if one not in equal]
    say(_table(tried, equal))
    for one in survivors:
        if one.key not in known:
            say(f"not listed: {line_of(one)}")
    gone = sorted(set(known) - {one.key for one in alive}) if whole else []
    for key in gone:
        say(f"listed, but noticed or not there any more: {' | '.join(key)}")
    counted = len(tried) - len(equal)
    share = len(survivors) / max(counted, 1)
    if len(tried) < len(mutants):
        say(f"{len(mutants) - len(tried):,} were not tried: the time was over")
    say(
        f"{len(survivors)} of {counted:,} survived ({share:.1%}), {len(equal)} make no difference, {seconds / 60:.0f} minutes"
    )
    return int(share > MOST_SURVIVE)


def _table(tried: Mapping[Mutant, Trial], equal: Iterable[Mutant]) -> str:
    without_effect = set(equal)
    counts: dict[str, Counter[str]] = {}
    for one, trial in sorted(tried.items()):
        fate = (
            "equivalent"
            if one in without_effect
            else "timeout"
            if trial.by == "timeout"
            else "killed"
            if trial.by
            else "survived"
        )
        counts.setdefault(one.path, Counter())[fate] += 1
    fates = ("killed", "timeout", "survived", "equivalent")
    rows = [f"{path:44}" + "".join(f"{count[fate]:12}" for fate in fates) for path, count in counts.items()]
    return "\n".join([f"\n{'':44}" + "".join(f"{fate:>12}" for fate in fates), *rows])
