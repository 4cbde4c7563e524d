"""One side as seen at one time. Both snapshots are plain JSON when saved."""

from __future__ import annotations

from msgspec import Struct

from pinplan.model.ids import BoardId, LibraryId, PinId, RelPath, SectionId
from pinplan.model.images import FileFact
from pinplan.model.pins import Account, Board, Pin, Section
from pinplan.model.similarity import DuplicatePair


class UnreadableItem(Struct, frozen=True, gc=False, kw_only=True):
    """An item of a listing that is no pin, no board or no section: no object, or without an id to trust.

    Attributes:
        page, item: its place in the listing, both counted from 1.
        problem: what is wrong with it.
    """

    page: int
    item: int
    problem: str


class ListedBoards(Struct, frozen=True):
    """The list of boards, read to its end.

    Attributes:
        boards: each once.
        unreadable: items that are no boards: which ones they stand for, nobody can tell.
    """

    boards: tuple[Board, ...]
    unreadable: tuple[UnreadableItem, ...] = ()


class ListedSections(Struct, frozen=True):
    """The sections of a board, listed to the end.

    Attributes:
        sections: in Pinterest's order.
        unreadable: items that are no sections: which ones they are, is not known.
    """

    sections: tuple[Section, ...] = ()
    unreadable: tuple[UnreadableItem, ...] = ()


class BoardSnapshot(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A board and what its listing gave.

    Attributes:
        complete: the listing was read to its end and every pin has its place: nothing is deleted or moved without that.
        problem: why it could not be read to its end, e.g. ``"HTTP 500 at page 3"`` or ``"not in scope"``.
        foreign: items in the listing that are no pins of this board (strangers' tiles); ignored.
        listed: False for a board that the config leaves out: it was not asked for its pins.
        asked: False for a board that comes from the cache because nothing was to be asked (``--refresh none``).
        unreadable: items of the listing that are no pins.
        unreadable_sections: items of its list of sections that are no sections.
        unnamed: sections that pins are in and whose names are not known.
    """

    board: Board
    sections: tuple[Section, ...] = ()
    pins: tuple[Pin, ...] = ()
    complete: bool = True
    problem: str | None = None
    foreign: int = 0
    listed: bool = True
    asked: bool = True
    unreadable: tuple[UnreadableItem, ...] = ()
    unreadable_sections: tuple[UnreadableItem, ...] = ()
    unnamed: tuple[SectionId, ...] = ()

    @property
    def unread(self) -> bool:
        """Pinterest was asked for it, and it could not be read to its end."""
        return self.listed and self.asked and self.problem is not None

    @property
    def short_by(self) -> int:
        """How many pins fewer than Pinterest says a listing had that ended cleanly. The figure may count pins that cannot be listed."""
        said = self.board.pin_count
        ended = self.listed and not self.unread and (self.asked or self.pins)
        return max(0, said - len(self.pins)) if ended and said is not None else 0

    @property
    def partial(self) -> str:
        """Why pins may be missing from it; empty where nothing speaks for that."""
        if self.unread:
            return self.problem or ""
        return short_listing(len(self.pins), self.board) if self.short_by else ""


def short_listing(listed: int, board: Board) -> str:
    """Message for a listing shorter than Pinterest's own pin count."""
    return f"{listed} pins listed, Pinterest says {board.pin_count}"


class AskedPin(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A tracked pin missing from every listing, and the response to GET on it.

    Attributes:
        gone: GET answered 404.
        board_id: where the pin is now, if it is there.
        problem: why it could not be told.
    """

    pin_id: PinId
    gone: bool = False
    board_id: BoardId | None = None
    section_id: SectionId | None = None
    problem: str | None = None


class RemoteSnapshot(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Pinterest as seen at one time.

    Attributes:
        taken_at: RFC 3339 in UTC; not part of the digest.
        api_calls: requests that were sent for it; not part of the digest.
        asked: what became of pins that the base knows and no complete listing had.
        unreadable: items of the list of boards that are no boards: no board is complete then, for a pin may have moved to one of them.
    """

    account: Account
    boards: tuple[BoardSnapshot, ...]
    asked: tuple[AskedPin, ...] = ()
    scopes: tuple[str, ...] = ()
    taken_at: str = ""
    api_calls: int = 0
    unreadable: tuple[UnreadableItem, ...] = ()


class UnknownPath(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A file or folder that could not be read: it and everything below is unknown, never absent.

    Attributes:
        is_folder: whether it is surely a folder, or a link to one: whatever is missing may be in it.
    """

    path: str
    reason: str
    is_folder: bool = False


class Sighting(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A candidate for a missing file, found by neither name nor bytes.

    Attributes:
        path: the recorded place.
        files: what shows the same picture, or may show it.
        sure: they show it, as surely as fingerprints can tell.
        why: why the scan cannot tell whether the file is missing, where it cannot.
    """

    path: RelPath
    files: tuple[RelPath, ...] = ()
    sure: bool = False
    why: str = ""


class LocalSnapshot(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The library at one time: regular files sorted by path, and the paths that could not be read.

    Attributes:
        alike: pairs of tracked files that show the same picture, of the tiers that are acted on.
        faceless: tracked files of which no fingerprint can be taken, and why.
        sightings: of files that would otherwise be missing.
    """

    library_id: LibraryId
    files: tuple[FileFact, ...]
    unknown: tuple[UnknownPath, ...] = ()
    alike: tuple[DuplicatePair, ...] = ()
    faceless: tuple[UnknownPath, ...] = ()
    sightings: tuple[Sighting, ...] = ()
    taken_at: str = ""
