"""All exceptions that pinplan raises on purpose.

The tree, with the exit code of the command line::

    PinplanError                     1
    ├── ConfigError                 64  one or more problems in a config file or on the command line
    ├── StateDamaged                  7  library state damaged; manual recovery needed
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
    │   └── DecisionNeeded              every remaining action waits for a decision
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
    │   │   ├── Conflict                   409, after all retries
    │   │   └── Throttled                   429, after all retries
    │   ├── AnswerLost                  create sent, response lost
    │   ├── Unconfirmed                 create not confirmed; never sent again
    │   ├── CreatePending               earlier attempt of the same create unconfirmed; nothing was sent
    │   ├── UnexpectedAnswer            HTML, cut JSON, a repeated bookmark, …
    │   └── QuotaSpent               3  daily calls used up: Pinterest's quota, or the budget in the config
    ├── ImageRefused                 1  incomplete or invalid image, or a forbidden address
    └── LibraryError                 1  local file error
        ├── UnsafePath                  path outside the library, or through a symlink
        └── DiskRefused                 EACCES, ENOSPC, EIO, EROFS …

Errors carry facts as attributes and one line that says what and where; `pinplan.cli.exits` adds the next step. None contains a token.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pinplan.errors.suggestions import Command

__all__ = ["crash_report", "did_you_mean", "suggestions"]


class PinplanError(Exception):
    """Base of all errors that pinplan raises on purpose."""

    def __init__(self, message: str = "", commands: Sequence[Command] = ()) -> None:
        """Keep the commands that the message suggests (`pinplan.errors.suggestions`)."""
        self.commands = tuple(commands)
        super().__init__(message)


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
    """

    def __init__(self, where: str, message: str) -> None:
        """Keep the place; the message begins with it."""
        self.where = where
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


class LockHeld(PinplanError):
    """Another process holds the library or the sign-in; ``holder`` names its process, host, command and start time."""

    def __init__(self, where: str, holder: str) -> None:
        """Keep the lock and its holder."""
        self.where, self.holder = where, holder
        super().__init__(f"{where} is held by {holder}")


class AuthError(PinplanError):
    """Pinterest does not accept the token for this request."""


class NotSignedIn(AuthError):
    """No token is available."""


class SignInFailed(AuthError):
    """Sign-in did not complete; nothing was stored."""


class SignInEnded(AuthError):
    """The sign-in cannot be renewed; the user must sign in again."""


class SignInChanged(AuthError):
    """The profile changed its account or scopes during the run."""


class TokenRefused(AuthError):
    """401: the token is invalid, expired or revoked."""


class _AboutRequest:
    """An error about one request, ``what``, e.g. ``"DELETE /pins/1"``."""

    what: str

    @property
    def writes(self) -> bool:
        """Whether the request writes."""
        return not self.what.startswith("GET ")


class PermissionMissing(_AboutRequest, AuthError):
    """The token is valid, but lacks a scope.

    Attributes:
        needed: the required scopes; empty if unknown.
        missing: the scopes that the token lacks; empty if its scopes are unknown.
    """

    def __init__(
        self, what: str, *, needed: Sequence[str] = (), missing: Sequence[str] = (), message: str = ""
    ) -> None:
        """Name the scopes."""
        self.what, self.needed, self.missing, self.message = what, tuple(needed), tuple(missing), message
        detail = f" (Pinterest: {message})" if message else ""
        lacks = f"a scope; required: {_listed(needed)}" if needed else ""
        if missing:
            # The token's own scopes are known: name only what it lacks.
            lacks = f"the scope{'s' if len(missing) > 1 else ''} {_listed(missing)}"
        super().__init__(f"{what}: the token lacks {lacks}{detail}" if needed else f"{what}{detail}")


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


class RemoteError(PinplanError):
    """Pinterest or an image host is unreachable, or its response is unusable."""


class Unreachable(RemoteError):
    """No connection, a timeout, or a lost connection."""


class ApiRefused(_AboutRequest, RemoteError):
    """A response with an error status.

    Attributes:
        status: the HTTP status.
        code: Pinterest's error code, if the body has one.
        request_id: the ``x-pinterest-rid`` header, for a bug report.
    """

    def __init__(self, what: str, status: int, code: int | None, message: str, request_id: str | None) -> None:
        """Keep the facts of the response."""
        self.what, self.status, self.code, self.message, self.request_id = what, status, code, message, request_id
        numbered = f"{status} (code {code})" if code is not None else status
        meaning = f"{self.meaning}: " if self.meaning else ""
        rid = f" [request {request_id}]" if request_id else ""
        super().__init__(f"{what}: HTTP {numbered}: {meaning}{message}{rid}")

    meaning: ClassVar[str] = ""
    """An explanation of the status; empty where the status suffices."""


class TrialRefused(ApiRefused):
    """Not allowed for apps with Trial access (403, code 29)."""

    meaning = "not allowed for apps with Trial access"


class FeatureRestricted(ApiRefused):
    """The feature is not enabled for the app (401, code 3); the token is valid."""

    meaning = "feature not enabled for your app; the token is valid"


class NotPermitted(ApiRefused):
    """Not permitted for this account, pin or board (403)."""

    meaning = "not permitted for your account; pins of other accounts and protected or archived boards may be read-only"


class SpamBlocked(ApiRefused):
    """Pinterest blocks writes as spam (4xx with code 9 or the word): further writes prolong the block."""

    meaning = "blocked by Pinterest as spam"


class Conflict(ApiRefused):
    """The pin or board is busy (409) after all retries."""

    meaning = "pin or board busy after all retries"


class Throttled(ApiRefused):
    """Too many requests (429) after all retries."""

    meaning = "too many requests after all retries"


class UnexpectedAnswer(RemoteError):
    """A success status with an unusable body."""


class AnswerLost(RemoteError):
    """A create was sent and its response was lost or unusable (``problem``): the pin may exist."""

    def __init__(self, problem: PinplanError) -> None:
        """Keep the cause."""
        self.problem = problem
        super().__init__(str(problem))


class Unconfirmed(RemoteError):
    """A create is unconfirmed: response lost, no pin listed. ``problem`` is the error of the last listing, if it failed."""

    def __init__(self, message: str, problem: PinplanError | None = None) -> None:
        """Keep the error of the last listing."""
        self.problem = problem
        super().__init__(message)


class CreatePending(RemoteError):
    """An earlier attempt of the same create is unconfirmed; nothing was sent."""


class QuotaSpent(RemoteError):
    """Budget or quota used up for hours. Nothing is lost; the same command resumes later.

    Attributes:
        what: the budget or quota.
        again_at: when calls are available again, in UTC.
    """

    def __init__(self, what: str, again_at: datetime) -> None:
        """Keep the quota and its reset time."""
        self.what, self.again_at = what, again_at
        super().__init__(f"{what}; resumes at {again_at:%Y-%m-%d %H:%M} UTC")


class ImageRefused(PinplanError):
    """Not a complete, decodable image of a sensible size.

    Attributes:
        reason: the defect, e.g. ``"HTML instead of an image"``.
        status: the error status of the host; None if it sent a body.
        forbidden: the address is not allowed; no request was sent.
        slow: the download was too slow twice; other sizes are not tried.
        lesser: a valid image, but another one or too small.
    """

    def __init__(
        self,
        where: str,
        reason: str,
        *,
        status: int | None = None,
        forbidden: bool = False,
        slow: bool = False,
        lesser: bool = False,
    ) -> None:
        """Keep the image and the reason."""
        self.where, self.reason, self.status = where, reason, status
        self.forbidden, self.slow, self.lesser = forbidden, slow, lesser
        super().__init__(f"{where}: {reason}")

    @property
    def gone(self) -> bool:
        """The host has no image at this address. Pinterest's image host answers 403 for that, too."""
        return self.status in {403, 404, 410}

    @property
    def broken(self) -> bool:
        """The download is incomplete or invalid: a retry may succeed."""
        return self.status is None and not (self.forbidden or self.slow or self.lesser)

    @property
    def for_good(self) -> bool:
        """The host has no image at this address for good. Not 403, which may be temporary."""
        return self.status in {404, 410}


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
