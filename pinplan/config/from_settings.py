"""Turn settings into policies; also read a given token, and write a new pinplan.toml."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from pinplan.errors import ConfigError
from pinplan.model.pins import pin_id_in
from pinplan.policies.bundle import DEFAULT_TEMPLATE, BoardPolicy, Mtime, Policies, unless_reported
from pinplan.policies.duplicates import Duplicates
from pinplan.policies.limits import Limits, parse_bytes
from pinplan.policies.mode import Mode, answers_of
from pinplan.policies.protect import Protect
from pinplan.policies.uploads import Uploads

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pinplan.config.load import Config
    from pinplan.config.schema import LimitsTable, ProtectTable, UploadTable
    from pinplan.model.ids import PinId


def policies_of(config: Config) -> Policies:
    """The policies of a plan."""
    settings = config.settings
    answers = answers_of(settings.sync.mode)
    return Policies(
        mode=settings.sync.mode,
        # The mode is a name for several answers; each single option beats it.
        new_pin=settings.sync.on_new_pin or answers.new_pin,
        gone_pin=settings.sync.on_gone_pin or answers.gone_pin,
        missing_file=settings.sync.on_missing_file or answers.missing_file,
        moved_file=settings.sync.on_moved_file or UNSET,
        overrides=tuple(
            BoardPolicy(
                board=one.board,
                mode=one.mode,
                new_pin=one.on_new_pin,
                gone_pin=one.on_gone_pin,
                missing_file=one.on_missing_file,
                moved_file=one.on_moved_file,
                new_file=one.on_new_file,
            )
            for one in settings.override
        ),
        include=settings.boards.include,
        exclude=settings.boards.exclude,
        template=settings.library.template,
        max_remote_deletes=str(settings.limits.max_remote_deletes),
        max_local_deletes=str(settings.limits.max_local_deletes),
        # Fields below are younger than the plan format: a default must not change the digest of old plans.
        limits=_unless_empty(_further_limits(settings.limits), Limits()),
        protect=_unless_empty(_protect(settings.protect), Protect()),
        duplicates=_unless_empty(msgspec.convert(msgspec.to_builtins(settings.dedupe), Duplicates), Duplicates()),
        mtime=_unless_empty(settings.library.mtime, Mtime.DOWNLOADED),
        ignore_pins=_pins(settings.boards.ignore_pins) or UNSET,
        of_others=settings.sync.delete_pins_of_others or UNSET,
        written_of_others=settings.sync.write_to_boards_of_others or UNSET,
        require_decisions=tuple(sorted(set(settings.apply.require_decisions))) or UNSET,
        new_file=unless_reported(settings.sync.on_new_file or answers.new_file),
        uploads=_unless_empty(_uploads(settings.upload), Uploads()),
    )


def _uploads(table: UploadTable) -> Uploads:
    return Uploads(
        own_content=table.own_content,
        max_bytes=parse_bytes(table.max_bytes),
        max_video_bytes=parse_bytes(table.max_video_bytes),
        min_side=table.min_side,
        settle_seconds=table.settle_seconds,
        per_day=table.per_day,
        keep_metadata=table.keep_metadata,
        new_boards=table.new_boards,
        carousels=table.carousels,
    )


def _protect(table: ProtectTable) -> Protect:
    rules = msgspec.convert(msgspec.to_builtins(table), Protect)
    return msgspec.structs.replace(rules, pins=_pins(table.pins, in_order=False))


def _pins(texts: Sequence[str], *, in_order: bool = True) -> tuple[PinId, ...]:
    """The ids of pins given by id or URL."""
    # An id and the URL of the same pin are one entry; dict.fromkeys also keeps the order.
    pins = dict.fromkeys(pin for text in texts if (pin := pin_id_in(text)))
    return tuple(sorted(pins) if in_order else pins)


T = TypeVar("T")


def _unless_empty(value: T, empty: T) -> T | UnsetType:
    """UNSET for a default value: plans omit it, so that their digest does not depend on new options."""
    return UNSET if value == empty else value


def _further_limits(limits: LimitsTable) -> Limits:
    return Limits(
        remote_delete_count=limits.max_remote_delete_count,
        remote_delete_bytes=_bytes(limits.max_remote_delete_bytes),
        local_delete_count=limits.max_local_delete_count,
        local_delete_bytes=_bytes(limits.max_local_delete_bytes),
        incomplete_boards=str(limits.max_incomplete_boards),
        vanished_boards=str(limits.max_vanished_boards),
        moves=str(limits.max_moves),
        made_public=str(limits.max_made_public),
        uploads=limits.max_uploads,
        new_places=limits.max_new_boards,
    )


def _bytes(value: str | int | None) -> int | None:
    return None if value is None else parse_bytes(value)


def token_from(environment: Mapping[str, str]) -> str | None:
    """The access token in PINPLAN_ACCESS_TOKEN; None if unset.

    Raises:
        ConfigError: invalid characters. The message never quotes it (I27).
    """
    token = environment.get("PINPLAN_ACCESS_TOKEN", "").strip()
    return checked_token(token, "PINPLAN_ACCESS_TOKEN") if token else None


def checked_token(token: str, where: str) -> str:
    """A token valid in a header. Raises `ConfigError` without quoting it (I27)."""
    # A line break would start a new HTTP header (request splitting).
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise ConfigError([f"{where}: contains characters that no access token has"])
    return token


def scopes_from(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The scopes of a given token, from PINPLAN_SCOPES (comma or space separated); empty if unknown."""
    return tuple(sorted(set(environment.get("PINPLAN_SCOPES", "").replace(",", " ").split())))


def default_config_text() -> str:
    """The pinplan.toml of ``pinplan init``: the most common options, with their defaults."""
    import tomli_w  # noqa: PLC0415 - only init writes a config

    chosen = {
        "sync": {"mode": Mode.ARCHIVE.value},
        # Written out although they are defaults: people edit what they see.
        "boards": {"include": ["*"], "exclude": []},
        "library": {"template": DEFAULT_TEMPLATE},
    }
    head = (
        "# pinplan. Every option, with its meaning: pinplan.toml.example, or `pinplan schema config`.\n"
        "# mode: archive (nothing is ever deleted), mirror (this folder follows Pinterest),\n"
        "#       two-way (what is removed or moved here is deleted or moved on Pinterest, too), publish (Pinterest follows this folder)\n\n"
    )
    return head + tomli_w.dumps(chosen)
