"""Match gone pins with new pins of the same images: saved again, which is Pinterest's way to move another account's pin."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from pinplan.model.base import Tracked
    from pinplan.model.ids import PinId
    from pinplan.reconcile.match import PinSides, SeenPin

    Shown = tuple[tuple[int, str], ...]


def saved_again(
    tracked: Mapping[PinId, Sequence[Tracked]], pins: PinSides, new_pins: Collection[PinId]
) -> dict[PinId, SeenPin]:
    """The new pin for every unlisted tracked pin, if exactly one has the same image signatures in the same slots.

    Two old pins with one new one, or one with two, are left alone: the match is ambiguous. Whether the old pin is really gone
    is for the caller to check.

    Args:
        tracked: the records of each tracked pin.
        pins: all listed pins.
        new_pins: those of them that are not tracked.
    """
    # If neither is true, every tracked pin is listed: the common case, without a walk over all of them.
    if not new_pins or len(pins.pins) - len(new_pins) == len(tracked):
        return {}
    missing = {pin_id: shown for pin_id in tracked.keys() - pins.pins.keys() if (shown := _of(tracked[pin_id]))}
    if not missing:
        return {}
    old: dict[Shown, list[PinId]] = defaultdict(list)
    new: dict[Shown, list[PinId]] = defaultdict(list)
    for pin_id, shown in missing.items():
        old[shown].append(pin_id)
    for pin_id in new_pins:
        # Compared by tuple in a dict: O(pins), however many were saved again.
        if (shown := _offered(pins.pins[pin_id])) in old:
            new[shown].append(pin_id)
    return {
        old[shown][0]: pins.pins[ids[0]]
        for shown, ids in new.items()
        if len(ids) == len(old[shown]) == 1 and ids[0] not in pins.twice and pins.pins[ids[0]].board.complete
    }


def _of(records: Sequence[Tracked]) -> Shown:
    """The images of a tracked pin; empty without Pinterest's own addresses."""
    shown = tuple(sorted((record.slot, record.signature) for record in records if record.signature is not None))
    # All or nothing: a carousel of which one image has no signature cannot be identified.
    return shown if len(shown) == len(records) else ()


def _offered(seen: SeenPin) -> Shown:
    images = seen.pin.images
    shown = tuple(sorted((image.slot, image.signature) for image in images if image.signature is not None))
    # A cover says nothing about its video: two videos may share one.
    return shown if len(shown) == len(images) and not any(image.cover for image in images) else ()
