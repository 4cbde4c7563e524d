"""Delayed listings: new items are not listed yet, deleted ones still are.

Pinterest's own end-to-end tests and its SDK's tests mention the delay; its length is not published.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pinplan.sandbox.world import Board, Clock, Pin, Section

    Thing = Board | Section | Pin

Item = TypeVar("Item", "Board", "Section", "Pin")


class _Ghost(NamedTuple):
    """A deleted item that is still listed."""

    thing: Thing
    parent: str
    until: float


class Lag:
    """What listings do not show yet. Changes made directly to the world, not by API calls, are listed at once."""

    def __init__(self, seconds: float, clock: Clock) -> None:
        """0 seconds: no delay."""
        self._seconds = seconds
        self._clock = clock
        self._fresh: dict[str, float] = {}
        self._ghosts: list[_Ghost] = []

    def made(self, thing: Thing) -> None:
        """Note a new item."""
        if self.lags:
            self._fresh[thing.id] = self._clock.now() + self._seconds

    def deleted(self, thing: Thing, parent: str = "") -> None:
        """Note a deleted item that was listed under ``parent``."""
        if self.lags:
            self._ghosts.append(_Ghost(thing, parent, self._clock.now() + self._seconds))

    @property
    def lags(self) -> bool:
        """Whether listings are delayed."""
        return self._seconds > 0

    def listed(self, items: Iterable[Item], kind: type[Item], parent: str = "") -> list[Item]:
        """The items as listed; deleted ones come last."""
        now = self._clock.now()
        # Expired entries are dropped here: nothing else would ever remove them.
        self._fresh = {key: until for key, until in self._fresh.items() if until > now}
        self._ghosts = [ghost for ghost in self._ghosts if ghost.until > now]
        known = [item for item in items if item.id not in self._fresh]
        ghosts = (ghost for ghost in self._ghosts if ghost.parent == parent and ghost.thing.id not in self._fresh)
        return known + [ghost.thing for ghost in ghosts if isinstance(ghost.thing, kind)]
