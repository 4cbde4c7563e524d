"""The machine that pinplan runs on: calls into the operating system and into SQLite that change something, any of which may fail or be the last."""

from __future__ import annotations

import errno
import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.adversary.clock import Now

CHANGING = ("rename", "replace", "link", "symlink", "unlink", "rmdir", "mkdir")
_WRITING = os.O_CREAT | os.O_WRONLY | os.O_RDWR
_SQLITE = {errno.ENOSPC: sqlite3.SQLITE_FULL, errno.EIO: sqlite3.SQLITE_IOERR, errno.EROFS: sqlite3.SQLITE_READONLY}
_FREES = ("unlink", "rmdir")
"""What a full disk lets pass."""


class Death(BaseException):
    """The process ends here: nothing catches it, as nothing catches SIGKILL."""


class Machine:
    """Counts changes and spoils one of them, or all from one on.

    Attributes:
        die_at: the moment of death in the next command; moments are before and after each change.
        fail_at: the change that fails in the next command, with its error; a full or read-only disk stays so to its end.
        moments: of the command that runs, so far.
        before_place: called just before files get their places, with the place, an open folder and a name, until it says that it acted.
    """

    current: Machine | None = None

    def __init__(self) -> None:
        self.die_at: int | None = None
        self.fail_at: tuple[int, int] | None = None
        self.before_place: Callable[[int, str], bool] | None = None
        self.moments = 0
        self.changes = 0
        self.failed = 0
        self.dead = False
        self._on = False

    @contextmanager
    def running(self) -> Iterator[None]:
        """A command runs; what was planned for it happens to no other."""
        self.moments = self.changes = self.failed = 0
        self.dead, self._on, Machine.current = False, True, self
        try:
            yield
        finally:
            self._on, Machine.current = False, None
            self.die_at = self.fail_at = self.before_place = None

    def somebody_is_faster(self, folder: int, name: str) -> None:
        """Whatever is to happen just before a file gets its place: none of it is pinplan's."""
        if self.before_place is not None:
            Machine.current = None
            self.before_place = None if self.before_place(folder, name) else self.before_place
            Machine.current = self

    def effect(self, what: str, do: Callable[[], Any]) -> Any:
        """Do a change, with everything that may happen before and after it."""
        self._moment()
        self._fail(what)
        result = do()
        self._moment()
        return result

    def _moment(self) -> None:
        self.moments += 1
        if self.dead or self.moments == self.die_at:
            self.dead = True
            raise Death

    def _fail(self, what: str) -> None:
        self.changes += 1
        if self.fail_at is None:
            return
        at, number = self.fail_at
        lasts = number in {errno.ENOSPC, errno.EROFS}
        if not (self.changes >= at if lasts else self.changes == at):
            return
        if number == errno.ENOSPC and what in _FREES:
            return
        self.failed += 1
        if what == "commit":
            error = sqlite3.OperationalError(os.strerror(number))
            error.sqlite_errorcode = _SQLITE[number]
            raise error
        raise OSError(number, os.strerror(number), what)


def _changing(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: Any, **options: Any) -> Any:
        machine = Machine.current
        if machine is None:
            return real(*args, **options)
        if name in {"link", "rename"} and "dst_dir_fd" in options:
            machine.somebody_is_faster(options["dst_dir_fd"], args[1])
        return machine.effect(name, lambda: real(*args, **options))

    return call


def _opening(real: Callable[..., Any]) -> Callable[..., Any]:
    def call(path: Any, flags: int, *args: Any, **options: Any) -> Any:
        machine = Machine.current
        if machine is None or not flags & os.O_CREAT:
            return real(path, flags, *args, **options)
        return machine.effect("open", lambda: real(path, flags, *args, **options))

    return call


class _Flushing:
    """Flushing takes no time here, and is when a file gets its time: that of the story's clock."""

    def __init__(self) -> None:
        self.dated: set[int] = set()
        self._utime = os.utime

    def fsync(self, handle: Any) -> None:
        machine = Machine.current
        if machine is None:
            return
        number = handle if isinstance(handle, int) else handle.fileno()
        machine.effect("fsync", lambda: self._date(number))

    def _date(self, number: int) -> None:
        found = os.fstat(number)
        if stat.S_ISREG(found.st_mode) and found.st_ino not in self.dated:
            now = Now.clock.nanoseconds()
            self._utime(number, ns=(now, now))

    def utime(self, path: Any, *args: Any, **options: Any) -> None:
        """A time that pinplan gives a file itself stays."""
        self._utime(path, *args, **options)
        if Machine.current is not None:
            self.dated.add(os.stat(path, dir_fd=options.get("dir_fd")).st_ino)


class _Connection(sqlite3.Connection):
    """A database whose commits are changes."""

    def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
        machine = Machine.current
        if machine is None or sql.lstrip()[:6].upper() != "COMMIT":
            return super().execute(sql, *args)
        found: sqlite3.Cursor = machine.effect("commit", lambda: super(_Connection, self).execute(sql, *args))
        return found


def _connecting(real: Callable[..., Any]) -> Callable[..., Any]:
    def connect(*args: Any, **options: Any) -> Any:
        if Machine.current is None:
            return real(*args, **options)
        return real(*args, **{"factory": _Connection, **options})

    return connect


@contextmanager
def changes_are_watched() -> Iterator[None]:
    """As long as the block runs, everything that changes files or databases goes through the machine that runs a command."""
    flushing = _Flushing()
    planned: list[tuple[Any, str, Any]] = [(os, name, _changing(name, getattr(os, name))) for name in CHANGING]
    planned += [(os, "open", _opening(os.open)), (os, "fsync", flushing.fsync), (os, "utime", flushing.utime)]
    planned += [(os, "fdatasync", flushing.fsync), (sqlite3, "connect", _connecting(sqlite3.connect))]
    before = [(where, name, getattr(where, name)) for where, name, _ in planned]
    for where, name, new in planned:
        setattr(where, name, new)
    try:
        yield
    finally:
        for where, name, old in before:
            setattr(where, name, old)
