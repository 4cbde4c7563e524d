"""The story: look at both sides, decide, write the decision down, do exactly that.

    snapshot → reconcile → Plan → plan file → apply → journal → base

Read this first: the five verbs are `make_plan`, `apply_plan`, `make_undo`, `make_restore` and `prove`. Values go from stage to
stage; no stage calls an earlier one. What talks to the outside comes in through `pinplan.outside.Outside`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.apply.context import RunJournal, RunWorld
from pinplan.apply.creates import Creator
from pinplan.apply.decided_plan import check_decided, course_of, done_in_order, finish_what_was_begun
from pinplan.apply.executor import Executor, Settings
from pinplan.apply.image_check import Likeness
from pinplan.apply.recheck import allowances, check_again, check_approved, check_ids, needs_approval
from pinplan.apply.result import ApplyResult, ended_event, result_of
from pinplan.apply.run import (
    check_account,
    check_applyable,
    check_library,
    check_serial,
    check_space,
    find_run,
    open_run,
)
from pinplan.build_plan import look, look_until_decided, plan_of, world_of
from pinplan.duplicates.cache import NewFingerprints
from pinplan.duplicates.report import duplicates_to_come, remember_different
from pinplan.events import ApplyStarted, Stage
from pinplan.history.undo_source import boards_with_sections, created_again, done_actions, run_to_undo, trashed_by
from pinplan.history.verify import (
    account_for_boards,
    account_for_pins,
    conclude,
    find_displaced,
    judge_sizes,
    prove_library,
)
from pinplan.model.images import FileStat
from pinplan.model.similarity import RECIPE
from pinplan.model.times import timestamp
from pinplan.plan.agreement import left_out
from pinplan.plan.document import Plan, kind_of
from pinplan.reconcile.match import FileSides
from pinplan.reconcile.on_record import OnRecord, records_before
from pinplan.reconcile.planner import reconcile
from pinplan.reconcile.undo import undo
from pinplan.snapshot.library_files import look_for_files

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinplan.actions.pairs import Pair
    from pinplan.adapters import Outside, PlanRequest
    from pinplan.apply.decided_plan import Course
    from pinplan.apply.executor import Tallies
    from pinplan.history.verify import Proof
    from pinplan.model.base import Base
    from pinplan.model.ids import RunId
    from pinplan.reconcile.plan_input import Decision, World
    from pinplan.reconcile.undo import DoneAction
    from pinplan.records.journal import RunRecord
    from pinplan.snapshot.saved import Snapshots


def decide(snapshots: Snapshots, request: PlanRequest, created_at: str) -> Plan:
    """Make the plan. Pure: the same snapshots give the same digest (I8). It has no seal: snapshots can come from elsewhere."""
    world = world_of(snapshots, request)
    return plan_of(snapshots, world, reconcile(world), created_at)


def make_plan(outside: Outside, request: PlanRequest) -> Plan:
    """Look and decide."""
    return look_and_decide(outside, request)[1]


def look_and_decide(outside: Outside, request: PlanRequest) -> tuple[Snapshots, Plan]:
    """The plan, and what it was made from."""
    snapshots, decision = look_until_decided(outside, request, reconcile)
    outside.emit(Stage(name="reconcile"))
    world = world_of(snapshots, request)
    made = plan_of(snapshots, world, decision or reconcile(world), timestamp(outside.clock.now()))
    return snapshots, outside.seal_key.sealed(made)


def make_undo(outside: Outside, request: PlanRequest, run: RunId | None = None) -> Plan:
    """Look, and plan the reverse of a run; applying that plan is the undo.

    Args:
        outside: what is looked at; nothing is changed.
        request: policies and allowances; a scope narrows the undo as it narrows any plan.
        run: the run; None for the last one.

    Raises:
        ConfigError: there is no such run.
        CannotUndo: it was undone already, or its plan is not kept any more.
    """
    record = run_to_undo(outside.state.runs(), run)
    done = done_actions(outside.library, outside.state, record)
    whole = not request.scope.targets and not request.scope.excludes
    return _reverse(outside, request, done, record.id if whole else None)


def make_restore(outside: Outside, request: PlanRequest, wanted: Sequence[str]) -> Plan:
    """Look, and plan the return of what is in the trash.

    Args:
        outside: what is looked at; nothing is changed.
        request: policies and allowances.
        wanted: paths that the files had, with ``*`` and ``?``, or pin ids.

    Raises:
        ConfigError: nothing in the trash is called so.
    """
    return _reverse(outside, request, trashed_by(outside.library, outside.state, wanted), None)


def _reverse(outside: Outside, request: PlanRequest, done: Sequence[DoneAction], run: RunId | None) -> Plan:
    kept = {file.path: FileStat(file.size, file.mtime_ns) for file in outside.library.in_trash()}
    created = created_again(outside.remote, outside.state, done)

    def backwards(world: World) -> Decision:
        return undo(world, done, kept, created)

    snapshots, decision = look_until_decided(outside, request, backwards, boards_with_sections(done))
    world = world_of(snapshots, request)
    made = plan_of(snapshots, world, decision or backwards(world), timestamp(outside.clock.now()), undoes=run)
    return outside.seal_key.sealed(made)


def prove(outside: Outside, request: PlanRequest, *, quick: bool = False) -> Proof:
    """Read every tracked file, ask Pinterest for every pin, and say how all of them stand; changes nothing.

    What is found to hold other bytes than it should is remembered, so that the next plan looks into it.
    """
    files = prove_library(outside.library, outside.state, outside.emit, quick=quick)
    snapshots = look(outside, request)
    sides = FileSides(snapshots.local, snapshots.base, request.policies.template)
    files = find_displaced(outside.library, snapshots.base, files, sides, quick=quick)
    made = decide(snapshots, request, created_at="")
    pins, boards = account_for_pins(snapshots, made), account_for_boards(made)
    return conclude(
        judge_sizes(files, snapshots),
        pins,
        quick=quick,
        boards=boards,
        left_out=left_out(made),
        untracked=len(sides.untracked_images()),
    )


def apply_plan(
    outside: Outside, plan: Plan, settings: Settings | None = None, *, any_space: bool = False
) -> ApplyResult:
    """Perform a plan exactly; the caller holds the library's lock.

    Applied for the first time it opens a run; applied again it goes on with what is left of that run, or does nothing
    if nothing is left (I13). Decisions take actions away, or exchange the two of a pair (`pinplan.decisions`).

    Raises:
        PlanUnbound: made for another account, library, lineage or serial.
        NotAPlan: two actions of it have the same id.
        ApprovalNeeded: made elsewhere, or edited since, and nobody has approved it.
        DecisionsUnbound: the decisions are about another plan.
        ConfigError: a decision comes too late for what was done already.
        DecisionNeeded: nothing can be done but what waits for a decision.
        SafetyStop: a check of the plan failed, in the plan or judged again.
        NoRoom: what is to be fetched probably needs more than is free, and ``any_space`` is not given.
        AuditBroken, StateRolledBack: state and audit log do not belong together.
        AuthError, RemoteError: Pinterest could not be asked whose token this is.
    """
    settings = settings or Settings()
    outside.state.audit.settle()
    base = outside.state.base()
    check_library(plan, base)
    run = find_run(plan, outside.state.runs())
    if run is not None and run.ended_at is not None:
        return ApplyResult(run=run.id, already_applied=True)
    check_serial(plan, base, run)
    check_ids(plan)
    check_applyable(plan)
    check_approved(plan, settings, outside.seal_key, run)
    check_account(plan, outside.remote.account().id)
    if not plan.actions:
        return ApplyResult()
    on_record = _on_record(outside, plan, run, base)
    course = _course(outside, plan, run, on_record, settings)
    # Before anything is changed: what is killed right behind a delete must not leave a listing that has the pin still.
    changing = (action for action in plan.actions if action.changes_boards)
    outside.state.listings.drop({board for action in changing for board in action.relies_on | action.changes_boards})
    if not any_space:
        done = outside.state.done_actions(run.id) if run is not None else set()
        check_space(
            outside.library,
            (
                a
                for a in course.actions
                if a.id not in done and (settings.kinds is None or kind_of(a) in settings.kinds)
            ),
        )
    notes = {pair.id: note for pair in course.different() if (note := _remembered(outside, pair))}
    record = open_run(
        outside.library, outside.state, outside.clock, course, run, base.serial + 1, settings.approval, notes
    )
    return _perform(outside, course, record, settings, on_record)


def approval_needed(outside: Outside, plan: Plan) -> bool:
    """Whether a plan was made elsewhere, or edited since, and does what then needs an approval; one whose run has begun was approved."""
    return needs_approval(plan, outside.seal_key, find_run(plan, outside.state.runs()))


def _on_record(outside: Outside, plan: Plan, run: RunRecord | None, base: Base) -> OnRecord:
    done = done_in_order(plan, outside.state, run.id) if run is not None else []
    return OnRecord(records_before(base.tracked, done), outside.state.creates.created())


def _course(outside: Outside, plan: Plan, run: RunRecord | None, on_record: OnRecord, settings: Settings) -> Course:
    """What is to be done; in a run that was cut off, after a look at what it had begun.

    Limits and protection are judged again here, from this library's own base and config: a plan can come from anywhere (I11).
    """
    course = course_of(plan, outside.state, run, settings)
    if run is not None:
        at = timestamp(outside.clock.now())
        course = finish_what_was_begun(
            course, _world_of(outside, run, settings, plan.policies.template), outside.state, settings, on_record, at
        )
    done = outside.state.done_actions(run.id) if run is not None else set()
    sealed = outside.seal_key.is_valid(plan)
    check_again(course, on_record.records, done, settings, allowances(plan, settings, sealed=sealed), sealed=sealed)
    check_decided(course, done, settings)
    return course


def _remembered(outside: Outside, pair: Pair) -> str:
    """Remember that two are no duplicates; what is to be said about that."""
    source = outside.source
    problem: str | None = "no fingerprints are taken here"
    if source is not None:
        problem = remember_different(pair, outside.state.pictures, source)
    return f"; it could not be remembered: {problem}" if problem else ""


def _world_of(outside: Outside, run: RunRecord, settings: Settings, template: str) -> RunWorld:
    def files() -> FileSides:
        """The library now, with what this run did so far."""
        library, state = outside.library, outside.state
        return look_for_files(library, state, template, outside.source, outside.clock)[1]

    creates = Creator(
        run.id,
        outside.state.creates,
        outside.remote,
        outside.library,
        outside.images,
        outside.clock,
        fingerprinter=outside.faces,
        stop=settings.stop,
    )
    journal = RunJournal(outside.state, run.id)
    likeness = Likeness(outside.faces, lambda sha256: outside.state.pictures.face(sha256, RECIPE))
    return RunWorld(run.id, outside.library, outside.remote, outside.images, journal, creates, files, likeness)


def _perform(
    outside: Outside, course: Course, record: RunRecord, settings: Settings, on_record: OnRecord
) -> ApplyResult:
    plan, actions = course.plan, course.actions
    done_before = outside.state.done_actions(record.id)
    outside.emit(
        ApplyStarted(
            run=record.id,
            total=len(plan.actions),
            done_before=len(done_before),
            resumed=record.serial > plan.base.serial + 1,
            declined=len(course.declined),
            waiting=len(course.waiting),
        )
    )
    source = outside.source
    executor = Executor(
        _world_of(outside, record, settings, plan.policies.template),
        outside.state,
        outside.clock,
        outside.emit,
        settings,
        NewFingerprints(source, outside.state.pictures) if source is not None else None,
        {action.id: reason for action in actions if (reason := on_record.why_not(action)) is not None},
    )
    tallies = executor.perform(actions, done_before, course.held_back)
    if len(tallies.done) == len(actions) and not course.waiting:
        outside.library.clear_staging()
        outside.state.end_run(record.id, timestamp(outside.clock.now()))
    result = result_of(course, record, settings, tallies, _duplicates_to_come(outside, course, settings, tallies))
    outside.emit(ended_event(result, record))
    return result


def _duplicates_to_come(outside: Outside, course: Course, settings: Settings, tallies: Tallies) -> int:
    """How many duplicates a plan will find because of what this run downloaded (I23)."""
    policy = (settings.policies or course.plan.policies).about_duplicates
    source = outside.source
    fetched = {action.pin_id for action in course.actions if action.trait.fetches and action.id in tallies.done}
    if source is None or not fetched or settings.stop.is_set() or tallies.fatal:
        return 0
    return duplicates_to_come(fetched, policy, outside.state, outside.library, source)
