"""Which tests may be believed: one that only passes after others have run would "notice" every change."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from tests.mutants.report import say

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.mutants.trial import Trial

Found = TypeVar("Found", bound="Trial | None")


class Reliable:
    """Believes a test that fails only if it passes by itself while nothing is changed."""

    def __init__(self, passes_unchanged: Callable[[str], bool]) -> None:
        """``passes_unchanged`` runs one test, and nothing before it."""
        self._passes_unchanged = passes_unchanged
        self._passes: dict[str, bool] = {}

    def try_out(self, tests: Sequence[str], trial: Callable[[Sequence[str]], Found]) -> Found:
        """How a change was noticed, by a test that can be believed."""
        while True:
            left = [test for test in tests if self._passes.get(test, True)]
            found = trial(left)
            if found is None or found.by not in left or self._believed(found.by):
                return found

    def _believed(self, test: str) -> bool:
        if test not in self._passes:
            self._passes[test] = self._passes_unchanged(test)
            if not self._passes[test]:
                say(f"left out, fails by itself with nothing changed: {test}")
        return self._passes[test]
