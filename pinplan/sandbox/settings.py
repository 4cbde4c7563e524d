"""Settings of a sandbox, apart from its world and faults."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from pinplan.errors import ConfigError
from pinplan.errors.did_you_mean import did_you_mean
from pinplan.sandbox.delayed_listing import DELAYED
from pinplan.sandbox.quotas import Limits, Tier
from pinplan.sandbox.requests import Texts
from pinplan.sandbox.rules import ALL_SCOPES, KNOWN_SCOPES, RULES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Choice = TypeVar("Choice", bound=StrEnum)

DAY = 86_400
MIN_SIDE = 100
"""A guess: third parties name 100 and 600 pixels, Pinterest's description no size."""


class Consent(StrEnum):
    """What happens on the consent page."""

    ASK = "ask"
    ALLOW = "allow"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class App:
    """The app registered with the sandbox.

    Attributes:
        redirect_uris: compared literally, as Pinterest does; empty: any loopback URI.
    """

    id: str = "1500000"
    secret: str = "sandbox-secret"  # noqa: S105 - of the sandbox
    name: str = "Your app"
    redirect_uris: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """Lifetimes in seconds. An access token is valid for 30 days, a continuous refresh token for 60 (API description 5.23, `POST /oauth/token`)."""

    code: int = 600
    access: int = 30 * DAY
    refresh: int = 60 * DAY


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings.

    Attributes:
        scopes: of the fixed token.
        consent: whether a person clicks, or the page answers by itself.
        tier: access tier of the app.
        restricted: operations that the app may not use, by the ``operationId`` of the API description.
        lag: seconds until listings reflect creates and deletes.
        lags: the same for single listings, by ``operationId``.
        texts: what becomes of the texts of pins.
        min_side: pixels; a picture with a shorter side is refused as too small.
    """

    app: App = field(default_factory=App)
    scopes: frozenset[str] = ALL_SCOPES
    consent: Consent = Consent.ASK
    lifetimes: Lifetimes = field(default_factory=Lifetimes)
    tier: Tier = Tier.STANDARD
    limits: Limits = field(default_factory=Limits)
    restricted: frozenset[str] = frozenset()
    lag: float = 0.0
    lags: Mapping[str, float] = field(default_factory=dict)
    texts: Texts = Texts.STRICT
    min_side: int = MIN_SIDE


def read_settings(
    *,
    app: App,
    scopes: str = "",
    consent: str = "ask",
    lifetimes: Lifetimes | None = None,
    access: str = "standard",
    limits: Limits | None = None,
    restricted: Iterable[str] = (),
    lag: Iterable[str] = (),
    texts: str = "strict",
    min_side: int = MIN_SIDE,
) -> Settings:
    """Settings from option values.

    Raises:
        ConfigError: all invalid values, each with the nearest valid one.
    """
    problems: list[str] = []
    # HTTP Basic separates id and secret by the first colon.
    if not app.id or ":" in app.id:
        problems.append("--app-id: must not be empty or contain a colon")
    seconds, lags = _read_lag(lag, problems)
    settings = Settings(
        app=app,
        scopes=_read_scopes(scopes, problems),
        consent=_chosen("--consent", consent, Consent, problems) or Consent.ASK,
        lifetimes=lifetimes or Lifetimes(),
        tier=_chosen("--access", access, Tier, problems) or Tier.STANDARD,
        limits=limits or Limits(),
        restricted=_read_operations(restricted, problems),
        lag=seconds,
        lags=lags,
        texts=_chosen("--texts", texts, Texts, problems) or Texts.STRICT,
        min_side=min_side,
    )
    if problems:
        raise ConfigError(problems)
    return settings


def _read_scopes(text: str, problems: list[str]) -> frozenset[str]:
    words = text.replace(",", " ").split()
    problems += [
        f"--scopes: unknown scope {word!r:.60}{did_you_mean(word, KNOWN_SCOPES)}"
        for word in words
        if word not in KNOWN_SCOPES
    ]
    # No words: a sandbox without options must work for everything.
    return frozenset(words) or ALL_SCOPES


def _read_lag(words: Iterable[str], problems: list[str]) -> tuple[float, dict[str, float]]:
    """``SECONDS`` for all listings, ``OPERATION=SECONDS`` for one; the last of each counts."""
    lags = {"": 0.0}
    for word in words:
        listing, _, text = word.rpartition("=")
        seconds = _number_of(text)
        if seconds is None:
            problems.append(f"--lag: {word!r:.60} is not SECONDS or LISTING=SECONDS")
        elif listing and listing not in DELAYED:
            problems.append(f"--lag: unknown listing {listing!r:.60}{did_you_mean(listing, DELAYED)}")
        else:
            lags[listing] = seconds
    return lags.pop(""), lags


def _number_of(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    # Also false for nan, which no clock ever reaches.
    return number if 0 <= number < math.inf else None


def _read_operations(words: Iterable[str], problems: list[str]) -> frozenset[str]:
    # Checked against the description's operations: a typo would silently restrict nothing.
    names = frozenset(words)
    problems += [
        f"--restrict: unknown operation {name!r:.60}{did_you_mean(name, RULES)}" for name in sorted(names - set(RULES))
    ]
    return names


def _chosen(option: str, word: str, choices: type[Choice], problems: list[str]) -> Choice | None:
    if word in list(choices):
        return choices(word)
    problems.append(f"{option}: unknown value {word!r:.60}{did_you_mean(word, choices)}")
    return None
