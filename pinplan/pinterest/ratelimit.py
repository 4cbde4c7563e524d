"""What Pinterest says about its limits. Headers are hints: parsing them never fails.

``x-ratelimit-limit`` is a list such as ``100, 100;w=1;name="safety_net", 1000;w=60;name="org_read"`` (draft-03 of the
IETF's RateLimit headers, as Envoy sends it), not a number. ``x-ratelimit-reset`` is in seconds, as far as is known.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_WAIT = 120.0
"""Seconds that one answer can make us wait; a daily quota is not waited for."""


def wait_asked_for(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds to wait before the next try, if the headers say so: ``Retry-After`` first, then the exhausted quota's reset."""
    asked = _retry_after(headers.get("retry-after", ""), now)
    if asked is None and _number(headers.get("x-ratelimit-remaining", "")) == 0:
        asked = _number(headers.get("x-ratelimit-reset", ""))
    return None if asked is None else min(max(asked, 0.0), LONGEST_WAIT)


def _retry_after(text: str, now: datetime) -> float | None:
    seconds = _number(text)
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
    """The first number of a structured header; None if it has none."""
    first = text.partition(",")[0].partition(";")[0].strip()
    try:
        value = float(first)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
