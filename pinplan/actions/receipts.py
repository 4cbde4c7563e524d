"""Receipts of executed actions; the base changes only through them."""

from __future__ import annotations

from msgspec import Struct

from pinplan.model.base import Refused, Tracked
from pinplan.model.ids import ActionId, PinId, RelPath, RunId, Sha256


class Put(Struct, frozen=True, tag="put"):
    """The base adds or changes an agreed pair."""

    tracked: Tracked


class Drop(Struct, frozen=True, tag="drop"):
    """The base forgets an agreed pair."""

    pin_id: PinId
    slot: int


class KeptImage(Struct, frozen=True, gc=False, kw_only=True):
    """An image of a deleted pin, in the trash."""

    slot: int
    path: RelPath
    size: int
    sha256: Sha256
    width: int
    height: int
    format: str


class Confirmed(Struct, frozen=True, kw_only=True):
    """An action of an earlier run whose create turned out to have succeeded."""

    run: RunId
    action: ActionId


class Receipt(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The effect of an executed action.

    Attributes:
        changes: changes of the base.
        fetched: downloaded bytes.
        kept: paths in the trash of what can be restored.
        images: the kept images of a deleted pin.
        created: the id that Pinterest assigned to the created pin.
        place: the id that it assigned to the created board or section. Since plan format 1.4.
        note: how the result differs from the plan, in words.
        confirms: the action that created the pin, if it was not this one.
        kept_sha256: digest of the trashed file, the first of ``kept``; read there, not taken from the plan.
        refused: an image that was refused in its best size.
        for_pin: of a duplicate, the pin that was kept, if another one than planned.
    """

    changes: tuple[Put | Drop, ...] = ()
    fetched: int = 0
    kept: tuple[RelPath, ...] = ()
    images: tuple[KeptImage, ...] = ()
    created: PinId | None = None
    place: str | None = None
    note: str = ""
    confirms: Confirmed | None = None
    kept_sha256: Sha256 | None = None
    refused: Refused | None = None
    for_pin: PinId | None = None

    @property
    def puts(self) -> tuple[Tracked, ...]:
        """The pairs that the base added or changed."""
        return tuple(change.tracked for change in self.changes if isinstance(change, Put))
