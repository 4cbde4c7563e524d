"""An untracked picture or video that belongs to a board by its folder. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from pinplan.actions.contexts import Home
    from pinplan.model.images import FileFact


class UntrackedFile(Struct, frozen=True, gc=False):
    """An untracked picture in the folder of a board or section, or in a folder below it."""

    file: FileFact
    home: Home

    @property
    def name(self) -> str:
        """Its file name."""
        return self.file.path.rpartition("/")[2]

    @property
    def address(self) -> str:
        """The address of a picture without a pin: board, section and file name."""
        return f"{self.home.container}/{self.name}"
