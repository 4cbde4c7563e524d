"""Groups of duplicates: any number of images may stay.

Each of the others is removed for one that stays and with which it was compared itself; what was compared with none of them
stays as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from pinplan.plan.decisions import Choice
from pinplan.review.page.model import Measured

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from pinplan.model.ids import ActionId
    from pinplan.review.page.model import ActionModel
    from pinplan.review.session import Verdict

_SAME_BYTES = Measured(tier="exact", why="the same bytes", rung="", distances=())


class KeptImages(Struct, frozen=True):
    """The decisions by which some images of a group stay.

    Attributes:
        changes: action → verdict.
        stay: the numbers of those that stay.
        why: the reasons of those that stay though nobody asked for it.
    """

    changes: dict[ActionId, Verdict]
    stay: tuple[int, ...]
    why: dict[int, str]


def keeping(actions: Sequence[ActionModel], wanted: Iterable[int]) -> KeptImages:
    """Decide that some images of a group stay.

    Args:
        actions: of the group: number 1 is removed by the first of them, number 0 is the planned keeper.
        wanted: the numbers of the images, at least one.
    """
    # In the order of the wish: the one that was kept in place of the keeper remains that when another one is to stay as well.
    stays, why = dict.fromkeys(wanted), dict[int, str]()
    swapped = 0 if 0 in stays else next((number for number in stays if not actions[number - 1].no_swap), 0)
    if 0 not in stays and not swapped:
        why[0] = actions[next(iter(stays)) - 1].no_swap
        stays[0] = None
    changes: dict[ActionId, Verdict] = {}
    for number, action in enumerate(actions, 1):
        if number in stays:
            changes[action.id] = Choice.SWAP.value if number == swapped else Choice.SKIP.value
        else:
            changes[action.id] = made = _removal(actions, number, stays)
            if made == Choice.SKIP:
                why[number] = "it was compared with none of those that stay"
    return KeptImages(changes, tuple(sorted(stays | why.keys())), why)


def _removal(actions: Sequence[ActionModel], number: int, stays: Collection[int]) -> Verdict:
    """The decision by which an image is removed; skip if it was compared with none that stays."""
    if 0 in stays:
        return Choice.APPROVE.value
    kept = next((other for other in stays if measured_between(actions, number, other)), None)
    return Choice.SKIP.value if kept is None else f"{Choice.SWAP}:{actions[kept - 1].pin}"


def measured_between(actions: Sequence[ActionModel], number: int, other: int) -> Measured | None:
    """What was measured between two images of a group; None if they were not compared."""
    if not number or not other:
        return actions[max(number, other) - 1].measured
    first, second = actions[number - 1], actions[other - 1]
    if first.same and first.same == second.same:
        return _SAME_BYTES
    return next((edge.measured for edge in first.edges if edge.action == second.id), None)


def numbered(numbers: Sequence[int]) -> str:
    """``Number 1``, or ``1, 2 and 4``: images as they are numbered for people."""
    names = [str(number + 1) for number in numbers]
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else f"Number {names[0]}"
