"""``delete_remote``: the file was removed here and the mode says that its pin goes too."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from pinplan.actions.base import (
    Action,
    Description,
    Done,
    Drop,
    ExpectPin,
    Phase,
    Ready,
    Receipt,
    Stale,
    Trait,
    Verdict,
    World,
)
from pinplan.model.base import Tracked
from pinplan.model.ids import ActionId, RelPath
from pinplan.model.images import StagedImage
from pinplan.model.pins import Pin
from pinplan.model.trash import trash_path


class DeleteRemote(Action, frozen=True, kw_only=True, tag="delete_remote", gc=False):
    """Keep a copy of the pin's images and facts in the trash (I20), then delete the pin on Pinterest.

    Pinterest has no undelete: the pin can only be created anew from what is kept, under a new id.

    Attributes:
        before: the pin as the plan saw it, with everything that is needed to create it again.
        files: the base's records of its files, all of which are gone from the library.
    """

    trait: ClassVar[Trait] = Trait(
        symbol="!",
        verb="to delete on Pinterest",
        title="Delete on Pinterest",
        phase=Phase.REMOTE,
        deletes_remote=True,
        always_shown=True,
    )

    expect: ExpectPin
    before: Pin
    after: None = None
    files: tuple[Tracked, ...]

    def describe(self) -> Description:
        """Which pin goes."""
        title = f", “{self.before.title}”" if self.before.title else ""
        return Description(
            short=f"pin {self.pin_id}{title}",
            effect=f"delete pin {self.pin_id}{title} on Pinterest; its images and facts are kept",
        )

    def check(self, world: World) -> Verdict:
        """The pin must be where it was and still be ours, and every file still be missing."""
        for file in self.files:
            if world.library.stat(file.path) is not None:
                return Stale(f"{file.path} is back")
        pin = world.remote.pin(self.pin_id)
        if pin is None:
            return Done(self._receipt(self._kept(world)))
        if pin.is_owner is not True:
            return Stale("the pin is not yours")
        if (pin.board_id, pin.section_id) != (self.expect.board_id, self.expect.section_id):
            return Stale("the pin has moved since the plan")
        return Ready()

    def execute(self, world: World) -> Receipt:
        """Fetch and keep every image, keep the facts, and only then delete."""
        for image in self.before.images:
            part = self._part(image.slot)
            staged = world.obtain(part, image.renditions)
            world.journal.staged(part, staged)
            world.library.keep(staged, self._name(image.slot, staged), world.run, self.id)
        facts = msgspec.json.format(msgspec.json.encode(self.before, order="sorted"), indent=2)
        world.library.keep_facts(self._facts_name(), facts + b"\n", world.run, self.id)
        world.remote.delete_pin(self.pin_id)
        return self._receipt(self._kept(world))

    def _part(self, slot: int) -> ActionId:
        return ActionId(f"{self.id}-{slot}")

    def _name(self, slot: int, staged: StagedImage) -> str:
        return f"{self.pin_id}-{slot}.{staged.format.lower()}"

    def _facts_name(self) -> str:
        return f"{self.pin_id}.json"

    def _kept(self, world: World) -> tuple[RelPath, ...]:
        """What this action put into the trash, also in an earlier try: images as noted, then the facts."""
        noted = (
            (image.slot, list(world.journal.staged_before(self._part(image.slot)))) for image in self.before.images
        )
        names = [self._name(slot, tries[-1]) for slot, tries in noted if tries]
        return tuple(trash_path(name, world.run, self.id) for name in (*names, self._facts_name()) if names)

    def _receipt(self, kept: tuple[RelPath, ...]) -> Receipt:
        return Receipt(changes=tuple(Drop(self.pin_id, file.slot) for file in self.files), kept=kept)
