"""Choose the path of an image: the folder of its board and section, and a free name."""

from __future__ import annotations

import re
from functools import cached_property
from itertools import takewhile
from typing import TYPE_CHECKING, TypeAlias
from unicodedata import normalize

from pinplan.actions.contexts import Home
from pinplan.actions.placement import Placement
from pinplan.model.ids import BoardId, RelPath, SectionId
from pinplan.model.naming import Spellings, render_path, slot_suffix, title_in
from pinplan.model.text_form import fold
from pinplan.plan.document import FindingKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinplan.model.base import Tracked
    from pinplan.model.pins import Pin, PinImage
    from pinplan.reconcile.board_folders import BoardFolders
    from pinplan.reconcile.match import FileSides


Owner: TypeAlias = tuple[BoardId, SectionId | None]
OWN_FOLDERS = "{board}/{section}/"
"""The beginning of a template that gives every board and section a folder of its own."""


ID_PLACE = "8" * 24
"""Placeholder for an id that Pinterest has yet to assign. Longer than any real one, so that the final name is never too long."""


class ImagePaths:
    """Assigns paths to images, each only once."""

    def __init__(self, folders: BoardFolders, files: FileSides, template: str, tracked: Sequence[Tracked] = ()) -> None:
        """Start with the paths of existing files; ``tracked`` are the base's records."""
        self._tracked = tracked
        self.template = template
        self._folders = folders
        self._files = files
        self._containers: dict[tuple[BoardId, SectionId | None], str] = {}
        self._given: dict[str, dict[str, str]] = {}
        self._spellings = Spellings(files.files)
        self._claimed: set[str] = set()

    def container(self, board_id: BoardId, section_id: SectionId | None) -> str:
        """Board and section as an address."""
        key = (board_id, section_id)
        found = self._containers.get(key)
        if found is None:
            found = self._containers[key] = self._folders.container(board_id, section_id)
        return found

    def placement(self, pin: Pin, image: PinImage, extension: str) -> Placement:
        """The path and record fields of an image."""
        fields = {
            "board": self._folders.board(pin.board_id),
            "section": self._folders.section(pin.board_id, pin.section_id),
            "title": pin.title or "",
            "created_at": pin.created_at or "",
            "pin_id": pin.id,
            "slot": slot_suffix(image.slot),
            "ext": extension,
        }
        path = self._spellings.placed(render_path(self.template, fields))
        return Placement(
            path=path,
            slot=image.slot,
            board_id=pin.board_id,
            section_id=pin.section_id,
            container=self.container(pin.board_id, pin.section_id),
            template=self.template,
            signature=image.signature,
            title=_title_beside(path, pin),
        )

    def belongs_to(self, path: str) -> frozenset[str]:
        """The boards and sections whose folder contains a path, by address; the deepest folder counts."""
        return frozenset(self.container(*owner) for owner in self._owners_of(path))

    def home_of(self, path: str) -> Home | None:
        """The board or section whose folder contains a path; None if there is none, or the template has no folder for each."""
        if not self.template.startswith(OWN_FOLDERS):
            return None
        owner = next(iter(self._owners_of(path)), None)
        return None if owner is None else self._home(owner)

    def _home(self, owner: Owner) -> Home:
        return Home(board_id=owner[0], section_id=owner[1], container=self.container(*owner))

    def has_no_board(self, path: str) -> bool:
        """Whether a path is in no folder of a board, although every board has a folder of its own."""
        return self.template.startswith(OWN_FOLDERS) and not self._owners_of(path)

    def is_folder_of(self, home: Home, path: str) -> bool:
        """Whether a file is in the very folder of a board or section, not in one below it."""
        return (home.board_id, home.section_id) in self._folder_owners.get(fold(path.rpartition("/")[0]), ())

    def is_spelled_as(self, home: Home, path: str) -> bool:
        """Whether a folder is certainly meant for a board or section: it is spelled the same, or no other has a name that differs only in case."""
        same = normalize("NFC", path.rpartition("/")[0]) == normalize("NFC", home.container)
        return same or not self._folders.has_namesake(home.board_id, home.section_id)

    def _owners_of(self, path: str) -> set[Owner]:
        folders = self._folder_owners
        folder = fold(path.rpartition("/")[0])
        # The deepest match wins: a section's folder lies inside its board's.
        while folder not in folders and folder:
            folder = folder.rpartition("/")[0]
        return folders.get(folder, set())

    @cached_property
    def _folder_owners(self) -> dict[str, set[Owner]]:
        """Map folders to boards and sections, from the constant part of the template."""
        owners: dict[str, set[Owner]] = {}
        # Only leading folders that depend on board and section alone: behind {title} any pin has a folder of its own.
        shared = [*takewhile(_is_shared, self.template.split("/")[:-1])]
        for board_id, section_id in self._folders.all():
            names = {"board": self._folders.board(board_id), "section": self._folders.section(board_id, section_id)}
            folder = render_path("/".join(shared), names) if shared else ""
            owners.setdefault(fold(folder), set()).add((board_id, section_id))
        return owners

    def exact_home_of(self, path: str) -> Home | None:
        """The board or section in whose folder a file lies, at the depth of the template; None if in none, or if that is unclear."""
        folder = self._folder_of_home(path)
        if folder is None:
            return None
        named = next(iter(self._folder_owners.get(fold(folder), ())), None)
        recorded = self._recorded_owners.get(fold(folder), frozenset())
        # Boards that were renamed on Pinterest: their files are still in the old folders, one of which may have another board's new name.
        if named is not None:
            return None if recorded - {named} else self._home(named)
        if len(recorded) != 1:
            return None
        board_id, section_id = next(iter(recorded))
        return Home(board_id=board_id, section_id=section_id, container=folder)

    def is_at_home(self, record: Tracked) -> bool:
        """Whether the recorded path is in the folder of the recorded board and section, according to the template."""
        folder = record.path.rpartition("/")[0]
        # Nearly every file of a library, without any further look.
        if folder == record.container:
            return True
        home = self._folder_of_home(record.path)
        return home is None or fold(home) == fold(record.container)

    def was_moved(self, record: Tracked) -> bool:
        """Whether the recorded path is in another folder than when the file was first tracked."""
        return not self.is_at_home(record) and not record.adopted_elsewhere

    @property
    def depth(self) -> int | None:
        """How many folders the template has below board and section; None if it does not begin with these two."""
        return self._depth

    def _folder_of_home(self, path: str) -> str | None:
        """The part of a path that names board and section; None if the path is too short for it."""
        if self._depth is None:
            return None
        parts = path.split("/")[:-1]
        home = parts[: len(parts) - self._depth]
        return "/".join(home) if 1 <= len(home) <= 2 else None

    @cached_property
    def _depth(self) -> int | None:
        """How many folders the template has below board and section; None if it does not begin with these two."""
        return self.template.count("/") - 2 if self.template.startswith(OWN_FOLDERS) else None

    @cached_property
    def _recorded_owners(self) -> dict[str, frozenset[Owner]]:
        """Boards and sections by the folder that the base records for them."""
        containers = {(record.container, record.board_id, record.section_id) for record in self._tracked}
        found: dict[str, set[Owner]] = {}
        for container, board_id, section_id in containers:
            found.setdefault(fold(container), set()).add((board_id, section_id))
        return {folder: frozenset(owners) for folder, owners in found.items()}

    def board_at(self, folder: str) -> BoardId | None:
        """The board that has a folder; None if none has it."""
        return next(
            (board_id for board_id, section_id in self._folder_owners.get(fold(folder), ()) if section_id is None), None
        )

    def is_taken(self, folder: str) -> bool:
        """Whether a folder is that of a board or section, or was when its files were recorded."""
        return fold(folder) in self._folder_owners or fold(folder) in self._recorded_folders

    @cached_property
    def _recorded_folders(self) -> set[str]:
        return {above for folder in self._recorded_owners for above in (folder, folder.partition("/")[0])}

    def claim(self, path: str) -> bool:
        """Assign an existing file to an image; False if it is already another's."""
        free = path not in self._claimed
        self._claimed.add(path)
        return free

    def refusal(self, path: RelPath, *, own: str | None, claimant: str) -> tuple[FindingKind, str] | None:
        """Why a path cannot be assigned; None if it can, and from then on it is ``claimant``'s.

        Args:
            path: the wanted path.
            own: the path that the claimant already has, which is no obstacle.
            claimant: who gets it, for the message to the next one.
        """
        if self._files.is_unknown(path):
            return FindingKind.UNKNOWN, f"{path} is in a folder that the scan could not read"
        # Folded: A.jpg and a.jpg are one file on macOS and Windows.
        given = self._in_folder_of(path)
        other = given.get(fold(path))
        if other is not None and other != own:
            return FindingKind.CONFLICT, f"{path} is taken by {other}"
        # First come, first served, in plan order.
        given[fold(path)] = claimant
        return None

    def is_free(self, path: RelPath, *, own: str) -> bool:
        """Whether a path is free for the owner of ``own``, without claiming it."""
        return not self._files.is_unknown(path) and self._in_folder_of(path).get(fold(path), own) == own

    def _in_folder_of(self, path: str) -> dict[str, str]:
        """Owners of paths, by case-folded path, in the folder of a path: of a large library only few folders are needed."""
        folder = fold(path.rpartition("/")[0])
        if folder not in self._given:
            self._given[folder] = {fold(other): other for other in self._by_folder.get(folder, ())}
        return self._given[folder]

    @cached_property
    def _by_folder(self) -> dict[str, list[str]]:
        """Files by case-folded folder; built on first use, which a plan with nothing to do never reaches."""
        spelled: dict[str, list[str]] = {}
        for path in self._files.files:
            spelled.setdefault(path.rpartition("/")[0], []).append(path)
        found: dict[str, list[str]] = {}
        for folder, paths in spelled.items():
            found.setdefault(fold(folder), []).extend(paths)
        return found


def _is_shared(part: str) -> bool:
    return set(re.findall(r"\{(\w+)", part)) <= {"board", "section"}


def _title_beside(path: RelPath, pin: Pin) -> str | None:
    """The title of a pin; None if the file name contains it unchanged."""
    return pin.title if pin.title and title_in(path.rpartition("/")[2], pin.id) != pin.title else None


def extension_of(address: str) -> str:
    """The extension of a path or an address, in lower case, with its dot; ``.jpg`` if there is none to trust."""
    name = address.partition("?")[0].rpartition("/")[2]
    stem, _, extension = name.rpartition(".")
    plain = extension.isascii() and extension.isalnum() and 1 <= len(extension) <= 5
    return f".{extension.lower()}" if stem and plain else ".jpg"
