"""Tells a key that is held down from one that is pressed again: a terminal sends the same bytes for both."""

from __future__ import annotations

QUICK = 0.1
"""Seconds. Keyboards repeat ten to forty times a second, after a delay; fingers are slower."""
DELAY = 1.0
"""Seconds within which a held key begins to repeat, at the slowest setting."""


class HeldKeys:
    """The times of the last key.

    Attributes:
        first: the key before the last one was the first repetition, which came too late to be known as one.
    """

    def __init__(self) -> None:
        """No key yet."""
        self.first = False
        self._key, self._time = "", float("-inf")
        self._again = self._repeating = False

    def repeats(self, key: str, time: float) -> bool:
        """Whether a key is a repetition.

        Args:
            key: its name.
            time: when it came, in seconds.
        """
        passed = time - self._time if key == self._key else float("inf")
        if passed < QUICK:
            self.first = self._again and not self._repeating
            self._repeating = True
        else:
            self.first = self._repeating = False
            self._again = passed < DELAY
        self._key, self._time = key, time
        return self._repeating
