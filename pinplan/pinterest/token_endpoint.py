"""``POST /oauth/token`` (port `pinplan.ports.TokenEndpoint`): tokens for a code, or for a refresh token.

App id and secret are sent as HTTP Basic, everything else as a form. Apps created before 2025-09-25 must send
``continuous_refresh`` to get a renewable refresh token; newer ones always get it (API description 5.23).
"""

from __future__ import annotations

import base64
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec
import requests
from requests.auth import AuthBase

from pinplan.documents import decode_as
from pinplan.errors import ApiRefused, ConfigError, SignInEnded, SignInFailed, UnexpectedAnswer, Unreachable
from pinplan.model.tokens import Granted, Secretive
from pinplan.pinterest.connections import PromptAdapter, apply_environment, read_whole
from pinplan.pinterest.hosts import is_loopback
from pinplan.pinterest.refusals import code_and_message
from pinplan.pinterest.retries import MayPass, Retries

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pinplan.model.tokens import App

_WHAT = "POST /oauth/token"
_WRONG_APP = 2
"""Pinterest's code for a wrong app id or secret."""
# Few: a person waits at a terminal, or an apply holds its lock.
_RETRIES = 2
_LEAST_LENGTH = 6
"""Shorter values are not masked in messages: "1" occurs everywhere."""


class _Answer(Secretive, frozen=True, kw_only=True):
    """Schema OauthAccessTokenResponse and its kinds."""

    access_token: str
    refresh_token: str | None = None
    scope: str | None = None
    expires_in: float | None = None
    refresh_token_expires_in: float | None = None


class _Basic(AuthBase):
    """App id and secret as an auth object: .netrc cannot replace them."""

    def __init__(self, app: App) -> None:
        self._app = app

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        # By hand: requests encodes Basic credentials as Latin-1 and fails for other characters.
        both = base64.b64encode(f"{self._app.id}:{self._app.secret}".encode()).decode()
        request.headers["Authorization"] = f"Basic {both}"
        return request

    def __repr__(self) -> str:
        return "<app>"


class ApiTokenEndpoint:
    """The token endpoint of one API."""

    def __init__(
        self, api_url: str, *, user_agent: str, timeout: float = 60.0, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """Take the API URL with its version. Raises `ConfigError` if it is not safe for secrets."""
        _check_address(api_url)
        self._url = f"{api_url.rstrip('/')}/oauth/token"
        self._host = urlsplit(api_url).netloc
        self._headers = {"User-Agent": user_agent, "Accept": "application/json"}
        self._timeout = (min(timeout, 10.0), timeout)
        self._retries = Retries(_RETRIES, sleep)

    def redeem(self, app: App, code: str, redirect_uri: str) -> Granted:
        """See `pinplan.ports.TokenEndpoint`."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            # Not in the schema of 5.20 and later any more, but ignored where it is not needed.
            "continuous_refresh": "true",
        }
        try:
            return self._granted(app, form)
        except ApiRefused as refused:
            if not _is_no(refused):
                raise
            raise SignInFailed(_refusal(refused, "the code")) from None

    def renew(self, app: App, refresh_token: str) -> Granted:
        """See `pinplan.ports.TokenEndpoint`."""
        try:
            return self._granted(app, {"grant_type": "refresh_token", "refresh_token": refresh_token})
        except ApiRefused as refused:
            if not _is_no(refused):
                raise
            raise SignInEnded(_refusal(refused, "the refresh token (expired, revoked or used)")) from None

    def _granted(self, app: App, form: Mapping[str, str]) -> Granted:
        answer = self._patiently(app, form)
        try:
            decoded = decode_as(answer.content, _Answer)
        except msgspec.DecodeError:
            raise UnexpectedAnswer(f"{_WHAT}: response without an access token") from None
        return Granted(
            access_token=decoded.access_token,
            refresh_token=decoded.refresh_token or "",
            # RFC 6749 separates scopes by blanks, Pinterest's request by commas, its response by either.
            scopes=tuple(sorted(set((decoded.scope or "").replace(",", " ").split()))),
            lives=_seconds(decoded.expires_in),
            refresh_lives=_seconds(decoded.refresh_token_expires_in),
            clock_ahead=_clock_ahead(answer),
        )

    def _patiently(self, app: App, form: Mapping[str, str]) -> requests.Response:
        """The response, with retries: a refresh token that the first attempt used is refused, which changes nothing."""
        return self._retries.run(lambda: self._once(app, form))

    def _once(self, app: App, form: Mapping[str, str]) -> requests.Response:
        try:
            answer = self._send(app, form)
        except requests.RequestException as error:
            # Not chained: the cause holds the request, and with it the secrets (I27).
            kind = "timed out" if isinstance(error, requests.Timeout) else type(error).__name__
            raise MayPass(Unreachable(f"{self._host} is unreachable ({_WHAT}): {kind}")) from None
        problem = _problem(answer, (*form.values(), app.secret))
        if problem is None:
            return answer
        if answer.status_code == 429 or answer.status_code >= 500:
            raise MayPass(problem)
        raise problem

    def _send(self, app: App, form: Mapping[str, str]) -> requests.Response:
        with requests.Session() as session:  # not the API session: it would add the access token
            apply_environment(session, self._url)
            session.mount("https://", PromptAdapter())
            session.mount("http://", PromptAdapter())
            answer = session.post(
                self._url,
                data=dict(form),
                auth=_Basic(app),
                headers=self._headers,
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
            )
            return read_whole(answer, _WHAT, self._timeout[1])


def _check_address(api_url: str) -> None:
    """Require TLS, except on loopback (I27)."""
    parts = urlsplit(api_url)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname or "")):
        raise ConfigError(
            [f"network.api_url = {api_url!r}: app secret and tokens would be sent unencrypted; use https"]
        )


def _problem(answer: requests.Response, secrets: tuple[str, ...]) -> ApiRefused | UnexpectedAnswer | None:
    """The error of a response; None if it is usable."""
    status = answer.status_code
    if 200 <= status < 300:
        return None
    if 300 <= status < 400:
        return UnexpectedAnswer(f"{_WHAT}: unexpected redirect (HTTP {status})")
    # Other pages are not quoted: a proxy's may repeat the form in a coding that the masks below do not match.
    code, message = code_and_message(answer.content) or (None, "no message")
    for secret in secrets:  # servers quote the form in their message
        message = message.replace(secret, "…") if len(secret) >= _LEAST_LENGTH else message
    return ApiRefused(_WHAT, status, code, message[:300], answer.headers.get("x-pinterest-rid"))


def _is_no(refused: ApiRefused) -> bool:
    """Whether a refusal is final."""
    # Any other status may pass: the refresh token is kept then.
    return refused.status in {400, 401, 403}


def _refusal(refused: ApiRefused, what: str) -> str:
    if refused.code == _WRONG_APP:
        what = "the app's id and secret"
    return f"Pinterest does not accept {what}: {refused}"


def _seconds(value: float | None) -> int | None:
    return int(value) if value is not None and value > 0 else None


def _clock_ahead(answer: requests.Response) -> float:
    try:
        # A wrong system clock makes a good token look expired, and the message about it would be about the token.
        then = parsedate_to_datetime(answer.headers.get("date", ""))
    except (ValueError, TypeError, IndexError, OverflowError):
        return 0.0
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    return (datetime.now(UTC) - then).total_seconds()
