"""Decisions at the terminal: made, undone, tied to each other, and what they would do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from pinplan.plan.decision_rules import PERFORMED, DecisionOutcome
from pinplan.plan.decisions import Choice
from pinplan.render.text_safety import plain, plural
from pinplan.review.consequences import Consequences, Outcomes
from pinplan.review.terminal.history import DecisionHistory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from pinplan.model.ids import ActionId
    from pinplan.review.page.model import GroupModel
    from pinplan.review.session import Session, Update, Verdict

Verdicts = dict["ActionId", "Verdict"]


class TiedActions(Struct, frozen=True):
    """Other actions that a decision should include.

    Attributes:
        ids: the actions.
        verdict: what they should get.
        text: why, in words.
    """

    ids: tuple[ActionId, ...]
    verdict: Literal[Choice.APPROVE, Choice.SKIP]
    text: str


class ReviewDecisions:
    """The decisions as they are shown, saved by `Saver`.

    Attributes:
        verdicts: action → verdict (see `pinplan.plan.decisions.Decision.text`), in the order in which they were made.
        notes: action → why.
        done: actions that an apply has done.
        read_only: why nothing may be decided; empty where it may.
        outcomes: what becomes of every action.
    """

    def __init__(self, session: Session, save: Callable[[Verdicts, Mapping[ActionId, str]], None]) -> None:
        """Begin with what the session has. ``save``: called with what changed."""
        self._plan = session.plan
        self._save = save
        self._history = DecisionHistory()
        self._consequences = Consequences(session.plan, session.waits)
        self._actions = {action.id: action for action in session.plan.actions}
        self._requires = {
            name: tuple(other for other in action.requires if other in self._actions)
            for name, action in self._actions.items()
        }
        self._required_by: dict[ActionId, list[ActionId]] = {}
        for name, others in self._requires.items():
            for other in others:
                self._required_by.setdefault(other, []).append(name)
        self.verdicts: dict[ActionId, str] = session.texts
        self.notes = {name: plain(note) for name, note in session.notes.items()}
        self.done: dict[ActionId, DecisionOutcome] = session.done_as
        self.read_only = session.read_only
        self.outcomes = self._under(self.verdicts)

    # -- what is decided ---------------------------------------------------------------------------------------------

    def decided(self, group: GroupModel) -> bool:
        """Whether every action of a group is decided or done."""
        return all(name in self.verdicts or name in self.done for name in group.actions)

    def may_decide(self, group: GroupModel) -> bool:
        """Whether any action of a group can be decided."""
        return not self.read_only and any(name not in self.done for name in group.actions)

    def choice_of(self, group: GroupModel) -> str:
        """The choice of a whole group: empty if any of it is undecided, ``mixed`` if it is decided one by one."""
        found = {choice_in(self.verdicts.get(name, "")) for name in group.actions}
        if "" in found:
            return ""
        if any(self.swaps(name) for name in group.actions):
            return Choice.SWAP
        return found.pop() if len(found) == 1 and Choice.SWAP not in found else "mixed"

    def swaps(self, name: ActionId) -> bool:
        """Whether a decision removes the planned keeper, not the action's own pin."""
        choice, _, keep = self.verdicts.get(name, "").partition(":")
        return choice == Choice.SWAP and keep in {"", self._actions[name].pin_id}

    def kept_pin(self, name: ActionId) -> str:
        """The pin that a decision names as kept; empty if it names none."""
        return self.verdicts.get(name, "").partition(":")[2]

    def undecided(self, groups: Iterable[GroupModel]) -> tuple[ActionId, ...]:
        """The actions that are neither decided nor done."""
        names = (name for group in groups for name in group.actions)
        return tuple(name for name in names if name not in self.verdicts and name not in self.done)

    # -- deciding ----------------------------------------------------------------------------------------------------

    def decide(self, changes: Verdicts) -> bool:
        """Set verdicts (an empty one clears): one step that can be undone. Returns whether anything was decided."""
        left = self._open(changes)
        if not left:
            return False
        self._history.note({name: self.verdicts.get(name, "") for name in left}, left)
        self._apply(left)
        return True

    def undo(self) -> tuple[ActionId, ...]:
        """Take the last step back. Returns its actions; none if there is no step."""
        return self._again(self._history.undo)

    def redo(self) -> tuple[ActionId, ...]:
        """Do the step again that was taken back last."""
        return self._again(self._history.redo)

    def write_note(self, names: Sequence[ActionId], note: str) -> None:
        """Note why; saved with the decisions: now if there are any, else once they are made."""
        for name in names:
            self.notes[name] = note
        self._save({name: self.verdicts[name] for name in names if name in self.verdicts}, self.notes)

    def _again(self, step: Callable[[], Verdicts]) -> tuple[ActionId, ...]:
        if self.read_only:
            return ()
        changes = step()
        left = self._open(changes)
        if left:
            self._apply(left)
        return tuple(changes)

    def _open(self, changes: Verdicts) -> Verdicts:
        return {} if self.read_only else {name: one for name, one in changes.items() if name not in self.done}

    def _apply(self, changes: Verdicts) -> None:
        self._set(changes)
        self._save(changes, self.notes)

    def _set(self, changes: Mapping[ActionId, Verdict]) -> None:
        self.verdicts = _with(self.verdicts, changes)
        self.outcomes = self._under(self.verdicts)

    # -- consequences ------------------------------------------------------------------------------------------------

    def preview(self, changes: Verdicts) -> Outcomes:
        """What would become of every action if these were decided as well."""
        return self._under(_with(self.verdicts, self._open(changes)))

    def consequence(self, group: GroupModel) -> str:
        """What becomes of a group; an action that waits counts as if it were approved."""
        going = [name for name in group.actions if self.outcomes.of[name] is not DecisionOutcome.DECLINED]
        if len(going) == 1:
            return plain(self._consequences.of_one(going[0], self.outcomes.of[going[0]]))
        return self._group_outcomes(group).sentence

    def tone(self, group: GroupModel) -> str:
        """How grave that is."""
        return self._group_outcomes(group).tone

    def _group_outcomes(self, group: GroupModel) -> Outcomes:
        going = [
            (name, self.outcomes.of[name])
            for name in group.actions
            if self.outcomes.of[name] is not DecisionOutcome.DECLINED
        ]
        return Outcomes(self.outcomes.of, self.outcomes.why, self._consequences.counts(going))

    def tied(self, changes: Verdicts) -> TiedActions | None:
        """Other actions that would have to be done as well, or would not be done either; None if there are none."""
        # Most actions have no ties: nothing has to be worked out for them.
        if not any(self._requires.get(name) or self._required_by.get(name) for name in changes):
            return None
        came = self.preview(changes).of
        approved = [name for name, verdict in changes.items() if verdict == Choice.APPROVE]
        missing = tuple(
            name
            for name in _beyond(approved, self._requires)
            if name not in changes and name not in self.done and came[name] not in PERFORMED
        )
        if missing:
            text = f"It needs {_named(missing)}, which {'is' if len(missing) == 1 else 'are'} not approved."
            return TiedActions(missing, Choice.APPROVE, text)
        dropped = [name for name, verdict in changes.items() if verdict in {Choice.SKIP, Choice.DIFFERENT}]
        declined = DecisionOutcome.DECLINED
        broken = tuple(
            name
            for name in _beyond(dropped, self._required_by)
            if name not in changes
            and name not in self.done
            and self.outcomes.of[name] is not declined
            and came[name] is declined
        )
        if not broken:
            return None
        text = f"{_named(broken)} {'needs' if len(broken) == 1 else 'need'} it and would not be done either."
        return TiedActions(broken, Choice.SKIP, text)

    def _under(self, verdicts: Mapping[ActionId, str]) -> Outcomes:
        known = {name: verdict for name, verdict in verdicts.items() if name not in self.done}
        return self._consequences.under(known, self.done)

    # -- what others change ------------------------------------------------------------------------------------------

    def take(self, update: Update, unsaved: Callable[[ActionId], bool]) -> str:
        """Take over what was decided elsewhere. Returns a message about it; empty if there is nothing to say.

        Args:
            update: what changed.
            unsaved: whether a later decision of this terminal about an action is on its way.
        """
        theirs = {**update.decisions, **update.refused}
        other = {
            name: verdict
            for name, verdict in theirs.items()
            if (name in update.refused or not unsaved(name)) and self.verdicts.get(name, "") != verdict
        }
        self.notes.update({name: plain(note) for name, note in update.notes.items() if not unsaved(name)})
        finished = {name: outcome for name, outcome in update.done.items() if name not in self.done}
        self.done.update(finished)
        newly = update.read_only if update.read_only != self.read_only else ""
        self.read_only = update.read_only
        if other or finished:
            self._set(other)
        return " ".join(_changes(update, len(other), len(finished), newly))

    def take_back(self, verdicts: Mapping[ActionId, Verdict]) -> None:
        """Show decisions that were refused as the session has them."""
        self._set(verdicts)


def choice_in(verdict: str) -> str:
    """The choice in a verdict, without the pin that is kept."""
    return verdict.partition(":")[0]


def _with(verdicts: Mapping[ActionId, str], changes: Mapping[ActionId, Verdict]) -> dict[ActionId, str]:
    # Removed first, so that the order stays that in which decisions were made.
    kept = {name: verdict for name, verdict in verdicts.items() if name not in changes}
    return {**kept, **{name: verdict for name, verdict in changes.items() if verdict}}


def _changes(update: Update, other: int, finished: int, read_only: str) -> Iterator[str]:
    if update.refused:
        yield f"Decided otherwise since: {_named(tuple(update.refused))}. Your decision about it was not saved; decide again."
    elif other:
        yield f"{plural(other, 'decision')} changed outside of this review."
    if finished:
        yield f"{plural(finished, 'action')} done by an apply meanwhile."
    if read_only:
        yield plain(read_only)


def _beyond(names: Iterable[ActionId], following: Mapping[ActionId, Sequence[ActionId]]) -> list[ActionId]:
    found: set[ActionId] = set()
    waiting = [other for name in names for other in following.get(name, ())]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(following.get(name, ()))
    return sorted(found)


def _named(names: Sequence[ActionId]) -> str:
    first = ", ".join(names[:3])
    return f"{first} and {len(names) - 3} more" if len(names) > 3 else first
