"""``delete_local``: move the file of a pin that was removed on Pinterest to the trash."""

from __future__ import annotations

from typing import ClassVar

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from pinplan.actions.base import Action, Description, KindInfo, Phase, name_of
from pinplan.actions.companion_steps import CompanionStep, steps_to
from pinplan.actions.companions import (
    Carrier,
    carry_along,
    companion_problem,
    is_begun,
    newcomer,
    place_taken,
    steps_to_trash,
    trashed_companions,
    with_names,
)
from pinplan.actions.contexts import ActionContext, UndoContext
from pinplan.actions.expect import (
    ExpectFile,
    bytes_as_expected,
    digest_in_trash,
    expect_kept,
)
from pinplan.actions.provisions import Claim
from pinplan.actions.receipts import Drop, Put, Receipt
from pinplan.actions.verdicts import Done, NotUndone, Ready, Stale, Verdict
from pinplan.actions.views import View, view_of
from pinplan.model.base import Tracked
from pinplan.model.ids import RelPath
from pinplan.model.naming import trash_path


class DeleteLocal(Carrier, frozen=True, kw_only=True, tag="delete_local", gc=False):
    """Move the file to the trash, from where it can be restored byte for byte (I17).

    Attributes:
        pin_may_stay: True in an undo of what brought the file: its pin may exist. Absent: the pin must still be gone.
        after: the record that the base had before the undone action; None: the base forgets the pair.
        leave_beside: the path beside which its companions stay, where they were before the undone action brought the file. Absent:
            they are trashed with it. Since plan format 1.3.
    """

    trait: ClassVar[KindInfo] = KindInfo(
        symbol="-",
        verb="to trash locally",
        title="Trash locally",
        phase=Phase.TRASH,
        deletes_local=True,
        always_shown=True,
    )

    expect: ExpectFile
    before: Tracked
    after: Tracked | None = None
    pin_may_stay: bool | UnsetType = UNSET
    leave_beside: RelPath | UnsetType = UNSET

    def describe(self) -> Description:
        """Name the file."""
        description = Description(subject=name_of(self.before.path), effect=f"move {self.before.path} to the trash")
        return with_names(description, self.with_it)

    def views(self) -> tuple[View, ...]:
        """The trashed file."""
        return (view_of(self.before),)

    def affected_paths(self) -> tuple[RelPath, ...]:
        """The file and its companions."""
        return (self.expect.path, *(one.path for one in self.with_it))

    def carried(self) -> tuple[RelPath, RelPath | None] | None:
        """The file, to the trash; if only companions move, to where they were before."""
        if self.leave_beside is UNSET:
            return self.expect.path, None
        return None if self.leave_beside == self.expect.path else (self.expect.path, self.leave_beside)

    def _steps(self, context: ActionContext) -> list[CompanionStep]:
        """Companions into the trash, or to where they were before."""
        if self.leave_beside is UNSET:
            return steps_to_trash(self, self.expect.path, context)
        return steps_to(self.with_it, self.expect.path, self.leave_beside)

    @property
    def calls(self) -> int:
        """Read the pin."""
        return 0 if self.pin_may_stay else 1

    def records(self) -> tuple[Tracked, ...]:
        """The record of the file."""
        return (self.before,)

    def claims(self) -> tuple[Claim, ...]:
        """Its record; the file must be this pin's."""
        return (*super().claims(), Claim(self.pin_id, self.expect.path, self.expect.sha256, self.before.slot))

    def misfit(self) -> str | None:
        """Its board must be that of its file, and the kept record of the same image."""
        # Limits are judged per board: under another board the delete would escape its own (I5: tripped limits stop a run).
        if self.board_id != self.before.board_id:
            return "its board differs from the board of its file"
        if self.after is not None and (self.after.pin_id, self.after.slot) != (self.before.pin_id, self.before.slot):
            return "the kept record belongs to another image"
        return None

    def check(self, context: ActionContext) -> Verdict:
        """The file must be the recorded one and the pin still gone; or the file is already in this run's trash."""
        if context.library.stat(self.expect.path) is None:
            if context.library.trashed(self.expect.path, context.run, self.id) is None:
                return Stale("the file no longer exists")
            return Done(self._receipt(context))
        problem = (
            bytes_as_expected(context, self.expect)
            or companion_problem(context, self._steps(context))
            or (newcomer(context, self, self.expect.path) if self.carried() else None)
        )
        # Last, because it costs an API call (I6: gone needs a 404).
        if problem is None and not self.pin_may_stay and context.remote.pin(self.pin_id) is not None:
            problem = "the pin is back on Pinterest"
        return Ready() if problem is None else Stale(problem)

    def is_partially_done(self, context: ActionContext) -> bool:
        """Whether a companion has been moved already."""
        return is_begun(context, self._steps(context))

    def execute(self, context: ActionContext) -> Receipt:
        """Move the file to the trash."""

        def trash() -> RelPath:
            return context.library.trash(self.expect.path, context.run, self.id)

        carry_along(context, self, self._steps(context), trash)
        return self._receipt(context)

    def undo(self, receipt: Receipt, now: UndoContext) -> tuple[Action, ...] | NotUndone:
        """Restore it from the trash; if the run deleted the pin as well, recreating the pin restores its files."""
        if now.deleted_too(self.pin_id):
            return ()
        record = now.record(self.pin_id, self.before.slot)
        # A later run has tracked another file for the pin: that one wins.
        if record != self.after:
            return NotUndone("its file is already tracked again")
        # The file is the first of the kept paths, its companions follow.
        kept = receipt.kept[0] if receipt.kept else None
        if kept is None or now.kept(kept) is None:
            return NotUndone("its file is no longer in the trash")
        if now.file(self.expect.path) is not None:
            return NotUndone(f"another file is at {self.expect.path}; move it away and undo again")
        companions = trashed_companions(self.with_it, kept, now)
        taken = place_taken(companions, now)
        if taken is not None:
            return NotUndone(taken)
        back = expect_kept(receipt, self.expect, now)
        # Changed while it was being trashed: it is restored as it is, and mtime 0 makes the next plan read it.
        mtime_ns = self.expect.mtime_ns if back.sha256 == self.expect.sha256 else 0
        after = replace(self.before, path=self.expect.path, size=self.expect.size, mtime_ns=mtime_ns)
        return (now.reversals.bring_out(self, back, record, after, companions),)

    def _receipt(self, context: ActionContext) -> Receipt:
        kept = trash_path(self.expect.path, context.run, self.id)
        change = Put(self.after) if self.after is not None else Drop(self.pin_id, self.before.slot)
        trashed = self.with_it if self.leave_beside is UNSET else ()
        beside = (trash_path(one.path, context.run, self.id) for one in trashed)
        return Receipt(changes=(change,), kept=(kept, *beside), kept_sha256=digest_in_trash(context, kept))
