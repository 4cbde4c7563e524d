"""Validate the config: every problem with its place and, for an unknown word, the nearest known one."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from string import Formatter
from typing import TYPE_CHECKING, Any, get_type_hints
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from pinplan.actions import KINDS
from pinplan.config.schema import API_URL, SANDBOX_API_URL, Api, OverrideTable, Settings, Store, SyncTable
from pinplan.errors.did_you_mean import did_you_mean
from pinplan.model.pins import pin_id_in
from pinplan.model.scopes import scopes_problem
from pinplan.policies.bundle import Mtime
from pinplan.policies.duplicates import Remove, Within
from pinplan.policies.limits import parse_bytes, parse_limit
from pinplan.policies.mode import SENDING_MODES, GonePin, MissingFile, Mode, MovedFile, NewPicture, NewPin

if TYPE_CHECKING:
    from collections.abc import Iterator

_PROFILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SECRETS = ("app_secret", "secret", "access_token", "refresh_token", "token")
_ADDRESSES = {Api.PRODUCTION: API_URL, Api.SANDBOX: SANDBOX_API_URL}

TEMPLATE_FIELDS = ("board", "section", "title", "created_at", "pin_id", "slot", "ext")
_NEEDED_FIELDS = ("pin_id", "slot", "ext")
_FORMATS = {
    "title": (
        re.compile(r"\.[1-9][0-9]{0,2}"),
        "{title:.40} is the title's first 40 characters; a number from 1 to 999 must follow the dot",
    ),
    "created_at": (
        re.compile(r"(%[YymdHMSjVGu%]|[^%/{}])+"),
        "use a date format such as {created_at:%Y-%m-%d}, with %Y %y %m %d %j %G %V %u %H %M %S; for folders use {created_at:%Y}/{created_at:%m}",
    ),
}
"""Format specs per field. Names of months and days are excluded: they depend on the locale."""
_READABLE = re.compile(r"(^|[^\w}])\{pin_id\}[^{}\w]*\{slot\}([^\w{]|\{ext\})")
"""Separates title, pin id and slot: otherwise a name could parse as another pin's."""

_HOST = re.compile(r"^(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)+(:\d{1,5})?$", re.IGNORECASE)


KeyPlace = Callable[[str, int], str]
"""Location of a key, for messages; an empty key is the table itself, the number counts tables of one name."""


def table_is_good(name: str, part: object, where: KeyPlace, problems: list[str]) -> bool:
    """Whether a table is valid; appends its problems with their location."""
    tables = get_type_hints(Settings)
    if name not in tables:
        problems.append(f"{where('', 1)}: unknown table [{name}]{did_you_mean(name, tables)}")
        return False
    # Problems are collected, not raised: a person corrects a file once, not once per mistake.
    before = len(problems)
    if name == "override":
        if not isinstance(part, list):
            problems.append(f"{where('', 1)}: use [[override]] with double brackets, once per board pattern")
        else:
            for number, one in enumerate(part, start=1):
                problems.extend(_problems_of(OverrideTable, one, f"override {number}", where))
    else:
        problems.extend(_problems_of(tables[name], part, name, where))
    return len(problems) == before


def _problems_of(table: type[Struct], part: object, name: str, place: KeyPlace) -> Iterator[str]:
    """Problems of one table: unknown keys, wrong types, values out of range."""
    number = int(name.partition(" ")[2] or 1)
    if not isinstance(part, dict):
        yield f"{place('', number)}: [{name}] must be a table"
        return
    hints = get_type_hints(table, include_extras=True)
    if name == "network" and {"api", "api_url"} <= set(part) and _ADDRESSES.get(part["api"]) != part["api_url"]:
        yield f"{place('api_url', number)}: network.api = {part['api']!r} and network.api_url = {part['api_url']!r} are different APIs; remove one"
    for key, value in part.items():
        where = place(key, number)
        # Before the check for unknown keys: "did you mean …" would be the wrong advice for a secret.
        if name == "auth" and key in _SECRETS:
            yield f"{where}: auth.{key} is not an option: secrets do not belong in a config file; pinplan auth login prompts for them or reads PINTEREST_APP_SECRET"
            continue
        if key not in hints:
            yield f"{where}: unknown option {name}.{key}{did_you_mean(key, hints)}"
            continue
        try:
            # Value by value: converting the whole table would stop at its first problem.
            msgspec.convert(value, hints[key])
        except msgspec.ValidationError as error:
            yield f"{where}: {name}.{key} = {value!r}: {_expected(hints[key], value) or error}"
            continue
        reason = _meaning(f"{name.split(maxsplit=1)[0]}.{key}", value)
        if reason:
            # A URL may contain a password, and messages end up in CI logs.
            shown = masked(value) if key == "api_url" else value
            yield f"{where}: {name}.{key} = {shown!r}: {reason}"
    if table is OverrideTable and "board" not in part:
        yield f"{place('', number)}: [{name}] requires board"


def _expected(kind: object, value: object) -> str:
    """For an enum: its values, and the nearest one."""
    # Looked up in the union's members: most of these options are `Enum | None`.
    for enum in (Mode, NewPin, GonePin, MissingFile, MovedFile, NewPicture, Mtime, Remove, Within, Api, Store):
        if enum is kind or enum in getattr(kind, "__args__", ()):
            words = [member.value for member in enum]
            return f"expected one of {', '.join(words)}{did_you_mean(str(value), words)}"
    return ""


def _meaning(key: str, value: Any) -> str:  # noqa: ANN401 - a value of any option
    """The problem of a value of the right type; empty if none."""
    if key == "library.template":
        return template_problem(value)
    if key.startswith("limits.") or key in {"upload.max_bytes", "upload.max_video_bytes"}:
        try:
            _limit(key, value)
        except ValueError as error:
            return str(error)
    if key in {"protect.kinds", "apply.require_decisions"}:
        return " ".join(f"unknown kind {kind!r}{did_you_mean(kind, KINDS)}" for kind in value if kind not in KINDS)
    if key in {"boards.ignore_pins", "protect.pins"}:
        return " ".join(
            f"{pin!r} is not a pin: use its id, or its URL such as https://www.pinterest.com/pin/123/"
            for pin in value
            if pin_id_in(pin) is None
        )
    if key == "network.api_url":
        return api_url_problem(value)
    if key.startswith("auth."):
        return _meaning_of_auth(key, value)
    if key in {"network.image_hosts", "network.upload_hosts"}:
        return " ".join(f"{host!r} is not a host name such as i.pinimg.com" for host in value if not _HOST.match(host))
    return ""


def _meaning_of_auth(key: str, value: Any) -> str:  # noqa: ANN401 - a value of any option
    if key == "auth.profile" and not _PROFILE.fullmatch(value):
        return "a profile name consists of letters, digits, dots, dashes and underscores, and begins with a letter or digit"
    if key == "auth.scopes":
        return scopes_problem(value)
    if key == "auth.app_id" and not re.fullmatch(r"[A-Za-z0-9_.-]*", value):
        return "an app id is a number, as Pinterest shows it"
    return ""


def contradictions(settings: Settings) -> Iterator[str]:
    """Options that their mode does not allow: in archive and mirror nothing is sent to Pinterest because of the library."""
    mode = settings.sync.mode
    modes = " or ".join(f'"{one}"' for one in SENDING_MODES)
    tables: list[tuple[str, Mode, SyncTable | OverrideTable]] = [("sync", mode, settings.sync)]
    tables += [(f"override {one.board!r}", one.mode or mode, one) for one in settings.override]
    for where, of_board, table in tables:
        if table.on_moved_file is MovedFile.MOVE and of_board not in SENDING_MODES:
            yield f'{where}: on_moved_file = "move" requires mode = {modes}; in mode = "{of_board}" nothing is moved on Pinterest'
        if table.on_new_file is NewPicture.UPLOAD and of_board not in SENDING_MODES:
            yield f'{where}: on_new_file = "upload" requires mode = {modes}; in mode = "{of_board}" nothing is uploaded'


def address_of(table: str, part: Any) -> Any:  # noqa: ANN401 - a table that was found good
    """A ``[network]`` table with ``api`` resolved to its URL."""
    if table == "network" and "api" in part:
        return {"api_url": _ADDRESSES[Api(part["api"])], **part}
    return part


def _limit(key: str, value: object) -> None:
    if key.endswith("_bytes"):
        parse_bytes(value)
    elif not key.endswith(("_count", "_uploads")):
        parse_limit(value)


def template_problem(template: str) -> str:
    """The problem of a file name template; empty if valid."""
    try:
        parsed = list(Formatter().parse(template))
    except ValueError as error:
        return f"not a template: {error}"
    fields = [name for _, name, _, _ in parsed if name is not None]
    for _, name, spec, conversion in parsed:
        problem = _field_problem(name, spec or "", conversion) if name is not None else ""
        if problem:
            return problem
    last = template.rpartition("/")[2]
    # Without pin id and slot two files of a pin would have one name; in a folder name nothing would read them back.
    for name in _NEEDED_FIELDS:
        if fields.count(name) != 1 or f"{{{name}}}" not in last:
            return f"{{{name}}} must occur exactly once, after the last slash"
    if not template.endswith("{ext}"):
        return "it must end with {ext}"
    if not _READABLE.search(last):
        return "{slot} must follow {pin_id} with no other field between, and no letter or digit before {pin_id}, so that names can be read back"
    if template.startswith("/") or any(part.strip() in {"", ".", ".."} for part in template.split("/")):
        return "it must be a relative path without empty parts, . and .."
    # Hidden files and folders are not scanned.
    if template.startswith("."):
        return "it must not begin with a dot"
    return ""


def _field_problem(name: str, spec: str, conversion: str | None) -> str:
    """The problem of one field of a template; empty if none."""
    if name not in TEMPLATE_FIELDS:
        return f"unknown field {{{name}}}{did_you_mean(name, TEMPLATE_FIELDS)}"
    if conversion:
        return f"{{{name}!{conversion}}}: conversions are not supported; use {{{name}}}"
    if not spec:
        return ""
    form = _FORMATS.get(name)
    if form is None:
        return f"{{{name}:{spec}}}: only {{title}} and {{created_at}} take a format; use {{{name}}}"
    return "" if form[0].fullmatch(spec) else f"{{{name}:{spec}}}: {form[1]}"


def masked(url: str) -> str:
    """A URL without user and password (I27)."""
    return re.sub(r"//[^/?#]*@", "//…@", url)


def api_url_problem(url: str) -> str:
    """The problem of an API URL; empty if valid. TLS is required except on loopback (I27)."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and parts.username is None and parts.port != 0
    except ValueError:
        return f"expected a URL such as {API_URL}"
    if not usable or not parts.hostname:
        return f"expected a URL such as {API_URL}"
    if parts.scheme == "http" and not _is_this_machine(parts.hostname):
        return f"the access token would be sent unencrypted; use https, e.g. {API_URL}"
    return ""


def is_own_address(url: str) -> bool:
    """Whether an API URL is Pinterest's, or on loopback."""
    host = urlsplit(url).hostname or ""
    return host in {urlsplit(own).hostname for own in _ADDRESSES.values()} or _is_this_machine(host)


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
