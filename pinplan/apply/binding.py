"""Whether a plan may be applied here and now (I11, I13)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.errors import PlanUnbound, SafetyStop
from pinplan.plan.document import CheckStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinplan.model.base import Base
    from pinplan.model.ids import AccountId
    from pinplan.plan.document import Plan
    from pinplan.records.journal import RunRecord


def find_run(plan: Plan, runs: Sequence[RunRecord]) -> RunRecord | None:
    """The run that this very plan had, if it was applied before."""
    return next((run for run in reversed(runs) if run.digest == plan.digest), None)


def check_library(plan: Plan, base: Base) -> None:
    """The plan was made for this library and for its present line of states. Raises `PlanUnbound`."""
    if plan.library.id != base.library_id:
        raise PlanUnbound("library", plan.library.id, base.library_id)
    if plan.base.lineage != base.lineage:
        raise PlanUnbound("lineage", plan.base.lineage, base.lineage)
    if base.account_id is not None and base.account_id != plan.account.id:
        raise PlanUnbound("account", plan.account.id, base.account_id)


def check_account(plan: Plan, account: AccountId) -> None:
    """The token belongs to the account that the plan was made for. Raises `PlanUnbound`."""
    if plan.account.id != account:
        raise PlanUnbound("account", plan.account.id, account)


def check_serial(plan: Plan, base: Base, run: RunRecord | None) -> None:
    """Nothing was applied since the plan was made, but the plan itself. Raises `PlanUnbound`."""
    expected = plan.base.serial if run is None else run.serial
    if base.serial != expected:
        message = (
            f"the plan is stale: it was made after run {plan.base.serial}"
            f"{' and begun as run ' + str(run.serial) if run else ''}, the library is at run {base.serial}"
        )
        raise PlanUnbound("serial", str(expected), str(base.serial), message)


def check_applyable(plan: Plan) -> None:
    """Every check over the whole plan passed. Raises `SafetyStop`."""
    failed = [check.message for check in plan.checks if check.status is CheckStatus.FAIL]
    if failed or not plan.applyable:
        raise SafetyStop(failed or ["the plan is not applyable"])
