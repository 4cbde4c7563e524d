"""How both sides stand where one of them cannot be told: unknown, never absent and never changed (I1, I2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from pinplan.actions import CopyLocal
from pinplan.model.base import Base, Refused, Tracked
from pinplan.model.ids import BoardId, PinId, RelPath, Sha256
from pinplan.model.images import Content, FileFact
from pinplan.model.pins import Board, Pin, PinImage, Rendition
from pinplan.model.similarity import DuplicatePair, ImageQuality, Similarity, Tier
from pinplan.model.snapshots import BoardSnapshot, LocalSnapshot, RemoteSnapshot, Sighting, UnknownPath
from pinplan.pinterest.api import PinPage
from pinplan.plan.document import kind_of
from pinplan.policies.bundle import Policies
from pinplan.policies.duplicates import Duplicates, Remove
from pinplan.policies.mode import Mode
from pinplan.reconcile.fetch_rules import RefusedImages, is_fewer_pixels
from pinplan.reconcile.findings import why_not_missing
from pinplan.reconcile.match import FileSides
from pinplan.reconcile.plan_input import PlanInput
from pinplan.reconcile.planner import reconcile
from pinplan.reconcile.truth import FileState
from tests.fakes import LIBRARY_ID, ME, image_bytes
from tests.worlds import LINEAGE, SmallWorld, findings, kinds, tracked

TEMPLATE = "{board}/{title} [{pin_id}]{slot}{ext}"


def base_of(*records: Tracked) -> Base:
    return Base(library_id=LIBRARY_ID, lineage=LINEAGE, tracked=records)


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
    monkeypatch.setattr("pinplan.snapshot.remote.LISTINGS_AT_ONCE", 1)  # the boards are read in their order
    world.mode(Mode.MIRROR)
    plan = world.plan()
    assert (kinds(plan), findings(plan)) == ([], ["unknown"])
    assert "it was listed on two boards" in plan.findings[0].message


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
    assert "the scan could not read its folder" in (why_not_missing(itself, files) or "")


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


def two_alike() -> PlanInput:
    """Two pins whose files have the same bytes: the second is a duplicate of the first."""
    one, other = (replace(tracked(pin, f"Board/{pin}.jpg"), template=TEMPLATE) for pin in ("501", "502"))
    image = PinImage(slot=0, renditions=(Rendition(size="originals", url="x", width=1, height=1),))
    pins = tuple(Pin(id=t.pin_id, board_id=t.board_id, is_owner=True, images=(image,)) for t in (one, other))
    looks = ImageQuality(width=1, height=1)
    alike = DuplicatePair(
        one=one.path, other=other.path, alike=Similarity(tier=Tier.EXACT), one_looks=looks, other_looks=looks
    )
    board = Board(id=one.board_id, name="Board", owner=ME.username)
    return PlanInput(
        policies=Policies(duplicates=Duplicates(remove=Remove.BOTH), template=TEMPLATE),
        remote=RemoteSnapshot(account=ME, boards=(BoardSnapshot(board=board, pins=pins),)),
        local=LocalSnapshot(
            library_id=LIBRARY_ID,
            files=tuple(FileFact(path=t.path, size=t.size, mtime_ns=t.mtime_ns) for t in (one, other)),
            alike=(alike,),
        ),
        base=base_of(one, other),
    )


def changed_first(world: PlanInput, **facts: Any) -> PlanInput:
    """The same, with the first file recorded otherwise."""
    first, second = world.base.tracked
    return replace(world, base=base_of(replace(first, **facts), second))


def listed_twice(world: PlanInput) -> PlanInput:
    """The same, with both pins on another board as well."""
    (board,) = world.remote.boards
    other = replace(board, board=replace(board.board, id=BoardId("2"), name="Other"))
    return replace(world, remote=replace(world.remote, boards=(board, other)))


def test_two_files_with_the_same_bytes_are_duplicates():
    assert [kind_of(action) for action in reconcile(two_alike()).actions] == ["dedupe"]


@pytest.mark.promise("I21")
@pytest.mark.parametrize(
    "world",
    [
        changed_first(two_alike(), doubtful="it is cut off"),
        changed_first(two_alike(), mtime_ns=2),
        listed_twice(two_alike()),
    ],
    ids=["doubtful", "not as recorded", "listed twice"],
)
def test_a_file_that_proves_nothing_is_no_duplicate_whatever_a_snapshot_says(world):
    assert "dedupe" not in [kind_of(action) for action in reconcile(world).actions]


@pytest.mark.promise("I2")
@pytest.mark.parametrize(("folder", "why"), [("Gone", "Gone is gone, and Locked cannot be read"), ("Here", None)])
def test_a_folder_that_is_gone_may_be_one_that_cannot_be_read(folder, why):
    """It may have been renamed to what cannot be looked into; a file that is missing in a folder that is here is not there."""
    record = tracked("501", f"{folder}/501.jpg")
    locked = UnknownPath(path="Locked", reason="EACCES", is_folder=True)
    here = (FileFact(path=RelPath("Here/note.txt"), size=1, mtime_ns=1),)
    files = FileSides(LocalSnapshot(library_id=LIBRARY_ID, files=here, unknown=(locked,)), base_of(record), TEMPLATE)
    assert why_not_missing(record, files) is None if why is None else why in (why_not_missing(record, files) or "")


def test_a_file_that_is_back_is_not_missing():
    record = tracked("501", "Board/501.jpg")
    there = FileFact(path=record.path, size=record.size, mtime_ns=record.mtime_ns)
    files = FileSides(LocalSnapshot(library_id=LIBRARY_ID, files=(there,)), base_of(record), TEMPLATE)
    assert why_not_missing(record, files) == "Board/501.jpg is back"


@pytest.mark.promise("I10")
def test_of_two_files_that_claim_to_be_a_new_image_neither_is_adopted(world):
    pin = world.pin(world.board("Board"), "New")
    for name in ("A", "B"):
        world.library.write(f"Board/{name} [{pin}].jpg", image_bytes(name))
    plan = world.plan()
    assert kinds(plan) == []
    assert "conflict" in findings(plan)


@pytest.mark.promise("I2")
def test_nothing_is_fetched_to_where_the_scan_could_not_look(world):
    world.pin(world.board("Board"), "New")
    world.library.unknown.append(UnknownPath(path=RelPath("Board"), reason="EACCES", is_folder=True))
    plan = world.plan()
    assert kinds(plan) == []
    assert "is in a folder that the scan could not read" in " ".join(finding.message for finding in plan.findings)


# -- which of several files was whose --------------------------------------------------------------------------------

SHA, ANOTHER = Sha256("a" * 64), Sha256("b" * 64)


def with_bytes(path: str, sha256: Sha256, mtime_ns: int = 5) -> FileFact:
    content = Content(sha256=sha256, width=1, height=1, format="JPEG")
    return FileFact(path=RelPath(path), size=1, mtime_ns=mtime_ns, content=content)


def states_of(records: list[Tracked], *files: FileFact) -> list[FileState]:
    sides = FileSides(LocalSnapshot(library_id=LIBRARY_ID, files=files), base_of(*records), TEMPLATE)
    return [sides.recorded(record).state for record in records]


@pytest.mark.promise("I2")
def test_one_answer_for_all_records_of_the_same_bytes_where_files_cannot_be_told_apart():
    records = [replace(tracked(pin, f"Board/{pin}.jpg"), sha256=SHA) for pin in ("501", "502")]
    assert states_of(records, with_bytes("x.jpg", SHA), with_bytes("y.jpg", SHA)) == [FileState.AMBIGUOUS] * 2


@pytest.mark.promise("I2")
@pytest.mark.parametrize("others", [1, 2])
def test_a_copy_of_what_was_edited_since_is_not_the_file(others):
    """The places hold other pictures now, and a spare copy of the old one is here: the edits are what there is to tell of."""
    records = [replace(tracked(pin, f"Board/{pin}.jpg"), sha256=SHA) for pin in ("501", "502")[:others]]
    edited = [with_bytes(record.path, ANOTHER) for record in records]
    assert states_of(records, *edited, with_bytes("copy.jpg", SHA)) == [FileState.CHANGED] * others


@pytest.mark.promise("I2")
def test_of_two_edited_files_with_the_id_of_a_pin_neither_is_chosen():
    record = replace(tracked("501", "Board/501.jpg"), sha256=SHA)
    assert states_of([record], with_bytes("a 501.jpg", ANOTHER), with_bytes("b 501.jpg", ANOTHER)) == [
        FileState.AMBIGUOUS
    ]


@pytest.mark.promise("I2")
def test_a_file_with_the_id_of_one_pin_and_the_bytes_of_another_leaves_the_first_open():
    named = replace(tracked("501", "Board/501.jpg"), sha256=SHA)
    other = replace(tracked("502", "Board/502.jpg"), sha256=ANOTHER)
    assert states_of([named, other], with_bytes("x 501.jpg", ANOTHER)) == [FileState.AMBIGUOUS, FileState.MOVED]


@pytest.mark.promise("I2")
@pytest.mark.parametrize(
    ("path", "bytes_there", "state"),
    [
        ("x 501.jpg", ANOTHER, FileState.AMBIGUOUS),
        ("x 501.jpg", Sha256("c" * 64), FileState.AMBIGUOUS),
        ("after 501 [502].jpg", ANOTHER, FileState.MISSING),
        ("x.jpg", ANOTHER, FileState.MISSING),
    ],
)
def test_a_file_recorded_for_another_pin_claims_the_only_pin_that_its_name_has(path, bytes_there, state):
    missing = replace(tracked("501", "Board/501.jpg"), sha256=SHA)
    other = replace(tracked("502", path), sha256=ANOTHER)
    assert states_of([missing, other], with_bytes(path, bytes_there))[0] is state


def test_pictures_that_changed_places_are_told_of_together():
    """Two pins had the same bytes; both places hold another picture now, and their old one lies at the place of a third pin."""
    same = [replace(tracked(pin, f"Board/{pin}.jpg"), sha256=SHA) for pin in ("501", "502")]
    third = replace(tracked("503", "Board/503.jpg"), sha256=ANOTHER)
    files = [*(with_bytes(record.path, ANOTHER) for record in same), with_bytes(third.path, SHA)]
    assert states_of([*same, third], *files)[:2] == [FileState.AMBIGUOUS] * 2


def test_of_two_refusals_of_one_image_the_one_of_more_runs_counts():
    often, once = (Refused(pin_id=PinId("1"), slot=0, image="a", reason="HTTP 403", runs=runs) for runs in (3, 1))
    image = PinImage(slot=0, renditions=(), signature="a")
    for order in ([often, once], [once, often]):
        assert RefusedImages(order, "2026-01-01T00:00:00Z", 30).of(image) is often


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
