"""Which of two copies to keep if only one of them holds a film, a gain map or a second picture behind the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.duplicates.keeper import SAME_QUALITY
from pinplan.duplicates.pixel_reader import Judgement
from pinplan.model.similarity import Better

if TYPE_CHECKING:
    from pinplan.duplicates.copies import Copy

_SAME_WIDTH = 1.01
_BEST_QUALITY = 100


def with_appended(found: Judgement, one: Copy, other: Copy) -> Judgement:
    """The judgement of two pictures, and of what their files hold behind them: that must not be lost with the worse picture."""
    if one.appended.digest == other.appended.digest:
        return found
    kinds = [set(copy.appended.kinds) for copy in (one, other)]
    if kinds[0] == kinds[1]:
        return Judgement(Better.UNSURE, f"each holds {one.appended.words} of its own behind the picture")
    if not (kinds[0] < kinds[1] or kinds[1] < kinds[0]):
        both = f"one holds {one.appended.words} behind the picture, the other {other.appended.words}"
        return Judgement(Better.UNSURE, both)
    more, richer, poorer = (Better.ONE, one, other) if kinds[1] < kinds[0] else (Better.OTHER, other, one)
    why = f"only one holds {' and '.join(sorted(kinds[0] ^ kinds[1]))} behind the picture"
    if found.better is more or (found.better is Better.EQUAL and _is_no_worse(richer, poorer)):
        return Judgement(more, f"{found.why}; {why}" if found.why else why)
    if found.better is Better.UNSURE:
        return Judgement(Better.UNSURE, f"{found.why}; {why}")
    return Judgement(Better.UNSURE, f"{why}, and the other is the better picture")


def _is_no_worse(one: Copy, other: Copy) -> bool:
    """Whether the rules after this one would not prefer the other."""
    qualities = [copy.quality or _BEST_QUALITY for copy in (one, other)]
    return one.width * _SAME_WIDTH >= other.width and qualities[0] + SAME_QUALITY >= qualities[1]
