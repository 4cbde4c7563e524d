"""The words of findings, and which boards they are about: whole, over what is made by hand."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from pinplan.actions import ConfirmCreate
from pinplan.actions.contexts import Home
from pinplan.actions.expect import ExpectPin
from pinplan.actions.receipts import Confirmed
from pinplan.model.ids import ActionId, BoardId, PinId, RunId, SectionId
from pinplan.model.pins import Board
from pinplan.model.snapshots import BoardSnapshot, UnreadableItem
from pinplan.plan.document import Finding, FindingKind, Scope
from pinplan.reconcile.findings import (
    about_boards,
    compares,
    confirmations,
    finding_of,
    unconfirmed,
    why_moved,
    why_not_again,
    why_not_ours,
)
from pinplan.reconcile.match import SeenPin
from pinplan.reconcile.plan_input import PendingCreate, PlanInput
from pinplan.reconcile.scope import ScopeFilter
from pinplan.reconcile.truth import FileState, Outcome, PinState
from tests.fakes import ME
from tests.reconcile.cases import MOVED, PATH, SECTION, Table, file, pin, record
from tests.reconcile.test_planner import record as recorded
from tests.reconcile.test_planner import world

# -- boards ----------------------------------------------------------------------------------------------------------

ODD = (UnreadableItem(page=2, item=3, problem="it is no object"),)
SAID = "nothing is deleted or moved in"


def board(number: str = "1", pins: int = 0, **facts: Any) -> BoardSnapshot:
    count = facts.pop("pin_count", None)
    return BoardSnapshot(
        board=Board(id=BoardId(number), name=f"Board {number}", owner=ME.username, pin_count=count),
        pins=tuple(replace(pin(), id=PinId(f"{number}0{n}"), board_id=BoardId(number)) for n in range(pins)),
        **facts,
    )


def seen(*boards: BoardSnapshot, inputs: PlanInput | None = None, **facts: Any) -> PlanInput:
    inputs = inputs or world()
    return replace(inputs, remote=replace(inputs.remote, boards=boards, **facts))


def told(inputs: PlanInput, scope: Scope | None = None) -> list[Finding]:
    return list(about_boards(inputs, ScopeFilter(scope or Scope(), inputs.remote.boards)))


def says(kind: FindingKind, address: str, message: str, count: int = 1) -> Finding:
    return Finding(kind=kind, address=address, message=message, count=count)


BROKEN: dict[str, Any] = {"complete": False, "problem": "HTTP 500"}


@pytest.mark.promise("I1")
@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, []),
        (BROKEN, [("incomplete", f"the listing did not end cleanly (HTTP 500): {SAID} this board")]),
        (BROKEN | {"listed": False}, []),
        (
            {"complete": False, "unreadable": ODD},
            [("unreadable_item", "item 3 on page 2 of the listing is not a pin: it is no object")],
        ),
        (
            {"complete": False, "unreadable_sections": ODD},
            [("unreadable_item", "item 3 on page 2 of the list of sections is not a section: it is no object")],
        ),
        ({"pins": 1, "pin_count": 3}, [("short_listing", "1 pins listed, Pinterest says 3")]),
        ({"pins": 3, "pin_count": 3}, []),
    ],
)
def test_what_is_said_of_a_board_of_which_not_everything_was_seen(facts, expected):
    found = told(seen(board(**facts), board("2")))
    assert found == [says(FindingKind(kind), "Board 1", message) for kind, message in expected]


@pytest.mark.promise("I1")
def test_a_section_without_a_name_is_said_where_the_listing_was_read():
    lacking: dict[str, Any] = {"complete": False, "unnamed": (SectionId("7"),)}
    (found,) = told(seen(board(**lacking)))
    assert (found.kind, found.address.partition("/")[0]) == (FindingKind.UNLISTED_SECTION, "Board 1")
    assert found.address != "Board 1"
    assert found.message.startswith("section 7 is missing from the list of sections: its pins use this folder until")
    assert [one.kind for one in told(seen(board(**lacking, problem="HTTP 500")))] == [FindingKind.INCOMPLETE]


@pytest.mark.parametrize(
    ("count", "items"),
    [(1, "an item in the list of boards is not a board"), (2, "2 items in the list of boards are not boards")],
)
def test_items_of_the_list_of_boards_are_said_in_every_scope(count, items):
    inputs = seen(board(), unreadable=ODD * count)
    item = says(
        FindingKind.UNREADABLE_ITEM, ".", "item 3 on page 2 of the list of boards is not a board: it is no object"
    )
    expected = [says(FindingKind.INCOMPLETE, ".", f"{items}: {SAID} any board", count), *[item] * count]
    assert told(inputs) == told(inputs, Scope(targets=("Other",))) == expected


@pytest.mark.parametrize(
    ("boards", "expected"),
    [
        ([board(complete=False, asked=False, pins=1)], "1 board (--refresh none)"),
        (
            [board(complete=False, asked=False), board("2", pins=1, complete=False, asked=False)],
            "2 boards (--refresh none, 1 without pins in the cache)",
        ),
    ],
)
def test_boards_that_were_not_asked_are_one_finding(boards, expected):
    message = f"Pinterest was not queried for {expected}: {SAID} them"
    assert told(seen(*boards)) == [says(FindingKind.NOT_ASKED, ".", message, len(boards))]


@pytest.mark.promise("I9")
@pytest.mark.parametrize(
    ("scope", "boards"),
    [
        (Scope(), ["Board 1", "Board 2"]),
        (Scope(targets=("Board 1",)), ["Board 1"]),
        (Scope(excludes=("Board 1",)), ["Board 2"]),
        (Scope(targets=("200",)), ["Board 2"]),
        (Scope(targets=("Board 3",)), []),
    ],
)
def test_only_boards_in_scope_are_told_of(scope, boards):
    inputs = seen(board(**BROKEN), board("2", pins=1, **BROKEN), board("3"))
    assert [one.address for one in told(inputs, scope)] == boards


@pytest.mark.promise("I1")
@pytest.mark.parametrize(("count", "files"), [(1, "1 tracked file is kept"), (2, "2 tracked files are kept")])
def test_a_board_that_is_not_listed_any_more_is_said_with_its_files(count, files):
    records = [recorded(f"50{n}", container="Old/x", board_id=BoardId("9")) for n in range(count)]
    inputs = seen(board(), inputs=world(records=records))
    message = f"Pinterest no longer lists this board: its {files}, {SAID} it"
    assert told(inputs) == [says(FindingKind.VANISHED, "Old", message)]
    assert told(seen(board("9"), inputs=world(records=records))) == []
    moved = replace(board(), pins=tuple(replace(pin(), id=one.pin_id) for one in records))
    assert told(seen(moved, inputs=world(records=records))) == [], "its pins are elsewhere"
    assert told(seen(board(), inputs=world(records=records, exclude=("Old",)))) == []
    assert told(inputs, Scope(targets=("Board 1",))) == []
    for named in ("500", "*/x/500", "Old"):
        assert told(inputs, Scope(targets=(named,))) == [says(FindingKind.VANISHED, "Old", message)], named


@pytest.mark.parametrize(
    ("boards", "scope", "expected"),
    [
        ([board(), board("2")], Scope(), True),
        ([board(), board("2", listed=False)], Scope(), True),
        ([board(listed=False), board("2", listed=False)], Scope(), False),
        ([board(), board("2", listed=False)], Scope(targets=("Board 2",)), False),
        ([board(), board("2", listed=False)], Scope(targets=("Board 1",)), True),
        ([board(), board("2")], Scope(targets=("Board 2",)), True),
        ([board(), board("2", listed=False)], Scope(excludes=("Board 1",)), False),
        ([board(pins=1), board("2", listed=False)], Scope(targets=("100",)), True),
        ([board(pins=1, listed=False), board("2")], Scope(targets=("100",)), False),
        ([], Scope(), True),
    ],
)
def test_sides_are_compared_where_a_board_in_scope_takes_part(boards, scope, expected):
    inputs = seen(*boards)
    assert compares(inputs, ScopeFilter(scope, inputs.remote.boards)) is expected


# -- images ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("result", "facts", "message"),
    [
        (Outcome.REMOVED_LOCALLY, {}, f"{PATH} was removed here; the pin stays on Pinterest and is not fetched again"),
        (Outcome.REMOVED_ON_PINTEREST, {}, f"the pin was removed on Pinterest; {PATH} is kept"),
        (
            Outcome.PARTLY_REMOVED,
            {},
            f"{PATH} was removed here, other images of the same pin still exist; nothing is done",
        ),
        (
            Outcome.MODIFIED_LOCALLY,
            {"found": file(format="JPEG")},
            f"{PATH} was changed here; it is never overwritten or deleted",
        ),
        (
            Outcome.MODIFIED_LOCALLY,
            {"found": file()},
            f"{PATH} was changed here: it is a PNG image now; it is never overwritten or deleted",
        ),
        (
            Outcome.MODIFIED_LOCALLY,
            {"found": file(problem="its end is missing")},
            f"{PATH} was changed here: it is a PNG image now, and its end is missing; it is never overwritten or deleted",
        ),
        (
            Outcome.MODIFIED_LOCALLY,
            {"found": file(problem="a PNG image without an end")},
            f"{PATH} was changed here: a PNG image without an end; it is never overwritten or deleted",
        ),
        (
            Outcome.MODIFIED_LOCALLY,
            {"found": file(format=None, problem="it is no image")},
            f"{PATH} was changed here: it is no image; it is never overwritten or deleted",
        ),
        (Outcome.MODIFIED_LOCALLY, {}, f"{PATH} was changed here; it is never overwritten or deleted"),
        (
            Outcome.MOVED_LOCALLY,
            {"found": MOVED, "exact": True},
            f"{PATH} was moved here to Board/x.jpg; it is not missing",
        ),
        (
            Outcome.CONFLICT,
            {"found": MOVED, "exact": True},
            f"{PATH} was moved here to Board/x.jpg, and on Pinterest its board or section was renamed to Board; nothing is done",
        ),
    ],
)
def test_the_words_of_what_is_only_said(result, facts, message):
    table = Table(pin())
    case = table.case(FileState.MOVED, record=record(), **facts)
    assert finding_of(case, result) == (FindingKind(result.name.lower()), message)


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ({"board_id": BoardId("2")}, "its pin was moved to Other"),
        ({"section_id": SECTION.id}, "its pin was moved to Board/Kittens"),
        ({"section_id": SectionId("77")}, "its pin was moved to Board/section 77"),
    ],
)
def test_a_conflict_names_both_places(place, said):
    case = Table(pin(**place)).case(FileState.REFILED, MOVED, exact=True, record=record())
    (_, message) = finding_of(case, Outcome.CONFLICT) or ("", "")
    assert message == f"{PATH} was moved here to Board/x.jpg, and on Pinterest {said}; nothing is done"


@pytest.mark.parametrize(
    ("pin_state", "state", "why", "found", "message"),
    [
        (PinState.PRESENT, FileState.UNKNOWN, "x", None, f"cannot tell whether {PATH} is missing: x"),
        (
            PinState.PRESENT,
            FileState.UNKNOWN,
            "",
            None,
            f"cannot tell the state of {PATH}: the scan could not read it",
        ),
        (
            PinState.UNKNOWN,
            FileState.MISSING,
            "",
            None,
            f"cannot tell whether {PATH} is still on Pinterest: not read",
        ),
        (PinState.PRESENT, FileState.AMBIGUOUS, "x", MOVED, f"{PATH}: x"),
        (PinState.PRESENT, FileState.AMBIGUOUS, "", MOVED, "several files claim to be the same image: Board/x.jpg"),
        (
            PinState.GONE,
            FileState.DAMAGED,
            "",
            MOVED,
            f"the pin was removed on Pinterest and {PATH} is damaged here; it stays",
        ),
        (
            PinState.GONE,
            FileState.CHANGED,
            "",
            MOVED,
            f"the pin was removed on Pinterest and {PATH} was changed here; it stays",
        ),
        (
            PinState.GONE,
            FileState.MOVED,
            "x",
            MOVED,
            f"the pin was removed on Pinterest and {PATH} was moved here; it stays",
        ),
        (
            PinState.GONE,
            FileState.RENAMED,
            "",
            MOVED,
            f"the pin was removed on Pinterest and {PATH} was moved here; it stays",
        ),
        (
            PinState.PRESENT,
            FileState.MOVED,
            "shows the same picture",
            MOVED,
            f"{PATH} does not exist, but Board/x.jpg shows the same picture, and on Pinterest its board or section was renamed to Board; nothing is done",
        ),
    ],
)
def test_the_words_of_what_cannot_be_told(pin_state, state, why, found, message):
    table = Table(pin())
    case = table.case(state, found, record=record(), pin=pin_state, why="not read")
    case = replace(case, file=replace(case.file, why=why))
    assert finding_of(case, Outcome.CONFLICT) == (FindingKind.CONFLICT, message)
    unknown = finding_of(case, Outcome.UNKNOWN)
    assert unknown
    assert unknown[0] is FindingKind.UNKNOWN


def test_what_is_done_is_no_finding():
    table = Table(pin())
    assert finding_of(table.case(FileState.MISSING, record=record()), Outcome.DOWNLOAD) is None


def test_of_a_new_image_that_several_files_claim_to_be_all_are_named():
    table = Table(pin())
    case = table.case(FileState.AMBIGUOUS, file("b.jpg"))
    case = replace(case, file=replace(case.file, others=("a.jpg", "b.jpg")))
    assert finding_of(case, Outcome.CONFLICT) == (
        FindingKind.CONFLICT,
        "several files claim to be the same image: a.jpg, b.jpg",
    )
    open_case = table.case(FileState.UNKNOWN)
    assert finding_of(replace(open_case, file=replace(open_case.file, why="x")), Outcome.UNKNOWN) == (
        FindingKind.UNKNOWN,
        "cannot tell whether the pin is missing: x",
    )


@pytest.mark.promise("I10")
@pytest.mark.parametrize(
    ("facts", "owner", "why"),
    [
        ({}, ME.username, None),
        ({"board_owner": None}, ME.username, None),
        ({}, None, None),
        ({"is_owner": False}, ME.username, "the pin belongs to another account"),
        ({"is_owner": None}, ME.username, "the pin belongs to another account"),
        ({"board_owner": "other"}, ME.username, "its board may belong to another account"),
        ({}, "other", "its board may belong to another account"),
        ({"board_owner": None}, None, "its board may belong to another account"),
    ],
)
def test_a_pin_is_ours_only_where_everything_says_so(facts, owner, why):
    seen_in = BoardSnapshot(board=Board(id=BoardId("1"), name="Board", owner=owner))
    assert why_not_ours(SeenPin(pin(**facts), seen_in), ME.username) == why


def test_why_a_file_moves():
    here = BoardSnapshot(board=Board(id=BoardId("1"), name="Board"))
    assert why_moved(record(), SeenPin(pin(board_id=BoardId("2")), here), "t") == "other_board"
    assert why_moved(record(), SeenPin(pin(section_id=SECTION.id), here), "t") == "other_section"
    assert why_moved(record(), SeenPin(pin(), here), "t") == "new_template"
    assert why_moved(record(), SeenPin(pin(), here), record().template) == "renamed"


# -- creates of earlier runs -----------------------------------------------------------------------------------------

HOME = Home(board_id=BoardId("1"), section_id=SECTION.id, container="Board/Kittens")
PENDING = PendingCreate(
    run=RunId("r1"), action=ActionId("0007"), address="Board/9", subject=PinId("9"), begun_at="2026-01-01", home=HOME
)


def with_creates(*creates: PendingCreate, **facts: Any) -> PlanInput:
    return replace(world(**facts), creates=creates)


@pytest.mark.promise("I29")
def test_a_create_whose_pin_was_found_is_recorded():
    found = replace(PENDING, found=PinId("70"))
    inputs = with_creates(PENDING, found)
    assert list(confirmations(inputs)) == [
        ConfirmCreate(
            pin_id=PinId("70"),
            board_id=BoardId("1"),
            address="Board/Kittens/70",
            reason="confirmed",
            expect=ExpectPin(pin_id=PinId("70"), board_id=BoardId("1"), section_id=SECTION.id),
            confirms=Confirmed(run=RunId("r1"), action=ActionId("0007")),
            after=HOME,
            files=(),
        )
    ]
    assert why_not_again(with_creates(found), PinId("9")) == "it was created again by run r1, as pin 70"


@pytest.mark.promise("I29")
def test_a_create_of_which_nothing_is_known_is_told_with_the_way_to_end_it():
    (found,) = unconfirmed(with_creates(PENDING, replace(PENDING, found=PinId("70"))))
    ends = ("resolve", "r1", "0007")
    assert (found.kind, found.address, found.pin_id) == (FindingKind.UNCONFIRMED, "Board/9", "9")
    assert found.commands == ((*ends, "--is", "PIN"), (*ends, "--none"))
    assert found.message.startswith(
        "may have been created by action 0007 of run r1 at 2026-01-01: the response was lost"
    )
    assert found.message.endswith(
        "pinplan resolve r1 0007 --is PIN, or if nothing was created: pinplan resolve r1 0007 --none"
    )
    assert (why_not_again(with_creates(PENDING), PinId("9")) or "").startswith(
        "it may have been created again by action 0007 of run r1"
    )
    assert why_not_again(with_creates(PENDING), PinId("8")) is None
