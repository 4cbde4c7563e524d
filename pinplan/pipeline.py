"""The story: look at both sides, decide, write the decision down, do exactly that.

    snapshot → reconcile → Plan → plan file → apply → journal → base

Read this first. Values go from stage to stage; no stage calls an earlier one. What talks to the outside comes in through
`Outside`; `pinplan.wiring` builds one from a config.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct, field
from msgspec.structs import replace

from pinplan.agreement import left_out
from pinplan.apply.binding import check_account, check_applyable, check_library, check_serial, find_run
from pinplan.apply.creates import Creator
from pinplan.apply.deciding import check_decided, course_of, done_in_order, finish_what_was_begun
from pinplan.apply.executor import Executor, Settings
from pinplan.apply.likeness import Likeness
from pinplan.apply.opening import open_run
from pinplan.apply.recheck import allowances, check_again, check_approved, check_ids, needs_approval
from pinplan.apply.space import check_space
from pinplan.apply.world import RunJournal, RunWorld
from pinplan.assemble import plan_of
from pinplan.creates import Recogniser
from pinplan.dedupe.facts import RECIPE
from pinplan.errors import PinplanError
from pinplan.events import ApplyEnded, ApplyStarted, Emit, Stage, silent
from pinplan.model.images import FileStat
from pinplan.model.spelling import on_disk
from pinplan.model.times import timestamp
from pinplan.past import (
    boards_with_sections,
    created_again,
    done_actions,
    pending_creates,
    remembered,
    run_to_undo,
    trashed_by,
)
from pinplan.plan import Plan, Scope, kind_of
from pinplan.policies.duplicates import Remove
from pinplan.proof import account_for_boards, account_for_pins, conclude, find_displaced, judge_sizes, prove_library
from pinplan.reconcile.match import FileSides
from pinplan.reconcile.on_record import OnRecord, records_before
from pinplan.reconcile.planner import reconcile
from pinplan.reconcile.selectors import unmatched
from pinplan.reconcile.undo import undo
from pinplan.reconcile.world import World
from pinplan.records.journal import ActionOutcome
from pinplan.records.snapshot_files import Snapshots
from pinplan.snapshot.alike import AlikeRequest, plainly_tracked, take_alike
from pinplan.snapshot.files import FilesRequest, look_at_files, look_for_files
from pinplan.snapshot.fingerprints import NewFingerprints, Source
from pinplan.snapshot.refresh import Freshness, Refresh
from pinplan.snapshot.remote import RemoteLook, RemoteRequest
from pinplan.twins import count_fetched, remember_different

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from concurrent import futures

    from pinplan.actions import Dedupe
    from pinplan.apply.deciding import Course
    from pinplan.apply.executor import Tallies
    from pinplan.model.base import Base
    from pinplan.model.ids import BoardId, RunId
    from pinplan.model.snapshots import LocalSnapshot, RemoteSnapshot
    from pinplan.policies.bundle import Policies
    from pinplan.ports import ImageSource, Library, Remote, WaitingClock
    from pinplan.proof import Proof
    from pinplan.reconcile.undo import DoneAction
    from pinplan.reconcile.world import Decision, PendingCreate
    from pinplan.records.facts import Facts
    from pinplan.records.journal import RunRecord
    from pinplan.records.seal_key import SealKey
    from pinplan.records.state import State
    from pinplan.snapshot.fingerprints import Faces


class Outside(Struct, frozen=True, kw_only=True):
    """Everything that a run may touch.

    Attributes:
        faces: how fingerprints of images are taken; None: duplicates are not looked for.
        facts: where what Pinterest says of pins is remembered, for people to look at; nothing is decided by it.
        seal_key: what tells plans that were made on this computer from others.
        executor: where they are computed (see `pinplan.snapshot.fingerprints.Source`); None: in threads of this process.
    """

    remote: Remote
    images: ImageSource
    library: Library
    state: State
    clock: WaitingClock
    seal_key: SealKey
    emit: Emit = silent
    faces: Faces | None = None
    facts: Facts | None = None
    executor: futures.Executor | None = None


class PlanRequest(Struct, frozen=True, kw_only=True):
    """What to plan.

    Attributes:
        allow: figures up to which a named check may be exceeded, once, by this plan.
        max_gone_checks: pins that are asked for one by one at most.
        freshness: how much of an earlier look at Pinterest is taken over.
    """

    policies: Policies
    scope: Scope = field(default_factory=Scope)
    allow: Mapping[str, int] = field(default_factory=dict)
    max_gone_checks: int = 500
    freshness: Freshness = field(default_factory=Freshness)


class ApplyResult(Struct, frozen=True, kw_only=True):
    """What an apply came to.

    Attributes:
        run: the run's id; None if there was nothing to do.
        already_applied: the plan had been applied completely before; nothing was done now.
        ended: actions of this try: kind → outcome → number.
        left: actions that were not started.
        declined: actions that somebody decided against: kind → number.
        waiting: actions that wait for a decision: kind → number.
        kept_decisions: whether the decisions of an earlier try held, because none were given.
        fatal: what ended the run early, in words.
        lesser: images that were kept in a smaller size than the best one, which was refused.
        duplicates: where duplicates are removed: how many a plan will find because of what was downloaded.
        refusals: what Pinterest refused while the run went on, one of each sort.
    """

    run: RunId | None = None
    already_applied: bool = False
    ended: dict[str, dict[str, int]] = field(default_factory=dict)
    left: int = 0
    declined: dict[str, int] = field(default_factory=dict)
    waiting: dict[str, int] = field(default_factory=dict)
    kept_decisions: bool = False
    fetched: int = 0
    lesser: int = 0
    duplicates: int = 0
    interrupted: bool = False
    fatal: Exception | None = None
    refusals: tuple[PinplanError, ...] = ()

    def count(self, outcome: ActionOutcome) -> int:
        """Actions of this try that ended so."""
        return sum(of_kind.get(outcome, 0) for of_kind in self.ended.values())

    @property
    def complete(self) -> bool:
        """Whether every action that was asked for, and that nobody declined, was done."""
        bad = sum(self.count(outcome) for outcome in ActionOutcome if outcome is not ActionOutcome.DONE)
        return not self.left and not bad and self.fatal is None


def look(outside: Outside, request: PlanRequest, *, sections_of: frozenset[BoardId] = frozenset()) -> Snapshots:
    """Take both snapshots, as `make_plan` does. Sends only GET requests and writes only caches (I7)."""
    return _look(outside, request, reconcile, sections_of).snapshots


class _Looked(NamedTuple):
    """What was seen, and what was decided from exactly that, where that had to be known to look far enough."""

    snapshots: Snapshots
    decision: Decision | None = None


def _look(
    outside: Outside,
    request: PlanRequest,
    decide_from: Callable[[World], Decision],
    sections_of: frozenset[BoardId] = frozenset(),
) -> _Looked:
    """Take both snapshots.

    Boards of which Pinterest says that nothing changed may come from the cache. What is decided from the snapshots never rests
    on that alone: the boards of every action that moves, replaces, deletes or forgets something, or changes something on Pinterest, are
    listed again first, until a decision rests on no other boards than those.

    Args:
        outside: what is looked at.
        request: policies and freshness.
        decide_from: the decision that will be made.
        sections_of: boards whose sections are read though no pin may be in one.
    """
    base = outside.state.base()
    wanted = RemoteRequest(
        policies=request.policies,
        base=base,
        max_gone_checks=request.max_gone_checks,
        sections_of=sections_of,
        targets=(*request.scope.targets, *request.scope.excludes, *(request.scope.restore or ())),
        fresh=frozenset(record.intent.pin.board_id for record in outside.state.creates.pending()),
        freshness=request.freshness,
    )
    remotely = RemoteLook(outside.remote, wanted, outside.state.listings, outside.clock, outside.emit)
    snapshots = _with_library(outside, request, base, remotely.take())
    creates = _pending_creates(outside, request, snapshots.remote)
    snapshots = replace(snapshots, creates=creates)
    known = remembered(outside.state, unmatched(_world(snapshots, request)))
    snapshots = replace(snapshots, remembered=known)
    while remotely.from_cache:  # every round takes a board out of it, or is the last
        decision = decide_from(_world(snapshots, request))
        concerned = remotely.from_cache & {board for action in decision.actions for board in action.relies_on}
        if not concerned:
            return _Looked(snapshots, decision)
        remote = remotely.list_again(snapshots.remote, concerned)
        if (remote.boards, remote.asked) == (snapshots.remote.boards, snapshots.remote.asked):
            snapshots = replace(snapshots, remote=remote)
        else:
            snapshots = replace(_with_library(outside, request, base, remote), creates=creates, remembered=known)
    return _Looked(snapshots)


def _pending_creates(outside: Outside, request: PlanRequest, remote: RemoteSnapshot) -> tuple[PendingCreate, ...]:
    """Creates of earlier runs whose outcome is not recorded; each that the listings show now with its pin."""
    asks = request.freshness.refresh is not Refresh.NONE
    recogniser = Recogniser(outside.images, outside.library, outside.faces) if asks else None
    return pending_creates(outside.library, outside.state, remote, recogniser)


def _with_library(outside: Outside, request: PlanRequest, base: Base, remote: RemoteSnapshot) -> Snapshots:
    """The snapshot of the library that belongs to one of Pinterest: which files are looked into depends on it."""
    wanted = FilesRequest(
        base=base,
        template=request.policies.template,
        remote=remote,
        source=_source(outside),
        images=outside.images,
        for_plan=True,
    )
    local = look_at_files(outside.library, outside.state, wanted, outside.clock, outside.emit)
    base = on_disk(base, (file.path for file in local.files))
    if outside.facts is not None:
        outside.facts.remember(remote)
    snapshot = with_duplicates(outside, request.policies, base, local)
    return Snapshots(remote=remote, local=snapshot, base=base, policies=request.policies)


def _source(outside: Outside) -> Source | None:
    if outside.faces is None:
        return None
    return Source(faces=outside.faces, read=outside.library.read, executor=outside.executor)


def with_duplicates(outside: Outside, policies: Policies, base: Base, local: LocalSnapshot) -> LocalSnapshot:
    """A snapshot with the pairs of tracked files that show the same picture. Writes only the cache of fingerprints."""
    source = _source(outside)
    if source is None or policies.about_duplicates.remove is Remove.OFF:
        return local
    wanted = AlikeRequest(files=plainly_tracked(base, local), source=source)
    found = take_alike(wanted, outside.state.pictures, outside.emit)
    return replace(local, alike=found.pairs, faceless=found.faceless)


def decide(snapshots: Snapshots, request: PlanRequest, created_at: str) -> Plan:
    """Make the plan. Pure: the same snapshots give the same digest (I8). It has no seal: snapshots can come from elsewhere."""
    world = _world(snapshots, request)
    return plan_of(snapshots, world, reconcile(world), created_at)


def _world(snapshots: Snapshots, request: PlanRequest) -> World:
    return World(
        policies=request.policies,
        remote=snapshots.remote,
        local=snapshots.local,
        base=snapshots.base,
        scope=request.scope,
        allow=dict(request.allow),
        creates=snapshots.creates,
        remembered=frozenset(snapshots.remembered),
        retry_days=request.freshness.full_days,
    )


def make_plan(outside: Outside, request: PlanRequest) -> Plan:
    """Look and decide."""
    return look_and_decide(outside, request)[1]


def look_and_decide(outside: Outside, request: PlanRequest) -> tuple[Snapshots, Plan]:
    """The plan, and what it was made from."""
    seen = _look(outside, request, reconcile)
    outside.emit(Stage(name="reconcile"))
    world = _world(seen.snapshots, request)
    created_at = timestamp(outside.clock.now())
    made = plan_of(seen.snapshots, world, seen.decision or reconcile(world), created_at)
    return seen.snapshots, outside.seal_key.sealed(made)


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

    seen = _look(outside, request, backwards, boards_with_sections(done))
    world = _world(seen.snapshots, request)
    created_at = timestamp(outside.clock.now())
    made = plan_of(seen.snapshots, world, seen.decision or backwards(world), created_at, undoes=run)
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


def _remembered(outside: Outside, pair: Dedupe) -> str:
    """Remember that two are no duplicates; what is to be said about that."""
    if outside.faces is None:
        return "; it could not be remembered: no fingerprints are taken here"
    source = Source(faces=outside.faces, read=outside.library.read, executor=outside.executor)
    problem = remember_different(pair, outside.state.pictures, source)
    return f"; it could not be remembered: {problem}" if problem else ""


def _world_of(outside: Outside, run: RunRecord, settings: Settings, template: str) -> RunWorld:
    def files() -> FileSides:
        """The library now, with what this run did so far."""
        library, state = outside.library, outside.state
        return look_for_files(library, state, template, _source(outside), outside.clock)[1]

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
    source = _source(outside)
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
    result = replace(
        _result(course, record, settings, tallies), duplicates=_duplicates_to_come(outside, course, settings, tallies)
    )
    outside.emit(
        ApplyEnded(
            run=record.id,
            done=result.count(ActionOutcome.DONE),
            stale=result.count(ActionOutcome.STALE),
            failed=result.count(ActionOutcome.FAILED),
            skipped=result.count(ActionOutcome.SKIPPED),
            unconfirmed=result.count(ActionOutcome.UNCONFIRMED),
            declined=sum(result.declined.values()),
            interrupted=result.interrupted,
            serial=record.serial,
        )
    )
    return result


_REMOVING = {Remove.BOTH, Remove.LOCAL, Remove.REMOTE}


def _duplicates_to_come(outside: Outside, course: Course, settings: Settings, tallies: Tallies) -> int:
    """How many duplicates a plan will find because of what this run downloaded (I23); 0 where none are removed, or nobody can tell."""
    policy = (settings.policies or course.plan.policies).about_duplicates
    source = _source(outside)
    fetched = {action.pin_id for action in course.actions if action.trait.fetches and action.id in tallies.done}
    if policy.remove not in _REMOVING or source is None or not fetched or settings.stop.is_set() or tallies.fatal:
        return 0
    try:
        base = outside.state.base()
        return count_fetched(fetched, base, outside.library, outside.state.pictures, source, policy.scope)
    except (PinplanError, OSError):  # what was applied is applied; the plan says what is wrong
        return 0


def _result(course: Course, record: RunRecord, settings: Settings, tallies: Tallies) -> ApplyResult:
    waiting = [a for a in course.waiting if settings.kinds is None or kind_of(a) in settings.kinds]
    wanted = [a.id for a in course.actions if settings.kinds is None or kind_of(a) in settings.kinds]
    counts = {str(outcome): tallies.count(outcome) for outcome in ActionOutcome}
    bad = sum(counts.values()) - counts[ActionOutcome.DONE]
    return ApplyResult(
        run=record.id,
        ended=tallies.ended,
        left=sum(1 for action in wanted if action not in tallies.done) - bad + len(waiting),
        declined=dict(Counter(kind_of(a) for a in course.plan.actions if a.id in course.declined)),
        waiting=dict(Counter(map(kind_of, waiting))),
        kept_decisions=course.decisions is not None and not course.given,
        fetched=tallies.fetched,
        lesser=tallies.lesser,
        interrupted=settings.stop.is_set(),
        fatal=tallies.fatal,
        refusals=tuple(error for error in tallies.refusals.told if error is not tallies.fatal),
    )
