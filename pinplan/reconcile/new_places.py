"""Find folders without a board or section that are to get one: they hold pictures to be uploaded, or tracked files that were moved there. Pure.

Such a board or section is planned as if it were there, under a placeholder for its id. It is created only if something comes to it in the end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from pinplan.model.ids import BoardId, SectionId
from pinplan.model.pins import Board, Section
from pinplan.model.planned_ids import is_planned, planned_id
from pinplan.model.snapshots import BoardSnapshot
from pinplan.model.text_form import composed, fold
from pinplan.policies.bundle import for_board, in_scope
from pinplan.policies.mode import MovedFile, NewPicture
from pinplan.reconcile.marked_folders import marked_folders
from pinplan.reconcile.place_names import why_no_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from pinplan.model.base import Tracked
    from pinplan.model.snapshots import RemoteSnapshot
    from pinplan.policies.bundle import Policies
    from pinplan.reconcile.match import FileSides, PinSides
    from pinplan.reconcile.paths import ImagePaths


class NewPlaces:
    """Boards and sections to be created."""

    def __init__(
        self, remote: RemoteSnapshot, pins: PinSides, places: ImagePaths, policies: Policies, pending: Collection[str]
    ) -> None:
        """Begin with none; ``pending`` are folders for which something may have been created already."""
        self._remote, self._pins, self._places, self._policies = remote, pins, places, policies
        self._pending = {fold(folder) for folder in pending}
        self._username = remote.account.username
        # A board that could not be read, or was not asked for, may be the one of a folder: absence needs proof.
        self._all_seen = not remote.unreadable and all(one.asked for one in remote.boards if one.listed)
        self._found: dict[str, tuple[BoardId, SectionId | None, str]] = {}

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self._found)

    def for_pictures(self, files: FileSides) -> None:
        """Add the folders of untracked pictures that the config wants uploaded."""
        marked = marked_folders(files.untracked)
        for file in files.untracked_images():
            folder = tuple(file.path.split("/")[:-1])
            # Its pictures become one pin, in the board or section of the folder above.
            folder = folder[:-1] if "/".join(folder) in marked else folder
            if not 1 <= len(folder) <= 2 or not self._is_uploaded(folder[0]) or not any(self._new(folder)):
                continue
            # Last: whether it is a moved file of a record is known only after a look at all of them.
            if not files.is_of_record(file.path):
                self._add(folder)

    def for_moved(self, moved: Sequence[tuple[Tracked, tuple[str, ...]]]) -> None:
        """Add the folders to which tracked files were moved, if their pins follow."""
        for record, folder in moved:
            board = self._pins.boards.get(record.board_id)
            if board is not None and self._follows(board.board) and board.listed and board.complete:
                self._add(folder)

    def boards(self) -> frozenset[BoardId]:
        """Boards of Pinterest that are to get a section."""
        return frozenset(
            board_id for board_id, section_id, _ in self._found.values() if section_id and not is_planned(board_id)
        )

    def added(self) -> RemoteSnapshot:
        """Pinterest with them."""
        sections: dict[BoardId, list[Section]] = {}
        made: list[BoardSnapshot] = []
        for board_id, section_id, name in self._found.values():
            if section_id is not None:
                sections.setdefault(board_id, []).append(Section(id=section_id, name=name))
            else:
                made.append(BoardSnapshot(board=self._board(board_id, name)))
        every = (*self._remote.boards, *made)
        return replace(
            self._remote,
            boards=tuple(
                replace(one, sections=(*one.sections, *sections[one.board.id])) if one.board.id in sections else one
                for one in every
            ),
        )

    def _board(self, board_id: BoardId, name: str) -> Board:
        privacy = self._policies.about_uploads.new_boards.privacy
        return Board(id=board_id, name=name, privacy=privacy, owner=self._username)

    def _is_uploaded(self, folder: str) -> bool:
        board = self._board_of(folder)
        answers = for_board(self._policies, board.name, board.id, board.owner)
        return answers.new_file is NewPicture.UPLOAD

    def _follows(self, board: Board) -> bool:
        answers = for_board(self._policies, board.name, board.id, board.owner)
        return answers.moved_file is MovedFile.MOVE

    def _board_of(self, folder: str) -> Board:
        board_id = self._places.board_at(folder)
        return (
            self._board(BoardId(planned_id(folder)), composed(folder))
            if board_id is None
            else self._pins.boards[board_id].board
        )

    def _add(self, folder: tuple[str, ...]) -> None:
        """Add a folder, and the one above it if that has no board either."""
        new = list(self._new(folder))
        if all(why_no_name(name) is None and fold(at) not in self._pending for at, (*_, name) in new):
            self._found |= {fold(at): place for at, place in new if fold(at) not in self._found}

    def _new(self, folder: tuple[str, ...]) -> Iterator[tuple[str, tuple[BoardId, SectionId | None, str]]]:
        board_id = self._places.board_at(folder[0])
        at = composed(folder[0])
        if board_id is None:
            # Spelled as the first time it was met: A and a are one folder on macOS and Windows.
            known = self._found.get(fold(at))
            board_id, at = (known[0], known[2]) if known else (BoardId(planned_id(at)), at)
            if not self._may_be_created(folder[0], board_id):
                return
            yield at, (board_id, None, at)
        elif len(folder) == 1 or not self._may_get_section(board_id):
            return
        else:
            at = self._places.container(board_id, None)
        if len(folder) == 2 and not self._places.is_taken(f"{at}/{folder[1]}"):
            name = composed(folder[1])
            yield f"{at}/{name}", (board_id, SectionId(planned_id(f"{at}/{name}")), name)

    def _may_be_created(self, folder: str, board_id: BoardId) -> bool:
        wanted = in_scope(
            Board(id=board_id, name=composed(folder)), include=self._policies.include, exclude=self._policies.exclude
        )
        return self._all_seen and wanted and not self._places.is_taken(folder)

    def _may_get_section(self, board_id: BoardId) -> bool:
        seen = self._pins.boards[board_id]
        board = seen.board
        named = board.owner == self._username or self._policies.may_write_to(board.name, board.id, board.owner)
        return named and seen.listed and seen.complete and seen.asked
