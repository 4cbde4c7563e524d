"""One authorised request, the scopes that its operation needs, and its access to the world.

The description never names the ``_secret`` scopes. That they are needed for secret boards comes from Pinterest's scope list
("your secret boards"); the sandbox enforces the plainest reading of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from pinplan.sandbox import requests
from pinplan.sandbox.problems import insufficient_scopes
from pinplan.sandbox.responses import page_answer, page_of, pin_answer
from pinplan.sandbox.rules import BOARDS_READ_SECRET, BOARDS_WRITE_SECRET, PINS_READ_SECRET, PINS_WRITE_SECRET
from pinplan.sandbox.world import Pin

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from starlette.requests import Request

    from pinplan.sandbox.delayed_listing import Lag
    from pinplan.sandbox.rules import Rule
    from pinplan.sandbox.settings import Settings
    from pinplan.sandbox.uploads import Uploads
    from pinplan.sandbox.world import Board, World

    Handler = Callable[["Call"], Awaitable[tuple[int, bytes]]]


class Access(NamedTuple):
    """What a token allows.

    Attributes:
        own_app: it comes from the ``client_credentials`` grant.
    """

    scopes: frozenset[str]
    own_app: bool = False

    def require(self, scopes: Iterable[str]) -> None:
        """Raises `ApiProblem` 401/3 unless all are granted."""
        if not self.scopes.issuperset(scopes):
            raise insufficient_scopes()

    def follow(self, rule: Rule) -> None:
        """Raises `ApiProblem` 401/3 unless the rule is met."""
        if self.own_app and not rule.own_app:
            raise insufficient_scopes()
        self.require(rule.scopes)


SECRET = "SECRET"  # noqa: S105 - a kind of board


@dataclass(slots=True)
class Site:
    """State shared by all requests.

    Attributes:
        world: may be replaced while requests are served.
        images: the address of the image host, and of uploads.
        lag: what listings do not show yet.
        uploads: videos being uploaded.
        settings: of the sandbox.
    """

    world: World
    images: str
    lag: Lag
    uploads: Uploads
    settings: Settings


@dataclass(frozen=True, slots=True)
class Call:
    """An authorised request."""

    request: Request
    access: Access
    site: Site

    @property
    def world(self) -> World:
        """The world."""
        return self.site.world

    async def body(self) -> dict[str, Any]:
        """The JSON object in the body. Raises `ApiProblem` 400."""
        return requests.read_object(await self.request.body())

    def named(self, name: str) -> str:
        """A path parameter."""
        part: str = self.request.path_params[name]
        return part

    # -- secret boards: seen, changed and filled only with the scopes that say so --------------------------------------

    def board(self, board_id: str) -> Board:
        """A board to look at. Raises `ApiProblem` 404/40, 401/3."""
        return self._board(board_id, BOARDS_READ_SECRET)

    def board_to_change(self, board_id: str) -> Board:
        """A board to change. Raises `ApiProblem` 404/40, 401/3."""
        return self._board(board_id, BOARDS_READ_SECRET, BOARDS_WRITE_SECRET)

    def board_of_pins(self, board_id: str) -> Board:
        """A board whose pins are to be looked at. Raises `ApiProblem` 404/40, 401/3."""
        return self._board(board_id, BOARDS_READ_SECRET, PINS_READ_SECRET)

    def board_to_fill(self, board_id: str) -> Board:
        """A board where pins come and go. Raises `ApiProblem` 404/40, 401/3."""
        return self._board(board_id, PINS_READ_SECRET, PINS_WRITE_SECRET)

    def pin(self, pin_id: str) -> Pin:
        """A pin to look at. Raises `ApiProblem` 404/50, 401/3."""
        pin = self.world.pin(pin_id)
        self._board(pin.board_id, PINS_READ_SECRET)
        return pin

    def pin_to_change(self, pin_id: str) -> Pin:
        """A pin to change. Raises `ApiProblem` 404/50, 401/3."""
        pin = self.world.pin(pin_id)
        self.board_to_fill(pin.board_id)
        return pin

    def seen_boards(self) -> list[Board]:
        """The boards of a listing, without those that the token may not see."""
        secret = BOARDS_READ_SECRET in self.access.scopes
        return [board for board in self.world.boards.values() if secret or board.privacy != SECRET]

    def boards_of_seen_pins(self) -> list[Board]:
        """The boards whose pins appear in ``GET /pins``."""
        secret = PINS_READ_SECRET in self.access.scopes
        return [board for board in self.world.boards.values() if secret or board.privacy != SECRET]

    def listed_pins(self, board: Board, listing: str) -> Sequence[Pin]:
        """The pins of a board as listed by an operation, oldest first."""
        # The usual case must stay fast: a board may hold 100,000 pins.
        if not self.site.lag.lags:
            return board.pins
        return sorted(self.site.lag.listed(board.pins, Pin, listing, board.id), key=lambda pin: pin.order)

    def _board(self, board_id: str, *scopes_if_secret: str) -> Board:
        board = self.world.board(board_id)
        # 401, not 404: an open guess, as the description does not say what a token without the scope gets.
        if board.privacy == SECRET:
            self.access.require(scopes_if_secret)
        return board

    # -- answers -------------------------------------------------------------------------------------------------------

    def one_pin(self, pin: Pin, status: int = 200) -> tuple[int, bytes]:
        """A response with one pin."""
        return status, pin_answer(pin, self.world, self.site.images)

    def page_of_pins(self, pins: Sequence[Pin]) -> tuple[int, bytes]:
        """A page of pins, newest first; ``pins`` are given oldest first."""
        page, bookmark = page_of(pins[::-1], lambda pin: pin.order, self.request.query_params)
        return 200, page_answer((pin_answer(pin, self.world, self.site.images) for pin in page), bookmark)
