"""Whether there is room for what an apply fetches: asked once, before anything is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.errors import NoRoom

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pinplan.actions import AnyAction
    from pinplan.ports import Library

FREE_SPACE = "free-space"
"""``apply --allow free-space`` goes on where the estimate says that there is too little room."""


def check_space(library: Library, actions: Iterable[AnyAction]) -> None:
    """Compare what the actions will probably fetch with what is free.

    A full disk in the middle loses nothing, but leaves a library half done and everything else on that disk without room.

    Raises:
        NoRoom: there is too little.
        DiskRefused: the disk does not say how much is free.
    """
    needed = sum(getattr(action, "estimated_bytes", 0) for action in actions)
    if not needed:
        return
    free = library.free_space()
    if needed > free:
        raise NoRoom(
            needed,
            free,
            f"the images to fetch take about {needed:,} bytes, and {free:,} bytes are free where the library is",
        )
