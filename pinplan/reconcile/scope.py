"""Narrow a plan to some addresses. Narrowing only ever takes actions away (I9)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.model.matching import selector

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pinplan.actions import AnyAction
    from pinplan.model.ids import BoardId, PinId
    from pinplan.model.matching import Selector
    from pinplan.model.snapshots import BoardSnapshot
    from pinplan.plan import Scope


class ScopeFilter:
    """What the targets name (all, if there are none) and the excludes do not."""

    def __init__(self, scope: Scope, boards: Iterable[BoardSnapshot]) -> None:
        """Read the scope; ``boards`` say how those of an address are really called."""
        self._targets = [selector(text) for text in scope.targets]
        self._excludes = [selector(text) for text in scope.excludes]
        self._boards = {board.board.id: board.board for board in boards}

    @property
    def whole(self) -> bool:
        """Whether nothing is left out."""
        return not self._targets and not self._excludes

    def has(self, address: str, board_id: BoardId, *pin_ids: PinId) -> bool:
        """Whether something at an address, about one or several pins, is targeted and not excluded."""
        targeted = not self._targets or self._named(self._targets, address, board_id, pin_ids)
        return targeted and not self._named(self._excludes, address, board_id, pin_ids)

    def _named(self, wanted: Sequence[Selector], address: str, board_id: BoardId, pin_ids: Sequence[PinId]) -> bool:
        board = self._boards.get(board_id)
        name, owner = (board.name, board.owner) if board else (address.partition("/")[0], None)
        return any(
            one.names_place(address, board_id, name, owner) or any(map(one.names_pin, pin_ids)) for one in wanted
        )


def narrow(actions: Sequence[AnyAction], scope: ScopeFilter) -> list[AnyAction]:
    """The actions that are in scope."""
    if scope.whole:
        return list(actions)
    return [action for action in actions if scope.has(action.address, action.board_id, *action.pin_ids)]
