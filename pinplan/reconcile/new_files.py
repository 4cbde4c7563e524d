"""Untracked pictures: those in the folder of a board or section are new there, all others are only counted. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from pinplan.plan.document import Finding, FindingKind
from pinplan.reconcile.scope import NO_BOARD, WHOLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pinplan.actions.contexts import Home
    from pinplan.model.images import FileFact
    from pinplan.reconcile.match import PinSides
    from pinplan.reconcile.paths import ImagePaths
    from pinplan.reconcile.scope import ScopeFilter


class NewFiles(Struct, frozen=True, kw_only=True):
    """The untracked pictures of a library, as far as the plan concerns them.

    Attributes:
        homes: those in the folder of a board or section, by its address.
        elsewhere: those outside of all such folders.
    """

    homes: dict[str, list[FileFact]]
    elsewhere: Sequence[FileFact]

    def findings(self) -> Iterator[Finding]:
        """One finding for each folder, however many pictures it holds, and one for all pictures elsewhere."""
        for address, files in self.homes.items():
            count = len(files)
            message = (
                f"{count:,} {'picture is' if count == 1 else 'pictures are'} only here: not on Pinterest, never touched"
            )
            path = files[0].path if count == 1 else None
            yield Finding(kind=FindingKind.NEW_HERE, address=address, path=path, message=message, count=count)
        count = len(self.elsewhere)
        if count:
            message = f"{count} untracked {'image' if count == 1 else 'images'} in the library, never touched"
            yield Finding(kind=FindingKind.UNTRACKED, address=WHOLE, message=message, count=count)


def new_files(files: Iterable[FileFact], places: ImagePaths, pins: PinSides, scope: ScopeFilter) -> NewFiles:
    """Sort untracked pictures by the folder that they are in."""
    homes: dict[str, list[FileFact]] = {}
    elsewhere: list[FileFact] = []
    for file in files:
        home = _home_of(file, places, pins)
        if home is None:
            elsewhere += [file] if scope.has(file.path, NO_BOARD) else []
        elif scope.has(address_of(file, home), home.board_id):
            homes.setdefault(home.container, []).append(file)
    return NewFiles(homes=homes, elsewhere=elsewhere)


def address_of(file: FileFact, home: Home) -> str:
    """The address of a picture without a pin: board, section and file name."""
    return f"{home.container}/{file.path.rpartition('/')[2]}"


def _home_of(file: FileFact, places: ImagePaths, pins: PinSides) -> Home | None:
    home = places.home_of(file.path)
    # The config excludes the board: its folder is none of the plan's business (I9).
    return home if home is not None and pins.boards[home.board_id].listed else None
