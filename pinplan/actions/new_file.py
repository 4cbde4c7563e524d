"""The files of a pin that is to be created."""

from __future__ import annotations

from msgspec import Struct

from pinplan.actions.companion_steps import CompanionStep, steps_out_of_trash, steps_to
from pinplan.actions.contexts import Home
from pinplan.model.base import Tracked
from pinplan.model.ids import PinId, RelPath, Sha256
from pinplan.model.naming import Companion, is_in_outbox, is_in_trash


class NewFile(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A file of a pin to be created; its name contains the id that Pinterest will assign.

    Attributes:
        source: the file in the trash or the outbox, or in the library if it is uploaded from there.
        head, tail: its new path, before and after the pin id.
        companions: the companions that were trashed with it, or are beside it.
    """

    source: RelPath
    size: int
    mtime_ns: int
    sha256: Sha256
    width: int
    height: int
    format: str
    slot: int
    head: str
    tail: str
    container: str
    template: str
    companions: tuple[Companion, ...] = ()

    def steps(self, path: RelPath) -> list[CompanionStep]:
        """The moves of its companions to beside its new path."""
        if not self.is_trashed:
            return steps_to(self.companions, self.source, path)
        return steps_out_of_trash(self.companions, self.source, path)

    @property
    def is_trashed(self) -> bool:
        """Whether it comes from the trash."""
        return is_in_trash(self.source)

    @property
    def is_posted(self) -> bool:
        """Whether it is copied from the outbox."""
        return is_in_outbox(self.source)

    def tracked(self, pin_id: PinId, home: Home) -> Tracked:
        """The base's record of it."""
        # Without a signature: Pinterest processes the upload anew, under another image address.
        return Tracked(
            pin_id=pin_id,
            slot=self.slot,
            path=RelPath(f"{self.head}{pin_id}{self.tail}"),
            size=self.size,
            mtime_ns=self.mtime_ns,
            sha256=self.sha256,
            width=self.width,
            height=self.height,
            format=self.format,
            board_id=home.board_id,
            section_id=home.section_id,
            container=self.container,
            template=self.template,
        )


class Creation(Struct, frozen=True):
    """A pin to be recreated: its board and its files."""

    home: Home
    files: tuple[NewFile, ...]
