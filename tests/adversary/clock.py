"""The only time there is in a story: it passes where somebody looks at it or waits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2026, 1, 1, tzinfo=UTC)


class StoryClock:
    """Every look at it is a second later, every wait as long as it is."""

    def __init__(self) -> None:
        self.present = START
        self.waited = 0.0
        self._shifted = timedelta()

    def now(self) -> datetime:
        self.present += timedelta(seconds=1)
        return self.present

    def seconds(self) -> float:
        return self.now().timestamp()

    def sleep(self, seconds: float) -> None:
        self.waited += max(0.0, seconds)
        self.present += timedelta(seconds=max(0.0, seconds))

    def nanoseconds(self) -> int:
        return int(self.now().timestamp()) * 1_000_000_000

    def put(self, days: float) -> None:
        """Set it forth or back."""
        self.present += timedelta(days=days)
        self._shifted += timedelta(days=days)

    def elsewhere(self) -> float:
        """What clocks show that nobody set: seconds since 1970."""
        return (self.now() - self._shifted).timestamp()


class _Like(type):
    """Lets every datetime pass for an instance of the class that stands in its place."""

    def __instancecheck__(cls, thing: object) -> bool:
        return isinstance(thing, datetime)


class Now:
    """Whose clock it is: that of the story that runs, in this process one at a time."""

    clock = StoryClock()


class StoryDatetime(datetime, metaclass=_Like):
    """Stands in the place of ``datetime`` in pinplan's modules."""

    @classmethod
    def now(cls, tz: Any = None) -> Any:
        present = Now.clock.now()
        return present.astimezone(tz) if tz is not None else present.replace(tzinfo=None)
