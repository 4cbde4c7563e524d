"""``delete_remote``: delete a pin on Pinterest whose file was removed locally."""

from __future__ import annotations

from typing import ClassVar

import msgspec
from msgspec import UNSET, UnsetType

from pinplan.actions.base import Action, Description, KindInfo, Phase
from pinplan.actions.contexts import ActionContext, UndoContext
from pinplan.actions.create_again import can_be_created_again
from pinplan.actions.expect import ExpectPin
from pinplan.actions.provisions import Claim
from pinplan.actions.receipts import Drop, KeptImage, Receipt
from pinplan.actions.verdicts import Done, NotUndone, Ready, Stale, Verdict
from pinplan.actions.views import View, view_there
from pinplan.model.base import Tracked
from pinplan.model.ids import ActionId, BoardId, RelPath
from pinplan.model.images import StagedImage, Wanted, is_placeholder, is_smaller
from pinplan.model.naming import trash_path
from pinplan.model.pins import Pin, PinImage
from pinplan.model.scopes import WRITE_PINS


class DeleteRemote(Action, frozen=True, kw_only=True, tag="delete_remote", gc=False):
    """Keep a copy of the pin's images and metadata in the trash (I20), then delete the pin on Pinterest.

    The images are the recorded bytes, if they are still anywhere, or the same pictures at the recorded size. If only less can be had,
    the action fails and the pin stays.

    Pinterest has no undelete: the pin can only be recreated from the copy, under a new id.

    Attributes:
        before: the pin as planned, with everything needed to recreate it.
        files: the base's records of its files, all of which are gone from the library.
        files_stay: True if the pin was created from files that stay: the undo of an upload or a post. Absent: all files are gone. Since plan format 1.4.
        of_others: True for a pin of another account, or on another account's board, whose deletion the config allows by name.
    """

    trait: ClassVar[KindInfo] = KindInfo(
        symbol="!",
        verb="to delete on Pinterest",
        title="Delete on Pinterest",
        phase=Phase.REMOTE,
        deletes_remote=True,
        always_shown=True,
        scopes=WRITE_PINS,
    )

    expect: ExpectPin
    before: Pin
    after: None = None
    files: tuple[Tracked, ...]
    files_stay: bool | UnsetType = UNSET
    of_others: bool | UnsetType = UNSET

    def describe(self) -> Description:
        """Name the pin."""
        title = f", “{self.before.title}”" if self.before.title else ""
        stays = (
            f"; its {'file stays' if len(self.files) == 1 else 'files stay'}" if self.files_stay and self.files else ""
        )
        return Description(
            subject=f"pin {self.pin_id}{title}",
            of_pin=True,
            effect=f"delete pin {self.pin_id}{title} on Pinterest{stays}; its images and metadata are kept, {self._way_back()}",
        )

    def _way_back(self) -> str:
        return "and undo creates it again under a new id" if self.reversible else "but pinplan cannot create it again"

    def views(self) -> tuple[View, ...]:
        """Its images on Pinterest: there are none here any more."""
        return tuple(view_there(self.pin_id, image.renditions) for image in self.before.images)

    def affected_paths(self) -> tuple[RelPath, ...]:
        """The files that it had."""
        return tuple(file.path for file in self.files)

    @property
    def deleted_pin(self) -> Pin:
        """The pin as the plan saw it."""
        return self.before

    @property
    def takes_back(self) -> bool:
        """Only an undo leaves files, those that its run published."""
        return self.files_stay is True

    @property
    def calls(self) -> int:
        """Read the pin, delete it."""
        return 2

    @property
    def listing_dependencies(self) -> frozenset[BoardId]:
        """Its board, and the board recorded in the base."""
        return frozenset({self.board_id, *(file.board_id for file in self.files)})

    def records(self) -> tuple[Tracked, ...]:
        """The records of all its files."""
        return self.files

    def claims(self) -> tuple[Claim, ...]:
        """Its records, each of which must be this pin's."""
        return tuple(Claim(self.pin_id, file.path, file.sha256, file.slot) for file in self.files)

    def misfit(self) -> str | None:
        """The inspected pin must be the deleted one."""
        if not self.pin_id == self.before.id == self.expect.pin_id:
            return "the kept copy belongs to another pin"
        same = self.board_id == self.before.board_id == self.expect.board_id
        return None if same else "the kept copy belongs to another board"

    def check(self, context: ActionContext) -> Verdict:
        """The pin must be where it was and still belong to the account, and every file must still be missing."""
        for file in () if self.files_stay else self.files:
            if context.library.stat(file.path) is not None:
                return Stale(f"{file.path} is back")
        pin = context.remote.pin(self.pin_id)
        if pin is None:
            # The 404 may be an earlier attempt's own delete: its receipt is rebuilt from the journal.
            return Done(self._receipt(context))
        # On a group board the API lets a collaborator delete other people's pins; `is_owner` may also be absent.
        if pin.is_owner is not True and not self.of_others:
            return Stale("the pin is not yours")
        if (pin.board_id, pin.section_id) != (self.expect.board_id, self.expect.section_id):
            return Stale("the pin has moved since the plan")
        if pin.says != self.before.says or pin.shows_another_than(self.before):
            return Stale("its texts or images have changed since the plan; the kept copy is out of date")
        if self.files_stay:
            return Ready()
        # The plan may be old: a file that was moved or converted since is not missing (I2: absence needs proof).
        problem = context.why_not_missing(self.files)
        return Ready() if problem is None else Stale(problem)

    def execute(self, context: ActionContext) -> Receipt:
        """Fetch and keep every image, keep the metadata, and only then delete."""
        for image in self.before.images:
            part = self._part(image.slot)
            staged = context.obtain(part, self._wanted(image))
            # Note before keep: a crash between the two must still find the image for the receipt.
            context.journal.staged(part, staged)
            context.library.keep(staged, self._name(image.slot, staged), context.run, self.id)
        facts = msgspec.json.format(msgspec.json.encode(self.before, order="sorted"), indent=2)
        context.library.keep_facts(self._facts_name(), facts + b"\n", context.run, self.id)
        # Last, with images and metadata flushed to the trash (I20: keep before delete).
        context.remote.delete_pin(self.pin_id)
        return self._receipt(context)

    def _wanted(self, image: PinImage) -> Wanted:
        """The recorded picture; if there is no record, or one of a placeholder, the best available (I20: kept before deleted)."""
        record = next((file for file in self.files if file.slot == image.slot), None)
        if record is not None and image.renditions and is_placeholder(record.width, record.height, image.renditions[0]):
            record = None
        # A user's own file is not the pin's image: keep Pinterest's.
        if record is not None and record.is_by_hand(image.signature):
            record = None
        # The record of a size that was kept for want of a better one: if that is refused again, it would be lost with the pin (I20).
        is_lesser = (
            record is not None
            and bool(image.renditions)
            and is_smaller(record.width, record.height, image.renditions[0])
        )
        return Wanted(
            pin_id=self.pin_id,
            slot=image.slot,
            renditions=image.renditions,
            signature=image.signature,
            recorded=record,
            lesser_will_do=record is not None and not is_lesser,
            # Of a video Pinterest may show another frame than the cover.
            as_sent=record is None and can_be_created_again(self.before),
        )

    def undo(self, receipt: Receipt, now: UndoContext) -> tuple[Action, ...] | NotUndone:
        """Recreate the pin, if pinplan can."""
        return now.reversals.create_again(self.before, self.files, receipt.images, now)

    def _part(self, slot: int) -> ActionId:
        # Journal notes are per action: each image of a carousel gets an id of its own.
        return ActionId(f"{self.id}-{slot}")

    def _name(self, slot: int, staged: StagedImage) -> str:
        return f"{self.pin_id}-{slot}.{staged.format.lower()}"

    def _facts_name(self) -> str:
        return f"{self.pin_id}.json"

    def _receipt(self, context: ActionContext) -> Receipt:
        """What this action put into the trash, also in an earlier attempt: images as noted in the journal, then the metadata."""
        noted = ((i.slot, list(context.journal.staged_before(self._part(i.slot)))) for i in self.before.images)
        # The last attempt's: keeping an image again replaces the one before.
        images = tuple(self._kept_image(slot, tries[-1], context) for slot, tries in noted if tries)
        # Without images the pin was gone before anything was kept.
        facts = (trash_path(self._facts_name(), context.run, self.id),) if images else ()
        return Receipt(
            changes=tuple(Drop(self.pin_id, file.slot) for file in self.files),
            kept=(*(image.path for image in images), *facts),
            images=images,
        )

    def _kept_image(self, slot: int, staged: StagedImage, context: ActionContext) -> KeptImage:
        return KeptImage(
            slot=slot,
            path=trash_path(self._name(slot, staged), context.run, self.id),
            size=staged.size,
            sha256=staged.sha256,
            width=staged.width,
            height=staged.height,
            format=staged.format,
        )
