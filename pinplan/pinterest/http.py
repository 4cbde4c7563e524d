"""API requests: one session, token sent to its host only, retries with backoff, errors with details."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase
from urllib3.exceptions import NewConnectionError

from pinplan.errors import (
    AnswerLost,
    ConfigError,
    QuotaSpent,
    SpamBlocked,
    TokenRefused,
    UnexpectedAnswer,
    Unreachable,
)
from pinplan.pinterest.connections import PromptAdapter, apply_environment, read_whole
from pinplan.pinterest.hosts import is_loopback
from pinplan.pinterest.ratelimit import far_reset, wait_asked_for
from pinplan.pinterest.refusals import Refused, code_and_message, meaning_of, one_line
from pinplan.pinterest.retries import MayPass, Retries

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping

    from pinplan.errors import PinplanError
    from pinplan.ports import Tokens

_BROKEN_BODY_TRIES = 2  # a broken body repeats more often than an overload


class _Bearer(AuthBase):
    """The token as an auth object: .netrc cannot replace it, a redirect cannot carry it."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._tokens.current()}"
        return request

    def __repr__(self) -> str:
        return "<token>"


class FixedToken:
    """A given token, which cannot be renewed (port `Tokens`)."""

    def __init__(self, token: str) -> None:
        """Keep it."""
        self._token = token

    def __repr__(self) -> str:
        """Hides the token."""
        return "<token>"

    def current(self) -> str:
        """See `pinplan.ports.Tokens`."""
        return self._token

    def renewed(self, refused: str) -> str | None:  # noqa: ARG002 - the port's
        """See `pinplan.ports.Tokens`: never renewed."""
        return None


class Meter(Protocol):
    """Counts API calls (see `pinplan.records.calls`)."""

    def spend(self) -> None:
        """Count one call before it is sent. Raises `QuotaSpent` if none is left."""

    def require(self, calls: int) -> None:
        """Raises `QuotaSpent` if fewer calls are left."""


class ApiSession:
    """A session with one API host and one token. Thread-safe.

    Attributes:
        granted: the scopes of the token, if known; errors then name the missing ones.
    """

    def __init__(
        self,
        base_url: str,
        token: str | Tokens,
        *,
        user_agent: str,
        timeout: tuple[float, float] = (10.0, 60.0),
        retries: int = 5,
        parallelism: int = 8,
        sleep: Callable[[float], object] | None = None,
        dice: random.Random | None = None,
        meter: Meter | None = None,
    ) -> None:
        """Open a session.

        Args:
            base_url: with the version, e.g. ``https://api.pinterest.com/v5``.
            token: the token, or its source; sent in the Authorization header only (I27).
            user_agent: names the program.
            timeout: seconds to connect, and to read.
            retries: retries of calls that are safe to repeat.
            parallelism: connections kept open.
            sleep: waits between retries (default: until `give_up`).
            dice: randomness of the waits.
            meter: counts and limits calls, retries included.

        Raises:
            ConfigError: invalid API address.
        """
        self._base = base_url.rstrip("/")
        self.host = _host_of(base_url)
        self._timeout = timeout
        self._given_up = threading.Event()  # also ends the waits of retries
        self._retries = Retries(retries, sleep or self._given_up.wait, dice)
        self.granted: tuple[str, ...] = ()
        self._calls = 0
        self._latest_limits = ""
        self._meter = meter
        self._spent: QuotaSpent | None = None
        self._counting = threading.Lock()  # += is not atomic across threads
        self._session = requests.Session()
        self._session.headers.update({"User-Agent": user_agent, "Accept": "application/json"})
        self._tokens = FixedToken(token) if isinstance(token, str) else token
        self._session.auth = _Bearer(self._tokens)
        apply_environment(self._session, self._base)
        # One host, so one pool; a smaller pool would drop and reopen connections under parallel listings.
        adapter = PromptAdapter(pool_connections=1, pool_maxsize=parallelism)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def __repr__(self) -> str:
        """Without the token."""
        return f"<ApiSession {self._base}>"

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    @property
    def latest_limits(self) -> str:
        """The latest ``x-ratelimit-limit`` header; empty if none."""
        return self._latest_limits

    @property
    def calls(self) -> int:
        """Requests sent so far, retries included."""
        return self._calls

    def give_up(self) -> None:
        """Send nothing more and end all waits for retries."""
        self._given_up.set()

    def require(self, calls: int) -> None:
        """Raises `QuotaSpent` if fewer calls are known to be available."""
        if calls:
            self._check_quota()
        if self._meter is not None:
            self._meter.require(calls)

    def get(self, path: str, query: Mapping[str, str] | None = None) -> bytes:
        """The body of a GET: complete JSON, not yet decoded.

        Raises:
            AuthError, ApiRefused, UnexpectedAnswer, Unreachable.
        """
        return self._call("GET", path, query)

    def delete(self, path: str) -> None:
        """A DELETE; safe to repeat, the second one returns 404. Raises as `get` does."""
        self._call("DELETE", path, None)

    def patch(self, path: str, body: Mapping[str, object]) -> bytes:
        """A PATCH that sets fields; safe to repeat. Raises as `get` does."""
        return self._call("PATCH", path, None, body)

    def register(self, path: str, body: Mapping[str, object]) -> bytes:
        """A POST that is safe to repeat: what it registers stays invisible until something uses it. Raises as `get` does."""
        return self._call("POST", path, None, body)

    def post(self, path: str, body: Mapping[str, object]) -> bytes:
        """A POST that creates something; retried only if it was certainly not executed.

        Raises:
            AnswerLost: it may have been executed: no response, an unusable one, or a server error.
            AuthError, ApiRefused, Unreachable, QuotaSpent: it was not executed.
        """
        return self._retries.run(lambda: self._create(path, body))

    def _create(self, path: str, body: Mapping[str, object]) -> bytes:
        what = f"POST {path}"
        try:
            answer = self._ask("POST", path, None, body)
        except requests.RequestException as error:
            unreachable = self._unreachable(what, error)
            raise (unreachable if _never_sent(error) else AnswerLost(unreachable)) from None
        except UnexpectedAnswer as error:
            raise AnswerLost(error) from error
        problem = _problem(what, answer, self.granted)
        if problem is None:
            return answer.content
        self._note_quota(what, answer, problem)
        final = problem if _surely_refused(answer) else AnswerLost(problem)
        # Of all errors only 429 says that the create was not executed and may succeed later.
        if answer.status_code == 429 and _worth_another_try(answer, problem):
            raise MayPass(final, wait_asked_for(answer.headers, datetime.now(UTC)))
        raise final

    def _call(
        self, method: str, path: str, query: Mapping[str, str] | None, body: Mapping[str, object] | None = None
    ) -> bytes:
        what = f"{method} {path}"
        broken = 0

        def once() -> bytes:
            nonlocal broken
            try:
                answer = self._ask(method, path, query, body)
            except requests.RequestException as error:
                raise MayPass(self._unreachable(what, error)) from None
            problem = _problem(what, answer, self.granted)
            if problem is None:
                return answer.content
            self._note_quota(what, answer, problem)
            # Counted over all attempts of this call.
            broken += isinstance(problem, UnexpectedAnswer)
            if broken > _BROKEN_BODY_TRIES or not _worth_another_try(answer, problem):
                raise problem
            raise MayPass(problem, wait_asked_for(answer.headers, datetime.now(UTC)))

        return self._retries.run(once)

    def _ask(
        self, method: str, path: str, query: Mapping[str, str] | None, body: Mapping[str, object] | None = None
    ) -> requests.Response:
        """Send a request, and again with a renewed token after a 401, which was not executed."""
        answer = self._send(method, path, query, body)
        if isinstance(_problem("", answer), TokenRefused) and self._tokens.renewed(_token_of(answer)) is not None:
            answer = self._send(method, path, query, body)
        self._latest_limits = answer.headers.get("x-ratelimit-limit", "") or self._latest_limits
        return answer

    def _send(
        self, method: str, path: str, query: Mapping[str, str] | None, body: Mapping[str, object] | None = None
    ) -> requests.Response:
        self._check_quota()
        if self._meter is not None:
            self._meter.spend()
        with self._counting:
            self._calls += 1
        try:
            answer = self._session.request(
                method,
                self._base + path,
                params=query,
                json=body,
                timeout=self._timeout,
                allow_redirects=False,
                # Streamed, so that `read_whole` can limit size and time; requests would read until the end.
                stream=True,
            )
            return read_whole(answer, f"{method} {path}", self._timeout[1])
        except requests.RequestException:  # some are ValueErrors, too
            raise
        except ValueError:
            # requests parses the target of a redirect even with allow_redirects=False.
            raise UnexpectedAnswer(f"{method} {path}: unexpected redirect") from None

    def _check_quota(self) -> None:
        """Send nothing between a spent quota and its reset."""
        if self._given_up.is_set():
            raise Unreachable(f"{self.host}: request cancelled, interrupted")
        # Other threads must not each find out by a call that counts against the quota.
        if self._spent is not None and datetime.now(UTC) < self._spent.again_at:
            raise self._spent

    def _note_quota(self, what: str, answer: requests.Response, problem: PinplanError) -> None:
        """Raises `QuotaSpent` if the quota resets too late to wait for."""
        # A spam block may come as 429, too, but then no quota is spent.
        over = answer.status_code == 429 and not isinstance(problem, SpamBlocked)
        again_at = far_reset(answer.headers, datetime.now(UTC)) if over else None
        if again_at is not None:
            self._spent = QuotaSpent(f"{what}: Pinterest API quota used up", again_at)
            raise self._spent

    def _unreachable(self, what: str, error: requests.RequestException) -> Unreachable:
        # Not chained: the cause holds the request, and with it the token (I27).
        return Unreachable(f"{self.host} is unreachable ({what}): {_words(error)}")


def _host_of(base_url: str) -> str:
    try:
        parts = urlsplit(base_url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ConfigError([f"{base_url}: not an API URL"])
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ConfigError([f"{base_url}: the access token would be sent unencrypted; use https"])
    return parts.netloc


def _never_sent(error: requests.RequestException) -> bool:
    """Whether a request was certainly not sent: no connection was opened."""
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return isinstance(error, requests.ConnectTimeout) or isinstance(reason, NewConnectionError)


def _surely_refused(answer: requests.Response) -> bool:
    """Whether the request was certainly not executed. Proxies send 408 and 499 without waiting for the server."""
    return 400 <= answer.status_code < 500 and answer.status_code not in {408, 499}


def _words(error: requests.RequestException) -> str:
    if isinstance(error, requests.Timeout):
        return "timed out"
    if isinstance(error, requests.exceptions.SSLError):
        return "TLS handshake failed"
    inner = error.args[0] if error.args else error
    reason = getattr(inner, "reason", inner)
    # urllib3 puts the repr of the connection in front: "<…HTTPSConnection object at 0x…>: Failed to …".
    text = re.sub(r"^.*?(>|\)): ", "", str(reason)) or type(error).__name__
    return text[:200]


def _problem(what: str, answer: requests.Response, granted: tuple[str, ...] = ()) -> PinplanError | None:
    """The error of a response; None if it is usable."""
    status = answer.status_code
    if status == 204 or (200 <= status < 300 and _is_json(answer)):
        return None
    if 200 <= status < 300:
        return UnexpectedAnswer(f"{what}: expected JSON, got {_kind(answer)} (HTTP {status})")
    if 300 <= status < 400:
        return UnexpectedAnswer(f"{what}: unexpected redirect (HTTP {status})")
    code, message = _code_and_message(answer)
    refused = Refused(
        what=what,
        status=status,
        code=code,
        message=message,
        request_id=answer.headers.get("x-pinterest-rid"),
    )
    return meaning_of(refused, granted)


def _token_of(answer: requests.Response) -> str:
    """The token of the request."""
    return answer.request.headers["Authorization"].removeprefix("Bearer ")


def _is_json(answer: requests.Response) -> bool:
    body = answer.content  # both ends: a cheap test for truncation, without decoding twice
    return body[:1] in {b"{", b"["} and body.rstrip()[-1:] in {b"}", b"]"}


def _kind(answer: requests.Response) -> str:
    if answer.content[:1] in {b"{", b"["}:
        return "a truncated document"
    return answer.headers.get("content-type", "an unknown type").partition(";")[0][:60]


def _code_and_message(answer: requests.Response) -> tuple[int | None, str]:
    """Code and message of an error response; other pages become a short excerpt."""
    content = _without_token(answer.content, _token_of(answer))
    found = code_and_message(content)
    if found is None:
        excerpt = " ".join(content[:120].decode("utf-8", "replace").split())
        return None, one_line(excerpt) or answer.reason or "no message"
    code, message = found
    return code, message[:500]


def _without_token(body: bytes, token: str) -> bytes:
    """A body without the token: a proxy's error page may quote the request (I27)."""
    # The sandbox's token is a word, which its messages contain as well; tokens of Pinterest are long and have digits.
    before = "Bearer " if token.isalpha() and len(token) < 20 else ""
    return body.replace(f"{before}{token}".encode(), f"{before}<token>".encode())


def _worth_another_try(answer: requests.Response, problem: PinplanError) -> bool:
    """Whether to retry: overload and server errors, never a spam block (like Pinterest's quickstart)."""
    if isinstance(problem, UnexpectedAnswer):
        return answer.status_code < 300  # a redirect comes from a captive portal: no retry helps
    if isinstance(problem, SpamBlocked):
        return False
    return answer.status_code >= 500 or answer.status_code in {409, 429}
