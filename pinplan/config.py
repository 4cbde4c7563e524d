"""What a person sets: flags beat environment beats the library's pinplan.toml beats the user's config.toml beats defaults.

Every problem in every source is collected and told at once, each with its file, its key and, for a name that does not
exist, the nearest one that does.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct, field

from pinplan.errors import ConfigError
from pinplan.policies.bundle import DEFAULT_TEMPLATE, BoardPolicy, Policies
from pinplan.policies.gone_pin import GonePin
from pinplan.policies.limits import parse_limit
from pinplan.policies.missing_file import MissingFile
from pinplan.policies.mode import Mode, answers_of
from pinplan.policies.new_pin import NewPin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CONFIG_NAME = "pinplan.toml"
API_URL = "https://api.pinterest.com/v5"
TEMPLATE_FIELDS = ("board", "section", "title", "pin_id", "slot", "ext")
_NEEDED_FIELDS = ("pin_id", "slot", "ext")
_READABLE = re.compile(r"(^|[^\w}])\{pin_id\}[^{}\w]*\{slot\}([^\w{]|\{ext\})")
"""Where a title may not run into the pin id or the slot: otherwise a name could be read back as another pin's."""


class LibraryTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[library]``."""

    template: str = DEFAULT_TEMPLATE


class SyncTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[sync]``: a mode, and single answers that win over it."""

    mode: Mode = Mode.ARCHIVE
    on_new_pin: NewPin | None = None
    on_gone_pin: GonePin | None = None
    on_missing_file: MissingFile | None = None


class OverrideTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[override]]``: what is different for some boards."""

    board: str
    mode: Mode | None = None
    on_new_pin: NewPin | None = None
    on_gone_pin: GonePin | None = None
    on_missing_file: MissingFile | None = None


class BoardsTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[boards]``: which take part."""

    include: tuple[str, ...] = ("*",)
    exclude: tuple[str, ...] = ()


class LimitsTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[limits]``: how much one plan may delete, per board and over all."""

    max_remote_deletes: str | int = "10%"
    max_local_deletes: str | int = "30%"


class NetworkTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[network]``."""

    api_url: str = API_URL
    parallelism: Annotated[int, Meta(ge=1, le=64)] = 8
    timeout_seconds: Annotated[int, Meta(ge=1, le=600)] = 60
    retries: Annotated[int, Meta(ge=0, le=20)] = 5
    max_gone_checks: Annotated[int, Meta(ge=0, le=100_000)] = 500


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A config file, table by table."""

    library: LibraryTable = field(default_factory=LibraryTable)
    sync: SyncTable = field(default_factory=SyncTable)
    override: tuple[OverrideTable, ...] = ()
    boards: BoardsTable = field(default_factory=BoardsTable)
    limits: LimitsTable = field(default_factory=LimitsTable)
    network: NetworkTable = field(default_factory=NetworkTable)


class Config(Struct, frozen=True, kw_only=True):
    """The settings that hold, and where they come from.

    Attributes:
        library: the root of the library.
        sources: the config files that were read, the weakest first.
    """

    library: Path
    sources: tuple[Path, ...]
    settings: Settings

    @property
    def sync(self) -> SyncTable:
        """``[sync]``."""
        return self.settings.sync

    @property
    def network(self) -> NetworkTable:
        """``[network]``."""
        return self.settings.network


def load_config(
    *,
    config_file: Path | None = None,
    library: Path | None = None,
    environment: Mapping[str, str] | None = None,
    user_file: Path | None = None,
    flags: Mapping[str, object] | None = None,
    start: Path | None = None,
) -> Config:
    """Find and read the config.

    Args:
        config_file: ``--config``.
        library: ``--library``.
        environment: PINPLAN_CONFIG, PINPLAN_LIBRARY and PINPLAN_API_URL are read from it (default: the process's own).
        user_file: the user's own config file, if there is one.
        flags: dotted keys, e.g. ``{"sync.mode": "mirror"}``.
        start: the folder from which a library is looked for, upwards.

    Raises:
        ConfigError: nothing was found, or with every problem in what was.
    """
    environment = os.environ if environment is None else environment
    project, root = _places(config_file, library, environment, start or Path.cwd())
    problems: list[str] = []
    merged: dict[str, Any] = {}
    sources = [path for path in (user_file, project) if path is not None and path.is_file()]
    for path in sources:
        _merge(merged, _checked(path, problems))
    over = {"network.api_url": environment.get("PINPLAN_API_URL") or None, **(flags or {})}
    for source, values in (("environment or flag", over),):
        given = _nested({key: value for key, value in values.items() if value is not None})
        _merge(merged, {table: part for table, part in given.items() if _table_is_good(table, part, source, problems)})
    if problems:
        raise ConfigError(problems)
    return Config(library=root, sources=tuple(sources), settings=msgspec.convert(merged, Settings))


def _places(
    config_file: Path | None, library: Path | None, environment: Mapping[str, str], start: Path
) -> tuple[Path, Path]:
    """The project's config file and the library's root."""
    named = config_file or _path(environment.get("PINPLAN_CONFIG"))
    root = library or _path(environment.get("PINPLAN_LIBRARY"))
    if named is not None:
        if not named.is_file():
            raise ConfigError([f"{named}: there is no such config file"])
        return named, root or named.parent
    if root is not None:
        if not (root / CONFIG_NAME).is_file():
            raise ConfigError(
                [f"{root / CONFIG_NAME}: there is no such file; make a library with: pinplan init {root}"]
            )
        return root / CONFIG_NAME, root
    for folder in (start, *start.absolute().parents):
        if (folder / CONFIG_NAME).is_file():
            return folder / CONFIG_NAME, folder
    raise ConfigError(
        [
            f"there is no {CONFIG_NAME} in {start.absolute()} nor above it; cd to your library, name it with --library, or make one with: pinplan init DIR"
        ]
    )


def _path(text: str | None) -> Path | None:
    return Path(text).expanduser() if text else None


# -- reading and checking --------------------------------------------------------------------------------------------


def _checked(path: Path, problems: list[str]) -> dict[str, Any]:
    """The content of a file; what is wrong with it is added to the problems and left out."""
    try:
        text = path.read_text(encoding="utf-8")
        document = tomllib.loads(text)
    except UnicodeDecodeError:
        problems.append(f"{path}: it is not UTF-8")
        return {}
    except tomllib.TOMLDecodeError as error:
        problems.append(f"{path}: not valid TOML: {error}")
        return {}
    except OSError as error:
        problems.append(f"{path}: it cannot be read: {error.strerror}")
        return {}
    good = {}
    for name, part in document.items():
        where = f"{path}, line {_line_of(text, name)}"
        if _table_is_good(name, part, where, problems):
            good[name] = part
    return good


def _line_of(text: str, key: str) -> int:
    """The line in which a table or key first stands; 1 if it cannot be found."""
    pattern = re.compile(rf"^\s*(\[+\s*\"?{re.escape(key)}|\"?{re.escape(key)}\"?\s*=)")
    return next((number for number, line in enumerate(text.splitlines(), start=1) if pattern.match(line)), 1)


def _table_is_good(name: str, part: object, where: str, problems: list[str]) -> bool:
    tables = get_type_hints(Settings)
    if name not in tables:
        problems.append(f"{where}: there is no table [{name}]{_nearest(name, tables)}")
        return False
    before = len(problems)
    if name == "override":
        if not isinstance(part, list):
            problems.append(f"{where}: write [[override]], with two brackets, once for each pattern of boards")
        else:
            for number, one in enumerate(part, start=1):
                problems.extend(_problems_of(OverrideTable, one, f"override {number}", where))
    else:
        problems.extend(_problems_of(tables[name], part, name, where))
    return len(problems) == before


def _problems_of(table: type[Struct], part: object, name: str, where: str) -> Iterator[str]:
    """Every problem of one table: unknown keys with the nearest valid one, values of a wrong type or out of range."""
    if not isinstance(part, dict):
        yield f"{where}: [{name}] must be a table"
        return
    hints = get_type_hints(table, include_extras=True)
    for key, value in part.items():
        if key not in hints:
            yield f"{where}: there is no {name}.{key}{_nearest(key, hints)}"
            continue
        try:
            msgspec.convert(value, hints[key])
        except msgspec.ValidationError as error:
            yield f"{where}: {name}.{key} = {value!r}: {_expected(hints[key], value) or error}"
            continue
        reason = _meaning(f"{name.split(maxsplit=1)[0]}.{key}", value)
        if reason:
            yield f"{where}: {name}.{key} = {value!r}: {reason}"
    if table is OverrideTable and "board" not in part:
        yield f"{where}: [{name}] has no board: which boards is it about?"


def _expected(kind: object, value: object) -> str:
    """For a closed set of words: the words, and the nearest one."""
    for enum in (Mode, NewPin, GonePin, MissingFile):
        if enum is kind or enum in getattr(kind, "__args__", ()):
            words = [member.value for member in enum]
            return f"expected one of {', '.join(words)}{_nearest(str(value), words)}"
    return ""


def _nearest(name: str, known: Mapping[str, object] | list[str]) -> str:
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"; did you mean {found[0]}?" if found else f"; there is {', '.join(known)}"


def _meaning(key: str, value: Any) -> str:  # noqa: ANN401 - a value of any option
    """What is wrong with a value of the right type; empty if nothing is."""
    if key == "library.template":
        return template_problem(value)
    if key.startswith("limits."):
        try:
            parse_limit(value)
        except ValueError as error:
            return str(error)
    if key == "network.api_url":
        return api_url_problem(value)
    return ""


def template_problem(template: str) -> str:
    """Why a file name template cannot be used; empty if it can."""
    try:
        parsed = list(Formatter().parse(template))
    except ValueError as error:
        return f"not a template: {error}"
    fields = [name for _, name, _, _ in parsed if name is not None]
    for _, name, spec, conversion in parsed:
        if name is not None and (name not in TEMPLATE_FIELDS or spec or conversion):
            return f"there is no {{{name}}}; there is {', '.join(f'{{{f}}}' for f in TEMPLATE_FIELDS)}"
    last = template.rpartition("/")[2]
    for name in _NEEDED_FIELDS:
        if fields.count(name) != 1 or f"{{{name}}}" not in last:
            return f"{{{name}}} must stand in it exactly once, in the part behind the last slash"
    if not template.endswith("{ext}"):
        return "it must end with {ext}"
    if not _READABLE.search(last):
        return "{slot} must follow {pin_id} with no other field between, and no letter or digit before {pin_id}, so that names can be read back"
    if template.startswith("/") or any(part.strip() in {"", ".", ".."} for part in template.split("/")):
        return "it must be a relative path without empty parts, . and .."
    if template.startswith("."):
        return "it must not begin with a dot"
    return ""


def api_url_problem(url: str) -> str:
    """Why an address of the API cannot be used; empty if it can."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.username is None
    except ValueError:
        usable = False
    return "" if usable else f"expected an address such as {API_URL}"


def _nested(dotted: Mapping[str, object]) -> dict[str, dict[str, object]]:
    tables: dict[str, dict[str, object]] = {}
    for key, value in dotted.items():
        table, _, name = key.partition(".")
        tables.setdefault(table, {})[name] = value
    return tables


def _merge(into: dict[str, Any], other: Mapping[str, Any]) -> None:
    """Stronger values over weaker ones, key by key; lists are replaced as a whole."""
    for table, part in other.items():
        if isinstance(part, dict) and isinstance(into.get(table), dict):
            into[table] = {**into[table], **part}
        else:
            into[table] = part


# -- what is made from it ----------------------------------------------------------------------------------------------


def policies_of(config: Config) -> Policies:
    """The policies that a plan is made under."""
    settings = config.settings
    answers = answers_of(settings.sync.mode)
    return Policies(
        mode=settings.sync.mode,
        new_pin=settings.sync.on_new_pin or answers.new_pin,
        gone_pin=settings.sync.on_gone_pin or answers.gone_pin,
        missing_file=settings.sync.on_missing_file or answers.missing_file,
        overrides=tuple(
            BoardPolicy(
                board=one.board,
                mode=one.mode,
                new_pin=one.on_new_pin,
                gone_pin=one.on_gone_pin,
                missing_file=one.on_missing_file,
            )
            for one in settings.override
        ),
        include=settings.boards.include,
        exclude=settings.boards.exclude,
        template=settings.library.template,
        max_remote_deletes=str(settings.limits.max_remote_deletes),
        max_local_deletes=str(settings.limits.max_local_deletes),
    )


def token_from(environment: Mapping[str, str]) -> str | None:
    """The access token in PINPLAN_ACCESS_TOKEN; None if there is none.

    Raises:
        ConfigError: it holds characters that no token has. The message does not show it (I27).
    """
    token = environment.get("PINPLAN_ACCESS_TOKEN", "").strip()
    if not token:
        return None
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise ConfigError(["PINPLAN_ACCESS_TOKEN: it holds characters that no access token has"])
    return token


def default_config_text() -> str:
    """What ``pinplan init`` writes: the choices that people make first, with their defaults."""
    import tomli_w  # noqa: PLC0415 - only init writes a config

    chosen = {
        "sync": {"mode": Mode.ARCHIVE.value},
        "boards": {"include": ["*"], "exclude": []},
        "library": {"template": DEFAULT_TEMPLATE},
    }
    head = (
        "# pinplan. Every option, with its meaning: pinplan.toml.example, or `pinplan schema config`.\n"
        "# mode: archive (nothing is ever deleted), mirror (this folder follows Pinterest),\n"
        "#       two-way (files removed here are deleted on Pinterest, too)\n\n"
    )
    return head + tomli_w.dumps(chosen)
