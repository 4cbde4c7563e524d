"""A review of one plan: its decisions, saved after each change, with a revision by which several pages agree."""

from __future__ import annotations

import secrets
import threading
from typing import TYPE_CHECKING, TypeAlias

from msgspec import UNSET, Struct, field
from msgspec.structs import replace

from pinplan.errors import PinplanError, PlanRefused
from pinplan.model.ids import ActionId
from pinplan.model.times import timestamp
from pinplan.plan.decision_rules import DecisionOutcome
from pinplan.plan.decisions import (
    Choice,
    Decision,
    Decisions,
    Waiting,
    as_begun,
    decided,
    decision_of,
    judge,
    kinds_to_review,
)
from pinplan.records.decisions_file import MAX_TEXT
from pinplan.render.effects import counts_under, sentence, tone_of
from pinplan.review.watched import Progress, WatchedFile

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

    from pinplan.plan.document import Plan
    from pinplan.ports import Clock


Verdict: TypeAlias = str
"""What a page shows of an action, see `Decision.text`; empty if it is undecided."""


class NotAccepted(Exception):
    """A rejected change; the message says why."""


class Step(Struct, frozen=True, forbid_unknown_fields=True):
    """One decision that a page asks for.

    Attributes:
        verdict: what is decided, see `Decision.text`; empty to take the decision back.
        was: the verdict that the page showed before; None to decide whatever it was.
        note: why.
    """

    verdict: str
    was: str | None = None
    note: str = ""


class Summary(Struct, frozen=True, kw_only=True):
    """The result of a review.

    Attributes:
        counts: verdict → number of actions.
        open: undecided actions.
        waiting: actions that an apply would leave until they are decided.
        sentence: what an apply with these decisions would do.
        tone: how grave that is; see `pinplan.render.effects.Phrase`.
    """

    counts: dict[Choice, int]
    open: int
    waiting: int
    sentence: str
    tone: str


class Update(Struct, frozen=True, kw_only=True):
    """What a page has to know to show what is decided.

    Attributes:
        session: the review that counts the revisions; another one where it was started again.
        revision: of the decisions.
        whole: all decisions are named, and what is not named is undecided.
        decisions: action → verdict, or an empty text: of those that changed since the page's revision.
        notes: why, where that was written down.
        done: actions that were done since, and as what.
        refused: decisions that were not saved because they were changed elsewhere since, with the present verdict.
        read_only: why nothing can be decided any more.
        trouble: why nothing can be saved at present.
    """

    session: str
    revision: int
    whole: bool
    decisions: dict[ActionId, Verdict]
    notes: dict[ActionId, str] = field(default_factory=dict)
    done: dict[ActionId, DecisionOutcome] = field(default_factory=dict)
    refused: dict[ActionId, Verdict] = field(default_factory=dict)
    read_only: str = ""
    trouble: str = ""


class _Change(Struct, frozen=True):
    """What came with one revision."""

    revision: int
    decisions: dict[ActionId, Verdict]
    done: dict[ActionId, DecisionOutcome]


class Session:
    """The decisions about a plan and their file. Thread-safe."""

    def __init__(
        self,
        plan: Plan,
        path: Path,
        clock: Clock,
        *,
        waits: Collection[str] = (),
        reviewer: str = "",
        progress: Callable[[], Progress] = Progress,
        before: Decisions | None = None,
    ) -> None:
        """Load earlier decisions.

        Args:
            plan: the plan under review.
            path: of the decisions file; it need not exist.
            clock: the present.
            waits: kinds that wait for a decision, by the config or the plan; those that delete or publish do so as well.
            reviewer: who decides.
            progress: how far an apply of the plan is; asked again at each change.
            before: what was decided where there is no file yet: the decisions with which its run was begun.

        Raises:
            ConfigError: it is not a valid decisions file; each problem with its line.
            DecisionsUnbound: it is about another plan.
        """
        self.plan, self.path, self.reviewer = plan, path, reviewer
        self.requires = kinds_to_review(plan)
        self.id = secrets.token_urlsafe(8)
        self.revision = 0
        self._clock = clock
        # Requests run in a thread pool: two quick key presses must not write the file at the same time.
        self._lock = threading.Lock()
        self._known = {action.id for action in plan.actions}
        self._file = WatchedFile(path, plan)
        self._read_progress = progress
        self._progress = progress()
        self._trouble = ""
        self._log: list[_Change] = []
        self._decisions = self._file.changed() or before or Decisions(plan=plan.digest)
        self.waits = tuple(sorted({*waits, *self.requires, *self._decisions.required}))

    @property
    def verdicts(self) -> dict[ActionId, Choice]:
        """The decisions so far."""
        return {action: decision.verdict for action, decision in self._decisions.decisions.items()}

    @property
    def texts(self) -> dict[ActionId, str]:
        """The same, with the pins that are kept instead."""
        return {action: decision.text for action, decision in self._decisions.decisions.items()}

    @property
    def notes(self) -> dict[ActionId, str]:
        """Why, where that was written down."""
        return {action: one.note for action, one in self._decisions.decisions.items() if one.note}

    @property
    def read_only(self) -> str:
        """Why nothing may be decided; empty where it may."""
        return self._progress.read_only

    @property
    def done_as(self) -> dict[ActionId, DecisionOutcome]:
        """The outcome of each action that was already performed."""
        done = self._progress.done
        return {one.id: as_begun(one, done[one.id]) for one in self.plan.actions if one.id in done}

    def refresh(self) -> None:
        """Take over what was changed outside; for a page that is drawn now."""
        with self._lock:
            self._refresh()

    def update(self, session: str, since: int) -> Update:
        """Changes since the page was drawn or last asked. Changes nothing."""
        with self._lock:
            self._refresh()
            return self._update(session, since)

    def change(self, steps: Mapping[str, Step], session: str = "", since: int = 0) -> Update:
        """Decide, or take decisions back, and save.

        A decision about something that was decided otherwise since the page showed it is refused: nobody overwrites what
        they have not seen.

        Raises:
            NotAccepted: an unknown action or verdict, or decisions that contradict each other; nothing has changed.
            DiskRefused, LockHeld: it could not be saved; nothing has changed.
        """
        with self._lock, self._file.held():
            refused = self._refresh_and_save(steps)
            while refused is None:
                refused = self._refresh_and_save(steps)
            return self._update(session, since, refused)

    def finish(self) -> Summary:
        """Write the file, even if nothing was decided, and sum up. Raises `NotAccepted` if it must not be overwritten."""
        with self._lock, self._file.held():
            self._refresh()
            # `apply --decisions FILE` needs a file even for "no decisions".
            while not (self._trouble or self.read_only or self._file.write(self._with({}))):
                self._refresh()
            if self._trouble:
                raise NotAccepted(self._trouble)
            return self._summary(self._decisions)

    def _refresh_and_save(self, steps: Mapping[str, Step]) -> dict[ActionId, Verdict] | None:
        """Save on top of what others have changed; what was refused, or None if the file was changed in between."""
        self._refresh()
        refused = {} if self._trouble else self._refused(steps)
        taken = {} if self._trouble else {name: step for name, step in steps.items() if name not in refused}
        if taken:
            changed = self._with(taken)
            if not self._file.write(changed):
                return None
            self._take(changed)  # after the write: no page must show what is not saved
        return refused

    # -- what others change ------------------------------------------------------------------------------------------

    def _refresh(self) -> None:
        """Take over what an editor, another review or an apply has changed; or say why that cannot be."""
        try:
            theirs = self._file.changed()
            progress = self._progress_now()
        except PinplanError as error:
            self._trouble = f"changed outside, and not readable: {error}"
            return
        self._trouble = ""
        if progress != self._progress:
            before = self._progress.done
            self._progress = progress
            self._note({}, {name: outcome for name, outcome in self.done_as.items() if name not in before})
        if theirs is not None:
            self._take(theirs)

    def _progress_now(self) -> Progress:
        try:
            return self._read_progress()
        except PlanRefused as error:  # another plan was applied: what is decided here would be about nothing
            return replace(self._progress, read_only=f"Read-only: {error}")

    def _take(self, decisions: Decisions) -> None:
        before, now = self._decisions.decisions, decisions.decisions
        self._decisions = decisions
        gone: dict[ActionId, Verdict] = dict.fromkeys(before.keys() - now.keys(), "")
        changed = {name: one.text for name, one in now.items() if before.get(name) != one}
        self._note({**gone, **changed}, {})

    def _note(self, decisions: dict[ActionId, Verdict], done: dict[ActionId, DecisionOutcome]) -> None:
        self.revision += 1
        self._log.append(_Change(self.revision, decisions, done))

    def _update(self, session: str, since: int, refused: dict[ActionId, Verdict] | None = None) -> Update:
        whole = session != self.id
        decisions: dict[ActionId, Verdict] = {}
        done: dict[ActionId, DecisionOutcome] = {}
        for change in () if whole else self._log[since:]:
            decisions.update(change.decisions)
            done.update(change.done)
        return Update(
            session=self.id,
            revision=self.revision,
            whole=whole,
            decisions=self.texts if whole else decisions,
            notes={name: note for name, note in self.notes.items() if whole or name in decisions},
            done=self.done_as if whole else done,
            refused=refused or {},
            read_only=self.read_only,
            trouble=self._trouble,
        )

    # -- what is decided ---------------------------------------------------------------------------------------------

    def _refused(self, steps: Mapping[str, Step]) -> dict[ActionId, Verdict]:
        found: dict[ActionId, Verdict] = {}
        for name, step in steps.items():
            decision = self._decisions.decisions.get(ActionId(name))
            now = decision.text if decision else ""
            if step.was is not None and now not in {step.was, step.verdict}:
                found[ActionId(name)] = now
        return found

    def _with(self, steps: Mapping[str, Step]) -> Decisions:
        if self.read_only:
            raise NotAccepted(self.read_only)
        entries = dict(self._decisions.decisions)
        for name, step in steps.items():
            action = ActionId(name)
            if action not in self._known:
                raise NotAccepted(f"the plan has no action {name!r}")
            if action in self._progress.done:
                raise NotAccepted(f"{name} is already done")
            # Remove first: a changed decision moves to the end, so the file keeps the order in which they were made.
            entries.pop(action, None)
            if step.verdict:
                entries[action] = _decision(step)
        changed = Decisions(
            plan=self.plan.digest,
            decided_at=timestamp(self._clock.now()),
            # From the first save on: a review that is closed or killed half-way deletes nothing that nobody saw.
            require=tuple(sorted(self._decisions.required.union(self.requires))) or UNSET,
            reviewer=self.reviewer or self._decisions.reviewer or UNSET,
            decisions=entries,
        )
        # The page follows the same rules; this is for stale pages and hand-made requests.
        problem = next(judge(self.plan, changed), None)
        if problem is not None:
            raise NotAccepted(problem.message)
        return changed

    def _summary(self, decisions: Decisions) -> Summary:
        done = self._progress.done
        counts = counts_under(self.plan, decisions, self.waits, done)
        verdicts = [decision.verdict for decision in decisions.decisions.values()]
        return Summary(
            counts={verdict: verdicts.count(verdict) for verdict in Choice if verdict in verdicts},
            open=len(self._known - decisions.decisions.keys() - done.keys()),
            waiting=sum(isinstance(one, Waiting) for one in decided(self.plan, decisions, self.waits, done).values()),
            sentence=sentence(counts),
            tone=tone_of(counts),
        )


def _decision(step: Step) -> Decision:
    try:
        return decision_of(step.verdict, step.note[:MAX_TEXT])
    except ValueError:
        raise NotAccepted(f"{step.verdict!r} is not a verdict") from None
