"""Decisions on the actions of a plan: separate data, bound to its digest. Pure.

Decisions take actions away, or exchange the two of a pair of duplicates; they never add one. What an apply does is a
function of plan and decisions alone, so that a resumed run does the same.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from msgspec import UNSET, Struct, UnsetType, field

from pinplan.actions import KINDS, AnyAction
from pinplan.actions.pairs import Pair
from pinplan.model.ids import ActionId, Digest, PinId
from pinplan.plan.decision_rules import DecisionOutcome, OutcomeChange, follow, rules_of, swapped_of
from pinplan.plan.document import kind_of
from pinplan.policies.protect import Touched, why_protected

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from pinplan.plan.document import Plan

FORMAT = "pinplan.decisions"
FORMAT_VERSION = "1.1"


class Choice(StrEnum):
    """A verdict on one action.

    Skip: not done. Swap: keep another one of the duplicates than planned. Different: the two are no duplicates, now and in
    future plans.
    """

    APPROVE = "approve"
    SKIP = "skip"
    SWAP = "swap"
    DIFFERENT = "different"


class Decision(Struct, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=True):
    """The decision on one action.

    Attributes:
        keep: of a swap, the pin that is kept instead of the planned one; absent for the pin that the action would remove.
            Since format 1.1.
        note: why, in the reviewer's words. Since format 1.1.
    """

    verdict: Choice
    keep: PinId | UnsetType = UNSET
    note: str | UnsetType = UNSET

    @property
    def text(self) -> str:
        """Verdict and kept pin in one word: ``swap:123``."""
        return f"{self.verdict}:{self.keep}" if self.keep else str(self.verdict)

    def keeps_other(self, action: AnyAction | Pair) -> bool:
        """Whether the action is still done, for another copy than planned."""
        return self.verdict is Choice.SWAP and self.keep not in {UNSET, action.pin_id}


def decision_of(text: str, note: str = "") -> Decision:
    """The decision of a word as `Decision.text` makes it. Raises `ValueError` if it is none."""
    verdict, colon, keep = text.partition(":")
    choice = Choice(verdict)
    if colon and (choice is not Choice.SWAP or not keep):
        raise ValueError(f"{text!r} is not a verdict")
    return Decision(verdict=choice, keep=PinId(keep) if keep else UNSET, note=note or UNSET)


class Decisions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The decisions on a plan; unnamed actions are approved, unless their kind requires a decision.

    Attributes:
        plan: the digest of the plan that they are bound to.
        decided_at: RFC 3339 in UTC; absent if not recorded.
        require: kinds that wait until a decision names them, whatever the config says. Since format 1.1.
        reviewer: who decided. Since format 1.1.
    """

    format: str = FORMAT
    format_version: str = FORMAT_VERSION
    plan: Digest
    decided_at: str | UnsetType = UNSET
    require: tuple[str, ...] | UnsetType = UNSET
    reviewer: str | UnsetType = UNSET
    decisions: dict[ActionId, Decision] = field(default_factory=dict)

    def verdict(self, action: ActionId) -> Choice | None:
        """The verdict on an action; None if it is not named."""
        found = self.decisions.get(action)
        return found.verdict if found else None

    @property
    def required(self) -> frozenset[str]:
        """Kinds that wait until a decision names them."""
        return frozenset(self.require or ())

    def because(self, action: ActionId) -> str:
        """Who decided about an action, and why: `` by Anna: not mine``; empty if neither is recorded."""
        found = self.decisions.get(action)
        who = f" by {self.reviewer}" if self.reviewer else ""
        return who + (f": {found.note}" if found and found.note else "")


class Perform(Struct, frozen=True):
    """The action is done.

    Attributes:
        action: as planned, with the two of its pair exchanged, or with another copy kept.
        swapped: whether they are exchanged.
        instead: whether another copy is kept.
        held: why it must wait for others; empty if it need not.
    """

    action: AnyAction
    swapped: bool = False
    held: str = ""
    instead: bool = False


class Declined(Struct, frozen=True):
    """The action is not done.

    Attributes:
        reason: in words.
        verdict: the decision on it; None if it follows from the decision on another action.
    """

    reason: str
    verdict: Choice | None = None


class Waiting(Struct, frozen=True):
    """The action waits for a decision."""

    reason: str


DecidedOutcome: TypeAlias = Perform | Declined | Waiting


class Problem(Struct, frozen=True):
    """A decision that does not fit the plan.

    Attributes:
        entry: the action that it is about.
        message: one sentence.
    """

    entry: ActionId
    message: str


def judge(plan: Plan, decisions: Decisions) -> Iterator[Problem]:
    """Every decision that does not fit the plan."""
    actions = {action.id: action for action in plan.actions}
    # Worked out only where it is needed: a review judges all decisions at each key.
    instead = any(decision.keep for decision in decisions.decisions.values())
    of_pin = pairs_by_pin(plan.actions) if instead else {}
    leaves: dict[PinId | None, ActionId] = {}
    for name, decision in decisions.decisions.items():
        action = actions.get(name)
        if action is None:
            yield Problem(name, f"the plan has no action {name}{_there_are(plan)}")
        # Approve and skip fit every action.
        elif decision.verdict in {Choice.SWAP, Choice.DIFFERENT}:
            if not isinstance(action, Pair):
                yield Problem(name, f"{decision.verdict} is for duplicates only, and {name} is a {kind_of(action)}")
            elif decision.keeps_other(action):
                problem = _why_not_instead(action, decision, decisions, of_pin)
                if problem is not None:
                    yield Problem(name, problem)
            elif decision.verdict is Choice.SWAP:
                problem = _why_not_swapped(plan, action)
                if problem is not None:
                    yield Problem(name, problem)
                # Also where the swap is refused: all problems are reported at once.
                leaves[action.keeper_pin] = name
    yield from _left_without(plan, decisions, leaves)


def _there_are(plan: Plan) -> str:
    if not plan.actions:
        return ": the plan is empty"
    return f": its actions are {plan.actions[0].id} to {plan.actions[-1].id}" if len(plan.actions) > 1 else ""


def pairs_by_pin(actions: Iterable[AnyAction]) -> dict[PinId, Pair]:
    """The pairs by the pin that each removes."""
    return {action.pin_id: action for action in actions if isinstance(action, Pair)}


def _why_not_instead(
    action: Pair, decision: Decision, decisions: Decisions, of_pin: Mapping[PinId, Pair]
) -> str | None:
    """Why an action cannot be done for another copy: the two were not compared, or that copy does not stay (I21)."""
    if decision.keep == action.keeper_pin:
        return f"{action.id} keeps pin {decision.keep} as planned: approve it"
    other = of_pin.get(decision.keep) if decision.keep else None
    if other is None or action.alike_with(other) is None:
        return f"{action.id} cannot keep pin {decision.keep}: the plan has no verified pair of the two"
    made = decisions.decisions.get(other.id)
    if made is None or made.verdict is Choice.APPROVE or made.keeps_other(other):
        return f"{action.id} keeps the pin that {other.id} removes: skip {other.id} as well"
    return None


def _why_not_swapped(plan: Plan, action: AnyAction) -> str | None:
    """Why the keeper must not be removed instead: the protection rules of the plan apply to it as well."""
    try:
        # Raises as well where the keeper lies in a reference board or belongs to another account.
        other = action.exchanged()
    except ValueError as error:
        return f"{action.id} cannot be swapped: {error}"
    # Protection rules may name boards by name: those of the plan, since a listing made now could differ.
    names = {board.id: board.name for board in plan.snapshots.remote.boards}
    protect = plan.policies.protect
    rule = protect and why_protected(
        protect,
        Touched(
            kind=kind_of(other),
            board_id=other.board_id,
            board=names.get(other.board_id, other.address.partition("/")[0]),
            pin_id=other.pin_id,
            paths=other.affected_paths(),
        ),
    )
    return f"{action.id} cannot be swapped: {rule}" if rule else None


def _left_without(plan: Plan, decisions: Decisions, leaves: Mapping[PinId | None, ActionId]) -> Iterator[Problem]:
    """Find duplicates whose kept copy a swap would remove."""
    for action in plan.actions if leaves else ():
        swap = leaves.get(action.keeper_pin)
        if swap is None or swap == action.id:
            continue
        made = decisions.decisions.get(action.id)
        stays = made is not None and (made.verdict in {Choice.SKIP, Choice.DIFFERENT} or made.keeps_other(action))
        if not stays:
            yield Problem(swap, f"{swap} removes the pin that {action.id} keeps: skip {action.id} as well")


def decided(
    plan: Plan,
    decisions: Decisions | None,
    required: Collection[str] = (),
    begun: Mapping[ActionId, AnyAction] | None = None,
) -> dict[ActionId, DecidedOutcome]:
    """The outcome of every action of a plan, in plan order.

    Args:
        plan: any plan.
        decisions: about this plan and without a problem (see `judge`); None if there are none.
        required: kinds that wait until a decision names them, in addition to those of the decisions.
        begun: actions that an earlier attempt did or began, as they were then: a later decision does not change them.
    """
    begun = begun or {}
    decisions = decisions or Decisions(plan=plan.digest)
    required = decisions.required.union(required)
    named = decisions.decisions
    # A run that was cut off finishes what it began as it began it: half of a swap must not be completed the other way round.
    verdicts = {name: decision for name, decision in named.items() if name not in begun}
    starts = {action.id: _start(action, verdicts.get(action.id), required, begun) for action in plan.actions}
    of_pin = pairs_by_pin(plan.actions)
    # By name in the decisions, even where the verdict was dropped above: a person has looked at it.
    changed = follow(rules_of(plan.actions), starts, named=named, fixed=begun)
    return {
        action.id: _outcome(
            begun.get(action.id) or _done_as(action, starts[action.id], verdicts.get(action.id), of_pin),
            starts[action.id],
            verdicts.get(action.id),
            changed.get(action.id),
            decisions,
        )
        for action in plan.actions
    }


OUTCOMES = {
    Choice.APPROVE: DecisionOutcome.PERFORM,
    Choice.SKIP: DecisionOutcome.DECLINED,
    Choice.SWAP: DecisionOutcome.SWAP,
    Choice.DIFFERENT: DecisionOutcome.DECLINED,
}
"""The outcome that a verdict gives an action, before rules are followed; of a swap that names another copy: instead."""


def kinds_to_review(plan: Plan) -> tuple[str, ...]:
    """Kinds of a plan that delete or publish: a review makes them wait until a person decides."""
    present = {kind_of(action) for action in plan.actions}
    return tuple(kind for kind in KINDS if kind in present and KINDS[kind].trait.waits_for_review)


def undecided(kind: str, required: Collection[str]) -> DecisionOutcome:
    """The outcome of an action without a decision, before rules apply."""
    return DecisionOutcome.WAITING if kind in required else DecisionOutcome.PERFORM


def as_begun(action: AnyAction, begun: AnyAction) -> DecisionOutcome:
    """How an action was started: as planned, swapped, or with another copy kept."""
    if begun.pin_id != action.pin_id:
        return DecisionOutcome.SWAP
    return DecisionOutcome.PERFORM if begun.keeper_pin == action.keeper_pin else DecisionOutcome.INSTEAD


def performed(outcomes: Mapping[ActionId, DecidedOutcome]) -> dict[ActionId, AnyAction]:
    """The actions to apply now, swapped if decided so, without those on hold."""
    return {
        name: outcome.action for name, outcome in outcomes.items() if isinstance(outcome, Perform) and not outcome.held
    }


def as_executed(
    action: AnyAction, pin_id: PinId, for_pin: PinId | None = None, of_pin: Mapping[PinId, Pair] | None = None
) -> AnyAction:
    """An action as a run executed it.

    Args:
        action: as planned.
        pin_id: the pin that the journal names; another one than planned if the pair was swapped.
        for_pin: the kept pin that its receipt names.
        of_pin: the pairs of the plan, see `pairs_by_pin`.
    """
    if pin_id != action.pin_id:
        return swapped_of(action) or action
    other = of_pin.get(for_pin) if of_pin and for_pin else None
    return action.keeping(other) if other is not None and isinstance(action, Pair) else action


def _start(
    action: AnyAction, decision: Decision | None, required: Collection[str], begun: Mapping[ActionId, AnyAction]
) -> DecisionOutcome:
    if action.id in begun:
        return as_begun(action, begun[action.id])
    if decision is None:
        return undecided(kind_of(action), required)
    return DecisionOutcome.INSTEAD if decision.keeps_other(action) else OUTCOMES[decision.verdict]


def _done_as(
    action: AnyAction, start: DecisionOutcome, decision: Decision | None, of_pin: Mapping[PinId, Pair]
) -> AnyAction:
    """The action as it is to be done. `judge` has let it through: what is exchanged or kept instead is a pair."""
    if start is DecisionOutcome.SWAP:
        return action.exchanged()
    if start is DecisionOutcome.INSTEAD and isinstance(action, Pair) and decision is not None and decision.keep:
        return action.keeping(of_pin[decision.keep])
    return action


def _outcome(
    action: AnyAction,
    start: DecisionOutcome,
    decision: Decision | None,
    change: OutcomeChange | None,
    decisions: Decisions,
) -> DecidedOutcome:
    verdict = decision.verdict if decision else None
    if change is not None and change.outcome is DecisionOutcome.DECLINED:
        return Declined(change.reason)
    if change is not None and change.outcome is DecisionOutcome.WAITING:
        return Waiting(change.reason)
    if verdict is Choice.SKIP:
        return Declined(f"skipped in the decisions{decisions.because(action.id)}", verdict)
    if verdict is Choice.DIFFERENT:
        # Declined for this plan; the mark itself is saved by the apply.
        return Declined(f"marked as not a duplicate{decisions.because(action.id)}", verdict)
    if start is DecisionOutcome.WAITING:
        return Waiting(f"{kind_of(action)} waits for a decision")
    return Perform(
        action,
        swapped=start is DecisionOutcome.SWAP,
        held=change.reason if change else "",
        instead=start is DecisionOutcome.INSTEAD,
    )
