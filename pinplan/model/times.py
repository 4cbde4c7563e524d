"""Points in time as they are written down: RFC 3339 in UTC."""

from __future__ import annotations

from datetime import UTC, datetime


def timestamp(moment: datetime) -> str:
    """A point in time to the second: ``2026-11-23T14:16:30Z``, as documents and records have it."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def fine_timestamp(moment: datetime) -> str:
    """A timestamp with microseconds, to order two scans within one second."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def compact_timestamp(moment: datetime) -> str:
    """The same to the second, as part of a name: ``20261123T141630Z``."""
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def moment_of(text: str | None) -> datetime | None:
    """A point in time that was written down, in UTC (as which one without a zone is read); None for none, or none that can be read."""
    try:
        found = datetime.fromisoformat(text or "")
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
