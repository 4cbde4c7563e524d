"""Resolve names of boards and sections.

Names match regardless of case and Unicode form; an exact match wins. Ambiguous names are never guessed: the error lists the
candidates, and ``id:123`` selects one. URLs of board pages work, too.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, NoReturn, Protocol, TypeVar

from msgspec import Struct

from pinplan.errors import ConfigError
from pinplan.errors.did_you_mean import similar_names
from pinplan.model.pins import Board, Section, board_address_in
from pinplan.model.text_form import fold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pinplan.model.ids import BoardId
    from pinplan.model.pins import BoardAddress

SHOWN = 10
"""Maximum number of candidates in an error."""


class _Named(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...


Thing = TypeVar("Thing", bound=_Named)


class Place(Struct, frozen=True, kw_only=True):
    """A board, or a section of it."""

    board: Board
    section: Section | None = None

    @property
    def address(self) -> str:
        """As a person names it: ``Animals 動物/Cats``."""
        return f"{self.board.name}/{self.section.name}" if self.section else self.board.name


def place_named(text: str, boards: Sequence[Board], sections_of: Callable[[BoardId], Sequence[Section]]) -> Place:
    """The board or section with that name or id; names with slashes are tried as a whole first.

    Raises:
        ConfigError: no match, with similar names; or several, with all of them.
    """
    page = board_address_in(text)
    if page is not None:
        return _the_one(text, list(_on_page(page, boards, sections_of)) or _none(text, boards, (), sections_of))
    # Before any split: a board may really be called "A/B".
    whole = _fitting(text, boards)
    if whole:
        return _the_one(text, [Place(board=board) for board in whole])
    prefixes = list(_splits(text, boards))
    found: list[Place] = []
    for board, rest in prefixes:
        if not rest:
            found.append(Place(board=board))
            continue
        found += [Place(board=board, section=section) for section in _fitting(rest, sections_of(board.id))]
    return _the_one(text, found or _none(text, boards, prefixes, sections_of))


def _on_page(
    page: BoardAddress, boards: Sequence[Board], sections_of: Callable[[BoardId], Sequence[Section]]
) -> Iterator[Place]:
    """The boards or sections that the URL of a page on Pinterest may mean."""
    for board in boards:
        if page.is_of(board.name, board.owner):
            if not page.section:
                yield Place(board=board)
                continue
            sections = sections_of(board.id)
            yield from (Place(board=board, section=one) for one in sections if page.has_section(one.name))


def _none(
    text: str,
    boards: Sequence[Board],
    prefixes: Sequence[tuple[Board, str]],
    sections_of: Callable[[BoardId], Sequence[Section]],
) -> NoReturn:
    raise ConfigError([_nothing(text, boards, prefixes, sections_of)])


def _splits(text: str, boards: Sequence[Board]) -> Iterator[tuple[Board, str]]:
    """For each slash: every board that the text before it may mean, with the text after it."""
    for position in (number for number, sign in enumerate(text) if sign == "/"):
        for board in _fitting(text[:position], boards):
            yield board, text[position + 1 :]


def _fitting(text: str, things: Sequence[Thing]) -> list[Thing]:
    """Things with this id, and those with exactly this name or, failing that, with an equivalent one."""
    by_id = [thing for thing in things if thing.id == text]
    # NFC on both sides: a terminal may type é as two code points where Pinterest has one.
    exact = [
        thing for thing in things if unicodedata.normalize("NFC", thing.name) == unicodedata.normalize("NFC", text)
    ]
    wanted = fold(text).strip()
    named = exact or [thing for thing in things if wanted and fold(thing.name).strip() == wanted]
    # Last: a board may be called "id:1".
    if not by_id and not named and text.startswith("id:"):
        return [thing for thing in things if thing.id == text[3:]]
    # A board whose name is the id of another one: both fit, so the name is ambiguous.
    return list({thing.id: thing for thing in (*by_id, *named)}.values())


def _the_one(text: str, found: list[Place]) -> Place:
    if len(found) == 1:
        return found[0]
    listed = "; ".join(f"{place.address} ({_for_sure(place)})" for place in found[:SHOWN])
    more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    raise ConfigError([f"“{text}” is ambiguous: {listed}{more}. Use one of the ids in brackets."])


def _for_sure(place: Place) -> str:
    return f"id:{place.board.id}/id:{place.section.id}" if place.section else f"id:{place.board.id}"


def _nothing(
    text: str,
    boards: Sequence[Board],
    prefixes: Sequence[tuple[Board, str]],
    sections_of: Callable[[BoardId], Sequence[Section]],
) -> str:
    if prefixes:
        board, rest = prefixes[-1]
        return f"{board.name} has no section “{rest}”{similar_names(rest, [section.name for section in sections_of(board.id)])}"
    return f"no board “{text}”{similar_names(text, [board.name for board in boards])}"
