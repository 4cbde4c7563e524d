"""``forget``: drop the record of an image that is gone on both sides."""

from __future__ import annotations

from typing import ClassVar

from pinplan.actions.base import Action, Description, KindInfo, Phase, name_of
from pinplan.actions.contexts import ActionContext, UndoContext
from pinplan.actions.expect import ExpectFree, untouched
from pinplan.actions.provisions import Claim
from pinplan.actions.receipts import Drop, Receipt
from pinplan.actions.verdicts import NotUndone, Ready, Stale, Verdict
from pinplan.model.base import Tracked


class Forget(Action, frozen=True, kw_only=True, tag="forget", gc=False):
    """Drop the pair from the base, without any other effect.

    Attributes:
        expect: the file must be missing; None if an adopted file is released and stays.
    """

    trait: ClassVar[KindInfo] = KindInfo(symbol="x", verb="to forget", title="Forget", phase=Phase.RECORD, forgets=True)

    expect: ExpectFree | None
    before: Tracked
    after: None = None

    def describe(self) -> Description:
        """Name the file and the reason."""
        why = "gone on both sides" if self.reason == "gone_on_both_sides" else "no longer tracked"
        return Description(subject=name_of(self.before.path), effect=f"forget {self.before.path}: {why}")

    def records(self) -> tuple[Tracked, ...]:
        """The record of the file."""
        return (self.before,)

    def claims(self) -> tuple[Claim, ...]:
        """Its record, which must be this pin's."""
        return (*super().claims(), Claim(self.pin_id, self.before.path, self.before.sha256, self.before.slot))

    def misfit(self) -> str | None:
        """The file that must be missing is that of the record."""
        return (
            None
            if self.expect is None or self.expect.free == self.before.path
            else "the plan expects a different file to be missing"
        )

    def check(self, context: ActionContext) -> Verdict:
        """The file must still be missing."""
        if self.expect is not None and context.library.stat(self.expect.free) is not None:
            return Stale("the file is back")
        return Ready()

    def execute(self, context: ActionContext) -> Receipt:  # noqa: ARG002 - the receipt is the whole effect
        """Drop it from the base."""
        return Receipt(changes=(Drop(self.pin_id, self.before.slot),))

    def undo(self, receipt: Receipt, now: UndoContext) -> tuple[Action, ...] | NotUndone:  # noqa: ARG002 - the plan says it all
        """Track an existing file again; otherwise there is nothing to restore."""
        if now.record(self.pin_id, self.before.slot) is not None:
            return NotUndone("it is already tracked again")
        problem = untouched(self.before, now)
        if problem is not None:
            return NotUndone(f"its file is lost: {problem}")
        return (now.reversals.take_up(self, self.before),)
