"""Which folder a board and a section have: a function of the names on Pinterest alone, so that the same world gives the same tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pinplan.model.naming import MAX_PART_BYTES, cut_bytes, fold, safe_part
from pinplan.model.pins import unnamed_section

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pinplan.model.base import Tracked
    from pinplan.model.ids import BoardId, SectionId
    from pinplan.model.snapshots import BoardSnapshot

Id = TypeVar("Id", bound=str)


class Folders:
    """Folder names of all boards and sections, unique even on a disk that ignores case.

    All boards of the account take part, also those that the config leaves out: narrowing the config renames nothing.
    """

    def __init__(self, boards: Sequence[BoardSnapshot], tracked: Iterable[Tracked] = ()) -> None:
        """Give every board and section its name.

        Args:
            boards: all of them.
            tracked: what is here already: a section whose name is not known now keeps the folder that it has.
        """
        self._boards = _unique_names((b.board.id, b.board.name) for b in boards)
        self._sections: dict[tuple[BoardId, SectionId], str] = {}
        for board in boards:
            taken: set[str] = set()
            names = _unique_names(((s.id, s.name) for s in board.sections), taken)
            if board.unnamed:
                names |= _unique_names(_provisional(board, tracked), taken)
            self._sections.update(((board.board.id, section), name) for section, name in names.items())

    def all(self) -> Iterator[tuple[BoardId, SectionId | None]]:
        """Every board, and every section that is known of it."""
        yield from ((board_id, None) for board_id in self._boards)
        yield from self._sections

    def board(self, board_id: BoardId) -> str:
        """The folder name of a board."""
        return self._boards[board_id]

    def section(self, board_id: BoardId, section_id: SectionId | None) -> str:
        """The folder name of a section; empty for a pin in none."""
        if section_id is None:
            return ""
        return self._sections.get((board_id, section_id)) or unnamed_section(section_id)

    def container(self, board_id: BoardId, section_id: SectionId | None) -> str:
        """Board and section as an address: ``Animals 動物/Cats``."""
        section = self.section(board_id, section_id)
        return f"{self.board(board_id)}/{section}" if section else self.board(board_id)


def _provisional(board: BoardSnapshot, tracked: Iterable[Tracked]) -> Iterator[tuple[SectionId, str]]:
    """Names for sections whose own ones are not known: their files stay where they are, new ones join them."""
    here = {
        record.section_id: record.container.partition("/")[2]
        for record in tracked
        if record.board_id == board.board.id and record.section_id in board.unnamed
    }
    for section in board.unnamed:
        yield section, here.get(section) or unnamed_section(section)


def _unique_names(named: Iterable[tuple[Id, str]], taken: set[str] | None = None) -> dict[Id, str]:
    """Safe names, which join ``taken``; of those that a disk may take for the same, the oldest id keeps the plain one."""
    names: dict[Id, str] = {}
    taken = set() if taken is None else taken
    for identity, name in sorted(named, key=lambda pair: (len(pair[0]), pair[0])):
        plain = cut_bytes(safe_part(name), MAX_PART_BYTES)
        chosen = plain
        suffix = f" [{identity}]"
        while fold(chosen) in taken:
            chosen = cut_bytes(plain, MAX_PART_BYTES - len(suffix)) + suffix
            suffix += "_"
        taken.add(fold(chosen))
        names[identity] = chosen
    return names
