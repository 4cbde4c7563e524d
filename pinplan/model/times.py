"""Points in time as text: RFC 3339 in UTC."""

from __future__ import annotations

from datetime import UTC, datetime


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
