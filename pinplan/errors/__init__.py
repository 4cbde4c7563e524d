"""All exceptions that pinplan raises on purpose.

The tree, with the exit code of the command line::

    PinplanError                     1
    ├── ConfigError                 64  one or more problems in a config file or on the command line
    ├── StateDamaged                 7  library state damaged; manual recovery needed
    │   ├── MarkerMissing               no library marker: unmounted disk, wrong folder
    │   ├── MarkerUnreadable            marker foreign, truncated or of an unknown format
    │   ├── StateMissing                marker without state.db
    │   ├── StateUnreadable             state.db corrupt, foreign or of an unknown format
    │   ├── StateRolledBack             state older than the last run: restored from a backup, or a copy
    │   └── AuditBroken                 audit log truncated or modified
    ├── PlanRefused                  4  plan not accepted, nothing was done
    │   ├── NotAPlan                    not JSON, not a plan, truncated, or fields of the wrong type
    │   ├── PlanFormatUnknown           unknown major version
    │   ├── PlanEdited                  digest mismatch
    │   ├── PlanUnbound                 made for another account, library, lineage or serial
    │   ├── DecisionsUnbound            decisions for another plan
    │   └── CannotUndo                  run already undone, or its plan is missing
    ├── SafetyStop                   5  a check of the plan failed, nothing was done
    │   └── NoRoom                      not enough free disk space for the downloads
    ├── Declined                     8  declined, or approval required without a terminal
    │   ├── ApprovalNeeded              plan without a valid seal of this computer or an approved digest
    │   ├── DecisionNeeded              every remaining action waits for a decision
    │   └── DecisionsChanged            decisions under which the run was begun are taken back or changed
    ├── LockHeld                    11  another pinplan holds the library lock
    ├── AuthError                   12  not signed in, token refused, scope missing
    │   ├── NotSignedIn                 no token, unknown profile, or unreadable credential store
    │   ├── SignInFailed                denied, timed out, wrong state, or code or app refused
    │   ├── SignInEnded                 refresh token expired, revoked or used
    │   ├── SignInChanged               profile signed in again as another account or with other scopes
    │   ├── TokenRefused
    │   └── PermissionMissing
    ├── RemoteError                  1  Pinterest unreachable, or its response unusable
    │   ├── Unreachable                 no connection, or connection lost
    │   ├── ApiRefused                  response with an error status
    │   │   ├── TrialRefused                not allowed with Trial access
    │   │   ├── FeatureRestricted           feature not enabled for the app; the token is valid
    │   │   ├── NotPermitted                not permitted for this account, pin or board
    │   │   ├── SpamBlocked                 blocked as spam: writing stops
    │   │   ├── Conflict                    409, after all retries
    │   │   └── Throttled                   429, after all retries
    │   ├── AnswerLost                  create sent, response lost
    │   ├── Unconfirmed                 create not confirmed; never sent again
    │   ├── CreatePending               earlier attempt of the same create unconfirmed; nothing was sent
    │   ├── VideoRefused                Pinterest does not take a video; nothing was created
    │   ├── UnexpectedAnswer            HTML, cut JSON, a repeated bookmark, …
    │   └── QuotaSpent               3  daily calls used up: Pinterest's quota, or the budget in the config
    ├── ImageRefused                 1  incomplete or invalid image, or a forbidden address
    └── LibraryError                 1  local file error
        ├── UnsafePath                  path outside the library, or through a symlink
        └── DiskRefused                 EACCES, ENOSPC, EIO, EROFS …

Errors carry facts as attributes and one line that says what and where; `pinplan.cli.exits` adds the next step. None contains a token.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.errors.base import PinplanError
from pinplan.errors.remote import (
    AnswerLost,
    ApiRefused,
    AuthError,
    Conflict,
    CreatePending,
    FeatureRestricted,
    ImageRefused,
    NotPermitted,
    NotSignedIn,
    PermissionMissing,
    QuotaSpent,
    RemoteError,
    SignInChanged,
    SignInEnded,
    SignInFailed,
    SpamBlocked,
    Throttled,
    TokenRefused,
    TrialRefused,
    Unconfirmed,
    UnexpectedAnswer,
    Unreachable,
    VideoRefused,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pinplan.errors.suggestions import Command

__all__ = [
    "AnswerLost",
    "ApiRefused",
    "ApprovalNeeded",
    "AuditBroken",
    "AuthError",
    "CannotUndo",
    "ConfigError",
    "Conflict",
    "CreatePending",
    "DecisionNeeded",
    "DecisionsChanged",
    "DecisionsUnbound",
    "Declined",
    "DiskRefused",
    "FeatureRestricted",
    "ImageRefused",
    "LibraryError",
    "LockHeld",
    "MarkerMissing",
    "MarkerUnreadable",
    "NoRoom",
    "NotAPlan",
    "NotPermitted",
    "NotSignedIn",
    "PermissionMissing",
    "PinplanError",
    "PlanEdited",
    "PlanFormatUnknown",
    "PlanRefused",
    "PlanUnbound",
    "QuotaSpent",
    "RemoteError",
    "SafetyStop",
    "SignInChanged",
    "SignInEnded",
    "SignInFailed",
    "SpamBlocked",
    "StateDamaged",
    "StateMissing",
    "StateRolledBack",
    "StateUnreadable",
    "Throttled",
    "TokenRefused",
    "TrialRefused",
    "Unconfirmed",
    "UnexpectedAnswer",
    "Unreachable",
    "UnsafePath",
    "VideoRefused",
    "crash_report",
    "did_you_mean",
    "shortage",
    "suggestions",
]


class ConfigError(PinplanError):
    """Problems in a config file, an environment variable or a flag: all of them, not just the first.

    Attributes:
        problems: one message per problem, with its location.
    """

    def __init__(self, problems: Sequence[str], commands: Sequence[Command] = ()) -> None:
        """Join the problems, one per line."""
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems), commands)


class StateDamaged(PinplanError):
    """The library state is missing or damaged: recovery is manual.

    Attributes:
        where: the file or folder.
        newer: not damaged, but written by a newer pinplan.
    """

    def __init__(self, where: str, message: str, *, newer: bool = False) -> None:
        """Keep the place; the message begins with it."""
        self.where, self.newer = where, newer
        super().__init__(f"{where}: {message}")


class MarkerMissing(StateDamaged):
    """``.pinplan/library.json`` does not exist."""


class MarkerUnreadable(StateDamaged):
    """The marker is truncated, foreign or of an unknown format."""


class StateMissing(StateDamaged):
    """The marker exists, ``state.db`` does not."""


class StateUnreadable(StateDamaged):
    """``state.db`` is corrupt, belongs to another library, or is of an unknown format."""


class StateRolledBack(StateDamaged):
    """The state is older than the last run on this library (I26)."""


class AuditBroken(StateDamaged):
    """The audit log was modified (I25)."""


class PlanRefused(PinplanError):
    """The plan is not accepted; nothing was done."""


class NotAPlan(PlanRefused):
    """The file is not a plan, or truncated."""


class PlanFormatUnknown(PlanRefused):
    """The plan has an unknown major format version."""


class PlanEdited(PlanRefused):
    """The plan was modified after it was written (digest mismatch)."""


class PlanUnbound(PlanRefused):
    """The plan is bound to another account, library or state.

    Attributes:
        what: the binding that does not match, e.g. ``"library"``.
        planned: the value in the plan.
        found: the value here.
    """

    def __init__(self, what: str, planned: str, found: str, message: str = "") -> None:
        """Keep the binding and both values."""
        self.what, self.planned, self.found = what, planned, found
        # Both values: which of the two is the mistake, only the person knows.
        super().__init__(message or f"plan is for {what} {planned}, but this is {found}")


class DecisionsUnbound(PlanRefused):
    """The decisions are for another plan."""


class CannotUndo(PlanRefused):
    """The run cannot be undone as a whole; the message says why and what to do instead."""


class SafetyStop(PinplanError):
    """One or more checks over the whole plan failed; nothing was done.

    Attributes:
        messages: one per failed check, with figure and limit.
    """

    def __init__(self, messages: Sequence[str]) -> None:
        """Keep the message of every failed check."""
        self.messages = tuple(messages)
        super().__init__("\n".join(self.messages))


class NoRoom(SafetyStop):
    """The downloads probably exceed the free space of the library's disk.

    Attributes:
        needed: the estimate, in bytes.
        free: the free space, in bytes.
    """

    def __init__(self, needed: int, free: int, message: str) -> None:
        """Keep both figures."""
        self.needed, self.free = needed, free
        super().__init__([message])


class Declined(PinplanError):
    """Declined, or approval is required and no terminal is attached."""


class ApprovalNeeded(Declined):
    """The plan needs a valid seal of this computer, or an approval of its digest."""


class DecisionNeeded(Declined):
    """Every remaining action waits for a decision."""


class DecisionsChanged(Declined):
    """Decisions take back or change some under which the run was begun; ``changes`` says which."""

    def __init__(self, changes: Sequence[str]) -> None:
        """Keep the changes, one sentence each."""
        self.changes = tuple(changes)
        super().__init__("the run was begun under other decisions: " + "; ".join(self.changes))


class LockHeld(PinplanError):
    """Another process holds the library or the sign-in; ``holder`` names its process, host, command and start time."""

    def __init__(self, where: str, holder: str) -> None:
        """Keep the lock and its holder."""
        self.where, self.holder = where, holder
        super().__init__(f"{where} is held by {holder}")


class LibraryError(PinplanError):
    """A local file could not be read or written.

    Attributes:
        path: relative to the library if it is inside.
        reason: the cause.
    """

    def __init__(self, path: str, reason: str) -> None:
        """Keep the path and the reason."""
        self.path, self.reason = path, reason
        super().__init__(f"{path}: {reason}")


class UnsafePath(LibraryError):
    """The path leaves the library or passes a symlink."""


class DiskRefused(LibraryError):
    """The operating system refused the file operation.

    Attributes:
        errno: the number of the operating system's error.
    """

    def __init__(self, path: str, errno: int | None, reason: str) -> None:
        """Keep the error number beside the message."""
        self.errno = errno
        super().__init__(path, reason)
