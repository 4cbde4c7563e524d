"""What an apply would do under decisions that change with every key: the rules of `plan.decision_rules`, kept for one plan. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec import Struct

from pinplan.plan.decision_rules import PERFORMED, DecisionOutcome, OutcomeChange, follow, rules_of, swapped_of
from pinplan.plan.decisions import OUTCOMES, decision_of, undecided
from pinplan.plan.document import kind_of
from pinplan.render.effects import counts_of, of_one, sentence, tone_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from pinplan.actions import AnyAction
    from pinplan.model.ids import ActionId
    from pinplan.plan.document import Plan


_PLAIN = {str(choice): outcome for choice, outcome in OUTCOMES.items()}


class Outcomes(Struct, frozen=True):
    """What becomes of every action.

    Attributes:
        of: action → outcome.
        why: the reason, of those of which a rule decides it.
        counts: what an apply would still do; see `pinplan.render.effects.Phrase`.
    """

    of: Mapping[ActionId, DecisionOutcome]
    why: Mapping[ActionId, OutcomeChange]
    counts: Mapping[str, int]

    @property
    def sentence(self) -> str:
        """What an apply would do: ``deletes 3 pins on Pinterest (…), downloads 12``."""
        return sentence(self.counts)

    @property
    def tone(self) -> str:
        """How grave that is; see `pinplan.render.effects.Phrase`."""
        return tone_of(self.counts)


class Consequences:
    """The consequences of any decisions about one plan.

    `plan.decisions.decided` answers the same for one file of decisions. Here the rules are made once, as after each key
    of a review of 10,000 actions they would take longer than the answer.
    """

    def __init__(self, plan: Plan, waits: Collection[str]) -> None:
        """Prepare the rules. ``waits``: kinds that wait for a decision."""
        self._rules = rules_of(plan.actions)
        self._actions = {action.id: action for action in plan.actions}
        self._undecided = {action.id: undecided(kind_of(action), waits) for action in plan.actions}
        self._planned = {action.id: counts_of((action,)) for action in plan.actions}
        self._swaps: dict[ActionId, tuple[AnyAction, dict[str, int]]] = {}

    def under(self, verdicts: Mapping[ActionId, str], done: Mapping[ActionId, DecisionOutcome]) -> Outcomes:
        """The outcome of every action.

        Args:
            verdicts: what is decided, see `pinplan.plan.decisions.Decision.text`.
            done: actions that were done already, and as what.
        """
        starts = {**self._undecided, **{name: self._start(name, verdict) for name, verdict in verdicts.items()}, **done}
        changed = follow(self._rules, starts, named=verdicts, fixed=done)
        outcomes = {**starts, **{name: change.outcome for name, change in changed.items()}}
        left = ((name, outcome) for name, outcome in outcomes.items() if outcome in PERFORMED and name not in done)
        return Outcomes(outcomes, changed, self.counts(left))

    def _start(self, name: ActionId, verdict: str) -> DecisionOutcome:
        """The outcome that a verdict gives an action, before rules are followed."""
        plain = _PLAIN.get(verdict)
        if plain is not None:
            return plain
        decision = decision_of(verdict)
        other = decision.keeps_other(self._actions[name])
        return DecisionOutcome.INSTEAD if other else OUTCOMES[decision.verdict]

    def counts(self, actions: Iterable[tuple[ActionId, DecisionOutcome]]) -> dict[str, int]:
        """What actions with these outcomes do, counted."""
        found: Counter[str] = Counter()
        for name, outcome in actions:
            found.update(self._swapped(name)[1] if outcome is DecisionOutcome.SWAP else self._planned[name])
        return dict(found)

    def of_one(self, name: ActionId, outcome: DecisionOutcome) -> str:
        """What one action does, as planned or with its pair swapped."""
        return of_one(self._swapped(name)[0] if outcome is DecisionOutcome.SWAP else self._actions[name])

    def _swapped(self, name: ActionId) -> tuple[AnyAction, dict[str, int]]:
        # Kept: exchanging a pair copies the whole action, and thousands may be swapped.
        if name not in self._swaps:
            other = swapped_of(self._actions[name]) or self._actions[name]
            self._swaps[name] = other, counts_of((other,))
        return self._swaps[name]
