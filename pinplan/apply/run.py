"""Start or resume a run: binding to the library, free space, and the audit record that opens it (I11, I13, I25)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from pinplan.errors import NoRoom, PlanUnbound, SafetyStop
from pinplan.model.ids import RunId
from pinplan.model.times import compact_timestamp, timestamp
from pinplan.plan.document import CheckStatus
from pinplan.records.audit import Decided, Judged, Overridden, RunBegun
from pinplan.records.journal import RunRecord
from pinplan.records.plan_file import encode_plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pinplan.actions import AnyAction
    from pinplan.apply.decided_plan import DecidedPlan
    from pinplan.model.base import Base
    from pinplan.model.ids import AccountId, ActionId
    from pinplan.plan.document import Plan
    from pinplan.ports import Clock, Library
    from pinplan.records.audit import AnyEntry
    from pinplan.records.state import State


def open_run(
    library: Library,
    state: State,
    clock: Clock,
    decided_plan: DecidedPlan,
    run: RunRecord | None,
    serial: int,
    approval: str,
    notes: Mapping[ActionId, str],
) -> RunRecord:
    """Start the run of a plan under a new serial, or resume it.

    Args:
        library: where a copy of the plan is kept.
        state: where the run is recorded.
        clock: the present; a run is named after it.
        decided_plan: the plan with its decisions.
        run: the earlier run of this plan, if any.
        serial: the new serial of the library.
        approval: how the plan was approved.
        notes: additions to the reasons of declined actions.
    """
    plan = decided_plan.plan
    now = clock.now()
    at = timestamp(now)
    if run is not None:
        # Checks and raised limits were logged when the run began.
        entries = list(_entries(decided_plan, run.id, serial, approval, resumed=True))
        state.resume_run(run.id, serial, entries, at, decided_plan.settled(run.id, notes))
        return replace(run, serial=serial)
    record = RunRecord(
        id=_free_id(f"{compact_timestamp(now)}-{plan.digest[7:11]}", state.runs()),
        digest=plan.digest,
        serial=serial,
        total=len(plan.actions),
        started_at=at,
        undoes=plan.undoes or None,
        summary=dict(plan.summary),
    )
    # Plan file before the run record: an undo needs the plan of every recorded run.
    library.keep_plan(encode_plan(plan), record.id)
    entries = list(_entries(decided_plan, record.id, serial, approval, resumed=False))
    scopes = plan.snapshots.remote.scopes
    seen_at = plan.snapshots.remote.taken_at
    state.begin_run(record, plan.account.id, scopes, entries, decided_plan.settled(record.id, notes), seen_at)
    return record


def _free_id(wanted: str, runs: Sequence[RunRecord]) -> RunId:
    """The name, with a number if a clock that was set back would use it twice."""
    taken = {run.id for run in runs}
    name, number = RunId(wanted), 2
    while name in taken:
        name, number = RunId(f"{wanted}-{number}"), number + 1
    return name


def _entries(decided_plan: DecidedPlan, run: RunId, serial: int, approval: str, *, resumed: bool) -> Iterator[AnyEntry]:
    plan = decided_plan.plan
    yield RunBegun(
        run=run,
        digest=plan.digest,
        library_id=plan.library.id,
        lineage=plan.base.lineage,
        serial=serial,
        account_id=plan.account.id,
        actions=len(plan.actions),
        resumed=resumed,
        undoes=plan.undoes or None,
    )
    if not resumed:
        for check in plan.checks:
            yield Judged(run=run, name=check.name, status=check.status, limit=check.limit, figure=check.figure)
        for name, figure in sorted(plan.allow.items()):
            yield Overridden(run=run, name=name, figure=figure)
    yield Decided(run=run, decision=approval)
    if decided_plan.given and decided_plan.decisions is not None:
        for name, decision in sorted(decided_plan.decisions.decisions.items()):
            yield Decided(
                run=run,
                decision=decision.verdict,
                action=name,
                keep=decision.keep or None,
                reviewer=decided_plan.decisions.reviewer or None,
                note=decision.note or None,
            )


def find_run(plan: Plan, runs: Sequence[RunRecord]) -> RunRecord | None:
    """The run of this plan, if it was applied before."""
    # By digest, not by path: a copied plan file resumes the same run.
    return next((run for run in reversed(runs) if run.digest == plan.digest), None)


def check_library(plan: Plan, base: Base) -> None:
    """Require a plan for this library and its present lineage. Raises `PlanUnbound`."""
    if plan.library.id != base.library_id:
        raise PlanUnbound("library", plan.library.id, base.library_id)
    if plan.base.lineage != base.lineage:
        raise PlanUnbound("lineage", plan.base.lineage, base.lineage)
    # A library that was never applied to has no account yet.
    if base.account_id is not None and base.account_id != plan.account.id:
        raise PlanUnbound("account", plan.account.id, base.account_id)


def check_account(plan: Plan, account: AccountId) -> None:
    """Require a token of the account that the plan was made for. Raises `PlanUnbound`."""
    if plan.account.id != account:
        raise PlanUnbound("account", plan.account.id, account)


def check_serial(plan: Plan, base: Base, run: RunRecord | None) -> None:
    """Require that nothing but this plan was applied since it was made. Raises `PlanUnbound`."""
    expected = plan.base.serial if run is None else run.serial
    if base.serial != expected:
        message = (
            f"the plan is stale: it was made after run {plan.base.serial}"
            f"{' and started as run ' + str(run.serial) if run else ''}, but the library is at run {base.serial}"
        )
        raise PlanUnbound("serial", str(expected), str(base.serial), message)


def check_applyable(plan: Plan) -> None:
    """Require that every check of the plan passed. Raises `SafetyStop`."""
    # The flag alone is not trusted: it can be edited (I5: a failed check stops the apply).
    failed = [check.message for check in plan.checks if check.status is CheckStatus.FAIL]
    if failed or not plan.applyable:
        raise SafetyStop(failed or ["the plan is not applyable"])


FREE_SPACE = "free-space"
"""``apply --allow free-space`` continues although the estimate exceeds the free space."""


def check_space(library: Library, actions: Iterable[AnyAction]) -> None:
    """Compare the estimated download size with the free space.

    A disk that fills up during a run loses nothing, but leaves the library half done, and no space for anything else.

    Raises:
        NoRoom: there is too little space.
        DiskRefused: the free space is unknown.
    """
    needed = sum(getattr(action, "estimated_bytes", 0) for action in actions)
    if not needed:
        return
    free = library.free_space()
    if needed > free:
        raise NoRoom(
            needed,
            free,
            f"the images to download take about {needed:,} bytes, but only {free:,} bytes are free on the library's disk",
        )
