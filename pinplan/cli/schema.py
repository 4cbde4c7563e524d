"""``pinplan schema``."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from pinplan.cli.common import Common, command


class Document(StrEnum):
    """What there is a schema of."""

    PLAN = "plan"
    EVENTS = "events"
    CONFIG = "config"
    DECISIONS = "decisions"


@command
def schema(
    *,
    common: Common,
    document: Annotated[Document, typer.Argument(help="Which schema.")],
) -> None:
    """Print a JSON Schema: plan, events, config or decisions."""
    import msgspec

    from pinplan.config import Settings
    from pinplan.decisions import Decisions
    from pinplan.events import AnyEvent
    from pinplan.plan import Plan

    kinds: dict[Document, object] = {
        Document.PLAN: Plan,
        Document.EVENTS: AnyEvent,
        Document.CONFIG: Settings,
        Document.DECISIONS: Decisions,
    }
    described = msgspec.json.schema(kinds[document])
    described["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    common.out.raw(msgspec.json.format(msgspec.json.encode(described, order="sorted"), indent=2) + b"\n")
