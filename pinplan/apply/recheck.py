"""Checks that an apply repeats from its own base and config (I11, I5, I10).

A plan claims that its checks passed, and so can an edited one. Whatever the library can verify without reading Pinterest again
is verified here. If plan and config differ, both apply: the stricter one wins.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from pinplan.errors import ApprovalNeeded, NotAPlan, SafetyStop
from pinplan.model.pins import Privacy
from pinplan.model.planned_ids import planned_board
from pinplan.plan.document import CheckStatus, kind_of
from pinplan.policies.protect import Touched, why_protected
from pinplan.reconcile.delete_checks import judge_again
from pinplan.reconcile.move_checks import judge_moves
from pinplan.reconcile.place_checks import judge_places
from pinplan.reconcile.upload_checks import judge_uploads

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from pinplan.actions import AnyAction
    from pinplan.apply.decided_plan import DecidedPlan
    from pinplan.apply.executor import ExecutorOptions
    from pinplan.model.base import Tracked
    from pinplan.model.ids import ActionId, BoardId, PinId
    from pinplan.plan.document import Plan
    from pinplan.policies.bundle import Policies
    from pinplan.records.journal import RunRecord
    from pinplan.records.seals import SealKey


def check_ids(plan: Plan) -> None:
    """Require unique action ids. Raises `NotAPlan`."""
    several = [name for name, count in Counter(action.id for action in plan.actions).items() if count > 1]
    if several:
        raise NotAPlan(f"not a plan made by pinplan: several actions have the id {several[0]!r}")


def needs_approval(plan: Plan, key: SealKey, run: RunRecord | None) -> bool:
    """Whether a plan requires approval: no valid seal, and an action of a kind that needs one.

    A run of the same plan exists only if the plan was approved when the run began.
    """
    return run is None and any(action.trait.needs_approval for action in plan.actions) and not key.is_valid(plan)


def check_approved(plan: Plan, settings: ExecutorOptions, key: SealKey, run: RunRecord | None) -> None:
    """Require a plan that was made here or approved. Raises `ApprovalNeeded`."""
    if settings.answered or settings.approves(plan) or not needs_approval(plan, key, run):
        return
    counts = Counter(kind_of(action) for action in plan.actions if action.trait.needs_approval)
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(counts.items()))
    raise ApprovalNeeded(
        f"approval required: the plan was not made on this computer, or was edited since (no valid seal), and contains {kinds}"
    )


def allowances(plan: Plan, settings: ExecutorOptions, *, sealed: bool) -> dict[str, int]:
    """The raised limits of the plan, if it is trusted: anyone can add a figure to the file."""
    # Without a seal an edited file could lift its own limits.
    return plan.allow if sealed or settings.approves(plan) else {}


def check_again(
    decided_plan: DecidedPlan,
    records: Sequence[Tracked],
    done: set[ActionId],
    settings: ExecutorOptions,
    allow: Mapping[str, int],
    published: Collection[PinId] = (),
    *,
    sealed: bool,
) -> None:
    """Judge limits and protection again.

    Args:
        decided_plan: what is to be done, including what the run already did: limits are judged over the whole.
        records: the base when the run began.
        done: what the run already did.
        settings: with the config's own policies.
        allow: raised limits.
        published: pins that this library uploaded or posted, which an undo may take back.
        sealed: whether the board names in the plan can be trusted.

    Raises:
        SafetyStop: with all that failed.
    """
    plan, actions = decided_plan.plan, decided_plan.actions
    # Protection concerns what is still to come; limits (below) everything, or a resume could delete as much again.
    left = [action for action in actions if action.id not in done]
    # Anyone could call a delete an undo: without seal or approval every pin counts, as allowances do not.
    taken_back = published if sealed or settings.approves(plan) else ()
    # Both sets of limits apply: neither an old plan nor a loosened config widens the other (I11: judge again).
    rules = [plan.policies] if settings.policies is None else [plan.policies, settings.policies]
    failed = [
        check.message
        for policies in rules
        for check in (
            *judge_again(policies, allow, records, actions, taken_back),
            *judge_moves(policies, allow, records, actions),
            *judge_uploads(policies, actions, allow),
            *judge_places(policies, actions, allow),
        )
        if check.status is CheckStatus.FAIL
    ]
    boards = _Boards(plan, records, sealed=sealed)
    failed += [message for policies in rules for message in _protected(policies, left, boards)]
    failed += [message for policies in rules for message in _of_others(policies, left, boards)]
    failed += [message for policies in rules for message in _public(policies, left)]
    if failed:
        # Plan and config often fail in the same words: each message once.
        raise SafetyStop(list(dict.fromkeys(failed)))


class _Boards:
    """The ids and names by which a rule may mean the board of an action."""

    def __init__(self, plan: Plan, records: Sequence[Tracked], *, sealed: bool) -> None:
        self._planned = {board.id: board.name for board in plan.snapshots.remote.boards}
        self._folders: dict[BoardId, set[str]] = defaultdict(set)
        if not sealed:  # names in the plan cannot be trusted then: take the board folders in the base as well
            for record in records:
                self._folders[record.board_id].add(record.container.partition("/")[0])
        self._sealed = sealed

    def planned(self, action: AnyAction) -> str:
        return self.name(action, action.board_id)

    def name(self, action: AnyAction, board_id: BoardId) -> str:
        return self._planned.get(board_id) or planned_board(board_id) or action.address.partition("/")[0]

    def of(self, action: AnyAction) -> Iterator[tuple[BoardId, str]]:
        """All ids and names; under a valid seal only those that the plan was judged by when it was made."""
        concerned = {action.board_id, *action.changed_boards}
        yield from ((board, self.name(action, board)) for board in sorted(concerned))
        if self._sealed:
            return
        for board in sorted(concerned | {record.board_id for record in action.records()}):
            for name in sorted({self._planned.get(board, ""), *self._folders[board]}):
                yield board, name


def _protected(policies: Policies, actions: Sequence[AnyAction], boards: _Boards) -> Iterator[str]:
    protect = policies.protect
    if not protect:
        return
    for action in actions:
        touched = (
            Touched(
                kind=kind_of(action),
                board_id=board_id,
                board=name,
                pin_id=pin_id,
                paths=action.guarded_paths(),
                deletes_pin=action.deletes_pin,
            )
            for pin_id in action.guarded_pins()
            for board_id, name in boards.of(action)
        )
        reason = next((why for one in touched if (why := why_protected(protect, one)) is not None), None)
        if reason is not None:
            yield f"[{action.address}] {reason} ([protect]), and the plan would {action.describe().effect}."


def _public(policies: Policies, actions: Sequence[AnyAction]) -> Iterator[str]:
    """Boards that are not secret although new ones are to be (I31: nothing is published that was not named)."""
    for action in actions:
        privacy = getattr(action, "privacy", Privacy.SECRET)
        if privacy not in {Privacy.SECRET, policies.about_uploads.new_boards.privacy}:
            yield f"[{action.address}] the plan creates a {privacy.value.lower()} board, and new boards are secret ([upload] new_boards)."


def _of_others(policies: Policies, actions: Sequence[AnyAction], boards: _Boards) -> Iterator[str]:
    for action in actions:
        if not getattr(action, "of_others", False):
            continue
        trait = action.trait
        if trait.moves_remote or trait.renames or trait.uploads or trait.creates_place:
            if not any(policies.may_write_to(boards.name(action, one), one) for one in action.changed_boards):
                yield f"[{action.address}] a board belongs to another account, and no rule allows changing it."
        elif not policies.may_delete_of_others(boards.planned(action), action.board_id, action.pin_id):
            yield f"[{action.address}] pin {action.pin_id} belongs to another account, and no rule allows deleting it."
