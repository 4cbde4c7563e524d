"""``confirm_create``: record a pin whose create was unconfirmed, and restore its files."""

from __future__ import annotations

from typing import ClassVar

from pinplan.actions.base import Action, Description, KindInfo, Phase
from pinplan.actions.contexts import ActionContext, Home, UndoContext
from pinplan.actions.create_again import bring_back
from pinplan.actions.expect import ExpectPin
from pinplan.actions.new_file import NewFile
from pinplan.actions.receipts import Confirmed, Put, Receipt
from pinplan.actions.verdicts import NotUndone, Ready, Stale, Verdict
from pinplan.actions.views import Role, View
from pinplan.errors.suggestions import suggestion


class ConfirmCreate(Action, frozen=True, kw_only=True, tag="confirm_create", gc=False):
    """Record the pin created by an action of an earlier run whose answer was lost. Sends nothing to Pinterest but a GET.

    Attributes:
        confirms: the action that created it.
        after: where its files belong.
        files: its files that are still in the trash.
    """

    trait: ClassVar[KindInfo] = KindInfo(
        symbol="*", verb="to confirm as created", title="Confirm as created", phase=Phase.FETCH, constructive=True
    )

    expect: ExpectPin
    before: None = None
    confirms: Confirmed
    after: Home
    files: tuple[NewFile, ...] = ()

    def describe(self) -> Description:
        """Name the pin, and the action that created it."""
        back = f", and bring {len(self.files)} of its files back" if self.files else ""
        return Description(
            subject=f"pin {self.pin_id}, created by action {self.confirms.action} of run {self.confirms.run}",
            of_pin=True,
            effect=f"record that pin {self.pin_id} was created by action {self.confirms.action} of run {self.confirms.run}{back}",
        )

    @property
    def calls(self) -> int:
        """One call, to look up the pin."""
        return 1

    def views(self) -> tuple[View, ...]:
        """Its files, in the trash."""
        return tuple(
            View(role=Role.IMAGE, pin_id=self.pin_id, kept=file.source, sha256=file.sha256, size=file.size)
            for file in self.files
        )

    def check(self, context: ActionContext) -> Verdict:
        """Require the pin to exist."""
        pin = context.remote.pin(self.expect.pin_id)
        # Never Done: the receipt alone is the effect, and writing it twice changes nothing.
        return Ready() if pin is not None else Stale("the pin is no longer on Pinterest")

    def execute(self, context: ActionContext) -> Receipt:
        """Restore the files; the receipt makes the record."""
        bring_back(context, self, self.files, self.pin_id, self.after)
        return Receipt(
            changes=tuple(Put(file.tracked(self.pin_id, self.after)) for file in self.files),
            created=self.pin_id,
            confirms=self.confirms,
        )

    def undo(self, receipt: Receipt, now: UndoContext) -> tuple[Action, ...] | NotUndone:  # noqa: ARG002 - the plan says it all
        """Nothing: undo the action that created the pin instead."""
        words = ("undo", self.confirms.run)
        return NotUndone(
            f"the pin was created by run {self.confirms.run}; to delete it: {suggestion(*words)}", (words,)
        )
