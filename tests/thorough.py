"""How much of what could be repeated for ever a run repeats: more where nobody waits for it (``CI`` is set, as for the profiles of hypothesis)."""

from __future__ import annotations

import os

THOROUGH = bool(os.environ.get("CI"))


def times(where_nobody_waits: int, where_somebody_waits: int) -> int:
    """One of the two."""
    return where_nobody_waits if THOROUGH else where_somebody_waits
