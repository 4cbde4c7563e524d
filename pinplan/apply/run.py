"""Open a run, or take one up again; what it is bound to and how it was approved goes to the audit log first (I25)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from pinplan.model.ids import RunId
from pinplan.model.times import compact_timestamp, timestamp
from pinplan.records.audit import Decided, Judged, Overridden, RunBegun
from pinplan.records.journal import RunRecord
from pinplan.records.plan_file import encode_plan

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pinplan.apply.decided_plan import Course
    from pinplan.model.ids import ActionId
    from pinplan.ports import Clock, Library
    from pinplan.records.audit import AnyEntry
    from pinplan.records.state import State


def open_run(
    library: Library,
    state: State,
    clock: Clock,
    course: Course,
    run: RunRecord | None,
    serial: int,
    approval: str,
    notes: Mapping[ActionId, str],
) -> RunRecord:
    """Begin the run of a plan under a new serial, or go on with it.

    Args:
        library: where the plan is kept.
        state: where the run is recorded.
        clock: the present, by which a run is named.
        course: the plan, and what is about to be done of it.
        run: the run that this plan had already, if it had one.
        serial: the number that the library gets with it.
        approval: how the plan was approved.
        notes: what is to be said of declined actions beside the reason.
    """
    plan = course.plan
    now = clock.now()
    at = timestamp(now)
    if run is not None:
        told = list(_told(course, run.id, serial, approval, resumed=True))
        state.resume_run(run.id, serial, told, at, course.settled(run.id, notes))
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
    library.keep_plan(encode_plan(plan), record.id)
    told = list(_told(course, record.id, serial, approval, resumed=False))
    scopes = plan.snapshots.remote.scopes
    seen_at = plan.snapshots.remote.taken_at
    state.begin_run(record, plan.account.id, scopes, told, course.settled(record.id, notes), seen_at)
    return record


def _free_id(wanted: str, runs: Sequence[RunRecord]) -> RunId:
    """The name, with a number behind it where a clock that was put back would give it twice."""
    taken = {run.id for run in runs}
    name, number = RunId(wanted), 2
    while name in taken:
        name, number = RunId(f"{wanted}-{number}"), number + 1
    return name


def _told(course: Course, run: RunId, serial: int, approval: str, *, resumed: bool) -> Iterator[AnyEntry]:
    plan = course.plan
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
    if course.given and course.decisions is not None:
        for name, decision in sorted(course.decisions.decisions.items()):
            yield Decided(run=run, decision=decision.verdict, action=name)
