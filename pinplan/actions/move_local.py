"""``move_local``: move the file of a pin that is on another board or section now, or whose board or section was renamed."""

from __future__ import annotations

from typing import ClassVar

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from pinplan.actions.base import Action, Description, KindInfo, Phase, name_of
from pinplan.actions.companion_steps import CompanionStep, steps_to
from pinplan.actions.companions import Carrier, carry_along, companion_problem, is_begun, newcomer, with_names
from pinplan.actions.contexts import ActionContext, UndoContext
from pinplan.actions.expect import ExpectFile, bytes_as_expected, expect_of, file_as_expected, untouched
from pinplan.actions.placement import Placement, placement_of
from pinplan.actions.provisions import Claim
from pinplan.actions.receipts import Put, Receipt
from pinplan.actions.verdicts import Done, NotUndone, Ready, Stale, Verdict
from pinplan.actions.views import View, view_of
from pinplan.model.base import Tracked
from pinplan.model.ids import BoardId, RelPath
from pinplan.model.images import FileStat


class MoveLocal(Carrier, frozen=True, kw_only=True, tag="move_local", gc=False):
    """Rename the file inside the library; never over another file.

    Attributes:
        same_bytes: True if the file must have its recorded bytes, which are read: an undo moves nothing else back.
            Absent: size and mtime are enough. Since plan format 1.3.
    """

    trait: ClassVar[KindInfo] = KindInfo(
        symbol=">", verb="to move", title="Move", phase=Phase.MOVE, constructive=True, always_shown=True
    )

    expect: ExpectFile
    before: Tracked
    after: Placement
    same_bytes: bool | UnsetType = UNSET

    def describe(self) -> Description:
        """Name source and target."""
        description = Description(
            subject=name_of(self.after.path),
            detail=f"from {self.before.path.rpartition('/')[0] or 'the root'}",
            effect=f"move {self.before.path} to {self.after.path}",
        )
        return with_names(description, self.with_it)

    def affected_paths(self) -> tuple[RelPath, ...]:
        """The file and its companions."""
        return (self.expect.path, *(one.path for one in self.with_it))

    def carried(self) -> tuple[RelPath, RelPath | None] | None:
        """The file, to its new path."""
        return self.moves()

    def moves(self) -> tuple[RelPath, RelPath] | None:
        """The file."""
        return self.expect.path, self.after.path

    def _steps(self) -> list[CompanionStep]:
        return steps_to(self.with_it, self.expect.path, self.after.path)

    @property
    def listing_dependencies(self) -> frozenset[BoardId]:
        """Its old board and its new one."""
        return frozenset({self.board_id, self.before.board_id})

    def views(self) -> tuple[View, ...]:
        """The file, at its old or new path."""
        return (view_of(self.before, later=self.after.path),)

    def records(self) -> tuple[Tracked, ...]:
        """The record of the file."""
        return (self.before,)

    def claims(self) -> tuple[Claim, ...]:
        """Its record; the file must be this pin's."""
        return (*super().claims(), Claim(self.pin_id, self.expect.path, self.expect.sha256, self.before.slot))

    def brings_home(self) -> RelPath | None:
        """Its new path, if it compares bytes."""
        return self.after.path if self.same_bytes else None

    def misfit(self) -> str | None:
        """It must stay the same image of the pin."""
        return None if self.after.slot == self.before.slot else "the plan names another image of the pin"

    def check(self, context: ActionContext) -> Verdict:
        """The file must be at its old path and the new path free; or the file is already at the new path."""
        arrived = context.library.stat(self.after.path)
        if arrived is None:
            # An undo moves only what the run itself moved: a file edited since stays where the user has it.
            as_expected = bytes_as_expected if self.same_bytes else file_as_expected
            problem = (
                as_expected(context, self.expect)
                or companion_problem(context, self._steps())
                or newcomer(context, self, self.expect.path)
            )
            return Ready() if problem is None else Stale(problem)
        # By bytes: another file of the same size may have the new name.
        if context.library.inspect(self.after.path).sha256 != self.expect.sha256:
            return Stale(f"another file is at {self.after.path}")
        if context.library.stat(self.expect.path) is None:
            return Done(self._receipt(arrived))
        # Both names lead to it: an attempt was cut off between making the new name and removing the old one, or the names
        # differ only in case on a disk that ignores case. The move itself tells these from two equal files.
        return Ready()

    def is_partially_done(self, context: ActionContext) -> bool:
        """Whether a companion is already at its new path."""
        return is_begun(context, self._steps())

    def execute(self, context: ActionContext) -> Receipt:
        """Rename."""

        def move() -> FileStat:
            return context.library.move(self.expect.path, self.after.path)

        return self._receipt(carry_along(context, self, self._steps(), move))

    def undo(self, receipt: Receipt, now: UndoContext) -> tuple[Action, ...] | NotUndone:  # noqa: ARG002 - the plan says it all
        """Rename back."""
        record = now.record(self.pin_id, self.before.slot)
        if record is None:
            return NotUndone("its file is no longer tracked")
        problem = untouched(record, now)
        if problem is not None:
            return NotUndone(problem)
        if now.file(self.before.path) is not None:
            return NotUndone(f"another file is at {self.before.path}; move it away and undo again")
        old = self.before
        return (
            MoveLocal(
                pin_id=self.pin_id,
                board_id=old.board_id,
                address=self.address,
                reason="undo",
                expect=expect_of(record),
                before=record,
                same_bytes=True,
                after=placement_of(old),
            ),
        )

    def _receipt(self, stat: FileStat) -> Receipt:
        moved = replace(
            self.before,
            path=self.after.path,
            size=stat.size,
            mtime_ns=stat.mtime_ns,
            board_id=self.after.board_id,
            section_id=self.after.section_id,
            container=self.after.container,
            template=self.after.template,
        )
        return Receipt(changes=(Put(moved),))
