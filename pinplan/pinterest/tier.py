"""What kind of access an app has at Pinterest, as far as the limits that it is told give that away.

Apps with Trial access have 1,000 calls a day, those with Standard access limits by the second and the minute (Pinterest's page on
rate limits). ``x-ratelimit-limit`` is a list such as ``100, 100;w=1;name="safety_net", 1000;w=60;name="org_read"``.
"""

from __future__ import annotations

import re

_WINDOW = re.compile(r";\s*w=(\d+)")
_DAY = 86_400


def tier_of(limits: str) -> str:
    """``trial``, ``standard``, or empty where the header does not tell."""
    windows = {int(found) for found in _WINDOW.findall(limits)}
    if _DAY in windows:
        return "trial"
    return "standard" if windows & {1, 60} else ""
