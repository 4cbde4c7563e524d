"""List the account, its boards and the pins of a board. Read-only; needs no library."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from pinplan.account.names import place_named
from pinplan.errors import PermissionMissing, RemoteError
from pinplan.events import Emit, Stage, Step, silent
from pinplan.model.ids import BoardId, PinId, SectionId
from pinplan.model.json_document import JsonDocument
from pinplan.model.pins import Account, Board, MediaType, Privacy, Profile, Section, unnamed_section
from pinplan.model.snapshots import short_listing
from pinplan.model.text_form import fold

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pinplan.model.base import Tracked
    from pinplan.model.pins import Pin
    from pinplan.model.snapshots import ListedSections
    from pinplan.ports import Profiles, Remote


class BoardRow(Struct, frozen=True, kw_only=True):
    """A board in the list.

    Attributes:
        owner: user name; another's on a group board.
        yours: False for a group board of another account; None without an owner.
        pins: Pinterest's own figure, which may count pins that cannot be listed.
        modified_at: last change of its pins according to Pinterest; RFC 3339 in UTC.
        sections: None if not requested or not readable.
        problem: why they could not be read.
    """

    id: BoardId
    name: str
    privacy: Privacy | None
    owner: str | None
    yours: bool | None
    pins: int | None
    created_at: str | None
    modified_at: str | None
    sections: tuple[Section, ...] | None = None
    problem: str = ""


class BoardList(JsonDocument, frozen=True, kw_only=True, tag="pinplan.boards"):
    """The document of ``pinplan boards --json``.

    Attributes:
        partial: items of the list that are not boards.
    """

    account: Account
    boards: tuple[BoardRow, ...]
    hidden_empty: int = 0
    api_calls: int = 0
    partial: tuple[str, ...] = ()


class PinRow(Struct, frozen=True, kw_only=True):
    """A pin of a list.

    Attributes:
        address: board, section and pin id, as ``--target`` takes it.
        images: number of files it would make; 0 if Pinterest offers none.
        files: paths in the library, if it is tracked.
    """

    id: PinId
    address: str
    board_id: BoardId
    section_id: SectionId | None
    section: str | None
    title: str | None
    description: str | None
    link: str | None
    alt_text: str | None
    created_at: str | None
    media_type: MediaType
    images: int
    is_owner: bool | None
    files: tuple[str, ...] = ()


class PinList(JsonDocument, frozen=True, kw_only=True, tag="pinplan.pins"):
    """The document of ``pinplan pins --json``.

    Attributes:
        partial: why pins or section names may be missing; empty if the listing was complete.
    """

    board: BoardRow
    section: Section | None
    pins: tuple[PinRow, ...]
    api_calls: int = 0
    partial: tuple[str, ...] = ()


class WhoReport(JsonDocument, frozen=True, kw_only=True, tag="pinplan.whoami"):
    """The document of ``pinplan whoami --json``.

    Attributes:
        scopes: of the token, if known.
    """

    profile: Profile
    api_url: str
    scopes: tuple[str, ...] = ()


def boards_of(remote: Remote, *, sections: bool = False, include_empty: bool = True, emit: Emit = silent) -> BoardList:
    """All boards by name; sections only on request, at one API call per board."""
    emit(Stage(name="boards"))
    account = remote.account()
    listed = remote.boards()
    # An unknown count is not zero: such a board is shown.
    shown = [board for board in listed.boards if include_empty or board.pin_count != 0]
    emit(Stage(name="pins", total=len(shown) if sections else 0))
    rows = []
    for board in sorted(shown, key=lambda board: (fold(board.name), board.id)):
        rows.append(_with_sections(remote, _row(board, account)) if sections else _row(board, account))
        emit(Step(name="listing"))
    return BoardList(
        account=account,
        boards=tuple(rows),
        hidden_empty=len(listed.boards) - len(shown),
        api_calls=remote.calls,
        partial=tuple(
            f"item {n.item} on page {n.page} of the list is not a board: {n.problem}" for n in listed.unreadable
        ),
    )


def _with_sections(remote: Remote, row: BoardRow) -> BoardRow:
    """A board with its sections; an unreadable one must not hide the others."""
    try:
        listed = remote.sections(row.id)
    except (RemoteError, PermissionMissing) as error:
        return replace(row, problem=str(error))
    return replace(row, sections=listed.sections, problem="; ".join(_odd_sections(listed)))


def _odd_sections(listed: ListedSections) -> list[str]:
    return [
        f"item {n.item} on page {n.page} of the list of sections is not a section: {n.problem}"
        for n in listed.unreadable
    ]


def _row(board: Board, account: Account) -> BoardRow:
    return BoardRow(
        id=board.id,
        name=board.name,
        privacy=board.privacy,
        owner=board.owner,
        yours=None if board.owner is None else board.owner == account.username,
        pins=board.pin_count,
        created_at=board.created_at,
        modified_at=board.pins_modified_at,
    )


def pins_of(remote: Remote, name: str, tracked: Sequence[Tracked] = (), emit: Emit = silent) -> PinList:
    """The pins of a board or section, as Pinterest lists them.

    Raises:
        ConfigError: no board or section matches, or several do.
        RemoteError: the listing failed.
    """
    emit(Stage(name="boards"))
    account, known = remote.account(), _Sections(remote)
    place = place_named(name, remote.boards().boards, lambda board_id: known.of(board_id).sections)
    emit(Stage(name="pins"))
    listed, partial = read_listing(remote, place.board)
    sections: Sequence[Section] = ()
    if any(pin.section_id for pin in listed):  # saves a call for boards without sections
        try:
            among = known.of(place.board.id)
            sections = among.sections
            partial += _odd_sections(among)
        except (RemoteError, PermissionMissing) as error:
            partial.append(f"the names of its sections could not be read: {error}")
    wanted = [pin for pin in listed if place.section is None or pin.section_id == place.section.id]
    files = files_of(tracked)
    return PinList(
        board=_row(place.board, account),
        section=place.section,
        pins=tuple(pin_row(pin, place.board, sections, files) for pin in wanted),
        api_calls=remote.calls,
        partial=tuple(partial),
    )


def read_listing(remote: Remote, board: Board) -> tuple[list[Pin], list[str]]:
    """The pins of a board, and why some may be missing although the listing ended. Raises `RemoteError` if it failed."""
    pins: list[Pin] = []
    partial: list[str] = []
    for number, page in enumerate(remote.pin_pages(board.id), start=1):
        pins += page.pins
        partial += [
            f"item {n} on page {number} of the listing is not a pin: {problem}" for n, problem in page.unreadable
        ]
    # Only fewer: `pin_count` lags after deletes, so more pins than it says prove nothing (I1).
    if not partial and board.pin_count is not None and len(pins) < board.pin_count:
        partial.append(short_listing(len(pins), board))
    return pins, partial


class _Sections:
    """Sections of boards, each fetched once."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote
        self._known: dict[BoardId, ListedSections] = {}

    def of(self, board_id: BoardId) -> ListedSections:
        if board_id not in self._known:
            self._known[board_id] = self._remote.sections(board_id)
        return self._known[board_id]


def files_of(tracked: Sequence[Tracked]) -> dict[PinId, tuple[str, ...]]:
    """Paths of tracked files by pin."""
    found: dict[PinId, list[str]] = {}
    for record in tracked:
        found.setdefault(record.pin_id, []).append(record.path)
    return {pin_id: tuple(sorted(paths)) for pin_id, paths in found.items()}


def pin_row(pin: Pin, board: Board, sections: Sequence[Section], files: Mapping[PinId, tuple[str, ...]]) -> PinRow:
    """A pin of a listing, with the names of its board and section."""
    named = next((section.name for section in sections if section.id == pin.section_id), None)
    if named is None and pin.section_id is not None:
        named = unnamed_section(pin.section_id)
    return PinRow(
        id=pin.id,
        # The form that --target takes.
        address="/".join(part for part in (board.name, named, pin.id) if part),
        board_id=pin.board_id,
        section_id=pin.section_id,
        section=named,
        title=pin.title,
        description=pin.description,
        link=pin.link,
        alt_text=pin.alt_text,
        created_at=pin.created_at,
        media_type=pin.media_type,
        images=len(pin.images),
        is_owner=pin.is_owner,
        files=files.get(pin.id, ()),
    )


def who_is(remote: Profiles, api_url: str) -> WhoReport:
    """The account of the token, in one API call."""
    return WhoReport(profile=remote.profile(), api_url=api_url, scopes=tuple(remote.scopes))
