"""What a person decided about the actions of a plan; separate data, bound to the plan's digest. Pure.

Decisions take actions away, or exchange the two of a pair of duplicates; they never add one. What an apply does is a
function of plan and decisions alone, so that a run that is taken up again does the same.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from msgspec import UNSET, Struct, UnsetType, field

from pinplan.actions import AnyAction, Dedupe, UpdateMetadata
from pinplan.actions.base import Phase
from pinplan.model.ids import ActionId, Digest, PinId
from pinplan.plan import kind_of
from pinplan.policies.protect import Touched, why_protected

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from pinplan.plan import Plan

FORMAT = "pinplan.decisions"
FORMAT_VERSION = "1.0"


class Verdict(StrEnum):
    """What a person says of an action.

    Skip: it is not done. Swap: of two duplicates the other one goes. Different: they are no duplicates, now and in
    future plans.
    """

    APPROVE = "approve"
    SKIP = "skip"
    SWAP = "swap"
    DIFFERENT = "different"


class Decision(Struct, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=True):
    """What was decided about one action."""

    verdict: Verdict


class Decisions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was decided about a plan; actions that are not named are approved, unless their kind has to be named.

    Attributes:
        plan: the digest of the plan that it is about.
        decided_at: RFC 3339 in UTC; absent where nobody said.
    """

    format: str = FORMAT
    format_version: str = FORMAT_VERSION
    plan: Digest
    decided_at: str | UnsetType = UNSET
    decisions: dict[ActionId, Decision] = field(default_factory=dict)

    def verdict(self, action: ActionId) -> Verdict | None:
        """What was said of an action; None if it is not named."""
        found = self.decisions.get(action)
        return found.verdict if found else None


class Perform(Struct, frozen=True):
    """The action is done.

    Attributes:
        action: as planned, or with the two of its pair exchanged.
        swapped: whether they are.
    """

    action: AnyAction
    swapped: bool = False


class Declined(Struct, frozen=True):
    """The action is not done.

    Attributes:
        reason: in words.
        verdict: what was said of it; None if it follows from what was said of another.
    """

    reason: str
    verdict: Verdict | None = None


class Waiting(Struct, frozen=True):
    """The action is not done as long as nobody has decided about it."""

    reason: str


Fate: TypeAlias = Perform | Declined | Waiting


class Problem(Struct, frozen=True):
    """Something in decisions that cannot be.

    Attributes:
        entry: the action that it is about.
        message: one sentence.
    """

    entry: ActionId
    message: str


def judge(plan: Plan, decisions: Decisions) -> Iterator[Problem]:
    """Everything in decisions that does not fit the plan that they are about."""
    actions = {action.id: action for action in plan.actions}
    leaves: dict[str, ActionId] = {}
    for name, decision in decisions.decisions.items():
        action = actions.get(name)
        if action is None:
            yield Problem(name, f"the plan has no action {name}{_there_are(plan)}")
        elif decision.verdict in {Verdict.SWAP, Verdict.DIFFERENT}:
            if not isinstance(action, Dedupe):
                yield Problem(name, f"{decision.verdict} is for duplicates only, and {name} is a {kind_of(action)}")
            elif decision.verdict is Verdict.SWAP:
                problem = _why_not_swapped(plan, action)
                if problem is not None:
                    yield Problem(name, problem)
                leaves[action.keeper.pin.pin_id] = name
    yield from _left_without(plan, decisions, leaves)


def _there_are(plan: Plan) -> str:
    if not plan.actions:
        return ": it has none at all"
    return f": they are {plan.actions[0].id} to {plan.actions[-1].id}" if len(plan.actions) > 1 else ""


def _why_not_swapped(plan: Plan, action: Dedupe) -> str | None:
    """Why the one that is to stay must not go: a rule that the plan was made under holds for it as well."""
    try:
        other = action.exchanged()
    except ValueError as error:
        return f"{action.id} cannot be swapped: {error}"
    names = {board.id: board.name for board in plan.snapshots.remote.boards}
    protect = plan.policies.protect
    rule = protect and why_protected(
        protect,
        Touched(
            kind=kind_of(other),
            board_id=other.board_id,
            board=names.get(other.board_id, other.address.partition("/")[0]),
            pin_id=other.pin_id,
            paths=other.touched(),
        ),
    )
    return f"{action.id} cannot be swapped: {rule}" if rule else None


def _left_without(plan: Plan, decisions: Decisions, leaves: Mapping[str, ActionId]) -> Iterator[Problem]:
    """Other duplicates of one that leaves: what they show would be left without the picture that was to stand for it."""
    for action in plan.actions:
        swap = leaves.get(action.keeper.pin.pin_id) if isinstance(action, Dedupe) else None
        if swap is None or swap == action.id:
            continue
        if decisions.verdict(action.id) not in {Verdict.SKIP, Verdict.DIFFERENT}:
            yield Problem(swap, f"{swap} removes the pin that {action.id} keeps: skip {action.id} as well")


def decided(
    plan: Plan,
    decisions: Decisions | None,
    required: Collection[str] = (),
    begun: Mapping[ActionId, AnyAction] | None = None,
) -> dict[ActionId, Fate]:
    """What becomes of every action of a plan, in its order.

    Args:
        plan: any plan.
        decisions: about this plan and without a problem (see `judge`); None: nobody decided anything.
        required: kinds that wait until they are named.
        begun: actions that were done or begun in an earlier try, as they were then: a later decision does not change them.
    """
    begun = begun or {}
    fates: dict[ActionId, Fate] = {action.id: _fate(action, decisions, required, begun) for action in plan.actions}
    _pins_that_leave(plan, fates, begun)
    _takeovers(plan, decisions, fates, begun)
    _requirements(plan, fates, begun)
    _deletes_beside_declined(plan, decisions, fates, begun)
    _requirements(plan, fates, begun)  # again: something may need one of those deletes
    return fates


def as_it_was_done(action: AnyAction, pin_id: PinId) -> AnyAction:
    """An action of a plan as a run did it, which noted this pin id with it: the two of a pair may have been exchanged."""
    exchangeable = isinstance(action, Dedupe) and pin_id != action.pin_id and action.keeper.exchange
    return action.exchanged() if exchangeable and isinstance(action, Dedupe) else action


def _fate(
    action: AnyAction, decisions: Decisions | None, required: Collection[str], begun: Mapping[ActionId, AnyAction]
) -> Fate:
    if action.id in begun:
        was = begun[action.id]
        return Perform(was, swapped=was.pin_id != action.pin_id)
    verdict = decisions.verdict(action.id) if decisions else None
    match verdict:
        case None if kind_of(action) in required:
            return Waiting(f"{kind_of(action)} waits for a decision ([apply] require_decisions)")
        case None | Verdict.APPROVE:
            return Perform(action)
        case Verdict.SKIP:
            return Declined("skipped in the decisions", verdict)
        case Verdict.DIFFERENT:
            return Declined("decided to be no duplicate", verdict)
        case Verdict.SWAP:  # pragma: no branch - the last of the verdicts
            # `judge` has let it through: it is of this kind, and can be exchanged.
            return Perform(action.exchanged(), swapped=True) if isinstance(action, Dedupe) else Declined("", verdict)


def _pins_that_leave(plan: Plan, fates: dict[ActionId, Fate], begun: Mapping[ActionId, AnyAction]) -> None:
    """Nothing else is done about a pin that goes in another's place, and nothing that counts on its staying."""
    leaving = {f.action.pin_id: id_ for id_, f in fates.items() if isinstance(f, Perform) and f.swapped}
    for action in plan.actions:
        swap = leaving.get(action.pin_id) or (
            leaving.get(action.keeper.pin.pin_id) if isinstance(action, Dedupe) else None
        )
        if swap is not None and swap != action.id and action.id not in begun and isinstance(fates[action.id], Perform):
            fates[action.id] = Declined(f"the pin that it is about, or that it keeps, goes with {swap}")


def _takeovers(
    plan: Plan, decisions: Decisions | None, fates: dict[ActionId, Fate], begun: Mapping[ActionId, AnyAction]
) -> None:
    """A pin takes over words of its duplicates only if one of them goes, or if somebody said so."""
    serves: dict[str, list[ActionId]] = {}
    for action in plan.actions:
        if isinstance(action, Dedupe):
            serves.setdefault(action.keeper.pin.pin_id, []).append(action.id)
    for action in plan.actions:
        going = serves.get(action.pin_id) if isinstance(action, UpdateMetadata) else None
        if not going or action.id in begun or not isinstance(fates[action.id], Perform):
            continue
        if decisions and decisions.verdict(action.id) is Verdict.APPROVE:
            continue
        if all(isinstance(fates[one], Declined) for one in going):
            fates[action.id] = Declined(f"none of its duplicates goes ({', '.join(going)})")
        elif not any(isinstance(fates[one], Perform) for one in going):
            fates[action.id] = Waiting(f"it waits with {', '.join(going)}")


def _requirements(plan: Plan, fates: dict[ActionId, Fate], begun: Mapping[ActionId, AnyAction]) -> None:
    """What needs a declined action is declined with it, what needs a waiting one waits with it, however far apart."""
    known = {action.id: action.requires for action in plan.actions}
    changed = True
    while changed:
        changed = False
        for name, requires in known.items():
            if name in begun or not isinstance(fates[name], Perform):
                continue
            lost = [fates[one] for one in requires if not isinstance(fates.get(one, fates[name]), Perform)]
            if lost:
                changed = True
                need = ", ".join(one for one in requires if not isinstance(fates.get(one, fates[name]), Perform))
                gone = any(isinstance(fate, Declined) for fate in lost)
                fates[name] = Declined(f"it needs {need}, which was declined") if gone else Waiting(f"it needs {need}")


def _deletes_beside_declined(
    plan: Plan, decisions: Decisions | None, fates: dict[ActionId, Fate], begun: Mapping[ActionId, AnyAction]
) -> None:
    """Where something that adds to a board was declined, pins are deleted only if they were approved by name (I18)."""
    declined: dict[str, ActionId] = {}
    for action in plan.actions:
        if action.trait.constructive and isinstance(fates[action.id], Declined):
            declined.setdefault(action.board_id, action.id)
    for name, fate in fates.items():
        if name in begun or not isinstance(fate, Perform) or fate.action.trait.phase is not Phase.REMOTE:
            continue
        other = declined.get(fate.action.board_id)
        if other is not None and (decisions is None or decisions.verdict(name) is None):
            fates[name] = Declined(f"{other} of its board was declined, and {name} is not approved by name")
