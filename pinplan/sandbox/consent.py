"""The page on which a person allows an app in, or does not; and the page that says why there is nothing to allow."""

from __future__ import annotations

from html import escape
from string import Template
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_WORDS = {
    "user_accounts:read": "look at your account",
    "boards:read": "look at your boards and the group boards that you joined",
    "boards:read_secret": "look at your secret boards",
    "boards:write": "make, change and delete boards",
    "boards:write_secret": "make, change and delete secret boards",
    "pins:read": "look at your pins",
    "pins:read_secret": "look at the pins of your secret boards",
    "pins:write": "make, change and delete pins",
    "pins:write_secret": "make, change and delete pins of secret boards",
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
_QUESTION = Template("""<p><strong>$app</strong> (app id $app_id) would like to use the account <strong>$account</strong>. It could:</p>
<ul>
$scopes
</ul>
<form method="post" action="$action">
<button class="allow" name="approve" value="1">Allow</button>
<button name="approve" value="0">Deny</button>
</form>
<p><small>This is the sandbox, not Pinterest. You will be sent to $redirect_uri</small></p>""")


def consent_page(*, app: str, app_id: str, account: str, scopes: Iterable[str], redirect_uri: str, query: str) -> str:
    """The question; both buttons ask again with the same ``query`` and ``approve``."""
    lines = "\n".join(f"<li>{escape(_WORDS.get(one, one))} <small>{escape(one)}</small></li>" for one in scopes)
    body = _QUESTION.substitute(
        app=escape(app),
        app_id=escape(app_id),
        account=escape(account),
        scopes=lines,
        redirect_uri=escape(redirect_uri),
        action=escape(f"?{query}"),
    )
    return _FRAME.substitute(title="Give access to your account?", body=body)


def refusal_page(message: str) -> str:
    """Why nothing can be allowed; nobody is sent to an address that the app did not register."""
    return _FRAME.substitute(title="This app cannot sign you in", body=f"<p>{escape(message)}</p>")
