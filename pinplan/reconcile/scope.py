"""Narrow a plan to some addresses. Narrowing only ever takes actions and findings away (I9)."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from pinplan.model.ids import BoardId
from pinplan.model.matching import selector
from pinplan.reconcile.folders import Folders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pinplan.actions import AnyAction
    from pinplan.model.ids import PinId
    from pinplan.model.matching import Selector
    from pinplan.model.pins import Board
    from pinplan.model.snapshots import BoardSnapshot
    from pinplan.plan.document import Finding, Scope

WHOLE = "."
"""The address of what concerns no board or pin alone."""
NO_BOARD = BoardId("")
"""Where only an address is known."""


class ScopeFilter:
    """What the targets name (all, if there are none) and the excludes do not."""

    def __init__(self, scope: Scope, boards: Iterable[BoardSnapshot]) -> None:
        """Read the scope; ``boards`` say how those of an address are really called."""
        self._targets = [selector(text) for text in scope.targets]
        self._excludes = [selector(text) for text in scope.excludes]
        self._seen = tuple(boards)
        self._boards = {board.board.id: board.board for board in self._seen}

    @property
    def whole(self) -> bool:
        """Whether nothing is left out."""
        return not self._targets and not self._excludes

    def has(self, address: str, board_id: BoardId, *pin_ids: PinId) -> bool:
        """Whether something at an address, about one or several pins, is targeted and not excluded."""
        targeted = not self._targets or self._named(self._targets, address, board_id, pin_ids)
        return targeted and not self._named(self._excludes, address, board_id, pin_ids)

    def may_hold(self, address: str, board_id: BoardId = NO_BOARD) -> bool:
        """Whether something at, in or above an address may be targeted, and not all of it is excluded."""
        left = not self._named(self._excludes, address, board_id, ())
        return left and (not self._targets or any(self._reaches(one, address, board_id) for one in self._targets))

    def boards_of(
        self, boards: Mapping[str, BoardId], pins: Callable[[], Iterable[tuple[str, BoardId, PinId]]]
    ) -> frozenset[str]:
        """The boards of which something may be in scope, if only in a part of them that could not be read.

        Args:
            boards: all of them, by address.
            pins: address, board and id of every pin that is known.
        """
        left = frozenset(a for a, board_id in boards.items() if not self._named(self._excludes, a, board_id, ()))
        found: set[str] = set()
        for one in self._targets:
            reached = {address for address in left if self._reaches(one, address, boards[address])}
            reached = reached or {
                a.partition("/")[0] for a, board, pin in pins() if self._named([one], a, board, [pin])
            }
            found |= reached or left  # what is known nowhere may be in any board
        return left & found if self._targets else left

    def _reaches(self, one: Selector, address: str, board_id: BoardId) -> bool:
        if self._named([one], address, board_id, ()) or one.may_be_below(address):
            return True
        board = self._boards.get(board_id)
        return board is not None and (one.may_be_below(board.name) or one.begins_in(board.name, board.owner))

    @cached_property
    def _at(self) -> dict[str, Board]:
        """Boards by their folders, which may have other names than they."""
        folders = Folders(self._seen)
        return {folders.board(one.board.id): one.board for one in self._seen}

    def _named(self, wanted: Sequence[Selector], address: str, board_id: BoardId, pin_ids: Sequence[PinId]) -> bool:
        board = self._boards.get(board_id) or (self._at.get(address.partition("/")[0]) if not board_id else None)
        board_id = board.id if board else board_id
        name, owner = (board.name, board.owner) if board else (address.partition("/")[0], None)
        return any(
            one.names_place(address, board_id, name, owner) or any(map(one.names_pin, pin_ids)) for one in wanted
        )


def narrow(actions: Sequence[AnyAction], scope: ScopeFilter) -> list[AnyAction]:
    """The actions that are in scope."""
    if scope.whole:
        return list(actions)
    return [action for action in actions if scope.has(action.address, action.board_id, *action.pin_ids)]


def narrow_findings(findings: Iterable[Finding], scope: ScopeFilter) -> list[Finding]:
    """The findings about what is in scope, and those about the whole."""
    if scope.whole:
        return list(findings)
    return [finding for finding in findings if _concerns(finding, scope)]


def _concerns(finding: Finding, scope: ScopeFilter) -> bool:
    if finding.address == WHOLE:
        return True
    if finding.pin_id is not None:
        return scope.has(finding.address, NO_BOARD, finding.pin_id)
    return scope.may_hold(finding.address)
