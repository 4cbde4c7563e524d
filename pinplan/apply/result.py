"""The result of an apply: planned against executed."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec import Struct, field

from pinplan.events import ApplyEnded
from pinplan.plan.document import kind_of
from pinplan.records.journal import ActionOutcome

if TYPE_CHECKING:
    from pinplan.apply.decided_plan import DecidedPlan
    from pinplan.apply.executor import ExecutorOptions, RunStats
    from pinplan.errors import PinplanError
    from pinplan.model.ids import RunId
    from pinplan.records.journal import RunRecord


class ApplyResult(Struct, frozen=True, kw_only=True):
    """The result of an apply.

    Attributes:
        run: the run's id; None if there was nothing to do.
        already_applied: the plan had been applied completely before; nothing was done now.
        ended: actions of this attempt: kind → outcome → count.
        left: actions that were not started.
        declined: actions skipped by a decision: kind → count.
        waiting: actions that wait for a decision: kind → count.
        not_requested: actions of the plan that are of other kinds than those requested, and not done yet: kind → count.
        kept_decisions: whether the decisions of an earlier attempt applied, because none were given.
        fatal: the error that ended the run early.
        lesser: images kept in a smaller size because the best one was refused.
        duplicates: if duplicates are removed: how many the next plan will find among the downloads.
        refusals: what Pinterest refused during the run, one of each type.
    """

    run: RunId | None = None
    already_applied: bool = False
    ended: dict[str, dict[str, int]] = field(default_factory=dict)
    left: int = 0
    declined: dict[str, int] = field(default_factory=dict)
    waiting: dict[str, int] = field(default_factory=dict)
    not_requested: dict[str, int] = field(default_factory=dict)
    kept_decisions: bool = False
    fetched: int = 0
    lesser: int = 0
    duplicates: int = 0
    interrupted: bool = False
    fatal: Exception | None = None
    refusals: tuple[PinplanError, ...] = ()

    def count(self, outcome: ActionOutcome) -> int:
        """Actions of this attempt with this outcome."""
        return sum(of_kind.get(outcome, 0) for of_kind in self.ended.values())

    @property
    def complete(self) -> bool:
        """Whether every requested and not declined action was applied."""
        bad = sum(self.count(outcome) for outcome in ActionOutcome if outcome is not ActionOutcome.DONE)
        return not self.left and not bad and self.fatal is None


def result_of(
    decided_plan: DecidedPlan, record: RunRecord, settings: ExecutorOptions, stats: RunStats, duplicates: int
) -> ApplyResult:
    """Sum up an attempt.

    Args:
        decided_plan: what was to be done.
        record: the run.
        settings: the requested kinds, and whether it was stopped.
        stats: how actions ended.
        duplicates: how many the next plan will find.
    """
    waiting = [a for a in decided_plan.waiting if settings.requests(a)]
    wanted = [a.id for a in decided_plan.actions if settings.requests(a)]
    undone = (*(a for a in decided_plan.actions if a.id not in stats.done), *decided_plan.waiting)
    counts = {str(outcome): stats.count(outcome) for outcome in ActionOutcome}
    bad = sum(counts.values()) - counts[ActionOutcome.DONE]
    return ApplyResult(
        run=record.id,
        ended=stats.ended,
        # Failed and skipped actions were started: they are counted under their outcome, not as left.
        left=sum(1 for action in wanted if action not in stats.done) - bad + len(waiting),
        declined=dict(Counter(kind_of(a) for a in decided_plan.plan.actions if a.id in decided_plan.declined)),
        waiting=dict(Counter(map(kind_of, waiting))),
        not_requested=dict(Counter(kind_of(a) for a in undone if not settings.requests(a))),
        kept_decisions=decided_plan.decisions is not None and not decided_plan.given,
        fetched=stats.fetched,
        lesser=stats.lesser,
        duplicates=duplicates,
        interrupted=settings.stop.is_set(),
        fatal=stats.fatal,
        # The fatal error is reported on its own.
        refusals=tuple(error for error in stats.refusals.reported if error is not stats.fatal),
    )


def ended_event(result: ApplyResult, record: RunRecord) -> ApplyEnded:
    """The last event of an apply."""
    return ApplyEnded(
        run=record.id,
        done=result.count(ActionOutcome.DONE),
        stale=result.count(ActionOutcome.STALE),
        failed=result.count(ActionOutcome.FAILED),
        skipped=result.count(ActionOutcome.SKIPPED),
        unconfirmed=result.count(ActionOutcome.UNCONFIRMED),
        declined=sum(result.declined.values()),
        not_requested=sum(result.not_requested.values()),
        interrupted=result.interrupted,
        serial=record.serial,
    )
