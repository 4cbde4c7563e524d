"""``pinplan schema``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pinplan.cli.common import Common, command

if TYPE_CHECKING:
    from pinplan.model.json_document import JsonDocument


@command
def schema(
    *,
    common: Common,
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", help="Name of the schema. Without one: list all.", show_default=False),
    ] = None,
) -> None:
    """Print the JSON Schema of a plan, the config, or another document.

    Others: decisions, events, and the --json document of each command.

    The NAME of a document is its "format" without "pinplan.".
    """
    import msgspec

    from pinplan.errors import ConfigError
    from pinplan.errors.did_you_mean import similar_names
    from pinplan.errors.suggestions import suggestion

    kinds = described_types()
    if name is None:
        _list(common, kinds)
        return
    if name not in kinds:
        near = similar_names(name, sorted(kinds))
        problem = f"schema {name}: no such schema{near}; list all with: {suggestion('schema')}"
        raise ConfigError([problem], [("schema",)])
    described = msgspec.json.schema(kinds[name])
    described["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    # Sorted: the schema is committed by others, and must not change with msgspec's dict order.
    common.out.raw(msgspec.json.format(msgspec.json.encode(described, order="sorted"), indent=2) + b"\n")


def _list(common: Common, kinds: dict[str, object]) -> None:
    from pinplan.cli.documents import SchemaEntry, SchemaList

    entries = tuple(SchemaEntry(name=name, of=_about(kind)) for name, kind in kinds.items())
    if common.out.json:
        common.out.document(SchemaList(schemas=entries))
        return
    for entry in entries:
        common.out.say(f"{entry.name:<15} {entry.of}")


def _about(kind: object) -> str:
    """First line of a type's docstring, without markup."""
    from pinplan.events import AnyEvent

    if kind is AnyEvent:
        return "One event line under --json."
    # From the docstring, so that the list cannot differ from the schema's own description.
    return (kind.__doc__ or "").partition("\n")[0].replace("`", "")


def described_types() -> dict[str, object]:
    """Schema name → type."""
    from pinplan.config import Settings
    from pinplan.events import AnyEvent
    from pinplan.plan.decisions import Decisions
    from pinplan.plan.document import Plan

    documents: dict[str, object] = {
        str(kind.__struct_config__.tag).removeprefix("pinplan."): kind for kind in _printed()
    }
    return {"plan": Plan, "events": AnyEvent, "config": Settings, "decisions": Decisions, **documents}


def _printed() -> tuple[type[JsonDocument], ...]:
    """Types of the documents that commands print, besides the plan."""
    from pinplan.account.listing import BoardList, PinList, WhoReport
    from pinplan.account.search import FindReport
    from pinplan.cli import documents
    from pinplan.cli.auth_report import Report
    from pinplan.duplicates.report import DuplicateReport, MarkedDifferent
    from pinplan.history.status import History, Status
    from pinplan.history.trash import TrashEmptied, TrashList
    from pinplan.history.verify import VerifyReport
    from pinplan.plan.diff import PlanDiff
    from pinplan.render.reports import Explanation

    return (
        documents.Applied,
        documents.AuditRecords,
        documents.AuditRestarted,
        documents.AuditVerified,
        documents.SignedOut,
        Report,
        documents.AccessToken,
        BoardList,
        documents.DemoTold,
        PlanDiff,
        DuplicateReport,
        documents.CommandFailed,
        Explanation,
        FindReport,
        documents.GalleryWritten,
        History,
        documents.LibraryMade,
        MarkedDifferent,
        documents.PageWritten,
        PinList,
        documents.CreateResolved,
        documents.Reviewed,
        documents.SandboxServing,
        documents.SchemaList,
        Status,
        TrashEmptied,
        TrashList,
        VerifyReport,
        WhoReport,
    )
