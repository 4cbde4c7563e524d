"""Errors of sign-in, API and image hosts; the tree of all errors is in `pinplan.errors`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pinplan.errors.base import PinplanError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


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
        # Both: Pinterest uses one status for several causes, which only the code tells apart.
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


class VideoRefused(RemoteError):
    """Pinterest does not take a video, or cannot process it; no pin was created."""


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
        # Like S3, which answers 403 for a missing object unless the caller may list the bucket.
        return self.status in {403, 404, 410}

    @property
    def broken(self) -> bool:
        """The download is incomplete or invalid: a retry may succeed."""
        return self.status is None and not (self.forbidden or self.slow or self.lesser)

    @property
    def for_good(self) -> bool:
        """The host has no image at this address for good. Not 403, which may be temporary."""
        # Used where a lesser size would do only if no better one exists, so in doubt the answer is no.
        return self.status in {404, 410}
