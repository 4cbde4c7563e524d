"""Leave out what needs a feature that Pinterest does not offer to the app, and report it once. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pinplan.actions import KINDS
from pinplan.plan.document import Finding, FindingKind, kind_of
from pinplan.reconcile.dependencies import left_without
from pinplan.reconcile.scope import WHOLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pinplan.actions import AnyAction
    from pinplan.reconcile.plan_input import PlanInput

CAPABILITY = "capability"
"""The reason of the finding."""


def without_closed(inputs: PlanInput, actions: Sequence[AnyAction]) -> tuple[Sequence[AnyAction], Sequence[AnyAction]]:
    """Split actions into possible ones, and those that need a closed feature or an action that does."""
    if not inputs.closed:
        return actions, ()
    possible = [action for action in actions if not inputs.closed.intersection(action.trait.features)]
    unmet = {id(action) for action in left_without(possible, actions)}
    possible = [action for action in possible if id(action) not in unmet]
    kept = {id(action) for action in possible}
    return possible, [action for action in actions if id(action) not in kept]


def about_closed(inputs: PlanInput, actions: Sequence[AnyAction]) -> Iterator[Finding]:
    """At most one finding, which names the kinds."""
    if not actions:
        return
    counts = Counter(kind_of(action) for action in actions)
    kinds = ", ".join(
        f"{count:,} {KINDS[kind].trait.counted(count)} ({kind})" for kind, count in sorted(counts.items())
    )
    features = sorted({one for action in actions for one in inputs.closed.intersection(action.trait.features)})
    named = " and ".join(f"{one.does} ({one.why})" for one in features)
    message = (
        f"not possible: {kinds}. Pinterest does not offer apps like yours to {named}; "
        f"pinplan tries again {inputs.retry_days} days after the refusal, or after the next sign-in"
    )
    yield Finding(kind=FindingKind.BLOCKED, address=WHOLE, message=message, count=len(actions), reason=CAPABILITY)
