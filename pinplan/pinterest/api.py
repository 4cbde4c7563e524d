"""Pinterest over its REST API v5 (port `pinplan.ports.Remote`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from pinplan.documents import decode
from pinplan.errors import AnswerLost, ApiRefused, SpamBlocked, UnexpectedAnswer
from pinplan.model.ids import BoardId, PinId, SectionId
from pinplan.model.snapshots import ListedBoards, ListedSections, UnreadableItem
from pinplan.model.text_form import composed
from pinplan.pinterest.convert import (
    checked_id,
    new_pin_body,
    to_account,
    to_board,
    to_pin,
    to_profile,
    to_section,
    to_video_place,
    to_video_status,
)
from pinplan.pinterest.responses import (
    AccountAnswer,
    BoardAnswer,
    BoardItems,
    BoardPage,
    LoosePage,
    MediaUploadAnswer,
    OddItem,
    PinAnswer,
    PinItems,
    PinPageAnswer,
    SectionAnswer,
    SectionItems,
    SectionPage,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pinplan.model.images import Upload
    from pinplan.model.pins import Account, Board, NewPin, Pin, Privacy, Profile, Section
    from pinplan.model.videos import VideoPlace, VideoStatus
    from pinplan.pinterest.http import ApiSession

PAGE_SIZE = "250"
"""The maximum (API description 5.6 and later): every call counts against a quota."""
MOST_PAGES = 10_000  # 2.5 million pins: beyond any board, so the listing loops
_READERS: dict[type[Struct], msgspec.json.Decoder[Any]] = {
    kind: msgspec.json.Decoder(kind)
    for kind in (
        AccountAnswer,
        BoardAnswer,
        SectionAnswer,
        BoardPage,
        SectionPage,
        PinPageAnswer,
        PinAnswer,
        LoosePage,
        MediaUploadAnswer,
    )
}
"""Built at import: msgspec 0.22 inspects a type on first use and crashes (SIGSEGV) if two threads do so at once."""
Page = TypeVar("Page", BoardPage, SectionPage, PinPageAnswer)
Listed = TypeVar("Listed", SectionItems, PinItems, BoardItems)
Answer = TypeVar("Answer", bound=Struct)
Item = TypeVar("Item", PinAnswer, BoardAnswer, SectionAnswer)
Place = TypeVar("Place", BoardAnswer, SectionAnswer)


class PinPage(Struct, frozen=True):
    """One page of a board's listing (see `pinplan.ports.PinPage`)."""

    pins: list[Pin]
    foreign: int = 0
    bookmark: str | None = None
    unreadable: Sequence[tuple[int, str]] = ()


class PinterestApi:
    """The operations of Pinterest that pinplan uses."""

    def __init__(self, session: ApiSession, scopes: Sequence[str] = ()) -> None:
        """Use a session; ``scopes``: the scopes of its token, if known."""
        self._session = session
        self.scopes = session.granted = tuple(scopes)

    @property
    def calls(self) -> int:
        """See `pinplan.ports.Remote`."""
        return self._session.calls

    def give_up(self) -> None:
        """See `pinplan.ports.Remote`."""
        self._session.give_up()

    def require_calls(self, count: int) -> None:
        """See `pinplan.ports.Remote`."""
        self._session.require(count)

    def account(self) -> Account:
        """See `pinplan.ports.Remote`."""
        return to_account(_decode(self._session.get("/user_account"), AccountAnswer, "GET /user_account"))

    def profile(self) -> Profile:
        """See `pinplan.ports.Profiles`."""
        return to_profile(_decode(self._session.get("/user_account"), AccountAnswer, "GET /user_account"))

    def boards(self) -> ListedBoards:
        """See `pinplan.ports.Remote`."""
        boards: dict[BoardId, Board] = {}
        unreadable: list[UnreadableItem] = []
        # A dict: a board that moves to another page while they are read is listed twice, but is one board.
        for number, page in enumerate(self._listing("/boards", _board_items), start=1):
            for place, answer in enumerate(page.items, start=1):
                try:
                    board = _board_of(answer)
                    boards[board.id] = board
                except UnexpectedAnswer as error:
                    unreadable.append(UnreadableItem(page=number, item=place, problem=str(error)))
        return ListedBoards(tuple(boards.values()), tuple(unreadable))

    def board(self, board_id: BoardId) -> Board | None:
        """See `pinplan.ports.Remote`."""
        path = f"/boards/{_id(board_id)}"
        try:
            answer = _decode(self._session.get(path), BoardAnswer, f"GET {path}")
        except ApiRefused as error:
            if _is_gone(error):
                return None
            raise
        if answer.id != board_id:  # a caching proxy may serve another URL's response
            raise UnexpectedAnswer(f"GET {path}: response is for board {answer.id!r:.60}")
        return to_board(answer)

    def rename_board(self, board_id: BoardId, name: str) -> None:
        """See `pinplan.ports.Remote`."""
        self._rename(f"/boards/{_id(board_id)}", name, BoardAnswer)

    def rename_section(self, board_id: BoardId, section_id: SectionId, name: str) -> None:
        """See `pinplan.ports.Remote`."""
        self._rename(f"/boards/{_id(board_id)}/sections/{_id(section_id)}", name, SectionAnswer)

    def _rename(self, path: str, name: str, kind: type[Place]) -> None:
        answer = self._changed(path, {"name": name}, kind)
        named = answer.name if answer is not None else None
        if named is not None and composed(named) != composed(name):
            raise UnexpectedAnswer(f"PATCH {path}: the response has the name {named!r:.200}")

    def _changed(self, path: str, body: Mapping[str, object], kind: type[Item]) -> Item | None:
        """The response to a PATCH; None if it says nothing usable, for its status is that of a success."""
        answer = self._session.patch(path, body)
        try:
            return _decode(answer, kind, f"PATCH {path}")
        except UnexpectedAnswer:
            return None

    def sections(self, board_id: BoardId) -> ListedSections:
        """See `pinplan.ports.Remote`."""
        sections: list[Section] = []
        unreadable: list[UnreadableItem] = []
        path = f"/boards/{_id(board_id)}/sections"
        # An unreadable section does not stop the listing, but is reported: pins may name it.
        for number, page in enumerate(self._listing(path, _section_items), start=1):
            for place, answer in enumerate(page.items, start=1):
                try:
                    sections.append(_section_of(answer))
                except UnexpectedAnswer as error:
                    unreadable.append(UnreadableItem(page=number, item=place, problem=str(error)))
        return ListedSections(tuple(sections), tuple(unreadable))

    def pin_pages(self, board_id: BoardId, bookmark: str | None = None) -> Iterator[PinPage]:
        """See `pinplan.ports.Remote`. A pin listed twice, because the board changed in between, is yielded once."""
        seen: set[str] = set()
        for page in self._listing(f"/boards/{_id(board_id)}/pins", _pin_items, bookmark):
            pins: list[Pin] = []
            foreign = 0
            unreadable: list[tuple[int, str]] = []
            for place, answer in enumerate(page.items, start=1):
                try:
                    pin = _pin_of(answer, board_id)
                except UnexpectedAnswer as error:
                    unreadable.append((place, str(error)))
                    continue
                # Counted, not an error: listings contain pin-like tiles such as "more ideas" (Pinterest's quickstart skips them, too).
                if pin is None:
                    foreign += 1
                elif pin.id not in seen:
                    seen.add(pin.id)
                    pins.append(pin)
            yield PinPage(pins, foreign, page.bookmark or None, unreadable)

    def pin(self, pin_id: PinId) -> Pin | None:
        """See `pinplan.ports.Remote`."""
        path = f"/pins/{_id(pin_id)}"
        try:
            body = self._session.get(path)
        except ApiRefused as error:
            if _is_gone(error):
                return None
            raise
        answer = _decode(body, PinAnswer, f"GET {path}")
        if answer.id != pin_id:  # a caching proxy may serve another URL's response
            raise UnexpectedAnswer(f"GET {path}: response is for pin {answer.id!r:.60}")
        return to_pin(answer, BoardId(checked_id(answer.board_id, "the board of a pin")))

    def delete_pin(self, pin_id: PinId) -> bool:
        """See `pinplan.ports.Remote`."""
        try:
            self._session.delete(f"/pins/{_id(pin_id)}")
        except ApiRefused as error:
            if _is_gone(error):  # also the retry of a delete whose response was lost
                return False
            raise
        return True

    def update_pin(self, pin_id: PinId, changes: Mapping[str, str]) -> None:
        """See `pinplan.ports.Remote`."""
        # null clears a text: all texts of schema PinUpdate are nullable.
        self._session.patch(f"/pins/{_id(pin_id)}", {name: text or None for name, text in changes.items()})

    def move_pin(self, pin_id: PinId, board_id: BoardId, section_id: SectionId | None) -> None:
        """See `pinplan.ports.Remote`."""
        # Both always: a section is of one board, and null takes the pin out of one.
        section = None if section_id is None else _id(section_id)
        path = f"/pins/{_id(pin_id)}"
        answer = self._changed(path, {"board_id": _id(board_id), "board_section_id": section}, PinAnswer)
        # Success with the pin elsewhere: taken as done, the next plan would take the old place for a move on Pinterest.
        there = (answer.board_id, answer.board_section_id) if answer is not None else (None, None)
        if there[0] is not None and there != (board_id, section_id):
            raise UnexpectedAnswer(f"PATCH {path}: the response has the pin on another board or section")

    def create_board(self, name: str, privacy: Privacy) -> Board:
        """See `pinplan.ports.Remote`."""
        return to_board(self._made("/boards", {"name": name, "privacy": privacy.value}, BoardAnswer))

    def create_section(self, board_id: BoardId, name: str) -> Section:
        """See `pinplan.ports.Remote`."""
        return to_section(self._made(f"/boards/{_id(board_id)}/sections", {"name": name}, SectionAnswer))

    def _made(self, path: str, body: Mapping[str, object], kind: type[Place]) -> Place:
        """The board or section of a create."""
        answer = self._session.post(path, body)
        try:
            made = _decode(answer, kind, f"POST {path}")
            checked_id(made.id, "the response")
        except UnexpectedAnswer as error:  # success without a readable id: it exists all the same
            raise AnswerLost(error) from error
        return made

    def register_video(self) -> VideoPlace:
        """See `pinplan.ports.Remote`."""
        answer = _decode(self._session.register("/media", {"media_type": "video"}), MediaUploadAnswer, "POST /media")
        return to_video_place(answer)

    def video_status(self, media_id: str) -> VideoStatus:
        """See `pinplan.ports.Remote`."""
        path = f"/media/{_id(media_id)}"
        return to_video_status(_decode(self._session.get(path), MediaUploadAnswer, f"GET {path}"))

    def create_video_pin(self, pin: NewPin, cover: Upload, media_id: str) -> Pin:
        """See `pinplan.ports.Remote`."""
        return self._new_pin(pin, new_pin_body(pin, [cover], media_id))

    def create_pin(self, pin: NewPin, images: Sequence[Upload]) -> Pin:
        """See `pinplan.ports.Remote`."""
        return self._new_pin(pin, new_pin_body(pin, images))

    def _new_pin(self, pin: NewPin, facts: Mapping[str, object]) -> Pin:
        body = self._session.post("/pins", facts)
        try:
            answer = _decode(body, PinAnswer, "POST /pins")
            if answer.board_id is None and answer.board_section_id is None:  # says nothing about its place
                return replace(to_pin(answer, pin.board_id), section_id=pin.section_id)
            return to_pin(answer, BoardId(answer.board_id or pin.board_id))
        except UnexpectedAnswer as error:  # success without a readable id: the pin exists all the same
            raise AnswerLost(error) from error

    def _listing(
        self, path: str, read: Callable[[bytes, str], Listed], bookmark: str | None = None
    ) -> Iterator[Listed]:
        """The pages of a listing from a bookmark on. Only a missing bookmark ends it; a repeated one is an error (I1)."""
        seen = {bookmark} if bookmark else set()
        while True:
            query = {"page_size": PAGE_SIZE} | ({"bookmark": bookmark} if bookmark else {})
            page = read(self._session.get(path, query), f"GET {path}")
            yield page
            # An empty page with a bookmark does not end the listing.
            bookmark = page.bookmark
            if not bookmark:
                return
            # A set, not just the previous one: a cycle A → B → A would otherwise list for ever.
            if bookmark in seen or len(seen) > MOST_PAGES:
                raise UnexpectedAnswer(f"GET {path}: repeated bookmark: the listing does not end")
            seen.add(bookmark)


def _is_gone(error: ApiRefused) -> bool:
    """Whether the pin is gone: a 404 without Pinterest's error code comes from a proxy or captive portal (I6)."""
    return error.status == 404 and error.code is not None and not isinstance(error, SpamBlocked)


def _pin_items(body: bytes, what: str) -> PinItems:
    """A page of pins; an invalid item becomes an `OddItem` in its place."""
    # Fast path: item by item costs ten times as much, and odd items are rare.
    plainly = _plain_page(body, PinPageAnswer, what)
    if plainly is not None:
        return PinItems(plainly.items, plainly.bookmark)
    loose = _decode(body, LoosePage, what)
    return PinItems([_item(item, PinAnswer) for item in loose.items], loose.bookmark)


def _board_items(body: bytes, what: str) -> BoardItems:
    """A page of boards; see `_pin_items`."""
    plainly = _plain_page(body, BoardPage, what)
    if plainly is not None:
        return BoardItems(plainly.items, plainly.bookmark)
    loose = _decode(body, LoosePage, what)
    return BoardItems([_item(item, BoardAnswer) for item in loose.items], loose.bookmark)


def _section_items(body: bytes, what: str) -> SectionItems:
    """A page of sections; see `_pin_items`."""
    plainly = _plain_page(body, SectionPage, what)
    if plainly is not None:
        return SectionItems(plainly.items, plainly.bookmark)
    loose = _decode(body, LoosePage, what)
    return SectionItems([_item(item, SectionAnswer) for item in loose.items], loose.bookmark)


def _plain_page(body: bytes, kind: type[Page], what: str) -> Page | None:
    """A page that matches the schema; None if it does not."""
    try:
        return _read(body, kind)
    except msgspec.ValidationError:
        return None
    except msgspec.DecodeError as error:
        raise UnexpectedAnswer(f"{what}: incomplete JSON: {error}") from error


def _item(item: object, kind: type[Item]) -> Item | OddItem:
    if not isinstance(item, dict):
        return OddItem("it is no object")
    if not isinstance(item.get("id"), str):
        return OddItem(f"its id is no string of digits: {item.get('id')!r:.60}")
    try:
        return msgspec.convert(_without_odd_fields(item, kind), kind)
    except msgspec.ValidationError as error:
        return OddItem(str(error))


def _board_of(answer: BoardAnswer | OddItem) -> Board:
    """The board. Raises `UnexpectedAnswer` for an odd item."""
    if isinstance(answer, OddItem):
        raise UnexpectedAnswer(answer.problem)
    return to_board(answer)


def _section_of(answer: SectionAnswer | OddItem) -> Section:
    """The section. Raises `UnexpectedAnswer` for an odd item."""
    if isinstance(answer, OddItem):
        raise UnexpectedAnswer(answer.problem)
    return to_section(answer)


def _pin_of(answer: PinAnswer | OddItem, board_id: BoardId) -> Pin | None:
    """The pin; None for an item of another board. Raises `UnexpectedAnswer` for an odd item."""
    if isinstance(answer, OddItem):
        raise UnexpectedAnswer(answer.problem)
    # The board id may be missing. One of another board marks a foreign tile: it must not be planned for here.
    if (answer.type is not None and answer.type != "pin") or answer.board_id not in {None, board_id}:
        return None
    return to_pin(answer, board_id)


def _without_odd_fields(item: dict[str, object], kind: type[Struct]) -> dict[str, object]:
    """The item without optional fields of a wrong type: they must not hide the item."""
    good = {}
    for key, value in item.items():
        try:
            # Field by field with a dummy id: only odd items come here, so the cost does not matter.
            msgspec.convert({"id": "0", key: value}, kind)
        except msgspec.ValidationError:
            if key in {"id", "board_id", "board_section_id", "type"}:
                good[key] = value  # identity is never guessed: the conversion fails and reports it
            continue
        good[key] = value
    return good


def _read(body: bytes, kind: type[Answer]) -> Answer:
    found: Answer = decode(body, _READERS[kind])
    return found


def _decode(body: bytes, kind: type[Answer], what: str) -> Answer:
    try:
        return _read(body, kind)
    except msgspec.DecodeError as error:
        raise UnexpectedAnswer(f"{what}: {error}") from error


def _id(identity: str) -> str:
    """An id that may stand in a path of the API."""
    return checked_id(identity, "the request")  # an id from a plan file must not change the URL
