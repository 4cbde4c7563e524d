"""The machine: death, disk and clock."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from tests.adversary.actors.table import table

if TYPE_CHECKING:
    from tests.adversary.stage import Stage
    from tests.adversary.story import Picks


def die(stage: Stage, picks: Picks, *, within: int) -> str:
    """The next command dies at one of its moments."""
    stage.machine.die_at = 1 + picks.number(within)
    return f"the next command dies at moment {stage.machine.die_at}"


def fail(stage: Stage, picks: Picks, *, number: int) -> str:
    """A change of the next command fails; a full or read-only disk stays so as long as it runs."""
    stage.machine.fail_at = (1 + picks.number(60), number)
    return f"{errno.errorcode[number]} at change {stage.machine.fail_at[0]} of the next command"


def set_clock(stage: Stage, picks: Picks, *, days: int) -> str:
    stage.clock.put(days)
    return f"the clock is put {days:+} days"


def unmount(stage: Stage, _picks: Picks) -> str | None:
    """The disk is not there: an empty folder in its place, for one command."""
    away = stage.home / "unmounted"
    stage.library.rename(away)
    stage.library.mkdir()
    try:
        stage.ask("plan")
    finally:
        stage.library.rmdir()
        away.rename(stage.library)
    return "the disk is unmounted for a moment"


VERBS = table(
    "machine",
    ("die_early", 4, die, {"within": 60}),
    ("die_late", 4, die, {"within": 300}),
    ("disk_full", 2, fail, {"number": errno.ENOSPC}),
    ("disk_error", 2, fail, {"number": errno.EIO}),
    ("read_only", 1, fail, {"number": errno.EROFS}),
    ("clock_back", 1, set_clock, {"days": -400}),
    ("clock_forth", 1, set_clock, {"days": 40}),
    ("unmount", 1, unmount),
)
