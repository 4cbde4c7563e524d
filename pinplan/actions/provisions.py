"""What actions need of one another, and of the base."""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from pinplan.model.ids import PinId, RelPath, Sha256


class FileAt(Struct, frozen=True, gc=False):
    """A file at a path, placed there by one action and needed by another."""

    path: RelPath


class WordsOf(Struct, frozen=True, gc=False):
    """The texts of a pin on Pinterest, changed by one action and needed in that form by another."""

    pin_id: PinId


class PlaceAt(Struct, frozen=True, gc=False):
    """A board or section on Pinterest, by its folder: created by one action, and filled by others."""

    container: str


Provision: TypeAlias = FileAt | WordsOf | PlaceAt


class Claim(Struct, frozen=True, gc=False):
    """The record that the base must hold for an action that moves, replaces or deletes a file.

    Attributes:
        slot: None if the action does not name an image of the pin.
    """

    pin_id: PinId
    path: RelPath
    sha256: Sha256
    slot: int | None = None
