"""The sandbox's account and clock: boards, sections and pins in memory, changed like through the API.

Listings are newest first. Ids are decimal digits and never reused.
"""

from __future__ import annotations

import itertools
import threading
import time
from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pinplan.sandbox.problems import ApiProblem, board_not_found, pin_not_found, section_not_found

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pinplan.sandbox.pictures import Picture


START = datetime(2024, 1, 1, tzinfo=UTC)
"""Time of the first change; each further change is one minute later, so that the same changes give the same world."""
PAST = timedelta(hours=1)
"""Age of the last change of a world that starts to follow a clock: its boards are at rest."""
MAX_TITLE, MAX_DESCRIPTION, MAX_ALT_TEXT, MAX_LINK, MAX_SECTION = 100, 800, 500, 2048, 180


@dataclass(slots=True)
class Section:
    """A section of a board."""

    id: str
    name: str


@dataclass(slots=True)
class Pin:
    """A pin.

    Attributes:
        pictures: one, or several for a carousel.
        video: every picture is the cover of a video.
        videos: the same per picture, for a mixed carousel.
        answer: its cached JSON; None after a change.
    """

    id: str
    order: int
    board_id: str
    pictures: tuple[Picture, ...]
    created_at: datetime
    owner: str
    section_id: str | None = None
    title: str | None = None
    description: str | None = None
    link: str | None = None
    alt_text: str | None = None
    parent_pin_id: str | None = None
    video: bool = False
    videos: tuple[bool, ...] = ()
    answer: bytes | None = None

    def moving(self, slot: int) -> bool:
        """Whether the picture of a slot is the cover of a video."""
        return self.videos[slot] if self.videos else self.video


@dataclass(slots=True)
class Board:
    """A board with its pins, oldest first."""

    id: str
    name: str
    owner: str
    created_at: datetime
    modified_at: datetime
    privacy: str = "PUBLIC"
    description: str | None = None
    ads_only: bool = False
    sections: dict[str, Section] = field(default_factory=dict)
    pins: list[Pin] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Account:
    """The account of a world."""

    id: str = "549755885175"
    username: str = "demo_collector"


class World:
    """The account with everything it can see."""

    def __init__(self, account: Account | None = None) -> None:
        """An empty account."""
        self.account = account or Account()
        self.boards: dict[str, Board] = {}
        self.pins: dict[str, Pin] = {}
        self.pictures: dict[str, Picture] = {}
        # Reentrant: update_pin moves, and save_pin creates, while holding it.
        self.lock = threading.RLock()
        self._numbers = itertools.count(1)
        self._last = START
        self._clock: Clock | None = None

    def follow(self, clock: Clock) -> None:
        """From now on, changes happen at the time of a clock; those so far move to the past, the last one to an hour ago."""
        with self.lock:
            moved = _moment(clock) - PAST - self._last
            for board in self.boards.values():
                board.created_at, board.modified_at = board.created_at + moved, board.modified_at + moved
            for pin in self.pins.values():
                pin.created_at, pin.answer = pin.created_at + moved, None
            self._clock = clock

    # -- looking -------------------------------------------------------------------------------------------------

    def board(self, board_id: str) -> Board:
        """A board. Raises `ApiProblem` 404/40."""
        found = self.boards.get(board_id)
        if found is None:
            raise board_not_found(board_id)
        return found

    def board_named(self, name: str) -> Board:
        """The first board of that name. Raises `KeyError`."""
        for board in self.boards.values():
            if board.name == name:
                return board
        raise KeyError(name)

    def section(self, board_id: str, section_id: str) -> Section:
        """A section. Raises `ApiProblem` 404."""
        found = self.board(board_id).sections.get(section_id)
        if found is None:
            raise section_not_found(section_id)
        return found

    def section_named(self, board: str, name: str) -> Section:
        """The first section of that name in a board, by names. Raises `KeyError`."""
        for section in self.board_named(board).sections.values():
            if section.name == name:
                return section
        raise KeyError(name)

    def pin(self, pin_id: str) -> Pin:
        """A pin. Raises `ApiProblem` 404/50."""
        found = self.pins.get(pin_id)
        if found is None:
            raise pin_not_found(pin_id)
        return found

    def pins_of(self, board: str) -> list[Pin]:
        """The pins of a board by its name, newest first."""
        return list(reversed(self.board_named(board).pins))

    def picture(self, signature: str) -> Picture | None:
        """The picture of a signature."""
        return self.pictures.get(signature)

    # -- changing ------------------------------------------------------------------------------------------------

    def create_board(
        self,
        name: str,
        *,
        owner: str | None = None,
        privacy: str = "PUBLIC",
        description: str | None = None,
        ads_only: bool = False,
    ) -> Board:
        """A new board. Raises `ApiProblem` 400 if its owner has one of that name."""
        with self.lock:
            owner = owner or self.account.username
            self._check_board_name(name, owner)
            now = self._now()
            board = Board(
                id=self._new_id(),
                name=name,
                owner=owner,
                created_at=now,
                modified_at=now,
                privacy=privacy,
                description=description,
                ads_only=ads_only,
            )
            self.boards[board.id] = board
            return board

    def update_board(self, board_id: str, **changes: str | None) -> Board:
        """Change name, description or privacy."""
        with self.lock:
            board = self.board(board_id)
            name = changes.get("name")
            if name is not None and name != board.name:
                self._check_board_name(name, board.owner)
            for key, value in changes.items():
                setattr(board, key, value)
            return board

    def rename_board(self, name: str, new_name: str) -> Board:
        """Rename a board."""
        return self.update_board(self.board_named(name).id, name=new_name)

    def delete_board(self, board_id: str) -> None:
        """Delete a board with all its pins."""
        with self.lock:
            for pin in self.board(board_id).pins:
                del self.pins[pin.id]
            del self.boards[board_id]

    def create_section(self, board_id: str, name: str) -> Section:
        """A new section. Raises `ApiProblem` 409 if the board has one of that name."""
        with self.lock:
            board = self.board(board_id)
            _check_section_name(board, name)
            section = Section(self._new_id(), name)
            board.sections[section.id] = section
            return section

    def rename_section(self, board_id: str, section_id: str, name: str) -> Section:
        """Rename a section."""
        with self.lock:
            section = self.section(board_id, section_id)
            if name != section.name:
                _check_section_name(self.board(board_id), name)
            section.name = name
            return section

    def delete_section(self, board_id: str, section_id: str) -> None:
        """Delete a section; its pins stay on the board."""
        with self.lock:
            self.section(board_id, section_id)
            board = self.board(board_id)
            for pin in board.pins:
                if pin.section_id == section_id:
                    # Pinterest does not document what becomes of the pins: staying on the board is the harmless guess.
                    pin.section_id, pin.answer = None, None
            del board.sections[section_id]
            self._touch(board)

    def create_pin(
        self, board_id: str, pictures: Iterable[Picture], **facts: str | bool | tuple[bool, ...] | None
    ) -> Pin:
        """A new pin; ``facts`` are fields of `Pin`."""
        with self.lock:
            board = self.board(board_id)
            section_id = facts.get("section_id")
            if isinstance(section_id, str):
                self.section(board_id, section_id)
            # Never removed again: image URLs are assumed to outlive their pins.
            shown = tuple(pictures)
            for picture in shown:
                self.pictures[picture.signature] = picture
            facts.setdefault("owner", self.account.username)
            number = next(self._numbers)
            pin = Pin(
                id=str(self._first_id() + number),
                order=number,
                board_id=board_id,
                pictures=shown,
                created_at=self._now(),
                **facts,  # type: ignore[arg-type] # checked by whoever reads the request
            )
            self.pins[pin.id] = pin
            board.pins.append(pin)
            self._touch(board)
            return pin

    def update_pin(self, pin_id: str, **changes: str | None) -> Pin:
        """Change facts, or move a pin with ``board_id`` and ``section_id``."""
        with self.lock:
            pin = self.pin(pin_id)
            board_id = changes.pop("board_id", None) or pin.board_id
            if board_id != pin.board_id or "section_id" in changes:
                self.move_pin(pin_id, board_id, changes.pop("section_id", None))
            for key, value in changes.items():
                setattr(pin, key, value)
            # The cached JSON; setattr above goes around anything that could notice a change.
            pin.answer = None
            self._touch(self.board(pin.board_id))
            return pin

    def move_pin(self, pin_id: str, board_id: str, section_id: str | None = None) -> Pin:
        """Move a pin to another board or section; id and creation time stay."""
        with self.lock:
            pin = self.pin(pin_id)
            target = self.board(board_id)
            if section_id is not None:
                self.section(board_id, section_id)
            source = self.board(pin.board_id)
            source.pins.remove(pin)
            # By age: `page_of` searches by order, so the list must stay sorted.
            target.pins.insert(bisect_left([other.order for other in target.pins], pin.order), pin)
            pin.board_id, pin.section_id, pin.answer = board_id, section_id, None
            # Both boards change. That a move bumps `board_pins_modified_at` is a guess: Pinterest does not say.
            self._touch(source)
            self._touch(target)
            return pin

    def save_pin(self, pin_id: str, board_id: str, section_id: str | None) -> Pin:
        """Save a pin to a board: a new pin of the account, with a parent."""
        with self.lock:
            parent = self.pin(pin_id)
            return self.create_pin(
                board_id,
                parent.pictures,
                section_id=section_id,
                title=parent.title,
                description=parent.description,
                link=parent.link,
                alt_text=parent.alt_text,
                parent_pin_id=parent.id,
                video=parent.video,
                videos=parent.videos,
            )

    def delete_pin(self, pin_id: str) -> None:
        """Delete a pin permanently."""
        with self.lock:
            pin = self.pin(pin_id)
            board = self.board(pin.board_id)
            board.pins.remove(pin)
            del self.pins[pin_id]
            self._touch(board)

    # -- the inside ----------------------------------------------------------------------------------------------

    def _check_board_name(self, name: str, owner: str) -> None:
        # Names are unique per owner only: a group board may have the name of one's own.
        theirs = (board for board in self.boards.values() if board.owner == owner)
        if not name.strip() or any(board.name == name for board in theirs):
            raise ApiProblem(400, 1, "The board name is invalid or duplicated.")

    def _first_id(self) -> int:
        return 987_000_000_000_000

    def _new_id(self) -> str:
        return str(549_000_000_000 + next(self._numbers))

    def _touch(self, board: Board) -> None:
        board.modified_at = self._now()

    def _now(self) -> datetime:
        # Without a clock not the real time: two runs of a test would otherwise differ in every timestamp.
        self._last = self._last + timedelta(minutes=1) if self._clock is None else _moment(self._clock)
        return self._last


def _moment(clock: Clock) -> datetime:
    return datetime.fromtimestamp(clock.now(), UTC)


def _check_section_name(board: Board, name: str) -> None:
    if not 1 <= len(name) <= MAX_SECTION:
        raise ApiProblem(400, 1, f"name must have 1 to {MAX_SECTION} characters.")
    if any(section.name == name for section in board.sections.values()):
        raise ApiProblem(409, 409, "A section with that name already exists.")


class Clock:
    """A clock in seconds since 1970. Thread-safe."""

    def __init__(self, machine: Callable[[], float] = time.time) -> None:
        """Start with the machine's time; tests may pass another function."""
        self._machine = machine
        self._lock = threading.Lock()
        self._ahead = 0.0

    def now(self) -> float:
        """The time."""
        return self._machine() + self._ahead

    @property
    def ahead(self) -> float:
        """Seconds ahead of the machine."""
        return self._ahead

    def advance(self, seconds: float) -> None:
        """Advance the clock. Raises `ValueError` for a negative number: expired tokens must not become valid again."""
        if seconds < 0:
            raise ValueError("the clock cannot be set back")
        with self._lock:
            self._ahead += seconds
