"""``restore``: move a file back from the trash."""

from __future__ import annotations

from typing import ClassVar

from msgspec.structs import replace

from pinplan.actions.base import Action, Description, KindInfo, Phase, name_of
from pinplan.actions.companion_steps import CompanionStep, steps_out_of_trash, steps_to
from pinplan.actions.companions import Carrier, carry_along, companion_problem, waiting, with_names
from pinplan.actions.contexts import ActionContext, UndoContext
from pinplan.actions.expect import (
    ExpectFile,
    ExpectKept,
    bytes_as_expected,
    digest_in_trash,
    expect_kept,
    kept_as_expected,
)
from pinplan.actions.provisions import Claim
from pinplan.actions.receipts import Put, Receipt
from pinplan.actions.verdicts import Done, NotUndone, Ready, Stale, Verdict
from pinplan.actions.views import Role, View, view_of
from pinplan.model.base import Tracked
from pinplan.model.ids import RelPath, Sha256
from pinplan.model.naming import is_in_trash, trash_path


class Restore(Carrier, frozen=True, kw_only=True, tag="restore", gc=False):
    """Move a file from the trash to its old path, byte for byte, and track it again.

    Attributes:
        over: the file that has its path now and is trashed for it; None if the path is free.
        before: the base's present record of the pair; None if it has none.
    """

    trait: ClassVar[KindInfo] = KindInfo(
        symbol="<", verb="to restore", title="Restore", phase=Phase.MOVE, constructive=True, may_remove=True
    )

    expect: ExpectKept
    over: ExpectFile | None = None
    before: Tracked | None = None
    after: Tracked

    def describe(self) -> Description:
        """Name the restored file, and the file that it displaces."""
        way = f"; move {self.over.path} to the trash" if self.over else ""
        description = Description(
            subject=name_of(self.after.path), effect=f"restore {self.after.path} from the trash, byte for byte{way}"
        )
        return with_names(description, self.with_it)

    def affected_paths(self) -> tuple[RelPath, ...]:
        """The displaced file, and companions beside it or its path that move to the restored one."""
        beside = (one.path for one in self.with_it if not is_in_trash(one.path))
        return (*((self.over.path,) if self.over else ()), *beside)

    def carried(self) -> tuple[RelPath, RelPath | None] | None:
        """The displaced file or its path, if companions move from there to a restored file elsewhere."""
        return None if self._was == self.after.path else (self._was, self.after.path)

    @property
    def _was(self) -> RelPath:
        """The path beside which companions are that are not in the trash."""
        if self.over is not None:
            return self.over.path
        return self.before.path if self.before is not None else self.after.path

    def _steps(self) -> list[CompanionStep]:
        """Moves of companions out of the trash, or from beside the displaced file."""
        # Some were trashed with the picture, others are now beside the file that replaced it.
        out = [one for one in self.with_it if is_in_trash(one.path)]
        beside = [one for one in self.with_it if not is_in_trash(one.path)]
        found = steps_out_of_trash(out, self.expect.path, self.after.path)
        return [*found, *steps_to(beside, self._was, self.after.path)]

    def views(self) -> tuple[View, ...]:
        """The displaced file, if any, then the file in the trash."""
        role = Role.AFTER if self.over else Role.IMAGE
        back = replace(view_of(self.after, role), kept=self.expect.path)
        if self.over is None:
            return (back,)
        over = View(role=Role.BEFORE, pin_id=self.pin_id, places=(self.over.path,), size=self.over.size)
        return (over, back)

    def records(self) -> tuple[Tracked, ...]:
        """The base's record of the pair, if there is one."""
        return (self.before,) if self.before else ()

    def claims(self) -> tuple[Claim, ...]:
        """Its record; the displaced file must be at its path. Its bytes are compared later: it may be a restored damaged file."""
        if self.over is None or self.before is None:
            return super().claims()
        return (*super().claims(), Claim(self.pin_id, self.over.path, self.before.sha256, self.after.slot))

    def misfit(self) -> str | None:
        """The restored file must belong to this pin; a damaged file has other bytes than its record."""
        return None if self.after.pin_id == self.pin_id else "the restored file belongs to another pin"

    def check(self, context: ActionContext) -> Verdict:
        """The file must be in the trash and its path free or taken by the displaced file; or it is already restored."""
        if context.library.kept(self.expect.path) is None:
            if self._at(context, self.after.path) != self.expect.sha256:
                return Stale("the file is no longer in the trash")
            # Companions are moved last: an earlier attempt may have been cut off before them.
            left = waiting(context, self._steps())
            return Ready() if left else Done(self._receipt(context))
        problem = kept_as_expected(context, self.expect)
        if (
            problem is None
            and self.over is not None
            and context.library.trashed(self.over.path, context.run, self.id) is None
        ):
            problem = bytes_as_expected(context, self.over)
        problem = problem or companion_problem(context, self._steps())
        return Ready() if problem is None and not self._is_taken(context) else Stale(problem or self._taken())

    def _is_taken(self, context: ActionContext) -> bool:
        """Whether another file occupies the path.

        The restored file itself is there if an earlier attempt was cut off between making its new name and removing the old
        one.
        """
        expected = {None, self.expect.sha256}
        # The displaced file may still be there, to be trashed next.
        if self.over is not None and self.over.path == self.after.path:
            expected.add(self.over.sha256)
        return self._at(context, self.after.path) not in expected

    def _taken(self) -> str:
        return f"another file is at {self.after.path}"

    def _at(self, context: ActionContext, path: RelPath) -> Sha256 | None:
        return None if context.library.stat(path) is None else context.library.inspect(path).sha256

    def execute(self, context: ActionContext) -> Receipt:
        """Trash the file at the path, then restore; either step may already be done."""
        if self.over is not None and self._at(context, self.over.path) not in {None, self.expect.sha256}:
            context.library.trash(self.over.path, context.run, self.id)
        # Each step tests its own effect, so that a resume repeats none.
        if context.library.kept(self.expect.path) is not None:
            context.library.restore(self.expect.path, self.after.path)
        # Companions last: without their picture they would be orphans.
        carry_along(context, self, waiting(context, self._steps()), lambda: None)
        return self._receipt(context)

    def is_partially_done(self, context: ActionContext) -> bool:
        """Whether the file is restored, but a companion is not."""
        return context.library.kept(self.expect.path) is None and bool(waiting(context, self._steps()))

    def undo(self, receipt: Receipt, now: UndoContext) -> tuple[Action, ...] | NotUndone:
        """Trash it again, and restore the displaced file."""
        # Nothing was displaced: undoing is trashing the restored file again.
        if self.over is None or self.before is None or not receipt.kept:
            return now.reversals.discard(self, self.after, now, self.before)
        expect = expect_kept(receipt, self.over, now)
        return now.reversals.swap_back(self, expect, self.before, self.expect.sha256, now)

    def _receipt(self, context: ActionContext) -> Receipt:
        if self.over is None:
            return Receipt(changes=(Put(self.after),))
        kept = trash_path(self.over.path, context.run, self.id)
        return Receipt(changes=(Put(self.after),), kept=(kept,), kept_sha256=digest_in_trash(context, kept))
