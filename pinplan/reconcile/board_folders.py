"""The folder names of boards and sections. Pure."""

from __future__ import annotations

from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct, field

from pinplan.model.naming import MAX_PART_BYTES, cut_bytes, safe_part
from pinplan.model.pins import unnamed_section
from pinplan.model.text_form import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pinplan.model.base import Tracked
    from pinplan.model.ids import BoardId, SectionId
    from pinplan.model.snapshots import BoardSnapshot


Id = TypeVar("Id", bound=str)


class RenamedFolders(Struct, frozen=True):
    """New folder names of boards, and of sections of boards whose own folder kept its name."""

    boards: Mapping[BoardId, str] = field(default_factory=dict)
    sections: Mapping[tuple[BoardId, SectionId], str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.boards or self.sections)


class BoardFolders:
    """Folder names of all boards and sections, unique even on a disk that ignores case.

    All boards of the account take part, also those that the config excludes, so that narrowing the config renames nothing.
    """

    def __init__(
        self,
        boards: Sequence[BoardSnapshot],
        tracked: Iterable[Tracked] = (),
        renamed: RenamedFolders | None = None,
    ) -> None:
        """Name the folder of every board and section.

        Args:
            boards: all boards.
            tracked: the base's records: a section whose name is unknown keeps its present folder.
            renamed: folders that were renamed here, whose names their boards and sections are to get.
        """
        self._listed = boards
        self._boards = _unique_names((b.board.id, b.board.name) for b in boards)
        self._sections: dict[tuple[BoardId, SectionId], str] = {}
        for board in boards:
            taken: set[str] = set()
            names = _unique_names(((s.id, s.name) for s in board.sections), taken)
            if board.unnamed:
                names |= _unique_names(_provisional(board, tracked), taken)
            self._sections.update(((board.board.id, section), name) for section, name in names.items())
        if renamed is not None:
            self._boards |= renamed.boards
            self._sections |= renamed.sections

    def all(self) -> Iterator[tuple[BoardId, SectionId | None]]:
        """Every board and every known section."""
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

    def has_namesake(self, board_id: BoardId, section_id: SectionId | None) -> bool:
        """Whether another board, or another section of the board, has a name that a disk may not tell apart."""
        return board_id in self._namesakes or section_id in self._namesakes

    @cached_property
    def _namesakes(self) -> frozenset[str | None]:
        boards = _namesakes((board.board.id, board.board.name) for board in self._listed)
        sections = (_namesakes((one.id, one.name) for one in board.sections) for board in self._listed)
        return frozenset(chain(boards, *sections))

    def container(self, board_id: BoardId, section_id: SectionId | None) -> str:
        """Board and section as an address: ``Animals 動物/Cats``."""
        section = self.section(board_id, section_id)
        return f"{self.board(board_id)}/{section}" if section else self.board(board_id)


def _provisional(board: BoardSnapshot, tracked: Iterable[Tracked]) -> Iterator[tuple[SectionId, str]]:
    """Names for sections whose own names are unknown: their files stay where they are, new ones join them."""
    here = {
        record.section_id: record.container.partition("/")[2]
        for record in tracked
        if record.board_id == board.board.id and record.section_id in board.unnamed
    }
    for section in board.unnamed:
        yield section, here.get(section) or unnamed_section(section)


def _namesakes(named: Iterable[tuple[str, str]]) -> Iterator[str]:
    """The ids of names that occur more than once on a disk that ignores case."""
    ids: dict[str, list[str]] = {}
    for identity, name in named:
        ids.setdefault(fold(safe_part(name)), []).append(identity)
    return chain.from_iterable(some for some in ids.values() if len(some) > 1)


def _unique_names(named: Iterable[tuple[Id, str]], taken: set[str] | None = None) -> dict[Id, str]:
    """Safe names, added to ``taken``; of names that a disk may not tell apart, the oldest id keeps the plain one."""
    names: dict[Id, str] = {}
    taken = set() if taken is None else taken
    # Ids are decimal and grow with time: by length, then text, is oldest first, whatever order the listing has.
    for identity, name in sorted(named, key=lambda pair: (len(pair[0]), pair[0])):
        plain = cut_bytes(safe_part(name), MAX_PART_BYTES)
        chosen = plain
        suffix = f" [{identity}]"
        while fold(chosen) in taken:
            chosen = cut_bytes(plain, MAX_PART_BYTES - len(suffix)) + suffix
            # A board may be called just like another one with its id: keep looking.
            suffix += "_"
        taken.add(fold(chosen))
        names[identity] = chosen
    return names
