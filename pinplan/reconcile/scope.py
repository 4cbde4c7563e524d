"""Narrow a plan to some addresses. Narrowing only ever takes actions away (I9)."""

from __future__ import annotations

import fnmatch
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinplan.actions import AnyAction
    from pinplan.plan import Scope


def narrow(actions: Sequence[AnyAction], scope: Scope) -> list[AnyAction]:
    """The actions that the targets name (all, if there are none) and the excludes do not."""
    if not scope.targets and not scope.excludes:
        return list(actions)
    return [action for action in actions if in_scope(action.address, scope, *action.pin_ids)]


def in_scope(address: str, scope: Scope, *pin_ids: str) -> bool:
    """Whether something at an address, about one or several pins, is targeted and not excluded."""
    targeted = not scope.targets or _any_names(scope.targets, address, pin_ids)
    return targeted and not _any_names(scope.excludes, address, pin_ids)


def _any_names(wanted: Sequence[str], address: str, pin_ids: Sequence[str]) -> bool:
    return any(names(one, address, pin_id) for one in wanted for pin_id in pin_ids)


def names(wanted: str, address: str, pin_id: str) -> bool:
    """A pin id, an address, the beginning of one up to a ``/``, or a pattern with ``*`` and ``?`` for any of these."""
    wanted = unicodedata.normalize("NFC", wanted).rstrip("/")
    if wanted == pin_id:
        return True
    whole = address.partition("#")[0]
    if wanted in {whole, address} or whole.startswith(f"{wanted}/"):
        return True
    return fnmatch.fnmatchcase(whole, wanted) or fnmatch.fnmatchcase(whole, f"{wanted}/*")
