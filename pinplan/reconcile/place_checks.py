"""Limit the boards and sections that a plan creates: a tree of folders that was copied into the library by mistake makes no boards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.reconcile.check_results import verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pinplan.actions import AnyAction
    from pinplan.plan.document import Check
    from pinplan.policies.bundle import Policies

NEW_PLACES = "new-boards"


def judge_places(policies: Policies, actions: Sequence[AnyAction], allow: Mapping[str, int]) -> Iterator[Check]:
    """The check on new boards and sections; only for plans that create any, so that others keep their digest."""
    count = sum(action.trait.creates_place for action in actions)
    limit = policies.further_limits.new_places
    if count:
        what = "board or section" if count == 1 else "boards and sections"
        yield verdict(
            NEW_PLACES,
            tripped=count > limit,
            count=count,
            total=None,
            limit=str(limit),
            message=f"[library] {count:,} {what} would be created on Pinterest (limit {limit:,}).",
            allow=allow,
        )
