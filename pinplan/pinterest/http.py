"""Requests to the API: one session, the token only to its host, retries with back-off, errors with all their facts."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

import msgspec
import requests
from requests.auth import AuthBase
from urllib3.exceptions import NewConnectionError

from pinplan.documents import decode
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
from pinplan.pinterest.refusals import Refused, meaning_of
from pinplan.pinterest.retries import MayPass, Retries

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping

    from pinplan.errors import PinplanError
    from pinplan.ports import Tokens

_BROKEN_BODY_TRIES = 2


class _Bearer(AuthBase):
    """The token, set by an auth object so that neither .netrc nor a redirect can replace or carry it."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._tokens.current()}"
        return request

    def __repr__(self) -> str:
        return "<token>"


class FixedToken:
    """A token that somebody gave, and that cannot be renewed (port `Tokens`)."""

    def __init__(self, token: str) -> None:
        """Keep it."""
        self._token = token

    def __repr__(self) -> str:
        """Without it."""
        return "<token>"

    def current(self) -> str:
        """See `pinplan.ports.Tokens`."""
        return self._token

    def renewed(self, refused: str) -> str | None:  # noqa: ARG002 - the port's
        """See `pinplan.ports.Tokens`: there is no other."""
        return None


class _Said(msgspec.Struct):
    """The body of an error answer (schema Error)."""

    code: int | None = None
    message: str | None = None
    message_detail: str | None = None


class Meter(Protocol):
    """Who counts calls (see `pinplan.records.calls`)."""

    def spend(self) -> None:
        """Count one call that is about to be made. Raises `QuotaSpent` if there is none left."""

    def require(self, calls: int) -> None:
        """Raises `QuotaSpent` if fewer calls than that are left."""


_SAID = msgspec.json.Decoder(_Said)
"""Made before there are threads (see `pinplan.pinterest.api`)."""


class ApiSession:
    """Speaks to one API host with one token. Threads may share it.

    Attributes:
        granted: the scopes of the token, where they are known; a refusal then names those that are missing.
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
            token: goes into the Authorization header and nowhere else (I27); or where to get it from, each time anew.
            user_agent: names the program.
            timeout: seconds to connect, and between two pieces of an answer.
            retries: tries after the first one, for calls that may be repeated.
            parallelism: connections kept open.
            sleep: how to wait; by default until `give_up`.
            dice: chance, for the length of a wait.
            meter: counts every call, retries included, and may refuse it.

        Raises:
            ConfigError: the address cannot be used.
        """
        self._base = base_url.rstrip("/")
        self.host = _host_of(base_url)
        self._timeout = timeout
        self._given_up = threading.Event()
        self._retries = Retries(retries, sleep or self._given_up.wait, dice)
        self.granted: tuple[str, ...] = ()
        self._calls = 0
        self._said_limits = ""
        self._meter = meter
        self._spent: QuotaSpent | None = None
        self._counting = threading.Lock()
        self._session = requests.Session()
        self._session.headers.update({"User-Agent": user_agent, "Accept": "application/json"})
        self._tokens = FixedToken(token) if isinstance(token, str) else token
        self._session.auth = _Bearer(self._tokens)
        apply_environment(self._session, self._base)
        adapter = PromptAdapter(pool_connections=1, pool_maxsize=parallelism)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def __repr__(self) -> str:
        """Without the token."""
        return f"<ApiSession {self._base}>"

    def close(self) -> None:
        """Let go of the connections."""
        self._session.close()

    @property
    def said_limits(self) -> str:
        """The newest ``x-ratelimit-limit`` header; empty where none was sent."""
        return self._said_limits

    @property
    def calls(self) -> int:
        """Requests sent so far, retries included."""
        return self._calls

    def give_up(self) -> None:
        """Send nothing more, and wait for nothing: a call that waits for another try ends now."""
        self._given_up.set()

    def require(self, calls: int) -> None:
        """Raises `QuotaSpent` if it is known that fewer calls than that can be made now."""
        if calls:
            self._check_quota()
        if self._meter is not None:
            self._meter.require(calls)

    def get(self, path: str, query: Mapping[str, str] | None = None) -> bytes:
        """The body of a GET: surely JSON from its first to its last byte, not yet decoded.

        Raises:
            AuthError, ApiRefused, UnexpectedAnswer, Unreachable.
        """
        return self._call("GET", path, query)

    def delete(self, path: str) -> None:
        """A DELETE, which may be repeated: the second one answers 404. Raises as `get` does."""
        self._call("DELETE", path, None)

    def patch(self, path: str, body: Mapping[str, object]) -> None:
        """A PATCH that sets fields to values, which may be repeated: the second one changes nothing. Raises as `get` does."""
        self._call("PATCH", path, None, body)

    def post(self, path: str, body: Mapping[str, object]) -> bytes:
        """The answer to a POST, which creates something: it is sent again only where it surely was not carried out.

        Raises:
            AnswerLost: it may have been carried out: no answer, an unusable one, or an error of the server.
            AuthError, ApiRefused, Unreachable, QuotaSpent: it was not.
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
            broken += isinstance(problem, UnexpectedAnswer)
            if broken > _BROKEN_BODY_TRIES or not _worth_another_try(answer, problem):
                raise problem
            raise MayPass(problem, wait_asked_for(answer.headers, datetime.now(UTC)))

        return self._retries.run(once)

    def _ask(
        self, method: str, path: str, query: Mapping[str, str] | None, body: Mapping[str, object] | None = None
    ) -> requests.Response:
        """Send a request; if its token is refused and another can be had, once more with that one: a 401 was not carried out."""
        answer = self._send(method, path, query, body)
        if isinstance(_problem("", answer), TokenRefused) and self._tokens.renewed(_token_of(answer)) is not None:
            answer = self._send(method, path, query, body)
        self._said_limits = answer.headers.get("x-ratelimit-limit", "") or self._said_limits
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
                stream=True,
            )
            return read_whole(answer, f"{method} {path}", self._timeout[1])
        except requests.RequestException:
            raise
        except ValueError:
            # requests reads the target of a redirect even where it is not to follow it.
            raise UnexpectedAnswer(f"{method} {path}: a redirect, which the API does not do") from None

    def _check_quota(self) -> None:
        """Once Pinterest has said that the calls of the day are used up, nothing more is sent before they are back."""
        if self._given_up.is_set():
            raise Unreachable(f"{self.host} is not asked any more: interrupted")
        if self._spent is not None and datetime.now(UTC) < self._spent.again_at:
            raise self._spent

    def _note_quota(self, what: str, answer: requests.Response, problem: PinplanError) -> None:
        """Raises `QuotaSpent` if the answer says that there are no calls for longer than can be waited."""
        over = answer.status_code == 429 and not isinstance(problem, SpamBlocked)
        again_at = far_reset(answer.headers, datetime.now(UTC)) if over else None
        if again_at is not None:
            self._spent = QuotaSpent(f"{what}: Pinterest answers that its quota of calls is used up", again_at)
            raise self._spent

    def _unreachable(self, what: str, error: requests.RequestException) -> Unreachable:
        # The cause is not chained: it holds the request, and with it the token.
        return Unreachable(f"{self.host} cannot be reached ({what}): {_words(error)}")


def _host_of(base_url: str) -> str:
    try:
        parts = urlsplit(base_url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ConfigError([f"{base_url}: not an address of an API"])
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ConfigError([f"{base_url}: the access token would be sent in the clear; write https"])
    return parts.netloc


def _never_sent(error: requests.RequestException) -> bool:
    """Whether a request surely did not reach the server: there was no connection to send it on."""
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return isinstance(error, requests.ConnectTimeout) or isinstance(reason, NewConnectionError)


def _surely_refused(answer: requests.Response) -> bool:
    """Whether the answer says that nothing was done. A proxy gives 408 and 499 for answers that it did not wait for."""
    return 400 <= answer.status_code < 500 and answer.status_code not in {408, 499}


def _words(error: requests.RequestException) -> str:
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    if isinstance(error, requests.exceptions.SSLError):
        return "no secure connection"
    inner = error.args[0] if error.args else error
    reason = getattr(inner, "reason", inner)
    text = re.sub(r"^.*?(>|\)): ", "", str(reason)) or type(error).__name__
    return text[:200]


def _problem(what: str, answer: requests.Response, granted: tuple[str, ...] = ()) -> PinplanError | None:
    """What is wrong with an answer; None if it can be used."""
    status = answer.status_code
    if status == 204 or (200 <= status < 300 and _is_json(answer)):
        return None
    if 200 <= status < 300:
        return UnexpectedAnswer(f"{what}: not JSON but {_kind(answer)}, with HTTP {status}")
    if 300 <= status < 400:
        return UnexpectedAnswer(f"{what}: a redirect, which the API does not do (HTTP {status})")
    code, message = _said(answer)
    refused = Refused(
        what=what,
        status=status,
        code=code,
        message=message,
        request_id=answer.headers.get("x-pinterest-rid"),
    )
    return meaning_of(refused, granted)


def _token_of(answer: requests.Response) -> str:
    """The token that a request was sent with."""
    return answer.request.headers["Authorization"].removeprefix("Bearer ")


def _is_json(answer: requests.Response) -> bool:
    body = answer.content
    return body[:1] in {b"{", b"["} and body.rstrip()[-1:] in {b"}", b"]"}


def _kind(answer: requests.Response) -> str:
    if answer.content[:1] in {b"{", b"["}:
        return "a cut document"
    return answer.headers.get("content-type", "nothing known").partition(";")[0][:60]


def _said(answer: requests.Response) -> tuple[int | None, str]:
    """Code and message of an error answer; a proxy's page becomes a short excerpt."""
    # A proxy's page may repeat the request, and with it the token (I27).
    content = answer.content.replace(_token_of(answer).encode(), b"<token>")
    try:
        said = decode(content, _SAID)
    except msgspec.DecodeError:
        excerpt = " ".join(content[:120].decode("utf-8", "replace").split())
        return None, "".join(c if c.isprintable() else "?" for c in excerpt) or answer.reason or "no message"
    words = " ".join(
        filter(None, (said.message, said.message_detail))
    )  # a block for spam may be named in the detail only
    message = "".join(c if c.isprintable() else "?" for c in words or "no message")
    return said.code, message[:500]


def _worth_another_try(answer: requests.Response, problem: PinplanError) -> bool:
    """Overload and faults of the server pass; a block for spam does not (the official quickstart stops at it, too)."""
    if isinstance(problem, UnexpectedAnswer):
        return answer.status_code < 300
    if isinstance(problem, SpamBlocked):
        return False
    return answer.status_code >= 500 or answer.status_code in {409, 429}
