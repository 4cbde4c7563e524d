"""What others change while a review is open: its decisions file, and the library that the plan is for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from msgspec import Struct, field

from pinplan.lock import hold_folder
from pinplan.records.decisions_file import decode_decisions, encode_decisions, write_decisions
from pinplan.records.files import read_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from pinplan.actions import AnyAction
    from pinplan.model.ids import ActionId
    from pinplan.plan.decisions import Decisions
    from pinplan.plan.document import Plan

Stamp = tuple[int, int, int]


class Progress(Struct, frozen=True, kw_only=True):
    """How far an apply of the plan is.

    Attributes:
        done: actions that were done already, as they were done.
        read_only: why nothing may be decided any more; empty where it may.
    """

    done: Mapping[ActionId, AnyAction] = field(default_factory=dict)
    read_only: str = ""


def stamp_of(path: Path) -> Stamp | None:
    """What of a file changes when it is written; None if it is not there."""
    try:
        found = os.stat(path)  # noqa: PTH116 - asked for at every save
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


class WatchedFile:
    """The decisions file of a review, which an editor, another review or a script may change as well."""

    def __init__(self, path: Path, plan: Plan) -> None:
        """Watch a file that need not be there."""
        self.path, self._plan = path, plan
        self._stamp: Stamp | None = None
        self._data: bytes | None = None

    def changed(self) -> Decisions | None:
        """The decisions in it, if it was not written here; None if it was, or is not there.

        Raises:
            ConfigError: it holds something else, each problem with its line.
            DecisionsUnbound: it is about another plan.
            DiskRefused: it cannot be read.
        """
        stamp = stamp_of(self.path)
        if stamp is None or stamp == self._stamp:
            return None  # one that was removed is written again by the next decision
        data = read_bytes(self.path)
        if data == self._data:
            self._stamp = stamp
            return None
        found = decode_decisions(data, self._plan, str(self.path))
        self._stamp, self._data = stamp, data
        return found

    def write(self, decisions: Decisions) -> bool:
        """Write decisions; false, and nothing is written, if the file was changed since it was last looked at.

        Raises `DiskRefused`; then nothing has changed.
        """
        if not write_decisions(decisions, self.path, self._is_new):
            return False
        self._data = encode_decisions(decisions)
        self._stamp = stamp_of(self.path)
        return True

    def held(self) -> AbstractContextManager[None]:
        """Keep other reviews from writing between a look and a write. Raises `LockHeld`, `DiskRefused`."""
        return hold_folder(self.path.parent)

    def _is_new(self) -> bool:
        # Programs that know no lock: an editor may save in the milliseconds since the look.
        return stamp_of(self.path) not in {None, self._stamp}


class WatchedProgress:
    """The progress of an apply, read again only where a file of the library's state has changed."""

    def __init__(self, files: tuple[Path, ...], read: Callable[[], Progress]) -> None:
        """Take the files that change with the state, and how it is read."""
        self._files, self._read = files, read
        self._stamps: tuple[Stamp | None, ...] | None = None
        self._last = Progress()

    def __call__(self) -> Progress:
        """The progress of now. Raises `PinplanError` if the state cannot be read."""
        stamps = tuple(stamp_of(path) for path in self._files)
        if stamps != self._stamps:
            self._last = self._read()
            self._stamps = stamps
        return self._last
