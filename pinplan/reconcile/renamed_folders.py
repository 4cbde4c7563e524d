"""Find boards and sections whose folder a person renamed: nothing is left in the old one, and all files that were found are in one new one. Pure."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, TypeVar

from pinplan.model.text_form import composed, fold
from pinplan.reconcile.board_folders import RenamedFolders
from pinplan.reconcile.place_names import why_no_name
from pinplan.reconcile.truth import FileState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pinplan.model.base import Tracked
    from pinplan.model.ids import BoardId, RelPath, SectionId
    from pinplan.reconcile.board_folders import BoardFolders
    from pinplan.reconcile.match import FileSides, PinSides
    from pinplan.reconcile.paths import ImagePaths


def moved_files(
    records: Sequence[Tracked], files: FileSides, places: ImagePaths
) -> list[tuple[Tracked, tuple[str, ...]]]:
    """Records whose files are outside the folder of their board or section, each with the one or two folders that it is in."""
    depth = places.depth
    if depth is None:
        return []
    away = [record for record in records if record.path not in files.files or places.was_moved(record)]
    return [(record, to) for record in away if (to := _home(record, files, depth)) is not None]


def renamed_folders(
    moved: Sequence[tuple[Tracked, tuple[str, ...]]],
    files: FileSides,
    pins: PinSides,
    folders: BoardFolders,
    may_rename: Callable[[BoardId], bool],
) -> RenamedFolders:
    """The renamed folders.

    Args:
        moved: what `moved_files` found.
        files: the library.
        pins: Pinterest.
        folders: by the names on Pinterest.
        may_rename: whether the mode and the owner of a board let it be renamed.
    """
    # Nearly every plan: nothing was moved.
    if not moved:
        return RenamedFolders()
    here = _folders_of(files.files)
    boards = _boards(moved, here, pins, folders, may_rename)
    return RenamedFolders(boards, _sections(moved, here, pins, folders, may_rename, boards))


def _home(record: Tracked, files: FileSides, depth: int) -> tuple[str, ...] | None:
    """The folders of board and section in which a displaced file is, whose bytes are as recorded."""
    seen = files.recorded(record)
    if seen.state not in {FileState.MOVED, FileState.AS_RECORDED} or not seen.exact or seen.file is None:
        return None
    return _part(seen.file.path, depth) if files.names_no_other(seen.file, record) else None


def _part(path: RelPath | str, depth: int) -> tuple[str, ...] | None:
    folders = tuple(path.split("/")[:-1])
    home = folders[: len(folders) - depth]
    return home if 1 <= len(home) <= 2 else None


def _folders_of(paths: Iterable[str]) -> set[tuple[str, ...]]:
    """Folders of boards and sections that hold any file, folded."""
    found: set[tuple[str, ...]] = set()
    for folder in {path.rpartition("/")[0] for path in paths}:
        parts = tuple(map(fold, folder.split("/")))
        found.update((parts[:1], parts[:2]) if folder else ())
    return found


def _boards(
    moved: Sequence[tuple[Tracked, tuple[str, ...]]],
    here: set[tuple[str, ...]],
    pins: PinSides,
    folders: BoardFolders,
    may_rename: Callable[[BoardId], bool],
) -> dict[BoardId, str]:
    claims: dict[BoardId, set[str]] = defaultdict(set)
    for record, home in moved:
        claims[record.board_id].add(home[0])
    # A file that left its section as well was moved by itself.
    agreeing = {record.board_id for record, home in moved if _below(record.container.split("/")) == _below(home)}
    known = {fold(folders.board(one)) for one in pins.boards}
    found: dict[BoardId, str] = {}
    for board_id, names in claims.items():
        old = next(record.container.partition("/")[0] for record, _ in moved if record.board_id == board_id)
        name = next(iter(names))
        if (
            len(names) == 1
            and board_id in agreeing
            and board_id in pins.boards
            # The name on Pinterest is the agreed one, and the folder is gone from here.
            and folders.board(board_id) == old
            and (fold(old),) not in here
            and _is_new(name, known)
            and may_rename(board_id)
        ):
            found[board_id] = composed(name)
    return _claimed_once(found)


def _below(folders: Sequence[str]) -> list[str]:
    """The section among the folders of board and section, as a disk compares it."""
    return [fold(one) for one in folders[1:]]


def _sections(
    moved: Sequence[tuple[Tracked, tuple[str, ...]]],
    here: set[tuple[str, ...]],
    pins: PinSides,
    folders: BoardFolders,
    may_rename: Callable[[BoardId], bool],
    boards: Mapping[BoardId, str],
) -> dict[tuple[BoardId, SectionId], str]:
    claims: dict[tuple[BoardId, SectionId], set[tuple[str, ...]]] = defaultdict(set)
    for record, home in moved:
        # A board and a section of it at once: one plan after the other.
        if record.section_id is not None and record.board_id in pins.boards and record.board_id not in boards:
            claims[(record.board_id, record.section_id)].add(home)
    found: dict[tuple[BoardId, SectionId], str] = {}
    for (board_id, section_id), homes in claims.items():
        home = next(iter(homes))
        listed = pins.boards[board_id].sections
        known = {fold(folders.section(board_id, one.id)) for one in listed}
        old = (fold(folders.board(board_id)), fold(folders.section(board_id, section_id)))
        agreed = next(r.container for r, _ in moved if (r.board_id, r.section_id) == (board_id, section_id))
        if (
            len(homes) == 1
            and len(home) == 2
            and fold(home[0]) == old[0]
            and any(one.id == section_id for one in listed)
            # Its own name on Pinterest is the agreed one; that of its board may have changed.
            and fold(agreed.rpartition("/")[2]) == old[1]
            and old not in here
            and _is_new(home[1], known)
            and may_rename(board_id)
        ):
            found[(board_id, section_id)] = composed(home[1])
    by_place = {key: f"{key[0]}/{fold(name)}" for key, name in found.items()}
    once = _claimed_once(by_place)
    return {key: name for key, name in found.items() if key in once}


def _is_new(name: str, known: set[str]) -> bool:
    """Whether a folder name is no board's or section's, and one that can be."""
    return fold(name) not in known and why_no_name(name) is None


Key = TypeVar("Key")


def _claimed_once(names: Mapping[Key, str]) -> dict[Key, str]:
    """Without folders that several claim."""
    folded = [fold(name) for name in names.values()]
    return {key: name for key, name in names.items() if folded.count(fold(name)) == 1}
