"""The process: signals that end a command (SIGINT, SIGTERM, SIGHUP), and what it takes of memory and processors."""

from __future__ import annotations

import os
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


_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
"""As in malloc.h of glibc."""
_LARGE, _SPARE = 16 << 20, 32 << 20


def prepare() -> None:
    """Settings for commands that read much: to be called before numpy is loaded, and before threads are started."""
    _calculate_in_one_thread()
    _keep_one_heap()


def _calculate_in_one_thread() -> None:
    """Keep the library of linear algebra that comes with numpy from starting threads.

    pinplan multiplies nothing but small matrices: threads that wait for each other cost half as much again. A value in the environment counts.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def _keep_one_heap() -> None:
    """Make all threads share one malloc arena, and keep what a picture took for the next one (glibc only).

    With an arena per thread, freed memory is not reused across threads: listing 100,000 pins with three threads takes 470 MB
    instead of 280 (docs/performance.md). The cost is negligible: the GIL runs one thread at a time.

    Blocks of some megabytes would come from the kernel every time, page by page: comparing two pictures takes 1.6 times as long then.
    """
    if sys.platform != "linux":
        return
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)
        mallopt(_M_MMAP_THRESHOLD, _LARGE)
        mallopt(_M_TRIM_THRESHOLD, _SPARE)
