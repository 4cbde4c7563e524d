"""``rename_board``: give a board on Pinterest the name that its folder has here."""

from __future__ import annotations

from typing import ClassVar

from pinplan.actions.base import Description, KindInfo, Phase
from pinplan.actions.contexts import ActionContext, UndoContext
from pinplan.actions.renaming import Renaming
from pinplan.model.scopes import WRITE_BOARDS


class RenameBoard(Renaming, frozen=True, kw_only=True, tag="rename_board", gc=False):
    """Rename a board on Pinterest; its pins stay as they are."""

    trait: ClassVar[KindInfo] = KindInfo(
        symbol=">",
        thing="board",
        verb="to rename on Pinterest",
        title="Rename boards on Pinterest",
        phase=Phase.UPDATE,
        constructive=True,
        renames=True,
        scopes=WRITE_BOARDS,
    )

    def describe(self) -> Description:
        """Name the old and the new name."""
        return self._description("board")

    def present_name(self, context: ActionContext) -> str | None:
        """Its name now."""
        board = context.remote.board(self.board_id)
        return board.name if board is not None else None

    def name_now(self, now: UndoContext) -> str | None:
        """Its name, as it is listed."""
        board = now.board(self.board_id)
        return board.name if board is not None else None

    def rename(self, context: ActionContext) -> None:
        """One request."""
        context.remote.rename_board(self.board_id, self.new_name)
