"""Work in a fork of this process, with an end to its patience: what is changed there is not changed here."""

from __future__ import annotations

import contextlib
import os
import pickle
import resource
import signal
import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

MEMORY = 4 << 30
"""Bytes that a fork may have: an endless loop that collects things ends here."""


def in_fork(work: Callable[[], Any], seconds: float = 0.0) -> Any:
    """What ``work`` returns; None if it died or took longer than that (0: as long as it likes)."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads: numpy's do nothing here
        child = os.fork()
    if child == 0:
        os.close(reading)
        _work(work, writing, seconds)
    os.close(writing)
    with open(reading, "rb") as answer:  # noqa: PTH123 - a descriptor
        told = answer.read()
    os.waitpid(child, 0)
    return pickle.loads(told) if told else None


def _work(work: Callable[[], Any], writing: int, seconds: float) -> None:
    """Answer and end, whatever happens: nothing of the parent's (open files, pytest's session) may run on in here."""
    try:
        if seconds:
            end_after(seconds)
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        told = pickle.dumps(work())
        with contextlib.suppress(OSError), open(writing, "wb") as answer:
            answer.write(told)
    finally:
        os._exit(0)


def end_after(seconds: float) -> None:
    """Let this process die so many seconds from now; not by an exception, which code under test could catch."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)
