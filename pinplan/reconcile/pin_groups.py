"""Which new pictures become one pin: those of a marked folder, and series of names. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from pinplan.model.ids import RelPath
from pinplan.policies.uploads import Carousels
from pinplan.reconcile.named_series import series_among

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pinplan.actions.contexts import Home
    from pinplan.reconcile.untracked_file import UntrackedFile


class Group(Struct, frozen=True):
    """Pictures that are to become one pin.

    Attributes:
        name: of their folder, or what their names have in common: the title of the pin.
        files: in slot order.
        folder: the folder that is marked; empty for a series of names.
        problem: why their numbers make no carousel.
    """

    name: str
    files: tuple[UntrackedFile, ...]
    folder: str = ""
    problem: str = ""

    @property
    def home(self) -> Home:
        """The board or section."""
        return self.files[0].home

    @property
    def address(self) -> str:
        """Board, section and name."""
        return f"{self.home.container}/{self.name}"

    @property
    def place(self) -> UntrackedFile:
        """What has to be in the very folder of a board or section, as a single picture: the marked folder, or the pictures."""
        first = self.files[0]
        return replace(first, file=replace(first.file, path=RelPath(self.folder))) if self.folder else first


def split(
    files: Iterable[UntrackedFile], folders: frozenset[str], carousels: Carousels
) -> tuple[list[UntrackedFile], list[Group]]:
    """New pictures that become a pin each, and those of each marked folder and each series, by path."""
    alone: list[UntrackedFile] = []
    marked: dict[str, list[UntrackedFile]] = {}
    for new in sorted(files, key=lambda one: one.file.path):
        folder = new.file.path.rpartition("/")[0]
        (marked.setdefault(folder, []) if folder in folders else alone).append(new)
    groups = [Group(folder.rpartition("/")[2], tuple(some), folder) for folder, some in marked.items()]
    if carousels is Carousels.NAMES:
        found = series_among(alone)
        together = {new.file.path for one in found for new in one.files}
        alone = [new for new in alone if new.file.path not in together]
        groups += [Group(one.name, one.files, problem=one.problem) for one in found]
    return alone, groups
