"""What is taken from the cache and what is asked for; listings that are cut off and gone on with."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pinplan.adapters import PlanRequest
from pinplan.errors import ApiRefused, ConfigError, QuotaSpent, UnexpectedAnswer, Unreachable
from pinplan.events import FromCache, Paused
from pinplan.model.ids import AccountId, BoardId
from pinplan.model.pins import Account, Board
from pinplan.model.snapshots import ListedBoards
from pinplan.pinterest.api import PinPage
from pinplan.pipeline import make_plan
from pinplan.plan.document import Plan
from pinplan.policies.mode import Mode
from pinplan.records.listings import CachedListing, board_facts_of
from pinplan.snapshot.freshness import SETTLED, Freshness, Refresh, may_stand
from tests.hints import HintingRemote, hinting
from tests.worlds import EVERYTHING, SmallWorld, findings, kinds

NOW = datetime(2026, 1, 10, tzinfo=UTC)
AGAIN = datetime(2026, 1, 2, tzinfo=UTC)


class CutOff:
    """Lets through so many pages of all boards together, then raises."""

    def __init__(self, remote: HintingRemote, pages: int, error: Exception) -> None:
        self._whole = remote.pin_pages
        self._left, self._error = pages, error
        self.begun_at: list[str | None] = []

    def __call__(self, board_id: BoardId, bookmark: str | None = None) -> Iterator[PinPage]:
        self.begun_at.append(bookmark)
        for page in self._whole(board_id, bookmark):
            if self._left == 0:
                raise self._error
            self._left -= 1
            yield page


def planned(world: SmallWorld, refresh: Refresh = Refresh.AUTO, days: int = 7) -> Plan:
    freshness = Freshness(refresh=refresh, full_days=days)
    return make_plan(world.adapters(), PlanRequest(policies=world.policies, allow=EVERYTHING, freshness=freshness))


@pytest.fixture
def remote(world: SmallWorld) -> HintingRemote:
    """Two boards of three and one pins, on both sides; every page has one pin."""
    remote = hinting(world)
    remote.page = 1
    first, second = world.board("First"), world.board("Second")
    for _ in range(3):
        world.pin(first)
    world.pin(second)
    world.apply(planned(world))
    remote.asked = 0
    remote.listed.clear()
    return remote


def test_a_second_look_costs_two_calls(world, remote):
    planned(world)
    before = remote.calls
    assert planned(world).api_calls == 2
    assert remote.calls == before + 2
    assert [event.boards for event in world.events if isinstance(event, FromCache)][-1] == 2


def test_only_the_board_that_changed_is_listed(world, remote):
    planned(world)
    remote.listed.clear()
    new = world.pin(BoardId(sorted(remote.boards_by_id)[1]))
    assert [action.pin_id for action in planned(world).actions] == [new]
    assert remote.listed == [sorted(remote.boards_by_id)[1]]


@pytest.mark.parametrize(
    "change", ["name", "owner", "silence about the time", "silence about the count", "a young change"]
)
def test_what_is_not_surely_unchanged_is_listed(world, remote, monkeypatch, change):
    planned(world)
    remote.listed.clear()
    board = min(remote.boards_by_id)
    whole = remote.boards
    silent: dict[str, dict[str, Any]] = {
        "silence about the time": {"pins_modified_at": None},
        "silence about the count": {"pin_count": None},
        "a young change": {"pins_modified_at": f"{world.clock.now():%Y-%m-%dT%H:%M:%SZ}"},
    }
    if change in silent:
        only = tuple(replace(b, **silent[change]) for b in whole().boards if b.id == board)
        monkeypatch.setattr(remote, "boards", lambda: ListedBoards(only))
    else:
        remote.boards_by_id[board] = replace(remote.boards_by_id[board], **{change: "Another"})
    planned(world)
    assert board in remote.listed
    remote.listed.clear()
    if change in silent:  # and it stays so: nothing makes it known
        planned(world)
        assert board in remote.listed


def test_a_listing_grows_old(world, remote):
    planned(world)
    world.clock.present += timedelta(days=6, hours=23)
    assert planned(world).api_calls == 2
    world.clock.present += timedelta(hours=2)
    assert planned(world).api_calls > 2
    assert planned(world, days=0).api_calls > 2


@given(
    st.integers(-10_000, 10_000), st.integers(-10_000, 2_000_000), st.sampled_from(list(Refresh)), st.integers(0, 30)
)
def test_a_listing_stands_only_while_it_is_settled_and_young(settled, age, refresh, days):
    """Settled: begun long enough behind the last change. A clock that was put back makes nothing young."""
    taken = NOW - timedelta(seconds=age)
    modified = taken - timedelta(seconds=settled)
    board = Board(id=BoardId("1"), name="B", pin_count=1, pins_modified_at=f"{modified:%Y-%m-%dT%H:%M:%SZ}")
    kept = CachedListing(taken_at=f"{taken:%Y-%m-%dT%H:%M:%SZ}", facts=board_facts_of(board))
    stands = may_stand(kept, board, Freshness(refresh=refresh, full_days=days), NOW, full_since=None)
    assert stands == (refresh is not Refresh.FULL and settled >= SETTLED.total_seconds() and 0 <= age <= days * 86_400)
    changed = replace(board, pin_count=2)
    assert not may_stand(kept, changed, Freshness(refresh=refresh, full_days=days), NOW, full_since=None)


def test_pins_that_are_known_to_be_gone_are_not_asked_for_again_until_it_matters(world, remote):
    gone = min(remote.pins_by_id)
    del remote.pins_by_id[gone]
    assert findings(planned(world)) == ["removed_on_pinterest"]
    assert findings(planned(world)) == ["removed_on_pinterest"]
    assert planned(world).api_calls == 2
    world.mode(Mode.MIRROR)
    made = planned(world)
    assert kinds(made) == ["delete_local"]
    assert made.api_calls == 2 + 2 + 1  # account, boards, two pages of the board again, the pin itself


def test_what_apply_changes_on_pinterest_is_forgotten(world, remote):
    world.mode(Mode.TWO_WAY)
    pin = min(remote.pins_by_id)
    board = remote.pins_by_id[pin].board_id
    world.library.remove(world.path_of(pin))
    made = planned(world)
    assert kinds(made) == ["delete_remote"]
    assert board in world.state.listings.kept()
    world.apply(made)
    assert board not in world.state.listings.kept()
    assert planned(world).actions == ()


def test_another_account_or_other_scopes_begin_anew(world, remote):
    planned(world)
    remote.granted = ("boards:read",)
    assert planned(world).api_calls == 2 + 4
    assert planned(world).api_calls == 2
    remote.me = Account(id=AccountId("2"), username="other")
    assert planned(world).api_calls == 2 + 4


@pytest.mark.parametrize(("table", "column"), [("listings", "listing"), ("listings", "facts"), ("last_look", "look")])
def test_a_damaged_cache_is_asked_for_again_never_an_error(world, remote, table, column):
    digest = planned(world).digest
    with world.state._db.transaction() as db:
        db.execute(f"UPDATE {table} SET {column} = ?", (b"\xc1 damaged",))
    made = planned(world)
    # A plan that found nothing is given again without the last look; the next plan lists all boards.
    calls = [made.api_calls, planned(world).api_calls, planned(world).api_calls]
    assert (made.digest, calls) == (digest, [2, 2 + 4, 2] if table == "last_look" else [2 + 4, 2, 2])


def test_sections_come_from_the_cache_too(world, remote):
    board = BoardId(min(remote.boards_by_id))
    section = world.section(board, "Part")
    world.move_pin(min(remote.pins_by_id), board, section)
    world.apply(planned(world))
    digest = planned(world).digest
    made = planned(world)
    assert (made.digest, made.api_calls) == (digest, 2)
    assert made.digest == planned(world, Refresh.FULL).digest


# -- cut off ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "error", [Unreachable("gone"), QuotaSpent("used up", AGAIN), ApiRefused("GET", 429, 8, "no", None)]
)
@pytest.mark.parametrize("pages", range(4))
def test_a_listing_that_was_cut_off_goes_on_where_it_was(world, remote, monkeypatch, error, pages):
    """Undisturbed and cut off after any page: the same plan in the end, and no page is asked for twice."""
    whole = planned(world, Refresh.FULL)
    world.state.listings.drop(list(remote.boards_by_id))
    with monkeypatch.context() as patched:
        patched.setattr(remote, "pin_pages", CutOff(remote, pages, error))
        cut = planned(world)
        assert [b.complete for b in cut.snapshots.remote.boards].count(False) >= 1
        assert isinstance(error, QuotaSpent) == any(isinstance(event, Paused) for event in world.events)
    remote.asked = 0
    world.clock.present += timedelta(hours=20)
    again = planned(world)
    assert again.digest == whole.digest
    assert again.api_calls <= 2 + 4 - pages + 1  # a page that was on its way is asked for again


def test_a_bookmark_that_is_refused_begins_its_board_anew(world, remote, monkeypatch):
    whole = planned(world, Refresh.FULL)
    world.state.listings.drop(list(remote.boards_by_id))
    with monkeypatch.context() as patched:
        patched.setattr(remote, "pin_pages", CutOff(remote, 1, Unreachable("gone")))
        planned(world)
    real = remote.pin_pages

    def forgetful(board_id: BoardId, bookmark: str | None = None) -> Iterator[PinPage]:
        if bookmark is not None:
            raise ApiRefused("GET", 400, 1, "The bookmark is invalid.", None)
        yield from real(board_id)

    monkeypatch.setattr(remote, "pin_pages", forgetful)
    assert planned(world).digest == whole.digest


@pytest.mark.parametrize("what", ["age", "change", "damage", "astray"])
def test_what_cannot_be_gone_on_with_begins_anew(world, remote, monkeypatch, what):
    world.state.listings.drop(list(remote.boards_by_id))
    board = BoardId(min(remote.boards_by_id))
    error = UnexpectedAnswer("repeated bookmark") if what == "astray" else Unreachable("gone")
    with monkeypatch.context() as patched:
        patched.setattr(remote, "pin_pages", CutOff(remote, 2, error))
        planned(world)
    if what == "age":
        world.clock.present += timedelta(hours=49)
    elif what == "change":
        world.pin(board)
    elif what == "damage":
        with world.state._db.transaction() as db:
            db.execute("UPDATE listing_pages SET page = ?", (b"\xc1",))
    spy = CutOff(remote, 99, Unreachable("never"))
    monkeypatch.setattr(remote, "pin_pages", spy)
    assert all(board.complete for board in planned(world).snapshots.remote.boards)
    assert set(spy.begun_at) == {None}


def test_a_full_refresh_that_was_cut_off_goes_on(world, remote, monkeypatch):
    """Otherwise an account with more boards than a day has calls could never be looked at as a whole."""
    planned(world)
    remote.page = 250
    with monkeypatch.context() as patched:
        patched.setattr(remote, "pin_pages", CutOff(remote, 1, QuotaSpent("used up", AGAIN)))
        planned(world, Refresh.FULL)
    world.clock.present += timedelta(hours=20)
    assert planned(world, Refresh.FULL).api_calls == 2 + 1
    assert planned(world, Refresh.FULL).api_calls == 2 + 2


@pytest.mark.promise("I1")
def test_a_quota_that_ends_the_second_listing_ends_the_delete(world, remote, monkeypatch):
    """The board of a delete comes from the cache, and cannot be listed again: the delete is not planned."""
    world.mode(Mode.TWO_WAY)
    planned(world)
    world.library.remove(world.path_of(min(remote.pins_by_id)))
    monkeypatch.setattr(remote, "pin_pages", CutOff(remote, 1, QuotaSpent("used up", AGAIN)))
    made = planned(world)
    assert made.actions == ()
    assert {"blocked", "incomplete"} <= set(findings(made))


def test_nothing_can_be_taken_from_an_empty_cache(world):
    hinting(world)
    world.board("Board")
    with pytest.raises(ConfigError, match="nothing is in the cache yet"):
        planned(world, Refresh.NONE)


def test_without_asking_the_plan_fetches_what_the_cache_knows(world):
    remote = hinting(world)
    pin = world.pin(world.board("Board"))
    planned(world)
    world.board("New")
    made = planned(world, Refresh.NONE)
    assert [action.pin_id for action in made.actions] == [pin]
    assert (kinds(made), made.api_calls, findings(made)) == (["download"], 0, ["not_asked"])
    assert remote.calls > 0
    assert world.apply(made).complete
