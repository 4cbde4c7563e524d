"""What is fetched, and over which files: each action with everything that is in it, each finding with its words."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from pinplan.actions import (
    CopyLocal,
    Download,
    MoveLocal,
    Replace,
)
from pinplan.actions.expect import ExpectFile, ExpectFree, expect_of
from pinplan.model.ids import BoardId, PinId, RelPath, Sha256
from pinplan.model.pins import Rendition
from pinplan.plan.document import FindingKind, Scope
from pinplan.policies.bundle import Mtime
from pinplan.policies.mode import Mode, answers_of
from pinplan.reconcile.truth import FileState
from tests.reconcile.cases import (
    AS_RECORDED,
    PATH,
    REFUSED,
    URL,
    Table,
    file,
    image,
    in_place,
    pin,
    placed,
    record,
)

# -- fetched ---------------------------------------------------------------------------------------------------------

PNG = "Board/Cat [501].png"


def download(path: str = PNG, **facts: Any) -> Download:
    known: dict[str, Any] = {
        "address": "Board/501",
        "reason": "new_pin",
        "before": None,
        "after": placed(path),
        "renditions": image().renditions,
        "estimated_bytes": 3000,
    }
    expect = ExpectFree(free=RelPath(path))
    return Download(pin_id=PinId("501"), board_id=BoardId("1"), expect=expect, **(known | facts))


def test_a_new_image_is_downloaded():
    table = Table(pin())
    assert table.actions(table.case(FileState.NEVER_HERE)) == [download()]


def test_a_missing_image_is_downloaded_again_under_the_extension_that_it_had():
    table, known = Table(pin()), record()
    case = table.case(FileState.MISSING, record=known, answers=answers_of(Mode.MIRROR))
    assert table.actions(case) == [download(PATH, reason="removed_locally", before=known)]
    table, known = Table(pin(image(signature=None))), record(signature=None)
    case = table.case(FileState.MISSING, record=known, answers=answers_of(Mode.MIRROR))
    after = placed(PNG, signature=None)
    assert table.actions(case) == [download(reason="removed_locally", before=known, after=after)]
    table, known = Table(pin()), record(signature="b" * 32)
    case = table.case(FileState.MISSING, record=known, answers=answers_of(Mode.MIRROR))
    assert table.actions(case) == [download(reason="removed_locally", before=known)]


def test_an_image_of_a_carousel_is_downloaded_under_its_number():
    path = "Board/Cat [501]-2.png"
    table = Table(pin(image(1), image(2)))
    case = table.case(FileState.NEVER_HERE, image=image(2))
    assert table.actions(case) == [download(path, address="Board/501#2", after=placed(path, slot=2))]


def test_a_download_is_given_the_time_of_its_pin_where_that_is_asked_for():
    made = pin(created_at="2020-01-02T03:04:05Z")
    table = Table(made, mtime=Mtime.CREATED)
    (action,) = table.actions(table.case(FileState.NEVER_HERE))
    assert action == download(after=placed(PNG, mtime="2020-01-02T03:04:05Z"))
    table = Table(made)
    assert table.actions(table.case(FileState.NEVER_HERE)) == [download()]
    table = Table(pin(), mtime=Mtime.CREATED)
    assert table.actions(table.case(FileState.NEVER_HERE)) == [download()]


@pytest.mark.parametrize(
    ("size", "expected"), [((100, 200), 3000), ((None, 200), 30_000), ((100, None), 22_500), ((None, None), 225_000)]
)
def test_the_bytes_of_a_download_are_estimated_from_its_pixels(size, expected):
    table = Table(pin(image(size=size)))
    (action,) = table.actions(table.case(FileState.NEVER_HERE))
    assert isinstance(action, Download)
    assert action.estimated_bytes == expected


def test_a_video_is_downloaded_as_its_cover_and_that_is_said():
    table = Table(pin(image(cover=True)))
    table.rules.apply(table.case(FileState.NEVER_HERE))
    assert table.draft.actions == [download(renditions=image().renditions)]
    assert [one.kind for one in table.draft.findings] == [FindingKind.COVER_ONLY]


@pytest.mark.parametrize("offered", [None, image(renditions=())])
def test_what_pinterest_does_not_offer_is_not_fetched(offered):
    table = Table(pin())
    case = table.case(FileState.MISSING, image=offered, record=record(), answers=answers_of(Mode.MIRROR))
    assert table.finding(case).kind is FindingKind.WITHHELD


def test_an_image_that_is_here_under_the_same_address_is_copied():
    table = Table(pin(), here=[(URL, RelPath("Other/x.png"))])
    assert table.actions(table.case(FileState.NEVER_HERE)) == [
        CopyLocal(
            pin_id=PinId("501"),
            board_id=BoardId("1"),
            address="Board/501",
            reason="new_pin",
            expect=ExpectFree(free=RelPath(PNG)),
            before=None,
            after=placed(PNG),
            source=RelPath("Other/x.png"),
        )
    ]
    table, known = Table(pin(), here=[(URL, RelPath("Other/x.png"))]), record()
    (action,) = table.actions(table.case(FileState.MISSING, record=known, answers=answers_of(Mode.MIRROR)))
    assert isinstance(action, CopyLocal)
    assert (action.reason, action.before, action.after.path) == ("removed_locally", known, PATH)


def test_an_address_that_is_not_pinterests_own_is_never_copied_from():
    unsigned = image(signature=None)
    table = Table(pin(unsigned), here=[(URL, RelPath("Other/x.png"))])
    assert table.actions(table.case(FileState.NEVER_HERE)) == [download(after=placed(PNG, signature=None))]


def test_the_second_of_two_new_pins_with_one_image_is_copied_from_the_first():
    other = replace(pin(), id=PinId("502"))
    table = Table(pin(), other)
    first, second = table.actions(
        table.case(FileState.NEVER_HERE), table.case(FileState.NEVER_HERE, seen=table.pins.pins[other.id])
    )
    assert first == download()
    assert isinstance(second, CopyLocal)
    assert (second.pin_id, second.source, second.address) == ("502", PNG, "Board/502")


@pytest.mark.promise("I9")
def test_nothing_is_copied_from_what_the_plan_leaves_out():
    other = replace(pin(), id=PinId("502"), board_id=BoardId("2"))
    table = Table(pin(), other, scope=Scope(excludes=("Board",)))
    _, second = table.actions(
        table.case(FileState.NEVER_HERE), table.case(FileState.NEVER_HERE, seen=table.pins.pins[other.id])
    )
    assert isinstance(second, Download)
    table = Table(pin(), other, scope=Scope(excludes=("Cats",)))
    _, second = table.actions(
        table.case(FileState.NEVER_HERE), table.case(FileState.NEVER_HERE, seen=table.pins.pins[other.id])
    )
    assert isinstance(second, CopyLocal)


def test_an_image_that_is_refused_again_and_again_is_only_reported_unless_it_is_asked_for_by_name():
    table = Table(pin(), refused=[REFUSED])
    found = table.finding(table.case(FileState.NEVER_HERE))
    assert (found.kind, found.commands) == (FindingKind.WITHHELD, (("plan", "--restore", "501"),))
    assert found.message.startswith("withheld: HTTP 403 since 2026-01-29")
    table = Table(pin(), refused=[REFUSED])
    assert table.actions(table.case(FileState.NEVER_HERE, restored=True)) == [download()]
    table = Table(pin(), refused=[REFUSED], here=[(URL, RelPath("Other/x.png"))])
    (action,) = table.actions(table.case(FileState.NEVER_HERE))
    assert isinstance(action, CopyLocal)


def test_a_place_that_is_taken_is_a_conflict():
    table = Table(pin(), files=[file(PNG)])
    found = table.finding(table.case(FileState.NEVER_HERE))
    assert (found.kind, found.message) == (FindingKind.CONFLICT, f"{PNG} is taken by {PNG}")


# -- fetched over a file ---------------------------------------------------------------------------------------------

DAMAGED = file(format=None, problem="it is empty", damage="it is empty")


def replaced(**facts: Any) -> Replace:
    known: dict[str, Any] = {
        "address": "Board/501",
        "reason": "damaged: it is empty",
        "expect": ExpectFile(path=PATH, size=9, mtime_ns=8, sha256=Sha256("f" * 64)),
        "before": record(),
        "after": placed(),
        "renditions": image().renditions,
        "estimated_bytes": 3000,
    }
    return Replace(pin_id=PinId("501"), board_id=BoardId("1"), **(known | facts))


def test_a_damaged_file_is_replaced():
    table = Table(pin(), files=[DAMAGED])
    assert table.actions(table.case(FileState.DAMAGED, DAMAGED, record=record())) == [replaced()]


def test_a_changed_file_is_replaced_only_by_name():
    changed = file()
    table = Table(pin(), files=[changed])
    assert table.finding(table.case(FileState.CHANGED, changed, record=record())).kind is FindingKind.MODIFIED_LOCALLY
    table = Table(pin(), files=[changed])
    case = table.case(FileState.CHANGED, changed, record=record(), restored=True)
    assert table.actions(case) == [replaced(reason="restored")]


@pytest.mark.parametrize(
    ("moved_to", "known", "complete", "path"),
    [
        ("2", record(), True, "Other/Cat [501].jpg"),
        ("2", record(), False, PATH),
        ("1", record(template="{pin_id}{slot}{ext}"), True, PATH),
        ("1", record("Board/x.jpg", template="{pin_id}{slot}{ext}"), True, PATH),
        ("1", record("Board/x.jpg", template="{pin_id}{slot}{ext}"), False, "Board/x.jpg"),
        ("1", record("Board/x.jpg"), True, "Board/x.jpg"),
    ],
)
def test_a_damaged_file_is_replaced_where_its_pin_is_now(moved_to, known, complete, path):
    damaged = file(known.path, format=None, problem="it is empty", damage="it is empty")
    table = Table(pin(board_id=BoardId(moved_to)), files=[damaged], complete=complete)
    (action,) = table.actions(table.case(FileState.DAMAGED, damaged, record=known))
    assert isinstance(action, Replace)
    assert (action.after.path, action.before, action.board_id) == (path, known, moved_to)


@pytest.mark.parametrize(
    ("state", "restored", "what"),
    [(FileState.DAMAGED, False, "is damaged"), (FileState.CHANGED, True, "was changed here")],
)
@pytest.mark.parametrize("offered", [None, image(renditions=())])
def test_a_file_is_not_replaced_where_pinterest_offers_nothing(state, restored, what, offered):
    table = Table(pin(), files=[DAMAGED])
    case = table.case(state, DAMAGED, record=record(), restored=restored, image=offered)
    found = table.finding(case)
    assert (found.kind, found.message) == (
        FindingKind.WITHHELD,
        f"the file {what}, and Pinterest no longer offers this image",
    )


def test_a_damaged_file_whose_image_is_refused_is_only_reported():
    table = Table(pin(), files=[DAMAGED], refused=[REFUSED])
    found = table.finding(table.case(FileState.DAMAGED, DAMAGED, record=record()))
    assert found.message.startswith(f"{PATH} is damaged, and its image is withheld: HTTP 403")


def test_a_pin_that_shows_another_image_keeps_its_file_unless_that_is_asked_for_by_name():
    known = record(signature="b" * 32)
    table = Table(pin(), files=[AS_RECORDED])
    found = table.finding(in_place(table, known))
    assert (found.kind, found.commands) == (FindingKind.ANOTHER_IMAGE, (("plan", "--restore", "501"),))
    table = Table(pin(), files=[AS_RECORDED])
    assert table.actions(in_place(table, known, restored=True)) == [
        replaced(reason="another_image", expect=expect_of(known), before=known)
    ]


@pytest.mark.promise("I20")
@pytest.mark.parametrize("restored", [True, False])
def test_fewer_pixels_of_another_image_never_take_a_files_place(restored):
    known = record(signature="b" * 32, width=101)
    table = Table(pin(), files=[AS_RECORDED])
    found = table.finding(in_place(table, known, restored=restored))
    assert (found.kind, found.commands) == (FindingKind.ANOTHER_IMAGE, ())


@pytest.mark.parametrize("state", [True, False])
def test_another_image_does_not_keep_a_file_from_following_its_pin(state):
    known = record(signature="b" * 32)
    table = Table(pin(board_id=BoardId("2")), files=[AS_RECORDED])
    table.rules.apply(in_place(table, known, restored=state))
    assert [type(action) for action in table.draft.actions] == [Replace if state else MoveLocal]
    assert [one.kind for one in table.draft.findings] == ([] if state else [FindingKind.ANOTHER_IMAGE])


@pytest.mark.promise("I19")
@pytest.mark.parametrize("refused", [[], [replace(REFUSED, runs=1)]], ids=["placeholder", "refused once"])
def test_a_file_that_stands_for_a_larger_one_is_fetched_again_in_the_sizes_that_are_larger(refused):
    size: dict[str, Any] = {"width": 50, "height": 100} if refused else {"width": 10, "height": 10}
    known, larger = record(**size), image().renditions[0]
    small = Rendition(size="10x", url="small", width=10, height=10)
    table = Table(pin(image(renditions=(larger, small))), files=[AS_RECORDED], refused=refused)
    assert table.actions(in_place(table, known)) == [
        replaced(reason="better_size", expect=expect_of(known), before=known)
    ]


SMALL, HALF = {"width": 10, "height": 10}, {"width": 50, "height": 100}


@pytest.mark.parametrize(
    ("facts", "mode", "refused", "kind", "why", "again"),
    [
        (SMALL, Mode.ARCHIVE, [], FindingKind.BETTER_SIZE, "; fetch it with: pinplan plan --restore 501", "501"),
        (SMALL, Mode.TWO_WAY, [REFUSED], FindingKind.BETTER_SIZE, "withheld: HTTP 403 since 2026-01-29", "502"),
        (SMALL, Mode.ARCHIVE, [REFUSED], FindingKind.BETTER_SIZE, "withheld: HTTP 403 since 2026-01-29", "502"),
        (HALF, Mode.TWO_WAY, [], FindingKind.SMALLER, "is 50×100, Pinterest has 100×200", None),
        (SMALL | {"signature": None}, Mode.TWO_WAY, [], FindingKind.SMALLER, "is 10×10, Pinterest has", None),
    ],
)
def test_a_smaller_file_stays_with_the_way_to_a_larger_one(facts, mode, refused, kind, why, again):
    known, answers = record(**facts), answers_of(mode)
    shared = [replace(one, pin_id=PinId("502")) for one in refused]
    table = Table(pin(), files=[AS_RECORDED], refused=shared)
    found = table.finding(in_place(table, known, answers=answers))
    assert (found.kind, found.commands) == (kind, (("plan", "--restore", again),) if again else ())
    assert why in found.message
    table = Table(pin(board_id=BoardId("2")), files=[AS_RECORDED], refused=shared)
    table.rules.apply(in_place(table, known, answers=answers))
    assert [type(action) for action in table.draft.actions] == [MoveLocal], "it follows its pin all the same"


@pytest.mark.parametrize(("board", "path"), [("1", PATH), ("2", "Other/Cat [501].jpg")])
@pytest.mark.parametrize("facts", [SMALL, SMALL | {"signature": None}])
def test_a_larger_image_is_fetched_by_name(facts, board, path):
    known = record(**facts)
    table = Table(pin(board_id=BoardId(board)), files=[AS_RECORDED], refused=[REFUSED])
    (action,) = table.actions(in_place(table, known, restored=True, answers=answers_of(Mode.ARCHIVE)))
    assert isinstance(action, Replace)
    assert (action.reason, action.before, action.after.path) == ("better_size", known, path)
