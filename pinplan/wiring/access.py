"""Access tokens and their scopes: the only module that knows both the API client and the sign-in."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from pinplan import __version__
from pinplan.config import Config, scopes_from, token_from
from pinplan.errors import ConfigError
from pinplan.events import Emit, Warned, silent

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

    from pinplan.auth.features import KeptFeatures
    from pinplan.auth.profile import Profile
    from pinplan.auth.renewal import ProfileTokens
    from pinplan.pinterest.http import ApiSession, Meter
    from pinplan.ports import TokenEndpoint, Tokens

USER_AGENT = f"pinplan/{__version__}"


class SystemClock:
    """The computer's clock (port `WaitingClock`)."""

    def now(self) -> datetime:
        """The present, in UTC."""
        return datetime.now(UTC)

    def wait(self, seconds: float, stop: Event) -> None:
        """See `pinplan.ports.WaitingClock`."""
        stop.wait(seconds)


class Access(Struct, frozen=True, kw_only=True):
    """A token and its origin.

    Attributes:
        scopes: its scopes; empty if unknown.
        origin: for display.
        of_profile: the same as ``tokens``, if from a profile.
    """

    tokens: Tokens
    scopes: tuple[str, ...]
    origin: str
    of_profile: ProfileTokens | None = None


def access_of(config: Config, emit: Emit = silent, *, token: str | None = None) -> Access:
    """The token to use, in this order: argument, ``--token-file`` or ``--profile``, PINPLAN_ACCESS_TOKEN, the profile.

    Raises:
        ConfigError: a token that was given cannot be used.
        NotSignedIn: no token given and not signed in.
        DiskRefused: the profile cannot be read.
    """
    given = given_token(config, warner(emit), token=token)
    if given is not None:
        return given
    tokens = profile_tokens(config, warner(emit))
    origin = f"profile {config.auth.profile}"
    return Access(tokens=tokens, scopes=tokens.held.scopes, origin=origin, of_profile=tokens)


def given_token(config: Config, warn: Callable[[str], None], *, token: str | None = None) -> Access | None:
    """A given token; None without one. Raises `ConfigError`."""
    # Imported here, as below: `--help` and offline commands must not pay for HTTP and crypto.
    from pinplan.auth.renewal import token_in_file
    from pinplan.pinterest.http import FixedToken

    origin = "the program"
    # --profile beats a token in the environment: a flag is the more explicit choice.
    if token is None and config.profile_named:
        if config.token_file is not None:
            raise ConfigError(["--profile and --token-file are mutually exclusive; leave one out"])
        return None
    if token is None and config.token_file is not None:
        token, origin = token_in_file(config.token_file, warn), f"--token-file {config.token_file}"
    if token is None:
        token, origin = token_from(os.environ), "PINPLAN_ACCESS_TOKEN"
    if token is None:
        return None
    require_trusted_api(config, origin)
    return Access(tokens=FixedToken(token), scopes=scopes_from(os.environ), origin=origin)


def require_trusted_api(config: Config, what: str) -> None:
    """Refuse to send a secret to a host set only in the library's pinplan.toml (I27).

    Raises:
        ConfigError: it would be; names the line.
    """
    if config.api_named_in and what != "the program":
        problem = f"{what} is not sent to a host set only in the library's pinplan.toml"
        raise ConfigError([f"{config.api_named_in}: {problem}; set it in PINPLAN_API_URL or your user config, too"])


def profile_tokens(config: Config, warn: Callable[[str], None]) -> ProfileTokens:
    """The tokens of the profile that the config names. Raises `NotSignedIn`, `DiskRefused`, `ConfigError`."""
    from pinplan.auth.renewal import ProfileTokens

    return ProfileTokens(profile_of(config, warn), endpoint_of(config), SystemClock(), warn)


def profile_of(config: Config, warn: Callable[[str], None]) -> Profile:
    """The profile that the config names; it need not exist."""
    from pinplan.auth.keyrings import Keyring
    from pinplan.auth.profile import Profile

    # The URL is part of the profile's identity: with and without a slash it is the same API.
    api_url = config.network.api_url.rstrip("/")
    return Profile(credentials_folder(), config.auth.profile, api_url, keyring=Keyring(), warn=warn)


def features_of(config: Config, access: Access, warn: Callable[[str], None]) -> KeptFeatures | None:
    """What Pinterest refused to the app of a sign-in; None for a given token, whose app is unknown."""
    if access.of_profile is None:
        return None
    from pinplan.auth.features import KeptFeatures

    return KeptFeatures(profile_of(config, warn).features_file, warn, config.network.full_refresh_days)


def sign_out(config: Config, warn: Callable[[str], None]) -> str:
    """Delete the config's profile; returns where it was. Raises `NotSignedIn`, `LockHeld`, `DiskRefused`."""
    profile = profile_of(config, warn)
    with profile.locked("auth logout"):
        return profile.remove()


def credentials_folder() -> Path:
    """The folder of profiles, in the user's own config folder."""
    import platformdirs

    return Path(platformdirs.user_config_dir("pinplan")) / "credentials"


def endpoint_of(config: Config) -> TokenEndpoint:
    """The token endpoint of the API. Raises `ConfigError`."""
    from pinplan.pinterest.token_endpoint import ApiTokenEndpoint

    network = config.network
    return ApiTokenEndpoint(network.api_url, user_agent=USER_AGENT, timeout=float(network.timeout_seconds))


def session_of(config: Config, tokens: str | Tokens, meter: Meter | None = None) -> ApiSession:
    """A session with the configured API, every call counted by ``meter``. Raises `ConfigError`."""
    from pinplan.pinterest.http import ApiSession

    network = config.network
    return ApiSession(
        network.api_url,
        tokens,
        user_agent=USER_AGENT,
        timeout=(10.0, float(network.timeout_seconds)),  # a host that does not accept a connection in 10 s is down
        retries=network.retries,
        parallelism=network.parallelism,
        meter=meter,
    )


def warner(emit: Emit) -> Callable[[str], None]:
    """A function that emits a warning as an urgent event."""
    return lambda message: emit(Warned(message=message, urgent=True))
