"""The moves of companions when their picture moves. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pinplan.model.naming import name_beside, path_before_trash

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pinplan.model.ids import RelPath
    from pinplan.model.naming import Companion


class CompanionStep(NamedTuple):
    """The move of one companion; without a target it is not a companion of the picture."""

    companion: Companion
    target: RelPath | None
    of: RelPath


def steps_to(companions: Iterable[Companion], of: RelPath, to: RelPath) -> list[CompanionStep]:
    """Moves from beside one path of the picture to beside another; also out of the trash, if ``of`` is there."""
    found = [CompanionStep(one, name_beside(one.path, of, to), of) for one in companions]
    # A companion named after the stem (x.json) keeps its name when only the extension of the picture changes.
    return [step for step in found if step.target != step.companion.path]


def steps_out_of_trash(companions: Iterable[Companion], kept: RelPath, to: RelPath) -> list[CompanionStep]:
    """Moves out of the trash, from beside the picture's path there (``kept``) to beside its new path."""
    was = path_before_trash(kept)
    return [CompanionStep(one, name_beside(path_before_trash(one.path), was, to), was) for one in companions]
