"""``rebind``: assign a file to the new pin under which its image was saved again."""

from __future__ import annotations

from typing import ClassVar

from msgspec.structs import replace

from pinplan.actions.base import Action, Description, KindInfo, Phase, name_of
from pinplan.actions.companion_steps import CompanionStep, steps_to
from pinplan.actions.companions import Carrier, carry_along, companion_problem, is_begun, newcomer, with_names
from pinplan.actions.contexts import ActionContext, UndoContext
from pinplan.actions.expect import ExpectFile, expect_of, file_as_expected, untouched
from pinplan.actions.placement import Placement, placement_of
from pinplan.actions.provisions import Claim
from pinplan.actions.receipts import Drop, Put, Receipt
from pinplan.actions.verdicts import Done, NotUndone, Ready, Stale, Verdict
from pinplan.actions.views import View, view_of
from pinplan.model.base import Tracked
from pinplan.model.ids import BoardId, PinId, RelPath
from pinplan.model.images import FileStat


class Rebind(Carrier, frozen=True, kw_only=True, tag="rebind", gc=False):
    """Rename the file to the new pin's path and track it there. Fetches and trashes nothing.

    Attributes:
        pin_id: the new pin.
        before: the record of the old pin, for which Pinterest answers 404.
    """

    trait: ClassVar[KindInfo] = KindInfo(
        symbol="@", verb="to rebind", title="Rebind", phase=Phase.MOVE, constructive=True
    )

    expect: ExpectFile
    before: Tracked
    after: Placement

    @property
    def pin_ids(self) -> tuple[PinId, ...]:
        """The new pin and the old one: rules about either apply."""
        return (self.pin_id, self.before.pin_id)

    @property
    def listing_dependencies(self) -> frozenset[BoardId]:
        """The boards of the old and the new pin."""
        return frozenset({self.board_id, self.before.board_id})

    def describe(self) -> Description:
        """Name the file and both pins."""
        renamed = f"rename {self.before.path} to {self.after.path}"
        if self.after.path == self.before.path:  # a template without the pin id in it
            renamed = f"keep {self.before.path}"
        description = Description(
            subject=name_of(self.after.path),
            detail=f"from pin {self.before.pin_id}",
            effect=f"{renamed} and track it for pin {self.pin_id}, which replaces pin {self.before.pin_id}",
        )
        return with_names(description, self.with_it)

    def views(self) -> tuple[View, ...]:
        """The file, at its old or new path."""
        return (view_of(self.before, later=self.after.path),)

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

    def records(self) -> tuple[Tracked, ...]:
        """The record of the file."""
        return (self.before,)

    def claims(self) -> tuple[Claim, ...]:
        """The record of the old pin; the renamed file must be that one."""
        return (*super().claims(), Claim(self.before.pin_id, self.expect.path, self.expect.sha256, self.before.slot))

    def misfit(self) -> str | None:
        """It must stay the same image of the pin."""
        return None if self.after.slot == self.before.slot else "the plan names another image of the pin"

    def check(self, context: ActionContext) -> Verdict:
        """The file must be at its old path and the new path free; or the file is already at the new path."""
        arrived = context.library.stat(self.after.path)
        if arrived is None or self.after.path == self.expect.path:
            problem = (
                file_as_expected(context, self.expect)
                or companion_problem(context, self._steps())
                or newcomer(context, self, self.expect.path)
            )
            return Ready() if problem is None else Stale(problem)
        if context.library.inspect(self.after.path).sha256 != self.expect.sha256:
            return Stale(f"another file is at {self.after.path}")
        if context.library.stat(self.expect.path) is None:
            return Done(self._receipt(arrived))
        # Both names lead to it: cut off between the two halves of a rename, or a disk that ignores case (see `MoveLocal`).
        return Ready()

    def execute(self, context: ActionContext) -> Receipt:
        """Rename, if the path changes."""
        if self.after.path == self.expect.path:
            return self._receipt(FileStat(self.expect.size, self.expect.mtime_ns))

        def move() -> FileStat:
            return context.library.move(self.expect.path, self.after.path)

        return self._receipt(carry_along(context, self, self._steps(), move))

    def is_partially_done(self, context: ActionContext) -> bool:
        """Whether a companion is already at its new path."""
        return is_begun(context, self._steps())

    def undo(self, receipt: Receipt, now: UndoContext) -> tuple[Action, ...] | NotUndone:  # noqa: ARG002 - the plan says it all
        """Rename back, and assign the file to the old pin."""
        old, record = self.before, now.record(self.pin_id, self.after.slot)
        if record is None:
            return NotUndone("its file is no longer tracked")
        if now.record(old.pin_id, old.slot) is not None:
            return NotUndone(f"pin {old.pin_id} has a file again")
        problem = untouched(record, now)
        if problem is not None:
            return NotUndone(problem)
        if old.path != record.path and now.file(old.path) is not None:
            return NotUndone(f"another file is at {old.path}; move it away and undo again")
        return (
            Rebind(
                pin_id=old.pin_id,
                board_id=old.board_id,
                address=f"{old.container}/{old.pin_id}",
                reason="undo",
                expect=expect_of(record),
                before=record,
                after=placement_of(old),
            ),
        )

    def _receipt(self, stat: FileStat) -> Receipt:
        record = replace(
            self.before,
            pin_id=self.pin_id,
            path=self.after.path,
            size=stat.size,
            mtime_ns=stat.mtime_ns,
            board_id=self.after.board_id,
            section_id=self.after.section_id,
            container=self.after.container,
            template=self.after.template,
            signature=self.after.signature,
        )
        # In one receipt, one transaction: the base never has the file under two pins, nor under none.
        return Receipt(changes=(Drop(self.before.pin_id, self.before.slot), Put(record)))
