"""Limits on the deletes and uploads of one plan, and on gaps in the listings while it deletes."""

from __future__ import annotations

import math
import re

from msgspec import Struct

_SHARE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*%\Z")
_BYTES = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(B|kB|MB|GB|TB)\Z", re.IGNORECASE)
_UNITS = {"b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}
SMALL = 10
"""Deletes that a share always allows: 10 % of a small board would be fewer than a person deletes by hand."""


class Limit(Struct, frozen=True):
    """A share of what there is, in percent, or a count."""

    percent: float | None = None
    count: int | None = None

    def most(self, total: int, *, small: int = SMALL) -> int:
        """The largest allowed count out of ``total``; under a share at least ``small``."""
        # A count is exact; the small minimum is for shares only.
        if self.count is not None:
            return self.count
        # Floor: 10% of 19 allows 1, never 2, above the minimum.
        return max(small, math.floor(total * (self.percent or 0.0) / 100))

    def __str__(self) -> str:
        """As written in the config."""
        return str(self.count) if self.count is not None else f"{self.percent:g}%"


class Limits(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The limits besides the two shares; None means no limit.

    Attributes:
        remote_delete_count, local_delete_count: deletes of one plan, over all boards.
        remote_delete_bytes, local_delete_bytes: bytes of the files concerned.
        incomplete_boards: share of the requested boards whose listing broke; only while something is deleted.
        vanished_boards: share of the boards in the base that are no longer listed; only while something is deleted.
        moves: pins moved on Pinterest, as a share of all tracked ones or a count. Since plan format 1.4.
        made_public: pins of secret boards that become public, likewise. Since plan format 1.4.
        uploads: pictures that one plan may upload, or leave for later days. Since plan format 1.4.
        new_places: boards and sections that one plan may create. Since plan format 1.4.
    """

    remote_delete_count: int | None = None
    remote_delete_bytes: int | None = None
    local_delete_count: int | None = None
    local_delete_bytes: int | None = None
    incomplete_boards: str = "50%"
    vanished_boards: str = "50%"
    moves: str = "30%"
    made_public: str = "10%"
    uploads: int = 50
    new_places: int = 10


def parse_limit(value: object) -> Limit:
    """Parse ``"10%"``, ``"25"`` or ``25``. Raises `ValueError` with what was expected."""
    # bool is an int in Python: `true` in TOML must not mean 1.
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return Limit(count=value)
    if isinstance(value, str):
        share = _SHARE.match(value.strip())
        if share is not None and float(share[1]) <= 100:
            return Limit(percent=float(share[1]))
        # isdigit() alone accepts "²" and other digits that int() refuses.
        if value.strip().isascii() and value.strip().isdigit():
            return Limit(count=int(value))
    raise ValueError('expected a share such as "10%" (at most 100%) or a whole number')


def parse_bytes(value: object) -> int:
    """Parse ``"500 MB"`` (decimal units) or a number of bytes. Raises `ValueError` with what was expected."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    found = _BYTES.match(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise ValueError('expected a size such as "500 MB" or a number of bytes')
    return int(float(found[1]) * _UNITS[found[2].lower()])
