"""What creating a board and creating a section have in common: a folder here has none, and files in it are to become or to hold its pins."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from pinplan.actions.base import Action
from pinplan.actions.contexts import ActionContext, Home, PlaceWanted, UndoContext
from pinplan.actions.provisions import PlaceAt, Provision
from pinplan.actions.receipts import Receipt
from pinplan.actions.verdicts import Done, NotUndone, Ready, Stale, Verdict
from pinplan.actions.views import Role, View
from pinplan.model.ids import RelPath
from pinplan.model.planned_ids import planned_id

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Self

_SHOWN = 3
"""Images of a folder that a review shows."""


class ExpectFiles(Struct, frozen=True, gc=False, kw_only=True):
    """At least one of these files must still be there."""

    any_of: tuple[RelPath, ...]


class CreatingPlace(Action, frozen=True, kw_only=True, gc=False):
    """Create a board or section with the name of a folder. No file is touched.

    Attributes:
        pin_id: empty: it concerns no pin.
        expect: the files that it is created for.
        after: board and section, by placeholders for what is to be created.
        name: as sent.
    """

    expect: ExpectFiles
    before: None = None
    after: Home
    name: str

    @abstractmethod
    def wanted(self) -> PlaceWanted:
        """The board or section."""

    @property
    def title(self) -> str:
        """Its name."""
        return self.name

    @property
    def calls(self) -> int:
        """List what is there, for the check and for the record; create."""
        return 3

    @property
    def _for_files(self) -> str:
        count = len(self.expect.any_of)
        return f"for {count:,} {'file' if count == 1 else 'files'} here"

    def provides(self) -> tuple[Provision, ...]:
        """The place of its folder."""
        return (PlaceAt(self.after.container),)

    def views(self) -> tuple[View, ...]:
        """Some of the files that it is created for."""
        return tuple(View(role=Role.IMAGE, pin_id=self.pin_id, places=(path,)) for path in self.expect.any_of[:_SHOWN])

    def needed_by(self, actions: Iterable[Action]) -> Self:
        """The same for the files of these actions."""
        paths = {path for action in actions for path in action.fills()}
        return replace(self, expect=ExpectFiles(any_of=tuple(sorted(paths))))

    def misfit(self) -> str | None:
        """Folder, name and placeholder must agree."""
        planned = self.after.section_id or self.after.board_id
        fits = planned == planned_id(self.after.container) and self.after.container.rpartition("/")[2] == self.name
        return None if fits and self.board_id == self.after.board_id else "the plan names another place"

    def check(self, context: ActionContext) -> Verdict:
        """Nothing of this name may be on Pinterest, and one of its files must be here; or an earlier attempt succeeded."""
        created = context.places.known(self.id)
        if created is not None:
            return Done(Receipt(place=created))
        if self.is_partially_done(context):
            return Ready()  # nothing is sent again: `execute` looks for what was sent
        if all(context.library.stat(path) is None for path in self.expect.any_of):
            return Stale("none of the files that it is for is in its folder any more")
        problem = self._why_not_there(context) or context.places.why_not(self.wanted())
        return Ready() if problem is None else Stale(problem)

    def _why_not_there(self, context: ActionContext) -> str | None:  # noqa: ARG002 - a board is in nothing
        return None

    def is_partially_done(self, context: ActionContext) -> bool:
        """Whether a request has been sent."""
        return context.places.begun(self.id)

    def execute(self, context: ActionContext) -> Receipt:
        """Create it."""
        return Receipt(place=context.places.create(self.id, self.wanted()))

    def undo(self, receipt: Receipt, now: UndoContext) -> tuple[Action, ...] | NotUndone:  # noqa: ARG002 - it is never taken back
        """It stays: pinplan deletes no board and no section."""
        return NotUndone(STAYS)


STAYS = "pinplan deletes no board and no section"
