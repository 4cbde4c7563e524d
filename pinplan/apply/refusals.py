"""Refusals by Pinterest during a run, and the requests that they rule out.

A refusal can concern one pin, one kind of request, or writing as such. In any case local work continues: files are
fetched, moved and trashed as planned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.errors import ApiRefused, FeatureRestricted, PermissionMissing, SpamBlocked, TrialRefused
from pinplan.plan.document import kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pinplan.actions import AnyAction
    from pinplan.errors import PinplanError
    from pinplan.model.features import Feature


_CLOSED = "Pinterest does not offer this feature to your app"


class Refusals:
    """Collects refusals, and the actions that they block.

    Attributes:
        told: one error of each type, for the advice at the end of the run.
        closed, worked: features that Pinterest refused to the app, and those of which a request succeeded.
    """

    def __init__(self, granted: Iterable[str]) -> None:
        """Begin with none; ``granted`` are the token's scopes, if known."""
        self.told: list[PinplanError] = []
        self._granted = frozenset(granted)
        self._writing: str | None = None
        self._kinds: dict[str, str] = {}
        self.closed: set[Feature] = set()
        self.worked: set[Feature] = set()

    def take(self, action: AnyAction, error: PinplanError) -> None:
        """Learn from the error of an action."""
        match error:
            # Further writes after a spam verdict risk the account.
            case SpamBlocked(writes=True):
                self._writing = "writes to Pinterest stopped for this run: Pinterest rejected the last change as spam"
            # A missing `_secret` scope concerns secret boards only: writes to all others still work.
            case PermissionMissing(writes=True) if not _of_secret_boards(error):
                self._writing = "writes to Pinterest stopped for this run: the token lacks a scope"
            # By kind: an app may be refused creates, or PATCH on pins (a beta endpoint), and still be allowed to delete.
            case TrialRefused(writes=True):
                self._kinds[kind_of(action)] = "Pinterest does not allow this for apps with Trial access"
            case FeatureRestricted(writes=True) if action.trait.feature is not None:
                self.closed.add(action.trait.feature)
            case FeatureRestricted(writes=True):
                self._kinds[kind_of(action)] = _CLOSED
            case _:
                pass
        if isinstance(error, PermissionMissing) or (isinstance(error, ApiRefused) and error.meaning):
            self._tell(error)

    def why_not(self, action: AnyAction) -> str | None:
        """Why an action must not be attempted; None if it may be. Only writes to Pinterest are ever held back."""
        if not action.scopes:
            return None
        # Unknown scopes (an environment token) are no reason to refuse: Pinterest answers for them.
        missing = [scope for scope in action.scopes if scope not in self._granted] if self._granted else []
        if missing:
            self._tell(PermissionMissing("writing to Pinterest", needed=action.scopes, missing=missing))
            return f"the token lacks {', '.join(missing)}"
        if action.trait.feature in self.closed:
            return self._writing or _CLOSED
        return self._writing or self._kinds.get(kind_of(action))

    def succeeded(self, action: AnyAction) -> None:
        """Learn from an action that was carried out."""
        if action.trait.feature is not None:
            self.worked.add(action.trait.feature)

    def _tell(self, error: PinplanError) -> None:
        if all(type(one) is not type(error) for one in self.told):
            self.told.append(error)


def _of_secret_boards(error: PermissionMissing) -> bool:
    return bool(error.missing) and all(scope.endswith("_secret") for scope in error.missing)
