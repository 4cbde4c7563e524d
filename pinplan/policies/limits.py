"""How much one plan may delete."""

from __future__ import annotations

import math
import re

from msgspec import Struct

_SHARE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*%\Z")
SMALL = 10
"""A share of few is less than one person deletes by hand: up to so many are always allowed under a share."""


class Limit(Struct, frozen=True):
    """A share of what there is, in percent, or a count."""

    percent: float | None = None
    count: int | None = None

    def most(self, total: int) -> int:
        """How many of ``total`` may go."""
        if self.count is not None:
            return self.count
        return max(SMALL, math.floor(total * (self.percent or 0.0) / 100))

    def __str__(self) -> str:
        """As it is written in the config."""
        return str(self.count) if self.count is not None else f"{self.percent:g}%"


def parse_limit(value: object) -> Limit:
    """``"10%"``, ``"25"`` or ``25``. Raises `ValueError` with what was expected."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return Limit(count=value)
    if isinstance(value, str):
        share = _SHARE.match(value.strip())
        if share is not None and float(share[1]) <= 100:
            return Limit(percent=float(share[1]))
        if value.strip().isascii() and value.strip().isdigit():
            return Limit(count=int(value))
    raise ValueError('expected a share such as "10%" (at most 100%) or a whole number')
