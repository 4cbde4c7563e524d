"""Match new videos with their covers: the picture of the same name beside each. Pure."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from msgspec import Struct

from pinplan.model.naming import stem_of
from pinplan.model.text_form import composed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pinplan.reconcile.untracked_file import UntrackedFile


class NewVideo(Struct, frozen=True):
    """Videos of one name, and the pictures of that name beside them; to be uploaded, there is one of each.

    Attributes:
        is_marked: its folder becomes one pin.
    """

    videos: tuple[UntrackedFile, ...]
    covers: tuple[UntrackedFile, ...]
    is_marked: bool = False

    @property
    def files(self) -> tuple[UntrackedFile, ...]:
        """All of them."""
        return (*self.videos, *self.covers)


def with_covers(
    videos: Iterable[UntrackedFile], pictures: Iterable[UntrackedFile], marked: frozenset[str]
) -> tuple[list[NewVideo], list[UntrackedFile]]:
    """Each video with its cover, and the pictures that are no covers; nothing is the cover of a video in a ``marked`` folder."""
    by_name: dict[str, list[UntrackedFile]] = defaultdict(list)
    for video in videos:
        by_name[_name(video)].append(video)
    covers: dict[str, list[UntrackedFile]] = defaultdict(list)
    others: list[UntrackedFile] = []
    for picture in pictures:
        name = _name(picture) if by_name else ""
        is_cover = name in by_name and picture.file.path.rpartition("/")[0] not in marked
        (covers[name] if is_cover else others).append(picture)
    found = [
        NewVideo(tuple(some), tuple(covers[name]), some[0].file.path.rpartition("/")[0] in marked)
        for name, some in sorted(by_name.items())
    ]
    return found, others


def _name(new: UntrackedFile) -> str:
    return composed(stem_of(new.file.path))
