"""``adopt``: track an image that already exists in the library."""

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


class Adopt(Action, frozen=True, kw_only=True, tag="adopt", gc=False):
    """Record the pair of pin and file. Nothing is fetched, moved or changed.

    Attributes:
        before: the base's record of the image, if a local change to its file is accepted.
    """

    trait: ClassVar[KindInfo] = KindInfo(
        symbol="*", verb="to adopt", title="Adopt", phase=Phase.RECORD, constructive=True
    )

    expect: ExpectFile
    before: Tracked | None = None
    after: Tracked

    def describe(self) -> Description:
        """Name the tracked file."""
        if self.before is not None:
            return Description(
                subject=name_of(self.after.path), effect=f"accept {self.after.path} as the file of its pin"
            )
        return Description(subject=name_of(self.after.path), effect=f"track existing file {self.after.path}")

    def views(self) -> tuple[View, ...]:
        """The file."""
        return (view_of(self.after),)

    def records(self) -> tuple[Tracked, ...]:
        """The base's record of the image, if there is one."""
        return (self.before,) if self.before else ()

    def misfit(self) -> str | None:
        """The inspected file must be the tracked one; a re-recorded file may have other bytes."""
        after, expect = self.after, self.expect
        same = (after.pin_id, after.path) == (self.pin_id, expect.path)
        if self.before is not None:
            same = same and (self.before.pin_id, self.before.slot) == (after.pin_id, after.slot)
        else:
            # A new record describes the inspected bytes, never others.
            same = same and after.sha256 == expect.sha256
        return None if same else "the plan names a different file to track"

    def check(self, context: ActionContext) -> Verdict:
        """Require the planned file, and an image: a tracked file may be trashed later."""
        problem = file_as_expected(context, self.expect)
        # Without the extension of an image only decoding shows that it is one.
        if problem is None and not looks_like_image(self.expect.path):
            problem = context.library.inspect(self.expect.path).problem
        return Ready() if problem is None else Stale(problem)

    def execute(self, context: ActionContext) -> Receipt:  # noqa: ARG002 - the receipt is the whole effect
        """Return the record for the base."""
        return Receipt(changes=(Put(self.after),))

    def undo(self, receipt: Receipt, now: UndoContext) -> tuple[Action, ...] | NotUndone:  # noqa: ARG002 - the plan says it all
        """Forget the pair, or restore the earlier record; the file stays."""
        record = now.record(self.pin_id, self.after.slot)
        if record is None:
            return NotUndone("it is no longer tracked")
        if self.before is not None:
            problem = untouched(record, now)
            if problem is not None:
                return NotUndone(problem)
            again = replace(self, reason="undo", expect=expect_of(record), before=record, after=self.before)
            return (again,)
        return (now.reversals.let_go(self, record),)
