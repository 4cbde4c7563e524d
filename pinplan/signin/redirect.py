"""What Pinterest sends back when a person has said yes or no: in the browser's address, or pasted by hand."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit

from pinplan.errors import SignInFailed
from pinplan.model.tokens import Secretive

if TYPE_CHECKING:
    from collections.abc import Sequence

AUTHORIZE_URL = "https://www.pinterest.com/oauth/"
_OWN_HOSTS = ("api.pinterest.com", "api-sandbox.pinterest.com")


class Callback(Secretive, frozen=True, kw_only=True):
    """The answer. ``state`` is None where somebody pasted the code alone."""

    code: str = ""
    error: str = ""
    state: str | None = None


def authorize_page(api_url: str) -> str:
    """Where a person allows the app in: Pinterest's page, or that of a server which is Pinterest and its API at once."""
    parts = urlsplit(api_url)
    return AUTHORIZE_URL if parts.hostname in _OWN_HOSTS else f"{parts.scheme}://{parts.netloc}/oauth/"


def question(page: str, *, app_id: str, redirect_uri: str, scopes: Sequence[str], state: str) -> str:
    """The page's address with the question in it."""
    asked = {
        "client_id": app_id,
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "scope": ",".join(scopes),
        "state": state,
    }
    return f"{page}?{urlencode(asked, safe=',:')}"


def from_target(target: str) -> Callback | None:
    """The answer in a request to ``/``; None if it is none."""
    parts = urlsplit(target)
    return _from_query(parts.query) if parts.path == "/" and not parts.netloc else None


def from_pasted(text: str) -> Callback:
    """The answer in what a person pasted: the whole address that the browser was sent to, or the code. Raises `SignInFailed`."""
    text = text.strip().strip("'\"")
    if "=" in text or "/" in text:
        try:
            found = _from_query(urlsplit(text).query if "?" in text else text.lstrip("?&"))
        except ValueError:
            found = None
        if found is None:
            raise SignInFailed(
                "there is no code in what was pasted; paste the whole address, or what stands behind code= in it"
            )
        return found
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise SignInFailed(
            "that is no code; paste the whole address that the browser was sent to, or what stands behind code= in it"
        )
    return Callback(code=text)


def _from_query(query: str) -> Callback | None:
    values = {key: found[0] for key, found in parse_qs(query).items() if len(found) == 1}
    if not values.get("code") and not values.get("error"):
        return None
    return Callback(code=values.get("code", ""), error=values.get("error", ""), state=values.get("state", ""))


def code_of(answer: Callback, state: str) -> str:
    """The code, if the answer belongs to our question and is a yes. Raises `SignInFailed`."""
    if answer.state is not None and not hmac.compare_digest(answer.state.encode(), state.encode()):
        raise SignInFailed(
            "the answer does not belong to this sign-in (its state is wrong): it may be an old one, or a trick"
        )
    if answer.error == "access_denied":
        raise SignInFailed("consent was denied on Pinterest's page")
    if answer.error:
        word = "".join(c if c.isprintable() else "?" for c in answer.error[:80])
        raise SignInFailed(
            f"Pinterest's page answered {word!r}; are the app and its redirect address registered, and these scopes allowed to it?"
        )
    return answer.code
