"""Whether the token may do what a plan asks of Pinterest, as far as its scopes are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.errors.suggestions import suggestion
from pinplan.model.needs import secret
from pinplan.model.pins import Privacy
from pinplan.plan.document import Finding, FindingKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pinplan.actions import AnyAction
    from pinplan.reconcile.plan_input import World


def missing_scopes(world: World, actions: Sequence[AnyAction]) -> Iterator[Finding]:
    """At most one finding: which scopes the plan needs and the token lacks, and how many actions need them."""
    granted = set(world.remote.scopes)
    if not granted:
        return
    hidden = {board.board.id for board in world.remote.boards if board.board.privacy is Privacy.SECRET}
    lacking = [set(_needed(action, secret_board=action.board_id in hidden)) - granted for action in actions]
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
