"""What is agreed on without fetching anything: each action with everything that is in it."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from pinplan.actions import (
    Adopt,
    MoveLocal,
    Rebind,
    Relocate,
)
from pinplan.actions.expect import expect_of
from pinplan.model.base import Tracked
from pinplan.model.ids import BoardId, PinId, RelPath, Sha256
from pinplan.model.images import FileFact
from pinplan.model.pins import Pin
from pinplan.plan.document import FindingKind
from pinplan.reconcile.match import SeenPin
from pinplan.reconcile.truth import FileState
from tests.reconcile.cases import (
    MOVED,
    PATH,
    SAME_BYTES,
    SECTION,
    SIGNED,
    TEMPLATE,
    Table,
    file,
    image,
    pin,
    placed,
    record,
)

# -- here already ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("exact", "signature"), [(True, SIGNED), (False, None)])
def test_a_file_that_is_here_is_adopted_as_it_is(exact, signature):
    table = Table(pin(section_id=SECTION.id))
    after = Tracked(
        pin_id=PinId("501"),
        slot=0,
        path=RelPath("x.png"),
        size=9,
        mtime_ns=8,
        sha256=Sha256("f" * 64),
        width=30,
        height=40,
        format="PNG",
        board_id=BoardId("1"),
        section_id=SECTION.id,
        container="Board/Kittens",
        template=TEMPLATE,
        signature=signature,
    )
    assert table.actions(table.case(FileState.RECOGNISED, file("x.png"), exact=exact)) == [
        Adopt(
            pin_id=PinId("501"),
            board_id=BoardId("1"),
            address="Board/Kittens/501",
            reason="already_here",
            expect=expect_of(after),
            after=after,
        )
    ]


def test_a_file_is_adopted_once():
    table, here = Table(pin()), file("x.png")
    table.rules.apply(table.case(FileState.RECOGNISED, here))
    table.rules.apply(table.case(FileState.RECOGNISED, here))
    assert [type(action) for action in table.draft.actions] == [Adopt]
    (found,) = table.draft.findings
    assert (found.kind, found.message) == (FindingKind.CONFLICT, "x.png is already used for another image in this plan")


def test_of_a_file_that_is_no_picture_nothing_is_known_but_its_bytes():
    table = Table(pin())
    (action,) = table.actions(table.case(FileState.RECOGNISED, file("x.png", width=None, height=None, format=None)))
    assert isinstance(action, Adopt)
    assert (action.after.width, action.after.height, action.after.format) == (0, 0, "")


def as_it_is(path: str, **facts: Any) -> Tracked:
    known: dict[str, Any] = {
        "path": RelPath(path),
        "size": 9,
        "mtime_ns": 8,
        "sha256": Sha256("f" * 64),
        "width": 30,
        "height": 40,
        "format": "PNG",
        "signature": None,
        "doubtful": None,
    }
    return replace(record(), **(known | facts))


def relocated(after: Tracked, reason: str) -> Relocate:
    return Relocate(
        pin_id=PinId("501"),
        board_id=BoardId("1"),
        address="Board/501",
        reason=reason,
        expect=expect_of(after),
        before=record(),
        after=after,
    )


def test_a_renamed_file_is_agreed_on_where_it_is():
    table = Table(pin())
    case = table.case(FileState.RENAMED, MOVED, exact=True, record=record())
    assert table.actions(case) == [relocated(SAME_BYTES, "renamed_here")]


@pytest.mark.parametrize(
    ("found", "after"),
    [
        (file("x.png"), as_it_is("x.png")),
        (file("x.png", problem="its end is missing"), as_it_is("x.png", doubtful="its end is missing")),
        (file("x.png", width=None, height=None), as_it_is("x.png", width=0, height=0)),
        (MOVED, SAME_BYTES),
    ],
)
def test_a_moved_file_is_agreed_on_by_name_with_what_is_in_it(found, after):
    table = Table(pin())
    case = table.case(FileState.MOVED, found, record=record(), accepted=True)
    assert table.actions(case) == [relocated(after, "accepted")]


def test_a_file_is_agreed_on_for_one_image_only():
    table = Table(pin())
    for state in (FileState.RENAMED, FileState.RENAMED):
        table.rules.apply(table.case(state, MOVED, exact=True, record=record()))
    assert [type(action) for action in table.draft.actions] == [Relocate]
    assert [one.kind for one in table.draft.findings] == [FindingKind.CONFLICT]


def test_a_moved_file_that_was_not_looked_into_is_agreed_on_by_name_as_it_was():
    table, found = Table(pin()), FileFact(path=MOVED.path, size=9, mtime_ns=8)
    case = table.case(FileState.MOVED, found, record=record(), accepted=True)
    assert table.actions(case) == [relocated(SAME_BYTES, "accepted")]


@pytest.mark.parametrize("broken", [{"format": None}, {"damage": "it is empty", "problem": "it is empty"}])
def test_what_is_no_image_is_not_agreed_on(broken):
    table, found = Table(pin()), file("x.png", **broken)
    said = table.finding(table.case(FileState.MOVED, found, record=record(), accepted=True))
    assert said.message == f"x.png cannot be tracked in place of {PATH}: it is not a valid image"
    table, found = Table(pin()), file(**broken)
    said = table.finding(table.case(FileState.CHANGED, found, record=record(), accepted=True))
    assert said.message == f"{PATH} cannot be accepted: it is not a valid image"


def test_a_changed_file_is_agreed_on_by_name():
    table, after = Table(pin()), as_it_is(PATH)
    assert table.actions(table.case(FileState.CHANGED, file(), record=record(), accepted=True)) == [
        Adopt(
            pin_id=PinId("501"),
            board_id=BoardId("1"),
            address="Board/501",
            reason="accepted",
            expect=expect_of(after),
            before=record(),
            after=after,
        )
    ]


def test_a_moved_file_goes_back_by_name():
    table = Table(pin(), files=[MOVED])
    case = table.case(FileState.MOVED, MOVED, exact=True, record=record(), restored=True)
    assert table.actions(case) == [
        MoveLocal(
            pin_id=PinId("501"),
            board_id=BoardId("1"),
            address="Board/501",
            reason="restored",
            expect=expect_of(SAME_BYTES),
            before=SAME_BYTES,
            after=placed(),
            same_bytes=True,
        )
    ]


def test_other_bytes_do_not_go_back():
    table = Table(pin())
    found = table.finding(table.case(FileState.MOVED, file("x.jpg"), record=record(), restored=True))
    assert (found.kind, found.moved_to, found.path) == (FindingKind.MOVED_LOCALLY, "x.jpg", PATH)
    assert found.message == f"x.jpg does not have the recorded bytes of {PATH}; it is not moved back"


# -- saved again -----------------------------------------------------------------------------------------------------


def rebound(table: Table, new: Pin, *known: Tracked) -> bool:
    cases = [table.case(FileState.AS_RECORDED, record=one, records=known) for one in known]
    return table.rules.rebind(cases, SeenPin(new, table.pins.boards[new.board_id]))


def test_a_pin_that_was_saved_again_takes_over_all_files():
    new = Pin(id=PinId("601"), board_id=BoardId("2"), title="New", images=(image(1), image(2)))
    known = record(slot=1), record("Board/b.png", slot=2)
    table = Table(new, files=[file(one.path) for one in known])
    assert rebound(table, new, *known)
    paths = ("Other/New [601]-1.jpg", "Other/New [601]-2.png")
    assert table.draft.actions == [
        Rebind(
            pin_id=PinId("601"),
            board_id=BoardId("2"),
            address=f"Other/601#{one.slot}",
            reason="saved_again",
            expect=expect_of(one),
            before=one,
            after=placed(path, slot=one.slot, board_id=BoardId("2"), container="Other"),
        )
        for one, path in zip(known, paths, strict=True)
    ]
    assert [table.draft.places.is_free(RelPath(path), own="") for path in paths] == [False, False]


def test_a_pin_that_was_saved_again_takes_over_no_file_where_one_place_is_taken():
    new = Pin(id=PinId("601"), board_id=BoardId("2"), title="New", images=(image(1), image(2)))
    table = Table(new, files=[file("Other/New [601]-2.jpg")])
    assert not rebound(table, new, record(slot=1), record("Board/b.jpg", slot=2))
    assert (table.draft.actions, table.draft.findings) == ([], [])


def test_a_single_image_is_saved_again_without_a_number():
    new = Pin(id=PinId("601"), board_id=BoardId("2"), title="New", images=(image(),))
    table = Table(new)
    assert rebound(table, new, record())
    assert [action.address for action in table.draft.actions] == ["Other/601"]
