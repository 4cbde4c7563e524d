"""What the image host refused, and since when: so that a better size is asked for later, and what is withheld not for ever."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from pinplan.model.ids import PinId, RunId

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinplan.model.pins import Rendition

SETTLED_AFTER = 2
"""Runs in which the same was refused, until it is only reported: one may have met a bad hour."""


class Refused(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The best that was offered of an image could not be had.

    Attributes:
        image: its signature, or its best address: another image in the same place is another matter.
        reason: of the best rendition, e.g. ``"HTTP 403"``.
        answered: the host answered for every rendition, with 403, 404, 410 or a picture that will not do. What broke on the way is no answer.
        size, width, height: of the best rendition, as declared.
        since, last: when it was refused first and last; RFC 3339 in UTC.
        run: the last run in which it was refused.
        runs: in how many.
    """

    pin_id: PinId
    slot: int
    image: str
    reason: str
    answered: bool = False
    size: str = ""
    width: int | None = None
    height: int | None = None
    since: str = ""
    last: str = ""
    run: RunId | None = None
    runs: int = 0

    @property
    def offered(self) -> str:
        """The best size in words: ``1200×900``, or Pinterest's name for it."""
        return f"{self.width}×{self.height}" if self.width and self.height else self.size

    @property
    def since_day(self) -> str:
        """The day on which it was refused first."""
        return self.since.partition("T")[0]

    def settled(self, now: str, retry_days: int) -> bool:
        """Whether it is only reported now, and not asked for: refused in enough runs, the last of them not too long ago."""
        if self.runs < SETTLED_AFTER:
            return False
        # Either way: after a clock was set back it must not take years.
        return abs(datetime.fromisoformat(now) - datetime.fromisoformat(self.last)) < timedelta(days=retry_days)


def once_more(earlier: Refused | None, now: Refused, run: RunId, at: str) -> Refused:
    """What is remembered after a refusal, given what was remembered before: the same run counts once, however often it is resumed."""
    if earlier is None or (earlier.image, earlier.answered) != (now.image, now.answered):
        return replace(now, since=at, last=at, run=run, runs=1)
    runs = earlier.runs + (earlier.run != run)
    return replace(now, since=earlier.since, last=at, run=run, runs=runs)


def image_key(signature: str | None, renditions: Sequence[Rendition]) -> str:
    """What tells an image from another one that its pin may show later."""
    return signature or (renditions[0].url if renditions else "")
