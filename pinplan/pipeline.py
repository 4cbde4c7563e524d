"""The story: look at both sides, decide, write the decision down, do exactly that.

    snapshot → reconcile → Plan → plan file → apply → journal → base

Read this first: the six verbs are `make_plan`, `make_post`, `apply_plan`, `make_undo`, `make_restore` and `verify`. Values go from stage to
stage; no stage calls an earlier one. The outside is reached through `pinplan.adapters.Adapters` only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from pinplan.apply.context import RunContext, RunJournal
from pinplan.apply.creates import Creator
from pinplan.apply.decided_plan import check_decided, decided_plan_of, done_in_order, resume_partial
from pinplan.apply.executor import Executor, ExecutorOptions
from pinplan.apply.image_check import PictureMatch
from pinplan.apply.places import PlaceCreator
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
from pinplan.build_plan import build_plan, plan_input_of, snapshots_until_decided, take_snapshots
from pinplan.duplicates.cache import NewFingerprints
from pinplan.duplicates.report import count_new_duplicates, remember_different
from pinplan.events import ApplyStarted, Stage
from pinplan.history.undo_source import boards_with_sections, created_again, done_actions, run_to_undo, trashed_by
from pinplan.history.verify import (
    account_for_boards,
    account_for_pins,
    conclude,
    find_displaced,
    judge_sizes,
    verify_library,
)
from pinplan.model.images import FileStat
from pinplan.model.similarity import ALGORITHM_VERSION
from pinplan.model.times import timestamp
from pinplan.plan.agreement import left_out
from pinplan.plan.document import Plan
from pinplan.reconcile.match import FileSides
from pinplan.reconcile.on_record import OnRecord, records_before
from pinplan.reconcile.planner import reconcile
from pinplan.reconcile.post import post
from pinplan.reconcile.undo import undo
from pinplan.snapshot.library_files import scan_library
from pinplan.snapshot.remote import list_account
from pinplan.unchanged import can_be_kept, keep_if_nothing_found, plan_if_unchanged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinplan.actions.pairs import Pair
    from pinplan.adapters import Adapters, PlanRequest
    from pinplan.apply.decided_plan import DecidedPlan
    from pinplan.apply.executor import RunStats
    from pinplan.history.verify import VerifyReport
    from pinplan.model.base import Base
    from pinplan.model.file_tree import FileTree
    from pinplan.model.ids import RunId
    from pinplan.model.post import PostWanted
    from pinplan.reconcile.plan_input import PlanContent, PlanInput
    from pinplan.reconcile.undo import DoneAction
    from pinplan.records.journal import RunRecord
    from pinplan.snapshot.remote import ListedAccount
    from pinplan.snapshot.saved import Snapshots


def decide(snapshots: Snapshots, request: PlanRequest, created_at: str) -> Plan:
    """Make the plan. Pure: the same snapshots give the same digest (I8). Without a seal, as snapshots may come from elsewhere."""
    inputs = plan_input_of(snapshots, request)
    return build_plan(snapshots, inputs, reconcile(inputs), created_at)


def make_plan(adapters: Adapters, request: PlanRequest) -> Plan:
    """Look and decide. A plan that found nothing is kept until something that it followed from changes (`pinplan.unchanged`)."""
    if not can_be_kept(request):
        return plan_with_snapshots(adapters, request)[1]
    listed = list_account(adapters.remote, adapters.clock, adapters.emit)
    kept = plan_if_unchanged(adapters, request, listed)
    if kept.plan is not None:
        return adapters.seal_key.sealed(kept.plan)
    snapshots, made = plan_with_snapshots(adapters, request, listed, kept.tree)
    keep_if_nothing_found(adapters, request, listed, snapshots, made)
    return made


def plan_with_snapshots(
    adapters: Adapters, request: PlanRequest, listed: ListedAccount | None = None, tree: FileTree | None = None
) -> tuple[Snapshots, Plan]:
    """Make a plan from both sides as they are now, and return its snapshots, too.

    Args:
        adapters: both sides; only read.
        request: policies and freshness.
        listed: account and list of boards, if they have been requested already.
        tree: the files, if they have been looked at already.
    """
    snapshots, decision = snapshots_until_decided(adapters, request, reconcile, listed=listed, tree=tree)
    # Usually instant, but the last label would otherwise read as still scanning.
    adapters.emit(Stage(name="reconcile"))
    inputs = plan_input_of(snapshots, request)
    made = build_plan(snapshots, inputs, decision or reconcile(inputs), timestamp(adapters.clock.now()))
    return snapshots, adapters.seal_key.sealed(made)


def make_undo(adapters: Adapters, request: PlanRequest, run: RunId | None = None) -> Plan:
    """Take snapshots and plan the reverse of a run; applying that plan is the undo.

    Args:
        adapters: both sides; nothing is changed.
        request: policies and allowances; a scope narrows the undo like any plan.
        run: the run; None for the last one.

    Raises:
        ConfigError: no such run.
        CannotUndo: already undone, or its plan no longer exists.
    """
    record = run_to_undo(adapters.state.runs(), run)
    done = done_actions(adapters.library, adapters.state, record)
    # Only a complete undo marks the run as undone; a narrowed one may be followed by others.
    whole = not request.scope.targets and not request.scope.excludes
    return _reverse(adapters, request, done, record.id if whole else None)


def make_post(
    adapters: Adapters, request: PlanRequest, wanted: PostWanted, listed: ListedAccount | None = None
) -> Plan:
    """Take snapshots and plan the pins of pictures from elsewhere, and nothing else.

    Args:
        adapters: both sides; nothing is changed.
        request: policies and allowances.
        wanted: pictures in the outbox, their texts and their board.
        listed: account and list of boards, if they have been requested already.

    Raises:
        ConfigError: the config leaves the board out, or it belongs to another account.
    """
    # One file for all that are equal: their copies have one path.
    files = {picture.file.path: picture.file for picture in wanted.pictures}
    request = replace(request, posted=tuple(files.values()))

    def posting(inputs: PlanInput) -> PlanContent:
        return post(inputs, wanted)

    # A section without pins is listed for those who ask only.
    sections_of = frozenset() if wanted.section_id is None else frozenset({wanted.board_id})
    snapshots, decision = snapshots_until_decided(adapters, request, posting, sections_of, listed)
    inputs = plan_input_of(snapshots, request)
    made = build_plan(snapshots, inputs, decision or posting(inputs), timestamp(adapters.clock.now()))
    return adapters.seal_key.sealed(made)


def make_restore(adapters: Adapters, request: PlanRequest, wanted: Sequence[str]) -> Plan:
    """Take snapshots and plan the return of trashed files.

    Args:
        adapters: both sides; nothing is changed.
        request: policies and allowances.
        wanted: original paths, with ``*`` and ``?``, or pin ids.

    Raises:
        ConfigError: nothing in the trash matches.
    """
    return _reverse(adapters, request, trashed_by(adapters.library, adapters.state, wanted), None)


def _reverse(adapters: Adapters, request: PlanRequest, done: Sequence[DoneAction], run: RunId | None) -> Plan:
    # Listed once: undo asks for every action, and the trash can be large.
    kept = {file.path: FileStat(file.size, file.mtime_ns) for file in adapters.library.in_trash()}
    created = created_again(adapters.remote, adapters.state, done)

    def backwards(inputs: PlanInput) -> PlanContent:
        return undo(inputs, done, kept, created)

    snapshots, decision = snapshots_until_decided(adapters, request, backwards, boards_with_sections(done))
    inputs = plan_input_of(snapshots, request)
    made = build_plan(snapshots, inputs, decision or backwards(inputs), timestamp(adapters.clock.now()), undoes=run)
    return adapters.seal_key.sealed(made)


def verify(adapters: Adapters, request: PlanRequest, *, quick: bool = False) -> VerifyReport:
    """Read every tracked file, query every pin, and report the state of both; changes nothing.

    Files with unexpected bytes are remembered, so that the next plan inspects them.
    """
    # Files first: what they show marks suspects that the snapshot below reads.
    files = verify_library(adapters.library, adapters.state, adapters.emit, quick=quick)
    snapshots = take_snapshots(adapters, request)
    sides = FileSides(snapshots.local, snapshots.base, request.policies.template)
    files = find_displaced(adapters.library, snapshots.base, files, sides, quick=quick)
    # Never written: the plan only says what each pin's state would lead to.
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
    adapters: Adapters, plan: Plan, settings: ExecutorOptions | None = None, *, any_space: bool = False
) -> ApplyResult:
    """Perform a plan exactly; the caller holds the library's lock.

    The first apply opens a run; another one resumes what is left of it, or does nothing (I13). Decisions remove actions, or swap the two
    of a pair (`pinplan.plan.decisions`).

    Raises:
        PlanUnbound: made for another account, library, lineage or serial.
        NotAPlan: two actions have the same id.
        ApprovalNeeded: made elsewhere or edited, and not approved.
        DecisionsUnbound: the decisions are for another plan.
        ConfigError: a decision comes too late: its action is already done.
        DecisionsChanged: the decisions take back or change some that the run began with, and that is not accepted.
        DecisionNeeded: every remaining action waits for a decision.
        SafetyStop: a check failed, in the plan or on re-evaluation.
        NoRoom: the downloads probably exceed the free space, and ``any_space`` is not set.
        AuditBroken, StateRolledBack: state and audit log do not match.
        AuthError, RemoteError: Pinterest did not confirm the account of the token.
    """
    settings = settings or ExecutorOptions()
    # First: an interrupted run may have left records in state.db that the log lacks.
    adapters.state.audit.settle()
    base = adapters.state.base()
    check_library(plan, base)
    run = find_run(plan, adapters.state.runs())
    if run is not None and run.ended_at is not None:
        return ApplyResult(run=run.id, already_applied=True)
    # Cheapest first, local before network: a stale plan costs no API call.
    check_serial(plan, base, run)
    check_ids(plan)
    check_applyable(plan)
    check_approved(plan, settings, adapters.seal_key, run)
    check_account(plan, adapters.remote.account().id)
    # After all refusals: an empty plan of another library is refused, too.
    if not plan.actions:
        return ApplyResult()
    on_record = _on_record(adapters, plan, run, base)
    decided_plan = _decide(adapters, plan, run, on_record, settings)
    # Before any change: after a kill right behind a delete, the cache must not show the pin any more.
    changing = (action for action in plan.actions if action.changed_boards)
    adapters.state.listings.drop(
        {board for action in changing for board in action.listing_dependencies | action.changed_boards}
    )
    if not any_space:
        done = adapters.state.done_actions(run.id) if run is not None else set()
        check_space(
            adapters.library,
            (a for a in decided_plan.actions if a.id not in done and settings.requests(a)),
        )
    notes = {pair.id: note for pair in decided_plan.different() if (note := _remembered(adapters, pair))}
    # All checks passed: from here on the run is on record, whatever happens.
    record = open_run(
        adapters.library, adapters.state, adapters.clock, decided_plan, run, base.serial + 1, settings.approval, notes
    )
    return _perform(adapters, decided_plan, record, settings, on_record)


def approval_needed(adapters: Adapters, plan: Plan) -> bool:
    """Whether a plan requires approval: made elsewhere or edited, and not started yet."""
    return needs_approval(plan, adapters.seal_key, find_run(plan, adapters.state.runs()))


def _on_record(adapters: Adapters, plan: Plan, run: RunRecord | None, base: Base) -> OnRecord:
    done = done_in_order(plan, adapters.state, run.id) if run is not None else []
    return OnRecord(records_before(base.tracked, done), adapters.state.creates.created())


def _decide(
    adapters: Adapters, plan: Plan, run: RunRecord | None, on_record: OnRecord, settings: ExecutorOptions
) -> DecidedPlan:
    """Apply the decisions; on a resume, after checking what the run had started.

    Limits and protection are evaluated again from this library's own base and config: a plan can come from anywhere (I11).
    """
    decided_plan = decided_plan_of(plan, adapters.state, run, settings)
    if run is not None:
        at = timestamp(adapters.clock.now())
        decided_plan = resume_partial(
            decided_plan,
            _context_of(adapters, run, settings, plan),
            adapters.state,
            settings,
            on_record,
            at,
        )
    done = adapters.state.done_actions(run.id) if run is not None else set()
    # On a resume as well: the config may have become stricter since.
    sealed = adapters.seal_key.is_valid(plan)
    allow = allowances(plan, settings, sealed=sealed)
    published = adapters.state.creates.published() if any(action.takes_back for action in plan.actions) else ()
    check_again(decided_plan, on_record.records, done, settings, allow, published, sealed=sealed)
    check_decided(decided_plan, done, settings)
    return decided_plan


def _remembered(adapters: Adapters, pair: Pair) -> str:
    """Save a pair as different; returns a note on failure."""
    source = adapters.source
    problem: str | None = "no fingerprints are available"
    if source is not None:
        problem = remember_different(pair, adapters.state.fingerprints, source)
    return f"; it could not be saved: {problem}" if problem else ""


def _context_of(adapters: Adapters, run: RunRecord, settings: ExecutorOptions, plan: Plan) -> RunContext:
    policies, username = plan.policies, plan.account.username

    def files() -> FileSides:
        """The library now, with what this run did so far."""
        library, state = adapters.library, adapters.state
        return scan_library(library, state, policies.template, adapters.source, adapters.clock)[1]

    creates = Creator(
        run.id,
        adapters.state.creates,
        adapters.remote,
        adapters.library,
        adapters.images,
        adapters.videos,
        adapters.clock,
        fingerprinter=adapters.fingerprinter,
        stop=settings.stop,
        # The stricter of plan and config, like every limit (I11).
        per_day=min(one.about_uploads.per_day for one in (policies, settings.policies or policies)),
        emit=adapters.emit,
    )
    journal = RunJournal(adapters.state, run.id)
    picture_match = PictureMatch(
        adapters.fingerprinter,
        lambda sha256: adapters.state.fingerprints.stored_one(sha256, ALGORITHM_VERSION),
        adapters.state.creates.sent,
    )
    return RunContext(
        run.id,
        adapters.library,
        adapters.remote,
        adapters.images,
        journal,
        creates,
        PlaceCreator(run.id, adapters.state.places, adapters.remote, adapters.clock, settings.stop),
        files,
        picture_match=picture_match,
        username=username,
    )


def _perform(
    adapters: Adapters, decided_plan: DecidedPlan, record: RunRecord, settings: ExecutorOptions, on_record: OnRecord
) -> ApplyResult:
    plan, actions = decided_plan.plan, decided_plan.actions
    done_before = adapters.state.done_actions(record.id)
    adapters.emit(
        ApplyStarted(
            run=record.id,
            total=len(plan.actions),
            done_before=len(done_before),
            # Each resume raises the serial by one.
            resumed=record.serial > plan.base.serial + 1,
            declined=len(decided_plan.declined),
            waiting=len(decided_plan.waiting),
        )
    )
    source = adapters.source
    executor = Executor(
        _context_of(adapters, record, settings, plan),
        adapters.state,
        adapters.clock,
        adapters.emit,
        settings,
        NewFingerprints(source, adapters.state.fingerprints) if source is not None else None,
        {action.id: reason for action in actions if (reason := on_record.why_not(action)) is not None},
        adapters.features.closed(adapters.clock.now()) if adapters.features is not None else (),
    )
    stats = executor.perform(actions, done_before, decided_plan.held_back)
    if adapters.features is not None:
        adapters.features.learn(stats.refusals.closed, stats.refusals.worked, adapters.clock.now())
    if len(stats.done) == len(actions) and not decided_plan.waiting:
        # Only once nothing is left to resume.
        adapters.library.clear_staging()
        adapters.state.end_run(record.id, timestamp(adapters.clock.now()))
    result = result_of(
        decided_plan, record, settings, stats, _duplicates_to_come(adapters, decided_plan, settings, stats)
    )
    adapters.emit(ended_event(result, record))
    return result


def _duplicates_to_come(
    adapters: Adapters, decided_plan: DecidedPlan, settings: ExecutorOptions, stats: RunStats
) -> int:
    """How many duplicates a plan will find because of what this run downloaded (I23)."""
    policy = (settings.policies or decided_plan.plan.policies).about_duplicates
    source = adapters.source
    fetched = {action.pin_id for action in decided_plan.actions if action.trait.fetches and action.id in stats.done}
    # Only a remark: it must not delay an interrupt or hide an error.
    if source is None or not fetched or settings.stop.is_set() or stats.fatal:
        return 0
    return count_new_duplicates(fetched, policy, adapters.state, adapters.library, source)
