"""Which folder a board and a section have: a function of the names on Pinterest alone, so that the same world gives the same tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pinplan.model.naming import MAX_PART_BYTES, cut_bytes, fold, safe_part

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pinplan.model.ids import BoardId, SectionId
    from pinplan.model.snapshots import BoardSnapshot

Id = TypeVar("Id", bound=str)


class Folders:
    """Folder names of all boards and sections, unique even on a disk that ignores case.

    All boards of the account take part, also those that the config leaves out: narrowing the config renames nothing.
    """

    def __init__(self, boards: Sequence[BoardSnapshot]) -> None:
        """Give every board and section its name."""
        self._boards = _unique_names((b.board.id, b.board.name) for b in boards)
        self._sections: dict[tuple[BoardId, SectionId], str] = {}
        for board in boards:
            names = _unique_names((s.id, s.name) for s in board.sections)
            self._sections.update(((board.board.id, section), name) for section, name in names.items())

    def all(self) -> Iterator[tuple[BoardId, SectionId | None]]:
        """Every board, and every section that is known of it."""
        yield from ((board_id, None) for board_id in self._boards)
        yield from self._sections

    def board(self, board_id: BoardId) -> str:
        """The folder name of a board."""
        return self._boards[board_id]

    def section(self, board_id: BoardId, section_id: SectionId | None) -> str:
        """The folder name of a section; empty for a pin in none. A section that the board does not name goes by its id."""
        if section_id is None:
            return ""
        return self._sections.get((board_id, section_id), section_id)

    def container(self, board_id: BoardId, section_id: SectionId | None) -> str:
        """Board and section as an address: ``Animals 動物/Cats``."""
        section = self.section(board_id, section_id)
        return f"{self.board(board_id)}/{section}" if section else self.board(board_id)


def _unique_names(named: Iterable[tuple[Id, str]]) -> dict[Id, str]:
    """Safe names; of those that a disk may take for the same, the oldest id keeps the plain one."""
    names: dict[Id, str] = {}
    taken: set[str] = set()
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
