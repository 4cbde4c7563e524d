"""``relocate``: record the new path of a tracked file that the user moved."""

from __future__ import annotations

from typing import ClassVar

from msgspec.structs import replace

from pinplan.actions.base import Action, Description, KindInfo, Phase, name_of
from pinplan.actions.contexts import ActionContext, UndoContext
from pinplan.actions.expect import ExpectFile, expect_of, file_as_expected, untouched
from pinplan.actions.receipts import Put, Receipt
from pinplan.actions.verdicts import NotUndone, Ready, Stale, Verdict
from pinplan.actions.views import View, view_of
from pinplan.model.base import Tracked
from pinplan.model.naming import looks_like_image


class Relocate(Action, frozen=True, kw_only=True, tag="relocate", gc=False):
    """Record the present path of a file. No file is touched; board and section stay as agreed."""

    trait: ClassVar[KindInfo] = KindInfo(
        symbol=":", verb="to relocate", title="Relocate", phase=Phase.RECORD, constructive=True
    )

    expect: ExpectFile
    before: Tracked
    after: Tracked

    def describe(self) -> Description:
        """Name the old and the new path."""
        old = self.before.path
        if old == self.after.path:
            place = self.after.container
            return Description(
                subject=name_of(old), detail=f"in {place}", effect=f"record {place} as the place of {old}"
            )
        same_folder = old.rpartition("/")[0] == self.after.path.rpartition("/")[0]
        now = name_of(self.after.path) if same_folder else self.after.path
        return Description(
            subject=name_of(old), detail=f"now {now}", effect=f"record {self.after.path} as the new path of {old}"
        )

    def views(self) -> tuple[View, ...]:
        """The file, where it is."""
        return (view_of(self.after),)

    def records(self) -> tuple[Tracked, ...]:
        """The record whose path changes."""
        return (self.before,)

    def misfit(self) -> str | None:
        """It must stay the same image of the same pin, at one of the two paths."""
        image = (self.pin_id, self.before.slot)
        same = image == (self.before.pin_id, self.before.slot) == (self.after.pin_id, self.after.slot)
        return (
            None if same and self.expect.path in {self.before.path, self.after.path} else "the plan names another file"
        )

    def check(self, context: ActionContext) -> Verdict:
        """The file must be where it was planned, and none at the recorded path again.

        Its bytes are read, and other ones than recorded must be an image: a tracked file may be trashed some day.
        """
        problem = file_as_expected(context, self.expect) or self._not_its_bytes(context)
        if (
            problem is None
            and self.expect.path != self.before.path
            and context.library.stat(self.before.path) is not None
        ):
            problem = f"a file is at {self.before.path} again"
        return Ready() if problem is None else Stale(problem)

    def _not_its_bytes(self, context: ActionContext) -> str | None:
        if context.library.digest(self.expect.path) != self.expect.sha256:
            return "the file has changed since the plan"
        # Bytes that were inspected when they were recorded need no second decode; a new extension does.
        known = self.expect.sha256 in {self.before.sha256, self.after.sha256}
        if known and (self.after.sha256 == self.before.sha256 or looks_like_image(self.expect.path)):
            return None
        return context.library.inspect(self.expect.path).problem

    def execute(self, context: ActionContext) -> Receipt:  # noqa: ARG002 - the receipt is the whole effect
        """Return the record for the base."""
        return Receipt(changes=(Put(self.after),))

    def undo(self, receipt: Receipt, now: UndoContext) -> tuple[Action, ...] | NotUndone:  # noqa: ARG002 - the plan says it all
        """Record the old path again, whether or not the user has moved the file back."""
        record = now.record(self.pin_id, self.before.slot)
        if record is None:
            return NotUndone("its file is no longer tracked")
        if record.path != self.after.path:
            return NotUndone(f"its file is now recorded at {record.path}")
        moved_back = untouched(self.before, now) is None
        problem = None if moved_back else untouched(record, now)
        if problem is not None:
            return NotUndone(problem)
        return (
            replace(
                self,
                reason="undo",
                requires=(),
                expect=expect_of(self.before if moved_back else record),
                before=record,
                after=self.before,
            ),
        )
