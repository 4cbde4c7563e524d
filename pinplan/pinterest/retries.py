"""Retries with backoff: the one loop for all requests."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

# Seconds: 0.5, 1, 2, 4, 8 make about 15 s for the five retries of an API call.
_FIRST_WAIT = 0.5
_LONGEST_BACKOFF = 30.0

T = TypeVar("T")


class MayPass(Exception):
    """An attempt failed with a temporary error.

    Attributes:
        error: raised after the last attempt.
        wait: seconds to wait, if the server sets them.
    """

    def __init__(self, error: Exception, wait: float | None = None) -> None:
        """Keep error and wait."""
        self.error, self.wait = error, wait
        super().__init__(str(error))


class Retries:
    """Retries with waits in between. Thread-safe."""

    def __init__(self, count: int, sleep: Callable[[float], object], dice: random.Random | None = None) -> None:
        """Configure.

        Args:
            count: retries after the first attempt.
            sleep: waits.
            dice: randomness of the waits.
        """
        self._count = count
        self._sleep = sleep
        self._dice = dice or random.Random()  # noqa: S311 - spreads retries, guards nothing

    def run(self, once: Callable[[], T]) -> T:
        """The result of the first attempt without `MayPass`, else the last error. Other errors are raised at once."""
        # The last attempt is outside the loop: there is nothing to wait for after it.
        for attempt in range(self._count):
            try:
                return once()
            except MayPass as fault:
                asked = fault.wait
            self._wait(attempt, asked)
        try:
            return once()
        except MayPass as fault:
            error = fault.error
        # Outside the handler: a chained requests error would hold the request, and with it the token (I27).
        raise error

    def _wait(self, attempt: int, asked: float | None) -> None:
        """Wait as the server asks, else with exponential backoff; jitter keeps parallel workers apart."""
        backoff = min(_FIRST_WAIT * 2**attempt, _LONGEST_BACKOFF)
        # A server's own figure has no jitter: coming early would only be refused again.
        self._sleep(asked if asked is not None else backoff * self._dice.uniform(0.5, 1.0))
