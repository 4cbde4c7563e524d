"""The final path of a new image: as planned, with the extension of the fetched format.

The plan takes the extension from the image's address; only the bytes show the format. Nothing but the extension may differ (I11).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from pinplan.actions.base import name_of
from pinplan.actions.companion_steps import steps_to
from pinplan.actions.companions import carry_along, waiting
from pinplan.actions.placement import Placement, tracked_from
from pinplan.actions.receipts import Put, Receipt
from pinplan.model.base import Refused
from pinplan.model.images import StagedImage
from pinplan.model.naming import named_as

if TYPE_CHECKING:
    from pinplan.actions.companions import Carrier
    from pinplan.actions.contexts import ActionContext
    from pinplan.model.ids import ActionId, PinId, RelPath
    from pinplan.model.images import FileStat


class Landing(Struct, frozen=True, gc=False):
    """The final path of a staged image, with an optional note."""

    placement: Placement
    image: StagedImage
    note: str = ""

    def receipt(self, pin_id: PinId, stat: FileStat, *, fetched: int = 0) -> Receipt:
        """The receipt of the placed file."""
        learned = tracked_from(pin_id, self.placement, self.image, stat)
        return Receipt(changes=(Put(learned),), fetched=fetched, note=self._noted(), refused=self.image.refused)

    def _noted(self) -> str:
        refused = self.image.refused
        smaller = lesser_note(self.image, refused) if refused is not None else ""
        doubt = f"kept as doubtful: {self.image.doubtful}" if self.image.doubtful is not None else ""
        return "; ".join(filter(None, (self.note, smaller, doubt)))


def lesser_note(image: StagedImage, refused: Refused) -> str:
    """Note a refused better size."""
    return f"kept in {image.width}×{image.height}; {refused.offered} was refused: {refused.reason}"


def landing_of(context: ActionContext, placement: Placement, image: StagedImage) -> Landing:
    """The path of a new image: as planned, with the extension of its format if that path is free."""
    fitting = named_as(placement.path, image.format)
    if fitting == placement.path:
        return Landing(placement, image)
    # Never overwrite for the sake of an extension (I10: untracked files are not touched).
    if context.library.stat(fitting) is not None:
        return Landing(
            placement, image, f"image is {image.format}, but {fitting} is taken; saved as {name_of(placement.path)}"
        )
    return _renamed(placement, image, fitting)


def _renamed(placement: Placement, image: StagedImage, path: RelPath) -> Landing:
    return Landing(replace(placement, path=path), image, f"image is {image.format}; saved as {name_of(path)}")


def landed_before(context: ActionContext, action: ActionId, placement: Placement) -> tuple[Landing, FileStat] | None:
    """The image that an earlier attempt made visible, at the planned path or under another extension."""
    for image in context.journal.staged_before(action):
        # In the order in which `landing_of` chooses between them; mostly the two are the same path.
        for path in dict.fromkeys((placement.path, named_as(placement.path, image.format))):
            found = context.library.stat(path)
            # By bytes: another program may have put a file there between two attempts.
            if found is not None and context.library.inspect(path).sha256 == image.sha256:
                landing = Landing(placement, image) if path == placement.path else _renamed(placement, image, path)
                return landing, found
    return None


def land(context: ActionContext, action: Carrier, landing: Landing) -> FileStat:
    """Make the image visible, with the companions of its earlier file; changed ones stay where they are."""
    placement = landing.placement
    was = action.carried()
    # From beside the earlier file, which is gone, while its companions are still here.
    steps = steps_to(action.with_it, was[0], placement.path) if was is not None else []

    def place() -> FileStat:
        return context.library.place(landing.image, placement.path, placement.mtime_ns)

    return carry_along(context, action, waiting(context, steps), place)
