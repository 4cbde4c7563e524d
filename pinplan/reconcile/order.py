"""The order in which a plan is applied, and the numbers of its actions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from pinplan.model.ids import ActionId

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinplan.actions import AnyAction


def in_order(actions: Sequence[AnyAction]) -> tuple[AnyAction, ...]:
    """Sorted by phase (deletes last, Pinterest at the very end: I18), then address; numbered from ``0001``."""
    ordered = sorted(actions, key=lambda action: (action.trait.phase, action.address, action.pin_id))
    width = max(4, len(str(len(ordered))))
    return tuple(replace(action, id=ActionId(f"{number:0{width}d}")) for number, action in enumerate(ordered, start=1))
