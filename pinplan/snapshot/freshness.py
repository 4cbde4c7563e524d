"""Decide when a cached listing may replace a new one.

Pinterest gives hints, not proof: ``board_pins_modified_at`` and ``pin_count``. An unchanged hint saves calls; no delete or move
ever relies on it (`pinplan.snapshot.refresh`).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from pinplan.model.times import moment_of
from pinplan.records.listings import board_facts_of

if TYPE_CHECKING:
    from pinplan.model.pins import Board
    from pinplan.records.listings import BoardFacts, CachedListing, PartialListing

SETTLED = timedelta(minutes=10)
"""Minimum time between a board's last change and the start of its listing. Responses lag behind changes, clocks differ, and two changes
within a second share a time stamp: a younger listing might lack a change that the hint already includes."""
STILL_GOOD = timedelta(hours=48)
"""How long an interrupted listing can be resumed: a daily quota is back the next day."""


class Refresh(StrEnum):
    """What to request: boards with changed hints; all boards; or nothing."""

    AUTO = "auto"
    FULL = "full"
    NONE = "none"


class Freshness(Struct, frozen=True, kw_only=True):
    """How far cached listings are used.

    Attributes:
        full_days: days after which a board is listed again even if no hint changed.
    """

    refresh: Refresh = Refresh.AUTO
    full_days: int = 7


def may_stand(kept: CachedListing, board: Board, freshness: Freshness, now: datetime, full_since: str | None) -> bool:
    """Whether a cached complete listing is still valid.

    Args:
        kept: when the listing was begun, and the board's hints then.
        board: the board with its present hints.
        freshness: the options.
        now: the present.
        full_since: when the present full refresh began, which may have been in an earlier run.
    """
    # Every doubt, such as an unreadable time stamp, means listing again: it costs calls, never a pin.
    began = moment_of(kept.taken_at)
    if began is None or not _unchanged(kept.facts, board) or not _settled(board, began):
        return False
    if freshness.refresh is Refresh.FULL:
        return full_since is not None and kept.taken_at >= full_since
    # Not before now either: a clock set back must not keep a listing for years.
    return timedelta() <= now - began <= timedelta(days=freshness.full_days)


def may_go_on(so_far: PartialListing, board: Board, now: datetime) -> bool:
    """Whether an interrupted listing can be resumed."""
    return is_recent(so_far.began_at, now) and bool(so_far.bookmark) and _unchanged(so_far.facts, board)


def is_recent(at: str | None, now: datetime) -> bool:
    """Whether something was begun recently enough to be resumed."""
    began = moment_of(at)
    # A time stamp in the future comes from a clock that was set back.
    return began is not None and timedelta() <= now - began <= STILL_GOOD


def _unchanged(facts: BoardFacts, board: Board) -> bool:
    """Whether every hint is known and unchanged."""
    # Two missing hints compare equal and prove nothing.
    return facts == board_facts_of(board) and facts.pin_count is not None and facts.pins_modified_at is not None


def _settled(board: Board, began: datetime) -> bool:
    modified = moment_of(board.pins_modified_at)
    return modified is not None and began - modified >= SETTLED
