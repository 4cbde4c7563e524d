"""Where an image of a pin is placed, and what the base records of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from pinplan.model.base import Tracked
from pinplan.model.ids import BoardId, RelPath, SectionId
from pinplan.model.times import moment_of

if TYPE_CHECKING:
    from pinplan.actions.contexts import ActionContext
    from pinplan.model.ids import ActionId, PinId
    from pinplan.model.images import FileStat, StagedImage

YEARS = range(1970, 2262)
"""File systems need not represent earlier ones, nor the state later ones."""


class Placement(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """The path and the record of a file to be placed.

    Attributes:
        mtime: the modification time to set, RFC 3339; absent: the time of the download. Since plan format 1.3.
        title: the title of the pin, for messages; absent if the file name contains it. Since plan format 1.3.
    """

    path: RelPath
    slot: int
    board_id: BoardId
    section_id: SectionId | None = None
    container: str
    template: str
    signature: str | None = None
    mtime: str | None = None
    title: str | None = None

    @property
    def mtime_ns(self) -> int | None:
        """The modification time to set, in nanoseconds since 1970; None for the time of the download."""
        moment = moment_of(self.mtime)
        # Pinterest dates pins to the second.
        return int(moment.timestamp()) * 1_000_000_000 if moment is not None and moment.year in YEARS else None


def placement_of(record: Tracked) -> Placement:
    """The place of a recorded file: it can be put back there."""
    return Placement(
        path=record.path,
        slot=record.slot,
        board_id=record.board_id,
        section_id=record.section_id,
        container=record.container,
        template=record.template,
        signature=record.signature,
    )


def tracked_from(pin_id: PinId, placement: Placement, staged: StagedImage, stat: FileStat) -> Tracked:
    """The base's record of a staged image, once it is placed."""
    return Tracked(
        pin_id=pin_id,
        slot=placement.slot,
        path=placement.path,
        size=stat.size,
        mtime_ns=stat.mtime_ns,
        sha256=staged.sha256,
        width=staged.width,
        height=staged.height,
        format=staged.format,
        board_id=placement.board_id,
        section_id=placement.section_id,
        container=placement.container,
        template=placement.template,
        signature=placement.signature,
        doubtful=staged.doubtful,
    )


def placed_before(context: ActionContext, action: ActionId, path: RelPath) -> tuple[StagedImage, FileStat] | None:
    """The image that an earlier attempt at this action placed at ``path``, if the file there is exactly that one."""
    tries = context.journal.staged_before(action)
    # The common case, a first attempt, must not read the file.
    if not tries:
        return None
    found = context.library.stat(path)
    if found is None:
        return None
    # By digest: a file of the same size may have been put there by someone else.
    sha256 = context.library.inspect(path).sha256
    return next(((image, found) for image in tries if image.sha256 == sha256), None)
