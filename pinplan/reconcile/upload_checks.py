"""Limit the uploads of a plan: a folder that was copied into a board by mistake is not published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.reconcile.check_results import verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pinplan.actions import AnyAction
    from pinplan.plan.document import Check
    from pinplan.policies.bundle import Policies

UPLOADS = "uploads"


def judge_uploads(
    policies: Policies, actions: Sequence[AnyAction], allow: Mapping[str, int], postponed: int = 0
) -> Iterator[Check]:
    """The check on uploads, those left for later days included; only for plans that upload, so that others keep their digest."""
    count = sum(action.trait.uploads for action in actions) + postponed
    limit = policies.further_limits.uploads
    if count:
        yield verdict(
            UPLOADS,
            tripped=count > limit,
            count=count,
            total=None,
            limit=str(limit),
            message=f"[library] {count:,} {'picture' if count == 1 else 'pictures'} would be uploaded (limit {limit:,}).",
            allow=allow,
        )
