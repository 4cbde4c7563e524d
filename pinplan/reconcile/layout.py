"""The folders of boards and sections here, renamed ones under their new names. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from pinplan.policies.bundle import for_board, may_upload
from pinplan.policies.mode import MovedFile
from pinplan.reconcile.board_folders import BoardFolders, RenamedFolders
from pinplan.reconcile.match import FileSides, PinSides
from pinplan.reconcile.new_places import NewPlaces
from pinplan.reconcile.paths import ImagePaths
from pinplan.reconcile.renamed_folders import moved_files, renamed_folders

if TYPE_CHECKING:
    from collections.abc import Collection

    from pinplan.model.base import Base
    from pinplan.model.ids import BoardId
    from pinplan.model.snapshots import LocalSnapshot, RemoteSnapshot
    from pinplan.policies.bundle import Policies


class Layout(Struct, frozen=True):
    """Both sides, and where each image has its place here.

    Attributes:
        remote: Pinterest, with boards and sections that are to be created.
    """

    remote: RemoteSnapshot
    pins: PinSides
    files: FileSides
    places: ImagePaths
    renamed: RenamedFolders


def layout_of(
    remote: RemoteSnapshot, local: LocalSnapshot, base: Base, policies: Policies, pending: Collection[str] = ()
) -> Layout:
    """The layout; what is looked at before a plan is decided must find the same folders as the decision.

    Args:
        remote: Pinterest.
        local: the library.
        base: what was agreed.
        policies: the config.
        pending: folders for which a board or section may have been created already.
    """
    plain, new = layout_and_new_places(remote, local, base, policies, pending)
    if not new:
        return plain
    remote = new.added()
    folders = BoardFolders(remote.boards, base.tracked, plain.renamed)
    places = ImagePaths(folders, plain.files, policies.template, base.tracked)
    return Layout(remote, PinSides(remote), plain.files, places, plain.renamed)


def layout_and_new_places(
    remote: RemoteSnapshot, local: LocalSnapshot, base: Base, policies: Policies, pending: Collection[str] = ()
) -> tuple[Layout, NewPlaces]:
    """The layout of what is on Pinterest, and what is to be created."""
    pins, files = PinSides(remote), FileSides(local, base, policies.template)
    folders = BoardFolders(remote.boards, base.tracked)
    places = ImagePaths(folders, files, policies.template, base.tracked)

    def may_rename(board_id: BoardId) -> bool:
        return _may_rename(board_id, pins, policies)

    moved = moved_files(base.tracked, files, places) if policies.moves_pins else []
    renamed = renamed_folders(moved, files, pins, folders, may_rename)
    # Only then a second time: with the new names, everything in these folders is where it belongs.
    if renamed:
        folders = BoardFolders(remote.boards, base.tracked, renamed)
        places = ImagePaths(folders, files, policies.template, base.tracked)
    new = NewPlaces(remote, pins, places, policies, pending)
    if places.depth is not None:
        new.for_moved(moved)
        if may_upload(policies):
            new.for_pictures(files)
    return Layout(remote, pins, files, places, renamed), new


def _may_rename(board_id: BoardId, pins: PinSides, policies: Policies) -> bool:
    """Whether a board follows the name of its folder: the mode moves pins, it was read to its end, and it may be changed (I10)."""
    seen = pins.boards[board_id]
    board = seen.board
    named = board.owner == pins.account.username or policies.may_write_to(board.name, board.id, board.owner)
    follows = for_board(policies, board.name, board.id, board.owner).moved_file is MovedFile.MOVE
    return named and follows and seen.listed and seen.complete
