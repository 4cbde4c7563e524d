"""Read one board: its listing from the first page or from where it was interrupted, and its sections if a pin names one.

Every page but the last is cached as soon as it arrives, so that a listing interrupted by a quota, a signal or a power cut can be resumed. A
resumed listing counts as complete if it ended cleanly: tracked pins that it lacks are queried individually anyway, a repeated pin is
one pin by its id, and every pin is checked again just before it is deleted.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from pinplan.errors import ApiRefused, PermissionMissing, PinplanError, QuotaSpent, RemoteError, UnexpectedAnswer
from pinplan.errors.crash_report import write_report
from pinplan.errors.shortage import shortage_of
from pinplan.model.snapshots import BoardSnapshot, ListedSections, UnreadableItem
from pinplan.model.times import fine_timestamp
from pinplan.records.listings import CachedListing, Listing, Listings, PartialListing, board_facts_of
from pinplan.snapshot.freshness import may_go_on

if TYPE_CHECKING:
    from collections.abc import Sequence
    from threading import Event as Flag

    from pinplan.model.ids import SectionId
    from pinplan.model.pins import Board, Pin, Section
    from pinplan.ports import Clock, Remote


class Reading(Struct, frozen=True):
    """A board as it was read.

    Attributes:
        spent: the exhausted quota that ended it, if any.
    """

    board: BoardSnapshot
    spent: QuotaSpent | None = None


class BoardReader:
    """Reads boards and caches every page. Thread-safe."""

    def __init__(self, remote: Remote, listings: Listings, clock: Clock, stop: Flag) -> None:
        """Read from ``remote``, cache in ``listings``; ``stop`` ends a listing after the page in flight."""
        self._remote, self._listings, self._clock, self._stop = remote, listings, clock, stop

    def read(self, board: Board, *, all_sections: bool) -> Reading:
        """Read a board; an error is recorded in it and makes it incomplete.

        Raises:
            AuthError, DiskRefused, StateDamaged: these end the whole scan.
        """
        try:
            return self._read(board, all_sections=all_sections)
        except (PinplanError, sqlite3.Error, MemoryError):
            raise
        except Exception as error:
            if shortage_of(error) is not None:
                raise  # the computer's: it says nothing about this board
            # One odd response must not block all other boards.
            problem = f"this is a bug in pinplan ({type(error).__name__}). {write_report(error)}"
            return Reading(BoardSnapshot(board=board, complete=False, problem=problem))

    def _read(self, board: Board, *, all_sections: bool) -> Reading:
        so_far = self._begun(board)
        spent = problem = None
        try:
            so_far = self._to_the_end(board, so_far)
        except (RemoteError, PermissionMissing) as error:
            problem = str(error)
            spent = error if isinstance(error, QuotaSpent) else None
            if isinstance(error, UnexpectedAnswer):
                # Never resume a listing that misbehaved, such as by a repeated bookmark.
                self._listings.drop_pages(board.id)
        if so_far.unreadable:
            self._listings.drop_pages(board.id)  # read the whole listing next time: the item may be valid by then
            problem = problem or _not_read(so_far.unreadable)
        listed = BoardSnapshot(
            board=board,
            pins=_by_id(so_far.pins),
            complete=problem is None,
            problem=problem,
            foreign=so_far.foreign,
            unreadable=tuple(so_far.unreadable),
        )
        found, sections, spent = self._with_sections(listed, spent, all_sections=all_sections)
        # Only a complete listing enters the cache (I1: incomplete means unknown).
        if found.complete:
            listing = Listing(pins=found.pins, sections=sections, foreign=found.foreign)
            self._listings.remember(board.id, CachedListing(taken_at=so_far.began_at, facts=so_far.facts), listing)
        return Reading(found, spent)

    def _begun(self, board: Board) -> PartialListing:
        """The partial listing to resume, or an empty one."""
        now = self._clock.now()
        so_far = self._listings.so_far(board.id)
        if so_far is not None and may_go_on(so_far, board, now):
            return so_far
        if so_far is not None:
            self._listings.drop_pages(board.id)
        return PartialListing(began_at=fine_timestamp(now), facts=board_facts_of(board), pins=[])

    def _to_the_end(self, board: Board, so_far: PartialListing) -> PartialListing:
        before = so_far.pages
        try:
            self._go_on(board, so_far)
        except ApiRefused as error:
            # Only a bookmark from an earlier run can be the cause: after a page of this run it was a good one.
            if not before or so_far.pages > before or error.status not in {400, 404}:
                raise
            self._listings.drop_pages(board.id)
            so_far.pins, so_far.foreign, so_far.pages, so_far.bookmark = [], 0, 0, None
            so_far.unreadable = []
            so_far.began_at = fine_timestamp(self._clock.now())
            self._go_on(board, so_far)
        return so_far

    def _go_on(self, board: Board, so_far: PartialListing) -> None:
        for page in self._remote.pin_pages(board.id, so_far.bookmark):
            so_far.pins.extend(page.pins)
            so_far.foreign += page.foreign
            # Everything in so_far changes together: the cached page must match its bookmark.
            so_far.pages += 1
            so_far.bookmark = page.bookmark
            so_far.unreadable += [UnreadableItem(page=so_far.pages, item=n, problem=p) for n, p in page.unreadable]
            # The last page needs no bookmark to resume from; an unreadable item must be read again.
            if page.bookmark is not None and not so_far.unreadable:
                self._listings.remember_page(board.id, so_far, page.pins, page.foreign)
                if self._stop.is_set():
                    raise RemoteError("interrupted")

    def _with_sections(
        self, board: BoardSnapshot, spent: QuotaSpent | None, *, all_sections: bool
    ) -> tuple[BoardSnapshot, tuple[Section, ...] | None, QuotaSpent | None]:
        """Add the sections, whose names are only in a listing of their own; it costs a call, so only if some pin is in one."""
        if not all_sections and not _named(board):
            return board, None, spent
        found, now_spent = with_listed_sections(self._remote, board)
        return found, found.sections, now_spent or spent


def with_listed_sections(remote: Remote, board: BoardSnapshot) -> tuple[BoardSnapshot, QuotaSpent | None]:
    """Add all sections of a board, listed now; one whose sections cannot be read is incomplete (I1: such a board loses nothing)."""
    listed, problem, spent = ListedSections(), board.problem, None
    try:
        listed = remote.sections(board.board.id)
    except (RemoteError, PermissionMissing) as error:
        problem = problem or f"its sections could not be read: {error}"
        spent = error if isinstance(error, QuotaSpent) else None
    if listed.unreadable:
        problem = problem or _no_sections(listed.unreadable)
    sections = tuple(sorted(listed.sections, key=lambda section: (len(section.id), section.id)))
    found = replace(board, problem=problem, unreadable_sections=listed.unreadable)
    return with_places(found, sections), spent


def from_listing(board: Board, listing: Listing, *, all_sections: bool) -> BoardSnapshot | None:
    """A board from its cached listing; None if sections are needed that were not listed."""
    snapshot = BoardSnapshot(board=board, pins=listing.pins, foreign=listing.foreign)
    if not all_sections and not _named(snapshot):
        return snapshot
    return None if listing.sections is None else with_places(snapshot, listing.sections)


def with_places(board: BoardSnapshot, sections: tuple[Section, ...]) -> BoardSnapshot:
    """Attach section names; a pin in an unnamed section makes the board incomplete, as its folder is unknown."""
    unnamed = sorted(_named(board) - {section.id for section in sections}, key=lambda section: (len(section), section))
    complete = board.problem is None and not unnamed
    return replace(board, sections=sections, complete=complete, unnamed=tuple(unnamed))


def _not_read(items: Sequence[UnreadableItem]) -> str:
    return "one of its items is not a pin" if len(items) == 1 else f"{len(items):,} of its items are not pins"


def _no_sections(items: Sequence[UnreadableItem]) -> str:
    some = "an item in its list of sections is not a section"
    return some if len(items) == 1 else f"{len(items):,} items in its list of sections are not sections"


def _named(board: BoardSnapshot) -> set[SectionId]:
    return {pin.section_id for pin in board.pins if pin.section_id is not None}


def _by_id(pins: list[Pin]) -> tuple[Pin, ...]:
    """Sort by id and drop repeats, as Pinterest's order is arbitrary; the later copy counts."""
    # A pin moved between two pages appears twice in one listing.
    once = {pin.id: pin for pin in pins}
    return tuple(sorted(once.values(), key=lambda pin: (len(pin.id), pin.id)))
