"""Pinterest's rate limit headers. They are hints: parsing never fails.

``x-ratelimit-limit`` is a list such as ``100, 100;w=1;name="safety_net", 1000;w=60;name="org_read"`` (draft-03 of the
IETF's RateLimit headers, as Envoy sends it), not a number. ``x-ratelimit-reset`` is in seconds.

The limits also reveal the access tier of the app.

Trial access: 1,000 calls a day; Standard access: limits per second and minute (Pinterest's page on rate limits).
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


LONGEST_WAIT = 120.0
"""Maximum wait in seconds; a daily quota ends the run instead."""
DAY = 86_400
LONGEST_RESET = 2 * DAY
"""Upper bound for a reset: no known quota lasts longer than a day, so a later one is a wrong header."""


def far_reset(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """When the quota behind a 429 resets; None if it is worth waiting for."""
    asked = _seconds_asked_for(headers, now)
    if asked is None and _daily_quota_is_spent(headers):
        # Neither Retry-After nor a reset was sent: daily quotas reset at midnight UTC.
        return now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    if asked is None or asked <= LONGEST_WAIT:
        return None
    return now + timedelta(seconds=min(asked, LONGEST_RESET))


def _daily_quota_is_spent(headers: Mapping[str, str]) -> bool:
    """Whether the binding quota (the first number) is a spent daily one."""
    # The header repeats the limit that binds right now before the list of all policies.
    first, *policies = headers.get("x-ratelimit-limit", "").split(",")
    number = _number(first)
    same = [policy.replace(" ", "") for policy in policies if _number(policy) == number]
    daily = number is not None and len(same) == 1 and f";w={DAY};" in f"{same[0]};"
    return daily and _number(headers.get("x-ratelimit-remaining", "")) == 0


def wait_asked_for(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds to wait before a retry: from ``Retry-After``, else the reset of a spent quota; None if unset."""
    asked = _seconds_asked_for(headers, now)
    return None if asked is None else min(max(asked, 0.0), LONGEST_WAIT)


def _seconds_asked_for(headers: Mapping[str, str], now: datetime) -> float | None:
    asked = _retry_after(headers.get("retry-after", ""), now)
    if asked is None and _number(headers.get("x-ratelimit-remaining", "")) == 0:
        asked = _number(headers.get("x-ratelimit-reset", ""))
        # Some servers send a timestamp instead of seconds.
        if asked is not None and 0 <= asked - now.timestamp() <= LONGEST_RESET:
            asked -= now.timestamp()
    return asked


def _retry_after(text: str, now: datetime) -> float | None:
    seconds = _number(text)
    # Retry-After is a number of seconds or an HTTP date (RFC 9110, 10.2.3).
    if seconds is not None or not text:
        return seconds
    try:
        then = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if then.tzinfo is None:
        then = then.replace(tzinfo=UTC)
    return (then - now).total_seconds()


def _number(text: str) -> float | None:
    """The first number of a structured header; None if missing."""
    first = text.partition(",")[0].partition(";")[0].strip()
    try:
        value = float(first)
    except ValueError:
        return None
    return value if math.isfinite(value) else None  # float() accepts "nan" and "inf"


_WINDOW = re.compile(r";\s*w=(\d+)")


def tier_of(limits: str) -> str:
    """``trial``, ``standard``, or empty if unknown."""
    windows = {int(found) for found in _WINDOW.findall(limits)}
    if DAY in windows:
        return "trial"
    return "standard" if windows & {1, 60} else ""
