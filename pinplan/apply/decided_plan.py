"""A plan with its decisions, given now or when its run began."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from pinplan.actions.pairs import Pair
from pinplan.actions.receipts import Receipt
from pinplan.actions.verdicts import Done, Ready
from pinplan.errors import ConfigError, DecisionNeeded, DecisionsChanged, DecisionsUnbound
from pinplan.plan.decisions import Choice, Declined, Perform, Waiting, as_executed, decided, pairs_by_pin
from pinplan.plan.document import kind_of
from pinplan.records.decisions_file import decode_decisions, encode_decisions
from pinplan.records.journal import ActionOutcome, ActionRecord, Result, Settled

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from pinplan.actions import AnyAction
    from pinplan.actions.contexts import ActionContext
    from pinplan.apply.executor import ExecutorOptions
    from pinplan.model.ids import ActionId, BoardId, PinId, RunId
    from pinplan.plan.decisions import DecidedOutcome, Decisions
    from pinplan.plan.document import Plan
    from pinplan.reconcile.on_record import OnRecord
    from pinplan.records.journal import RunRecord
    from pinplan.records.state import State


class DecidedPlan(Struct, frozen=True, kw_only=True, dict=True):
    """A plan and the outcome of every action.

    Attributes:
        decisions: the decisions in force.
        given: whether they came with this apply, not from an earlier one.
        outcomes: the outcome of every action. The properties below are cached: they are read in loops over the plan.
    """

    plan: Plan
    decisions: Decisions | None
    given: bool
    outcomes: Mapping[ActionId, DecidedOutcome]

    @cached_property
    def actions(self) -> list[AnyAction]:
        """The actions to apply, in plan order, swapped if decided so."""
        return [outcome.action for outcome in self.outcomes.values() if isinstance(outcome, Perform)]

    @cached_property
    def declined(self) -> dict[ActionId, Declined]:
        """The declined actions."""
        return {name: outcome for name, outcome in self.outcomes.items() if isinstance(outcome, Declined)}

    @cached_property
    def waiting(self) -> list[AnyAction]:
        """The actions that wait for a decision."""
        return [action for action in self.plan.actions if isinstance(self.outcomes[action.id], Waiting)]

    @cached_property
    def held_back(self) -> set[BoardId]:
        """Boards with additions still to come: nothing of theirs is deleted on Pinterest (I18: remote deletes last)."""
        return {action.board_id for action in self.waiting if action.trait.constructive}

    def settled(self, run: RunId, notes: Mapping[ActionId, str]) -> Settled:
        """The decisions to record with the run; ``notes`` extend the reasons."""
        return Settled(
            document=encode_decisions(self.decisions).decode() if self.decisions else None,
            declined=tuple(
                ActionRecord(
                    run=run,
                    action=action.id,
                    kind=kind_of(action),
                    pin_id=action.pin_id,
                    address=action.address,
                    reason=f"{outcome.reason}{notes.get(action.id, '')}",
                )
                for action in self.plan.actions
                if isinstance(outcome := self.outcomes[action.id], Declined)
            ),
        )

    def different(self) -> list[Pair]:
        """Pairs marked as not duplicates."""
        marked = {name for name, outcome in self.declined.items() if outcome.verdict is Choice.DIFFERENT}
        return [action for action in self.plan.actions if isinstance(action, Pair) and action.id in marked]


def required_kinds(plan: Plan, settings: ExecutorOptions) -> frozenset[str]:
    """Kinds that require a decision, by plan and config, unless the whole plan was approved."""
    if settings.approves(plan):
        return frozenset()
    return settings.required.union(plan.policies.require_decisions or ())


def decided_plan_of(plan: Plan, state: State, run: RunRecord | None, settings: ExecutorOptions) -> DecidedPlan:
    """Apply the decisions to the plan, without reading either side.

    Raises:
        DecisionsUnbound: the decisions are about another plan.
        DecisionsChanged: they take back or change some under which the run was begun, and that is not accepted.
        ConfigError: a decision contradicts what was already done.
    """
    given = settings.decisions
    if given is not None and given.plan != plan.digest:
        raise DecisionsUnbound(f"the decisions were made for plan {given.plan}, this is plan {plan.digest}")
    # A resume without decisions continues under those that the run began with.
    kept = _kept(plan, state, run)
    # What is done is done: later decisions change only what is left.
    done = executed_actions(plan, state, run.id) if run is not None else {}
    decisions = kept if given is None else given
    if given is not None and kept is not None and not settings.accept_changed:
        changes = list(changed_verdicts(kept, given, done))
        if changes:
            raise DecisionsChanged(changes)
    outcomes = decided(plan, decisions, required_kinds(plan, settings), done)
    _not_too_late(outcomes, done)
    return DecidedPlan(plan=plan, decisions=decisions, given=given is not None, outcomes=outcomes)


def _kept(plan: Plan, state: State, run: RunRecord | None) -> Decisions | None:
    """The decisions under which a run was begun."""
    found = state.decided(run.id) if run is not None else None
    return decode_decisions(found.encode(), plan, f"decisions kept with run {run and run.id}") if found else None


def changed_verdicts(kept: Decisions, given: Decisions, done: Collection[ActionId]) -> Iterator[str]:
    """What decisions take back or change of earlier ones, a sentence each; deciding what was open is no change.

    Args:
        kept: those under which the run was begun.
        given: those that would hold now.
        done: actions of which nothing becomes any more.
    """
    for name, before in sorted(kept.decisions.items()):
        found = given.decisions.get(name)
        now = found.text if found else "undecided"
        if name not in done and now != before.text:
            yield f"{name} was {before.text}, now {now}"
    lifted = sorted(kept.required - given.required)
    if lifted:
        yield f"{', '.join(lifted)} would no longer wait for decisions"


def done_in_order(plan: Plan, state: State, run: RunId) -> list[tuple[AnyAction, Receipt]]:
    """The executed actions of a run with their receipts, in plan order."""
    # Declined actions have a record, too, but no receipt.
    receipts = {r.action: receipt for r in state.journal(run=run) if (receipt := state.receipt(r)) is not None}
    done = executed_actions(plan, state, run)
    return [(done[a.id], receipts[a.id]) for a in plan.actions if a.id in done and a.id in receipts]


def executed_actions(plan: Plan, state: State, run: RunId) -> dict[ActionId, AnyAction]:
    """The executed actions of a run, swapped where they were swapped."""
    actions = {action.id: action for action in plan.actions}
    of_pin = pairs_by_pin(plan.actions)
    return {
        record.action: as_executed(actions[record.action], record.pin_id, kept_pin_of(state, record), of_pin)
        for record in state.journal(run=run)
        if record.outcome is ActionOutcome.DONE and record.action in actions
    }


def kept_pin_of(state: State, record: ActionRecord) -> PinId | None:
    """The pin for which a duplicate was removed, if it was another one than planned."""
    if record.receipt is None or '"for_pin"' not in record.receipt:
        return None  # without reading all receipts of a large run
    receipt = state.receipt(record)
    return receipt.for_pin if receipt is not None else None


def _not_too_late(outcomes: Mapping[ActionId, DecidedOutcome], done: Mapping[ActionId, AnyAction]) -> None:
    """Refuse to remove a pin that an already removed duplicate relies on (I21)."""
    relied_on = {action.keeper_pin: name for name, action in done.items() if isinstance(action, Pair)}
    problems = [
        f"{name} cannot be {'swapped' if outcome.swapped else 'done'} any more: "
        f"{relied_on[outcome.action.pin_id]} is done and relies on the pin that it removes"
        for name, outcome in outcomes.items()
        if isinstance(outcome, Perform)
        and isinstance(outcome.action, Pair)
        and name not in done
        and outcome.action.pin_id in relied_on
    ]
    if problems:
        raise ConfigError(problems)


def resume_partial(
    decided_plan: DecidedPlan,
    context: ActionContext,
    state: State,
    settings: ExecutorOptions,
    on_record: OnRecord,
    at: str,
) -> DecidedPlan:
    """The decided plan, after checking partial effects that would now be done differently.

    What an earlier attempt completed is recorded as done; what it left half done is finished as it was begun. An action without a
    journal record was never begun.
    """
    actions = {action.id: action for action in decided_plan.plan.actions}
    begun = executed_actions(decided_plan.plan, state, context.run)
    for record in state.journal(run=context.run):
        if record.outcome in {ActionOutcome.DONE, ActionOutcome.DECLINED} or record.action not in actions:
            continue
        was, outcome = as_executed(actions[record.action], record.pin_id), decided_plan.outcomes[record.action]
        # Decided as before, or for another kept copy: its own check resumes it, since it removes the same. What the base
        # does not know is refused later, as stale.
        same = isinstance(outcome, Perform) and (
            outcome.action == was or (outcome.instead and outcome.action.pin_id == was.pin_id)
        )
        if same or on_record.why_not(was) is not None:
            continue
        # Costs API calls, but only for the few actions whose decision changed since they were begun.
        verdict = was.check(context)
        if isinstance(verdict, Done):
            done = Result(action=was.id, outcome=ActionOutcome.DONE, receipt=verdict.receipt)
            state.record(context.run, [done], at)
        elif not (isinstance(verdict, Ready) and was.is_partially_done(context)):
            continue
        begun[was.id] = was
    outcomes = decided(decided_plan.plan, decided_plan.decisions, required_kinds(decided_plan.plan, settings), begun)
    _not_too_late(outcomes, begun)
    return DecidedPlan(
        plan=decided_plan.plan, decisions=decided_plan.decisions, given=decided_plan.given, outcomes=outcomes
    )


def check_decided(decided_plan: DecidedPlan, done: set[ActionId], settings: ExecutorOptions) -> None:
    """Require something to do besides actions that wait for a decision. Raises `DecisionNeeded`."""
    left = [action for action in decided_plan.actions if action.id not in done]
    wanted = [action for action in left if settings.requests(action)]
    waiting = [action for action in decided_plan.waiting if settings.requests(action)]
    if waiting and not wanted:
        kinds = ", ".join(sorted({kind_of(action) for action in waiting}))
        raise DecisionNeeded(
            f"{len(waiting):,} {'action waits' if len(waiting) == 1 else 'actions wait'} for a decision ({kinds}), and nothing else is left to do"
        )
