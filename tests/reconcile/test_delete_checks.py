"""The limits of deletes as a table: what trips, at which figure, and in which words."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from pinplan.actions import AnyAction
from pinplan.model.base import Tracked
from pinplan.model.ids import BoardId
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
