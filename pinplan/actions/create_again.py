"""Recreate a deleted pin: whether it is possible, and which files return with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.actions.companions import carry_along, waiting
from pinplan.actions.contexts import Home
from pinplan.model.ids import PinId, RelPath

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinplan.actions.base import Action
    from pinplan.actions.contexts import ActionContext
    from pinplan.actions.new_file import NewFile
    from pinplan.model.ids import BoardId
    from pinplan.model.pins import Pin

MOST_IMAGES = 5
"""Maximum number of images in a carousel that the API creates (schema PinMediaSourceImagesBase64)."""


def bring_back(context: ActionContext, action: Action, files: Sequence[NewFile], created: PinId, home: Home) -> None:
    """Move files of a pin out of the trash, each followed by its companions; rename those that were uploaded from the library, copy posted ones."""
    for file in files:
        path = file.tracked(created, home).path
        if file.is_posted:
            _copy(context, action, file, path)
            continue
        if not file.is_trashed:
            _rename(context, action, file, path)
            continue
        # Not in the trash any more: an earlier attempt restored it.
        if context.library.kept(file.source) is not None:
            context.library.restore(file.source, path)
        carry_along(context, action, waiting(context, file.steps(path)), lambda: None)


def is_back(context: ActionContext, file: NewFile, path: RelPath) -> bool:
    """Whether `bring_back` has nothing left to do for a file."""
    library = context.library
    if file.is_posted:
        return library.stat(path) is not None or library.kept(file.source) is None
    gone = library.kept(file.source) is None if file.is_trashed else library.stat(file.source) is None
    # From the trash it must also have arrived; in the library the user may have moved it on.
    arrived = not file.is_trashed or library.stat(path) is not None
    return gone and arrived and not waiting(context, file.steps(path))


def _copy(context: ActionContext, action: Action, file: NewFile, path: RelPath) -> None:
    """Copy a posted file to its name in the library, unless an earlier attempt did; the outbox keeps its own."""
    library = context.library
    if library.stat(path) is None and library.kept(file.source) is not None:
        staged = context.duplicate(action.id, file.source)
        context.journal.staged(action.id, staged)
        library.place(staged, path)


def _rename(context: ActionContext, action: Action, file: NewFile, path: RelPath) -> None:
    """Give an uploaded file its new name, unless the user has moved or changed it since."""
    library = context.library
    if library.stat(file.source) is not None and library.digest(file.source) == file.sha256:
        carry_along(context, action, file.steps(path), lambda: library.move(file.source, path))


def why_not_there(context: ActionContext, board_id: BoardId, *, of_others: bool) -> str | None:
    """Why a board must not get a picture of the user: only the config opens boards of others (I10)."""
    board = context.board(board_id)
    # One that is not listed is no reason: listings lag, and Pinterest refuses what it does not know.
    foreign = board is not None and board.owner != context.username
    return "the board may belong to another account" if foreign and not of_others else None


def own_facts(pin: Pin) -> tuple[object, ...]:
    """Board, section and texts of a pin, by which a newly created one is recognised."""
    return (pin.board_id, pin.section_id, *pin.says)


def facts_of(pin: Pin, home: Home) -> tuple[object, ...]:
    """Board, section and texts that a pin will have when it is recreated there."""
    return (home.board_id, home.section_id, *pin.says)


def can_be_created_again(pin: Pin) -> bool:
    """Whether pinplan could create such a pin: an image, or a carousel of up to five (schema PinCreate); never a video."""
    return 1 <= len(pin.images) <= MOST_IMAGES and all(i.renditions and not i.cover for i in pin.images)
