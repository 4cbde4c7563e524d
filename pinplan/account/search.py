"""Search boards, pins and tracked files for a text."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from msgspec import Struct, field

from pinplan.account.listing import files_of, pin_row
from pinplan.errors import PermissionMissing, RemoteError
from pinplan.events import Emit, Stage, Step, silent
from pinplan.model.ids import PinId
from pinplan.model.json_document import JsonDocument
from pinplan.model.pins import Board, Pin, Section
from pinplan.model.snapshots import ListedSections, short_listing
from pinplan.model.text_form import fold

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pinplan.model.base import Tracked
    from pinplan.ports import Remote

LISTINGS_AT_ONCE = 3  # as many as a plan: more would hit the rate limit
PIN_ID_DIGITS = 12
"""Numbers of this many digits are tried as a pin id first: one call instead of a listing of all boards."""


class Match(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A match of the search.

    Attributes:
        kind: ``"board"``, ``"section"``, ``"pin"`` or ``"file"`` (a tracked file whose pin is in no listing).
        found_in: the matching fields: ``"name"``, ``"id"``, ``"title"``, ``"description"``, ``"link"``, ``"file"``.
        text: the first of these fields.
    """

    kind: str
    address: str
    id: str
    found_in: tuple[str, ...]
    text: str
    title: str | None = None
    files: tuple[str, ...] = ()


class FindReport(JsonDocument, frozen=True, kw_only=True, tag="pinplan.find"):
    """The document of ``pinplan find --json``.

    Attributes:
        unread: boards with an incomplete listing, and why; matches in them may be missing.
        searched_files: number of tracked files searched; None outside a library.
        short: boards whose listing had fewer pins than Pinterest counts, with both figures.
    """

    wanted: str
    matches: tuple[Match, ...]
    unread: dict[str, str] = field(default_factory=dict)
    searched_files: int | None = None
    api_calls: int = 0
    short: dict[str, str] = field(default_factory=dict)


def find(remote: Remote, wanted: str, tracked: Sequence[Tracked] | None = None, emit: Emit = silent) -> FindReport:
    """Find a text in any case and Unicode form.

    A board that cannot be read completely is named in ``unread``; the part that was read is searched.
    """
    emit(Stage(name="boards"))
    search = _Search(wanted, tracked or ())
    listed = remote.boards()
    boards = listed.boards
    direct = _asked_for(remote, wanted)
    unread = {f"item {one.item} on page {one.page} of the list of boards": one.problem for one in listed.unreadable}
    short: dict[str, str] = {}
    matches: list[Match] = []
    for listing in [_listing_of(remote, direct, boards)] if direct is not None else _listings(remote, boards, emit):
        matches.extend(search.in_listing(listing, whole=direct is None))
        if listing.problem:
            unread[listing.board.name] = listing.problem
        if listing.short:
            short[listing.board.name] = listing.short
    matches.extend(search.in_files_left())
    return FindReport(
        wanted=wanted,
        matches=tuple(matches),
        unread=unread,
        short=short,
        searched_files=None if tracked is None else len(tracked),
        api_calls=remote.calls,
    )


def _asked_for(remote: Remote, wanted: str) -> Pin | None:
    plainly = wanted.strip()
    # A 404 gives None, and the number is searched as text: it may be part of a link or a file name.
    return remote.pin(PinId(plainly)) if _is_pin_id(plainly) else None


def _is_pin_id(text: str) -> bool:
    return len(text) >= PIN_ID_DIGITS and text.isascii() and text.isdigit()


class _Listing(Struct, frozen=True, kw_only=True):
    """A board, possibly incomplete."""

    board: Board
    sections: tuple[Section, ...] = ()
    pins: tuple[Pin, ...] = ()
    problem: str = ""
    short: str = ""


def _listing_of(remote: Remote, pin: Pin, boards: Sequence[Board]) -> _Listing:
    """The board of one pin, with that pin only."""
    board = next((b for b in boards if b.id == pin.board_id), Board(id=pin.board_id, name=pin.board_id))
    sections = remote.sections(board.id).sections if pin.section_id else ()
    return _Listing(board=board, sections=sections, pins=(pin,))


def _listings(remote: Remote, boards: Sequence[Board], emit: Emit) -> Iterator[_Listing]:
    emit(Stage(name="pins", total=len(boards)))
    with ThreadPoolExecutor(LISTINGS_AT_ONCE, thread_name_prefix="listing") as pool:
        for listing in pool.map(lambda board: _read(remote, board), boards):
            emit(Step(name="listing"))
            yield listing


def _read(remote: Remote, board: Board) -> _Listing:
    pins: list[Pin] = []
    listed = ListedSections()
    odd: list[str] = []
    problem = ""
    try:
        for page in remote.pin_pages(board.id):
            pins.extend(page.pins)
            odd.extend(problem for _, problem in page.unreadable)
        listed = remote.sections(board.id) if any(pin.section_id for pin in pins) else listed
    # One unreadable board must not cost the matches in all others.
    except (RemoteError, PermissionMissing) as error:
        problem = str(error)
    odd.extend(one.problem for one in listed.unreadable)
    if odd:
        problem = problem or f"{len(odd)} items could not be read: {odd[0]}"
    short = "" if problem or len(pins) >= (board.pin_count or 0) else short_listing(len(pins), board)
    return _Listing(board=board, sections=listed.sections, pins=tuple(pins), problem=problem, short=short)


class _Search:
    """A search for one text in boards, sections, pins and tracked files."""

    def __init__(self, wanted: str, tracked: Sequence[Tracked]) -> None:
        self._wanted = fold(wanted)
        self._files = files_of(tracked)
        # Files whose pin no listing shows: their paths are searched at the end.
        self._left = dict(self._files)

    def in_listing(self, listing: _Listing, *, whole: bool) -> Iterator[Match]:
        """Matches of a board; only its pins unless it was listed as a ``whole``."""
        board = listing.board
        if whole:
            yield from self._match("board", board.name, board.id, {"name": board.name, "id": board.id})
            for section in listing.sections:
                address = f"{board.name}/{section.name}"
                yield from self._match("section", address, section.id, {"name": section.name, "id": section.id})
        for pin in listing.pins:
            yield from self._in_pin(pin, listing)

    def _in_pin(self, pin: Pin, listing: _Listing) -> Iterator[Match]:
        # Even without a match: the pin was seen, so it is not left.
        files = self._left.pop(pin.id, ())
        row = pin_row(pin, listing.board, listing.sections, self._files)
        facts = {
            "id": pin.id,
            "title": pin.title,
            "description": pin.description,
            "link": pin.link,
            "alt_text": pin.alt_text,
            "file": "\n".join(files),
        }
        yield from self._match("pin", row.address, pin.id, facts, title=pin.title, files=files)

    def in_files_left(self) -> Iterator[Match]:
        """Tracked files whose pins were in no listing."""
        for pin_id, paths in sorted(self._left.items()):
            facts = {"id": pin_id, "file": "\n".join(paths)}
            yield from self._match("file", paths[0], pin_id, facts, files=paths)

    def _match(
        self,
        kind: str,
        address: str,
        identity: str,
        facts: Mapping[str, str | None],
        title: str | None = None,
        files: tuple[str, ...] = (),
    ) -> Iterator[Match]:
        found = [name for name, text in facts.items() if text and self._wanted in fold(text)]
        if found:
            yield Match(
                kind=kind,
                address=address,
                id=identity,
                found_in=tuple(found),
                text=facts[found[0]] or "",
                title=title,
                files=files,
            )
