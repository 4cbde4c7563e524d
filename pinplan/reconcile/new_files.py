"""Untracked pictures: those in the folder of a board or section are new there, all others are only counted. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from pinplan.model.naming import looks_like_image, looks_like_video
from pinplan.model.text_form import fold
from pinplan.plan.document import Finding, FindingKind
from pinplan.policies.bundle import for_board, may_upload
from pinplan.policies.mode import NewPicture
from pinplan.reconcile.layout import layout_and_new_places, layout_of
from pinplan.reconcile.marked_folders import marked_folders
from pinplan.reconcile.paths import OWN_FOLDERS
from pinplan.reconcile.pin_groups import split
from pinplan.reconcile.place_names import DEEPER, why_no_name
from pinplan.reconcile.scope import NO_BOARD, WHOLE
from pinplan.reconcile.untracked_file import UntrackedFile
from pinplan.reconcile.video_covers import with_covers

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from pinplan.actions.contexts import Home
    from pinplan.model.base import Base
    from pinplan.model.ids import BoardId
    from pinplan.model.images import FileFact
    from pinplan.model.pins import Board
    from pinplan.model.snapshots import LocalSnapshot, RemoteSnapshot
    from pinplan.policies.bundle import Policies
    from pinplan.reconcile.match import FileSides, PinSides
    from pinplan.reconcile.paths import ImagePaths
    from pinplan.reconcile.pin_groups import Group
    from pinplan.reconcile.scope import ScopeFilter
    from pinplan.reconcile.video_covers import NewVideo


class NewFiles(Struct, frozen=True, kw_only=True):
    """The untracked pictures of a library that are in the scope of a plan.

    Attributes:
        reported: those in the folder of a board or section that are not uploaded.
        uploaded: those that the config wants uploaded, each as a pin of its own.
        groups: those that it wants uploaded as one pin.
        videos: videos that it wants uploaded, with the pictures that are their covers.
        boardless: those in other folders, by the first one, if the config wants new pictures uploaded.
        elsewhere: all others.
        placeless: whether those were to be uploaded, but with this template no folder says on which board.
        pending: folders, folded, for which a board or section may have been created already.
    """

    reported: Sequence[UntrackedFile]
    uploaded: Sequence[UntrackedFile]
    groups: Sequence[Group]
    videos: Sequence[NewVideo]
    boardless: dict[str, list[FileFact]]
    elsewhere: Sequence[FileFact]
    placeless: bool = False
    pending: Collection[str] = ()

    def findings(self) -> Iterator[Finding]:
        """One finding for each folder, however many pictures it holds, and one for all pictures elsewhere."""
        homes: dict[str, list[UntrackedFile]] = {}
        for one in self.reported:
            homes.setdefault(one.home.container, []).append(one)
        for address, files in homes.items():
            count = len(files)
            message = f"{count:,} {'picture is' if count == 1 else 'pictures are'} only here, not on Pinterest: {HOW}"
            path = files[0].file.path if count == 1 else None
            yield Finding(kind=FindingKind.NEW_HERE, address=address, path=path, message=message, count=count)
        for folder, some in self.boardless.items():
            count = len(some)
            message = (
                f"{count:,} {'picture is' if count == 1 else 'pictures are'} not uploaded: no board has this folder"
            ) + self._why_none(folder, some)
            path = some[0].path if count == 1 else None
            yield Finding(kind=FindingKind.NEW_HERE, address=folder, path=path, message=message, count=count)
        count = len(self.elsewhere)
        if count and self.placeless:
            message = f"{count:,} {'picture is' if count == 1 else 'pictures are'} not uploaded: {NO_FOLDERS}"
            yield Finding(kind=FindingKind.NEW_HERE, address=WHOLE, message=message, count=count)
        elif count:
            message = f"{count} untracked {'image' if count == 1 else 'images'} in the library, never touched"
            yield Finding(kind=FindingKind.UNTRACKED, address=WHOLE, message=message, count=count)

    def _why_none(self, folder: str, files: Sequence[FileFact]) -> str:
        """Why no board is created for a folder, if that is known."""
        if fold(folder) in self.pending:
            return ", and one may have been created already"
        why = why_no_name(folder)
        if why is None and all(file.path.count("/") > 2 for file in files):
            why = DEEPER
        return f", and none is created: {why}" if why else ""


def _is_in_scope(address: str, files: Sequence[UntrackedFile], scope: ScopeFilter) -> bool:
    """Whether files that become one pin are in scope as a whole. Excludes are final: they exclude it by any of its files."""
    board_id = files[0].home.board_id
    return scope.has(address, board_id) and not any(
        scope.excludes(address, board_id) for new in files for address in (new.address, new.file.path)
    )


def _new_video(file: FileFact, places: ImagePaths, pins: PinSides, policies: Policies) -> UntrackedFile | None:
    """An untracked video in the folder of a board whose new pictures are uploaded; None if it is not."""
    home = _home_of(file, places, pins)
    if home is None or not is_uploaded(policies, pins.boards[home.board_id].board):
        return None
    return UntrackedFile(file, home)


NO_FOLDERS = f"[library] template does not begin with {OWN_FOLDERS}, so that no folder says on which board"
HOW = 'uploaded only with [sync] on_new_file = "upload", in the modes two-way and publish'


def new_files(
    sides: FileSides,
    places: ImagePaths,
    pins: PinSides,
    policies: Policies,
    scope: ScopeFilter,
    pending: Collection[str] = (),
) -> NewFiles:
    """Sort untracked pictures by the folder that they are in."""
    reported: list[UntrackedFile] = []
    uploaded: list[UntrackedFile] = []
    boardless: dict[str, list[FileFact]] = {}
    elsewhere: list[FileFact] = []
    wanted: dict[str, bool] = {}
    for file in sides.untracked_images():
        home = _home_of(file, places, pins)
        if home is None:
            if scope.has(file.path, NO_BOARD):
                folder = file.path.partition("/")[0] if "/" in file.path else ""
                # Not in the folder of an excluded board, which has a board.
                lacks = policies.new_file is NewPicture.UPLOAD and folder and places.has_no_board(file.path)
                (boardless.setdefault(folder, []) if lacks else elsewhere).append(file)
            continue
        if home.board_id not in wanted:
            wanted[home.board_id] = is_uploaded(policies, pins.boards[home.board_id].board)
        (uploaded if wanted[home.board_id] else reported).append(UntrackedFile(file, home))
    # Grouped before they are narrowed: no scope makes a pin of a part of a group, or of a cover (I9).
    marked = marked_folders(sides.untracked)
    films = [new for file in sides.untracked_videos() if (new := _new_video(file, places, pins, policies)) is not None]
    videos, pictures = with_covers(films, uploaded, marked)
    alone, groups = split(pictures, marked, policies.about_uploads.carousels)
    return NewFiles(
        reported=[new for new in reported if scope.has(new.address, new.home.board_id)],
        uploaded=[new for new in alone if scope.has(new.address, new.home.board_id)],
        groups=[group for group in groups if _is_in_scope(group.address, group.files, scope)],
        videos=[one for one in videos if _is_in_scope(one.videos[0].address, one.files, scope)],
        boardless=boardless,
        elsewhere=elsewhere,
        placeless=policies.new_file is NewPicture.UPLOAD and places.depth is None,
        pending=frozenset(map(fold, pending)),
    )


def upload_candidates(remote: RemoteSnapshot, local: LocalSnapshot, base: Base, policies: Policies) -> list[FileFact]:
    """The untracked pictures and videos that the config wants uploaded, before anything is known of their content."""
    if not has_untracked_file(local, base):
        return []
    layout = layout_of(remote, local, base, policies)
    pins = layout.pins
    untracked = (*layout.files.untracked_images(), *layout.files.untracked_videos())
    found = ((file, _home_of(file, layout.places, pins)) for file in untracked)
    return [
        file for file, home in found if home is not None and is_uploaded(policies, pins.boards[home.board_id].board)
    ]


def boards_with_folders(
    remote: RemoteSnapshot, local: LocalSnapshot, base: Base, policies: Policies
) -> frozenset[BoardId]:
    """Boards with new or moved pictures in folders that may belong to sections, if no section is known: one without pins is listed for those who ask only."""
    if not (may_upload(policies) or policies.moves_pins):
        return frozenset()
    recorded = base.by_path
    # Without the root: a note there is in no folder that could be a board's.
    folders = {file.path.rpartition("/")[0] for file in local.files if file.path not in recorded} - {""}
    # In nearly every library there is none, and nothing else is looked at.
    if not folders:
        return frozenset()
    boards = _with_emptied_sections(remote, base, folders)
    if folders <= {record.container for record in base.tracked}:
        return boards
    layout, new = layout_and_new_places(remote, local, base, policies)
    pins, places = layout.pins, layout.places
    found = ((file, _home_of(file, places, pins)) for file in layout.files.untracked_images())
    wanting = new.boards() | {
        home.board_id
        for file, home in found
        if home is not None
        and not places.is_folder_of(home, file.path)
        and is_uploaded(policies, pins.boards[home.board_id].board)
    }
    return boards | frozenset(one for one in wanting if not pins.boards[one].sections)


def _with_emptied_sections(remote: RemoteSnapshot, base: Base, folders: Collection[str]) -> frozenset[BoardId]:
    """Boards without a known section, if one of these folders is that of a section: its last pin is gone, or was moved."""
    without = {one.board.id for one in remote.boards if one.listed and one.complete and not one.sections}
    return frozenset(
        record.board_id
        for record in base.tracked
        if record.section_id is not None and record.board_id in without and record.container in folders
    )


def has_untracked_file(local: LocalSnapshot, base: Base) -> bool:
    """Whether any file named like an image or a video is at no recorded path: if not, no layout of both sides has to be made, which takes ten times as long."""
    recorded = base.by_path
    paths = (file.path for file in local.files if file.path not in recorded)
    return any(looks_like_image(path) or looks_like_video(path) for path in paths)


def is_uploaded(policies: Policies, board: Board) -> bool:
    """Whether the config wants new pictures of a board uploaded."""
    return for_board(policies, board.name, board.id, board.owner).new_file is NewPicture.UPLOAD


def _home_of(file: FileFact, places: ImagePaths, pins: PinSides) -> Home | None:
    home = places.home_of(file.path)
    # The config excludes the board: its folder is none of the plan's business (I9).
    return home if home is not None and pins.boards[home.board_id].listed else None
