"""``create_pin``: recreate a pin that an earlier run deleted on Pinterest, from the kept copy."""

from __future__ import annotations

from typing import ClassVar

from pinplan.actions.base import Action, Description, KindInfo, Phase
from pinplan.actions.contexts import ActionContext, Home, PinWanted, UndoContext
from pinplan.actions.create_again import bring_back, is_back
from pinplan.actions.expect import ExpectKept, kept_as_expected
from pinplan.actions.new_file import Creation, NewFile
from pinplan.actions.receipts import Put, Receipt
from pinplan.actions.verdicts import Done, NotUndone, Ready, Stale, Verdict
from pinplan.actions.views import Role, View
from pinplan.model.features import Feature
from pinplan.model.ids import BoardId, PinId
from pinplan.model.pins import NewPin, NewSlot, Pin
from pinplan.model.scopes import WRITE_PINS

_CREATING = "creating"
_CREATED = "created "
"""Notes that earlier versions made before and after the request; runs that they began can still be finished."""


class CreatePin(Action, frozen=True, kw_only=True, tag="create_pin", gc=False):
    """Create a pin with the board, section, title, description, link, alternative text and images of one that was deleted.

    Pinterest gives it a new id; its age, saves and comments are lost. Its files are restored from the trash under names
    with the new id, so that both sides agree.

    Attributes:
        expect: the kept images, in slot order.
        before: the pin as it was.
        after: its board and section.
        files: its files.
        twins: existing pins with the same texts: none of them is the new one.
    """

    trait: ClassVar[KindInfo] = KindInfo(
        symbol="^",
        verb="to create on Pinterest",
        title="Create on Pinterest",
        phase=Phase.FETCH,
        constructive=True,
        publishes=True,
        features=(Feature.CREATE_PINS,),
        scopes=WRITE_PINS,
    )

    expect: tuple[ExpectKept, ...]
    before: Pin
    after: Home
    files: tuple[NewFile, ...]
    twins: tuple[PinId, ...] = ()

    def describe(self) -> Description:
        """Name the created pin, and note its new id."""
        title = f", “{self.before.title}”" if self.before.title else ""
        return Description(
            subject=f"in place of pin {self.pin_id}{title}",
            of_pin=True,
            effect=f"create a pin in {self.after.container} in place of {self.pin_id}{title}; it gets a new id",
        )

    @property
    def creation(self) -> Creation:
        """The pin."""
        return Creation(self.after, self.files)

    @property
    def calls(self) -> int:
        """Two calls: list the board, create the pin."""
        return 2

    @property
    def changed_boards(self) -> frozenset[BoardId]:
        """The target board."""
        return frozenset({self.after.board_id})

    def views(self) -> tuple[View, ...]:
        """The kept images."""
        return tuple(
            View(role=Role.IMAGE, pin_id=self.pin_id, kept=image.path, sha256=image.sha256, size=image.size)
            for image in self.expect
        )

    def check(self, context: ActionContext) -> Verdict:
        """Everything that was kept must still be there; or an earlier attempt succeeded."""
        created = self._created(context)
        if created is not None:
            return Done(self._receipt(created)) if self._all_placed(context, created) else Ready()
        if self.is_partially_done(context):
            return Ready()  # nothing is sent again: `execute` looks for what was sent
        problem = next(filter(None, (kept_as_expected(context, image) for image in self.expect)), None)
        return Ready() if problem is None else Stale(problem)

    def is_partially_done(self, context: ActionContext) -> bool:
        """Whether a request has been sent."""
        return context.creates.begun(self.id) or _CREATING in context.journal.notes(self.id)

    def execute(self, context: ActionContext) -> Receipt:
        """Create the pin, then restore its files."""
        # Noted by an older version: the request may have left, so it is only looked for.
        maybe_sent = _CREATING in context.journal.notes(self.id)
        created = self._created(context) or context.creates.create_pin(self.id, self.wanted(), maybe_sent=maybe_sent)
        # After the create: the file names need the new id.
        bring_back(context, self, self.files, created, self.after)
        return self._receipt(created)

    def undo(self, receipt: Receipt, now: UndoContext) -> tuple[Action, ...] | NotUndone:
        """Trash the files and delete the new pin."""
        if receipt.created is None:
            return NotUndone("nothing was created")
        # Files first: one changed file must keep the whole pin.
        files = [record for put in receipt.puts if (record := now.record(put.pin_id, put.slot)) is not None]
        actions: list[Action] = []
        for file in files:
            undone = now.reversals.discard(self, file, now)
            if isinstance(undone, NotUndone):
                return undone  # the user changed the file, so it stays, and its pin with it
            actions.extend(undone)
        pin = now.pin(receipt.created)
        if pin is None:
            return tuple(actions) or NotUndone(f"pin {receipt.created} is no longer listed")
        return (*actions, now.reversals.delete_again(pin, self.after, files))

    def new_pin(self) -> NewPin:
        """The request to Pinterest."""
        pin = self.before
        # Only carousels have slots; of a single image all texts belong to the pin.
        several = len(pin.images) > 1
        return NewPin(
            board_id=self.after.board_id,
            section_id=self.after.section_id,
            title=pin.title,
            description=pin.description,
            link=pin.link,
            alt_text=pin.alt_text,
            slots=tuple(NewSlot(title=i.title, description=i.description, link=i.link) for i in pin.images)
            if several
            else (),
        )

    def wanted(self) -> PinWanted:
        """The pin, its pictures, and the pins that are not it."""
        pictures = tuple(image.path for image in self.expect)
        return PinWanted(subject=self.pin_id, pin=self.new_pin(), pictures=pictures, twins=self.twins)

    def _created(self, context: ActionContext) -> PinId | None:
        """The pin that an earlier attempt created, if its id is known."""
        known = context.creates.known(self.id)
        if known is not None:
            return known
        notes = context.journal.notes(self.id)
        return next((PinId(note.removeprefix(_CREATED)) for note in notes if note.startswith(_CREATED)), None)

    def _all_placed(self, context: ActionContext, created: PinId) -> bool:
        """Whether every file is at its new path and no longer in the trash."""
        return all(is_back(context, file, file.tracked(created, self.after).path) for file in self.files)

    def _receipt(self, created: PinId) -> Receipt:
        return Receipt(changes=tuple(Put(file.tracked(created, self.after)) for file in self.files), created=created)
