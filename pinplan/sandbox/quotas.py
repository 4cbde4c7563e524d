"""API quotas, and the rate limit headers.

The headers have the form of live responses, as quoted by two projects. The limits for Standard access are Pinterest's published ones,
except that of org_write, which is not published: 100 a minute is a conservative guess.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from pinplan.sandbox.rules import Category

if TYPE_CHECKING:
    from pinplan.sandbox.world import Clock

_DAY = 86_400


class Tier(StrEnum):
    """The access tier of an app."""

    TRIAL = "trial"
    STANDARD = "standard"


@dataclass(frozen=True, slots=True)
class Limits:
    """Calls per second, minute or day. None: Pinterest's figure appears in the headers but is not enforced, except Trial's 1,000 a day.

    Tests should run fast, so only limits set explicitly are enforced.
    """

    per_second: int | None = None
    reads_per_minute: int | None = None
    writes_per_minute: int | None = None
    per_day: int | None = None


class _Policy(NamedTuple):
    """A number of calls per window of seconds."""

    name: str
    quota: int
    window: int
    enforced: bool

    def __str__(self) -> str:
        return f'{self.quota};w={self.window};name="{self.name}"'


class Standing(NamedTuple):
    """The quota after a call.

    Attributes:
        exceeded: the call exceeded a limit.
    """

    exceeded: bool
    headers: dict[str, str]


class Quotas:
    """Counts the calls of the app for the account. Thread-safe."""

    def __init__(self, tier: Tier, limits: Limits, clock: Clock) -> None:
        """Start with nothing used."""
        self._clock = clock
        self._lock = threading.Lock()
        self._used: dict[str, tuple[int, int]] = {}
        self._policies = {category: _policies(tier, limits, category) for category in Category}

    def spend(self, category: Category) -> Standing:
        """Count a call; one that exceeds a limit is not counted against the other limits."""
        with self._lock:
            now = self._clock.now()
            policies = self._policies[category]
            # All limits are checked before any is counted.
            exceeded = any(one.enforced and self._left(one, now) <= 0 for one in policies)
            if not exceeded:
                for one in policies:
                    window, used = self._window(one, now)
                    self._used[one.name] = (window, used + 1)
            return Standing(exceeded, self._headers(policies, now))

    def standing(self, category: Category = Category.READ) -> Standing:
        """The quota without counting a call."""
        with self._lock:
            return Standing(exceeded=False, headers=self._headers(self._policies[category], self._clock.now()))

    def _window(self, policy: _Policy, now: float) -> tuple[int, int]:
        """The current window, and the calls used in it."""
        # Fixed windows since 1970: a day resets at midnight UTC.
        window = int(now // policy.window)
        last, used = self._used.get(policy.name, (window, 0))
        return (window, used) if last == window else (window, 0)

    def _left(self, policy: _Policy, now: float) -> int:
        return policy.quota - self._window(policy, now)[1]

    def _headers(self, policies: tuple[_Policy, ...], now: float) -> dict[str, str]:
        """The tightest limit first, then all of them."""
        tightest = min(policies, key=lambda one: (self._left(one, now), one.window))
        return {
            "x-ratelimit-limit": ", ".join([str(tightest.quota), *map(str, policies)]),
            "x-ratelimit-remaining": str(max(0, self._left(tightest, now))),
            "x-ratelimit-reset": str(math.ceil(tightest.window - now % tightest.window)),
        }


def _policies(tier: Tier, limits: Limits, category: Category) -> tuple[_Policy, ...]:
    # One quota for reads and writes together, hence the shared name below.
    daily = limits.per_day or (1000 if tier is Tier.TRIAL else None)
    whole_day = [_Policy("universal_app_id", daily, _DAY, enforced=True)] if daily is not None else []
    if tier is Tier.TRIAL:
        return tuple(whole_day)
    minute, guess = (limits.reads_per_minute, 1000) if category is Category.READ else (limits.writes_per_minute, 100)
    return (
        _policy("safety_net_app_id_user_id", limits.per_second, 100, 1),
        _policy(f"{category}_app_id_user_id", minute, guess, 60),
        *whole_day,
    )


def _policy(name: str, wanted: int | None, published: int, window: int) -> _Policy:
    # Clients see the published figure even where it is not enforced, and can pace themselves.
    return _Policy(name, published if wanted is None else wanted, window, enforced=wanted is not None)
