"""How a sandbox is to be, as far as it is not its world or its faults."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from pinplan.errors import ConfigError
from pinplan.errors.did_you_mean import did_you_mean
from pinplan.sandbox.context import ALL_SCOPES, KNOWN_SCOPES, RULES
from pinplan.sandbox.quotas import Limits, Tier

if TYPE_CHECKING:
    from collections.abc import Iterable

Choice = TypeVar("Choice", bound=StrEnum)

DAY = 86_400


class Consent(StrEnum):
    """What the person in front of the consent page does."""

    ASK = "ask"
    ALLOW = "allow"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class App:
    """The one app that is registered with the sandbox.

    Attributes:
        redirect_uris: compared letter by letter, as Pinterest does; empty for any address of this machine.
    """

    id: str = "1500000"
    secret: str = "sandbox-secret"  # noqa: S105 - of the sandbox
    name: str = "The app that you try out"
    redirect_uris: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """Seconds. An access token lives 30 days and a continuous refresh token 60 (API description 5.23, `POST /oauth/token`)."""

    code: int = 600
    access: int = 30 * DAY
    refresh: int = 60 * DAY


@dataclass(frozen=True, slots=True)
class Settings:
    """All of it.

    Attributes:
        scopes: what the fixed token may do.
        consent: whether somebody clicks, or the page answers by itself.
        tier: what kind of access the app has.
        restricted: operations that are closed to the app, by the ``operationId`` of the API description.
        lag: seconds until listings know what was made or deleted.
    """

    app: App = field(default_factory=App)
    scopes: frozenset[str] = ALL_SCOPES
    consent: Consent = Consent.ASK
    lifetimes: Lifetimes = field(default_factory=Lifetimes)
    tier: Tier = Tier.STANDARD
    limits: Limits = field(default_factory=Limits)
    restricted: frozenset[str] = frozenset()
    lag: float = 0.0


def read_settings(
    *,
    app: App,
    scopes: str = "",
    consent: str = "ask",
    lifetimes: Lifetimes | None = None,
    access: str = "standard",
    limits: Limits | None = None,
    restricted: Iterable[str] = (),
    lag: float = 0.0,
) -> Settings:
    """Settings from words as a person writes them.

    Raises:
        ConfigError: all words that are not known, each with the nearest that is.
    """
    problems: list[str] = []
    if not app.id or ":" in app.id:
        problems.append("--app-id: must not be empty, and have no colon")
    settings = Settings(
        app=app,
        scopes=_read_scopes(scopes, problems),
        consent=_chosen("--consent", consent, Consent, problems) or Consent.ASK,
        lifetimes=lifetimes or Lifetimes(),
        tier=_chosen("--access", access, Tier, problems) or Tier.STANDARD,
        limits=limits or Limits(),
        restricted=_read_operations(restricted, problems),
        lag=lag,
    )
    if problems:
        raise ConfigError(problems)
    return settings


def _read_scopes(text: str, problems: list[str]) -> frozenset[str]:
    words = text.replace(",", " ").split()
    problems += [
        f"--scopes: there is no scope {word!r:.60}{did_you_mean(word, KNOWN_SCOPES)}"
        for word in words
        if word not in KNOWN_SCOPES
    ]
    return frozenset(words) or ALL_SCOPES


def _read_operations(words: Iterable[str], problems: list[str]) -> frozenset[str]:
    names = frozenset(words)
    problems += [
        f"--restrict: there is no operation {name!r:.60}{did_you_mean(name, RULES)}"
        for name in sorted(names - set(RULES))
    ]
    return names


def _chosen(option: str, word: str, choices: type[Choice], problems: list[str]) -> Choice | None:
    if word in list(choices):
        return choices(word)
    problems.append(f"{option}: there is no {word!r:.60}{did_you_mean(word, choices)}")
    return None
