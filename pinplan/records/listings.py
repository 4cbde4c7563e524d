"""Cached listings of boards, complete and partial.

A cache: losing it costs API calls only. Unreadable rows are dropped. When it may be used is decided by `pinplan.snapshot.freshness`.
"""

from __future__ import annotations

from sys import intern
from typing import TYPE_CHECKING, TypeVar

import msgspec
from msgspec import Struct, field

from pinplan.model.ids import BoardId, PinId
from pinplan.model.pins import Account, Board, Pin, Privacy, Section
from pinplan.model.snapshots import UnreadableItem
from pinplan.records.database import UNDECODABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pinplan.records.database import Database

T = TypeVar("T")


class BoardFacts(Struct, frozen=True, gc=False, kw_only=True):
    """The facts of a board that the list of boards contains."""

    name: str
    privacy: Privacy | None
    owner: str | None
    pin_count: int | None
    pins_modified_at: str | None


class Listing(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A listing that ended cleanly.

    Attributes:
        sections: None if not requested, because no pin named one.
        foreign: number of items that are not pins of the board.
    """

    pins: tuple[Pin, ...]
    sections: tuple[Section, ...] | None = None
    foreign: int = 0


class CachedListing(Struct, frozen=True, kw_only=True):
    """When a listing began, and the facts of its board at that time."""

    taken_at: str
    facts: BoardFacts


class PartialListing(Struct, kw_only=True):
    """A listing in progress.

    Attributes:
        began_at: when its first page was requested.
        pages: number of pages read.
        bookmark: of the next page.
        unreadable: items that are not valid pins.
    """

    began_at: str
    facts: BoardFacts
    pins: list[Pin]
    foreign: int = 0
    pages: int = 0
    bookmark: str | None = None
    unreadable: list[UnreadableItem] = field(default_factory=list)


class LastListing(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The last list of boards, and whose it is.

    Attributes:
        full_since: when a full refresh began that is not complete yet.
    """

    account: Account
    scopes: tuple[str, ...]
    taken_at: str
    boards: tuple[Board, ...] = ()
    full_since: str | None = None


class _Page(Struct, frozen=True):
    pins: list[Pin]
    foreign: int


# Built at import, before threads read cached boards: see `pinplan.pinterest.api`.
_LOOK, _FACTS = msgspec.msgpack.Decoder(LastListing), msgspec.msgpack.Decoder(BoardFacts)
_LISTING, _PAGE = msgspec.msgpack.Decoder(Listing), msgspec.msgpack.Decoder(_Page)
_GONE = msgspec.msgpack.Decoder(tuple[PinId, ...])


def board_facts_of(board: Board) -> BoardFacts:
    """The facts of a board."""
    return BoardFacts(
        name=board.name,
        privacy=board.privacy,
        owner=board.owner,
        pin_count=board.pin_count,
        pins_modified_at=board.pins_modified_at,
    )


class Listings:
    """The listings of one account with one set of scopes."""

    def __init__(self, db: Database) -> None:
        """Use this database."""
        self._db = db

    # -- the look as a whole -------------------------------------------------------------------------------------

    def last_listing(self) -> LastListing | None:
        """The last list of boards, and whose it is."""
        rows = self._db.rows("SELECT look FROM last_look")
        return _decoded(rows[0][0], _LOOK) if rows else None

    def remember_last_listing(self, listing: LastListing) -> None:
        """Store a list of boards. Drops listings of another account, of other scopes, and of boards that are no longer listed."""
        last = self.last_listing()
        with self._db.transaction() as db:
            # Fewer scopes list fewer pins: a listing of the old token would make secret pins look gone (I6).
            if last is None or (last.account.id, last.scopes) != (listing.account.id, listing.scopes):
                db.execute("DELETE FROM listings")
                db.execute("DELETE FROM listing_pages")
            db.execute("REPLACE INTO last_look VALUES (1, ?)", (msgspec.msgpack.encode(listing),))
            listed = {board.id for board in listing.boards}
            known = {str(row[0]) for row in db.execute("SELECT board_id FROM listings")}
            _drop(db.execute, known - listed)

    # -- complete listings ---------------------------------------------------------------------------------------

    def kept(self) -> dict[BoardId, CachedListing]:
        """The boards with a cached listing."""
        rows = self._db.rows("SELECT board_id, taken_at, facts FROM listings")
        found = {BoardId(str(board)): (str(at), _decoded(facts, _FACTS)) for board, at, facts in rows}
        return {
            board: CachedListing(taken_at=at, facts=facts) for board, (at, facts) in found.items() if facts is not None
        }

    def listing(self, board_id: BoardId) -> Listing | None:
        """A cached listing; None, and dropped, if unreadable."""
        rows = self._db.rows("SELECT listing FROM listings WHERE board_id = ?", (board_id,))
        found = _decoded(rows[0][0], _LISTING) if rows else None
        if rows and found is None:
            self.drop([board_id])
        return _with_shared_words(found) if found is not None else None

    def gone(self, board_id: BoardId) -> tuple[PinId, ...]:
        """Pins of the base that the listing lacks and for which Pinterest answered 404. Cacheable, as ids are never reused."""
        rows = self._db.rows("SELECT gone FROM listings WHERE board_id = ? AND gone IS NOT NULL", (board_id,))
        return (_decoded(rows[0][0], _GONE) or ()) if rows else ()

    def remember(self, board_id: BoardId, kept: CachedListing, listing: Listing) -> None:
        """Store a listing that ended cleanly; replaces an earlier one."""
        row = (board_id, kept.taken_at, msgspec.msgpack.encode(kept.facts), msgspec.msgpack.encode(listing))
        with self._db.transaction() as db:
            db.execute("REPLACE INTO listings (board_id, taken_at, facts, listing) VALUES (?, ?, ?, ?)", row)
            db.execute("DELETE FROM listing_pages WHERE board_id = ?", (board_id,))

    def remember_gone(self, gone: dict[BoardId, list[PinId]]) -> None:
        """Store the pins for which Pinterest answered 404."""
        rows = [(msgspec.msgpack.encode(pins), board_id) for board_id, pins in gone.items()]
        if rows:
            with self._db.transaction() as db:
                db.executemany("UPDATE listings SET gone = ? WHERE board_id = ?", rows)

    def drop(self, boards: Iterable[BoardId]) -> None:
        """Delete everything cached about some boards."""
        wanted = set(boards)
        if wanted:
            with self._db.transaction() as db:
                _drop(db.execute, wanted)

    # -- listings that were cut off ------------------------------------------------------------------------------

    def so_far(self, board_id: BoardId) -> PartialListing | None:
        """The interrupted listing of a board; None, and dropped, if unreadable."""
        query = "SELECT began_at, facts, bookmark, page FROM listing_pages WHERE board_id = ? ORDER BY number"
        rows = self._db.rows(query, (board_id,))
        if not rows:
            return None
        pages = [_decoded(row[3], _PAGE) for row in rows]
        began_at, data, bookmark, _ = rows[-1]
        facts = _decoded(data, _FACTS)
        good = [page for page in pages if page is not None]
        # A page in the middle is missing: continuing after it would lose its pins.
        if facts is None or len(good) != len(pages):
            self.drop_pages(board_id)
            return None
        return PartialListing(
            began_at=str(began_at),
            facts=facts,
            pins=[pin for page in good for pin in page.pins],
            foreign=sum(page.foreign for page in good),
            pages=len(good),
            bookmark=str(bookmark),
        )

    def remember_page(self, board_id: BoardId, so_far: PartialListing, pins: Sequence[Pin], foreign: int) -> None:
        """Store one more page; ``so_far`` already counts it."""
        page = msgspec.msgpack.encode(_Page(list(pins), foreign))
        facts = msgspec.msgpack.encode(so_far.facts)
        row = (board_id, so_far.pages, so_far.began_at, facts, so_far.bookmark, page)
        with self._db.transaction() as db:
            db.execute("REPLACE INTO listing_pages VALUES (?, ?, ?, ?, ?, ?)", row)

    def drop_pages(self, board_id: BoardId) -> None:
        """Restart the listing of a board next time."""
        with self._db.transaction() as db:
            db.execute("DELETE FROM listing_pages WHERE board_id = ?", (board_id,))


def _with_shared_words(listing: Listing) -> Listing:
    """The listing with repeated words interned: a large account must fit into memory."""
    put, words = msgspec.structs.force_setattr, intern
    for pin in listing.pins:  # just decoded and not shared yet: mutating frozen structs is safe here
        put(pin, "board_id", words(pin.board_id))
        if pin.section_id is not None:
            put(pin, "section_id", words(pin.section_id))
        if pin.board_owner is not None:
            put(pin, "board_owner", words(pin.board_owner))
        if pin.creative_type is not None:
            put(pin, "creative_type", words(pin.creative_type))
        for image in pin.images:
            for rendition in image.renditions:
                put(rendition, "size", words(rendition.size))
    return listing


def _drop(execute: Callable[[str, tuple[str]], object], boards: Iterable[str]) -> None:
    for board_id in boards:
        execute("DELETE FROM listings WHERE board_id = ?", (board_id,))
        execute("DELETE FROM listing_pages WHERE board_id = ?", (board_id,))


def _decoded(data: object, reader: msgspec.msgpack.Decoder[T]) -> T | None:
    """A decoded value; None if damaged or from another version."""
    try:
        return reader.decode(data if isinstance(data, bytes) else b"")
    except UNDECODABLE:
        return None
