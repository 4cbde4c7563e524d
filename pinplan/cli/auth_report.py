"""The report of a sign-in, as text and as a document."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgspec import field
from msgspec.structs import replace

from pinplan.errors import AuthError, RemoteError
from pinplan.model.features import Feature
from pinplan.model.json_document import JsonDocument
from pinplan.model.scopes import missing_for

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pinplan.auth.profile import Credentials, Profile
    from pinplan.cli.output import Output
    from pinplan.config import Config
    from pinplan.wiring.access import Access

_TIERS = {
    "trial": "Trial: 1,000 calls a day; creating pins may be refused",
    "standard": "Standard",
    "": "unknown",
}


class Report(JsonDocument, frozen=True, kw_only=True, tag="pinplan.auth-status"):
    """The document of ``pinplan auth status`` and ``auth login`` under ``--json``. It never contains a token.

    Attributes:
        source: ``profile``, or the source of a given token.
        kept_in: the file, or ``the keyring``; empty for a given token.
        lacking: operation → missing scopes. None if the scopes are unknown.
        tier: ``trial``, ``standard``, or empty if unknown.
        asked: whether Pinterest accepted the token.
        profiles: all profiles for this API.
        closed: features that Pinterest refused to the app, each with the time; RFC 3339 in UTC.
    """

    source: str
    profile: str
    api_url: str
    kept_in: str = ""
    account_id: str = ""
    username: str = ""
    scopes: tuple[str, ...] = ()
    lacking: dict[str, tuple[str, ...]] | None = None
    access_until: datetime | None = None
    access_days_left: float | None = None
    refresh_until: datetime | None = None
    refresh_days_left: float | None = None
    tier: str = ""
    asked: bool = False
    problem: str = ""
    profiles: tuple[str, ...] = ()
    closed: dict[str, str] = field(default_factory=dict)


def report_of(config: Config, warn: Callable[[str], None], *, ask: bool) -> tuple[Report, AuthError | None]:
    """The report, and the error of a token that Pinterest refuses.

    Raises:
        NotSignedIn: not signed in.
        ConfigError, DiskRefused: the given token or the profile is unreadable.
    """
    from pinplan.auth.login import CLOCK_IS_WRONG
    from pinplan.wiring.access import Access, features_of, given_token, profile_of, profile_tokens

    # Also for a given token: its report lists the other profiles.
    profile = profile_of(config, warn)
    access = given_token(config, warn)
    if access is None:
        tokens = profile_tokens(config, warn)
        access = Access(tokens=tokens, scopes=tokens.held.scopes, origin="profile", of_profile=tokens)
    held = access.of_profile.held if access.of_profile else None
    # A clock set back makes every expiry look far away.
    if held is not None and held.got_at > datetime.now(UTC).timestamp() + CLOCK_IS_WRONG:
        warn("the system clock is earlier than the sign-in; correct it, or the days left are wrong")
    live, problem = _asked(config, access) if ask else (Report(source="", profile="", api_url=""), None)
    report = _known(profile, access)
    if live.asked:
        report = replace(report, account_id=live.account_id, username=live.username, asked=True)
    features = features_of(config, access, warn)
    closed = {str(one): at for one, at in features.since().items()} if features is not None else {}
    return replace(report, tier=live.tier, problem=live.problem, closed=closed), problem


def _known(profile: Profile, access: Access) -> Report:
    # Unknown scopes are not missing ones.
    lacking = {name: missing for name, missing in missing_for(access.scopes) if missing} if access.scopes else None
    report = Report(
        source=access.origin,
        profile=profile.name if access.of_profile else "",
        api_url=profile.api_url,
        scopes=access.scopes,
        lacking=lacking,
        profiles=tuple(profile.others()),
    )
    if access.of_profile is None:
        return report
    held, now = access.of_profile.held, datetime.now(UTC)
    return replace(
        report,
        kept_in=profile.place,
        account_id=held.account_id,
        username=held.username,
        access_until=_moment(held.access_until),
        access_days_left=_days(held.access_until, now),
        refresh_until=_moment(held.refresh_until),
        refresh_days_left=_days(held.refresh_until, now),
    )


def _asked(config: Config, access: Access) -> tuple[Report, AuthError | None]:
    """Account and access tier, with one API call."""
    from contextlib import closing

    from pinplan.pinterest.api import PinterestApi
    from pinplan.pinterest.ratelimit import tier_of
    from pinplan.wiring.access import session_of

    nothing = Report(source="", profile="", api_url="")
    with closing(session_of(config, access.tokens)) as session:
        try:
            account = PinterestApi(session).account()
        except AuthError as error:  # a report still has value: the limits come with a refusal, too
            return replace(nothing, tier=tier_of(session.latest_limits), problem=str(error)), error
        except RemoteError as error:
            return replace(nothing, problem=str(error)), None
        tier = tier_of(session.latest_limits)
    return replace(nothing, account_id=account.id, username=account.username, tier=tier, asked=True), None


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _days(seconds: int | None, now: datetime) -> float | None:
    # Four digits: about ten seconds.
    return None if seconds is None else round((seconds - now.timestamp()) / 86_400, 4)


def say(out: Output, report: Report, *, refused: bool) -> None:
    """Print the report: text, or a document under ``--json``; ``refused``: an error follows."""
    from pinplan.render.text_safety import message, plain

    if out.json:
        out.document(report)
        return
    whose = f"{plain(report.username)} ({plain(report.account_id)})" if report.account_id else "unknown"
    out.say(f"Account:  {whose}")
    out.say(f"From:     {report.source}{f' {report.profile}' if report.profile else ''}, at {report.api_url}")
    if report.profile:
        out.say(f"Kept in:  {report.kept_in}")
        out.say(f"Token:    {_left(report.access_days_left)}; renewed automatically")
        out.say(f"Renewal:  {_left(report.refresh_days_left)}; extended by each renewal")
    out.say(f"Access:   {_TIERS[report.tier]}")
    out.say(f"Scopes:   {', '.join(report.scopes) or 'unknown (set PINPLAN_SCOPES)'}")
    if report.lacking is not None:
        for name, _ in missing_for(()):
            lacks = report.lacking.get(name)
            out.say(f"  {'no ' if lacks else 'yes'}  {name}{': lacks ' + ', '.join(lacks) if lacks else ''}")
    for name, at in report.closed.items():
        out.say(f"  no   {Feature(name).does}: Pinterest does not offer this to your app (refused on {at[:10]})")
    others = [name for name in report.profiles if name != report.profile]
    if others:
        out.say(f"Others:   {', '.join(others)} (--profile)")
    if not report.asked and not refused:
        out.note(f"Not checked with Pinterest{': ' + message(report.problem) if report.problem else ''}.", "yellow")


def _left(days: float | None) -> str:
    if days is None:
        return "expiry unknown"
    if days <= 0:
        return "expired"
    hours = days * 24
    return (
        f"valid for {days:.0f} days"
        if days >= 2
        else f"valid for {hours:.0f} hours"
        if hours >= 2
        else f"valid for {hours * 60:.0f} minutes"
    )


def signed_in(out: Output, profile: Profile, held: Credentials, asked: Sequence[str]) -> None:
    """Print the result of a sign-in."""
    from pinplan.render.text_safety import plain

    if out.json:
        report = Report(
            source="profile",
            profile=profile.name,
            api_url=profile.api_url,
            kept_in=profile.place,
            account_id=held.account_id,
            username=held.username,
            scopes=held.scopes,
            lacking={name: missing for name, missing in missing_for(held.scopes) if missing},
            access_until=_moment(held.access_until),
            refresh_until=_moment(held.refresh_until),
            asked=bool(held.account_id),
            profiles=tuple(profile.others()),
        )
        out.document(report)
        return
    who = plain(held.username) or "an unknown account"
    out.say(f"Signed in as {who}, in profile {profile.name}. Stored in {profile.place}.", "green")
    out.say(f"Scopes: {', '.join(held.scopes)}")
    missing = [scope for scope in asked if scope not in held.scopes]
    if missing:
        out.note(f"Pinterest did not grant: {', '.join(missing)}.", "yellow")
