"""Documents of commands whose result is an effect: what they print under ``--json``.

The document of a command that looks at something is the result itself, and lies with it (`pinplan.account.listing`, `pinplan.history.status` …).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from pinplan.model.ids import ActionId, Digest, PinId, RunId
from pinplan.model.json_document import JsonDocument
from pinplan.records.audit import ChainBreak, Head
from pinplan.records.pin_metadata import PartialBoard

if TYPE_CHECKING:
    from pathlib import Path


def in_json(path: Path) -> str:
    """A path as JSON can hold it: what is not UTF-8 in it becomes U+FFFD."""
    return os.fsencode(path).decode("utf-8", "replace")


class LibraryMade(JsonDocument, frozen=True, kw_only=True, tag="pinplan.init"):
    """The document of ``pinplan init --json``.

    Attributes:
        already: it was a library before; nothing was written.
        written: files that were made.
        kept: files of the old state that were put aside (``--recover``).
    """

    library: str
    already: bool = False
    recovered: bool = False
    written: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()


class Applied(JsonDocument, frozen=True, kw_only=True, tag="pinplan.apply"):
    """The document of ``pinplan apply --json -q``.

    Attributes:
        run: None if the plan has no actions.
        already_applied: the plan had been applied in full before; nothing was done now.
        complete: everything that was asked for, and that was not declined, is done.
        ended: actions of this try: kind → outcome → number.
        left: actions that were not started.
        declined: actions that were decided against: kind → number.
        waiting: actions that wait for a decision: kind → number.
        kept_decisions: the decisions of an earlier try were used, because none were given.
        fetched: bytes.
        lesser: images that were kept in a smaller size than the best one, which was refused.
        duplicates: with [dedupe] remove: how many duplicates a plan will find because of what was downloaded.
        refusals: what Pinterest refused while the run went on, one of each sort.
        problem: what ended the run early; empty if nothing did.
        next_step: what can be done about it.
    """

    digest: Digest
    run: RunId | None = None
    already_applied: bool = False
    complete: bool
    interrupted: bool = False
    ended: dict[str, dict[str, int]] = field(default_factory=dict)
    left: int = 0
    declined: dict[str, int] = field(default_factory=dict)
    waiting: dict[str, int] = field(default_factory=dict)
    kept_decisions: bool = False
    fetched: int = 0
    lesser: int = 0
    duplicates: int = 0
    refusals: tuple[str, ...] = ()
    problem: str = ""
    next_step: str = ""


class CreateResolved(JsonDocument, frozen=True, kw_only=True, tag="pinplan.resolve"):
    """The document of ``pinplan resolve --json``; ``created`` is None where nothing was created."""

    run: RunId
    action: ActionId
    created: PinId | None


class Reviewed(JsonDocument, frozen=True, kw_only=True, tag="pinplan.review"):
    """The document of ``pinplan review --json -q``, printed when the review ends.

    Attributes:
        read_only: why there was nothing to decide; empty where there was.
        decisions: the file that holds what was decided.
        counts: actions by verdict.
        open: actions that were not decided.
        command: what applies the plan with these decisions.
        consequence: what that would come to, in one sentence.
    """

    url: str
    read_only: str = ""
    decisions: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    open: int = 0
    command: str = ""
    consequence: str = ""


class PageWritten(JsonDocument, frozen=True, kw_only=True, tag="pinplan.page"):
    """The document of ``pinplan show --html --json``; the notes say what is not in the page."""

    file: str
    actions: int
    pictures: int
    bytes: int
    notes: tuple[str, ...] = ()


class GalleryWritten(JsonDocument, frozen=True, kw_only=True, tag="pinplan.gallery"):
    """The document of ``pinplan gallery --json``.

    Attributes:
        index: the page to open.
        made_at: RFC 3339 in UTC.
        missing: tracked files that are not in the library now, and left out.
        nameless: pins of which only the file is known.
        partial: boards that were not read to their end when they were last listed.
    """

    index: str
    made_at: str
    boards: int
    pins: int
    missing: int = 0
    nameless: int = 0
    partial: tuple[PartialBoard, ...] = ()


class AuditVerified(JsonDocument, frozen=True, kw_only=True, tag="pinplan.audit-verify"):
    """The document of ``pinplan audit verify --json``.

    Attributes:
        records: lines that are good.
        head: the last record.
        breaks: where the chain is broken; empty if all is well.
        noted_records: the record that this computer noted outside the library; None if it noted none.
    """

    records: int
    head: Head
    breaks: tuple[ChainBreak, ...] = ()
    noted_records: int | None = None


class AuditRecords(JsonDocument, frozen=True, kw_only=True, tag="pinplan.audit-show"):
    """The document of ``pinplan audit show --json``: the records as they are in the log, the oldest first."""

    records: tuple[dict[str, Any], ...]


class AuditRestarted(JsonDocument, frozen=True, kw_only=True, tag="pinplan.audit-restart"):
    """The document of ``pinplan audit restart --json``; ``kept`` is where the old log is, None if there was none."""

    kept: str | None


class SignedOut(JsonDocument, frozen=True, kw_only=True, tag="pinplan.auth-logout"):
    """The document of ``pinplan auth logout --json``.

    Attributes:
        kept_in: where the sign-in was: a file, or ``the keyring``.
        token_in_environment: PINPLAN_ACCESS_TOKEN is still set, and is used.
    """

    profile: str
    kept_in: str
    token_in_environment: bool


class AccessToken(JsonDocument, frozen=True, kw_only=True, tag="pinplan.auth-token"):
    """The document of ``pinplan auth token --show --json``: the only one that holds a token."""

    access_token: str


class SandboxServing(JsonDocument, frozen=True, kw_only=True, tag="pinplan.sandbox-serve"):
    """The first line of ``pinplan sandbox serve``: where it listens, and what lets in."""

    url: str
    token: str
    authorize_url: str
    app_id: str
    app_secret: str


class DemoTold(JsonDocument, frozen=True, kw_only=True, tag="pinplan.demo"):
    """The document of ``pinplan demo --json -q``: the folder of the story, and the library in it."""

    folder: str
    library: str


class CommandFailed(JsonDocument, frozen=True, kw_only=True, tag="pinplan.error"):
    """The document of any command that fails under ``--json -q``."""

    message: str
    exit_code: int
    next_step: str = ""


class SchemaEntry(Struct, frozen=True, kw_only=True):
    """A schema that there is.

    Attributes:
        name: as ``pinplan schema`` takes it.
        of: what it describes.
    """

    name: str
    of: str


class SchemaList(JsonDocument, frozen=True, kw_only=True, tag="pinplan.schemas"):
    """The document of ``pinplan schema --json``."""

    schemas: tuple[SchemaEntry, ...]
