"""Limit the moves on Pinterest of one plan, and the images that become public by them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.policies.limits import SMALL, parse_limit
from pinplan.reconcile.check_results import verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pinplan.actions import AnyAction
    from pinplan.model.base import Tracked
    from pinplan.plan.document import Check
    from pinplan.policies.bundle import Policies

MOVES = "moves"
MADE_PUBLIC = "made-public"
MOVE_CHECKS = (MOVES, MADE_PUBLIC)


def judge_moves(
    policies: Policies, allow: Mapping[str, int], records: Sequence[Tracked], actions: Sequence[AnyAction]
) -> Iterator[Check]:
    """Check how many pins are moved, and how many become public; no check where there is none, so that other plans keep their digest."""
    limits = policies.further_limits
    moves = sum(action.trait.moves_remote for action in actions)
    public = sum(action.makes_public for action in actions)
    # No move: skip the walk over the base.
    total = len({record.pin_id for record in records}) if moves or public else 0
    if moves:
        yield _share(MOVES, limits.moves, moves, total, "moved on Pinterest", allow)
    if public:
        yield _share(MADE_PUBLIC, limits.made_public, public, total, "shown on a board that is not secret", allow)


def _share(name: str, limit: str, count: int, total: int, verb: str, allow: Mapping[str, int]) -> Check:
    parsed = parse_limit(limit)
    most = parsed.most(total)
    floor = f", at least {most}" if parsed.count is None and most == SMALL else ""
    return verdict(
        name,
        tripped=count > most,
        count=count,
        total=total,
        limit=str(parsed),
        message=f"[library] {count:,} of {total:,} pins would be {verb} (limit {parsed}{floor}).",
        allow=allow,
    )
