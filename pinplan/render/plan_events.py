"""A plan as events, one line each under ``--json``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.events import AnyEvent, Checked, Found, PlannedAction, PlanSummary
from pinplan.plan.agreement import unsettled
from pinplan.plan.document import Plan, kind_of
from pinplan.render.text import apply_calls, summary_line

if TYPE_CHECKING:
    from collections.abc import Iterator


def plan_events(plan: Plan) -> Iterator[AnyEvent]:
    """Every action, finding and check, and the summary at the end."""
    for action in plan.actions:
        yield PlannedAction(
            id=action.id,
            kind=kind_of(action),
            address=action.address,
            effect=action.describe().effect,
            reason=action.reason,
            destructive=action.destructive,
        )
    for finding in plan.findings:
        yield Found(kind=finding.kind, address=finding.address, message=finding.message)
    for check in plan.checks:
        yield Checked(
            name=check.name, status=check.status, limit=check.limit, figure=check.figure, message=check.message
        )
    # Last: a reader of the stream takes the summary as its end.
    left = unsettled(plan)
    yield PlanSummary(
        message=summary_line(plan),
        digest=plan.digest,
        counts={kind: tally.count for kind, tally in plan.summary.items()},
        api_calls=plan.api_calls,
        applyable=plan.applyable,
        apply_calls=apply_calls(plan),
        differences=left.differences,
        unread_boards=left.unread,
    )
