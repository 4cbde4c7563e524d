"""``update_metadata``: copy a link or text to the kept pin before its duplicate is removed."""

from __future__ import annotations

from typing import ClassVar

from pinplan.actions.base import Action, Description, KindInfo, Phase
from pinplan.actions.contexts import ActionContext, UndoContext
from pinplan.actions.provisions import Provision, WordsOf
from pinplan.actions.receipts import Receipt
from pinplan.actions.verdicts import Done, NotUndone, Ready, Stale, Verdict
from pinplan.actions.views import Role, View
from pinplan.model.features import Feature
from pinplan.model.ids import PinId
from pinplan.model.pins import Words
from pinplan.model.scopes import WRITE_PINS

# No title: a pin keeps its own, under which it is known.
FIELDS = ("link", "description", "alt_text")


class UpdateMetadata(Action, frozen=True, kw_only=True, tag="update_metadata", gc=False):
    """Change texts of a pin on Pinterest; its image, board and age stay the same.

    Attributes:
        before, after: the texts as planned from, and as they will be.
    """

    trait: ClassVar[KindInfo] = KindInfo(
        symbol="~",
        verb="to update on Pinterest",
        title="Update on Pinterest",
        phase=Phase.UPDATE,
        constructive=True,
        for_pairs=True,
        scopes=WRITE_PINS,
        features=(Feature.UPDATE_PINS,),
    )

    # `before` is what it expects; saved as null, since every kind has the field.
    expect: None = None
    before: Words
    after: Words

    def describe(self) -> Description:
        """Name the changed fields."""
        names = ", ".join(name.replace("_", " ") for name in self._changed())
        return Description(
            subject=f"pin {self.pin_id}: {names}",
            of_pin=True,
            effect=f"change {names} of pin {self.pin_id} on Pinterest",
        )

    @property
    def calls(self) -> int:
        """Read the pin, update it."""
        return 2

    def views(self) -> tuple[View, ...]:
        """The pin's image, unchanged."""
        return (View(role=Role.IMAGE, pin_id=self.pin_id),)

    def provides(self) -> tuple[Provision, ...]:
        """The texts."""
        return (WordsOf(self.pin_id),)

    def known_pins(self) -> tuple[PinId, ...]:
        """The pin whose texts change."""
        return (self.pin_id,)

    def check(self, context: ActionContext) -> Verdict:
        """The texts must be as planned, or already the new ones."""
        pin = context.remote.pin(self.pin_id)
        if pin is None:
            return Stale("the pin is gone from Pinterest")
        if pin.is_owner is not True:
            return Stale("the pin is not yours")
        found = pin.words
        if found == self.after:
            return Done(Receipt())
        return Ready() if found == self.before else Stale("its texts have changed since the plan")

    def execute(self, context: ActionContext) -> Receipt:
        """Update the pin on Pinterest."""
        # Changed fields only: a PATCH with all of them could overwrite an edit made meanwhile.
        # PATCH on pins is not open to every app: then it fails with 401 or 403, and the duplicates are kept.
        context.remote.update_pin(self.pin_id, self._changed())
        return Receipt()

    def undo(self, receipt: Receipt, now: UndoContext) -> tuple[Action, ...] | NotUndone:  # noqa: ARG002 - the plan says it all
        """Change them back."""
        pin = now.pin(self.pin_id)
        if pin is None:
            return NotUndone("the pin is no longer listed")
        # A later edit by the user wins (I30: foreign edits stay).
        if pin.words != self.after:
            return NotUndone("its texts have changed since")
        return (
            UpdateMetadata(
                pin_id=self.pin_id,
                board_id=pin.board_id,
                address=self.address,
                reason="undo",
                before=self.after,
                after=self.before,
            ),
        )

    def _changed(self) -> dict[str, str]:
        """The fields that change, with their new values."""
        return {
            name: getattr(self.after, name)
            for name in FIELDS
            if getattr(self.after, name) != getattr(self.before, name)
        }
