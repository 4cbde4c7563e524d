"""One request that was let in, and what it may see and change of the world."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pinplan.sandbox import permissions, requests
from pinplan.sandbox.paging import page_of
from pinplan.sandbox.responses import page_answer, pin_answer
from pinplan.sandbox.world import Pin

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from starlette.requests import Request

    from pinplan.sandbox.delayed_listing import Lag
    from pinplan.sandbox.permissions import Access
    from pinplan.sandbox.uploads import Uploads
    from pinplan.sandbox.world import Board, World

    Handler = Callable[["Call"], Awaitable[tuple[int, bytes]]]

SECRET = "SECRET"  # noqa: S105 - a kind of board


@dataclass(slots=True)
class Site:
    """What all requests share.

    Attributes:
        world: may be put in the place of another one while requests come.
        images: the address of the image host, and of uploads.
        lag: what listings do not know yet.
        uploads: videos on their way.
    """

    world: World
    images: str
    lag: Lag
    uploads: Uploads


@dataclass(frozen=True, slots=True)
class Call:
    """A request with a token that is good for its operation."""

    request: Request
    access: Access
    site: Site

    @property
    def world(self) -> World:
        """The world."""
        return self.site.world

    async def body(self) -> dict[str, Any]:
        """The JSON object that was sent. Raises `ApiProblem` 400."""
        return requests.read_object(await self.request.body())

    def named(self, name: str) -> str:
        """A part of the path."""
        part: str = self.request.path_params[name]
        return part

    # -- secret boards: seen, changed and filled only with the scopes that say so --------------------------------------

    def board(self, board_id: str) -> Board:
        """A board to look at. Raises `ApiProblem` 404/40, 401/3."""
        return self._board(board_id, permissions.BOARDS_READ_SECRET)

    def board_to_change(self, board_id: str) -> Board:
        """A board to change. Raises `ApiProblem` 404/40, 401/3."""
        return self._board(board_id, permissions.BOARDS_READ_SECRET, permissions.BOARDS_WRITE_SECRET)

    def board_of_pins(self, board_id: str) -> Board:
        """A board whose pins are to be looked at. Raises `ApiProblem` 404/40, 401/3."""
        return self._board(board_id, permissions.BOARDS_READ_SECRET, permissions.PINS_READ_SECRET)

    def board_to_fill(self, board_id: str) -> Board:
        """A board where pins come and go. Raises `ApiProblem` 404/40, 401/3."""
        return self._board(board_id, permissions.PINS_READ_SECRET, permissions.PINS_WRITE_SECRET)

    def pin(self, pin_id: str) -> Pin:
        """A pin to look at. Raises `ApiProblem` 404/50, 401/3."""
        pin = self.world.pin(pin_id)
        self._board(pin.board_id, permissions.PINS_READ_SECRET)
        return pin

    def pin_to_change(self, pin_id: str) -> Pin:
        """A pin to change. Raises `ApiProblem` 404/50, 401/3."""
        pin = self.world.pin(pin_id)
        self.board_to_fill(pin.board_id)
        return pin

    def seen_boards(self) -> list[Board]:
        """The boards of a listing, which keeps quiet about what the token may not see."""
        secret = permissions.BOARDS_READ_SECRET in self.access.scopes
        return [board for board in self.world.boards.values() if secret or board.privacy != SECRET]

    def boards_of_seen_pins(self) -> list[Board]:
        """The boards whose pins stand in a listing over all boards."""
        secret = permissions.PINS_READ_SECRET in self.access.scopes
        return [board for board in self.world.boards.values() if secret or board.privacy != SECRET]

    def listed_pins(self, board: Board) -> Sequence[Pin]:
        """The pins of a board as a listing knows them, in the order of their making."""
        if not self.site.lag.lags:
            return board.pins
        return sorted(self.site.lag.listed(board.pins, Pin, board.id), key=lambda pin: pin.order)

    def _board(self, board_id: str, *scopes_if_secret: str) -> Board:
        board = self.world.board(board_id)
        if board.privacy == SECRET:
            self.access.require(scopes_if_secret)
        return board

    # -- answers -------------------------------------------------------------------------------------------------------

    def one_pin(self, pin: Pin, status: int = 200) -> tuple[int, bytes]:
        """A pin as an answer."""
        return status, pin_answer(pin, self.world, self.site.images)

    def page_of_pins(self, pins: Sequence[Pin]) -> tuple[int, bytes]:
        """A page of pins, which are given in the order of their making and listed the newest first."""
        page, bookmark = page_of(pins[::-1], lambda pin: pin.order, self.request.query_params)
        return 200, page_answer((pin_answer(pin, self.world, self.site.images) for pin in page), bookmark)
