"""The process: signals that end a command (SIGINT, SIGTERM, SIGHUP), and the malloc setting."""

from __future__ import annotations

import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType


SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def handled(handler: Callable[[int, FrameType | None], object]) -> Iterator[None]:
    """Handle the signals in the block. Ignored signals stay ignored: nohup sets SIGHUP so."""
    taken = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    # Restored in the end: the demo and tests run several commands in one process.
    before = {number: signal.signal(number, handler) for number in taken}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


def interrupt(_number: int, _frame: FrameType | None) -> None:
    """End like Ctrl-C."""
    raise KeyboardInterrupt


_M_ARENA_MAX = -8
"""M_ARENA_MAX of glibc (malloc.h)."""


def keep_one_heap() -> None:
    """Make all threads share one malloc arena (glibc only).

    With an arena per thread, freed memory is not reused across threads: listing 100,000 pins with three threads takes 470 MB
    instead of 280 (docs/performance.md). The cost is negligible: the GIL runs one thread at a time.
    """
    if sys.platform != "linux":
        return
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)
