"""How long random and repeated tests run: longer in CI (``CI`` is set, as for the profiles of hypothesis)."""

from __future__ import annotations

import os

THOROUGH = bool(os.environ.get("CI"))


def times(in_ci: int, elsewhere: int) -> int:
    """The number of repetitions for this run."""
    return in_ci if THOROUGH else elsewhere
