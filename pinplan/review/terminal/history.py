"""Steps of decisions that can be undone and done again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable

    from pinplan.model.ids import ActionId
    from pinplan.review.session import Verdict


class DecidedStep(Struct, frozen=True):
    """The verdicts that one key, or one answer, changed: before and after."""

    before: dict[ActionId, Verdict]
    after: dict[ActionId, Verdict]


class DecisionHistory:
    """What was decided, step by step."""

    def __init__(self) -> None:
        """Nothing yet."""
        self._undoable: list[DecidedStep] = []
        self._redoable: list[DecidedStep] = []

    def note(self, before: dict[ActionId, Verdict], after: dict[ActionId, Verdict]) -> None:
        """Note a step; what was undone before it cannot be done again."""
        self._undoable.append(DecidedStep(before, after))
        self._redoable.clear()

    def undo(self) -> dict[ActionId, Verdict]:
        """The verdicts before the last step; empty if there is none."""
        return _move(self._undoable, self._redoable, lambda step: step.before)

    def redo(self) -> dict[ActionId, Verdict]:
        """The verdicts of the step that was undone last; empty if there is none."""
        return _move(self._redoable, self._undoable, lambda step: step.after)


def _move(
    source: list[DecidedStep], target: list[DecidedStep], side: Callable[[DecidedStep], dict[ActionId, Verdict]]
) -> dict[ActionId, Verdict]:
    if not source:
        return {}
    step = source.pop()
    target.append(step)
    return side(step)
