"""What becomes of labelled pairs: which are acted on although they must not be, which copies are found, and which of two stays."""

from __future__ import annotations

import os
from collections import Counter
from itertools import islice

from benchmarks.labelled_pairs import LabelledPair, labelled_pairs
from benchmarks.measure import say
from pinplan.duplicates.compare import compare
from pinplan.duplicates.fingerprint import fingerprint
from pinplan.duplicates.groups import groups_of
from pinplan.duplicates.keeper import KeeperCandidate
from pinplan.model.similarity import Similarity, Tier
from tests.duplicates.judging import Closer

_SURE = {Tier.EXACT, Tier.CONFIRMED}


PHOTOGRAPHS = int(os.environ.get("BENCHMARK_PHOTO_COUNT", "18"))
DRAWN = int(os.environ.get("BENCHMARK_DRAWN_COUNT", "2"))
"""Of each kind."""


def run(photographs: int = PHOTOGRAPHS, drawn: int = DRAWN, most: int | None = None) -> None:
    """Counts by label and kind, for the half that no limit was chosen by and for the other one; of which one stays by kind of change."""
    counts: dict[tuple[str, str, str], Counter[str]] = {}
    for pair in islice(labelled_pairs(photographs, drawn), most):
        found = judge(pair)
        outcome = _outcome(pair, found)
        kind = "photographs" if pair.kind == "photograph" else "drawn"
        half = "checked" if pair.check else "chosen by"
        counts.setdefault((half, pair.label, kind), Counter())[outcome] += 1
        if pair.label in {"trap", "control"} and outcome != "not acted on":
            counts.setdefault(("both", pair.label, pair.what), Counter())[outcome] += 1
        if outcome in _ODD.get(pair.label, ()):
            why = f"{found.why}; {found.detail}" if found is not None else "not within reach"
            say(f"  {pair.label}: {pair.what} of {pair.picture}: {outcome}: {why}")
    assert counts
    for (half, label, kind), outcomes in sorted(counts.items()):
        figures = ", ".join(f"{outcome} {count}" for outcome, count in sorted(outcomes.items()))
        say(f"{half:9} {label:9} {kind:36} {outcomes.total():4}: {figures}")


_ODD = {
    "copy": {"not acted on"},
    "edited": {"acted on"},
    "different": {"acted on"},
    "trap": {"the worse stays"},
    "control": {"not acted on", "not sure", "the worse stays"},
}


def _outcome(pair: LabelledPair, found: Similarity | None) -> str:
    if found is None or found.tier not in _SURE:
        return "not acted on"
    if pair.label not in {"trap", "control"}:
        return "acted on"
    one, other = (fingerprint(data, pair.what) for data in (pair.one, pair.other))
    # Of two that are equal in everything the lower number stays: the worse one has it.
    candidates = {
        key: KeeperCandidate(key=key, width=face.width, height=face.height, quality=face.quality)
        for key, face in (("2", one), ("1", other))
    }
    (group,) = groups_of(candidates, {("2", "1"): found})
    if group.members[0].undecided:
        return "not sure"
    return "the better stays" if group.keeper.key == "2" else "the worse stays"


def judge(pair: LabelledPair) -> Similarity | None:
    """As the program does."""
    one, other = fingerprint(pair.one, pair.what), fingerprint(pair.other, pair.what)
    return compare(one, other, Closer(pair.one, pair.other))
