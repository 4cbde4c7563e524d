"""What is made from the config: policies, the token, and the text that ``pinplan init`` writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from pinplan.errors import ConfigError
from pinplan.model.pins import pin_id_in
from pinplan.policies.bundle import DEFAULT_TEMPLATE, BoardPolicy, Mtime, Policies
from pinplan.policies.duplicates import Duplicates
from pinplan.policies.limits import Limits, parse_bytes
from pinplan.policies.mode import Mode, answers_of
from pinplan.policies.protect import Protect

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pinplan.config.load import Config
    from pinplan.config.schema import LimitsTable, ProtectTable
    from pinplan.model.ids import PinId


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
        limits=_unless_empty(_further_limits(settings.limits), Limits()),
        protect=_unless_empty(_protect(settings.protect), Protect()),
        duplicates=_unless_empty(msgspec.convert(msgspec.to_builtins(settings.dedupe), Duplicates), Duplicates()),
        mtime=_unless_empty(settings.library.mtime, Mtime.DOWNLOADED),
        ignore_pins=_pins(settings.boards.ignore_pins) or UNSET,
        of_others=settings.sync.delete_pins_of_others or UNSET,
        require_decisions=tuple(sorted(set(settings.apply.require_decisions))) or UNSET,
    )


def _protect(table: ProtectTable) -> Protect:
    rules = msgspec.convert(msgspec.to_builtins(table), Protect)
    return msgspec.structs.replace(rules, pins=_pins(table.pins, in_order=False))


def _pins(texts: Sequence[str], *, in_order: bool = True) -> tuple[PinId, ...]:
    """The pins that ids and addresses name."""
    pins = dict.fromkeys(pin for text in texts if (pin := pin_id_in(text)))
    return tuple(sorted(pins) if in_order else pins)


T = TypeVar("T")


def _unless_empty(value: T, empty: T) -> T | UnsetType:
    """What says nothing is left out of the plan."""
    return UNSET if value == empty else value


def _further_limits(limits: LimitsTable) -> Limits:
    return Limits(
        remote_delete_count=limits.max_remote_delete_count,
        remote_delete_bytes=_bytes(limits.max_remote_delete_bytes),
        local_delete_count=limits.max_local_delete_count,
        local_delete_bytes=_bytes(limits.max_local_delete_bytes),
        incomplete_boards=str(limits.max_incomplete_boards),
        vanished_boards=str(limits.max_vanished_boards),
    )


def _bytes(value: str | int | None) -> int | None:
    return None if value is None else parse_bytes(value)


def token_from(environment: Mapping[str, str]) -> str | None:
    """The access token in PINPLAN_ACCESS_TOKEN; None if there is none.

    Raises:
        ConfigError: it holds characters that no token has. The message does not show it (I27).
    """
    token = environment.get("PINPLAN_ACCESS_TOKEN", "").strip()
    return checked_token(token, "PINPLAN_ACCESS_TOKEN") if token else None


def checked_token(token: str, where: str) -> str:
    """A token that can stand in a header. Raises `ConfigError`, whose message does not show it (I27)."""
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise ConfigError([f"{where}: it holds characters that no access token has"])
    return token


def scopes_from(environment: Mapping[str, str]) -> tuple[str, ...]:
    """What a token that somebody gave may do, from PINPLAN_SCOPES (commas or spaces between); empty where unknown."""
    return tuple(sorted(set(environment.get("PINPLAN_SCOPES", "").replace(",", " ").split())))


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
