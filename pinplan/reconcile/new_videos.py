"""Videos in the folders of boards: they are not uploaded, and the plan says so where pictures are. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.plan.document import Finding, FindingKind
from pinplan.reconcile.new_files import is_uploaded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinplan.model.images import FileFact
    from pinplan.policies.bundle import Policies
    from pinplan.reconcile.match import FileSides, PinSides
    from pinplan.reconcile.paths import ImagePaths
    from pinplan.reconcile.scope import ScopeFilter


def new_videos(
    files: FileSides, places: ImagePaths, pins: PinSides, policies: Policies, scope: ScopeFilter
) -> Iterator[Finding]:
    """One finding for each board or section whose folder holds videos, if the config wants its new pictures uploaded."""
    homes: dict[str, list[FileFact]] = {}
    for file in files.untracked_videos():
        home = places.home_of(file.path)
        if home is None:
            continue
        board, name = pins.boards[home.board_id], file.path.rpartition("/")[2]
        if board.listed and is_uploaded(policies, board.board) and scope.has(f"{home.container}/{name}", home.board_id):
            homes.setdefault(home.container, []).append(file)
    for address, some in homes.items():
        count, path = len(some), some[0].path
        subject = f"{path.rpartition('/')[2]} is a video" if count == 1 else f"{count:,} files are videos"
        yield Finding(
            kind=FindingKind.CANNOT_UPLOAD,
            address=address,
            path=path if count == 1 else None,
            message=f"{subject}: pinplan uploads pictures only",
            count=count,
        )
