"""JSON documents of commands that change something.

The document of a read-only command is its result type (`pinplan.account.listing`, `pinplan.history.status` …).
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
    """A path for JSON; bytes that are not UTF-8 become U+FFFD."""
    return os.fsencode(path).decode("utf-8", "replace")


class LibraryMade(JsonDocument, frozen=True, kw_only=True, tag="pinplan.init"):
    """The document of ``pinplan init --json``.

    Attributes:
        already: the folder was a library; nothing was written.
        written: new files.
        kept: files of the old state, moved aside (``--recover``).
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
        already_applied: an earlier run applied the plan in full; nothing was done.
        complete: all requested actions are done or declined.
        ended: actions of this attempt: kind → outcome → number.
        left: actions not started.
        declined: actions declined by decisions: kind → number.
        waiting: actions waiting for a decision: kind → number.
        not_requested: actions of kinds that ``--kinds`` does not name, not done yet: kind → number.
        kept_decisions: the decisions of the first attempt were used.
        fetched: bytes.
        lesser: images stored in a smaller size, because the best one was refused.
        duplicates: with [dedupe] remove: duplicates among the downloads, for the next plan.
        refusals: refused requests that did not end the run, one per type.
        problem: the error that ended the run early; empty if none.
        next_step: how to resolve it.
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
    not_requested: dict[str, int] = field(default_factory=dict)
    kept_decisions: bool = False
    fetched: int = 0
    lesser: int = 0
    duplicates: int = 0
    refusals: tuple[str, ...] = ()
    problem: str = ""
    next_step: str = ""


class CreateResolved(JsonDocument, frozen=True, kw_only=True, tag="pinplan.resolve"):
    """The document of ``pinplan resolve --json``; ``created``: None if nothing was created."""

    run: RunId
    action: ActionId
    created: PinId | None


class Reviewed(JsonDocument, frozen=True, kw_only=True, tag="pinplan.review"):
    """The document of ``pinplan review --json -q``, printed when the review ends.

    Attributes:
        read_only: why the plan cannot be decided; empty if it can.
        decisions: the decisions file.
        counts: actions by verdict.
        open: undecided actions.
        command: applies the plan with these decisions.
        consequence: the effect of that command, in one sentence.
    """

    url: str
    read_only: str = ""
    decisions: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    open: int = 0
    command: str = ""
    consequence: str = ""


class PageWritten(JsonDocument, frozen=True, kw_only=True, tag="pinplan.page"):
    """The document of ``pinplan show --html --json``; ``notes``: what the page omits."""

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
        missing: tracked files not in the library, left out.
        nameless: pins without recorded metadata.
        partial: boards whose last listing was incomplete.
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
        records: valid lines.
        head: the last record.
        breaks: positions where the chain is broken; empty if intact.
        noted_records: record count noted outside the library; None if none.
    """

    records: int
    head: Head
    breaks: tuple[ChainBreak, ...] = ()
    noted_records: int | None = None


class AuditRecords(JsonDocument, frozen=True, kw_only=True, tag="pinplan.audit-show"):
    """The document of ``pinplan audit show --json``: the records of the log, oldest first."""

    records: tuple[dict[str, Any], ...]


class AuditRestarted(JsonDocument, frozen=True, kw_only=True, tag="pinplan.audit-restart"):
    """The document of ``pinplan audit restart --json``; ``kept``: the old log, None if none."""

    kept: str | None


class SignedOut(JsonDocument, frozen=True, kw_only=True, tag="pinplan.auth-logout"):
    """The document of ``pinplan auth logout --json``.

    Attributes:
        kept_in: where the sign-in was stored: a file, or ``the keyring``.
        token_in_environment: PINPLAN_ACCESS_TOKEN is still set and used.
    """

    profile: str
    kept_in: str
    token_in_environment: bool


class AccessToken(JsonDocument, frozen=True, kw_only=True, tag="pinplan.auth-token"):
    """The document of ``pinplan auth token --show --json``: the only document with a token."""

    access_token: str


class SandboxServing(JsonDocument, frozen=True, kw_only=True, tag="pinplan.sandbox-serve"):
    """The first line of ``pinplan sandbox serve``: its addresses and credentials."""

    url: str
    token: str
    authorize_url: str
    app_id: str
    app_secret: str


class DemoTold(JsonDocument, frozen=True, kw_only=True, tag="pinplan.demo"):
    """The document of ``pinplan demo --json -q``: its folder and library."""

    folder: str
    library: str


class CommandFailed(JsonDocument, frozen=True, kw_only=True, tag="pinplan.error"):
    """The document of any failed command under ``--json -q``."""

    message: str
    exit_code: int
    next_step: str = ""


class SchemaEntry(Struct, frozen=True, kw_only=True):
    """One available schema.

    Attributes:
        name: the argument of ``pinplan schema``.
        of: the described document.
    """

    name: str
    of: str


class SchemaList(JsonDocument, frozen=True, kw_only=True, tag="pinplan.schemas"):
    """The document of ``pinplan schema --json``."""

    schemas: tuple[SchemaEntry, ...]
