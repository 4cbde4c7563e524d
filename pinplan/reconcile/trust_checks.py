"""Checks on the input of a plan: wrong account, lost scopes, boards that cannot be listed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.actions import CreateBoard
from pinplan.errors.suggestions import suggestion
from pinplan.model.pins import Privacy
from pinplan.model.scopes import secret
from pinplan.plan.document import Finding, FindingKind
from pinplan.policies.limits import SMALL, parse_limit
from pinplan.reconcile.check_results import verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pinplan.actions import AnyAction
    from pinplan.plan.document import Check
    from pinplan.policies.limits import Limit
    from pinplan.reconcile.plan_input import PlanInput
    from pinplan.reconcile.scope import Written


ACCOUNT = "account"
SCOPES = "scopes"
INCOMPLETE_BOARDS = "incomplete-boards"
VANISHED_BOARDS = "vanished-boards"
EVERYTHING_CHANGED = "everything-changed"
UNMATCHED_SELECTORS = "unmatched-selectors"
TRUST_CHECKS = (ACCOUNT, SCOPES, INCOMPLETE_BOARDS, VANISHED_BOARDS, EVERYTHING_CHANGED, UNMATCHED_SELECTORS)


def judge_trust(inputs: PlanInput, actions: Sequence[AnyAction], findings: Sequence[Finding]) -> Iterator[Check]:
    """Run the checks; those on boards and scopes fail only if something is deleted or forgotten (I1)."""
    losing = any(_loses(action) for action in actions)
    yield _account(inputs)
    yield from _scopes(inputs, losing=losing)
    yield _incomplete(inputs, losing=losing)
    yield _vanished(inputs, losing=losing)
    yield _everything_changed(inputs, actions, findings)


def judge_selectors(inputs: PlanInput, actions: Sequence[AnyAction], missing: Sequence[Written]) -> Iterator[Check]:
    """Fail on protections that match nothing, most likely misspelt, if the plan moves or deletes.

    The check exists only if there is such a protection, so that other plans keep their digest.
    """
    protecting = [one for one in missing if one.protects]
    # A misspelt pattern protects nothing, silently, until something is gone.
    if protecting:
        named = ", ".join(f"{one.where} {one.text}" for one in protecting)
        match = "selector matches" if len(protecting) == 1 else "selectors match"
        yield verdict(
            UNMATCHED_SELECTORS,
            tripped=any(action.affected_paths() or action.deletes_pin for action in actions),
            count=len(protecting),
            total=None,
            limit="0",
            message=f"{len(protecting):,} protecting {match} nothing: {named}.",
            allow=inputs.allow,
        )


def _loses(action: AnyAction) -> bool:
    return action.trashes_file or action.deletes_pin or action.trait.forgets


def _account(inputs: PlanInput) -> Check:
    ours, found = inputs.base.account_id, inputs.remote.account
    # A new library belongs to no account yet: the first apply binds it.
    other = ours is not None and ours != found.id
    return verdict(
        ACCOUNT,
        tripped=other,
        count=int(other),
        total=None,
        limit="the library's own",
        message=f"the token belongs to account {found.id} ({found.username})"
        + (f", the library to {ours}. Sign in as the account of this library." if other else "."),
        allow=None,
    )


def _scopes(inputs: PlanInput, *, losing: bool) -> Iterator[Check]:
    """Without a scope whole boards are invisible, secret ones above all (I6). Only if the scopes of both times are known."""
    before, now = set(inputs.base.scopes), set(inputs.remote.scopes)
    if not before or not now:
        return
    missing = sorted(before - now)
    yield verdict(
        SCOPES,
        tripped=bool(missing) and losing,
        count=len(missing),
        total=len(before),
        limit="the scopes of the last apply",
        message=f"the token has lost scopes since the last apply: {', '.join(missing)}."
        if missing
        else "the token has every scope of the last apply.",
        allow=inputs.allow,
    )


def _incomplete(inputs: PlanInput, *, losing: bool) -> Check:
    wanted = [board for board in inputs.remote.boards if board.listed]
    broken = sum(not board.complete for board in wanted)
    limit = parse_limit(inputs.policies.further_limits.incomplete_boards)
    words = "boards could not be listed completely"
    return _share(inputs, INCOMPLETE_BOARDS, broken, len(wanted), limit, words, losing=losing)


def _vanished(inputs: PlanInput, *, losing: bool) -> Check:
    known = {record.board_id for record in inputs.base.tracked}
    # Excluded boards are listed, too: only boards that Pinterest no longer names count.
    vanished = known - {board.board.id for board in inputs.remote.boards}
    limit = parse_limit(inputs.policies.further_limits.vanished_boards)
    words = "boards with tracked files are no longer listed"
    return _share(inputs, VANISHED_BOARDS, len(vanished), len(known), limit, words, losing=losing)


def _share(inputs: PlanInput, name: str, count: int, total: int, limit: Limit, words: str, *, losing: bool) -> Check:
    """A check on a share of the boards; it trips only if the plan deletes or forgets something."""
    return verdict(
        name,
        tripped=losing and count > limit.most(total, small=0),
        count=count,
        total=total,
        limit=str(limit),
        message=f"{count:,} of {total:,} {words} (limit {limit}).",
        allow=inputs.allow,
    )


def _everything_changed(inputs: PlanInput, actions: Sequence[AnyAction], findings: Sequence[Finding]) -> Check:
    """Fail if every file differs from its record: a wrong disk, a failing one, or ransomware; nothing is fetched over it (I5)."""
    here = inputs.local.by_path
    present = sum(map(here.__contains__, [record.path for record in inputs.base.tracked]))
    changed = sum(action.mends for action in actions)
    changed += sum(finding.kind is FindingKind.MODIFIED_LOCALLY for finding in findings)
    return verdict(
        EVERYTHING_CHANGED,
        tripped=bool(actions) and changed >= present > SMALL,
        count=changed,
        total=present,
        limit="never all at once",
        message=f"[library] {changed:,} of {present:,} files are damaged or changed.",
        allow=inputs.allow,
    )


def missing_scopes(inputs: PlanInput, actions: Sequence[AnyAction]) -> Iterator[Finding]:
    """At most one finding: the scopes that the plan needs and the token lacks, and how many actions need them."""
    # Empty if Pinterest never named them, as for a token from the environment.
    granted = set(inputs.remote.scopes)
    if not granted:
        return
    # Writes to secret boards need the `_secret` scopes besides the plain ones.
    hidden = {board.board.id for board in inputs.remote.boards if board.board.privacy is Privacy.SECRET}
    # Boards that the plan creates as secret ones.
    hidden |= {action.board_id for action in actions if isinstance(action, CreateBoard) and action.is_secret}
    lacking = [
        set(_needed(action, secret_board=not hidden.isdisjoint({action.board_id, *action.changed_boards}))) - granted
        for action in actions
    ]
    missing = sorted(set().union(*lacking))
    if missing:
        count = sum(map(bool, lacking))
        words = ("auth", "login", "--write", *(["--secret"] if any(map(_of_secret_boards, missing)) else []))
        message = _message(count, missing, suggestion(*words))
        yield Finding(kind=FindingKind.BLOCKED, address=".", message=message, count=count, commands=(words,))


def _needed(action: AnyAction, *, secret_board: bool) -> tuple[str, ...]:
    return (*action.scopes, *secret(action.scopes)) if secret_board else action.scopes


def _of_secret_boards(scope: str) -> bool:
    return scope.endswith("_secret")


def _message(count: int, missing: list[str], sign_in: str) -> str:
    return (
        f"{count:,} {'action' if count == 1 else 'actions'} of this plan will not be done on Pinterest: the token lacks the "
        f"{'scope' if len(missing) == 1 else 'scopes'} {', '.join(missing)}. Sign in with: {sign_in}"
    )
