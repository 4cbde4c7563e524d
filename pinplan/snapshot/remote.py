"""Read Pinterest once: boards, their pins, sections in use, and the state of missing pins.

Only GET requests are sent (I7). A board that could not be read to the end is marked incomplete (I1); a tracked pin that no listing
has is queried by id, and is gone only on 404 (I6). Boards whose hints are unchanged may come from the cache; before anything is
deleted or moved they are listed again (`RemoteScan.list_again`).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event as Flag
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from pinplan.errors import ConfigError, PermissionMissing, QuotaSpent, RemoteError
from pinplan.events import Emit, FromCache, Paused, Stage, Step, Warned
from pinplan.model.matching import selector
from pinplan.model.snapshots import AskedPin, BoardSnapshot, RemoteSnapshot, UnreadableItem
from pinplan.model.times import fine_timestamp
from pinplan.policies.bundle import in_scope
from pinplan.records.listings import LastListing
from pinplan.snapshot.board import BoardReader, Reading, from_listing, with_listed_sections
from pinplan.snapshot.freshness import Freshness, Refresh, is_recent, may_stand

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from datetime import datetime

    from pinplan.model.base import Base
    from pinplan.model.ids import BoardId, PinId
    from pinplan.model.pins import Account, Board
    from pinplan.policies.bundle import Policies
    from pinplan.ports import Clock, Remote
    from pinplan.records.listings import Listings

Item = TypeVar("Item")
Found = TypeVar("Found")

LISTINGS_AT_ONCE = 3
"""Boards read in parallel: at 0.2 s per response that is 15 calls a second, just below Pinterest's limit of 1,000 a minute."""
NOT_ASKED = "it comes from the cache; Pinterest was not queried"
NOT_CACHED = "it is not in the cache; Pinterest was not queried"


class RemoteRequest(Struct, frozen=True, kw_only=True):
    """The options of a remote scan.

    Attributes:
        max_gone_checks: maximum number of pins queried by id; the others stay unknown.
        sections_of: boards whose sections are listed even if no pin is in one.
        targets: targeted addresses: the sections of a board are listed if one of them may name a section.
        fresh: boards never taken from the cache.
        freshness: how much of earlier scans is used.
    """

    policies: Policies
    base: Base
    max_gone_checks: int = 500
    sections_of: frozenset[BoardId] = frozenset()
    targets: tuple[str, ...] = ()
    fresh: frozenset[BoardId] = frozenset()
    freshness: Freshness = field(default_factory=Freshness)


class ListedAccount(Struct, frozen=True, kw_only=True):
    """The account and its list of boards, as Pinterest gives them when a scan begins.

    Attributes:
        calls_before: the number of API calls before these.
        calls_after: the number of API calls with these.
    """

    account: Account
    boards: tuple[Board, ...]
    unreadable: tuple[UnreadableItem, ...]
    scopes: tuple[str, ...]
    now: datetime
    calls_before: int
    calls_after: int


def list_account(remote: Remote, clock: Clock, emit: Emit) -> ListedAccount:
    """Request account and list of boards. Raises `AuthError`, `RemoteError`."""
    before = remote.calls
    now = clock.now()
    emit(Stage(name="boards"))
    # Account first: a wrong token fails before any listing is read.
    account = remote.account()
    listed = remote.boards()
    return ListedAccount(
        account=account,
        boards=listed.boards,
        unreadable=listed.unreadable,
        scopes=tuple(sorted(remote.scopes)),
        now=now,
        calls_before=before,
        calls_after=remote.calls,
    )


class RemoteScan:
    """One scan, which can be continued.

    Attributes:
        from_cache: boards of the last snapshot that came from the cache.
    """

    def __init__(self, remote: Remote, request: RemoteRequest, listings: Listings, clock: Clock, emit: Emit) -> None:
        """Send no request before `take`."""
        self._remote, self._request, self._listings, self._clock, self._emit = remote, request, listings, clock, emit
        self._calls_before = remote.calls
        self._stop = Flag()
        self._asked: dict[PinId, AskedPin] = {}
        self._unreadable: tuple[UnreadableItem, ...] = ()
        self._reader = BoardReader(remote, listings, clock, self._stop)
        self.from_cache: frozenset[BoardId] = frozenset()
        self._listed_at: dict[BoardId, str] = {}

    @property
    def listed_at(self) -> dict[BoardId, str]:
        """When the boards that came from the cache were listed."""
        return {board: self._listed_at[board] for board in self.from_cache}

    def take(self, listed: ListedAccount | None = None) -> RemoteSnapshot:
        """Take a snapshot; with ``listed``, account and list of boards are not requested again.

        Raises:
            AuthError: no valid token.
            RemoteError: the account or the list of boards could not be read; an unreadable board is only incomplete.
            ConfigError: nothing is to be requested, and the cache is empty.
        """
        if self._request.freshness.refresh is Refresh.NONE:
            return self._remembered()
        listed = listed or list_account(self._remote, self._clock, self._emit)
        self._calls_before = listed.calls_before
        account, boards, now, self._unreadable = listed.account, listed.boards, listed.now, listed.unreadable
        listing = self._note_listing(account, boards, now)
        kept = self._kept(self._wanted(boards), now, listing.full_since)
        self.from_cache = frozenset(kept)
        self._emit(FromCache(boards=len(kept)))
        to_read = [board for board in self._wanted(boards) if board.id not in kept]
        # Listings and single pins share one pool, and so one bound on parallel requests.
        with self._listings_side_by_side() as pool:
            readings = list(self._read(pool, to_read))
            # Listings of this scan win over cached ones.
            known = {**kept, **{reading.board.board.id: reading.board for reading in readings}}
            taken = self._doubted(known.get(board.id) or _left_out(board) for board in boards)
            asked = self._ask_for_missing(pool, taken)
        spent = self._spent_quota(readings)
        # Cut short by the quota, a full refresh keeps its start, and the next plan continues it.
        if listing.full_since is not None and not spent:
            self._listings.remember_last_listing(replace(listing, full_since=None))
        return self._snapshot(account, taken, asked, now)

    def list_again(self, before: RemoteSnapshot, boards: Collection[BoardId]) -> RemoteSnapshot:
        """The snapshot with these boards listed again; boards that did not come from the cache stay as they are."""
        again = [one.board for one in before.boards if one.board.id in self.from_cache and one.board.id in boards]
        if not again:
            return before
        # Shrinks with every round, which ends the loop in list_until_decided.
        self.from_cache -= {board.id for board in again}
        with self._listings_side_by_side() as pool:
            readings = list(self._read(pool, again))
            known = {reading.board.board.id: reading.board for reading in readings}
            taken = self._doubted(known.get(one.board.id, one) for one in before.boards)
            asked = self._ask_for_missing(pool, taken)
        self._spent_quota(readings)
        return replace(before, boards=taken, asked=asked, api_calls=self._remote.calls - self._calls_before)

    def with_sections(self, before: RemoteSnapshot, boards: Collection[BoardId]) -> RemoteSnapshot:
        """The snapshot with all sections of these boards; a board whose sections cannot be read is incomplete."""
        # Also for boards that are listed again.
        self._request = replace(self._request, sections_of=self._request.sections_of | frozenset(boards))
        taken = tuple(self._with_all_sections(one) if one.board.id in boards else one for one in before.boards)
        return replace(before, boards=taken, api_calls=self._remote.calls - self._calls_before)

    def _with_all_sections(self, board: BoardSnapshot) -> BoardSnapshot:
        return with_listed_sections(self._remote, board)[0] if board.complete and board.asked else board

    def _doubted(self, boards: Iterable[BoardSnapshot]) -> tuple[BoardSnapshot, ...]:
        """Mark all boards incomplete if the list of boards has an unreadable item: it may hold what a board lacks."""
        return tuple(replace(one, complete=False) if self._unreadable else one for one in boards)

    def _wanted(self, boards: Sequence[Board]) -> list[Board]:
        policies = self._request.policies
        return [b for b in boards if in_scope(b, include=policies.include, exclude=policies.exclude)]

    def _note_listing(self, account: Account, boards: Sequence[Board], now: datetime) -> LastListing:
        """Cache the list of boards; an interrupted full refresh keeps its start time."""
        scopes = tuple(sorted(self._remote.scopes))
        since: str | None = None
        if self._request.freshness.refresh is Refresh.FULL:
            last = self._listings.last_listing()
            since = last.full_since if last is not None else None
            # Two days old, it no longer counts as one refresh: start over.
            since = since if is_recent(since, now) else fine_timestamp(now)
        listing = LastListing(
            account=account, scopes=scopes, taken_at=fine_timestamp(now), boards=tuple(boards), full_since=since
        )
        self._listings.remember_last_listing(listing)
        return listing

    def _kept(self, boards: Sequence[Board], now: datetime, full_since: str | None) -> dict[BoardId, BoardSnapshot]:
        """The boards served from the cache."""
        kept = self._listings.kept()
        found: dict[BoardId, BoardSnapshot] = {}
        for board in boards:
            if board.id in self._request.fresh or board.id not in kept:
                continue
            if may_stand(kept[board.id], board, self._request.freshness, now, full_since):
                snapshot = self._from_cache(board)
                if snapshot is not None:
                    found[board.id] = snapshot
                    self._listed_at[board.id] = kept[board.id].taken_at
        return found

    def _from_cache(self, board: Board) -> BoardSnapshot | None:
        listing = self._listings.listing(board.id)
        wanted = self._wants_sections(board)
        return from_listing(board, listing, all_sections=wanted) if listing is not None else None

    def _wants_sections(self, board: Board) -> bool:
        """Whether its sections are listed even if no pin is in one."""
        named = (selector(text) for text in self._request.targets)
        return board.id in self._request.sections_of or any(one.begins_in(board.name, board.owner) for one in named)

    def _read(self, pool: ThreadPoolExecutor, boards: Sequence[Board]) -> Iterator[Reading]:
        self._emit(Stage(name="pins", total=len(boards)))

        def read(board: Board) -> Reading:
            return self._reader.read(board, all_sections=self._wants_sections(board))

        for reading in self._each(pool, read, boards):
            _warn_of_count(reading.board, self._emit)
            yield reading

    def _remembered(self) -> RemoteSnapshot:
        """The cached boards without any request; all incomplete, so that nothing is deleted or moved."""
        last = self._listings.last_listing()
        if last is None:
            raise ConfigError(["--refresh none: nothing is in the cache yet; plan once without it"])
        self._emit(Stage(name="boards"))
        kept = self._listings.kept()
        found = {board.id: self._from_cache(board) for board in self._wanted(last.boards) if board.id in kept}
        wanted = {board.id for board in self._wanted(last.boards)}
        taken = tuple(_not_asked(b, found.get(b.id)) if b.id in wanted else _left_out(b) for b in last.boards)
        self._emit(FromCache(boards=sum(one is not None for one in found.values())))
        return RemoteSnapshot(
            account=last.account, boards=_in_order(taken), scopes=last.scopes, taken_at=last.taken_at, api_calls=0
        )

    def _snapshot(
        self, account: Account, boards: Sequence[BoardSnapshot], asked: tuple[AskedPin, ...], now: datetime
    ) -> RemoteSnapshot:
        return RemoteSnapshot(
            account=account,
            boards=_in_order(boards),
            asked=asked,
            scopes=tuple(sorted(self._remote.scopes)),
            taken_at=fine_timestamp(now),
            api_calls=self._remote.calls - self._calls_before,
            unreadable=self._unreadable,
        )

    def _ask_for_missing(self, pool: ThreadPoolExecutor, boards: Sequence[BoardSnapshot]) -> tuple[AskedPin, ...]:
        """Query missing pins by id, unless this scan or the cached listing already has the answer."""
        ignored = self._request.policies.ignore_pins or ()
        missing = _missing_pins(self._request.base, boards, ignored)[: self._request.max_gone_checks]
        homes = {record.pin_id: record.board_id for record in self._request.base.tracked} if missing else {}
        # A cached 404 counts only beside the cached listing of the same time.
        cached = {homes[pin] for pin in missing} & self.from_cache
        known = {pin: AskedPin(pin_id=pin, gone=True) for board in cached for pin in self._listings.gone(board)}
        to_ask = [pin for pin in missing if pin not in self._asked and pin not in known]
        self._emit(Stage(name="gone", total=len(to_ask)))
        # Kept for the whole scan: another round of the refresh loop must not ask again.
        self._asked |= {asked.pin_id: asked for asked in self._each(pool, self._ask, to_ask)}
        asked = tuple(self._asked.get(pin) or known[pin] for pin in missing)
        if to_ask:
            gone: dict[BoardId, list[PinId]] = {}
            for one in asked:
                if one.gone:
                    gone.setdefault(homes[one.pin_id], []).append(one.pin_id)
            self._listings.remember_gone(gone)
        return asked

    def _ask(self, pin_id: PinId) -> AskedPin:
        try:
            pin = self._remote.pin(pin_id)
        # Any error but 404 leaves the pin unknown, never gone (I6: gone needs a 404).
        except (RemoteError, PermissionMissing) as error:
            return AskedPin(pin_id=pin_id, problem=str(error))
        if pin is None:
            return AskedPin(pin_id=pin_id, gone=True)
        return AskedPin(pin_id=pin_id, board_id=pin.board_id, section_id=pin.section_id)

    @contextmanager
    def _listings_side_by_side(self) -> Iterator[ThreadPoolExecutor]:
        """A thread pool for listings; on an error it stops after the pages in flight."""
        with ThreadPoolExecutor(LISTINGS_AT_ONCE, thread_name_prefix="listing") as pool:
            try:
                yield pool
            except BaseException as error:
                # Wake the workers before the pool is joined, else Ctrl-C waits for whole boards.
                self._stop.set()
                if isinstance(error, KeyboardInterrupt):
                    self._remote.give_up()
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _each(self, pool: ThreadPoolExecutor, read: Callable[[Item], Found], items: Sequence[Item]) -> Iterable[Found]:
        for found in pool.map(read, items):
            self._emit(Step(name="listing"))
            yield found

    def _spent_quota(self, readings: Sequence[Reading]) -> QuotaSpent | None:
        spent = next((reading.spent for reading in readings if reading.spent is not None), None)
        if spent is not None:
            left = sum(reading.spent is not None for reading in readings)
            self._emit(Paused(message=str(spent), boards=left))
        return spent


def _in_order(boards: Sequence[BoardSnapshot]) -> tuple[BoardSnapshot, ...]:
    # By number, not by text: the digest must not depend on Pinterest's order (I8: same input, same digest).
    return tuple(sorted(boards, key=lambda b: (len(b.board.id), b.board.id)))


def _not_asked(board: Board, found: BoardSnapshot | None) -> BoardSnapshot:
    if found is None:
        return BoardSnapshot(board=board, complete=False, problem=NOT_CACHED, asked=False)
    return replace(found, complete=False, problem=NOT_ASKED, asked=False)


def _left_out(board: Board) -> BoardSnapshot:
    """A board that the config excludes: known by name, its pins not requested."""
    return BoardSnapshot(board=board, complete=False, problem="left out by the config", listed=False)


def _warn_of_count(board: BoardSnapshot, emit: Emit) -> None:
    """Warn if Pinterest declares fewer pins than listed; the reverse is a finding of the plan."""
    declared, listed = board.board.pin_count, len(board.pins)
    if board.complete and declared is not None and declared < listed:
        emit(Warned(message=f"{board.board.name}: {listed} pins listed, Pinterest says {declared}"))


def _missing_pins(base: Base, boards: Sequence[BoardSnapshot], ignored: Iterable[PinId]) -> list[PinId]:
    """Tracked pins of fully read boards that are in no listing; ignored pins are left out."""
    unseen = {record.pin_id for record in base.tracked}
    for board in boards:
        unseen.difference_update([pin.id for pin in board.pins])
    if not unseen:
        return []
    # On an incomplete board every pin is unknown anyway: save the calls.
    complete = {board.board.id for board in boards if board.listed and board.complete}
    missing = {record.pin_id for record in base.tracked if record.pin_id in unseen and record.board_id in complete}
    return sorted(missing.difference(ignored), key=lambda pin_id: (len(pin_id), pin_id))
