"""What follows from decisions, as data: the only place where these rules are made; apply and review page both follow them. Pure.

An action starts with the outcome that was decided for it; a rule changes that outcome, given the outcomes of others. Rules only ever take
actions away, which is why following them terminates.
"""

from __future__ import annotations

from collections import defaultdict
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from msgspec import Struct

from pinplan.actions.base import Phase

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from pinplan.actions import AnyAction
    from pinplan.model.ids import ActionId, BoardId, PinId


class DecisionOutcome(StrEnum):
    """What becomes of an action.

    Perform: done as planned. Swap: done with the two of its pair exchanged. Instead: done, with another copy kept than planned. Declined: not done. Waiting: not done until there is a
    decision. Held: not done until others, which are waiting, are done.
    """

    PERFORM = "perform"
    SWAP = "swap"
    INSTEAD = "instead"
    DECLINED = "declined"
    WAITING = "waiting"
    HELD = "held"


PERFORMED = (DecisionOutcome.PERFORM, DecisionOutcome.SWAP, DecisionOutcome.INSTEAD)

_AS_PAIRED = (DecisionOutcome.PERFORM, DecisionOutcome.SWAP)
"""The outcomes in which an action relies on the other pin of its pair as planned."""


class DecisionRule(Struct, frozen=True, kw_only=True):
    """A rule: the outcome of some actions, given the outcome of others.

    Attributes:
        others: the actions that trigger the rule.
        came_out: the outcomes of theirs that trigger it.
        every: all of them must have such an outcome, not just one.
        actions: the actions that it changes.
        only: the outcomes that it changes; actions with any other are left alone.
        unless_named: leave alone those that the decisions name.
        then: their new outcome.
        reason: why; a template with ``{others}`` (those that triggered it), ``{first}`` of these, and ``{action}``.
    """

    others: tuple[ActionId, ...]
    came_out: tuple[DecisionOutcome, ...]
    every: bool = False
    actions: tuple[ActionId, ...]
    only: tuple[DecisionOutcome, ...] = PERFORMED
    unless_named: bool = False
    then: DecisionOutcome
    reason: str


Rounds: TypeAlias = tuple[tuple[DecisionRule, ...], ...]
"""Each round is repeated until nothing changes, then the next one starts."""


class OutcomeChange(NamedTuple):
    """What became of an action by a rule, and why."""

    outcome: DecisionOutcome
    reason: str


def rules_of(actions: Sequence[AnyAction]) -> Rounds:
    """All rules for the actions of a plan."""
    # Worked out once: three rules ask, and exchanging a pair copies the whole action.
    swapped = {action.id: other for action in actions if (other := swapped_of(action)) is not None}
    return (
        (
            *_pins_that_leave(actions, swapped),
            *_taken_over_words(actions),
            *_places_for_nothing(actions),
            *_requirements(actions, DecisionOutcome.DECLINED, "it needs {others}, which was declined"),
            *_requirements(actions, DecisionOutcome.WAITING, "it needs {others}"),
            *_deletes_beside(
                actions,
                swapped,
                came_out=DecisionOutcome.DECLINED,
                then=DecisionOutcome.DECLINED,
                reason="{first} on the same board was declined, and {action} is not approved by name",
            ),
        ),
        # A round of its own: which deletes are held depends on what still waits once the first round has settled.
        (
            *_deletes_beside(
                actions,
                swapped,
                came_out=DecisionOutcome.WAITING,
                then=DecisionOutcome.HELD,
                reason="{first} on the same board waits for a decision",
            ),
            *_requirements(actions, DecisionOutcome.HELD, "it needs {others}"),
        ),
    )


def follow(
    rounds: Rounds,
    starts: Mapping[ActionId, DecisionOutcome],
    named: Collection[ActionId] = (),
    fixed: Collection[ActionId] = (),
) -> dict[ActionId, OutcomeChange]:
    """The outcomes that rules change, with the reason; unchanged actions are left out.

    Args:
        rounds: the rules.
        starts: what was decided.
        named: the actions that the decisions name.
        fixed: actions that no rule changes any more: an earlier attempt began them.
    """
    outcomes = dict(starts)
    changed: dict[ActionId, OutcomeChange] = {}
    for rules in rounds:
        while new := dict(_changes(rules, outcomes, named, fixed)):
            changed.update(new)
    return changed


def _changes(
    rules: Iterable[DecisionRule],
    outcomes: dict[ActionId, DecisionOutcome],
    named: Collection[ActionId],
    fixed: Collection[ActionId],
) -> Iterator[tuple[ActionId, OutcomeChange]]:
    """One pass through the rules; each sees what the ones before it changed."""
    for rule in rules:
        # Outcomes are updated in place, so a chain of requirements is mostly settled in one pass.
        others = [one for one in rule.others if outcomes[one] in rule.came_out]
        if not others or (rule.every and len(others) < len(rule.others)):
            continue
        for one in rule.actions:
            if outcomes[one] not in rule.only or one in fixed or (rule.unless_named and one in named):
                continue
            outcomes[one] = rule.then
            reason = rule.reason.format(others=", ".join(others), first=others[0], action=one)
            yield one, OutcomeChange(rule.then, reason)


def swapped_of(action: AnyAction) -> AnyAction | None:
    """The pair swapped; None if the action is not a pair or cannot be swapped."""
    try:
        # Fails for any kind but a pair, and for a pair of a plan before format 1.2, which lacks what a swap needs.
        return action.exchanged()
    except ValueError:
        return None


def _pins_that_leave(actions: Sequence[AnyAction], swapped: Mapping[ActionId, AnyAction]) -> Iterator[DecisionRule]:
    """Decline other actions on a pin that a swap removes, and those that rely on it (I21: the last copy stays)."""
    about: dict[PinId, list[ActionId]] = defaultdict(list)
    for action in actions:
        # Under both pins of a pair: a swap removes the one that other actions keep or write to.
        about[action.pin_id].append(action.id)
        if action.keeper_pin is not None:
            about[action.keeper_pin].append(action.id)
    for name, other in swapped.items():
        concerned = tuple(one for one in about[other.pin_id] if one != name)
        if concerned:
            yield DecisionRule(
                others=(name,),
                came_out=(DecisionOutcome.SWAP,),
                actions=concerned,
                # One that is removed for another copy no longer relies on the pin that the swap removes.
                only=_AS_PAIRED,
                then=DecisionOutcome.DECLINED,
                reason="conflicts with the swap in {others}",
            )


def _taken_over_words(actions: Sequence[AnyAction]) -> Iterator[DecisionRule]:
    """Merge metadata into a pin only if one of its duplicates is removed, or a decision names it."""
    pairs: dict[PinId, list[ActionId]] = defaultdict(list)
    for action in actions:
        if action.keeper_pin is not None:
            pairs[action.keeper_pin].append(action.id)
    for action in actions:
        # An undo plans a merge without a pair: then nothing declines it.
        if action.trait.for_pairs and action.pin_id in pairs:
            others = tuple(pairs[action.pin_id])
            # Declined first: once every duplicate is declined, "all declined or waiting" would be true as well.
            left = (DecisionOutcome.DECLINED, DecisionOutcome.INSTEAD)
            for came_out, then, reason in (
                (left, DecisionOutcome.DECLINED, "none of its duplicates is removed ({others})"),
                (
                    (*left, DecisionOutcome.WAITING),
                    DecisionOutcome.WAITING,
                    "its duplicates wait for a decision ({others})",
                ),
            ):
                yield DecisionRule(
                    others=others,
                    came_out=came_out,
                    every=True,
                    actions=(action.id,),
                    unless_named=True,
                    then=then,
                    reason=reason,
                )


def _places_for_nothing(actions: Sequence[AnyAction]) -> Iterator[DecisionRule]:
    """Create a board or section only if anything comes to it."""
    for action in actions:
        others = tuple(one.id for one in actions if action.id in one.requires) if action.trait.creates_place else ()
        if not others:
            continue
        # Declined first, as above.
        for came_out, then, reason in (
            ((DecisionOutcome.DECLINED,), DecisionOutcome.DECLINED, "nothing comes to it ({others})"),
            (
                (DecisionOutcome.DECLINED, DecisionOutcome.WAITING),
                DecisionOutcome.WAITING,
                "what comes to it waits for a decision ({others})",
            ),
        ):
            yield DecisionRule(
                others=others, came_out=came_out, every=True, actions=(action.id,), then=then, reason=reason
            )


def _requirements(actions: Sequence[AnyAction], outcome: DecisionOutcome, reason: str) -> Iterator[DecisionRule]:
    """What requires an action that is not done is not done either. A swapped pair requires nothing: see ``exchanged``."""
    known = {action.id for action in actions}
    for action in actions:
        others = tuple(one for one in action.requires if one in known)
        if others:
            yield DecisionRule(
                others=others,
                came_out=(outcome,),
                actions=(action.id,),
                # Swapped, it removes the very pin that took over the texts, and kept for another copy it does without them:
                # that merge is no requirement any more.
                only=(DecisionOutcome.PERFORM,),
                then=outcome,
                reason=reason,
            )


def _deletes_beside(
    actions: Sequence[AnyAction],
    swapped: Mapping[ActionId, AnyAction],
    *,
    came_out: DecisionOutcome,
    then: DecisionOutcome,
    reason: str,
) -> Iterator[DecisionRule]:
    """Skip remote deletes of a board whose additions are not applied (I18: remote deletes last); naming one overrides a declined addition."""
    adding = _by_board((action.id, action) for action in actions if action.trait.constructive)
    # The two of a pair may be on two boards: swapped, it deletes a pin of the other one.
    for done_as, deleting in (
        (
            (DecisionOutcome.PERFORM, DecisionOutcome.INSTEAD),
            _by_board((one.id, one) for one in actions if one.trait.phase is Phase.REMOTE),
        ),
        ((DecisionOutcome.SWAP,), _by_board(swapped.items())),
    ):
        for board in [board for board in adding if board in deleting]:  # in the plan's order
            yield DecisionRule(
                others=tuple(adding[board]),
                came_out=(came_out,),
                actions=tuple(deleting[board]),
                only=done_as,
                unless_named=came_out is DecisionOutcome.DECLINED,
                then=then,
                reason=reason,
            )


def _by_board(actions: Iterable[tuple[ActionId, AnyAction]]) -> dict[BoardId, list[ActionId]]:
    found: dict[BoardId, list[ActionId]] = {}
    for name, action in actions:
        found.setdefault(action.board_id, []).append(name)
    return found
