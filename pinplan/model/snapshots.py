"""Snapshots of both sides at one time; saved as plain JSON."""

from __future__ import annotations

from functools import cached_property

from msgspec import Struct

from pinplan.model.ids import BoardId, LibraryId, PinId, RelPath, SectionId
from pinplan.model.images import FileFact
from pinplan.model.pins import Account, Board, Pin, Section
from pinplan.model.similarity import DuplicatePair
from pinplan.model.videos import VideoFacts


class UnreadableItem(Struct, frozen=True, gc=False, kw_only=True):
    """An item of a listing that is not a pin, board or section: not an object, or without a valid id.

    Attributes:
        page, item: its position in the listing, both counted from 1.
        problem: what is wrong with it.
    """

    page: int
    item: int
    problem: str


class ListedBoards(Struct, frozen=True):
    """The list of boards, read to its end.

    Attributes:
        boards: each once.
        unreadable: items that are not boards; which boards they stand for is unknown.
    """

    boards: tuple[Board, ...]
    unreadable: tuple[UnreadableItem, ...] = ()


class ListedSections(Struct, frozen=True):
    """The sections of a board, listed to the end.

    Attributes:
        sections: in Pinterest's order.
        unreadable: items that are not sections; which sections they stand for is unknown.
    """

    sections: tuple[Section, ...] = ()
    unreadable: tuple[UnreadableItem, ...] = ()


class BoardSnapshot(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A board and its listing.

    Attributes:
        complete: the listing was read to the end and the folder of every pin is known; nothing is deleted or moved otherwise.
        problem: why it could not be read to the end, e.g. ``"HTTP 500 at page 3"`` or ``"not in scope"``.
        foreign: items in the listing that are not pins of this board (such as suggestions); ignored.
        listed: False for a board that the config excludes: its pins were not requested.
        asked: False for a board from the cache because nothing was to be requested (``--refresh none``).
        unreadable: items of the listing that are not pins.
        unreadable_sections: items of its list of sections that are not sections.
        unnamed: sections with pins in them whose names are unknown.
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
        """Whether it was requested and could not be read to the end."""
        return self.listed and self.asked and self.problem is not None

    @property
    def short_by(self) -> int:
        """By how many pins a cleanly ended listing falls short of Pinterest's count, which may include pins that cannot be listed."""
        count = self.board.pin_count
        # A board from the cache under `--refresh none` was not asked: without pins it says nothing.
        ended = self.listed and not self.unread and (self.asked or self.pins)
        # More pins than counted is no fault: the figure lags behind (a warning only).
        return max(0, count - len(self.pins)) if ended and count is not None else 0

    @property
    def partial(self) -> str:
        """Why pins may be missing from it; empty if nothing suggests that."""
        if self.unread:
            return self.problem or ""
        return short_listing(len(self.pins), self.board) if self.short_by else ""


def short_listing(listed: int, board: Board) -> str:
    """Message for a listing shorter than Pinterest's own pin count."""
    return f"{listed} pins listed, Pinterest says {board.pin_count}"


class AskedPin(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A tracked pin missing from every listing, and the response to GET on it.

    Attributes:
        gone: GET returned 404.
        board_id: the board of the pin now, if it exists.
        problem: why its state is unknown.
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
        api_calls: requests sent for it; not part of the digest.
        asked: the state of tracked pins that no complete listing had.
        unreadable: items of the list of boards that are not boards; then no board is complete, since a pin may have moved to one of them.
    """

    account: Account
    boards: tuple[BoardSnapshot, ...]
    asked: tuple[AskedPin, ...] = ()
    scopes: tuple[str, ...] = ()
    taken_at: str = ""
    api_calls: int = 0
    unreadable: tuple[UnreadableItem, ...] = ()


class UnknownPath(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A file or folder that could not be read: it and everything below it is unknown, never absent.

    Attributes:
        is_folder: whether it is certainly a folder, or a link to one, which may contain any missing file.
    """

    path: str
    reason: str
    is_folder: bool = False


class Sighting(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A candidate for a missing file, found by neither name nor bytes.

    Attributes:
        path: the recorded path.
        files: files that show or may show the same picture.
        sure: whether they show it, judged by fingerprints.
        why: why it is unknown whether the file is missing; empty if it is known.
    """

    path: RelPath
    files: tuple[RelPath, ...] = ()
    sure: bool = False
    why: str = ""


class UploadFacts(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """An untracked picture that may be uploaded, prepared as it would be sent.

    Attributes:
        content_type, size: of what would be sent, which is not the file itself.
        problem: why it cannot be sent; empty if it can.
        unsure: why it is not known whether Pinterest has its picture; empty if that is known.
        pins: pins that show the same picture.
        files: other untracked files that show the same picture, and come before it.
    """

    path: RelPath
    content_type: str = ""
    size: int = 0
    problem: str = ""
    unsure: str = ""
    pins: tuple[PinId, ...] = ()
    files: tuple[RelPath, ...] = ()


class LocalSnapshot(Struct, frozen=True, dict=True, kw_only=True, omit_defaults=True):
    """The library at one time: regular files sorted by path, and the paths that could not be read.

    Attributes:
        alike: pairs of tracked files that show the same picture, in the tiers that are acted on.
        faceless: tracked files that cannot be fingerprinted, and why.
        sightings: candidates for files that would otherwise be missing.
        uploads: untracked pictures that may be uploaded.
        videos: untracked videos that may be uploaded, because a picture of the same name is beside them.
        uploaded_today: how many were uploaded since the day began, in UTC; counted only if there are any of the former.
    """

    library_id: LibraryId
    files: tuple[FileFact, ...]
    unknown: tuple[UnknownPath, ...] = ()
    alike: tuple[DuplicatePair, ...] = ()
    faceless: tuple[UnknownPath, ...] = ()
    sightings: tuple[Sighting, ...] = ()
    uploads: tuple[UploadFacts, ...] = ()
    videos: tuple[VideoFacts, ...] = ()
    uploaded_today: int = 0
    taken_at: str = ""

    @cached_property
    def by_path(self) -> dict[str, FileFact]:
        """The files by path. Kept with the value, as many stages ask for it: of a large library it takes long to build."""
        return {file.path: file for file in self.files}
