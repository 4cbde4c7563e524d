"""A report of duplicates as one HTML page: no script, no external resource, all names escaped (I28)."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from pinplan.gallery.pages import environment_of
from pinplan.model.similarity import Tier
from pinplan.render.reports import duplicate_outcome
from pinplan.render.text_safety import size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pinplan.duplicates.report import DuplicateFile, DuplicateReport, FileGroup
    from pinplan.model.similarity import Region

WIDTH = 1000
"""Units across a drawing over a picture."""


class DrawnPlace(Struct, frozen=True):
    """A place that differs, in units of the drawing.

    Attributes:
        label: the numbers of the files that differ from the keeper there.
        differs: False if it is only the place where two copies come nearest to differing.
    """

    label: str
    left: int
    top: int
    width: int
    height: int
    differs: bool


class PagePicture(Struct, frozen=True):
    """The picture of a file: WebP, or why there is none; and the size of the file in bytes."""

    data: bytes
    missing: str
    size: int


class PageFile(Struct, frozen=True, kw_only=True):
    """A file of a group as it is shown.

    Attributes:
        number: in its group, from 1; the first one is the keeper.
        picture: an address with the picture inside; empty if there is none.
        height: of the drawing over it, which is `WIDTH` wide.
        tier, measured, why: see `pinplan.model.similarity.Similarity`; empty for the keeper.
        outcome: why it would go, or why both would stay.
    """

    number: int
    path: str
    dimensions: str
    size: str
    picture: str
    missing: str
    height: float
    boxes: tuple[DrawnPlace, ...]
    tier: str = ""
    measured: str = ""
    why: str = ""
    outcome: str = ""


class PageGroup(Struct, frozen=True):
    """A group as it is shown; in an undecided one nothing is removed."""

    tier: str
    files: tuple[PageFile, ...]
    undecided: bool


class DuplicatesPage(Struct, frozen=True, kw_only=True):
    """The page, and what is in it.

    Attributes:
        pictures: how many are embedded.
        missing: how many are not.
    """

    html: str
    pictures: int
    missing: int


def duplicates_page(
    report: DuplicateReport, picture_of: Callable[[str], PagePicture], made: str, source: str
) -> DuplicatesPage:
    """Make the page.

    Args:
        report: what was found.
        picture_of: the picture of a file, by its path.
        made: when it was made.
        source: the folder that was searched, for display.
    """
    groups = tuple(_group(group, picture_of) for group in report.groups)
    files = [file for group in groups for file in group.files]
    page = environment_of("duplicates.css", "data:", made).get_template("duplicates.html.j2")
    html = page.render(report=report, groups=groups, source=source, extra=len(files) - len(groups), drawn=WIDTH)
    pictures = sum(bool(file.picture) for file in files)
    return DuplicatesPage(html=html, pictures=pictures, missing=len(files) - pictures)


def _group(group: FileGroup, picture_of: Callable[[str], PagePicture]) -> PageGroup:
    regions = {
        number: (file.alike.region, file.alike.tier is Tier.SIMILAR)
        for number, file in enumerate(group.files, start=1)
        if file.alike is not None and file.alike.region is not None
    }
    files = []
    for number, file in enumerate(group.files, start=1):
        # On the keeper all of them, on every other file its own.
        drawn = regions if number == 1 else {number: regions[number]} if number in regions else {}
        height = WIDTH * file.looks.height / max(1, file.looks.width)
        boxes = (
            box for one, (region, differs) in drawn.items() for box in _boxes(region, one, height, differs=differs)
        )
        files.append(_file(file, number, height, _merged(boxes), picture_of(file.path)))
    return PageGroup(group.tier, tuple(files), any(file.undecided for file in group.files))


def _boxes(region: Region, number: int, height: float, *, differs: bool) -> Iterator[DrawnPlace]:
    for place in region.places:
        # A little air: the line must not hide what it is around.
        air = WIDTH / 100
        left, top = max(0.0, place.left * WIDTH - air), max(0.0, place.top * height - air)
        right = min(float(WIDTH), (place.left + place.width) * WIDTH + air)
        bottom = min(height, (place.top + place.height) * height + air)
        yield DrawnPlace(str(number), round(left), round(top), round(right - left), round(bottom - top), differs)


def _merged(boxes: Iterable[DrawnPlace]) -> tuple[DrawnPlace, ...]:
    """Merge boxes that nearly coincide into one that carries all their numbers."""
    found: list[DrawnPlace] = []
    for box in boxes:
        at = next((at for at, other in enumerate(found) if _is_nearly(box, other)), None)
        if at is None:
            found.append(box)
        else:
            found[at] = replace(found[at], label=f"{found[at].label}, {box.label}")
    return tuple(found)


def _is_nearly(one: DrawnPlace, other: DrawnPlace) -> bool:
    sides = zip(
        (one.left, one.top, one.width, one.height), (other.left, other.top, other.width, other.height), strict=True
    )
    return one.differs == other.differs and all(abs(first - second) <= WIDTH / 40 for first, second in sides)


def _file(
    file: DuplicateFile, number: int, height: float, boxes: tuple[DrawnPlace, ...], shown: PagePicture
) -> PageFile:
    alike, looks = file.alike, file.looks
    quality = f", quality {looks.quality}" if 0 < looks.quality < 100 else ""
    address = f"data:image/webp;base64,{base64.b64encode(shown.data).decode()}" if shown.data else ""
    about = PageFile(
        number=number,
        path=file.path,
        dimensions=f"{looks.width}×{looks.height}{quality}" if looks.width else "",
        size=size(shown.size),
        picture=address,
        missing=shown.missing,
        height=round(height),
        boxes=boxes,
    )
    if alike is None:
        return about
    return replace(
        about, tier=alike.tier, measured=alike.measured, why=alike.why, outcome=duplicate_outcome(file, alike)
    )
