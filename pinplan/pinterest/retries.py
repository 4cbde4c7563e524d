"""How often a request is tried again, and how long is waited before: the one loop of all requests."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_FIRST_WAIT = 0.5
_LONGEST_BACKOFF = 30.0

T = TypeVar("T")


class MayPass(Exception):
    """A try failed in a way that may pass.

    Attributes:
        error: what is raised where no other try is left.
        wait: seconds to wait before the next try, if the server said how long.
    """

    def __init__(self, error: Exception, wait: float | None = None) -> None:
        """Keep both."""
        self.error, self.wait = error, wait
        super().__init__(str(error))


class Retries:
    """Tries after the first one, with waits between them. Threads may share it."""

    def __init__(self, count: int, sleep: Callable[[float], object], dice: random.Random | None = None) -> None:
        """Say how many.

        Args:
            count: tries after the first one.
            sleep: how to wait.
            dice: chance, for the length of a wait.
        """
        self._count = count
        self._sleep = sleep
        self._dice = dice or random.Random()  # noqa: S311 - spreads retries, guards nothing

    def run(self, once: Callable[[], T]) -> T:
        """What a try returns: the first one that does not raise `MayPass`, else the error of the last. Other errors end it at once."""
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
        # Outside the handler: an error that is chained to one of requests would hold the request, and with it the token.
        raise error

    def _wait(self, attempt: int, asked: float | None) -> None:
        """As long as asked for, else longer each time, never twice the same: many clients must not come back together."""
        backoff = min(_FIRST_WAIT * 2**attempt, _LONGEST_BACKOFF)
        self._sleep(asked if asked is not None else backoff * self._dice.uniform(0.5, 1.0))
