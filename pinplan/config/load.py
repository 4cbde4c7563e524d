"""Find, read and merge the config sources."""

from __future__ import annotations

import os
import re
import stat
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from pinplan.config.schema import AuthTable, NetworkTable, Settings, SyncTable
from pinplan.config.validate import KeyPlace, address_of, contradictions, is_own_address, table_is_good
from pinplan.errors import ConfigError
from pinplan.errors.suggestions import suggestion

if TYPE_CHECKING:
    from collections.abc import Mapping

CONFIG_NAME = "pinplan.toml"
_MOST_BYTES = 4 << 20  # --config may point to an image by mistake


class Config(Struct, frozen=True, kw_only=True):
    """The effective settings and their sources.

    Attributes:
        library: the root of the library.
        sources: the config files, weakest first.
        token_file: ``--token-file``.
        profile_named: whether ``--profile`` was given, which overrides a token in the environment.
        api_named_in: the line of the library's pinplan.toml, if only that file sets an API that is neither Pinterest's nor on
            loopback; else empty. The file may come with a pull request: it must not redirect secrets (I27).
    """

    library: Path
    sources: tuple[Path, ...]
    settings: Settings
    token_file: Path | None = None
    profile_named: bool = False
    api_named_in: str = ""

    @property
    def sync(self) -> SyncTable:
        """``[sync]``."""
        return self.settings.sync

    @property
    def network(self) -> NetworkTable:
        """``[network]``."""
        return self.settings.network

    @property
    def auth(self) -> AuthTable:
        """``[auth]``."""
        return self.settings.auth


def load_config(
    *,
    config_file: Path | None = None,
    library: Path | None = None,
    environment: Mapping[str, str] | None = None,
    user_file: Path | None = None,
    flags: Mapping[str, object] | None = None,
    start: Path | None = None,
    token_file: Path | None = None,
    anywhere: bool = False,
) -> Config:
    """Find and read the config.

    Args:
        config_file: ``--config``.
        library: ``--library``.
        environment: PINPLAN_CONFIG, PINPLAN_LIBRARY, PINPLAN_API_URL, PINPLAN_PROFILE and PINPLAN_AUTH_STORE are read from it
            (default: the process's own).
        user_file: the user's config file, if any.
        flags: dotted keys, e.g. ``{"sync.mode": "mirror"}``.
        start: the folder to search upwards for a library.
        token_file: ``--token-file``.
        anywhere: no library required; ``start`` is used instead.

    Raises:
        ConfigError: no config found, or all problems in it.
    """
    environment = os.environ if environment is None else environment
    project, root = _places(config_file, library, environment, start or Path.cwd(), anywhere=anywhere)
    problems: list[str] = []
    merged: dict[str, Any] = {}
    # Weakest first: later files override earlier ones.
    sources = [path for path in (user_file, project) if path is not None and path.is_file()]
    named_by: dict[str, Path] = {}
    for path in sources:
        part = _checked(path, problems)
        if "api_url" in part.get("network", {}):
            # The user's own file is read first, so a URL that both name counts as the user's.
            named_by.setdefault(part["network"]["api_url"], path)
        _merge(merged, part)
    over = {**_from_environment(environment), **(flags or {})}
    # None is a flag that was not given; an empty list or 0 is a value.
    given = _nested({key: value for key, value in over.items() if value is not None})
    for table, part in given.items():
        if table_is_good(table, part, lambda *_: "environment or flag", problems):
            _merge(merged, {table: address_of(table, part)})
    if problems:
        raise ConfigError(problems, [("auth", "login")])
    settings = msgspec.convert(merged, Settings)
    problems.extend(contradictions(settings))
    if problems:
        raise ConfigError(problems)
    return Config(
        library=root,
        sources=tuple(sources),
        settings=settings,
        token_file=token_file,
        profile_named="auth.profile" in (flags or {}),
        api_named_in=_named_by_the_library_alone(settings.network.api_url, named_by, project, given),
    )


def _named_by_the_library_alone(
    url: str, named_by: Mapping[str, Path], project: Path, given: Mapping[str, Mapping[str, object]]
) -> str:
    """See `Config.api_named_in`. ``named_by``: addresses in files, each with the weakest file that names it."""
    by_hand = {"api", "api_url"} & given.get("network", {}).keys()
    if by_hand or named_by.get(url) != project or is_own_address(url):
        return ""
    key = "api_url"
    return f"{_where(project, project.read_text(encoding='utf-8'), 'network')(key, 1)}: network.{key} = {url!r}"


def _from_environment(environment: Mapping[str, str]) -> dict[str, object]:
    """Options by dotted key; an empty variable counts as unset."""
    names = {
        "network.api_url": "PINPLAN_API_URL",
        "auth.profile": "PINPLAN_PROFILE",
        "auth.store": "PINPLAN_AUTH_STORE",
    }
    return {key: environment.get(name) or None for key, name in names.items()}


def _places(
    config_file: Path | None, library: Path | None, environment: Mapping[str, str], start: Path, *, anywhere: bool
) -> tuple[Path, Path]:
    """The project's config file and the library's root."""
    named = _path(str(config_file or environment.get("PINPLAN_CONFIG") or ""))
    root = _path(str(library or environment.get("PINPLAN_LIBRARY") or ""))
    if named is not None:
        _check_file(named)
        return named, root or named.parent
    if root is not None:
        if not (root / CONFIG_NAME).is_file():
            make = ("init", str(root))
            raise ConfigError(
                [f"{root / CONFIG_NAME}: no such file; create a library with: {suggestion(*make)}"], [make]
            )
        return root / CONFIG_NAME, root
    # Upwards like git, so that commands work in any subfolder of a library.
    for folder in (start, *start.absolute().parents):
        if (folder / CONFIG_NAME).is_file():
            return folder / CONFIG_NAME, folder
    if anywhere:
        return start / CONFIG_NAME, start
    raise ConfigError(
        [
            f"no {CONFIG_NAME} in {start.absolute()} or any parent folder; cd to your library, use --library, or create one with: {suggestion('init', 'DIR')}"
        ],
        [("init", "DIR")],
    )


def _check_file(named: Path) -> None:
    """Check that a named config can be read, more than once: not from a device, nor a pipe. Raises `ConfigError`."""
    try:
        mode = named.stat().st_mode
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ConfigError([f"{named}: no such config file"]) from error
    except OSError as error:
        raise ConfigError([f"{named}: cannot be read: {error.strerror}"]) from error
    if stat.S_ISDIR(mode):
        raise ConfigError([f"{named}: is a folder; name a config file"])
    if not stat.S_ISREG(mode):
        raise ConfigError([f"{named}: is a device or a pipe; name a config file"])


def _path(text: str) -> Path | None:
    """A given path with ``~`` expanded: shells leave it after ``=`` and in quotes."""
    try:
        return Path(text).expanduser() if text else None
    except RuntimeError as error:
        raise ConfigError([f"{text}: no such home folder"]) from error


def _checked(path: Path, problems: list[str]) -> dict[str, Any]:
    """The valid tables of a file; appends its problems."""
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            problems.append(f"{path}: larger than {_MOST_BYTES >> 20} MB, not a config")
            return {}
        text = data.decode("utf-8-sig")  # Windows editors write a byte order mark
        document = tomllib.loads(text)
    except UnicodeDecodeError:
        problems.append(f"{path}: not UTF-8")
        return {}
    except RecursionError:
        problems.append(f"{path}: invalid TOML: nested too deeply")
        return {}
    except ValueError as error:  # not only TOMLDecodeError: int() refuses numbers of more than 4300 digits
        problems.append(f"{path}: invalid TOML: {error}")
        return {}
    except OSError as error:
        problems.append(f"{path}: cannot be read: {error.strerror}")
        return {}
    good = {}
    for name, part in document.items():
        if table_is_good(name, part, _where(path, text, name), problems):
            good[name] = address_of(name, part)
    return good


def _where(path: Path, text: str, table: str) -> KeyPlace:
    return lambda key, number: f"{path}, line {_line_of(text, table, key, number)}"


def _line_of(text: str, table: str, key: str, number: int) -> int:
    """The line of a key in the numbered table of a name; the table's line if not found, else 1."""
    # tomllib has no positions. A wrong line in a message is harmless, so a scan by pattern suffices.
    heading = re.compile(r"\s*\[+\s*\"?([^\]\"]*?)\"?\s*\]")
    of_table, of_key = (re.compile(rf"\s*\"?{re.escape(name)}\"?\s*[=.]") for name in (table, key))
    best, seen, inside = 1, 0, False
    for line, words in enumerate(text.splitlines(), start=1):
        named = heading.match(words)
        if named is not None:
            seen += named[1] == table
            inside = named[1] == table and seen == number
            best = line if inside else best
        elif inside and key and of_key.match(words):
            return line
        elif not seen and of_table.match(words):
            best = line  # ``sync = 1`` above all tables
    return best


def _nested(dotted: Mapping[str, object]) -> dict[str, dict[str, object]]:
    tables: dict[str, dict[str, object]] = {}
    for key, value in dotted.items():
        table, _, name = key.partition(".")
        tables.setdefault(table, {})[name] = value
    return tables


def _merge(into: dict[str, Any], other: Mapping[str, Any]) -> None:
    """Merge stronger values key by key; lists are replaced."""
    for table, part in other.items():
        if isinstance(part, dict) and isinstance(into.get(table), dict):
            # By key, not by table: a library that sets [network] retries keeps the user's image_hosts.
            into[table] = {**into[table], **part}
        else:
            into[table] = part
