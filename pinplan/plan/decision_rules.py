"""What follows from decisions, as data: rules that are made here alone, and followed by an apply and by the page alike. Pure.

An action starts out as it was decided; a rule says what becomes of it when others came out in some way. No rule performs anything:
each only takes actions away, so that following them ends.
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

    Perform: it is done as planned. Swap: done with the two of its pair exchanged. Declined: not done. Waiting: not done before a
    decision. Held: not done before others that wait.
    """

    PERFORM = "perform"
    SWAP = "swap"
    DECLINED = "declined"
    WAITING = "waiting"
    HELD = "held"


PERFORMED = (DecisionOutcome.PERFORM, DecisionOutcome.SWAP)


class DecisionRule(Struct, frozen=True, kw_only=True):
    """A rule: the outcome of some actions, given the outcome of others.

    Attributes:
        others: the actions that are looked at.
        came_out: how they came out for the rule to hold.
        every: all of them did, not just any.
        actions: of what something becomes.
        only: those of them that would come out so.
        unless_named: not of those that the decisions name.
        then: what becomes of them.
        reason: why, with ``{others}`` (those that came out so), ``{first}`` of them and ``{action}``.
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
"""Each is followed until nothing changes any more, then the next."""


class OutcomeChange(NamedTuple):
    """What became of an action by a rule, and why."""

    outcome: DecisionOutcome
    reason: str


def rules_of(actions: Sequence[AnyAction]) -> Rounds:
    """All rules about the actions of a plan."""
    swapped = {action.id: other for action in actions if (other := swapped_of(action)) is not None}
    return (
        (
            *_pins_that_leave(actions, swapped),
            *_taken_over_words(actions),
            *_requirements(actions, DecisionOutcome.DECLINED, "it needs {others}, which was declined"),
            *_requirements(actions, DecisionOutcome.WAITING, "it needs {others}"),
            *_deletes_beside(
                actions,
                swapped,
                came_out=DecisionOutcome.DECLINED,
                then=DecisionOutcome.DECLINED,
                reason="{first} of its board was declined, and {action} is not approved by name",
            ),
        ),
        (
            *_deletes_beside(
                actions,
                swapped,
                came_out=DecisionOutcome.WAITING,
                then=DecisionOutcome.HELD,
                reason="{first} of its board waits for a decision",
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
    """What becomes of actions by rules; those of which nothing does are left out.

    Args:
        rounds: the rules.
        starts: what was decided.
        named: the actions that the decisions name.
        fixed: actions of which nothing becomes any more: they were done.
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
        return action.exchanged()
    except ValueError:
        return None


def _pins_that_leave(actions: Sequence[AnyAction], swapped: Mapping[ActionId, AnyAction]) -> Iterator[DecisionRule]:
    """Decline other actions on a pin that a swap removes, and those that rely on it (I21)."""
    about: dict[PinId, list[ActionId]] = defaultdict(list)
    for action in actions:
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
                then=DecisionOutcome.DECLINED,
                reason="the pin that it is about, or that it keeps, goes with {others}",
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
            for came_out, then, reason in (
                ((DecisionOutcome.DECLINED,), DecisionOutcome.DECLINED, "none of its duplicates goes ({others})"),
                (
                    (DecisionOutcome.DECLINED, DecisionOutcome.WAITING),
                    DecisionOutcome.WAITING,
                    "it waits with {others}",
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


def _requirements(actions: Sequence[AnyAction], outcome: DecisionOutcome, reason: str) -> Iterator[DecisionRule]:
    """What needs an action that is not done is not done, either. The other one of a pair needs nothing: see ``exchanged``."""
    known = {action.id for action in actions}
    for action in actions:
        others = tuple(one for one in action.requires if one in known)
        if others:
            yield DecisionRule(
                others=others,
                came_out=(outcome,),
                actions=(action.id,),
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
    """Skip remote deletes of a board whose additions are not applied (I18), unless approved by name beside a declined one."""
    adding = _by_board((action.id, action) for action in actions if action.trait.constructive)
    # Exchanged, the two of a pair may be of two boards: what is deleted then is of the other one.
    for done_as, deleting in (
        (DecisionOutcome.PERFORM, _by_board((one.id, one) for one in actions if one.trait.phase is Phase.REMOTE)),
        (DecisionOutcome.SWAP, _by_board(swapped.items())),
    ):
        for board in [board for board in adding if board in deleting]:  # in the plan's order
            yield DecisionRule(
                others=tuple(adding[board]),
                came_out=(came_out,),
                actions=tuple(deleting[board]),
                only=(done_as,),
                unless_named=came_out is DecisionOutcome.DECLINED,
                then=then,
                reason=reason,
            )


def _by_board(actions: Iterable[tuple[ActionId, AnyAction]]) -> dict[BoardId, list[ActionId]]:
    found: dict[BoardId, list[ActionId]] = {}
    for name, action in actions:
        found.setdefault(action.board_id, []).append(name)
    return found
