"""OAuth 2: the consent page, ``POST /oauth/token`` with its three grants, codes and tokens (API description 5.23)."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
import threading
from html import escape
from string import Template
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec
from starlette.responses import HTMLResponse, RedirectResponse

from pinplan.sandbox.context import Access
from pinplan.sandbox.problems import ApiProblem, authentication_failed, bad_request, invalid_grant, not_permitted
from pinplan.sandbox.rules import KNOWN_SCOPES, Category
from pinplan.sandbox.settings import Consent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from pinplan.sandbox.settings import App, Settings
    from pinplan.sandbox.world import Clock


_WORDS = {
    "user_accounts:read": "see your account",
    "boards:read": "see your boards and group boards",
    "boards:read_secret": "see your secret boards",
    "boards:write": "create, update and delete boards",
    "boards:write_secret": "create, update and delete secret boards",
    "pins:read": "see your pins",
    "pins:read_secret": "see pins on your secret boards",
    "pins:write": "create, update and delete pins",
    "pins:write_secret": "create, update and delete pins on secret boards",
}
_FRAME = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>$title</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 32rem; margin: 3rem auto; padding: 0 1rem }
button { font: inherit; padding: .5rem 1.5rem; border: 0; border-radius: 1.5rem; margin-right: .5rem; cursor: pointer }
.allow { background: #c00; color: #fff }
small { color: #555 }
</style>
</head>
<body>
<h1>$title</h1>
$body
</body>
</html>
""")
_QUESTION = Template("""<p><strong>$app</strong> (app id $app_id) requests access to the account <strong>$account</strong>. It will be able to:</p>
<ul>
$scopes
</ul>
<form method="post" action="$action">
<button class="allow" name="approve" value="1">Allow</button>
<button name="approve" value="0">Deny</button>
</form>
<p><small>This is the sandbox, not Pinterest. You will be redirected to $redirect_uri</small></p>""")


def consent_page(*, app: str, app_id: str, account: str, scopes: Iterable[str], redirect_uri: str, query: str) -> str:
    """The consent page; both buttons repeat the request with ``approve`` added to ``query``."""
    lines = "\n".join(f"<li>{escape(_WORDS.get(one, one))} <small>{escape(one)}</small></li>" for one in scopes)
    body = _QUESTION.substitute(
        app=escape(app),
        app_id=escape(app_id),
        account=escape(account),
        scopes=lines,
        redirect_uri=escape(redirect_uri),
        action=escape(f"?{query}"),
    )
    return _FRAME.substitute(title="Allow access to your account?", body=body)


def refusal_page(message: str) -> str:
    """The error page; the browser is never redirected to an unregistered URI."""
    return _FRAME.substitute(title="Sign-in failed", body=f"<p>{escape(message)}</p>")


# Only without registered URIs: then any port of this machine will do, as tests pick free ones.
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_MOST_BYTES = 100_000
_ANSWERS = {"1": True, "true": True, "0": False, "false": False}


class OAuth:
    """Signs one app in to one account."""

    def __init__(
        self, settings: Settings, tokens: Tokens, account: str, spend: Callable[[Request, Category], None]
    ) -> None:
        """``account``: the user name; ``spend`` counts a call, and may refuse it."""
        self._settings = settings
        self._app = settings.app
        self._tokens = tokens
        self._account = account
        self._spend = spend

    # -- the page ----------------------------------------------------------------------------------------------------

    async def authorize(self, request: Request) -> Response:
        """The consent page, or the redirect with its result."""
        query = dict(request.query_params)
        redirect_uri = query.get("redirect_uri", "")
        problem = self._problem_of_app(query, redirect_uri)
        if problem:
            return HTMLResponse(refusal_page(problem), 400)
        # Returned exactly as sent, also if empty (RFC 6749, 4.1.2).
        state = {"state": query["state"]} if "state" in query else {}
        scopes = _scopes(query.get("scope", ""))
        # From here on the redirect URI is known to be registered, so errors go to the app (RFC 6749, 4.1.2.1).
        error = _problem_of_question(query, scopes)
        if error:
            return _sent_to(redirect_uri, {"error": error, **state})
        allowed = self._answer(query | dict(parse_qsl((await _small_body(request)).decode("latin-1"))))
        if allowed is None:
            return self._page(query, scopes, redirect_uri)
        if not allowed:
            return _sent_to(redirect_uri, {"error": "access_denied", **state})
        return _sent_to(redirect_uri, {"code": self._tokens.new_code(redirect_uri, frozenset(scopes)), **state})

    def _problem_of_app(self, query: Mapping[str, str], redirect_uri: str) -> str:
        """Why the browser must not be redirected to ``redirect_uri``. Pinterest's quickstart sends consumer_id for client_id."""
        client = query.get("client_id", query.get("consumer_id", ""))
        if client != self._app.id:
            return f"Unknown app id {client or '(none)'}."
        if not _registered(redirect_uri, self._app):
            return f"{redirect_uri or '(none)'} is not a registered redirect URI of the app."
        return ""

    def _answer(self, form: Mapping[str, str]) -> bool | None:
        """Allowed, denied or not answered yet: ``approve`` in query or form, else the setting."""
        if "approve" in form:
            # Any other value shows the page again, like no answer.
            return _ANSWERS.get(form["approve"].lower())
        match self._settings.consent:
            case Consent.ASK:
                return None
            case Consent.ALLOW:
                return True
            case Consent.DENY:
                return False

    def _page(self, query: Mapping[str, str], scopes: list[str], redirect_uri: str) -> Response:
        # The buttons add their own `approve`.
        asked = {key: value for key, value in query.items() if key != "approve"}
        page = consent_page(
            app=self._app.name,
            app_id=self._app.id,
            account=self._account,
            scopes=scopes,
            redirect_uri=redirect_uri,
            query=urlencode(asked),
        )
        # No frames: another page must not lay its own button over "Allow".
        guard = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
        return HTMLResponse(page, 200, {"content-security-policy": guard, "cache-control": "no-store"})

    # -- the token endpoint --------------------------------------------------------------------------------------------

    async def token(self, request: Request) -> tuple[int, bytes]:
        """New tokens for a code, a refresh token, or the app itself. Raises `ApiProblem`."""
        self._authenticate(request)
        form = await _form(request)
        grant = form.get("grant_type", "")
        match grant:
            case "authorization_code":
                granted = self._tokens.redeem(_needed(form, "code"), _needed(form, "redirect_uri"))
            case "refresh_token":
                wanted = _known_scopes(form["scope"]) if form.get("scope") else None
                granted = self._tokens.renew(_needed(form, "refresh_token"), wanted)
            case "client_credentials":
                granted = self._tokens.own(_known_scopes(_needed(form, "scope")))
            case _:
                raise bad_request(f"grant_type {grant!r:.60} is not supported.")
        return 200, _token_answer(grant, granted)

    async def revoke(self, request: Request) -> tuple[int, bytes]:
        """Always refuses: only tokens of system users can be revoked (API description). Raises `ApiProblem`."""
        self._authenticate(request)
        _needed(await _form(request), "token")
        raise not_permitted("Only system user tokens can be revoked.")

    def _authenticate(self, request: Request) -> None:
        """Check app id and secret (HTTP Basic), then count the call. Raises `ApiProblem` 401/2, 429/8."""
        kind, _, text = request.headers.get("authorization", "").partition(" ")
        try:
            given = base64.b64decode(text.strip(), validate=True)
        except (binascii.Error, ValueError) as error:
            raise authentication_failed() from error
        expected = f"{self._app.id}:{self._app.secret}".encode()
        # The whole pair at once: a wrong id must not be told apart from a wrong secret.
        if kind.lower() != "basic" or not hmac.compare_digest(given, expected):
            raise authentication_failed()
        self._spend(request, Category.READ)


def _token_answer(grant: str, granted: Granted) -> bytes:
    """Schemas OauthAccessTokenResponse…, with a refresh token if there is one."""
    answer: dict[str, object] = {
        "response_type": grant,
        "access_token": granted.access,
        "token_type": "bearer",
        "expires_in": granted.lives,
        # Requests have commas, responses blanks, as seen live.
        "scope": " ".join(sorted(granted.scopes)),
    }
    if granted.refresh:
        answer |= {
            "refresh_token": granted.refresh,
            "refresh_token_expires_in": granted.refresh_lives,
            "refresh_token_expires_at": granted.refresh_until,
        }
    return msgspec.json.encode(answer)


def _registered(uri: str, app: App) -> bool:
    if app.redirect_uris:
        return uri in app.redirect_uris
    try:
        parts = urlsplit(uri)
        return parts.scheme in {"http", "https"} and parts.hostname in _LOOPBACK
    except ValueError:
        return False


def _problem_of_question(query: Mapping[str, str], scopes: list[str]) -> str:
    """An error code of RFC 6749, section 4.1.2.1; empty if the request is valid."""
    if query.get("response_type") != "code":
        return "unsupported_response_type"
    return "" if scopes and set(scopes) <= KNOWN_SCOPES else "invalid_scope"


def _scopes(text: str) -> list[str]:
    """Comma separated; spaces are accepted, too, as in RFC 6749."""
    return list(dict.fromkeys(text.replace(",", " ").split()))


def _known_scopes(text: str) -> frozenset[str]:
    scopes = frozenset(_scopes(text))
    if not scopes or not scopes <= KNOWN_SCOPES:
        raise bad_request(f"scope {', '.join(sorted(scopes - KNOWN_SCOPES)) or '(none)'} is not valid.")
    return scopes


def _sent_to(uri: str, answer: Mapping[str, str]) -> Response:
    """A redirect that keeps the URI's own query."""
    parts = urlsplit(uri)
    query = "&".join(filter(None, (parts.query, urlencode(answer))))
    return RedirectResponse(urlunsplit(parts._replace(query=query)), 302, {"cache-control": "no-store"})


async def _form(request: Request) -> dict[str, str]:
    """The fields of a form. Raises `ApiProblem` 400."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise bad_request("The body must be application/x-www-form-urlencoded.")
    return dict(parse_qsl((await _small_body(request)).decode("utf-8", "replace")))


def _needed(form: Mapping[str, str], key: str) -> str:
    if not form.get(key):
        raise bad_request(f"{key} is required.")
    return form[key]


async def _small_body(request: Request) -> bytes:
    """The body, if small. Raises `ApiProblem` 400."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _MOST_BYTES:
            raise ApiProblem(400, 1, "The body is too large.")
    return body


class Granted(NamedTuple):
    """New tokens; ``refresh`` is empty if there is none. Times are in seconds."""

    access: str
    scopes: frozenset[str]
    lives: int
    refresh: str = ""
    refresh_lives: int = 0
    refresh_until: int = 0


class _Code(NamedTuple):
    redirect_uri: str
    scopes: frozenset[str]
    until: float


class _Refresh(NamedTuple):
    scopes: frozenset[str]
    until: float


class Tokens:
    """All issued tokens, and the fixed one. Thread-safe."""

    def __init__(self, fixed: str, settings: Settings, clock: Clock) -> None:
        """Start with the fixed token, which never expires."""
        self._settings = settings
        self._lives = settings.lifetimes
        self._clock = clock
        self._lock = threading.Lock()
        self._fixed: dict[str, Access] = {}
        self.let_in(fixed)
        self._codes: dict[str, _Code] = {}
        self._access: dict[str, tuple[Access, float]] = {}
        self._refresh: dict[str, _Refresh] = {}

    def let_in(self, token: str, scopes: frozenset[str] | None = None) -> str:
        """Add another token that never expires, by default with the scopes of the fixed one."""
        self._fixed[token] = Access(self._settings.scopes if scopes is None else scopes)
        return token

    def access(self, authorization: str | None) -> Access:
        """The access that this header gives. Raises `ApiProblem` 401/2."""
        kind, _, token = (authorization or "").partition(" ")
        if kind.lower() != "bearer" or not token:
            raise authentication_failed()
        if token in self._fixed:
            return self._fixed[token]
        access, until = self._access.get(token, (None, 0.0))
        if access is None or until <= self._clock.now():
            raise authentication_failed()
        return access

    def new_code(self, redirect_uri: str, scopes: frozenset[str]) -> str:
        """A new authorization code."""
        code = secrets.token_hex(20)
        # With its redirect URI: the token request must name the same one (RFC 6749, 4.1.3).
        self._codes[code] = _Code(redirect_uri, scopes, self._clock.now() + self._lives.code)
        return code

    def redeem(self, code: str, redirect_uri: str) -> Granted:
        """Tokens for a code, which is used up even on failure. Raises `ApiProblem` 401/283."""
        with self._lock:
            # RFC 6749 (4.1.2): a code is valid once. The lock decides between two concurrent requests.
            found = self._codes.pop(code, None)
        # One error for all three: which of them it was helps only an attacker.
        if found is None or found.until <= self._clock.now() or found.redirect_uri != redirect_uri:
            raise invalid_grant()
        return self._grant(found.scopes)

    def renew(self, refresh: str, scopes: frozenset[str] | None) -> Granted:
        """Tokens for a refresh token, which is used up; fewer scopes may be requested. Raises `ApiProblem`."""
        with self._lock:
            found = self._refresh.get(refresh)
            if found is None or found.until <= self._clock.now():
                raise invalid_grant()
            # Checked before the token is used up: a refused request must be repeatable.
            if scopes is not None and not scopes <= found.scopes:
                raise bad_request("The requested scope exceeds the scope that was granted.")
            # Rotation: Pinterest issues a new refresh token with each renewal.
            del self._refresh[refresh]
        return self._grant(found.scopes if scopes is None else scopes)

    def own(self, scopes: frozenset[str]) -> Granted:
        """A token for the app's own account; it cannot be refreshed."""
        return Granted(self._new_access(Access(scopes, own_app=True)), scopes, self._lives.access)

    def revoke(self) -> None:
        """Invalidate all issued tokens and codes; the fixed token stays valid."""
        with self._lock:
            self._codes.clear()
            self._access.clear()
            self._refresh.clear()

    def _grant(self, scopes: frozenset[str]) -> Granted:
        refresh = f"pinr.{secrets.token_urlsafe(48)}"
        until = self._clock.now() + self._lives.refresh
        self._refresh[refresh] = _Refresh(scopes, until)
        access = self._new_access(Access(scopes))
        return Granted(access, scopes, self._lives.access, refresh, self._lives.refresh, int(until))

    def _new_access(self, access: Access) -> str:
        token = f"pina_{secrets.token_urlsafe(48)}"
        self._access[token] = (access, self._clock.now() + self._lives.access)
        return token
