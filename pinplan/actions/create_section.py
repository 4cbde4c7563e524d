"""``create_section``: create a section of a board for a folder that has none."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from pinplan.actions.base import Description, KindInfo, Phase
from pinplan.actions.contexts import ActionContext, PlaceWanted
from pinplan.actions.creating_place import CreatingPlace
from pinplan.actions.provisions import PlaceAt, Provision
from pinplan.model.features import Feature
from pinplan.model.ids import BoardId
from pinplan.model.scopes import WRITE_BOARDS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self


class CreateSection(CreatingPlace, frozen=True, kw_only=True, tag="create_section", gc=False):
    """Create a section with the name of a folder, in the board of the folder above.

    Attributes:
        of_others: True if the board is another account's and the config names it; absent otherwise.
    """

    trait: ClassVar[KindInfo] = KindInfo(
        symbol="^",
        thing="section",
        verb="to create on Pinterest",
        title="Create sections on Pinterest",
        phase=Phase.PLACE,
        constructive=True,
        publishes=True,
        creates_place=True,
        features=(Feature.CREATE_BOARDS,),
        scopes=WRITE_BOARDS,
    )

    of_others: bool | UnsetType = UNSET

    @property
    def changed_boards(self) -> frozenset[BoardId]:
        """The board."""
        return frozenset({self.board_id})

    def describe(self) -> Description:
        """Name it and its board, and that it stays."""
        board = self._board
        return Description(
            subject=self.name,
            detail=f"in {board}, {self._for_files}",
            effect=f"create the section {self.name} in {board} on Pinterest {self._for_files}; undo does not delete it",
        )

    @property
    def _board(self) -> str:
        return self.after.container.partition("/")[0]

    def needs(self) -> tuple[Provision, ...]:
        """The board, if it is created as well."""
        return (PlaceAt(self._board),)

    def at_created(self, ids: Mapping[str, str]) -> Self:
        """In the board that was created."""
        board_id = BoardId(ids.get(self.board_id, self.board_id))
        return replace(self, board_id=board_id, after=replace(self.after, board_id=board_id))

    def wanted(self) -> PlaceWanted:
        """The section."""
        return PlaceWanted(name=self.name, container=self.after.container, board_id=self.board_id)

    def misfit(self) -> str | None:
        """It must name a section."""
        return super().misfit() if self.after.section_id is not None else "the plan names another place"

    def _why_not_there(self, context: ActionContext) -> str | None:
        board = context.board(self.board_id)
        if board is None:
            return "the board no longer exists"
        return None if board.owner == context.username or self.of_others else "the board may belong to another account"
