"""What applying a plan costs: API calls, and how long they take under Pinterest's limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.render.text_safety import plural

if TYPE_CHECKING:
    from pinplan.plan.document import Plan

CALLS_A_MINUTE = 100
"""What is assumed of an apply, whose calls go one after the other: Pinterest publishes 1,000 reads a minute and no figure for writes."""
TRIAL_CALLS_A_DAY = 1000
"""All that an app on Trial access may do in a day."""


def apply_calls(plan: Plan) -> int:
    """API calls that applying a plan takes when all goes well: one to see whose token it is, and those of its actions."""
    return 1 + sum(action.calls for action in plan.actions) if plan.actions else 0


def cost_line(plan: Plan) -> str:
    """The calls in words, with minutes, and days on Trial access."""
    calls = apply_calls(plan)
    minutes = -(-calls // CALLS_A_MINUTE)
    days = -(-calls // TRIAL_CALLS_A_DAY)
    time = "under a minute" if minutes <= 1 else f"about {plural(minutes, 'minute')}"
    trial = f"on Trial access, {TRIAL_CALLS_A_DAY:,} a day: {plural(days, 'day')}"
    return f"Applying this takes about {plural(calls, 'API call')}, images not counted ({time}; {trial})."
