"""The order in which a plan is applied, and the numbers of its actions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from pinplan.model.ids import ActionId

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinplan.actions import AnyAction


def in_order(actions: Sequence[AnyAction]) -> tuple[AnyAction, ...]:
    """Sorted by phase (deletes last, Pinterest at the very end: I18), then address; numbered from ``0001``, each with those that it requires."""
    ordered = sorted(actions, key=lambda action: (action.trait.phase, action.address, action.pin_id))
    width = max(4, len(str(len(ordered))))
    names = [ActionId(f"{number:0{width}d}") for number in range(1, len(ordered) + 1)]
    moved = dict(way for action in ordered if (way := action.moves()) is not None)
    placed = [action.after_moves(moved) for action in ordered]
    provided = {one: name for name, action in zip(names, placed, strict=True) for one in action.provides()}
    return tuple(
        replace(action, id=name, requires=tuple(sorted({provided[one] for one in action.needs() if one in provided})))
        for name, action in zip(names, placed, strict=True)
    )
