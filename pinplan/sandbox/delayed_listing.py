"""Delayed listings: new items are not listed yet, deleted ones still are.

Pinterest's own end-to-end tests and its SDK's tests mention the delay; its length is not published. Each listing has its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pinplan.sandbox.world import Board, Clock, Pin, Section

    Thing = Board | Section | Pin

Item = TypeVar("Item", "Board", "Section", "Pin")

DELAYED = ("boards/list", "boards/list_pins", "board_sections/list", "board_sections/list_pins", "pins/list")
"""The listings, by the ``operationId`` of the API description."""


class _Ghost(NamedTuple):
    """A deleted item that is still listed, until a time that depends on the listing."""

    thing: Thing
    parent: str
    until: dict[str, float]


class Lag:
    """What listings do not show yet. Changes made directly to the world, not by API calls, are listed at once."""

    def __init__(self, seconds: float, clock: Clock, by_listing: Mapping[str, float] | None = None) -> None:
        """``by_listing``: seconds of listings that differ from the others. 0 seconds: no delay."""
        self._seconds = seconds
        self._by_listing = dict(by_listing or {})
        self._clock = clock
        self._fresh: dict[str, dict[str, float]] = {}
        self._ghosts: list[_Ghost] = []

    def made(self, thing: Thing) -> None:
        """Note a new item."""
        if self.lags:
            self._fresh[thing.id] = self._untils()

    def deleted(self, thing: Thing, parent: str = "") -> None:
        """Note a deleted item that was listed under ``parent``."""
        if self.lags:
            self._ghosts.append(_Ghost(thing, parent, self._untils()))

    @property
    def lags(self) -> bool:
        """Whether any listing is delayed."""
        return self._seconds > 0 or any(seconds > 0 for seconds in self._by_listing.values())

    def listed(self, items: Iterable[Item], kind: type[Item], listing: str, parent: str = "") -> list[Item]:
        """The items as listed; deleted ones come last."""
        now = self._clock.now()
        # Expired entries are dropped here: nothing else would ever remove them.
        self._fresh = {key: until for key, until in self._fresh.items() if max(until.values()) > now}
        self._ghosts = [ghost for ghost in self._ghosts if max(ghost.until.values()) > now]
        fresh = {key for key, until in self._fresh.items() if until[listing] > now}
        known = [item for item in items if item.id not in fresh]
        ghosts = (
            ghost.thing
            for ghost in self._ghosts
            if ghost.parent == parent and ghost.until[listing] > now and ghost.thing.id not in fresh
        )
        return known + [thing for thing in ghosts if isinstance(thing, kind)]

    def _untils(self) -> dict[str, float]:
        now = self._clock.now()
        return {listing: now + self._by_listing.get(listing, self._seconds) for listing in DELAYED}
