"""Limits: judged over the whole plan, tripped by everything, let through by a named figure only."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pinplan.errors import ConfigError
from pinplan.model.ids import AccountId, PinId
from pinplan.model.pins import Account
from pinplan.plan.document import Scope, kind_of
from pinplan.policies.limits import Limit, Limits, parse_limit
from pinplan.policies.mode import Mode
from pinplan.policies.protect import Protect
from pinplan.reconcile.checks import parse_allowances
from tests.fakes import image_bytes
from tests.worlds import SmallWorld, kinds


def removed(world: SmallWorld, pins: int, gone: int, limit: str = "10%"):
    board = world.board("Board")
    made = [world.pin(board, f"{n}") for n in range(pins)]
    world.apply()
    for pin in made[:gone]:
        world.library.remove(world.path_of(pin))
    world.mode(Mode.TWO_WAY)
    return world.plan(allow={}, max_remote_deletes=limit)


@pytest.mark.promise("I4")
@pytest.mark.parametrize(
    ("pins", "gone", "passes"),
    [(40, 10, True), (40, 11, False), (200, 20, True), (200, 21, False), (3, 2, True), (3, 3, False), (1, 1, False)],
)
def test_ten_percent_or_ten_but_never_everything(world, pins, gone, passes):
    plan = removed(world, pins, gone)
    assert plan.applyable is passes
    assert len(plan.actions) == gone


def test_a_failed_check_names_figure_limit_and_the_way_on(world):
    failed = [check for check in removed(world, 40, 11).checks if check.status == "fail"]
    assert [check.figure for check in failed] == ["11/40", "11/40"]
    assert "[Board] 11 of 40 pins would be deleted on Pinterest (28 %, limit 10%, at least 10)." in failed[0].message
    assert "--allow" not in failed[0].message
    assert failed[1].message.endswith("Allow it once with: --allow remote-deletes=11")


def test_an_absolute_limit(world):
    assert not removed(world, 40, 3, "2").applyable


@given(
    st.integers(0, 10**6) | st.integers(0, 100).map(lambda n: f"{n}%") | st.floats(0, 100).map(lambda n: f"{n:.3f} %")
)
def test_a_limit_is_read_back_as_it_is_shown(value):
    limit = parse_limit(value)
    assert parse_limit(str(limit)).most(1000) == limit.most(1000)


@pytest.mark.parametrize("value", ["", "ten", "101%", "-1", -1, 1.5, True, None, "1e3%"])
def test_nonsense_limits_are_refused(value):
    with pytest.raises(ValueError, match="10%"):
        parse_limit(value)


def test_a_count_is_exact_and_a_share_leaves_a_few():
    assert Limit(count=0).most(1000) == 0
    assert Limit(percent=0).most(1000) == 10


def test_allowances_tell_all_problems_at_once():
    assert parse_allowances(["remote-deletes=12", "local-deletes=3"]) == {"remote-deletes": 12, "local-deletes": 3}
    with pytest.raises(ConfigError) as caught:
        parse_allowances(["remote=1", "local-deletes=x", "remote-deletes"])
    assert len(caught.value.problems) == 3


@pytest.mark.promise("I5")
def test_every_check_can_be_let_through_by_its_name_but_that_of_the_account():
    names = [f"{side}-deletes{what}" for side in ("remote", "local") for what in ("", "-count", "-bytes")]
    names += ["forgets", "scopes", "incomplete-boards", "vanished-boards", "everything-changed", "unmatched-selectors"]
    names += ["unread-boards"]
    assert parse_allowances([f"{name}=1" for name in names]) == dict.fromkeys(names, 1)
    with pytest.raises(
        ConfigError, match="unknown check 'account'; expected one of remote-deletes, remote-deletes-count"
    ):
        parse_allowances(["account=1"])


@pytest.mark.parametrize("figure", ["²", "٣", "", "-1", "1.5"])
def test_an_allowance_is_written_in_plain_digits(figure):
    with pytest.raises(ConfigError, match=r"expected a number, e\.g\. remote-deletes=12"):
        parse_allowances([f"remote-deletes={figure}"])


# -- the other checks ------------------------------------------------------------------------------------------------


def failed(plan) -> dict[str, str]:
    return {check.name: check.message for check in plan.checks if check.status == "fail"}


def two_way(world: SmallWorld, pins: int = 30) -> list[PinId]:
    board = world.board("Board")
    made = [world.pin(board, f"{n}") for n in range(pins)]
    world.apply()
    world.mode(Mode.TWO_WAY)
    return made


@pytest.mark.promise("I5")
def test_numbers_and_bytes_have_limits_of_their_own(world):
    pins = two_way(world)
    for pin in pins[:3]:
        world.library.remove(world.path_of(pin))
    for pin in pins[3:5]:
        del world.remote.pins_by_id[pin]
    limits = Limits(remote_delete_count=2, local_delete_count=2, local_delete_bytes=10, remote_delete_bytes=10**6)
    plan = world.plan(allow={}, limits=limits)
    assert set(failed(plan)) == {"remote-deletes-count", "local-deletes-bytes"}
    assert "3 pins would be deleted on Pinterest (limit 2). Allow it once with: --allow remote-deletes-count=3" in str(
        failed(plan)
    )
    allowed = world.plan(allow={"remote-deletes-count": 3, "local-deletes-bytes": 1000}, limits=limits)
    assert allowed.applyable
    assert [check.message for check in allowed.checks if check.name == "remote-deletes-count"] == [
        "[library] 3 pins would be deleted on Pinterest (limit 2). Allowed up to 3."
    ]


@pytest.mark.promise("I4")
@pytest.mark.parametrize("allow", [{}, {"local-deletes": 7}])
def test_an_emptied_board_trips_even_if_something_of_it_stays(world, allow):
    """7 of 8 files of a board with no pin left: below ten, and still no tidying up."""
    other = world.board("Other")
    for n in range(80):
        world.pin(other, f"o{n}")
    pins = two_way(world, 8)
    world.library.write(world.path_of(pins[0]), image_bytes("edited"))
    for pin in pins:
        del world.remote.pins_by_id[pin]
    plan = world.plan(allow=allow)
    assert kinds(plan) == ["delete_local"] * 7
    assert plan.applyable is bool(allow)
    assert ("local-deletes" in failed(plan)) is not bool(allow)


@pytest.mark.promise("I4")
def test_a_library_of_which_pinterest_has_nothing_left_trips_as_a_whole(world):
    pins = two_way(world, 8)
    world.library.write(world.path_of(pins[0]), image_bytes("edited"))
    for pin in pins:
        del world.remote.pins_by_id[pin]
    tripped = [check.message for check in world.plan(allow={}).checks if check.status == "fail"]
    assert [message.partition(" files")[0] for message in tripped] == ["[Board] 7 of 8", "[library] 7 of 8"]


@pytest.mark.promise("I4")
@pytest.mark.parametrize(
    ("other_pin", "figure"),
    [("moved", "1 of 1 pins"), ("gone", "1 of 1 pins"), ("kept", None), ("replaced by a new one", None)],
)
def test_a_board_that_would_lose_every_pin_that_it_lists_trips(world, other_pin, figure):
    """The base may count pins that have left the board since."""
    elsewhere = world.board("Other")
    for n in range(20):
        world.pin(elsewhere, f"o{n}")
    first, last = two_way(world, 2)
    board = world.remote.pins_by_id[last].board_id
    if other_pin == "moved":
        world.move_pin(first, elsewhere)
    elif other_pin != "kept":
        del world.remote.pins_by_id[first]
    if other_pin == "replaced by a new one":
        world.pin(board, "new")
    world.library.remove(world.path_of(last))
    plan = world.plan(allow={})
    assert "delete_remote" in kinds(plan)
    messages = [check.message for check in plan.checks if check.name == "remote-deletes" and check.status == "fail"]
    assert plan.applyable is not bool(messages)
    assert [figure in message for message in messages] == ([True] if figure else [])


@pytest.mark.promise("I4")
def test_a_library_without_any_of_its_files_deletes_no_pins(world):
    pins = two_way(world, 3)
    for pin in pins:
        world.library.remove(world.path_of(pin))
    world.remote.pins_by_id[pins[0]] = replace(world.remote.pins_by_id[pins[0]], is_owner=False)
    assert "remote-deletes" in failed(world.plan(allow={}))


@pytest.mark.promise("I4")
def test_everything_is_not_forgotten_at_once(world):
    pins = two_way(world, 12)
    for pin in pins:
        world.library.remove(world.path_of(pin))
        del world.remote.pins_by_id[pin]
    assert list(failed(world.plan(allow={}))) == ["forgets"]
    assert world.plan(allow={"forgets": 12}).applyable
    assert not world.plan(allow={"forgets": 11}).applyable


@pytest.mark.promise("I5")
def test_a_library_of_which_every_file_changed_is_left_alone(world):
    pins = two_way(world, 12)
    for pin in pins:
        world.library.write(world.path_of(pin), b"broken")
    plan = world.plan(allow={})
    assert list(failed(plan)) == ["everything-changed"]
    assert "12 of 12 files are damaged or changed" in failed(plan)["everything-changed"]
    world.library.write(world.path_of(pins[0]), image_bytes("9002-0.jpg"))


@pytest.mark.promise("I6")
def test_scopes_that_shrank_stop_deletes_and_nothing_else(world):
    pins = two_way(world)
    world.remote.granted = ("boards:read", "boards:read_secret")
    world.pin(world.board("More"))
    world.apply()
    world.remote.granted = ("boards:read",)
    world.pin(world.board("New"))
    assert world.plan(allow={}).applyable
    del world.remote.pins_by_id[pins[0]]
    plan = world.plan(allow={})
    assert "boards:read_secret" in failed(plan)["scopes"]
    assert world.plan(allow={"scopes": 1}).applyable
    world.remote.granted = ("boards:read", "boards:read_secret")
    told = [check.message for check in world.plan(allow={}).checks if check.name == "scopes"]
    assert told == ["the token has every scope of the last apply."]


@pytest.mark.promise("I6")
def test_boards_that_vanished_stop_deletes_elsewhere_and_nothing_else(world):
    boards = [world.board(f"{n}") for n in range(3)]
    pins = [world.pin(board) for board in boards for _ in range(4)]
    world.apply()
    world.mode(Mode.TWO_WAY)
    for board in boards[:2]:
        del world.remote.boards_by_id[board]
    world.pin(boards[2], "New")
    assert kinds(world.plan(allow={})) == ["download"]
    assert world.plan(allow={}).applyable
    del world.remote.pins_by_id[pins[-1]]
    assert "2 of 3 boards with tracked files are no longer listed" in failed(world.plan(allow={}))["vanished-boards"]


@pytest.mark.promise("I1")
def test_boards_that_could_not_be_read_stop_deletes_elsewhere_and_nothing_else(world):
    boards = [world.board(f"{n}") for n in range(3)]
    pins = [world.pin(board) for board in boards for _ in range(4)]
    world.apply()
    world.mode(Mode.TWO_WAY)
    world.remote.broken.update(boards[:2])
    world.pin(boards[2], "New")
    assert world.plan(allow={}).applyable
    del world.remote.pins_by_id[pins[-1]]
    assert list(failed(world.plan(allow={}))) == ["incomplete-boards"]
    assert world.plan(allow={}, limits=Limits(incomplete_boards="2")).applyable


@pytest.mark.promise("I11")
def test_another_account_is_never_allowed(world):
    two_way(world)
    world.remote.me = Account(id=AccountId("2"), username="someone")
    plan = world.plan()
    assert "belongs to account 2 (someone), the library to 1" in failed(plan)["account"]
    assert "--allow" not in failed(plan)["account"]
    with pytest.raises(ConfigError):
        parse_allowances(["account=1"])


# -- protect ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("protect", "reason"),
    [
        (Protect(boards=("b*",)), "the board Board is protected"),
        (Protect(boards=("101",)), "the board Board is protected"),
        (Protect(pins=("9002", "9003", "9004")), "is protected"),
        (Protect(globs=("Board/*",)), "is protected by Board/*"),
        (Protect(kinds=("delete_remote", "delete_local", "replace")), "is protected"),
    ],
)
def test_what_is_protected_is_blocked_and_the_rest_goes_on(world, protect, reason):
    pins = two_way(world, 3)
    other = world.pin(world.board("Other"), "New")
    world.library.remove(world.path_of(pins[0]))
    world.library.write(world.path_of(pins[1]), b"broken")
    del world.remote.pins_by_id[pins[2]]
    assert sorted(kinds(world.plan())) == ["delete_local", "delete_remote", "download", "replace"]
    plan = world.plan(protect=protect)
    assert [(a.pin_id, kind_of(a)) for a in plan.actions] == [(other, "download")]
    blocked = [finding for finding in plan.findings if finding.kind == "blocked"]
    assert len(blocked) == 3
    assert all(reason in finding.message for finding in blocked)
    assert any("It would be: delete pin 9002" in finding.message for finding in blocked)


def test_protection_does_not_keep_new_pins_away(world):
    world.pin(world.board("Board"), "New")
    assert kinds(world.plan(protect=Protect(boards=("*",), globs=("*",)))) == ["download"]


def test_a_protected_board_is_not_moved_either(world):
    board = world.board("Board")
    world.pin(board)
    world.apply()
    world.rename_board(board, "Renamed")
    assert kinds(world.plan()) == ["move_local"]
    assert kinds(world.plan(protect=Protect(boards=("Renamed",)))) == []


@pytest.mark.promise("I10")
@pytest.mark.parametrize("named", ["Group", "9*", None])
def test_pins_of_others_are_deleted_only_where_they_were_named(world, named):
    board = world.board("Group", owner="somebody")
    pins = [world.pin(board, "Theirs", is_owner=False), world.pin(board, "Mine"), world.pin(board, "Stays")]
    world.apply()
    world.mode(Mode.TWO_WAY)
    for pin in pins[:2]:
        world.library.remove(world.path_of(pin))
    plan = world.plan(of_others=(named,)) if named else world.plan(of_others=(pins[0],))
    wanted = {"Group": pins[:2], "9*": [], None: pins[:1]}[named]
    assert [action.pin_id for action in plan.actions] == wanted
    assert world.apply(plan).complete
    assert world.remote.deleted == wanted


# -- restore ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("glob", ["Board/*", "Board/9002", "9002", "Board/0 [[]9002*"])
@pytest.mark.parametrize("mode", list(Mode))
def test_restore_fetches_again_what_was_removed_here(world, glob, mode):
    pins = two_way(world, 3)
    world.mode(mode)
    world.library.remove(world.path_of(pins[0]))
    plan = world.plan(scope=Scope(restore=(glob,)))
    assert kinds(plan) == ["download"]
    assert world.apply(plan).complete
    assert world.plan().actions == ()


def test_restore_brings_a_whole_carousel_and_never_deletes_it(world):
    board = world.board("Board")
    pin = world.pin(board, "Three", slots=3)
    world.pin(board)
    world.apply()
    world.mode(Mode.TWO_WAY)
    for slot in (1, 2, 3):
        world.library.remove(world.path_of(pin, slot))
    plan = world.plan(scope=Scope(restore=("*-2.jpg",)))
    assert kinds(plan) == ["download"] * 3
