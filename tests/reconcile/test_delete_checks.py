"""The limits of deletes as a table: what trips, at which figure, and in which words."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from msgspec.structs import replace

from pinplan.actions import AnyAction
from pinplan.model.base import Tracked
from pinplan.model.ids import BoardId, PinId
from pinplan.plan.document import Check, CheckStatus
from pinplan.policies.bundle import Policies
from pinplan.policies.limits import SMALL, Limits
from pinplan.reconcile.delete_checks import DELETE_CHECKS, judge_again, judge_deletes
from pinplan.reconcile.plan_input import PlanInput
from tests.reconcile.test_order import delete_local, delete_remote, forget
from tests.reconcile.test_planner import file, pin, record, world
from tests.worlds import tracked


def records(count: int) -> list[Tracked]:
    return [tracked(str(n), f"Board/{n}.jpg") for n in range(count)]


def trashed(count: int, size: int = 1) -> list[AnyAction]:
    return [delete_local(str(n), f"Board/{n}", size) for n in range(count)]


def local(count: int, of: int, limit: str) -> Check:
    """The check of the library, if so many of so many files go to the trash."""
    found = judge_again(Policies(max_local_deletes=limit), {}, records(of), trashed(count))
    return [check for check in found if check.name == "local-deletes"][-1]


@pytest.mark.promise("I4")
@pytest.mark.parametrize(
    ("count", "of", "limit", "trips", "why"),
    [
        (5, 100, "5", False, "(5 %, limit 5)"),
        (6, 100, "5", True, "(6 %, limit 5)"),
        (10, 100, "5%", False, "(10 %, limit 5%, at least 10)"),
        (11, 100, "5%", True, "(11 %, limit 5%, at least 10)"),
        (30, 300, "10%", False, "(10 %, limit 10%)"),
        (31, 300, "10%", True, "(10 %, limit 10%)"),
        (10, 100, "10", False, "(10 %, limit 10)"),
        (3, 3, "3", True, "(100 %, never all at once)"),
        (3, 3, "5", True, "(100 %, never all at once)"),
        (3, 3, "2", True, "(100 %, limit 2)"),
        (2, 0, "5", True, "(all, never all at once)"),
        (0, 0, "5", False, "(all, limit 5)"),
    ],
)
def test_what_trips_the_limit_of_one_side(count, of, limit, trips, why):
    check = local(count, of, limit)
    assert (check.status is CheckStatus.FAIL) is trips
    assert why in check.message
    assert f"{count} of {of} files would be moved to the trash" in check.message


@pytest.mark.promise("I4")
def test_of_several_that_trip_the_last_one_names_the_figure_that_lets_all_of_them_pass():
    known = [replace(one, board_id=BoardId("1" if n < 20 else "2")) for n, one in enumerate(records(40))]
    going = [replace(one, board_id=known[n].board_id) for n, one in enumerate(trashed(32))]
    found = judge_again(Policies(max_local_deletes="5"), {}, known, going)
    messages = [check.message for check in found if check.status is CheckStatus.FAIL]
    assert [message.partition(" of ")[0] for message in messages] == ["[Board] 20", "[Board] 12", "[library] 32"]
    assert ["--allow" in message for message in messages] == [False, False, True]
    assert messages[-1].endswith(" Allow it once with: --allow local-deletes=32")


@pytest.mark.promise("I5")
@pytest.mark.parametrize(("most", "trips"), [(21, False), (20, True)])
def test_a_limit_in_bytes_is_what_may_go(most, trips):
    policies = Policies(limits=Limits(local_delete_bytes=most, remote_delete_bytes=0))
    checks = {check.name: check for check in judge_again(policies, {}, records(100), trashed(3, 7))}
    assert (checks["local-deletes-bytes"].status is CheckStatus.FAIL) is trips
    assert checks["remote-deletes-bytes"].status is CheckStatus.PASS


@pytest.mark.parametrize(("most", "trips"), [(15, False), (14, True)])
def test_the_bytes_of_a_pin_are_those_of_all_its_files(most, trips):
    files = tuple(replace(tracked("1", f"{size}.jpg"), size=size) for size in (7, 8))
    policies = Policies(limits=Limits(remote_delete_bytes=most))
    going = [replace(delete_remote("1", "Board/1"), files=files)]
    checks = {check.name: check for check in judge_again(policies, {}, records(100), going)}
    assert (checks["remote-deletes-bytes"].status is CheckStatus.FAIL) is trips


def test_boards_that_list_no_pin_count_as_they_are_unless_something_goes_there():
    here = [record(str(500 + n)) for n in range(20)]
    there = [record(str(600 + n), f"Other/{n}.jpg", board_id=BoardId("2")) for n in range(2)]
    inputs = world(*(pin(str(one.pin_id)) for one in here), records=[*here, *there])
    going: list[AnyAction] = [
        delete_remote("500", "Board/500"),
        replace(delete_local("600", "Other/600"), board_id=BoardId("2")),
    ]
    told = [check.message.partition(" would")[0] for check in judge_deletes(inputs, going)]
    assert "[library] 1 of 22 pins" in told
    assert "[library] 1 of 22 files" in told


@pytest.mark.promise("I5")
def test_the_limits_of_deletes_are_all_that_are_listed():
    every = Limits(local_delete_bytes=0, remote_delete_bytes=0, local_delete_count=0, remote_delete_count=0)
    found = [check.name for check in judge_again(Policies(limits=every), {}, records(1), trashed(1))]
    assert tuple(dict.fromkeys(found)) == DELETE_CHECKS


def failing(inputs: PlanInput, going: list[AnyAction]) -> list[str]:
    found = judge_deletes(inputs, going)
    return [one.message.partition(" would")[0] for one in found if one.status is CheckStatus.FAIL]


@pytest.mark.promise("I4")
def test_a_library_without_a_file_deletes_no_pin_and_an_account_without_a_pin_no_file():
    """Few are deleted; but the other side, which the deletes follow, has nothing at all."""
    known = [record(str(500 + n)) for n in range(30)]
    pins = [pin(one.pin_id) for one in known]
    remote: list[AnyAction] = [delete_remote("500", "Board/500"), delete_remote("501", "Board/501")]
    local: list[AnyAction] = [delete_local("500", "Board/500"), delete_local("501", "Board/501")]
    assert failing(world(*pins, records=known, files=[]), remote) == ["[Board] 2 of 30 pins", "[library] 2 of 30 pins"]
    assert failing(world(records=known), local) == ["[Board] 2 of 30 files", "[library] 2 of 30 files"]
    assert failing(world(*pins, records=known), [*remote[:1], *local[1:]]) == []


@pytest.mark.promise("I4")
def test_where_only_some_boards_are_empty_the_library_is_not():
    known = [record(str(500 + n)) for n in range(30)]
    other = record("600", "Other/600.jpg", board_id=BoardId("2"), container="Other")
    pins = [pin(one.pin_id) for one in known]
    inputs = world(*pins, records=[*known, other], files=[file(other.path)])
    assert failing(inputs, [delete_remote("500", "Board/500")]) == ["[Board] 1 of 30 pins"]


@pytest.mark.promise("I4")
def test_the_last_pins_of_a_board_are_not_deleted_at_once_where_others_have_left_it():
    known = [record(str(500 + n)) for n in range(30)]
    going: list[AnyAction] = [delete_remote("500", "Board/500"), delete_remote("501", "Board/501")]
    assert failing(world(pin("500"), pin("501"), records=known), going) == [
        "[Board] 2 of 2 pins",
        "[library] 2 of 2 pins",
    ]
    assert failing(world(pin("500"), pin("501"), pin("502"), records=known), going) == []


def test_a_pin_without_a_recorded_file_has_no_bytes():
    policies = Policies(limits=Limits(remote_delete_bytes=0))
    checks = {check.name: check for check in judge_again(policies, {}, records(100), [delete_remote("1", "Board/1")])}
    assert checks["remote-deletes-bytes"].status is CheckStatus.PASS


@pytest.mark.promise("I4")
@pytest.mark.parametrize(
    ("count", "of", "trips"), [(SMALL, SMALL, False), (SMALL + 1, SMALL + 1, True), (SMALL + 1, SMALL + 2, False)]
)
def test_a_library_is_never_forgotten_as_a_whole_unless_it_is_small(count, of, trips):
    actions = [forget(str(n), f"Board/{n}") for n in range(count)]
    (check,) = (one for one in judge_again(Policies(), {}, records(of), actions) if one.name == "forgets")
    assert (check.status is CheckStatus.FAIL) is trips


def taken_back(pin_id: str, address: str) -> AnyAction:
    """The delete with which an undo takes back a pin that its run published."""
    return replace(delete_remote(pin_id, address), files_stay=True, reason="undo")


def library_check(found: Iterable[Check]) -> Check:
    return [check for check in found if check.name == "remote-deletes"][-1]


@pytest.mark.promise("I4")
@pytest.mark.promise("I5")
@pytest.mark.parametrize(
    ("limit", "here", "lost", "back", "trips", "words"),
    [
        # The first pin of a library, and a whole folder that was posted by mistake.
        ("10%", 0, 0, 1, False, "0 of 0 pins would be deleted on Pinterest (all, limit 10%, at least 10), besides 1"),
        ("10%", 3, 0, 40, False, "0 of 3 pins would be deleted on Pinterest (0 %, limit 10%, at least 10), besides 40"),
        ("0%", 3, 0, 1, False, "besides 1 that the undone run created"),
        # What was there before counts as ever, and what is taken back makes no share smaller.
        ("10%", 2, 2, 9, True, "2 of 2 pins would be deleted on Pinterest (100 %, never all at once), besides 9"),
        (
            "10%",
            30,
            11,
            9,
            True,
            "11 of 30 pins would be deleted on Pinterest (37 %, limit 10%, at least 10), besides 9",
        ),
        ("10%", 30, 10, 9, False, "10 of 30 pins"),
        # A number is a number.
        ("0", 3, 0, 1, True, "1 of 4 pins would be deleted on Pinterest (25 %, limit 0)"),
        ("1", 0, 0, 1, False, "1 of 1 pins would be deleted on Pinterest (100 %, limit 1)"),
        ("5", 30, 4, 2, True, "6 of 32 pins would be deleted on Pinterest (19 %, limit 5)"),
    ],
)
def test_what_a_run_published_is_no_share_of_what_was_there(limit, here, lost, back, trips, words):
    going: list[AnyAction] = [delete_remote(str(n), f"Board/{n}") for n in range(lost)]
    going += [taken_back(str(900 + n), f"Board/{900 + n}") for n in range(back)]
    published = {PinId(str(900 + n)) for n in range(back)}
    check = library_check(judge_again(Policies(max_remote_deletes=limit), {}, records(here), going, published))
    assert (check.status is CheckStatus.FAIL) is trips
    assert words in check.message
    assert (", besides" in check.message) is (bool(back) and "%" in limit)


@pytest.mark.promise("I11")
def test_only_pins_that_the_library_knows_as_published_are_taken_back():
    going = [taken_back(str(n), f"Board/{n}") for n in range(12)]
    check = library_check(judge_again(Policies(), {}, records(12), going))
    assert (check.status, check.figure) == (CheckStatus.FAIL, "12/12")
    some = {PinId(str(n)) for n in range(3)}
    assert library_check(judge_again(Policies(), {}, records(12), going, some)).figure == "9/9"


@pytest.mark.promise("I5")
def test_limits_in_numbers_and_bytes_count_what_is_taken_back():
    policies = Policies(limits=Limits(remote_delete_count=0, remote_delete_bytes=0))
    going = [replace(taken_back("7", "Board/7"), files=(tracked("7", "x.jpg"),))]
    found = {check.name: check for check in judge_again(policies, {}, records(3), going, {PinId("7")})}
    assert [found[f"remote-deletes{which}"].status for which in ("-count", "-bytes")] == [CheckStatus.FAIL] * 2


@pytest.mark.promise("I4")
def test_a_pin_without_a_file_counts_where_it_is_deleted():
    """Created again without files: the base does not know it."""
    going = [delete_remote("900", "Board/900")]
    assert library_check(judge_again(Policies(), {}, [], going)).figure == "1/1"
    assert library_check(judge_again(Policies(), {}, records(3), going)).figure == "1/4"


@pytest.mark.promise("I4")
def test_a_board_that_only_had_what_was_posted_is_emptied_by_its_undo():
    known = [record(str(500 + n)) for n in range(2)]
    going = [taken_back("900", "Board/900")]
    inputs = world(pin("900"), records=known, files=[])
    assert failing(inputs, going) == []
    # With the last of what was there before it is all at once.
    assert failing(world(pin("500"), pin("900"), records=known), [*going, delete_remote("500", "Board/500")]) == [
        "[Board] 1 of 1 pins",
        "[library] 1 of 1 pins",
    ]


@pytest.mark.promise("I4")
def test_a_pin_counts_on_the_board_from_which_it_is_deleted():
    """It was moved on Pinterest since it was recorded."""
    moved: list[AnyAction] = [replace(delete_remote("3", "Other/3"), board_id=BoardId("2"))]
    found = list(judge_again(Policies(), {}, records(9), moved))
    assert [check.message.partition(" would")[0] for check in found[:2]] == [
        "[Other] 1 of 1 pins",
        "[library] 1 of 9 pins",
    ]
