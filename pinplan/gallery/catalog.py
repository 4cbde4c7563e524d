"""The catalog of a gallery: boards, sections and images with their last known metadata. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from pinplan.model.naming import title_in

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pinplan.model.base import Base, Tracked
    from pinplan.model.ids import BoardId, PinId, RelPath, SectionId
    from pinplan.records.pin_metadata import KnownBoard, KnownPin


class Picture(Struct, frozen=True, kw_only=True):
    """A pin, with its files.

    Attributes:
        paths: in the library, in the order of the slots; the first one is shown large.
        gone: Pinterest no longer has the pin (404).
        known: whether its metadata is known.
    """

    pin_id: PinId
    paths: tuple[RelPath, ...]
    width: int
    height: int
    title: str
    description: str = ""
    link: str = ""
    alt_text: str = ""
    date: str = ""
    gone: bool = False
    known: bool = True


class Part(Struct, frozen=True, kw_only=True):
    """The pictures of a section; an empty name: those in no section."""

    name: str
    pictures: tuple[Picture, ...]


class Album(Struct, frozen=True, kw_only=True):
    """A board.

    Attributes:
        partial: why pins may be missing; empty if its last listing was complete.
    """

    board_id: BoardId
    name: str
    description: str
    parts: tuple[Part, ...]
    partial: str = ""

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """All of them."""
        return tuple(picture for part in self.parts for picture in part.pictures)


class Gallery(Struct, frozen=True, kw_only=True):
    """All boards.

    Attributes:
        missing: tracked files that are not in the library now.
    """

    albums: tuple[Album, ...]
    missing: int = 0

    @property
    def nameless(self) -> int:
        """Pins without known metadata."""
        return sum(not picture.known for album in self.albums for picture in album.pictures)


def gallery_of(
    base: Base,
    boards: Mapping[BoardId, KnownBoard],
    pins: Mapping[PinId, KnownPin],
    where: Callable[[Tracked], RelPath | None],
) -> Gallery:
    """Build the gallery.

    Args:
        base: what is tracked.
        boards: what is known of boards.
        pins: what is known of pins.
        where: the present path of a record's file; None if it is missing.
    """
    # A removed duplicate is shown once, as its keeper, and not counted as missing.
    stands_for = {record.pin_id: record for record in base.tracked if record.duplicate_of is None}
    by_pin: dict[PinId, list[Tracked]] = defaultdict(list)
    missing = 0
    for record in sorted(base.tracked, key=lambda r: (r.pin_id, r.slot)):
        shown = stands_for.get(record.duplicate_of) if record.duplicate_of is not None else record
        path = where(shown) if shown is not None else None
        if path is None:
            missing += 1
        elif shown is record:
            by_pin[record.pin_id].append(replace(record, path=path))
    by_board: dict[BoardId, list[list[Tracked]]] = defaultdict(list)
    for records in by_pin.values():
        # All images of a pin are on one board, so the first record speaks for them.
        by_board[records[0].board_id].append(records)
    albums = [_album(board_id, found, boards.get(board_id), pins) for board_id, found in by_board.items()]
    return Gallery(
        albums=tuple(sorted(albums, key=lambda a: (a.name.casefold(), a.board_id))),
        missing=missing,
    )


def _album(
    board_id: BoardId, found: Sequence[Sequence[Tracked]], known: KnownBoard | None, pins: Mapping[PinId, KnownPin]
) -> Album:
    names = {section.id: section.name for section in known.sections} if known else {}
    parts: dict[SectionId | None, list[Sequence[Tracked]]] = defaultdict(list)
    for records in found:
        parts[records[0].section_id].append(records)
    # Unknown to the metadata: the most common folder is the best name of the board.
    folder = Counter(records[0].container.partition("/")[0] for records in found).most_common(1)[0][0]
    made = []
    for section_id, rows in parts.items():
        of_folder = rows[0][0].container.partition("/")[2] or "In a section"
        name = names.get(section_id, of_folder) if section_id is not None else ""
        made.append(Part(name=name, pictures=tuple(sorted((_picture(r, pins) for r in rows), key=_age, reverse=True))))
    return Album(
        board_id=board_id,
        name=known.board.name if known else folder,
        description=(known.board.description or "") if known else "",
        parts=tuple(sorted(made, key=lambda part: (bool(part.name), part.name.casefold()))),
        partial=known.partial if known else "",
    )


def _age(picture: Picture) -> tuple[str, int, str]:
    """Sort key, oldest first. Pin ids grow with time, so they order pins with the same date or none."""
    return picture.date, len(picture.pin_id), picture.pin_id


def _picture(records: Sequence[Tracked], pins: Mapping[PinId, KnownPin]) -> Picture:
    first, known = records[0], pins.get(records[0].pin_id)
    pin = known.pin if known else None
    return Picture(
        pin_id=first.pin_id,
        paths=tuple(record.path for record in records),
        width=first.width,
        height=first.height,
        title=(pin.title or "") if pin else title_in(first.path.rpartition("/")[2], first.pin_id),
        description=(pin.description or "") if pin else "",
        link=(pin.link or "") if pin else "",
        alt_text=(pin.alt_text or "") if pin else "",
        date=(pin.created_at or "")[:10] if pin else "",
        gone=bool(known and known.gone),
        known=known is not None,
    )
