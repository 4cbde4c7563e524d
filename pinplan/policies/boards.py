"""Which boards take part."""

from __future__ import annotations

import fnmatch
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pinplan.model.ids import BoardId


def names_board(pattern: str, name: str, board_id: BoardId) -> bool:
    """Whether a pattern (``*``, ``?``, ``[…]``; upper and lower case alike) or a board id names a board."""
    return (
        pattern == board_id or fnmatch.fnmatchcase(_folded(name), _folded(pattern)) or _folded(name) == _folded(pattern)
    )


def in_scope(name: str, board_id: BoardId, *, include: Iterable[str], exclude: Iterable[str]) -> bool:
    """Whether a board is included and not excluded. More excludes never bring a board in."""
    included = any(names_board(pattern, name, board_id) for pattern in include)
    return included and not any(names_board(pattern, name, board_id) for pattern in exclude)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
