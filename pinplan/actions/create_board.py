"""``create_board``: create a board for a folder that has none."""

from __future__ import annotations

from typing import ClassVar

from pinplan.actions.base import Description, KindInfo, Phase
from pinplan.actions.contexts import ActionContext, PlaceWanted
from pinplan.actions.creating_place import CreatingPlace
from pinplan.actions.receipts import Receipt
from pinplan.actions.verdicts import Stale, Verdict
from pinplan.errors import UnexpectedAnswer
from pinplan.model.features import Feature
from pinplan.model.ids import BoardId
from pinplan.model.pins import Privacy
from pinplan.model.scopes import WRITE_BOARDS, secret


class CreateBoard(CreatingPlace, frozen=True, kw_only=True, tag="create_board", gc=False):
    """Create a board with the name of a folder.

    Attributes:
        privacy: secret, unless the config says otherwise.
    """

    trait: ClassVar[KindInfo] = KindInfo(
        symbol="^",
        thing="board",
        verb="to create on Pinterest",
        title="Create boards on Pinterest",
        phase=Phase.PLACE,
        constructive=True,
        publishes=True,
        creates_place=True,
        features=(Feature.CREATE_BOARDS,),
        scopes=WRITE_BOARDS,
    )

    privacy: Privacy

    @property
    def is_secret(self) -> bool:
        """Whether it is to be a secret board."""
        return self.privacy is Privacy.SECRET

    @property
    def scopes(self) -> tuple[str, ...]:
        """Those for secret boards as well if it is to be one: else Pinterest would neither create nor list it."""
        more = secret(WRITE_BOARDS) if self.is_secret else ()
        return (*self.trait.scopes, *more)

    def describe(self) -> Description:
        """Name it, its privacy, and that it stays."""
        kind = f"{self.privacy.value.lower()} board"
        return Description(
            subject=self.name,
            detail=f"{kind}, {self._for_files}",
            effect=f"create the {kind} {self.name} on Pinterest {self._for_files}; undo does not delete it",
        )

    def wanted(self) -> PlaceWanted:
        """The board."""
        return PlaceWanted(name=self.name, container=self.after.container, privacy=self.privacy)

    @property
    def calls(self) -> int:
        """One more for a secret board: whether it is one."""
        return super().calls + self.is_secret

    def check(self, context: ActionContext) -> Verdict:
        """As for a section; and what an earlier attempt created must be secret."""
        created = context.places.known(self.id)
        problem = self._why_not_secret(context, created) if created is not None else None
        return Stale(problem) if problem is not None else super().check(context)

    def execute(self, context: ActionContext) -> Receipt:
        """Create it, and look who may see it before anything comes to it (I31)."""
        receipt = super().execute(context)
        problem = self._why_not_secret(context, receipt.place or "")
        if problem is not None:
            raise UnexpectedAnswer(problem)
        return receipt

    def _why_not_secret(self, context: ActionContext, created: str) -> str | None:
        board = context.remote.board(BoardId(created)) if self.is_secret else None
        if board is None or board.privacy in {None, Privacy.SECRET}:
            return None
        return f"the board {self.name} exists, but is not secret: nothing is put on it; make it secret on Pinterest, or plan again"

    def misfit(self) -> str | None:
        """It must name no section."""
        return super().misfit() if self.after.section_id is None else "the plan names another place"
