"""What renaming a board and renaming a section have in common: a folder here has a new name, and everything in it goes along."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from pinplan.actions.base import Action, Description
from pinplan.actions.contexts import ActionContext, UndoContext
from pinplan.actions.expect import ExpectFile, expect_of, file_as_expected, found_at
from pinplan.actions.receipts import Put, Receipt
from pinplan.actions.verdicts import Done, NotUndone, Ready, Stale, Verdict
from pinplan.actions.views import View, view_of
from pinplan.errors import ApiRefused, AuthError, RemoteError
from pinplan.model.base import Tracked
from pinplan.model.ids import BoardId, PinId, RelPath, SectionId

if TYPE_CHECKING:
    from typing import Self

_SHOWN = 3
"""Images of a folder that a review shows."""


class ExpectNamed(Struct, frozen=True, gc=False, kw_only=True):
    """A board, or a section of it, must still have a name."""

    board_id: BoardId
    section_id: SectionId | None = None
    name: str


class Renaming(Action, frozen=True, kw_only=True, gc=False):
    """Give a board or section on Pinterest the name that its folder has here. No file is touched.

    Attributes:
        pin_id: of one of its pins.
        new_name: the name of the folder.
        before: the records of the files in it.
        after: the same, at their present paths.
        files: the files, where they are.
        of_others: True if the board is another account's and the config names it; absent otherwise.
    """

    expect: ExpectNamed
    new_name: str
    before: tuple[Tracked, ...]
    after: tuple[Tracked, ...]
    files: tuple[ExpectFile, ...]
    of_others: bool | UnsetType = UNSET

    @abstractmethod
    def present_name(self, context: ActionContext) -> str | None:
        """The name on Pinterest; None if there is nothing to rename any more."""

    @abstractmethod
    def name_now(self, now: UndoContext) -> str | None:
        """The same, as it is listed."""

    @abstractmethod
    def rename(self, context: ActionContext) -> None:
        """Send the request."""

    @property
    def title(self) -> str:
        """The new name."""
        return self.new_name

    def _description(self, thing: str) -> Description:
        count = len(self.files)
        files = "its file stays" if count == 1 else f"its {count:,} files stay"
        return Description(
            subject=self.expect.name,
            detail=f"to {self.new_name}",
            effect=f"rename the {thing} {self.expect.name} to {self.new_name} on Pinterest, as its folder here; {files} in it",
        )

    @property
    def calls(self) -> int:
        """Look, rename."""
        return 2

    def views(self) -> tuple[View, ...]:
        """Some of its images."""
        return tuple(view_of(record) for record in self.after[:_SHOWN])

    def affected_paths(self) -> tuple[RelPath, ...]:
        """Its files, as recorded."""
        return tuple(record.path for record in self.before)

    def guarded_paths(self) -> tuple[RelPath, ...]:
        """Its files, as recorded and where they are now."""
        return tuple(dict.fromkeys((*self.affected_paths(), *(file.path for file in self.files))))

    def records(self) -> tuple[Tracked, ...]:
        """The records of its files."""
        return self.before

    def known_pins(self) -> tuple[PinId, ...]:
        """Their pins."""
        return tuple(dict.fromkeys(record.pin_id for record in self.before))

    def misfit(self) -> str | None:
        """All parts must be about the same images, of this board."""
        images = [(one.pin_id, one.slot, one.sha256, one.board_id, one.section_id) for one in self.before]
        if not images or images != [(o.pin_id, o.slot, o.sha256, o.board_id, o.section_id) for o in self.after]:
            return "the plan names other images"
        if [file.sha256 for file in self.files] != [sha256 for _, _, sha256, _, _ in images]:
            return "the plan names other files"
        boards = {self.board_id, self.expect.board_id, *(board for _, _, _, board, _ in images)}
        sections = {section for *_, section in images} if self.expect.section_id is not None else {None}
        if boards != {self.board_id} or sections != {self.expect.section_id}:
            return "the plan names other boards"
        return None

    def check(self, context: ActionContext) -> Verdict:
        """The name must be the old one and its files where they are; or the name is already the new one."""
        board = context.board(self.board_id)
        name = self.present_name(context)
        if board is None or name is None:
            return Stale("it no longer exists on Pinterest")
        if board.owner != context.username and not self.of_others:
            return Stale("the board may belong to another account")
        if name not in {self.expect.name, self.new_name}:
            return Stale("it was renamed on Pinterest since the plan")
        problems = (file_as_expected(context, file) for file in self.files)
        problem = next((one for one in problems if one is not None), None)
        if problem is not None:
            return Stale(problem)
        return Ready() if name == self.expect.name else Done(self._receipt())

    def execute(self, context: ActionContext) -> Receipt:
        """Rename it."""
        try:
            self.rename(context)
        except ApiRefused:
            raise
        except RemoteError as error:
            # The request may have been carried out, only its response was lost: look before it counts as failed.
            if not self._is_renamed(context):
                raise error from None
        return self._receipt()

    def _is_renamed(self, context: ActionContext) -> bool:
        try:
            return self.present_name(context) == self.new_name
        except (RemoteError, AuthError):
            return False

    def _receipt(self) -> Receipt:
        return Receipt(changes=tuple(Put(record) for record in self.after))

    def undo(self, receipt: Receipt, now: UndoContext) -> tuple[Action, ...] | NotUndone:  # noqa: ARG002 - the plan says it all
        """Give it back its name, and record its files as before, wherever they are now."""
        if self.name_now(now) != self.new_name:
            return NotUndone("it was renamed on Pinterest since, or no longer exists")
        pairs = [(old, now.record(one.pin_id, one.slot)) for old, one in zip(self.before, self.after, strict=True)]
        there = [(old, record) for old, record in pairs if record is not None]
        if not there:
            return NotUndone("none of its files is tracked any more")
        places = [found_at((old, record), now) for old, record in there]
        if None in places:
            return NotUndone("a file in its folder no longer exists, or has changed since")
        return (self._back(there, [expect_of(one) for one in places if one is not None]),)

    def _back(self, there: list[tuple[Tracked, Tracked]], files: list[ExpectFile]) -> Self:
        return replace(
            self,
            reason="undo",
            requires=(),
            pin_id=there[0][0].pin_id,
            expect=replace(self.expect, name=self.new_name),
            new_name=self.expect.name,
            before=tuple(record for _, record in there),
            after=tuple(old for old, _ in there),
            files=tuple(files),
        )
