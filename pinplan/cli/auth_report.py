"""How somebody is signed in, in words and as a document."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgspec.structs import replace

from pinplan.errors import AuthError, RemoteError
from pinplan.model.json_document import JsonDocument
from pinplan.model.scopes import missing_for

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pinplan.auth.profile import Credentials, Profile
    from pinplan.cli.output import Output
    from pinplan.config import Config
    from pinplan.wiring.access import Access

_TIERS = {
    "trial": "Trial: 1,000 calls a day, and creating pins may be refused",
    "standard": "Standard",
    "": "cannot be told",
}


class Report(JsonDocument, frozen=True, kw_only=True, tag="pinplan.auth-status"):
    """The document of ``pinplan auth status`` and ``auth login`` under ``--json``. There is no place for a token in it.

    Attributes:
        source: ``profile``, or where a token was given.
        kept_in: the file, or ``the keyring``; empty for a token that was given.
        lacking: what cannot be done → the scopes that it lacks. None if the scopes are not known.
        tier: ``trial``, ``standard``, or empty where it cannot be told.
        asked: whether Pinterest was asked and let the token in.
        profiles: all that there are for this API.
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


def report_of(config: Config, warn: Callable[[str], None], *, ask: bool) -> tuple[Report, AuthError | None]:
    """How things stand; and what Pinterest has against the token, if it was asked and has something.

    Raises:
        NotSignedIn: nobody is signed in.
        ConfigError, DiskRefused: a token that was given, or the profile, cannot be read.
    """
    from pinplan.auth.login import CLOCK_IS_WRONG
    from pinplan.wiring.access import Access, given_token, profile_of, profile_tokens

    profile = profile_of(config, warn)
    access = given_token(config, warn)
    if access is None:
        tokens = profile_tokens(config, warn)
        access = Access(tokens=tokens, scopes=tokens.held.scopes, origin="profile", of_profile=tokens)
    held = access.of_profile.held if access.of_profile else None
    if held is not None and held.got_at > datetime.now(UTC).timestamp() + CLOCK_IS_WRONG:
        warn("this computer's clock stands before the moment of the sign-in; set it right, days left are wrong")
    live, problem = _asked(config, access) if ask else (Report(source="", profile="", api_url=""), None)
    report = _known(profile, access)
    if live.asked:
        report = replace(report, account_id=live.account_id, username=live.username, asked=True)
    return replace(report, tier=live.tier, problem=live.problem), problem


def _known(profile: Profile, access: Access) -> Report:
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
    """Account and tier from Pinterest itself, with one call."""
    from contextlib import closing

    from pinplan.pinterest.api import PinterestApi
    from pinplan.pinterest.ratelimit import tier_of
    from pinplan.wiring.access import session_of

    nothing = Report(source="", profile="", api_url="")
    with closing(session_of(config, access.tokens)) as session:
        try:
            account = PinterestApi(session).account()
        except AuthError as error:
            return replace(nothing, tier=tier_of(session.said_limits), problem=str(error)), error
        except RemoteError as error:
            return replace(nothing, problem=str(error)), None
        tier = tier_of(session.said_limits)
    return replace(nothing, account_id=account.id, username=account.username, tier=tier, asked=True), None


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _days(seconds: int | None, now: datetime) -> float | None:
    return None if seconds is None else round((seconds - now.timestamp()) / 86_400, 4)


def say(out: Output, report: Report, *, refused: bool) -> None:
    """The report: a table for people, a document for programs; ``refused``: an error will be told after it."""
    from pinplan.render.text_safety import message, plain

    if out.json:
        out.document(report)
        return
    whose = f"{plain(report.username)} ({plain(report.account_id)})" if report.account_id else "not known"
    out.say(f"Account:  {whose}")
    out.say(f"From:     {report.source}{f' {report.profile}' if report.profile else ''}, at {report.api_url}")
    if report.profile:
        out.say(f"Kept in:  {report.kept_in}")
        out.say(f"Token:    {_left(report.access_days_left)}; renewed by itself")
        out.say(f"Renewal:  {_left(report.refresh_days_left)}; begins anew with each renewal")
    out.say(f"Access:   {_TIERS[report.tier]}")
    out.say(f"Scopes:   {', '.join(report.scopes) or 'not known (PINPLAN_SCOPES tells them)'}")
    if report.lacking is not None:
        for name, _ in missing_for(()):
            lacks = report.lacking.get(name)
            out.say(f"  {'no ' if lacks else 'yes'}  {name}{': lacks ' + ', '.join(lacks) if lacks else ''}")
    others = [name for name in report.profiles if name != report.profile]
    if others:
        out.say(f"Others:   {', '.join(others)} (--profile)")
    if not report.asked and not refused:
        out.note(f"Not checked with Pinterest{': ' + message(report.problem) if report.problem else ''}.", "yellow")


def _left(days: float | None) -> str:
    if days is None:
        return "Pinterest did not say how long it is good"
    if days <= 0:
        return "expired"
    hours = days * 24
    return (
        f"good for {days:.0f} days"
        if days >= 2
        else f"good for {hours:.0f} hours"
        if hours >= 2
        else f"good for {hours * 60:.0f} minutes"
    )


def signed_in(out: Output, profile: Profile, held: Credentials, asked: Sequence[str]) -> None:
    """What a sign-in came to."""
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
    who = plain(held.username) or "an account whose name is not known"
    out.say(f"Signed in as {who}, in profile {profile.name}. Kept in {profile.place}.", "green")
    out.say(f"Scopes: {', '.join(held.scopes)}")
    missing = [scope for scope in asked if scope not in held.scopes]
    if missing:
        out.note(f"Pinterest did not grant: {', '.join(missing)}.", "yellow")
