"""Match new videos with their covers: the picture of the same name beside each. Pure."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from msgspec import Struct

from pinplan.model.naming import stem_of
from pinplan.model.text_form import composed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pinplan.reconcile.new_files import NewFile


class NewVideo(Struct, frozen=True):
    """Videos of one name, and the pictures of that name beside them; to be uploaded, there is one of each.

    Attributes:
        is_marked: its folder becomes one pin.
    """

    videos: tuple[NewFile, ...]
    covers: tuple[NewFile, ...]
    is_marked: bool = False

    @property
    def files(self) -> tuple[NewFile, ...]:
        """All of them."""
        return (*self.videos, *self.covers)


def with_covers(
    videos: Iterable[NewFile], pictures: Iterable[NewFile], marked: frozenset[str]
) -> tuple[list[NewVideo], list[NewFile]]:
    """Each video with its cover, and the pictures that are no covers; nothing is the cover of a video in a ``marked`` folder."""
    by_name: dict[str, list[NewFile]] = defaultdict(list)
    for video in videos:
        by_name[_name(video)].append(video)
    covers: dict[str, list[NewFile]] = defaultdict(list)
    others: list[NewFile] = []
    for picture in pictures:
        name = _name(picture) if by_name else ""
        is_cover = name in by_name and picture.file.path.rpartition("/")[0] not in marked
        (covers[name] if is_cover else others).append(picture)
    found = [
        NewVideo(tuple(some), tuple(covers[name]), some[0].file.path.rpartition("/")[0] in marked)
        for name, some in sorted(by_name.items())
    ]
    return found, others


def _name(new: NewFile) -> str:
    return composed(stem_of(new.file.path))
