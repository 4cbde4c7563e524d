"""A review of one plan: its decisions, saved after each change."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from msgspec import Struct

from pinplan.model.ids import ActionId
from pinplan.model.times import timestamp
from pinplan.plan.decisions import Choice, Decision, Decisions, as_begun, judge
from pinplan.records.decisions_file import read_decisions, write_decisions
from pinplan.render.effects import counts_under, sentence, tone_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from pinplan.actions import AnyAction
    from pinplan.plan.decision_rules import DecisionOutcome
    from pinplan.plan.document import Plan
    from pinplan.ports import Clock


class NotAccepted(Exception):
    """A rejected change; the message says why."""


class Summary(Struct, frozen=True, kw_only=True):
    """The result of a review.

    Attributes:
        counts: verdict → number of actions.
        open: undecided actions.
        sentence: what the plan would come to with these decisions.
        tone: how grave that is; see `pinplan.render.effects.Phrase`.
    """

    counts: dict[Choice, int]
    open: int
    sentence: str
    tone: str


class Session:
    """The decisions about a plan and their file. Thread-safe."""

    def __init__(
        self,
        plan: Plan,
        path: Path,
        clock: Clock,
        *,
        waits: Collection[str] = (),
        done: Mapping[ActionId, AnyAction] | None = None,
        read_only: str = "",
    ) -> None:
        """Take up what was decided before.

        Args:
            plan: what is decided about.
            path: of the decisions file; it need not be there.
            clock: the present.
            waits: kinds that wait for an approval.
            done: actions that were done already, as they were done.
            read_only: why nothing may be decided; empty where it may.

        Raises:
            ConfigError: the file holds something else, each problem with its line.
            DecisionsUnbound: it is about another plan.
        """
        self.plan, self.path, self.waits, self.done, self.read_only = (
            plan,
            path,
            tuple(waits),
            done or {},
            read_only,
        )
        self._clock = clock
        self._lock = threading.Lock()
        self._known = {action.id for action in plan.actions}
        self._decisions = read_decisions(path, plan) if path.exists() else Decisions(plan=plan.digest)

    @property
    def verdicts(self) -> dict[ActionId, Choice]:
        """What was decided so far."""
        return {action: decision.verdict for action, decision in self._decisions.decisions.items()}

    @property
    def done_as(self) -> dict[ActionId, DecisionOutcome]:
        """As what the actions were done that are."""
        return {one.id: as_begun(one, self.done[one.id]) for one in self.plan.actions if one.id in self.done}

    def change(self, changes: Mapping[str, str]) -> None:
        """Decide, or take decisions back (an empty verdict), and save.

        Raises:
            NotAccepted: an action or a verdict that is none, or decisions that do not go together; nothing has changed.
            DiskRefused: it could not be saved; nothing has changed.
        """
        with self._lock:
            changed = self._with(changes)
            write_decisions(changed, self.path)
            self._decisions = changed  # after the write: the page must not show what is not saved

    def leave_out(self, actions: Collection[str]) -> Summary:
        """What it would come to if these were skipped as well; nothing changes."""
        with self._lock:
            return self._summary(self._with(dict.fromkeys(actions, Choice.SKIP.value)))

    def finish(self) -> Summary:
        """Write the file once more, also if nothing was decided."""
        with self._lock:
            if not self.read_only:
                write_decisions(self._with({}), self.path)
            return self._summary(self._decisions)

    def _with(self, changes: Mapping[str, str]) -> Decisions:
        if self.read_only:
            raise NotAccepted(self.read_only)
        entries = dict(self._decisions.decisions)
        for name, verdict in changes.items():
            action = ActionId(name)
            if action not in self._known:
                raise NotAccepted(f"the plan has no action {name!r}")
            if action in self.done:
                raise NotAccepted(f"{name} is already done")
            entries.pop(action, None)
            if verdict:
                entries[action] = Decision(verdict=_verdict(verdict))
        at = timestamp(self._clock.now())
        changed = Decisions(plan=self.plan.digest, decided_at=at, decisions=entries)
        problem = next(judge(self.plan, changed), None)
        if problem is not None:
            raise NotAccepted(problem.message)
        return changed

    def _summary(self, decisions: Decisions) -> Summary:
        counts = counts_under(self.plan, decisions, self.waits, self.done)
        verdicts = [decision.verdict for decision in decisions.decisions.values()]
        return Summary(
            counts={verdict: verdicts.count(verdict) for verdict in Choice if verdict in verdicts},
            open=len(self._known - decisions.decisions.keys() - self.done.keys()),
            sentence=sentence(counts),
            tone=tone_of(counts),
        )


def _verdict(text: str) -> Choice:
    try:
        return Choice(text)
    except ValueError:
        raise NotAccepted(f"{text!r} is not a verdict") from None
