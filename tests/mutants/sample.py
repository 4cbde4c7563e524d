"""A module to try the tools of this folder on: see `test_sample.py` and `test_mutants.py`."""

from __future__ import annotations

LARGE = 3


def is_large(number: int) -> bool:
    """Whether a number is large."""
    return number >= LARGE


class Sizes:
    """Counts numbers."""

    def __init__(self) -> None:
        """Begin with none."""
        self.large = 0

    @property
    def some(self) -> bool:
        """Whether any is large."""
        return self.large > 0

    def add(self, *numbers: int) -> None:
        """Count these."""
        for number in numbers:
            if is_large(number):
                self.large += 1
