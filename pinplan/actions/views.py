"""The images of an action and their possible locations, for review before the apply."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from pinplan.model.ids import PinId, RelPath, Sha256
from pinplan.model.pins import Rendition

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinplan.actions.placement import Placement
    from pinplan.model.base import Tracked
    from pinplan.model.similarity import ImageQuality


class Role(StrEnum):
    """What part an image plays in its action."""

    IMAGE = "image"
    BEFORE = "before"
    AFTER = "after"
    KEEP = "keep"
    DROP = "drop"


class View(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An image for display.

    Attributes:
        places: files of the library that hold it, the likeliest first: before the action, and after it.
        kept: the file in the trash that holds it.
        renditions: its sizes on Pinterest, best first.
        size, width, height, quality: from the plan; 0 if unknown.
        is_cover: whether it is the cover of a video.
        measured: whether width and height were measured from the file; Pinterest's declared sizes can be nominal.
    """

    role: Role
    pin_id: PinId
    places: tuple[RelPath, ...] = ()
    kept: RelPath | None = None
    renditions: tuple[Rendition, ...] = ()
    sha256: Sha256 | None = None
    size: int = 0
    width: int = 0
    height: int = 0
    quality: int = 0
    format: str = ""
    is_cover: bool = False
    measured: bool = True


def view_of(record: Tracked, role: Role = Role.IMAGE, *, later: RelPath | None = None) -> View:
    """The file of a record; ``later`` is its path after the action."""
    return View(
        role=role,
        pin_id=record.pin_id,
        places=(record.path,) if later is None else (record.path, later),
        sha256=record.sha256,
        size=record.size,
        width=record.width,
        height=record.height,
        format=record.format,
    )


def view_with(record: Tracked, looks: ImageQuality, role: Role, renditions: Sequence[Rendition] = ()) -> View:
    """The file of a record, with its measured quality."""
    return View(
        role=role,
        pin_id=record.pin_id,
        places=(record.path,),
        renditions=tuple(renditions),
        sha256=record.sha256,
        size=record.size,
        width=looks.width,
        height=looks.height,
        quality=looks.quality,
        format=record.format,
    )


def view_there(pin_id: PinId, renditions: Sequence[Rendition], role: Role = Role.IMAGE) -> View:
    """An image that only Pinterest has."""
    best = renditions[0] if renditions else None
    return View(
        role=role,
        pin_id=pin_id,
        renditions=tuple(renditions),
        width=(best.width or 0) if best else 0,
        height=(best.height or 0) if best else 0,
        measured=False,
    )


def view_to_come(pin_id: PinId, after: Placement, renditions: Sequence[Rendition]) -> View:
    """An image to be fetched, at its path after the action."""
    return replace(view_there(pin_id, renditions), places=(after.path,))
