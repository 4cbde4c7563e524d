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
    help="Sign in to Pinterest, and see how you are signed in.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@auth.command()
@command
def login(
    *,
    common: Common,
    write: Annotated[
        bool, typer.Option("--write", help="Ask for what deleting, moving and creating pins takes.")
    ] = False,
    secret: Annotated[bool, typer.Option("--secret", help="Ask for secret boards, too.")] = False,
    scopes: Annotated[
        str | None, typer.Option("--scopes", metavar="A,B", help="Ask for these scopes instead (default: to read).")
    ] = None,
    port: Annotated[
        int | None, typer.Option("--port", help="The port of http://localhost:PORT/, as registered with the app.")
    ] = None,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Print the address, and paste what comes back.")
    ] = False,
    timeout: Annotated[
        float, typer.Option("--timeout", min=1, max=3600, help="Seconds to wait for the browser.")
    ] = 300,
    store: Annotated[
        str | None, typer.Option("--store", metavar="auto|keyring|file", help="Where to keep the sign-in.")
    ] = None,
) -> None:
    """Sign in with an app of your own (docs/sign-in.md): to read only, unless --write.

    The app's id and secret come from PINTEREST_APP_ID and PINTEREST_APP_SECRET, the last sign-in, or are asked for.
    """
    from pinplan.auth.login import AuthRequest, SignIn
    from pinplan.cli.auth_report import signed_in
    from pinplan.model.scopes import wanted
    from pinplan.wiring.access import SystemClock, endpoint_of, profile_of, require_trusted_api

    named = tuple(scopes.replace(",", " ").split()) if scopes is not None else None
    config = common.load(anywhere=True, auth__redirect_port=port, auth__scopes=named, auth__store=store)
    warn = _warner(common)
    profile = profile_of(config, warn)
    require_trusted_api(config, "the app's secret")
    endpoint = endpoint_of(config)
    extra = wanted(write=write, secret=secret)
    asked_for = config.auth.scopes if not (write or secret) and config.auth.scopes else (*config.auth.scopes, *extra)
    asked = AuthRequest(scopes=tuple(dict.fromkeys(asked_for)), port=config.auth.redirect_port, seconds=timeout)
    sign_in = SignIn(_app(config, profile), profile, endpoint, SystemClock())
    code = _by_hand(sign_in, asked) if no_browser else _by_browser(sign_in, asked)
    held = sign_in.finish(asked, code, config.auth.store, _whose(config), warn)
    signed_in(common.out, profile, held, asked.scopes)


def _by_hand(sign_in: SignIn, asked: AuthRequest) -> str:
    def ask(address: str) -> str:
        _tell(
            f"Open this address in any browser and allow the app in:\n\n{address}\n\n"
            f"The browser is then sent to {asked.redirect_uri}, which need not open. Paste the whole address that it shows then, or the code in it:"
        )
        return sys.stdin.readline()

    return sign_in.by_hand(asked, ask)


def _by_browser(sign_in: SignIn, asked: AuthRequest) -> str:
    def told(address: str, opened: bool) -> None:
        how = "Your browser was opened; if it was not" if opened else "There is no browser to open here"
        _tell(
            f"{how}, open this address yourself and allow the app in:\n\n{address}\n\nWaiting for {asked.redirect_uri} …"
        )

    return sign_in.by_browser(asked, told)


def _tell(text: str) -> None:
    """On stderr, and as it is: an address must not be wrapped."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _app(config: Config, profile: Profile) -> App:
    """Id and secret: from the environment, the config, the sign-in that is there, or a person."""
    import os

    from pinplan.errors import PinplanError
    from pinplan.model.tokens import App

    try:
        before = profile.read().app
    except PinplanError:
        before = App(id="", secret="")
    app_id = (
        os.environ.get("PINTEREST_APP_ID", "").strip()
        or config.auth.app_id
        or before.id
        or _asked("App id", "PINTEREST_APP_ID")
    )
    secret = os.environ.get("PINTEREST_APP_SECRET", "").strip() or (before.secret if before.id == app_id else "")
    return App(id=app_id, secret=secret or _asked("App secret", "PINTEREST_APP_SECRET", hidden=True))


def _asked(what: str, variable: str, *, hidden: bool = False) -> str:
    """What a person types. Raises `ConfigError` if there is nobody."""
    from getpass import getpass

    from pinplan.errors import ConfigError

    typed = ""
    if sys.stdin.isatty():
        sys.stderr.write(f"{what} (of your app at developers.pinterest.com): " if not hidden else "")
        sys.stderr.flush()
        typed = (getpass(f"{what} (is not shown): ") if hidden else sys.stdin.readline()).strip()
    if not typed:
        raise ConfigError([f"{variable} is not set, and nothing was typed; an app is made as docs/sign-in.md tells"])
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
    offline: Annotated[bool, typer.Option("--offline", help="Do not ask Pinterest.")] = False,
) -> None:
    """Show as whom you are signed in, what that allows, and for how long. Exit code 12 if you are not."""
    from pinplan.cli.auth_report import report_of, say

    config = common.load(anywhere=True)
    report, problem = report_of(config, _warner(common), ask=not offline)
    say(common.out, report, refused=problem is not None)
    if problem is not None:
        raise problem


@auth.command()
@command
def logout(*, common: Common) -> None:
    """Forget the sign-in of a profile on this computer."""
    import os

    from pinplan.cli.documents import SignedOut
    from pinplan.wiring.access import sign_out

    config = common.load(anywhere=True)
    place = sign_out(config, _warner(common))
    still_given = bool(os.environ.get("PINPLAN_ACCESS_TOKEN"))
    common.out.document(SignedOut(profile=config.auth.profile, kept_in=place, token_in_environment=still_given))
    common.out.say(f"Signed out: profile {config.auth.profile} is forgotten ({place}).")
    common.out.note(
        "Pinterest offers apps no way to take a token back: it stays good until it expires. To end it now, remove the app in the settings of your Pinterest account."
    )
    if still_given:
        common.out.note("PINPLAN_ACCESS_TOKEN is still set, and will be used.", "yellow")


@auth.command()
@command
def token(
    *,
    common: Common,
    show: Annotated[bool, typer.Option("--show", help="Really print it.")] = False,
) -> None:
    """Print the access token that would be used, renewed if it must be: for other programs."""
    from pinplan.cli.documents import AccessToken
    from pinplan.errors import ConfigError
    from pinplan.errors.suggestions import suggestion
    from pinplan.wiring.access import access_of

    if not show:
        words = ("auth", "token", "--show")
        raise ConfigError(
            [f"the access token opens your account to whoever sees it; to print it: {suggestion(*words)}"], [words]
        )
    access_token = access_of(common.load(anywhere=True), common.progress).tokens.current()
    if common.out.json:
        common.out.document(AccessToken(access_token=access_token))
    else:
        common.out.raw(access_token.encode() + b"\n")
