"""Safety rules judged over the whole plan: one that trips means that no action runs at all (I5).

Each check has a name, a figure and a limit. ``plan --allow NAME=FIGURE`` raises the limit of exactly one of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.errors import ConfigError
from pinplan.plan.agreement import UNREAD_BOARDS
from pinplan.reconcile.delete_checks import DELETE_CHECKS, judge_deletes
from pinplan.reconcile.move_checks import MOVE_CHECKS, judge_moves
from pinplan.reconcile.place_checks import NEW_PLACES, judge_places
from pinplan.reconcile.trust_checks import ACCOUNT, TRUST_CHECKS, judge_selectors, judge_trust
from pinplan.reconcile.upload_checks import UPLOADS, judge_uploads

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinplan.actions import AnyAction
    from pinplan.plan.document import Check, Finding
    from pinplan.reconcile.plan_input import PlanInput
    from pinplan.reconcile.scope import Written

NAMES = (
    *(name for name in (*DELETE_CHECKS, *MOVE_CHECKS, *TRUST_CHECKS, UPLOADS, NEW_PLACES) if name != ACCOUNT),
    UNREAD_BOARDS,
)
"""Names for ``plan --allow NAME=FIGURE``. The account check cannot be overridden: another account's pins are not this library's."""


def judge(
    inputs: PlanInput,
    actions: Sequence[AnyAction],
    findings: Sequence[Finding],
    missing: Sequence[Written] = (),
    postponed: int = 0,
) -> tuple[Check, ...]:
    """Every check, passed or failed; ``missing`` are selectors that match nothing, ``postponed`` uploads left for later days."""
    return (
        *judge_deletes(inputs, actions),
        *judge_moves(inputs.policies, inputs.allow, inputs.base.tracked, actions),
        *judge_trust(inputs, actions, findings),
        *judge_selectors(inputs, actions, missing),
        *judge_uploads(inputs.policies, actions, inputs.allow, postponed),
        *judge_places(inputs.policies, actions, inputs.allow),
    )


def parse_allowances(texts: Sequence[str]) -> dict[str, int]:
    """Parse ``["remote-deletes=120"]`` into figures by check. Raises `ConfigError` with all problems."""
    allowed: dict[str, int] = {}
    problems = []
    for text in texts:
        name, _, figure = text.partition("=")
        if name not in NAMES:
            problems.append(f"--allow {text}: unknown check {name!r}; expected one of {', '.join(NAMES)}")
        elif not (figure.isascii() and figure.isdigit()):
            problems.append(f"--allow {text}: expected a number, e.g. {name}=12")
        else:
            allowed[name] = int(figure)
    if problems:
        raise ConfigError(problems)
    return allowed
