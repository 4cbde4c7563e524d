"""Which boards take part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.model.matching import names_board

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pinplan.model.pins import Board


def in_scope(board: Board, *, include: Iterable[str], exclude: Iterable[str]) -> bool:
    """Whether a board is included and not excluded. More excludes never bring a board in."""
    included = any(names_board(pattern, board.name, board.id, board.owner) for pattern in include)
    return included and not any(names_board(pattern, board.name, board.id, board.owner) for pattern in exclude)
