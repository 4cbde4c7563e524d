"""Refusals by Pinterest during a run, and the requests that they rule out.

A refusal can concern one pin, one kind of request, or writing as such. In any case local work continues: files are
fetched, moved and trashed as planned.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from pinplan.actions.base import Phase
from pinplan.errors import ApiRefused, FeatureRestricted, PermissionMissing, SpamBlocked, TrialRefused
from pinplan.plan.document import kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pinplan.actions import AnyAction
    from pinplan.errors import PinplanError
    from pinplan.model.features import Feature
    from pinplan.model.ids import ActionId


_CLOSED = "Pinterest does not offer this feature to your app"
_TRIAL = "Pinterest does not allow this for apps with Trial access"
_KNOWN = "Pinterest refused this to your app in an earlier run; the next plan says when it is tried again"


class Refusals:
    """Collects refusals, and the actions that they block.

    Attributes:
        reported: one error of each type, for the advice at the end of the run.
        closed, worked: features that Pinterest refused to the app, and those of which a request succeeded.
    """

    def __init__(
        self, granted: Iterable[str], known: Iterable[Feature] = (), actions: Sequence[AnyAction] = ()
    ) -> None:
        """Begin with none.

        Args:
            granted: the token's scopes, if known.
            known: features that an earlier run was refused.
            actions: those of the run.
        """
        self.reported: list[PinplanError] = []
        self._granted = frozenset(granted)
        self._writing: str | None = None
        self._kinds: dict[str, str] = {}
        self._known, self._needed = frozenset(known), _needed_by_all(actions)
        self._closed: dict[Feature, str] = {}
        self.worked: set[Feature] = set()

    @property
    def closed(self) -> frozenset[Feature]:
        """See the class."""
        return frozenset(self._closed)

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
                self._close(action, error, _TRIAL)
            case FeatureRestricted(writes=True):
                self._close(action, error, _CLOSED)
            case _:
                pass
        if isinstance(error, PermissionMissing) or (isinstance(error, ApiRefused) and error.meaning):
            self._report(error)

    def why_not(self, action: AnyAction) -> str | None:
        """Why an action must not be attempted; None if it may be. Only writes to Pinterest are ever held back."""
        if not action.scopes:
            return None
        # Unknown scopes (an environment token) are no reason to refuse: Pinterest answers for them.
        missing = [scope for scope in action.scopes if scope not in self._granted] if self._granted else []
        if missing:
            self._report(PermissionMissing("writing to Pinterest", needed=action.scopes, missing=missing))
            return f"the token lacks {', '.join(missing)}"
        closed = next((why for one, why in self._closed.items() if one in self._features_of(action)), None)
        return self._writing or closed or self._kinds.get(kind_of(action))

    def why_not_now(self, action: AnyAction) -> str | None:
        """The same, just before it: nothing is sent ahead of a request that an earlier run was refused, unless one has succeeded since."""
        ahead = action.trait.sends_ahead or action.trait.creates_place
        known = ahead and bool(self._features_of(action) & (self._known - self.worked))
        return self.why_not(action) or (_KNOWN if known else None)

    def succeeded(self, action: AnyAction) -> None:
        """Learn from an action that was carried out."""
        self.worked.update(action.trait.features)

    def _close(self, action: AnyAction, error: ApiRefused, why: str) -> None:
        # By request: an app may be refused videos, and still be allowed to create pins.
        refused = [one for one in action.trait.features if error.what.startswith(one.request)]
        self._closed.update(dict.fromkeys(refused, why))
        if not refused:
            self._kinds[kind_of(action)] = why

    def _features_of(self, action: AnyAction) -> frozenset[Feature]:
        return self._needed.get(action.id, frozenset(action.trait.features))

    def _report(self, error: PinplanError) -> None:
        if all(type(one) is not type(error) for one in self.reported):
            self.reported.append(error)


def tried_first(actions: Sequence[AnyAction]) -> list[AnyAction]:
    """The actions of a run, with those in front of new boards and sections that show whether Pinterest lets the app fill them.

    A board that is created stays, even if everything is refused that should come to it. So what goes to a board that is there
    comes first; or else the first new board is followed by what comes to it, and the others by the rest.
    """
    places = [action for action in actions if action.trait.creates_place]
    needed = _needed_by_all(actions) if places else {}
    unproven = {one for action in places for one in needed[action.id] if one not in action.trait.features}
    if not unproven:
        return list(actions)
    here, new = {action.id: action for action in actions}, {action.id for action in places}
    first: list[AnyAction] = []
    for feature in sorted(unproven):
        fit = [action for action in actions if feature in action.trait.features and not action.trait.sends_ahead]
        # What it needs besides places was done in an earlier phase.
        fit = [
            one for one in fit if all(here[need].trait.phase <= Phase.PLACE for need in one.requires if need in here)
        ]
        found = min(fit, key=lambda one: len(new.intersection(_places_of(one, here))), default=None)
        if found is not None and found.trait.phase > Phase.PLACE:
            first += [*(here[need] for need in _places_of(found, here) if need in new), found]
    ahead = dict.fromkeys(action.id for action in first)
    before = [action for action in actions if action.trait.phase < Phase.PLACE and action.id not in ahead]
    after = [action for action in actions if action.trait.phase >= Phase.PLACE and action.id not in ahead]
    return [*before, *(here[one] for one in ahead), *after]


def _places_of(action: AnyAction, here: Mapping[ActionId, AnyAction]) -> Iterator[ActionId]:
    """What an action needs, each after what it needs itself."""
    for need in [one for one in action.requires if one in here]:
        yield from _places_of(here[need], here)
        yield need


def _of_secret_boards(error: PermissionMissing) -> bool:
    return bool(error.missing) and all(scope.endswith("_secret") for scope in error.missing)


def _needed_by_all(actions: Sequence[AnyAction]) -> Mapping[ActionId, frozenset[Feature]]:
    """The features that each new board or section needs, with those that everything needs for which it is created."""
    needed = {action.id: frozenset(action.trait.features) for action in actions}
    requiring: dict[ActionId, list[ActionId]] = defaultdict(list)
    for action in actions:
        for one in action.requires:
            requiring[one].append(action.id)
    # A section before its board: what comes to the section comes to the board.
    for place in (action for action in reversed(actions) if action.trait.creates_place and requiring[action.id]):
        needed[place.id] |= frozenset.intersection(*(needed[one] for one in requiring[place.id]))
    return needed
