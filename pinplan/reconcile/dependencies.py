"""Order actions by what they need from each other, and keep together those that depend on each other. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from pinplan.actions.creating_place import CreatingPlace
from pinplan.actions.provisions import PlaceAt
from pinplan.model.ids import ActionId

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pinplan.actions import AnyAction
    from pinplan.actions.provisions import Provision


def in_order(actions: Sequence[AnyAction]) -> tuple[AnyAction, ...]:
    """Sort by phase (deletes last, Pinterest at the very end: I18) and address; number from ``0001``; resolve requirements."""
    ordered = sorted(
        actions,
        key=lambda action: (action.trait.phase, action.trait.sends_ahead, action.address, action.pin_id),
    )
    width = max(4, len(str(len(ordered))))
    names = [ActionId(f"{number:0{width}d}") for number in range(1, len(ordered) + 1)]
    # Moves run first: a copy whose source is moved by this plan must read the new path.
    moved = dict(way for action in ordered if (way := action.moves()) is not None)
    placed = [action.after_moves(moved) for action in ordered]
    provided = {one: name for name, action in zip(names, placed, strict=True) for one in action.provides()}
    return tuple(
        replace(action, id=name, requires=tuple(sorted({provided[one] for one in action.needs() if one in provided})))
        for name, action in zip(names, placed, strict=True)
    )


def with_needed(actions: Iterable[AnyAction], everything: Sequence[AnyAction]) -> list[AnyAction]:
    """Actions of a plan plus those that they need; Terraform's ``-target`` includes dependencies in the same way."""
    providers = _providers(everything)
    # By identity: numbers are assigned only to the actions that remain.
    wanted = {id(action) for action in actions}
    queue = [action for action in everything if id(action) in wanted]
    for action in queue:  # grows while it runs
        for need in action.needs():
            provider = providers.get(need)
            if provider is not None and id(provider) not in wanted:
                wanted.add(id(provider))
                queue.append(provider)
    return [action for action in everything if id(action) in wanted]


def left_without(actions: Iterable[AnyAction], everything: Sequence[AnyAction]) -> list[AnyAction]:
    """Actions that need one which is not among them: alone, they would lack a file or texts that it provides."""
    providers = _providers(everything)
    left = list(actions)
    dropped: list[AnyAction] = []
    while True:
        here = {id(action) for action in left}
        # Again until nothing changes: dropping one action may leave others without what it provides.
        lacking = [a for a in left if any((p := providers.get(n)) is not None and id(p) not in here for n in a.needs())]
        if not lacking:
            return dropped
        dropped += lacking
        gone = {id(action) for action in lacking}
        left = [action for action in left if id(action) not in gone]


def filled(actions: Sequence[AnyAction]) -> list[AnyAction]:
    """The actions without boards and sections to which nothing comes; the others with the files for which they are created."""
    left: list[AnyAction] = []
    for action in actions:
        if isinstance(action, CreatingPlace):
            made = action.needed_by(one for one in actions if _comes_to(one, action.after.container))
            left += [made] if made.expect.any_of else []
        else:
            left.append(action)
    return left


def _comes_to(action: AnyAction, container: str) -> bool:
    """Whether an action needs a board or section, or a section of the board."""
    needed = [need.container for need in action.needs() if isinstance(need, PlaceAt)]
    return any(one == container or one.startswith(f"{container}/") for one in needed)


def _providers(actions: Iterable[AnyAction]) -> dict[Provision, AnyAction]:
    return {one: action for action in actions for one in action.provides()}
