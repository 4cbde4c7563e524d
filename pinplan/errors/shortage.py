"""What the computer refuses, or a limit set on it: memory, threads, open files, a path. Whoever meets it, it is no bug."""

from __future__ import annotations

import errno
from typing import NamedTuple

FILES = frozenset({errno.EMFILE, errno.ENFILE})
"""Errors of too many open files: of this process, of all of them."""
PATHS = frozenset({errno.ENAMETOOLONG, errno.ELOOP, errno.ENOTDIR, errno.EISDIR})
"""Errors of a path that no permission and no free space would mend."""
_DISK = frozenset(
    {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.ESTALE, errno.ENXIO}
)
_MORE_MEMORY = "The library is consistent; close other programs, or raise the limit, then run the same command again."
_STEPS = (
    (frozenset({errno.ENOMEM}), _MORE_MEMORY),
    (FILES, "Raise the limit of open files (ulimit -n), then run the same command again."),
    (PATHS, "Check the path, then run the command again."),
)
_OF_THE_LINKER = ("failed to map segment", "cannot allocate memory", "cannot apply additional memory protection")


class Shortage(NamedTuple):
    """What was refused, and what to do about it."""

    message: str
    next_step: str


def step_of(number: int | None) -> str:
    """What to do about an error number of the operating system."""
    found = (step for numbers, step in _STEPS if number in numbers)
    return next(found, "Check free space and permissions, then run the same command again.")


def shortage_of(error: BaseException | None) -> Shortage | None:
    """What the computer refused; None if the error is about something else."""
    if isinstance(error, MemoryError):
        return Shortage("not enough memory", _MORE_MEMORY)
    # Python has no types of their own for these two.
    if isinstance(error, RuntimeError) and "start new thread" in str(error):
        return Shortage("no more threads allowed", _MORE_MEMORY)
    if isinstance(error, ImportError) and any(words in str(error).lower() for words in _OF_THE_LINKER):
        return Shortage("not enough memory", _MORE_MEMORY)
    if isinstance(error, OSError):
        return _of_the_system(error)
    # An import that fails inside another one is wrapped, and what was refused is the cause.
    return shortage_of(error.__cause__) if isinstance(error, ImportError) else None


def _of_the_system(error: OSError) -> Shortage | None:
    if error.errno == errno.ENOMEM:
        return Shortage("not enough memory", _MORE_MEMORY)
    if error.errno not in FILES | PATHS | _DISK:
        return None
    where = "" if error.filename is None else f"{error.filename}: "
    return Shortage(f"{where}{error.strerror}", step_of(error.errno))
