"""Loads the pictures that the terminal shows, in threads of their own."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple

from pinplan.errors import ImageRefused, PinplanError
from pinplan.render.text_safety import plain
from pinplan.review.terminal.blocks import Colours, room_for, rows_of
from pinplan.review.thumbnails import pixels

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.segment import Segment

    from pinplan.model.ids import ActionId
    from pinplan.plan.document import Plan
    from pinplan.review.thumbnails import FetchedImages

_THREADS = 2
_KEPT = 64


class PictureKey(NamedTuple):
    """A picture of a plan at one size, in cells."""

    action: ActionId
    number: int
    columns: int
    rows: int


Rows = list[list["Segment"]]


class PictureLoader:
    """The pictures of a plan as rows of cells. Images that are no longer on screen are skipped."""

    def __init__(self, plan: Plan, images: FetchedImages, colours: Colours, on_loaded: Callable[[], None]) -> None:
        """Start with nothing. ``on_loaded``: called, in a thread, when a picture is there."""
        self._actions = {action.id: action for action in plan.actions}
        self._images, self._colours, self._on_loaded = images, colours, on_loaded
        self._changed = threading.Condition()
        self._made: OrderedDict[PictureKey, Rows | str] = OrderedDict()
        self._queue: list[PictureKey] = []
        self._begun: set[PictureKey] = set()
        # Daemons: quitting must not wait for a picture that a slow host is sending.
        for number in range(_THREADS):
            threading.Thread(target=self._work, name=f"image_{number}", daemon=True).start()

    def get(self, key: PictureKey) -> Rows | str | None:
        """A picture, or why there is none; None if it is not loaded yet."""
        with self._changed:
            if key in self._made:
                self._made.move_to_end(key)
            return self._made.get(key)

    def want(self, keys: Sequence[PictureKey]) -> None:
        """Load these, in this order, and nothing that was wanted before."""
        with self._changed:
            self._queue = [key for key in keys if key not in self._made and key not in self._begun]
            self._changed.notify_all()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._queue)
                key = self._queue.pop(0)
                self._begun.add(key)
            made = self._make(key)
            with self._changed:
                self._begun.discard(key)
                self._made[key] = made
                while len(self._made) > _KEPT:
                    self._made.popitem(last=False)
            self._on_loaded()

    def _make(self, key: PictureKey) -> Rows | str:
        width, height = room_for(key.columns, key.rows)
        try:
            data = self._images.read(self._actions[key.action], key.number, max(width, height))
            return rows_of(pixels(data, "", width, height), self._colours)
        except ImageRefused as error:
            return plain(error.reason)
        except PinplanError as error:
            return plain(str(error))
