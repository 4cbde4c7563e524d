"""Turn actions and findings into plan content: protect, narrow and check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.errors import ConfigError
from pinplan.model.planned_ids import planned_board
from pinplan.plan.document import Finding, FindingKind, kind_of
from pinplan.policies.protect import Protect, Touched, why_protected
from pinplan.reconcile.checks import judge
from pinplan.reconcile.closed_features import about_closed, without_closed
from pinplan.reconcile.consent import asked_once
from pinplan.reconcile.dependencies import filled, in_order, left_without
from pinplan.reconcile.findings import about_boards, compares, folders_for_files
from pinplan.reconcile.plan_input import PlanContent, PlanInput
from pinplan.reconcile.scope import ScopeFilter, findings_of, narrow, narrow_findings, problem_of, unmatched
from pinplan.reconcile.trust_checks import missing_scopes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pinplan.actions import AnyAction
    from pinplan.model.ids import BoardId


def finalise(
    inputs: PlanInput, actions: Sequence[AnyAction], findings: Iterable[Finding], *, postponed: int = 0
) -> PlanContent:
    """Build the plan content: actions in apply order and numbered, findings by kind and address.

    Args:
        inputs: of the plan.
        actions: in any order.
        findings: likewise.
        postponed: uploads left for later days, which count against the limit as well.

    Raises:
        ConfigError: a command-line selector matches nothing; suggests similar names.
    """
    # Before narrowing: a selector for a file that only this plan places does match.
    missing = unmatched(inputs, actions)
    # A typo on the command line is an error at once; in the config it is a finding, for a board may be renamed any day.
    if any(one.typed for one in missing):
        raise ConfigError([problem_of(one, inputs) for one in missing if one.typed])
    possible, impossible = without_closed(inputs, actions)
    allowed, blocked = _guarded(inputs, possible)
    scope = ScopeFilter(inputs.scope, inputs.remote.boards)
    ordered = in_order(filled(narrow(allowed, scope)))
    found = [*findings, *blocked, *about_closed(inputs, narrow(impossible, scope))]
    reported = [
        *asked_once(folders_for_files(narrow_findings(found, scope))),
        *about_boards(inputs, scope),
        *missing_scopes(inputs, ordered),
    ]
    reported += findings_of(missing, inputs)
    return PlanContent(
        actions=ordered,
        findings=tuple(sorted(reported, key=_by_kind_and_address)),
        # Findings of all boards: a narrowed plan must not hide that everything changed.
        checks=judge(inputs, ordered, found, missing, postponed),  # over the whole library, whatever the scope
        compares=compares(inputs, scope),
    )


def _by_kind_and_address(finding: Finding) -> tuple[str, ...]:
    return finding.kind, finding.address, finding.pin_id or "", finding.path or "", finding.message


def _guarded(inputs: PlanInput, actions: Sequence[AnyAction]) -> tuple[Sequence[AnyAction], list[Finding]]:
    """Split actions into allowed ones and findings for those that ``[protect]`` blocks."""
    protect = inputs.policies.protect
    if not protect:
        return actions, []
    names = {board.board.id: board.board.name for board in inputs.remote.boards}
    allowed: list[AnyAction] = []
    blocked: list[Finding] = []
    for action in actions:
        reason = _why_blocked(protect, action, names)
        if reason is None:
            allowed.append(action)
        else:
            blocked.append(_blocked(action, reason))
    unmet = left_without(allowed, actions)
    blocked += [_blocked(action, "it needs an action that [protect] blocks") for action in unmet]
    dropped = {id(action) for action in unmet}
    return [action for action in allowed if id(action) not in dropped], blocked


def _why_blocked(protect: Protect, action: AnyAction, names: dict[BoardId, str]) -> str | None:
    for board_id in sorted({action.board_id, *action.changed_boards}):
        name = names.get(board_id) or planned_board(board_id) or action.address.partition("/")[0]
        for pin_id in action.guarded_pins():
            touched = Touched(
                kind=kind_of(action),
                board_id=board_id,
                board=name,
                pin_id=pin_id,
                paths=action.guarded_paths(),
                deletes_pin=action.deletes_pin,
            )
            reason = why_protected(protect, touched)
            if reason is not None:
                return reason
    return None


def _blocked(action: AnyAction, reason: str) -> Finding:
    paths = action.affected_paths()
    return Finding(
        kind=FindingKind.BLOCKED,
        address=action.address,
        pin_id=action.pin_id,
        path=paths[0] if paths else None,
        message=f"not done: {reason}. It would be: {action.describe().effect}",
    )
