"""Signals that ask a command to end: SIGINT, SIGTERM, and SIGHUP of a terminal that was closed.

How this program uses memory.
"""

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
    """Let a function take them. One that is ignored stays so: under nohup a command outlives its terminal."""
    taken = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, handler) for number in taken}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


def interrupt(_number: int, _frame: FrameType | None) -> None:
    """End as Ctrl-C does."""
    raise KeyboardInterrupt


_M_ARENA_MAX = -8
"""glibc's number for "at most so many heaps" (malloc.h)."""


def keep_one_heap() -> None:
    """Let all threads share one heap, where the C library is glibc; elsewhere nothing happens.

    By default every thread gets its own, and what one has let go of is of no use to another: reading 100,000 pins with three threads
    then takes 470 MB instead of 280 (docs/performance.md). Costs next to nothing, for the interpreter runs one thread at a time.
    """
    if sys.platform != "linux":
        return
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)
