"""Choose the image to keep among duplicates: ordered rules, each with a stated reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from pinplan.policies.duplicates import DEFAULT_ORDER, KeepRule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pinplan.model.pins import Pin
    from pinplan.model.similarity import ImageQuality

SAME_SIZE = 0.02
"""Pixel counts within 2 % count as equal: Pinterest's own sizes of one picture differ by rounding."""
# Estimated from quantization tables, which encoders round: 1 or 2 apart is the same setting.
SAME_QUALITY = 2


class KeeperCandidate(Struct, frozen=True, gc=False, kw_only=True):
    """The facts about one candidate.

    Attributes:
        key: its name; if two are equal in everything else, the smaller key (by length, then text) is kept.
        width, height: measured from the file, never taken from the API.
        quality: estimated JPEG quality; 0 if unknown.
        damaged: the file is decoded, but its structure is broken.
        worse_than: keys of those that hold more detail of the same picture.
        reference: it is on a board whose copies always win.
        own_upload: the account created the pin itself, rather than saving someone else's.
        created_at: RFC 3339 in UTC; empty if unknown.
    """

    key: str
    width: int
    height: int
    quality: int = 0
    damaged: bool = False
    worse_than: frozenset[str] = frozenset()
    reference: bool = False
    own_upload: bool = False
    has_link: bool = False
    created_at: str = ""


def candidate_of_pin(pin: Pin, looks: ImageQuality, *, reference: bool) -> KeeperCandidate:
    """The candidate for an image of a pin: the same for a plan and for ``pinplan dupes``."""
    return KeeperCandidate(
        key=pin.id,
        width=looks.width,
        height=looks.height,
        quality=looks.quality,
        damaged=looks.damaged,
        reference=reference,
        own_upload=pin.is_owner is True and pin.parent_pin_id is None,
        has_link=bool(pin.link),
        created_at=pin.created_at or "",
    )


def keeper_of(
    candidates: Sequence[KeeperCandidate], order: Sequence[KeepRule] = DEFAULT_ORDER
) -> tuple[KeeperCandidate, dict[str, KeepRule]]:
    """The image to keep, and for every other one the rule by which it lost.

    Args:
        candidates: at least one, each with a key of its own.
        order: the rules, in order; a reference board always comes first, the key last, and of two
            that are as large and detailed a damaged file loses.
    """
    left = list(candidates)
    lost: dict[str, KeepRule] = {}
    for rung in _all_rules(order):
        staying = _RULES[rung](left)
        kept = {candidate.key for candidate in staying}
        lost.update((candidate.key, rung) for candidate in left if candidate.key not in kept)
        left = staying
    return left[0], lost


def _all_rules(order: Sequence[KeepRule]) -> Iterator[KeepRule]:
    """The rules of an order, and those that it cannot leave out."""
    rules: list[KeepRule] = [rung for rung in order if rung not in {KeepRule.REFERENCE, KeepRule.WELL_FORMED}]
    # After what is there to see: most damaged files lack no more than their end mark.
    visible = [place for place, rung in enumerate(rules) if rung in {KeepRule.DETAIL, KeepRule.RESOLUTION}]
    rules.insert(max(visible, default=-1) + 1, KeepRule.WELL_FORMED)
    yield from (KeepRule.REFERENCE, *rules, KeepRule.NUMBER)


def _most(
    left: Sequence[KeeperCandidate], figure: Callable[[KeeperCandidate], int], least: Callable[[int], float]
) -> list[KeeperCandidate]:
    """Candidates with the largest figure, or one that counts as equal."""
    best = max(map(figure, left))
    return [candidate for candidate in left if figure(candidate) >= least(best)]


def _flagged(left: Sequence[KeeperCandidate], flag: Callable[[KeeperCandidate], bool]) -> list[KeeperCandidate]:
    # If none has the flag, the rule decides nothing.
    return [candidate for candidate in left if flag(candidate)] or list(left)


def _by_quality(left: Sequence[KeeperCandidate]) -> list[KeeperCandidate]:
    """Compare quality only if known for all: unknown is not bad."""
    if any(candidate.quality == 0 for candidate in left):
        return list(left)
    return _most(left, lambda candidate: candidate.quality, lambda best: best - SAME_QUALITY)


def _by_detail(left: Sequence[KeeperCandidate]) -> list[KeeperCandidate]:
    """Those that none of the others is better than."""
    keys = {candidate.key for candidate in left}
    return [candidate for candidate in left if not candidate.worse_than & keys] or list(left)


def _by_age(left: Sequence[KeeperCandidate]) -> list[KeeperCandidate]:
    # RFC 3339 in UTC sorts as text. Undated candidates lose to dated ones, since they may be younger.
    dated = [candidate.created_at for candidate in left if candidate.created_at]
    return [candidate for candidate in left if candidate.created_at == min(dated)] if dated else list(left)


_RULES: dict[KeepRule, Callable[[Sequence[KeeperCandidate]], list[KeeperCandidate]]] = {
    KeepRule.REFERENCE: lambda left: _flagged(left, lambda candidate: candidate.reference),
    KeepRule.WELL_FORMED: lambda left: _flagged(left, lambda candidate: not candidate.damaged),
    KeepRule.DETAIL: _by_detail,
    KeepRule.RESOLUTION: lambda left: _most(left, lambda c: c.width * c.height, lambda best: best * (1 - SAME_SIZE)),
    KeepRule.QUALITY: _by_quality,
    KeepRule.OWN_UPLOAD: lambda left: _flagged(left, lambda candidate: candidate.own_upload),
    KeepRule.HAS_LINK: lambda left: _flagged(left, lambda candidate: candidate.has_link),
    KeepRule.OLDEST: _by_age,
    KeepRule.NUMBER: lambda left: [min(left, key=lambda candidate: (len(candidate.key), candidate.key))],
}
