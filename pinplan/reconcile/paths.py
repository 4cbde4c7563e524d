"""Where files go: the path of an image, and whether it is free."""

from __future__ import annotations

import re
from functools import cached_property
from itertools import takewhile
from typing import TYPE_CHECKING

from pinplan.actions.base import Placement
from pinplan.model.ids import BoardId, RelPath, SectionId
from pinplan.model.naming import fold, render_path, slot_suffix, title_in
from pinplan.model.spelling import Spellings
from pinplan.plan.document import FindingKind

if TYPE_CHECKING:
    from pinplan.model.base import Tracked
    from pinplan.model.pins import Pin, PinImage
    from pinplan.reconcile.folders import Folders
    from pinplan.reconcile.match import FileSides


class Places:
    """Paths for images, each given away once."""

    def __init__(self, folders: Folders, files: FileSides, template: str) -> None:
        """Begin with the paths that files have already."""
        self.template = template
        self._folders = folders
        self._files = files
        self._containers: dict[tuple[BoardId, SectionId | None], str] = {}
        self._taken: dict[str, str] | None = None
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
        """Where an image goes."""
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
        """The boards and sections, as addresses, whose folder a path lies in: those of the deepest one; empty for a folder of none."""
        folders = self._folder_owners
        folder = fold(path.rpartition("/")[0])
        while folder not in folders and folder:
            folder = folder.rpartition("/")[0]
        return frozenset(folders.get(folder, ()))

    @cached_property
    def _folder_owners(self) -> dict[str, set[str]]:
        """By the beginning of the template, as far as it is the same for all pins of a board or section."""
        owners: dict[str, set[str]] = {}
        shared = [*takewhile(_is_shared, self.template.split("/")[:-1])]
        for board_id, section_id in self._folders.all():
            names = {"board": self._folders.board(board_id), "section": self._folders.section(board_id, section_id)}
            folder = render_path("/".join(shared), names) if shared else ""
            owners.setdefault(fold(folder), set()).add(self.container(board_id, section_id))
        return owners

    def claim(self, path: str) -> bool:
        """Take a file that is here for one image; False if it was taken for another one already."""
        free = path not in self._claimed
        self._claimed.add(path)
        return free

    def refusal(self, path: RelPath, *, own: str | None, claimant: str) -> tuple[FindingKind, str] | None:
        """Why a path cannot be given away; None if it can, and from then on it is ``claimant``'s.

        Args:
            path: the path that is wanted.
            own: the path that the claimant has already: that one is no obstacle.
            claimant: who wants it, for the words about the next one.
        """
        if self._files.is_unknown(path):
            return FindingKind.UNKNOWN, f"{path} lies where the scan could not look"
        other = self._given.get(fold(path))
        if other is not None and other != own:
            return FindingKind.CONFLICT, f"{path} is taken by {other}"
        self._given[fold(path)] = claimant
        return None

    def is_free(self, path: RelPath, *, own: str) -> bool:
        """Whether a path could be given to who has ``own`` already; it is nobody's yet."""
        return not self._files.is_unknown(path) and self._given.get(fold(path), own) == own

    @property
    def _given(self) -> dict[str, str]:
        """Who has a path, by its folded form; made when first asked for, which a plan with nothing to do never is."""
        if self._taken is None:
            self._taken = {fold(other): other for other in self._files.files}
        return self._taken


def _is_shared(part: str) -> bool:
    return set(re.findall(r"\{(\w+)", part)) <= {"board", "section"}


def _title_beside(path: RelPath, pin: Pin) -> str | None:
    """The title of a pin; None where the name of its file has it as it is."""
    return pin.title if pin.title and title_in(path.rpartition("/")[2], pin.id) != pin.title else None


def extension_of(address: str) -> str:
    """The extension of a path or an address, in lower case and with its dot; ``.jpg`` where there is none to trust."""
    name = address.partition("?")[0].rpartition("/")[2]
    stem, _, extension = name.rpartition(".")
    plain = extension.isascii() and extension.isalnum() and 1 <= len(extension) <= 5
    return f".{extension.lower()}" if stem and plain else ".jpg"


def own_place(record: Tracked, signature: str | None) -> Placement:
    """The place of a tracked file, for what takes it next."""
    return Placement(
        path=record.path,
        slot=record.slot,
        board_id=record.board_id,
        section_id=record.section_id,
        container=record.container,
        template=record.template,
        signature=signature,
    )
