"""The base: what Pinterest and the library agreed on at the last apply."""

from __future__ import annotations

from msgspec import Struct, field

from pinplan.model.ids import AccountId, BoardId, LibraryId, Lineage, PinId, RelPath, SectionId, Sha256
from pinplan.model.refused import Refused


class Tracked(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """One agreed pair: an image of a pin and a file.

    Attributes:
        container: the folder address of board and section when the file was placed, e.g. ``"Animals 動物/Cats"``.
        template: the file name template that the path was made with.
        size, mtime_ns, sha256, width, height, format: of the file, measured when it was last agreed on.
        signature: Pinterest's signature of the image, where the file surely holds it; None for a file that a person put there or changed.
        duplicate_of: the pin whose file stands for this one's as well: it was removed here as a duplicate, on purpose.
        doubtful: why the file is not a perfect image, though its host sent exactly these bytes, and sent them again: it is kept, but proves nothing.
    """

    pin_id: PinId
    slot: int
    path: RelPath
    size: int
    mtime_ns: int
    sha256: Sha256
    width: int
    height: int
    format: str
    board_id: BoardId
    section_id: SectionId | None = None
    container: str
    template: str
    signature: str | None = None
    duplicate_of: PinId | None = None
    doubtful: str | None = None

    def is_by_hand(self, signature: str | None) -> bool:
        """Whether a person put the file there or changed it, by the signature of the image that its pin shows: it proves nothing of that image."""
        return self.signature is None and signature is not None


class Base(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything agreed on.

    Attributes:
        serial: counts the runs; a plan is bound to it.
        account_id: None until the first apply.
        scopes: what the token could see at the last apply, where known.
        refused: images that could not be had, or not in the best size.
    """

    library_id: LibraryId
    lineage: Lineage
    serial: int = 0
    account_id: AccountId | None = None
    scopes: tuple[str, ...] = ()
    tracked: tuple[Tracked, ...] = field(default_factory=tuple)
    refused: tuple[Refused, ...] = ()
