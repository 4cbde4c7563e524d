"""What can go wrong, as facts.

The tree (the exit code that the command line gives stands behind each name)::

    PinplanError                     1
    ├── ConfigError                 64  one or more problems in a config file or on the command line
    ├── StateDamaged                  7  the state needs a person
    │   ├── MarkerMissing               no library marker: unmounted disk, wrong folder
    │   ├── MarkerUnreadable            a marker that is foreign, cut or of an unknown format
    │   ├── StateMissing                the marker is there and state.db is not
    │   ├── StateUnreadable             state.db is corrupt, foreign or of an unknown format
    │   ├── StateRolledBack             an older state was put back, or this is a copy of a library that went on
    │   └── AuditBroken                 the audit log lacks records, or holds others than were written
    ├── PlanRefused                  4  nothing was done
    │   ├── NotAPlan                    not JSON, not a plan, cut, or fields of the wrong shape
    │   ├── PlanFormatUnknown           a major version that this pinplan does not know
    │   ├── PlanEdited                  the digest or the bytes do not fit the content
    │   ├── PlanUnbound                 made for another account, library, lineage or serial
    │   ├── DecisionsUnbound            decisions that were made about another plan
    │   └── CannotUndo                  a run that was undone already, or whose plan is not kept any more
    ├── SafetyStop                   5  a check of the plan failed, nothing was done
    │   └── NoRoom                      what is to be fetched is more than the disk has room for
    ├── Declined                     8  answered no, or approval needed and nobody to ask
    │   ├── ApprovalNeeded              a plan that was not made here, or was edited since, and that nobody has approved
    │   └── DecisionNeeded              all that is left to do waits for somebody's decision
    ├── LockHeld                    11  another pinplan works on this library
    ├── AuthError                   12  not signed in, token refused, scope missing
    │   ├── NotSignedIn                 no token at all, no such profile, or its store cannot be read
    │   ├── SignInFailed                denied, wrong state, no answer in time, a code or an app that is refused
    │   ├── SignInEnded                 the refresh token is expired, revoked or used up
    │   ├── SignInChanged               somebody signed in anew, as another account or with other scopes, meanwhile
    │   ├── TokenRefused
    │   └── PermissionMissing
    ├── RemoteError                  1  Pinterest could not be asked, or answered something unusable
    │   ├── Unreachable                 no connection, or it broke
    │   ├── ApiRefused                  an answer with an error status
    │   │   ├── TrialRefused                not with Trial access
    │   │   ├── FeatureRestricted           the app has no access to this feature; the token is good
    │   │   ├── NotPermitted                not this account, or not this pin or board
    │   │   ├── SpamBlocked                 taken for spam: nothing more must be written
    │   │   ├── Conflict                   409, after every try
    │   │   └── Throttled                   429, after every try
    │   ├── AnswerLost                  a request that creates something was sent, its answer was lost
    │   ├── Unconfirmed                 whether something was created is not known; nothing is sent again
    │   ├── CreatePending               the same create is unconfirmed from an earlier try; nothing was sent
    │   ├── UnexpectedAnswer            HTML, cut JSON, a repeated bookmark, …
    │   └── QuotaSpent               3  the calls of a day are used up: Pinterest's quota, or the budget of the config
    ├── ImageRefused                 1  bytes that are not a complete image, or an address that must not be asked
    └── LibraryError                 1  the disk said no
        ├── UnsafePath                  would leave the library, or goes through a link
        └── DiskRefused                 EACCES, ENOSPC, EIO, EROFS …

Every error carries facts as attributes and says what and where in one line; ``pinplan.cli.exits`` adds what to do next. None holds a token.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pinplan.errors.suggestions import Command

__all__ = [
    "crash_report",
    "did_you_mean",
    "suggestions",
]


class PinplanError(Exception):
    """Base of everything that pinplan raises on purpose."""

    def __init__(self, message: str = "", commands: Sequence[Command] = ()) -> None:
        """Keep the commands that the message suggests (`pinplan.errors.suggestions`)."""
        self.commands = tuple(commands)
        super().__init__(message)


class ConfigError(PinplanError):
    """Problems in a config file, an environment variable or a flag; all that were found, not the first one.

    Attributes:
        problems: one sentence per problem, each naming where it is.
    """

    def __init__(self, problems: Sequence[str], commands: Sequence[Command] = ()) -> None:
        """Keep every problem; the message lists them one per line."""
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems), commands)


class StateDamaged(PinplanError):
    """The library's own records are missing or damaged: a person has to decide.

    Attributes:
        where: the file or folder that is concerned.
    """

    def __init__(self, where: str, message: str) -> None:
        """Say where and what."""
        self.where = where
        super().__init__(f"{where}: {message}")


class MarkerMissing(StateDamaged):
    """There is no ``.pinplan/library.json``."""


class MarkerUnreadable(StateDamaged):
    """The marker is cut, foreign or of an unknown format."""


class StateMissing(StateDamaged):
    """The marker is there, ``state.db`` is not."""


class StateUnreadable(StateDamaged):
    """``state.db`` is corrupt, belongs to another library, or is of an unknown format."""


class StateRolledBack(StateDamaged):
    """The state is older than what was done with this library (I26)."""


class AuditBroken(StateDamaged):
    """The audit log is not what was written (I25)."""


class PlanRefused(PinplanError):
    """A plan that must not be applied; nothing was done."""


class NotAPlan(PlanRefused):
    """The file is not a plan, or only a part of one."""


class PlanFormatUnknown(PlanRefused):
    """The plan's major format version is unknown here."""


class PlanEdited(PlanRefused):
    """The plan's digest, or its bytes, do not fit its content."""


class PlanUnbound(PlanRefused):
    """The plan was made for another world.

    Attributes:
        what: what does not match, e.g. ``"library"``.
        planned: the value in the plan.
        found: the value here.
    """

    def __init__(self, what: str, planned: str, found: str, message: str = "") -> None:
        """Say which binding does not match."""
        self.what, self.planned, self.found = what, planned, found
        super().__init__(message or f"the plan was made for {what} {planned}, this is {found}")


class DecisionsUnbound(PlanRefused):
    """Decisions that were made about another plan."""


class CannotUndo(PlanRefused):
    """A run that cannot be undone as a whole; the message says why and what to do instead."""


class SafetyStop(PinplanError):
    """One or more checks over the whole plan failed; nothing was done.

    Attributes:
        messages: one sentence per failed check, with figure and limit.
    """

    def __init__(self, messages: Sequence[str]) -> None:
        """Keep the sentence of every failed check."""
        self.messages = tuple(messages)
        super().__init__("\n".join(self.messages))


class NoRoom(SafetyStop):
    """The images to fetch probably need more room than the library's disk has.

    Attributes:
        needed: the estimate, in bytes.
        free: what is free, in bytes.
    """

    def __init__(self, needed: int, free: int, message: str) -> None:
        """Keep both figures."""
        self.needed, self.free = needed, free
        super().__init__([message])


class Declined(PinplanError):
    """The person said no, or approval is needed and there is nobody to ask."""


class ApprovalNeeded(Declined):
    """The plan has no valid seal of this computer, and does what needs one or an approval of its digest."""


class DecisionNeeded(Declined):
    """Everything that is left to do is of a kind that waits for decisions."""


class LockHeld(PinplanError):
    """Another process holds the library, or the sign-in; ``holder`` is what it wrote about itself (process, host, command, since when)."""

    def __init__(self, where: str, holder: str) -> None:
        """Say which lock and who holds it."""
        self.where, self.holder = where, holder
        super().__init__(f"{where} is held by {holder}")


class AuthError(PinplanError):
    """Pinterest does not let this token do this."""


class NotSignedIn(AuthError):
    """There is no token at all."""


class SignInFailed(AuthError):
    """Signing in did not come to its end; nothing was stored."""


class SignInEnded(AuthError):
    """The sign-in cannot be renewed any more: only a person can sign in again."""


class SignInChanged(AuthError):
    """The profile that this process began with is another account's by now, or may do other things."""


class TokenRefused(AuthError):
    """Pinterest answered 401: the token is wrong, expired or revoked."""


class _AboutRequest:
    """An error about one request, ``what``, e.g. ``"DELETE /pins/1"``."""

    what: str

    @property
    def writes(self) -> bool:
        """Whether the request would have changed something."""
        return not self.what.startswith("GET ")


class PermissionMissing(_AboutRequest, AuthError):
    """The token is good, but lacks a scope.

    Attributes:
        needed: the scopes that it needs, as far as they are known.
        missing: those of them that the token lacks; empty where nobody knows what it has.
    """

    def __init__(
        self, what: str, *, needed: Sequence[str] = (), missing: Sequence[str] = (), message: str = ""
    ) -> None:
        """Name the scopes."""
        self.what, self.needed, self.missing, self.message = what, tuple(needed), tuple(missing), message
        said = f" (Pinterest says: {message})" if message else ""
        lacks = f"a scope; this needs {_listed(needed)}" if needed else ""
        if missing:
            lacks = f"the scope{'s' if len(missing) > 1 else ''} {_listed(missing)}"
        super().__init__(f"{what}: the token lacks {lacks}{said}" if needed else f"{what}{said}")


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


class RemoteError(PinplanError):
    """Pinterest, or an image host, could not be asked or gave no usable answer."""


class Unreachable(RemoteError):
    """No connection, a timeout, or a connection that broke."""


class ApiRefused(_AboutRequest, RemoteError):
    """An answer with an error status.

    Attributes:
        status: the HTTP status.
        code: Pinterest's own error code, where the body had one.
        request_id: the ``x-pinterest-rid`` header, for a bug report.
    """

    def __init__(self, what: str, status: int, code: int | None, message: str, request_id: str | None) -> None:
        """Keep the facts of the answer."""
        self.what, self.status, self.code, self.message, self.request_id = what, status, code, message, request_id
        numbered = f"{status} (code {code})" if code is not None else status
        meaning = f"{self.meaning}: " if self.meaning else ""
        rid = f" [request {request_id}]" if request_id else ""
        super().__init__(f"{what}: HTTP {numbered}: {meaning}{message}{rid}")

    meaning: ClassVar[str] = ""
    """The refusal in words, where they say more than its status."""


class TrialRefused(ApiRefused):
    """Apps with Trial access may not do this on the real Pinterest (403, code 29)."""

    meaning = "Pinterest refuses this to apps with Trial access"


class FeatureRestricted(ApiRefused):
    """The app has no access to this feature (401, code 3): nothing is wrong with the token."""

    meaning = "Pinterest does not give your app this feature; the token is good"


class NotPermitted(ApiRefused):
    """Not by this account, or not with this pin or board (403)."""

    meaning = "Pinterest does not permit this to your account; pins of others, and protected or archived boards, cannot always be read or changed"


class SpamBlocked(ApiRefused):
    """Pinterest blocks writing as spam (code 9, or that word, with any status of 4xx): going on makes it worse."""

    meaning = "Pinterest takes this for spam and blocks it"


class Conflict(ApiRefused):
    """Something else holds the pin or board (409), even after several tries."""

    meaning = "Pinterest is busy with this pin or board, even after several tries"


class Throttled(ApiRefused):
    """Too many requests (429), even after waiting."""

    meaning = "too many requests, even after waiting"


class UnexpectedAnswer(RemoteError):
    """A success status with a body that cannot be used."""


class AnswerLost(RemoteError):
    """A request that creates something was sent and may have been carried out: its answer was lost or unusable (``problem``)."""

    def __init__(self, problem: PinplanError) -> None:
        """Keep what happened."""
        self.problem = problem
        super().__init__(str(problem))


class Unconfirmed(RemoteError):
    """Whether something was created is not known: its answer was lost, and no listing shows it yet.

    ``problem`` is the error that ended the last look; None if the look was made and showed nothing.
    """

    def __init__(self, message: str, problem: PinplanError | None = None) -> None:
        """Keep the error of the last look."""
        self.problem = problem
        super().__init__(message)


class CreatePending(RemoteError):
    """An earlier try to create the same thing is unconfirmed: nothing was sent."""


class QuotaSpent(RemoteError):
    """No more calls for now: a budget or a quota that comes back only hours later. Nothing is lost; the same command goes on then.

    Attributes:
        what: which one is used up.
        again_at: when there are calls again, in UTC.
    """

    def __init__(self, what: str, again_at: datetime) -> None:
        """Say which one, and when it goes on."""
        self.what, self.again_at = what, again_at
        super().__init__(f"{what}; it goes on at {again_at:%Y-%m-%d %H:%M} UTC")


class ImageRefused(PinplanError):
    """Bytes that are not a complete, decodable image of a sensible size.

    Attributes:
        reason: what is wrong with them, e.g. ``"HTML instead of an image"``.
        status: the HTTP status with which the host refused; None if it sent something.
        forbidden: the address must not be asked; nothing was sent to it.
        slow: it came too slowly, twice; its other sizes would come no faster.
        lesser: it is an image, but not the one, or not as large, as is needed.
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
        """Say which image and why."""
        self.where, self.reason, self.status = where, reason, status
        self.forbidden, self.slow, self.lesser = forbidden, slow, lesser
        super().__init__(f"{where}: {reason}")

    @property
    def gone(self) -> bool:
        """The host says that there is nothing under this address for us; Pinterest's answers 403 for that, too."""
        return self.status in {403, 404, 410}

    @property
    def broken(self) -> bool:
        """What came was no complete image; it may be when it is fetched once more."""
        return self.status is None and not (self.forbidden or self.slow or self.lesser)

    @property
    def for_good(self) -> bool:
        """The host says that there is nothing under this address at all. 403 may pass: an hour of it is no proof."""
        return self.status in {404, 410}


class LibraryError(PinplanError):
    """The local side could not be read or written.

    Attributes:
        path: the path concerned, relative to the library where it lies in one.
        reason: why not.
    """

    def __init__(self, path: str, reason: str) -> None:
        """Say which path and why."""
        self.path, self.reason = path, reason
        super().__init__(f"{path}: {reason}")


class UnsafePath(LibraryError):
    """A path that would leave the library, or that goes through a link."""


class DiskRefused(LibraryError):
    """The operating system refused.

    Attributes:
        errno: the number of the operating system's error.
    """

    def __init__(self, path: str, errno: int | None, reason: str) -> None:
        """Keep the number as well as the operating system's words."""
        self.errno = errno
        super().__init__(path, reason)
