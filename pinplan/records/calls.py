"""API calls per day: the budget of ``[network] daily_calls``, shared by all commands."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING

from pinplan.errors import QuotaSpent
from pinplan.records.database import decodable

if TYPE_CHECKING:
    from datetime import datetime

    from pinplan.ports import Clock
    from pinplan.records.database import Database

AHEAD = 20
"""Calls reserved with one fsync before they are made; unused ones are returned at the end.
A killed process counts up to that many too many, never too few."""


class DailyCalls:
    """Counts calls per account and UTC day, up to a budget. Thread-safe."""

    def __init__(self, db: Database, account: str, limit: int | None, clock: Clock) -> None:
        """Count for an account.

        Args:
            db: stores the count.
            account: its id; empty if unknown. Such calls count for every account on that day.
            limit: calls a day; None for no limit.
            clock: tells the day.
        """
        self._db, self._account, self._limit, self._clock = db, account, limit, clock
        self._lock = threading.Lock()
        self._day = ""
        self._written = self._others = self._used = 0

    def spend(self) -> None:
        """Count one call before it is sent. Raises `QuotaSpent` if the budget is used up."""
        with self._lock:
            now = self._today()
            # Before the call: Pinterest counts refused and failed calls as well.
            if self._limit is not None and self._others + self._used >= self._limit:
                raise self._spent(now)
            self._used += 1
            if self._used > self._written:
                # One fsync per 20 calls; counted before they are sent, so a kill never undercounts.
                self._write(self._used + AHEAD - 1)

    def require(self, calls: int) -> None:
        """Raises `QuotaSpent` if fewer calls are left."""
        with self._lock:
            now = self._today()
            if calls and self._limit is not None and self._others + self._used + calls > self._limit:
                raise self._spent(now)

    def close(self) -> None:
        """Return the unused reserve."""
        with self._lock:
            if self._written != self._used:
                self._write(self._used)

    def used_today(self) -> int:
        """Calls counted today."""
        with self._lock:
            self._today()
            return self._others + self._used

    def _spent(self, now: datetime) -> QuotaSpent:
        what = f"daily budget of {self._limit:,} API calls ([network] daily_calls) used up"
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        return QuotaSpent(what, midnight)

    def _today(self) -> datetime:
        now = self._clock.now()
        day = f"{now:%Y-%m-%d}"
        if day != self._day:  # a run may cross midnight
            if self._written != self._used:
                self._write(self._used)
            self._day = day
            self._used = self._written = self._count(self._account)
            self._others = self._count("") if self._account else 0
        return now

    def _count(self, account: str) -> int:
        rows = self._db.rows("SELECT calls FROM api_calls WHERE day = ? AND account = ?", (self._day, account))
        with decodable(self._db.path, "today's API calls"):
            return int(str(rows[0][0])) if rows else 0

    def _write(self, calls: int) -> None:
        with self._db.transaction() as db:
            db.execute("REPLACE INTO api_calls VALUES (?, ?, ?)", (self._day, self._account, calls))
            db.execute(
                # A month is kept for `status`; older days mean nothing.
                "DELETE FROM api_calls WHERE day NOT IN (SELECT DISTINCT day FROM api_calls ORDER BY day DESC LIMIT 31)"
            )
        self._written = calls
