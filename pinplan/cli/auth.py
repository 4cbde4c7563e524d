"""``pinplan auth login|status|logout|token``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from pinplan.cli.common import Common, command

if TYPE_CHECKING:
    from collections.abc import Callable

    from pinplan.auth.login import AuthRequest, SignIn
    from pinplan.auth.profile import Profile
    from pinplan.config import Config
    from pinplan.model.tokens import App

auth = typer.Typer(
    name="auth",
    help="Sign in to Pinterest and show the sign-in.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@auth.command()
@command
def login(
    *,
    common: Common,
    write: Annotated[
        bool, typer.Option("--write", help="Request the scopes for deleting, moving and creating pins.")
    ] = False,
    secret: Annotated[bool, typer.Option("--secret", help="Also request access to secret boards.")] = False,
    scopes: Annotated[
        str | None, typer.Option("--scopes", metavar="A,B", help="Request these scopes instead (default: read only).")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            "--port", metavar="N", help="Port of the redirect URI http://localhost:PORT/ registered with the app."
        ),
    ] = None,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Print the URL and read the redirect URL from the terminal.")
    ] = False,
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", min=1, max=3600, help="How long to wait for the browser.")
    ] = 300,
    store: Annotated[str | None, typer.Option("--store", metavar="auto|keyring|file", help="Credential store.")] = None,
) -> None:
    """Sign in with your own app; read only without --write.

    docs/sign-in.md says how to register one.

    App id and secret: from PINTEREST_APP_ID and PINTEREST_APP_SECRET, the last sign-in, or a prompt.
    """
    from pinplan.auth.login import AuthRequest, SignIn
    from pinplan.cli.auth_report import signed_in
    from pinplan.model.scopes import wanted
    from pinplan.wiring.access import SystemClock, endpoint_of, profile_of, require_trusted_api

    named = tuple(scopes.replace(",", " ").split()) if scopes is not None else None
    config = common.load(anywhere=True, auth__redirect_port=port, auth__scopes=named, auth__store=store)
    warn = _warner(common)
    profile = profile_of(config, warn)
    require_trusted_api(config, "the app's secret")  # before any prompt (I27)
    endpoint = endpoint_of(config)
    extra = wanted(write=write, secret=secret)
    # Configured scopes replace the read-only default; --write and --secret add to them.
    asked_for = config.auth.scopes if not (write or secret) and config.auth.scopes else (*config.auth.scopes, *extra)
    # Without duplicates, in order: the URL is shown to a person.
    asked = AuthRequest(scopes=tuple(dict.fromkeys(asked_for)), port=config.auth.redirect_port, seconds=timeout)
    sign_in = SignIn(_app(config, profile), profile, endpoint, SystemClock())
    code = _by_hand(sign_in, asked) if no_browser else _by_browser(sign_in, asked)
    held = sign_in.finish(asked, code, config.auth.store, _whose(config), warn)
    signed_in(common.out, profile, held, asked.scopes)


def _by_hand(sign_in: SignIn, asked: AuthRequest) -> str:
    def ask(address: str) -> str:
        _print(
            f"Open this URL in any browser and allow the app:\n\n{address}\n\n"
            f"The browser is then redirected to {asked.redirect_uri}, which may fail to open. Paste the redirect URL, or the code in it:"
        )
        return sys.stdin.readline()

    return sign_in.by_hand(asked, ask)


def _by_browser(sign_in: SignIn, asked: AuthRequest) -> str:
    def show(address: str, opened: bool) -> None:
        how = "Opening your browser; if it does not open" if opened else "No browser found"
        _print(f"{how}, open this URL and allow the app:\n\n{address}\n\nWaiting for {asked.redirect_uri} …")

    return sign_in.by_browser(asked, show)


def _print(text: str) -> None:
    """Print on stderr, unwrapped: a wrapped URL cannot be copied."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _app(config: Config, profile: Profile) -> App:
    """App id and secret: from the environment, the config, the stored sign-in, or a prompt."""
    import os

    from pinplan.errors import PinplanError
    from pinplan.model.tokens import App

    try:
        before = profile.read().app
    except PinplanError:  # a damaged or missing sign-in is the reason to sign in: ask instead
        before = App(id="", secret="")
    app_id = (
        os.environ.get("PINTEREST_APP_ID", "").strip()
        or config.auth.app_id
        or before.id
        or _asked("App id", "PINTEREST_APP_ID")
    )
    # A stored secret belongs to its app: never send it with another id.
    secret = os.environ.get("PINTEREST_APP_SECRET", "").strip() or (before.secret if before.id == app_id else "")
    return App(id=app_id, secret=secret or _asked("App secret", "PINTEREST_APP_SECRET", hidden=True))


def _asked(what: str, variable: str, *, hidden: bool = False) -> str:
    """Prompt for a value. Raises `ConfigError` without a terminal or an answer."""
    from contextlib import suppress
    from getpass import getpass

    from pinplan.errors import ConfigError

    typed = ""
    if sys.stdin.isatty():
        sys.stderr.write(f"{what} (of your app at developers.pinterest.com): " if not hidden else "")
        sys.stderr.flush()
        with suppress(EOFError):  # Ctrl-D at the hidden prompt
            typed = (getpass(f"{what} (hidden): ") if hidden else sys.stdin.readline()).strip()
    if not typed:
        raise ConfigError(
            [f"{variable} is not set and no value was entered; docs/sign-in.md shows how to create an app"]
        )
    return typed


def _whose(config: Config) -> Callable[[str], tuple[str, str]]:
    def ask(token: str) -> tuple[str, str]:
        from contextlib import closing

        from pinplan.pinterest.api import PinterestApi
        from pinplan.wiring.access import session_of

        with closing(session_of(config, token)) as session:
            account = PinterestApi(session).account()
        return account.id, account.username

    return ask


def _warner(common: Common) -> Callable[[str], None]:
    return lambda message: common.out.note(f"warning: {message}", "yellow")


@auth.command()
@command
def status(
    *,
    common: Common,
    offline: Annotated[bool, typer.Option("--offline", help="Do not query Pinterest.")] = False,
) -> None:
    """Show account, scopes and expiry of the sign-in. Exit code 12 if not signed in."""
    from pinplan.cli.auth_report import report_of, say

    config = common.load(anywhere=True)
    report, problem = report_of(config, _warner(common), ask=not offline)
    say(common.out, report, refused=problem is not None)
    if problem is not None:
        raise problem


@auth.command()
@command
def logout(*, common: Common) -> None:
    """Delete the stored sign-in of a profile from this computer."""
    import os

    from pinplan.cli.documents import SignedOut
    from pinplan.wiring.access import sign_out

    config = common.load(anywhere=True)
    place = sign_out(config, _warner(common))
    # Signing out does not affect it: the next command would still have access.
    still_given = bool(os.environ.get("PINPLAN_ACCESS_TOKEN"))
    common.out.document(SignedOut(profile=config.auth.profile, kept_in=place, token_in_environment=still_given))
    common.out.say(f"Signed out: profile {config.auth.profile} deleted ({place}).")
    common.out.note(
        "Pinterest has no API to revoke a token: it stays valid until it expires. To revoke it now, remove the app in your Pinterest settings."
    )
    if still_given:
        common.out.note("PINPLAN_ACCESS_TOKEN is still set and will be used.", "yellow")


@auth.command()
@command
def token(
    *,
    common: Common,
    show: Annotated[bool, typer.Option("--show", help="Confirm printing the token.")] = False,
) -> None:
    """Print the access token for other programs.

    Renewed if necessary.
    """
    from pinplan.cli.documents import AccessToken
    from pinplan.errors import ConfigError
    from pinplan.errors.suggestions import suggestion
    from pinplan.wiring.access import access_of

    # Guards against shell history, screen sharing and CI logs.
    if not show:
        words = ("auth", "token", "--show")
        raise ConfigError(
            [f"anyone with the access token can use your account; to print it: {suggestion(*words)}"], [words]
        )
    access_token = access_of(common.load(anywhere=True), common.progress).tokens.current()
    if common.out.json:
        common.out.document(AccessToken(access_token=access_token))
    else:
        common.out.raw(access_token.encode() + b"\n")
