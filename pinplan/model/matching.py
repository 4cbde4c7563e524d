"""Match user-written selectors against boards, sections, pins and files, in flags and config alike.

Matching ignores case and Unicode form. ``*``, ``?`` and ``[…]`` are patterns; ids and addresses of Pinterest's own pages are understood.
A literal name always matches, even if it contains pattern characters.
"""

from __future__ import annotations

import fnmatch
from functools import lru_cache

from pinplan.model.ids import PinId
from pinplan.model.naming import safe_part
from pinplan.model.pins import BoardAddress, board_address_in, pin_id_in
from pinplan.model.text_form import fold

_WILD = frozenset("*?[")


class Selector:
    """A parsed selector.

    Attributes:
        text: as written.
        pin_id: the pin, if it is a pin's id or address.
    """

    __slots__ = ("_board", "_exact", "_folded", "_id", "pin_id", "text")

    def __init__(self, text: str) -> None:
        """Parse it once."""
        self.text = text
        self.pin_id: PinId | None = pin_id_in(text)
        self._board: BoardAddress | None = board_address_in(text)
        self._exact = fold(text)
        # A folder may be written with a trailing slash; a board may be called "/".
        self._folded = self._exact.rstrip("/") or self._exact
        self._id = text.strip().removeprefix("id:")

    @property
    def is_pattern(self) -> bool:
        """Whether it may name several things."""
        return not _WILD.isdisjoint(self.text)

    def begins_in(self, name: str, owner: str | None = None) -> bool:
        """Whether it is an address inside a board of this name."""
        if self._board is not None:
            return bool(self._board.section) and self._board.is_of(name, owner)
        return self._folded.startswith(f"{fold(name)}/") or self._folded.partition("/")[0] == fold(safe_part(name))

    def names_board(self, name: str, board_id: str, owner: str | None = None) -> bool:
        """Whether it names a board: by name, pattern, id, or the address of its page (whose owner must match if known)."""
        if self._id and self._id == board_id:  # an unknown id and an empty text are equal, but name no board
            return True
        if self._board is not None:
            return not self._board.section and self._board.is_of(name, owner)
        return self._fits(fold(name))

    def names_pin(self, pin_id: str) -> bool:
        """Whether it names a pin, by its id or the address of its page."""
        return self.pin_id is not None and self.pin_id == pin_id

    def names_path(self, path: str) -> bool:
        """Whether it names a path or an address: the whole, a leading part up to a ``/``, or a pattern for either."""
        whole = fold(path)
        return (
            self._fits(whole) or whole.startswith(f"{self._folded}/") or fnmatch.fnmatchcase(whole, f"{self._folded}/*")
        )

    def may_be_below(self, path: str) -> bool:
        """Whether it may match something below a path; of a pattern only the literal prefix counts."""
        whole = f"{fold(path)}/"
        if not self.is_pattern:
            return self._folded.startswith(whole)
        # Only the part before the first pattern character says for certain where it can match.
        plain = self._folded[: min(self._folded.index(sign) for sign in _WILD if sign in self._folded)]
        return whole.startswith(plain) or plain.startswith(whole)

    def names_place(self, address: str, board_id: str, board: str, owner: str | None = None) -> bool:
        """Whether it matches an address (board, section, pin) on the board with this id and name."""
        # "#2" is the slot of a carousel image: selectors name the pin.
        whole = address.partition("#")[0]
        if self._board is not None and self._board.section:
            _, _, section = whole.partition("/")
            return self._board.is_of(board, owner) and self._board.has_section(section.partition("/")[0])
        if self.names_board(board, board_id, owner) or self.names_path(whole) or self.names_path(address):
            return True
        # The folder of a board is named differently if no disk can have the board's name.
        return self.names_path(f"{board}/{whole.partition('/')[2]}")

    def matches(self, text: str) -> bool:
        """Whether it is exactly this text, or a pattern for it."""
        return self._fits(fold(text))

    def _fits(self, whole: str) -> bool:
        return whole in {self._folded, self._exact} or fnmatch.fnmatchcase(whole, self._folded)


@lru_cache(maxsize=4096)
def selector(text: str) -> Selector:
    """Parse a selector; cached."""
    return Selector(text)


def names_board(pattern: str, name: str, board_id: str, owner: str | None = None) -> bool:
    """Whether a text names a board (see `Selector.names_board`)."""
    return selector(pattern).names_board(name, board_id, owner)


def names(wanted: str, path: str, pin_id: str = "") -> bool:
    """Whether a text names a pin, or a path (see `Selector`)."""
    found = selector(wanted)
    return found.names_pin(pin_id) or found.names_path(path)
