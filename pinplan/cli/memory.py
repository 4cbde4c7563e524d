"""How this program uses memory."""

from __future__ import annotations

import sys

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
