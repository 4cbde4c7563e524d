"""Apply: exactly the plan, checked step by step, resumable, and stopped where going on would be wrong."""

from __future__ import annotations

import errno
import sqlite3
from threading import Event

import pytest
from msgspec.structs import replace

from pinplan.apply.executor import ExecutorOptions
from pinplan.errors import DiskRefused, PlanUnbound, SafetyStop, TokenRefused, Unreachable
from pinplan.events import ActionEnded, ActionStarted, ApplyEnded, ApplyStarted
from pinplan.model.ids import AccountId, Lineage, PinId
from pinplan.model.pins import Account
from pinplan.pipeline import apply_plan
from pinplan.policies.mode import Mode
from pinplan.records.journal import ActionOutcome
from pinplan.records.plan_file import with_digest
from tests.fakes import image_bytes
from tests.worlds import SmallWorld, kinds


def agreed(world: SmallWorld, pins: int = 3) -> list[PinId]:
    board = world.board("Board")
    made = [world.pin(board, f"Pin {n}") for n in range(pins)]
    world.apply()
    return made


def outcomes(world: SmallWorld) -> dict[str, str]:
    """The last outcome of every address."""
    return {event.address: event.outcome for event in world.events if isinstance(event, ActionEnded)}


def reasons(world: SmallWorld) -> str:
    return " | ".join(event.reason for event in world.events if isinstance(event, ActionEnded))


# -- binding ---------------------------------------------------------------------------------------------------------


@pytest.mark.promise("I11")
def test_a_plan_of_another_library_lineage_or_account_is_refused(world):
    world.pin(world.board("Board"))
    plan = world.plan()
    others = [
        replace(plan, library=replace(plan.library, id="other")),
        replace(plan, base=replace(plan.base, lineage=Lineage("other"))),
        replace(plan, account=Account(id=AccountId("other"), username="other")),
    ]
    for other in others:
        with pytest.raises(PlanUnbound):
            world.apply(with_digest(other))
    assert world.library.files == {}


@pytest.mark.promise("I11")
def test_a_token_of_another_account_is_refused(world):
    world.pin(world.board("Board"))
    plan = world.plan()
    world.remote.me = Account(id=AccountId("2"), username="someone")
    with pytest.raises(PlanUnbound, match="account 1, but this is 2"):
        world.apply(plan)
    assert world.library.files == {}


@pytest.mark.promise("I11")
def test_a_plan_made_before_another_apply_is_stale(world):
    board = world.board("Board")
    world.pin(board)
    old = world.plan()
    world.pin(board)
    world.apply()
    with pytest.raises(PlanUnbound, match="stale"):
        world.apply(old)


@pytest.mark.promise("I13")
def test_a_plan_made_between_two_tries_of_another_is_stale_after_the_second(world):
    board = world.board("Board")
    pins = [world.pin(board, f"{n}") for n in range(2)]
    first = world.plan()
    urls = [image.url for image in world.remote.pins_by_id[pins[0]].images[0].renditions]
    world.images.broken.update(urls)
    assert not world.apply(first).complete
    between = world.plan()
    world.images.broken.clear()
    assert world.apply(first).complete
    with pytest.raises(PlanUnbound):
        world.apply(between)


@pytest.mark.promise("I5")
def test_a_plan_with_a_failed_check_runs_no_action_at_all(world):
    agreed(world, pins=20)
    for path in list(world.library.files):
        world.library.remove(path)
    world.pin(next(iter(world.remote.boards_by_id)), "New")
    world.mode(Mode.TWO_WAY)
    plan = world.plan(allow={})
    assert not plan.applyable
    before = world.seen()
    with pytest.raises(SafetyStop, match="20 of 20"):
        world.apply(plan)
    assert world.seen() == before


@pytest.mark.promise("I5")
def test_an_allowance_holds_up_to_its_figure(world):
    agreed(world, pins=20)
    for path in list(world.library.files):
        world.library.remove(path)
    world.mode(Mode.TWO_WAY)
    assert not world.plan(allow={"remote-deletes": 19}).applyable
    assert not world.plan(allow={"local-deletes": 20}).applyable
    assert world.plan(allow={"remote-deletes": 20}).applyable


# -- one action ------------------------------------------------------------------------------------------------------


@pytest.mark.promise("I12")
def test_actions_whose_world_changed_are_skipped_and_the_rest_goes_on(world):
    pins = agreed(world)
    world.mode(Mode.MIRROR)
    for pin in pins[:2]:
        del world.remote.pins_by_id[pin]
    plan = world.plan()
    changed = world.path_of(pins[0])
    world.library.write(changed, image_bytes("edited meanwhile"))
    result = world.apply(plan)
    assert result.count(ActionOutcome.STALE) == 1
    assert result.count(ActionOutcome.DONE) == 1
    assert world.library.files[changed] == image_bytes("edited meanwhile")


@pytest.mark.promise("I12")
@pytest.mark.promise("I24")
def test_a_pin_that_came_back_keeps_its_file(world):
    pins = agreed(world)
    world.mode(Mode.MIRROR)
    gone = world.remote.pins_by_id.pop(pins[0])
    plan = world.plan()
    world.remote.pins_by_id[gone.id] = gone
    assert world.apply(plan).count(ActionOutcome.STALE) == 1
    assert world.path_of(pins[0]) in world.library.files


@pytest.mark.promise("I24")
def test_a_download_never_overwrites_a_file_that_appeared(world):
    pin = world.pin(world.board("Board"), "New")
    plan = world.plan()
    path = plan.actions[0].after.path
    world.library.write(path, image_bytes("of the user"))
    assert world.apply(plan).count(ActionOutcome.STALE) == 1
    assert world.library.files[path] == image_bytes("of the user")
    assert pin not in {t.pin_id for t in world.state.base().tracked}


@pytest.mark.promise("I24")
@pytest.mark.parametrize("change", ["moved", "other words", "not mine", "file is back"])
def test_a_pin_that_changed_is_not_deleted(world, change):
    pins = agreed(world)
    world.mode(Mode.TWO_WAY)
    path = world.path_of(pins[0])
    data = world.library.files[path]
    world.library.remove(path)
    plan = world.plan()
    assert kinds(plan) == ["delete_remote"]
    if change == "moved":
        world.move_pin(pins[0], world.board("Other"))
    elif change == "other words":
        world.remote.pins_by_id[pins[0]] = replace(
            world.remote.pins_by_id[pins[0]], description="Written since the plan"
        )
    elif change == "not mine":
        world.remote.pins_by_id[pins[0]] = replace(world.remote.pins_by_id[pins[0]], is_owner=False)
    else:
        world.library.write(path, data)
    assert world.apply(plan).count(ActionOutcome.STALE) == 1
    assert world.remote.deleted == []


@pytest.mark.promise("I19")
def test_the_next_best_size_is_taken_where_the_best_is_refused(world):
    pin = world.pin(world.board("Board"), "New")
    best, next_best = world.remote.pins_by_id[pin].images[0].renditions
    world.images.broken.add(best.url)
    assert world.apply().complete
    assert world.images.fetched == [best.url, next_best.url]


@pytest.mark.promise("I19")
def test_bytes_that_are_no_image_never_become_visible(world, monkeypatch):
    world.pin(world.board("Board"), "New")
    monkeypatch.setattr(world.images, "fetch", lambda url, into: into.write(b"<html>"))
    result = world.apply()
    assert result.count(ActionOutcome.FAILED) == 1
    assert (world.library.files, world.library.staging) == ({}, {})
    assert "not an image" in reasons(world)


@pytest.mark.promise("I20")
def test_a_pin_whose_image_cannot_be_kept_is_not_deleted(world):
    pins = agreed(world)
    world.mode(Mode.TWO_WAY)
    world.library.remove(world.path_of(pins[0]))
    plan = world.plan()
    world.images.broken.update(r.url for r in world.remote.pins_by_id[pins[0]].images[0].renditions)
    assert world.apply(plan).count(ActionOutcome.FAILED) == 1
    assert world.remote.deleted == []


# -- the run ---------------------------------------------------------------------------------------------------------


@pytest.mark.promise("I18")
def test_deletes_on_pinterest_wait_for_everything_else_of_their_board(world):
    board, other = world.board("Board"), world.board("Other")
    removed = [world.pin(b, f"Old {n}") for b in (board, other) for n in range(4)]
    world.apply()
    world.mode(Mode.TWO_WAY)
    for pin in (removed[0], removed[4]):
        world.library.remove(world.path_of(pin))
    new = world.pin(board, "New")
    plan = world.plan()
    assert kinds(plan) == ["download", "delete_remote", "delete_remote"]
    world.images.broken.update(r.url for r in world.remote.pins_by_id[new].images[0].renditions)
    result = world.apply(plan)
    assert (result.count(ActionOutcome.FAILED), result.count(ActionOutcome.SKIPPED)) == (1, 1)
    assert world.remote.deleted == [removed[4]]
    world.images.broken.clear()
    assert world.apply(plan).complete
    assert world.remote.deleted == [removed[4], removed[0]]


@pytest.mark.promise("I18")
def test_kinds_that_were_not_asked_for_hold_deletes_back(world):
    pins = agreed(world)
    world.mode(Mode.TWO_WAY)
    world.library.remove(world.path_of(pins[0]))
    world.pin(next(iter(world.remote.boards_by_id)), "New")
    plan = world.plan()
    result = world.apply(plan, ExecutorOptions(kinds=frozenset({"delete_remote"})))
    assert result.count(ActionOutcome.SKIPPED) == 1
    assert world.remote.deleted == []


def test_only_the_kinds_that_were_asked_for_run_and_the_rest_can_follow(world):
    pins = agreed(world)
    world.mode(Mode.MIRROR)
    del world.remote.pins_by_id[pins[0]]
    world.pin(next(iter(world.remote.boards_by_id)), "New")
    plan = world.plan()
    result = world.apply(plan, ExecutorOptions(kinds=frozenset({"download"})))
    assert result.complete
    assert not result.already_applied
    assert result.not_requested == {"delete_local": 1}
    assert [event.not_requested for event in world.events if isinstance(event, ApplyEnded)][-1] == 1
    assert len(world.library.files) == 4
    rest = world.apply(plan)
    assert (rest.complete, rest.not_requested) == (True, {})
    assert len(world.library.files) == 3
    assert world.apply(plan).already_applied


@pytest.mark.promise("I13")
def test_what_failed_is_tried_again_and_what_is_done_is_not(world):
    board = world.board("Board")
    pins = [world.pin(board, f"{n}") for n in range(5)]
    plan = world.plan()
    bad = {r.url for r in world.remote.pins_by_id[pins[2]].images[0].renditions}
    world.images.broken = set(bad)
    assert world.apply(plan).count(ActionOutcome.FAILED) == 1
    world.images.broken, world.images.fetched = set(), []
    result = world.apply(plan)
    assert (result.complete, len(world.images.fetched)) == (True, 1)
    started = [event for event in world.events if isinstance(event, ApplyStarted)]
    assert [(e.resumed, e.done_before) for e in started] == [(False, 0), (True, 4)]


@pytest.mark.promise("I14")
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS])
def test_a_full_disk_ends_the_run_at_once(world, monkeypatch, code):
    board = world.board("Board")
    for n in range(200):
        world.pin(board, f"{n}")
    plan = world.plan()

    def full(*_args: object) -> None:
        raise DiskRefused("x", code, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(world.library, "place", full)
        result = world.apply(plan, ExecutorOptions(parallelism=2))
    assert isinstance(result.fatal, DiskRefused)
    assert result.left > 100
    assert world.apply(plan).complete


@pytest.mark.promise("I14")
@pytest.mark.parametrize("door", ["intend", "record"])
def test_a_journal_that_cannot_be_written_ends_the_run(world, monkeypatch, door):
    board = world.board("Board")
    for n in range(100):
        world.pin(board, f"{n}")
    plan = world.plan()
    write, calls = getattr(world.state, door), []

    def full(*args: object) -> None:
        calls.append(args)
        if len(calls) > 1:
            raise DiskRefused("state.db", errno.ENOSPC, "No space left on device")
        write(*args)

    with monkeypatch.context() as patch:
        patch.setattr(world.state, door, full)
        result = world.apply(plan)
    assert isinstance(result.fatal, DiskRefused)
    assert not result.complete
    assert world.apply(plan).complete
    assert len(world.library.files) == 100


@pytest.mark.promise("I14")
@pytest.mark.parametrize(
    ("error", "failures"), [(TokenRefused("GET /pins/1: no"), 1), (Unreachable("nobody there"), 5)]
)
def test_a_refused_token_or_a_lost_network_ends_the_run(world, monkeypatch, error, failures):
    pins = agreed(world, pins=30)
    world.mode(Mode.MIRROR)
    for pin in pins[:20]:
        del world.remote.pins_by_id[pin]
    plan = world.plan()

    def refuse(_pin: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(world.remote, "pin", refuse)
        result = world.apply(plan)
    assert result.fatal is error
    assert (result.count(ActionOutcome.FAILED), result.left) == (failures, 20 - failures)
    assert world.apply(plan).complete


@pytest.mark.promise("I14")
def test_one_address_that_cannot_be_reached_does_not_keep_the_rest_away(world, monkeypatch):
    board = world.board("Board")
    pins = [world.pin(board, f"{n:02}") for n in range(40)]
    fetch = world.images.fetch

    def unreachable_for_some(url, into):
        if any(f"/{pin}-" in url for pin in pins[::4]):
            raise Unreachable("images.test is unreachable")
        return fetch(url, into)

    monkeypatch.setattr(world.images, "fetch", unreachable_for_some)
    result = world.apply(settings=ExecutorOptions(parallelism=1))
    assert (result.count(ActionOutcome.DONE), result.count(ActionOutcome.FAILED), result.fatal) == (30, 10, None)


@pytest.mark.promise("I22")
def test_a_stop_finishes_what_is_in_flight_and_starts_nothing_more(world):
    board = world.board("Board")
    for n in range(300):
        world.pin(board, f"{n}")
    plan = world.plan()
    stop = Event()

    def listen(event: object) -> None:
        world.events.append(event)
        if sum(isinstance(e, ActionEnded) for e in world.events) == 5:
            stop.set()

    adapters = replace(world.adapters(), emit=listen)
    result = apply_plan(adapters, plan, ExecutorOptions(parallelism=4, stop=stop))
    assert result.interrupted
    done = result.count(ActionOutcome.DONE)
    assert 5 <= done < 300
    assert len(world.library.files) == done == len(world.state.base().tracked)
    assert world.apply(plan).complete


@pytest.mark.promise("I25")
def test_every_action_has_an_intent_before_and_a_result_after(world):
    pins = agreed(world)
    world.mode(Mode.MIRROR)
    del world.remote.pins_by_id[pins[0]]
    world.apply()
    for run in world.state.runs():
        records = world.state.journal(run=run.id)
        assert len(records) == run.total
        assert all(r.intended_at and r.ended_at and r.outcome is ActionOutcome.DONE for r in records)
        assert all(r.intended_at <= (r.ended_at or "") for r in records)


@pytest.mark.promise("I25")
def test_an_intent_is_on_disk_before_the_effect(world, monkeypatch):
    world.pin(world.board("Board"), "New")
    seen: list[object] = []
    place = world.library.place

    def spy(*args):
        seen.extend(r.outcome for run in world.state.runs() for r in world.state.journal(run=run.id))
        return place(*args)

    monkeypatch.setattr(world.library, "place", spy)
    world.apply()
    assert seen == [None]


@pytest.mark.promise("I7")
def test_planning_writes_nothing_anywhere(world):
    pins = agreed(world)
    world.mode(Mode.TWO_WAY)
    world.library.remove(world.path_of(pins[0]))
    before, kept = world.seen(), dict(world.library.kept_files)
    world.plan()
    assert (world.seen(), world.library.kept_files, world.remote.writes) == (before, kept, 0)


def test_progress_tells_of_every_action_once(world):
    agreed(world, pins=10)
    started = [e.id for e in world.events if isinstance(e, ActionStarted)]
    ended = [e.id for e in world.events if isinstance(e, ActionEnded)]
    assert sorted(started) == sorted(ended) == [f"{n:04d}" for n in range(1, 11)]
    last = world.events[-1]
    assert isinstance(last, ApplyEnded)
    assert (last.done, last.failed, last.stale, last.skipped) == (10, 0, 0, 0)


def test_a_pin_made_anew_elsewhere_takes_over_an_untracked_copy(world):
    """Adopt by content: the base knows the bytes of a pin with the same signature, an untracked file has them."""
    board = world.board("Board")
    old = world.pin(board, "Old")
    signature = "a" * 32
    image = replace(world.remote.pins_by_id[old].images[0], signature=signature)
    world.remote.pins_by_id[old] = replace(world.remote.pins_by_id[old], images=(image,))
    world.apply()
    new = world.pin(board, "New")
    world.remote.pins_by_id[new] = replace(world.remote.pins_by_id[new], images=(image,))
    world.library.write("kept/my copy.jpg", world.library.files[world.path_of(old)])
    plan = world.plan()
    assert kinds(plan) == ["adopt"]
    world.apply(plan)
    assert world.path_of(new) == "kept/my copy.jpg"


def test_an_unforeseen_error_fails_its_action_and_no_other(world, monkeypatch):
    board = world.board("Board")
    pins = [world.pin(board, f"Pin {number}") for number in range(12)]
    world.apply()
    world.mode(Mode.TWO_WAY)
    removed = pins[:3]
    for pin in removed:
        world.library.remove(world.path_of(pin))
    plan = world.plan()
    asked = world.remote.pin
    reports: list[Exception] = []

    def odd(pin_id: PinId) -> object:
        if pin_id == removed[0]:
            raise RecursionError
        return asked(pin_id)

    def report(error: Exception) -> str:
        reports.append(error)
        return "Report: somewhere"

    monkeypatch.setattr(world.remote, "pin", odd)
    result = world.apply(plan, ExecutorOptions(parallelism=1, report=report))
    assert world.remote.deleted == removed[1:]
    assert [type(error) for error in reports] == [RecursionError]
    assert result.count(ActionOutcome.FAILED) == 1
    assert not result.complete
    monkeypatch.undo()
    assert world.apply(plan).complete
    assert world.remote.deleted == [*removed[1:], removed[0]]


def test_an_error_of_our_own_state_ends_the_run(world, monkeypatch):
    world.pin(world.board("Board"))
    plan = world.plan()

    def broken(*_: object) -> None:
        raise sqlite3.DatabaseError("malformed")

    monkeypatch.setattr(world.library, "stage", broken)
    with pytest.raises(sqlite3.DatabaseError):
        world.apply(plan, ExecutorOptions(parallelism=1))
