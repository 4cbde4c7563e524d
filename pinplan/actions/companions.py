"""Companions follow their picture: metadata in ``x.jpg.xmp`` or ``x.json`` belongs to ``x.jpg`` (I10).

An action names every companion that it takes along. They are moved first, one by one, and the picture last: interrupted in between, the action
recognises what it did and continues (I14: crash-safe), and a new plan finds the picture at its old path.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from pinplan.actions.base import Action, Description, name_of
from pinplan.actions.companion_steps import CompanionStep
from pinplan.errors import PinplanError
from pinplan.model.ids import RelPath
from pinplan.model.naming import (
    CARRIED_EXTENSIONS,
    MAX_PART_BYTES,
    Companion,
    is_in_trash,
    name_beside,
    path_before_trash,
    trash_path,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pinplan.actions.contexts import ActionContext, UndoContext
    from pinplan.model.images import FileStat

# Companions named in a description before "and N more".
SHOWN = 2
T = TypeVar("T")


class Carrier(Action, frozen=True, kw_only=True, gc=False):
    """An action that moves or removes a picture, and its companions with it.

    Attributes:
        companions: the companions of the picture; absent if there are none. Since plan format 1.3.
    """

    companions: tuple[Companion, ...] | UnsetType = UNSET

    @abstractmethod
    def carried(self) -> tuple[RelPath, RelPath | None] | None:
        """Path of the picture and its new path, or None as new path for the trash; None if no picture moves."""

    def is_own_video(self, path: RelPath) -> bool:
        """Whether a video beside the picture belongs to the same pin and is renamed with it: its name contains the pin's id."""
        return re.search(rf"(?<![0-9]){re.escape(self.pin_id)}(?![0-9])", name_of(path)) is not None

    @property
    def with_it(self) -> tuple[Companion, ...]:
        """The companions."""
        return self.companions or ()


def steps_to_trash(action: Carrier, of: RelPath, context: ActionContext) -> list[CompanionStep]:
    """Moves into the trash folder of an action."""
    return [
        CompanionStep(
            one,
            trash_path(one.path, context.run, action.id) if name_beside(one.path, of, of) else None,
            of,
        )
        for one in action.with_it
    ]


def companion_problem(context: ActionContext, steps: Sequence[CompanionStep]) -> str | None:
    """Why companions are not as planned; None if they are, or an earlier attempt moved them."""
    return next((problem for step in steps if (problem := _problem(context, step)) is not None), None)


def _problem(context: ActionContext, step: CompanionStep) -> str | None:
    companion, target, of = step
    if target is None:
        return f"{companion.path} is not a companion of {of}"
    here, there = _stat(context, companion.path), _stat(context, target)
    # Already moved by an earlier attempt: fine if its target holds the same file.
    if here is None:
        return None if there == companion.stat else f"{companion.path} no longer exists"
    if here != companion.stat:
        return f"{companion.path} has changed since the plan"
    # The same file at both paths: a rename was cut off between making the new name and removing the old one.
    return None if there in {None, here} else f"another file is at {target}"


def newcomer(context: ActionContext, action: Carrier, picture: RelPath) -> str | None:
    """Why the picture would leave an unplanned companion behind; None if it would not."""
    return left_behind(context, action.with_it, picture)


def left_behind(context: ActionContext, companions: Sequence[Companion], picture: RelPath) -> str | None:
    """Why a picture that takes these along would leave a companion behind; None if it would not."""
    named = {one.path for one in companions}
    # One stat per extension: listing the folder would cost O(files) for every action.
    for extension in CARRIED_EXTENSIONS:
        path = RelPath(picture + extension)
        # A picture named by a person may leave no room for it: then there is no such companion, and asking for it is an error.
        if len(name_of(path).encode()) > MAX_PART_BYTES:
            continue
        if path not in named and context.library.stat(path) is not None:
            return f"{path} has appeared since the plan"
    return None


def carry_along(context: ActionContext, action: Action, steps: Sequence[CompanionStep], then: Callable[[], T]) -> T:
    """Move companions, then the picture; if that fails, move the companions back."""
    moved: list[CompanionStep] = []
    try:
        for step in steps:
            # Missing: an earlier attempt moved it, as `check` has verified.
            if step.target is not None and _stat(context, step.companion.path) is not None:
                _move(context, action, step.companion.path, step.target)
                moved.append(step)
        return then()
    except PinplanError:
        # In reverse, so that no companion lands on another one's place.
        for step in reversed(moved):
            # Best effort: the original error is the one to report.
            with suppress(PinplanError):
                _move(context, action, step.target or step.companion.path, step.companion.path)
        raise


def is_begun(context: ActionContext, steps: Sequence[CompanionStep]) -> bool:
    """Whether an earlier attempt already moved a companion."""
    return any(
        _stat(context, one.path) is None and target is not None and _stat(context, target) == one.stat
        for one, target, _ in steps
    )


def waiting(context: ActionContext, steps: Iterable[CompanionStep]) -> list[CompanionStep]:
    """The companions that can be moved now: they are as planned, and their target is free."""
    return [
        step
        for step in steps
        if step.target is not None
        and _stat(context, step.companion.path) == step.companion.stat
        and _stat(context, step.target) in {None, step.companion.stat}
    ]


def _stat(context: ActionContext, path: RelPath) -> FileStat | None:
    return context.library.kept(path) if is_in_trash(path) else context.library.stat(path)


def _move(context: ActionContext, action: Action, source: RelPath, target: RelPath) -> None:
    # `move` works inside the library only; into and out of the trash there are operations of their own.
    if is_in_trash(source):
        context.library.restore(source, target)
    elif is_in_trash(target):
        context.library.trash(source, context.run, action.id)
    else:
        context.library.move(source, target)


def trashed_companions(companions: Iterable[Companion], kept: RelPath, now: UndoContext) -> tuple[Companion, ...]:
    """Companions trashed with a picture and still in the trash.

    Args:
        companions: as they were in the library.
        kept: the picture in the trash.
        now: the present state.
    """
    # The folder of the action in the trash: <trash>/<run>/<action>/ comes before the path in the library.
    folder = kept.removesuffix(path_before_trash(kept))
    there = (replace(one, path=RelPath(folder + one.path)) for one in companions)
    return tuple(one for one in there if now.kept(one.path) == one.stat)


def place_taken(companions: Iterable[Companion], now: UndoContext) -> str | None:
    """Why companions cannot be restored to their old paths; None if they can."""
    taken = (path for one in companions if now.file(path := path_before_trash(one.path)) is not None)
    return next((f"another file is at {path}; move it away and undo again" for path in taken), None)


def with_names(description: Description, companions: Sequence[Companion]) -> Description:
    """Add the companions to the description of an action."""
    if not companions:
        return description
    names = [name_of(one.path) for one in companions[:SHOWN]]
    more = len(companions) - len(names)
    addition = f"with {', '.join(names)}{f' and {more} more' if more else ''}"
    detail = f"{description.detail}, {addition}" if description.detail else addition
    return replace(description, detail=detail, effect=f"{description.effect}; {addition}")
