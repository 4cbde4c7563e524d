"""Perform the actions of a plan: intent → check → do → receipt, phase by phase.

The executor knows no kinds. It reads the properties of a kind (`pinplan.actions.base.KindInfo`): its phase, whether it may
run in parallel, and whether deletes on Pinterest must wait for it (I18: remote deletes last).
"""

from __future__ import annotations

import errno
import sqlite3
from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import groupby
from threading import Event as Flag
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct, field

from pinplan.actions.base import Phase
from pinplan.actions.verdicts import Done, Stale
from pinplan.apply.image_check import NothingFetched
from pinplan.apply.refusals import Refusals, tried_first
from pinplan.errors import (
    AnswerLost,
    AuthError,
    DiskRefused,
    ImageRefused,
    PermissionMissing,
    PinplanError,
    QuotaSpent,
    StateDamaged,
    Throttled,
    Unconfirmed,
    Unreachable,
)
from pinplan.errors.shortage import shortage_of
from pinplan.events import ActionEnded, ActionStarted, Emit
from pinplan.model.times import timestamp
from pinplan.plan.document import kind_of
from pinplan.records.journal import ActionOutcome, ActionRecord, Result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pinplan.actions import AnyAction
    from pinplan.actions.contexts import ActionContext
    from pinplan.actions.receipts import Receipt
    from pinplan.model.base import Tracked
    from pinplan.model.features import Feature
    from pinplan.model.ids import ActionId, BoardId
    from pinplan.plan.decisions import Decisions
    from pinplan.plan.document import Plan
    from pinplan.policies.bundle import Policies
    from pinplan.ports import Clock
    from pinplan.records.state import State

BATCH = 64
"""Intents and receipts per flush to disk. A receipt lost in a crash is rebuilt by the action's own check."""
UNREACHABLE_IN_A_ROW = 5
"""Actions in a row that could not reach their host, each after its own retries: then the network is down."""
_HOPELESS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}


class ExecutorOptions(Struct, frozen=True, kw_only=True):
    """How to perform a plan.

    Attributes:
        parallelism: actions that run in parallel, if their kind allows it.
        kinds: only these kinds, if given.
        decisions: the decisions on the plan; None: those that the run began with, if any.
        accept_changed: decisions may take back or change some that the run began with.
        required: kinds that wait until decisions name them, besides those of the plan.
        policies: the policies of the config; together with the plan's, the stricter ones apply.
        expect_digest: the digest of the plan that the user approved as a whole.
        answered: whether the user was shown this plan just now and approved it.
        approval: how the plan was approved, for the audit log.
        stop: set from outside; then no further action starts.
        report: writes a report about an unexpected error; returns a sentence that says where it is.
    """

    parallelism: int = 8
    kinds: frozenset[str] | None = None
    decisions: Decisions | None = None
    accept_changed: bool = False
    required: frozenset[str] = frozenset()
    policies: Policies | None = None
    expect_digest: str | None = None
    answered: bool = False
    approval: str = "saved plan"
    stop: Flag = field(default_factory=Flag)
    report: Callable[[Exception], str] = repr

    def approves(self, plan: Plan) -> bool:
        """Whether the user approved exactly this plan, by its digest."""
        return self.expect_digest == plan.digest

    def requests(self, action: AnyAction) -> bool:
        """Whether an action is of a requested kind."""
        return self.kinds is None or kind_of(action) in self.kinds


class RunStats:
    """Outcomes of this run, and what they mean for later actions."""

    def __init__(self, done_before: Iterable[ActionId], refusals: Refusals | None = None) -> None:
        """Start from what earlier attempts did, and what is known to be refused."""
        self.refusals = refusals or Refusals(())
        self.done = set(done_before)
        self.ended: dict[str, dict[str, int]] = {}
        self.held_back: set[BoardId] = set()
        self.fatal: PinplanError | None = None
        self.unreachable = 0
        self.fetched = 0
        self.lesser = 0

    def take(self, action: AnyAction, result: Result) -> None:
        """Count a result."""
        of_kind = self.ended.setdefault(kind_of(action), {})
        of_kind[result.outcome] = of_kind.get(result.outcome, 0) + 1
        if result.outcome is ActionOutcome.DONE:
            self.done.add(action.id)
            self.fetched += result.receipt.fetched if result.receipt else 0
            self.lesser += result.refused is not None
        elif action.trait.constructive:
            self.held_back.add(action.board_id)

    def judge(self, action: AnyAction, error: PinplanError) -> None:
        """Whether an error makes the rest pointless: a refused token, a full or read-only disk, no network.

        A single unreachable address must not block the rest for ever. A write that Pinterest does not permit ends the
        writing, not the run.
        """
        # Called from worker threads: only single assignments and a counter, which may be off by one at worst.
        self.refusals.take(action, error)
        # A token without write scopes can still fetch, move and trash.
        if isinstance(error, PermissionMissing) and error.writes:
            return
        self.unreachable += isinstance(error, Unreachable | Throttled | AnswerLost | Unconfirmed)
        # EACCES on one file says nothing about the others; a full or read-only disk does.
        hopeless_disk = isinstance(error, DiskRefused) and error.errno in _HOPELESS
        hopeless = hopeless_disk or isinstance(error, AuthError | QuotaSpent)
        if hopeless or self.unreachable >= UNREACHABLE_IN_A_ROW:
            self.fatal = error

    def count(self, outcome: ActionOutcome) -> int:
        """Actions of this attempt with this outcome."""
        return sum(of_kind.get(outcome, 0) for of_kind in self.ended.values())

    def why_not(self, action: AnyAction) -> str | None:
        """Why other actions or refusals block this one; None if nothing does."""
        # A delete must not run while its replacement is missing (I18: remote deletes last).
        if action.trait.phase is Phase.REMOTE and action.board_id in self.held_back:
            return "other actions of its board failed or were skipped; its deletes on Pinterest are skipped"
        missing = [required for required in action.requires if required not in self.done]
        return f"requires {', '.join(missing)} first" if missing else self.refusals.why_not(action)


class FingerprintLookup(Protocol):
    """Takes the fingerprints of newly recorded files (see `pinplan.duplicates.cache.NewFingerprints`)."""

    def add(self, records: Iterable[Tracked]) -> None:
        """Queue these files."""

    def take(self) -> None:
        """Take the fingerprints of queued files."""


class Executor:
    """Performs the actions of one run."""

    def __init__(
        self,
        context: ActionContext,
        state: State,
        clock: Clock,
        emit: Emit,
        settings: ExecutorOptions,
        fingerprints: FingerprintLookup | None = None,
        off_record: Mapping[ActionId, str] | None = None,
        closed: Iterable[Feature] = (),
    ) -> None:
        """Store the parts of a run.

        ``fingerprints`` gets every pair that the base adds; ``off_record`` are actions on something that the base does not
        know, with the reason: they are stale (I10: untracked files stay); ``closed`` are features that an earlier run was refused.
        """
        self._closed = closed
        self._fingerprints = fingerprints
        self._off_record = off_record or {}
        self._context = context
        self._state = state
        self._clock = clock
        self._emit = emit
        self._settings = settings

    def perform(
        self, actions: Sequence[AnyAction], done_before: Iterable[ActionId], held_back: Iterable[BoardId] = ()
    ) -> RunStats:
        """Perform all actions that are not done yet, in order.

        Args:
            actions: the actions to perform.
            done_before: what earlier attempts did.
            held_back: boards on which nothing may be deleted on Pinterest.

        Never raises for a single action; an error that makes the rest pointless (token refused, disk full, no network)
        ends the run early and is kept in ``fatal``.
        """
        stats = RunStats(done_before, Refusals(self._context.remote.scopes, self._closed, actions))
        stats.held_back.update(held_back)
        try:
            self._go_through(actions, stats)
            if self._fingerprints is not None:
                # The last, incomplete batch.
                self._fingerprints.take()
        except DiskRefused as error:
            # The journal could not be written: what was done without a receipt is recognised by its own check later.
            stats.fatal = error
        return stats

    def _go_through(self, actions: Sequence[AnyAction], stats: RunStats) -> None:
        left = [action for action in actions if action.id not in stats.done]
        # --kinds leaves these undone, so the deletes of their boards wait, too.
        stats.held_back.update(a.board_id for a in left if a.trait.constructive and not self._settings.requests(a))
        # Of all of them: a resumed run goes on in the order in which it began.
        ordered = tried_first([action for action in actions if self._settings.requests(action)])
        chosen = [action for action in ordered if action.id not in stats.done]
        # The plan is sorted by phase; a phase starts only when the previous one has ended.
        for (_, parallel), run in groupby(chosen, key=lambda action: (action.trait.phase, action.trait.parallel)):
            if parallel:
                self._side_by_side(deque(run), stats)
            else:
                self._one_by_one(deque(run), stats)

    def _going(self, stats: RunStats) -> bool:
        return stats.fatal is None and not self._settings.stop.is_set()

    def _one_by_one(self, queue: deque[AnyAction], stats: RunStats) -> None:
        # Batch of one: a crash leaves at most one remote delete without a receipt, and a section needs the board created before it.
        size = 1 if queue[0].trait.phase in {Phase.REMOTE, Phase.PLACE} else BATCH
        while queue and self._going(stats):
            batch = self._start(queue, size, stats)
            ended: list[tuple[AnyAction, Result]] = []
            for action in batch:
                if not self._going(stats):
                    break
                ended.append((action, self._perform(action, stats)))
            self._end(ended, stats)

    def _side_by_side(self, queue: deque[AnyAction], stats: RunStats) -> None:
        workers = self._settings.parallelism
        running: dict[Future[Result], AnyAction] = {}
        with ThreadPoolExecutor(workers, thread_name_prefix="action") as pool:
            while running or (queue and self._going(stats)):
                # Refill while workers are busy; on a stop, what has not started is cancelled.
                if len(running) <= workers and queue and self._going(stats):
                    for action in self._start(queue, BATCH, stats):
                        running[pool.submit(self._perform, action, stats)] = action
                ready, _ = wait(running, return_when=FIRST_COMPLETED)
                # Only this thread writes the journal; workers return results.
                self._end([(running.pop(future), future.result()) for future in ready], stats)
                if not self._going(stats):
                    for future in [future for future in running if future.cancel()]:
                        del running[future]

    def _start(self, queue: deque[AnyAction], size: int, stats: RunStats) -> list[AnyAction]:
        """Take the next actions and write their intents; those that must not start end here as skipped."""
        batch: list[AnyAction] = []
        held: list[tuple[AnyAction, Result]] = []
        while queue and len(batch) < size:
            action = queue.popleft()
            reason = stats.why_not(action)
            if reason is None:
                batch.append(action)
            else:
                held.append((action, Result(action=action.id, outcome=ActionOutcome.SKIPPED, reason=reason)))
        # Journal order: intent on disk before the first effect, so that a crash leaves a trace.
        self._state.intend(self._context.run, [self._intent(a) for a in (*batch, *(a for a, _ in held))], self._now())
        self._end(held, stats)
        return batch

    def _intent(self, action: AnyAction) -> ActionRecord:
        return ActionRecord(
            run=self._context.run, action=action.id, kind=kind_of(action), pin_id=action.pin_id, address=action.address
        )

    def _perform(self, action: AnyAction, stats: RunStats) -> Result:
        # Again: another action of the batch may have been refused since this intent was written.
        refused = stats.refusals.why_not_now(action)
        if refused is not None:
            return Result(action=action.id, outcome=ActionOutcome.SKIPPED, reason=refused)
        self._emit(ActionStarted(id=action.id, kind=kind_of(action), address=action.address))
        # What it needs was done before it: boards and sections that this run created have ids by now.
        action = action.at_created(self._context.places.ids()) if action.requires else action
        # After its start event: every action that is not skipped has a start and an end.
        if action.id in self._off_record:
            return Result(action=action.id, outcome=ActionOutcome.STALE, reason=self._off_record[action.id])
        try:
            # A check without calls left for its effect would only waste the day's quota.
            self._context.remote.require_calls(action.calls)
            # Done means an earlier attempt finished and lost its receipt: record it without a second effect.
            verdict = action.check(self._context)
            if isinstance(verdict, Stale):
                return Result(action=action.id, outcome=ActionOutcome.STALE, reason=verdict.reason)
            receipt = verdict.receipt if isinstance(verdict, Done) else self._execute(action, stats)
        except QuotaSpent as error:
            # The day's API calls are used up: nothing is wrong with the action, so the next attempt starts with it.
            stats.fatal = error
            return Result(action=action.id, outcome=ActionOutcome.SKIPPED, reason=str(error))
        # A `PinplanError`, but not of this action: the base itself is in doubt, so the run must end.
        except StateDamaged:
            raise
        except Unconfirmed as error:
            stats.judge(action, error.problem or error)
            return Result(action=action.id, outcome=ActionOutcome.UNCONFIRMED, reason=str(error))
        except PinplanError as error:
            stats.judge(action, error)
            missed = error.refused if isinstance(error, NothingFetched) else None
            return Result(
                action=action.id, outcome=ActionOutcome.FAILED, reason=_why_failed(error), nothing_fetched=missed
            )
        except sqlite3.Error:
            raise  # our own state: whatever is done from here on could not be recorded
        except Exception as error:  # noqa: BLE001 - one odd response or file must not block all other actions
            return Result(action=action.id, outcome=ActionOutcome.FAILED, reason=self._of_unforeseen(error))
        # One success proves that the network is up.
        stats.unreachable = 0
        return Result(action=action.id, outcome=ActionOutcome.DONE, reason=receipt.note, receipt=receipt)

    def _of_unforeseen(self, error: Exception) -> str:
        lacks = shortage_of(error)
        if lacks is not None:
            return lacks.message
        return f"this is a bug in pinplan ({type(error).__name__}). {self._settings.report(error)}"

    def _execute(self, action: AnyAction, stats: RunStats) -> Receipt:
        receipt = action.execute(self._context)
        stats.refusals.succeeded(action)
        return receipt

    def _end(self, ended: Sequence[tuple[AnyAction, Result]], stats: RunStats) -> None:
        """Record results, then emit their events."""
        if not ended:
            return
        # Receipts first, events second: a listener must never see what a crash could undo.
        self._state.record(self._context.run, [result for _, result in ended], self._now())
        if self._fingerprints is not None:
            self._fingerprints.add(tracked for _, result in ended for tracked in result.puts)
        for action, result in ended:
            stats.take(action, result)
            self._emit(
                ActionEnded(
                    id=action.id,
                    kind=kind_of(action),
                    address=action.address,
                    outcome=result.outcome,
                    reason=result.reason,
                    bytes=result.receipt.fetched if result.receipt else 0,
                    title="" if result.outcome is ActionOutcome.DONE else action.title,
                )
            )

    def _now(self) -> str:
        return timestamp(self._clock.now())


def _why_failed(error: PinplanError) -> str:
    """The reason first; the address of a refused image last."""
    return f"{error.reason} ({error.where})" if isinstance(error, ImageRefused) else str(error)
