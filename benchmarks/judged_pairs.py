"""What becomes of labelled pairs: which are acted on although they must not be, which copies are found, and which of two stays."""

from __future__ import annotations

from collections import Counter

from benchmarks.labelled_pairs import LabelledPair, labelled_pairs
from benchmarks.measure import say
from pinplan.duplicates.compare import compare
from pinplan.duplicates.fingerprint import fingerprint
from pinplan.model.similarity import Similarity, Tier
from tests.duplicates.judging import Closer

_SURE = {Tier.EXACT, Tier.CONFIRMED}


def run() -> None:
    """Counts by label and kind, for the half that no limit was chosen by and for the other one."""
    acted: dict[tuple[bool, str, str], Counter[bool]] = {}
    for pair in labelled_pairs():
        found = judge(pair)
        sure = found is not None and found.tier in _SURE
        kind = "photographs" if pair.kind == "photograph" else "drawn"
        acted.setdefault((pair.check, pair.label, kind), Counter())[sure] += 1
        if sure == (pair.label in {"edited", "different"}) and pair.label != "trap":
            why = found.why if found is not None else "not within reach"
            say(f"  {pair.label}: {pair.what} of {pair.picture}: {why}")
    for (check, label, kind), counts in sorted(acted.items()):
        half = "checked" if check else "chosen by"
        say(f"{half:9} {label:9} {kind:11} acted on {counts[True]:4} of {counts.total():4}")


def judge(pair: LabelledPair) -> Similarity | None:
    """As the program does."""
    one, other = fingerprint(pair.one, pair.what), fingerprint(pair.other, pair.what)
    return compare(one, other, Closer(pair.one, pair.other))
