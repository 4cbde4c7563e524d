"""The sandbox's time: the machine's, and as much later as somebody said. Tokens, quotas and lag go by it."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Clock:
    """Seconds since 1970. Threads may share it."""

    def __init__(self, machine: Callable[[], float] = time.time) -> None:
        """Begin with the machine's time; a test may hand in another one."""
        self._machine = machine
        self._lock = threading.Lock()
        self._ahead = 0.0

    def now(self) -> float:
        """The time."""
        return self._machine() + self._ahead

    @property
    def ahead(self) -> float:
        """By how many seconds it is ahead of the machine."""
        return self._ahead

    def advance(self, seconds: float) -> None:
        """Let time pass. Raises `ValueError` for a negative number: nothing that expired comes back."""
        if seconds < 0:
            raise ValueError("time does not go back")
        with self._lock:
            self._ahead += seconds
