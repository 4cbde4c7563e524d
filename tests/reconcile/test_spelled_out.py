"""What follows where a file is in its place, was moved, or is gone: each action whole, each finding with its words."""

from __future__ import annotations

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from pinplan.actions import (
    DeleteLocal,
    DeleteRemote,
    Forget,
    MoveLocal,
    Relocate,
)
from pinplan.actions.expect import ExpectFree, ExpectPin, expect_of
from pinplan.model.ids import BoardId, PinId
from pinplan.model.pins import MediaType
from pinplan.plan.document import Finding, FindingKind, Scope
from pinplan.policies.mode import Mode, NewPin, answers_of
from pinplan.reconcile.truth import FileState
from tests.reconcile.cases import (
    AS_RECORDED,
    PATH,
    REFUSED,
    SECTION,
    Table,
    file,
    image,
    in_place,
    pin,
    placed,
    record,
)

# -- moved and removed -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "known", "path", "container", "reason"),
    [
        (pin(board_id=BoardId("2")), record(), "Other/Cat [501].jpg", "Other", "other_board"),
        (pin(section_id=SECTION.id), record(), PATH, "Board/Kittens", None),
        (pin(), record("x.jpg", template="{pin_id}{slot}{ext}"), PATH, "Board", "new_template"),
        (pin(), record("Old/Cat [501].jpg", container="Old"), PATH, "Board", "renamed"),
        (pin(), record("Board/Dog [501].jpg"), None, "Board", None),
    ],
)
def test_a_file_follows_its_pin_its_board_and_the_template(now, known, path, container, reason):
    table = Table(now)
    here = replace(AS_RECORDED, path=known.path)
    made = table.actions(table.case(FileState.AS_RECORDED, here, exact=True, record=known))
    if reason is None:
        assert made == []
        return
    assert made == [
        MoveLocal(
            pin_id=PinId("501"),
            board_id=now.board_id,
            address=f"{container}/501",
            reason=reason,
            expect=expect_of(known),
            before=known,
            after=placed(path, board_id=now.board_id, section_id=now.section_id, container=container),
        )
    ]


@pytest.mark.parametrize(
    ("offered", "kind", "message"),
    [
        (None, FindingKind.WITHHELD, "Pinterest no longer offers this image; the file stays"),
        (image(cover=True), FindingKind.COVER_ONLY, "video pin: Pinterest offers only its cover image"),
    ],
)
def test_a_file_in_its_place_is_told_of_where_pinterest_has_no_image_like_it(offered, kind, message):
    table = Table(pin())
    found = table.finding(in_place(table, record(), image=offered))
    assert (found.kind, found.message, found.pin_id, found.path) == (kind, message, "501", PATH)
    assert found.moved_to is None


def test_the_cover_of_a_video_follows_its_pin():
    table = Table(pin(image(cover=True), board_id=BoardId("2")))
    table.rules.apply(in_place(table, record()))
    assert [type(action) for action in table.draft.actions] == [MoveLocal]


MOVED_AWAY = file("Board/x.jpg", sha256="0" * 64)


@pytest.mark.parametrize(
    ("state", "facts", "board", "kind"),
    [
        (FileState.MOVED, {}, "1", FindingKind.MOVED_LOCALLY),
        (FileState.MOVED, {}, "2", FindingKind.CONFLICT),
        (FileState.RENAMED, {}, "2", FindingKind.CONFLICT),
        (FileState.MOVED, {"accepted": True}, "2", None),
        (FileState.RENAMED, {"accepted": True}, "2", None),
        (FileState.RENAMED, {}, "1", None),
    ],
)
def test_a_file_that_was_moved_here_while_its_pin_was_moved_there_is_a_conflict(state, facts, board, kind):
    table = Table(pin(board_id=BoardId(board)))
    case = table.case(state, MOVED_AWAY, exact=True, record=record(), **facts)
    if kind is None:
        assert [type(action) for action in table.actions(case)] == [Relocate]
    else:
        assert table.finding(case).kind is kind


@pytest.mark.promise("I9")
@pytest.mark.parametrize(
    ("scope", "counted"),
    [
        (Scope(), {"1": {"501"}}),
        (Scope(targets=("Board",)), {"1": {"501"}}),
        (Scope(targets=("501",)), {"1": {"501"}}),
        (Scope(targets=("Other",)), {}),
    ],
)
def test_pins_that_are_not_fetched_are_counted_where_the_plan_is_about_them(scope, counted):
    table = Table(pin(), scope=scope)
    case = table.case(FileState.NEVER_HERE, answers=replace(answers_of(Mode.ARCHIVE), new_pin=NewPin.IGNORE))
    assert table.actions(case) == []
    assert table.rules.not_fetched == counted
    table = Table()
    assert table.actions(table.case(FileState.NEVER_HERE)) == []
    assert table.rules.not_fetched == {}


def test_a_finding_about_a_pin_has_its_address():
    table = Table(pin(section_id=SECTION.id))
    table.draft.note(FindingKind.WITHHELD, pin(section_id=SECTION.id), "why")
    table.draft.note_at(FindingKind.UNKNOWN, "a/b", "why")
    assert table.draft.findings == [
        Finding(kind=FindingKind.WITHHELD, address="Board/Kittens/501", pin_id=PinId("501"), message="why"),
        Finding(kind=FindingKind.UNKNOWN, address="a/b", message="why", count=1),
    ]


def test_a_file_does_not_follow_where_a_listing_is_not_complete():
    table = Table(pin(board_id=BoardId("2")), complete=False)
    found = table.finding(in_place(table, record()))
    assert (found.kind, found.message) == (
        FindingKind.UNKNOWN,
        "the file seems to have moved, but a listing is incomplete",
    )


def test_the_file_of_a_pin_that_is_gone_goes_to_the_trash():
    table = Table()
    case = table.case(FileState.AS_RECORDED, AS_RECORDED, exact=True, record=record())
    assert table.actions(case) == [
        DeleteLocal(
            pin_id=PinId("501"),
            board_id=BoardId("1"),
            address="Board/501",
            reason="removed_on_pinterest",
            destructive=True,
            expect=expect_of(record()),
            before=record(),
        )
    ]


def test_what_is_gone_on_both_sides_is_forgotten():
    table, known = Table(), record(slot=2)
    assert table.actions(table.case(FileState.MISSING, record=known)) == [
        Forget(
            pin_id=PinId("501"),
            board_id=BoardId("1"),
            address="Board/501#2",
            reason="gone_on_both_sides",
            expect=ExpectFree(free=PATH),
            before=known,
        )
    ]


def test_the_pin_of_files_that_were_removed_here_is_deleted_once():
    now = pin(image(1), image(2), section_id=SECTION.id)
    table, known = Table(now), (record(slot=1), record("Board/b.jpg", slot=2))
    cases = [table.case(FileState.MISSING, record=one, records=known) for one in known]
    assert table.actions(*cases) == [
        DeleteRemote(
            pin_id=PinId("501"),
            board_id=BoardId("1"),
            address="Board/Kittens/501",
            reason="removed_locally",
            destructive=True,
            reversible=True,
            expect=ExpectPin(pin_id=PinId("501"), board_id=BoardId("1"), section_id=SECTION.id),
            before=now,
            files=known,
        )
    ]


@pytest.mark.promise("I10")
@pytest.mark.parametrize("allowed", [("501",), ("Board",), ("B*",), ("id:1",), ("502",), ()])
def test_a_pin_of_another_person_is_deleted_only_where_the_config_says_so(allowed):
    table = Table(pin(is_owner=False), of_others=allowed)
    table.rules.apply(table.case(FileState.MISSING, record=record()))
    if allowed in {("502",), ()}:
        (found,) = table.draft.findings
        assert (table.draft.actions, found.kind) == ([], FindingKind.BLOCKED)
        assert found.message.endswith("not deleted on Pinterest: the pin belongs to another account")
        return
    (action,) = table.draft.actions
    assert isinstance(action, DeleteRemote)
    assert action.of_others is True
    table = Table(pin(), of_others=allowed)
    (action,) = table.actions(table.case(FileState.MISSING, record=record()))
    assert isinstance(action, DeleteRemote)
    assert action.of_others is UNSET, "it is ours"


def test_a_pin_that_cannot_be_made_again_is_deleted_as_such():
    table = Table(pin(image(cover=True), media_type=MediaType.VIDEO))
    (action,) = table.actions(table.case(FileState.MISSING, record=record()))
    assert isinstance(action, DeleteRemote)
    assert action.reversible is False


@pytest.mark.promise("I20")
@pytest.mark.parametrize(
    ("now", "known", "refused", "complete", "kind", "why"),
    [
        (pin(), record(), [], False, FindingKind.BLOCKED, "the listing of its board is incomplete"),
        (pin(), record(signature="b" * 32), [], True, FindingKind.CONFLICT, "the pin shows another image now"),
        (pin(image(renditions=())), record(), [], True, FindingKind.BLOCKED, "no copy of its image could be kept"),
        (pin(image(1), image(2, renditions=())), record(slot=1), [], True, FindingKind.BLOCKED, "no copy of its image"),
        (pin(), record(), [REFUSED], True, FindingKind.WITHHELD, "not deleted on Pinterest: its image is withheld"),
        (
            pin(image(1, signature="c" * 32), image(2)),
            record(slot=2),
            [REFUSED],
            True,
            FindingKind.WITHHELD,
            "its image is withheld",
        ),
    ],
)
def test_a_pin_is_not_deleted_where_it_could_not_be_made_again(now, known, refused, complete, kind, why):
    table = Table(now, refused=refused, complete=complete)
    found = table.finding(table.case(FileState.MISSING, record=known))
    assert found.kind is kind
    assert why in found.message
