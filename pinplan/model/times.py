"""Points in time as text: RFC 3339 in UTC."""

from __future__ import annotations

from datetime import UTC, datetime

FIRST_NS, LAST_NS = -(1 << 63), (1 << 63) - 1
"""The times that the state can store, in nanoseconds since 1970: from 1677 to 2262. A file may have any other, from a clock that is wrong."""


def storable_ns(mtime_ns: int) -> int:
    """The modification time of a file, or the nearest one that the state can store. It only has to be the same each time."""
    return min(max(mtime_ns, FIRST_NS), LAST_NS)


def timestamp(moment: datetime) -> str:
    """A point in time to the second, as in documents and records: ``2026-11-23T14:16:30Z``."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def fine_timestamp(moment: datetime) -> str:
    """A timestamp with microseconds, to order two scans within one second."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def compact_timestamp(moment: datetime) -> str:
    """A timestamp to the second for use in a name: ``20261123T141630Z``."""
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def moment_of(text: str | None) -> datetime | None:
    """Parse a point in time into UTC, which is assumed without a zone; None if there is none, or it is unreadable."""
    try:
        found = datetime.fromisoformat(text or "")
        # Pinterest's answers have been seen without a zone, although its description promises one.
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
