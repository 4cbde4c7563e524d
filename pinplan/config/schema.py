"""The options: one struct per table of pinplan.toml, with defaults."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct, field

from pinplan.policies.bundle import DEFAULT_TEMPLATE, Mtime
from pinplan.policies.duplicates import DEFAULT_ORDER, KeepRule, Merge, Remove, Within
from pinplan.policies.mode import GonePin, MissingFile, Mode, MovedFile, NewPicture, NewPin
from pinplan.policies.uploads import MAX_BYTES, MAX_VIDEO_BYTES, Carousels, NewBoards

API_URL = "https://api.pinterest.com/v5"
SANDBOX_API_URL = "https://api-sandbox.pinterest.com/v5"
DEFAULT_PROFILE = "default"
# The port of Pinterest's quickstart: apps registered for it work without a change.
REDIRECT_PORT = 8085


class Api(StrEnum):
    """Pinterest's own APIs, by name."""

    PRODUCTION = "production"
    SANDBOX = "sandbox"


class Store(StrEnum):
    """Credential store; ``auto``: the keyring if it works, else a file."""

    AUTO = "auto"
    KEYRING = "keyring"
    FILE = "file"


class LibraryTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[library]``."""

    template: str = DEFAULT_TEMPLATE
    mtime: Mtime = Mtime.DOWNLOADED
    # At most a century: the date arithmetic must not overflow.
    trash_days: Annotated[int, Meta(ge=0, le=36_500)] = 90


class SyncTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[sync]``: the mode, and options that override it."""

    mode: Mode = Mode.ARCHIVE
    on_new_pin: NewPin | None = None
    on_gone_pin: GonePin | None = None
    on_missing_file: MissingFile | None = None
    on_moved_file: MovedFile | None = None
    on_new_file: NewPicture | None = None
    delete_pins_of_others: tuple[str, ...] = ()
    write_to_boards_of_others: tuple[str, ...] = ()


class OverrideTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[override]]``: options of some boards."""

    board: str
    mode: Mode | None = None
    on_new_pin: NewPin | None = None
    on_gone_pin: GonePin | None = None
    on_missing_file: MissingFile | None = None
    on_moved_file: MovedFile | None = None
    on_new_file: NewPicture | None = None


class BoardsTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[boards]``: included and excluded boards; ignored pins, by id or URL."""

    include: tuple[str, ...] = ("*",)
    exclude: tuple[str, ...] = ()
    ignore_pins: tuple[str, ...] = ()


class LimitsTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[limits]``: maximum deletes of one plan, per board and in total; maximum moves on Pinterest and uploads."""

    # A deleted pin cannot be restored, a trashed file can: hence the lower limit.
    max_remote_deletes: str | int = "10%"
    max_local_deletes: str | int = "30%"
    max_remote_delete_count: Annotated[int, Meta(ge=0)] | None = None
    max_remote_delete_bytes: str | int | None = None
    max_local_delete_count: Annotated[int, Meta(ge=0)] | None = None
    max_local_delete_bytes: str | int | None = None
    max_incomplete_boards: str | int = "50%"
    max_vanished_boards: str | int = "50%"
    max_moves: str | int = "30%"
    max_made_public: str | int = "10%"
    max_uploads: Annotated[int, Meta(ge=0)] = 50
    max_new_boards: Annotated[int, Meta(ge=0)] = 10


class UploadTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[upload]``: pictures of the library that become pins."""

    own_content: bool = False
    max_bytes: str | int = MAX_BYTES
    max_video_bytes: str | int = MAX_VIDEO_BYTES
    min_side: Annotated[int, Meta(ge=1, le=100_000)] = 100
    settle_seconds: Annotated[int, Meta(ge=0, le=86_400)] = 10
    per_day: Annotated[int, Meta(ge=0, le=100_000)] = 50
    keep_metadata: bool = False
    new_boards: NewBoards = NewBoards.SECRET
    carousels: Carousels = Carousels.FOLDERS


class ProtectTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[protect]``: never moved, replaced or deleted, on either side."""

    boards: tuple[str, ...] = ()
    pins: tuple[str, ...] = ()
    globs: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()


class DedupeTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[dedupe]``: handling of duplicate images."""

    remove: Remove = Remove.REPORT
    scope: Within = Within.BOARD
    keep: tuple[KeepRule, ...] = DEFAULT_ORDER
    reference: tuple[str, ...] = ()
    merge: tuple[Merge, ...] = ()


class ApplyTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[apply]``: kinds of actions that need decisions."""

    require_decisions: tuple[str, ...] = ()


class NetworkTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[network]``; ``api`` is a short name for ``api_url``."""

    api: Api = Api.PRODUCTION
    api_url: str = API_URL
    # For downloads; API calls are limited by Pinterest's quota anyway.
    parallelism: Annotated[int, Meta(ge=1, le=64)] = 8
    timeout_seconds: Annotated[int, Meta(ge=1, le=600)] = 60
    retries: Annotated[int, Meta(ge=0, le=20)] = 5
    # One GET per missing pin: only a 404 proves that it is gone (I6).
    max_gone_checks: Annotated[int, Meta(ge=0, le=100_000)] = 500
    # Even boards that look unchanged: Pinterest does not document what moves `board_pins_modified_at`.
    full_refresh_days: Annotated[int, Meta(ge=0, le=365)] = 7
    daily_calls: Annotated[int, Meta(ge=1, le=10_000_000)] | None = None
    image_hosts: tuple[str, ...] = ("i.pinimg.com",)
    upload_hosts: tuple[str, ...] = ("pinterest-media-upload.s3-accelerate.amazonaws.com",)


class AuthTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[auth]``: sign-in and profile. Never secrets."""

    profile: str = DEFAULT_PROFILE
    app_id: str = ""
    redirect_port: Annotated[int, Meta(ge=1, le=65_535)] = REDIRECT_PORT
    scopes: tuple[str, ...] = ()
    store: Store = Store.AUTO


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A config file, table by table."""

    library: LibraryTable = field(default_factory=LibraryTable)
    sync: SyncTable = field(default_factory=SyncTable)
    override: tuple[OverrideTable, ...] = ()
    boards: BoardsTable = field(default_factory=BoardsTable)
    limits: LimitsTable = field(default_factory=LimitsTable)
    protect: ProtectTable = field(default_factory=ProtectTable)
    upload: UploadTable = field(default_factory=UploadTable)
    dedupe: DedupeTable = field(default_factory=DedupeTable)
    apply: ApplyTable = field(default_factory=ApplyTable)
    network: NetworkTable = field(default_factory=NetworkTable)
    auth: AuthTable = field(default_factory=AuthTable)
