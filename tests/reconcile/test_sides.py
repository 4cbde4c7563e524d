"""How both sides stand where one of them cannot be told: unknown, never absent and never changed (I1, I2)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from pinplan.actions import CopyLocal
from pinplan.model.base import Base, Tracked
from pinplan.model.ids import BoardId, PinId, RelPath
from pinplan.model.images import FileFact
from pinplan.model.pins import PinImage, Rendition
from pinplan.model.refused import Refused
from pinplan.model.snapshots import LocalSnapshot, Sighting, UnknownPath
from pinplan.pinterest.api import PinPage
from pinplan.policies.duplicates import Duplicates, Remove
from pinplan.policies.mode import Mode
from pinplan.reconcile.match import FileSides
from pinplan.reconcile.refusals import Refusals, is_fewer_pixels
from pinplan.reconcile.truth import FileState
from pinplan.reconcile.words import why_not_missing
from tests.fakes import LIBRARY_ID
from tests.worlds import LINEAGE, SmallWorld, findings, kinds, tracked

TEMPLATE = "{board}/{title} [{pin_id}]{slot}{ext}"


def agreed(world: SmallWorld, titles: tuple[str | None, ...] = ("First", "Second")) -> list[PinId]:
    board = world.board("Board")
    made = [world.pin(board, title) for title in titles]
    world.apply()
    return made


@pytest.mark.promise("I1")
def test_a_pin_that_moves_while_boards_are_read_is_unknown(world, monkeypatch):
    """It was listed in both: which of the two is the older one cannot be told."""
    first, _ = agreed(world)
    other = world.board("Other")
    pages = world.remote.pin_pages

    def moving(board: BoardId, bookmark: str | None = None) -> Iterator[PinPage]:
        yield from pages(board, bookmark)
        world.move_pin(first, other)

    monkeypatch.setattr(world.remote, "pin_pages", moving)
    world.mode(Mode.MIRROR)
    plan = world.plan()
    assert (kinds(plan), findings(plan)) == ([], ["unknown"])
    assert "it was listed in two boards" in plan.findings[0].message


@pytest.mark.promise("I2")
def test_a_file_of_another_size_that_was_not_looked_into_is_unknown():
    record = tracked("501", "Board/501.jpg")
    longer = FileFact(path=record.path, size=record.size + 1, mtime_ns=record.mtime_ns)
    files = FileSides(LocalSnapshot(library_id=LIBRARY_ID, files=(longer,)), base_of(record), TEMPLATE)
    assert files.recorded(record).state is FileState.UNKNOWN


@pytest.mark.promise("I2")
def test_what_cannot_be_read_may_be_a_missing_file():
    """One path could not be read. What is missing near it is unknown, and so is that file; what is missing elsewhere is missing."""
    near, itself, far = tracked("501", "Board/501.jpg"), tracked("502", "Board/x.jpg"), tracked("503", "Other/503.jpg")
    unread = UnknownPath(path=itself.path, reason="EIO")
    files = FileSides(
        LocalSnapshot(library_id=LIBRARY_ID, files=(), unknown=(unread,)), base_of(near, itself, far), TEMPLATE
    )
    assert why_not_missing(far, files) is None
    assert "Board/x.jpg cannot be read: it may be this file" in (why_not_missing(near, files) or "")
    assert "the scan could not look" in (why_not_missing(itself, files) or "")


@pytest.mark.promise("I2")
@pytest.mark.parametrize(
    ("sighted", "sure", "state", "why"),
    [
        (("a.jpg",), True, FileState.MOVED, "a.jpg shows the same picture"),
        (("a.jpg", "b.jpg"), True, FileState.AMBIGUOUS, "a.jpg may be it"),
        (("a.jpg",), False, FileState.UNKNOWN, "too plain"),
        (("gone.jpg",), True, FileState.UNKNOWN, "too plain"),
    ],
)
def test_a_file_is_not_missing_where_a_picture_like_it_is_here(sighted, sure, state, why):
    record = tracked("501", "Board/501.jpg")
    here = tuple(FileFact(path=RelPath(name), size=1, mtime_ns=1) for name in ("a.jpg", "b.jpg"))
    sighting = Sighting(path=record.path, files=tuple(map(RelPath, sighted)), sure=sure, why="too plain")
    files = FileSides(
        LocalSnapshot(library_id=LIBRARY_ID, files=here, sightings=(sighting,)), base_of(record), TEMPLATE
    )
    assert files.recorded(record).state is state
    assert why in (why_not_missing(record, files) or "")


def test_a_carousel_that_is_saved_again_is_copied_slot_by_slot(world):
    board = world.board("Board")
    first = world.pin(board, "First", slots=3)
    world.apply()
    again = world.pin(world.board("Other"), "Again", slots=3)
    old, new = (world.remote.pins_by_id[pin] for pin in (first, again))
    world.remote.pins_by_id[again] = replace(new, images=old.images)
    plan = world.plan()
    sources = {action.slot: action.source for action in plan.actions if isinstance(action, CopyLocal)}
    assert sources == {slot: world.path_of(first, slot) for slot in (1, 2, 3)}


@pytest.mark.promise("I21")
def test_a_doubtful_file_is_no_duplicate_of_anything(world, monkeypatch):
    board = world.board("Board")
    one, other = (world.pin(board, name, shown="cat") for name in ("One", "Other"))
    world.apply()
    both = Duplicates(remove=Remove.BOTH)
    assert kinds(world.plan(duplicates=both)) == ["dedupe"]
    base = world.state.base()
    doubtful = tuple(replace(t, doubtful="cut off") if t.pin_id in {one, other} else t for t in base.tracked)
    monkeypatch.setattr(world.state, "base", lambda: replace(base, tracked=doubtful))
    assert kinds(world.plan(duplicates=both)) == []


def test_of_two_refusals_of_one_image_the_one_of_more_runs_counts():
    often, once = (Refused(pin_id=PinId("1"), slot=0, image="a", reason="HTTP 403", runs=runs) for runs in (3, 1))
    image = PinImage(slot=0, renditions=(), signature="a")
    for order in ([often, once], [once, often]):
        assert Refusals(order, "2026-01-01T00:00:00Z", 30).of(image) is often


@pytest.mark.promise("I20")
@pytest.mark.parametrize(
    ("renditions", "fewer"),
    [
        ((), True),
        ((Rendition(size="originals", url="x"),), False),
        ((Rendition(size="originals", url="x", width=1, height=1),), False),
        ((Rendition(size="originals", url="x", width=9, height=9),), False),
    ],
)
def test_what_surely_has_fewer_pixels_never_takes_a_files_place(renditions, fewer):
    record = tracked("1", "Board/a.jpg")
    assert is_fewer_pixels(record, PinImage(slot=0, renditions=renditions)) is fewer
    larger = replace(record, width=10, height=10)
    declared = bool(renditions and renditions[0].width)
    assert is_fewer_pixels(larger, PinImage(slot=0, renditions=renditions)) is (fewer or declared)


def base_of(*records: Tracked) -> Base:
    return Base(library_id=LIBRARY_ID, lineage=LINEAGE, tracked=records)
