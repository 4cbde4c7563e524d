"""Plan the boards and sections that a plan needs and Pinterest does not have. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET

from pinplan.actions import CreateBoard, CreateSection
from pinplan.actions.contexts import Home
from pinplan.actions.creating_place import ExpectFiles
from pinplan.actions.provisions import PlaceAt
from pinplan.model.ids import PinId
from pinplan.model.pins import Privacy
from pinplan.model.planned_ids import is_planned

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pinplan.actions import AnyAction
    from pinplan.model.pins import Board, Section
    from pinplan.model.snapshots import BoardSnapshot
    from pinplan.reconcile.paths import ImagePaths

NO_BOARD, NO_SECTION = "folder_without_board", "folder_without_section"
_NO_PIN = PinId("")


def creates(
    boards: Sequence[BoardSnapshot], places: ImagePaths, actions: Sequence[AnyAction], username: str
) -> Iterator[AnyAction]:
    """One create for each board and section of a placeholder to which an action comes; the files are added when the plan is complete."""
    wanted = {need.container for action in actions for need in action.needs() if isinstance(need, PlaceAt)}
    for seen in boards:
        board = seen.board
        new = [one for one in seen.sections if is_planned(one.id) and places.container(board.id, one.id) in wanted]
        if is_planned(board.id) and (new or places.container(board.id, None) in wanted):
            yield _board(board, places)
        yield from (_section(board, one, places, username) for one in new)


def _board(board: Board, places: ImagePaths) -> CreateBoard:
    container = places.container(board.id, None)
    return CreateBoard(
        pin_id=_NO_PIN,
        board_id=board.id,
        address=container,
        reason=NO_BOARD,
        reversible=False,
        expect=ExpectFiles(any_of=()),
        after=Home(board_id=board.id, container=container),
        name=board.name,
        privacy=board.privacy or Privacy.SECRET,
    )


def _section(board: Board, section: Section, places: ImagePaths, username: str) -> CreateSection:
    container = places.container(board.id, section.id)
    return CreateSection(
        pin_id=_NO_PIN,
        board_id=board.id,
        address=container,
        reason=NO_SECTION,
        reversible=False,
        expect=ExpectFiles(any_of=()),
        after=Home(board_id=board.id, section_id=section.id, container=container),
        name=section.name,
        of_others=board.owner != username or UNSET,
    )
