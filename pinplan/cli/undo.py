"""``pinplan undo``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pinplan.cli.common import Common, command
from pinplan.cli.refresh import RefreshOption


@command
def undo(
    *,
    common: Common,
    run: Annotated[
        str | None, typer.Argument(metavar="[RUN]", help="The run to undo (default: the last one).", show_default=False)
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Write the plan to a file, for apply.")
    ] = None,
    target: Annotated[
        list[str] | None,
        typer.Option("--target", metavar="ADDRESS", help="Undo only what was done here; may be given more than once."),
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option(
            "--allow", metavar="CHECK=FIGURE", help="Let one check pass up to a figure, e.g. local-deletes=75."
        ),
    ] = None,
    refresh: RefreshOption = "auto",
    show_all: Annotated[bool, typer.Option("--all", help="Show every action and finding.")] = False,
    lock_timeout: Annotated[
        str, typer.Option("--lock-timeout", metavar="TIME", help="How long to wait for the lock, e.g. 30s.")
    ] = "0s",
) -> int:
    """Plan the reverse of a run. Applying that plan is the undo.

    Files come back from the trash byte for byte, moves go back, deleted pins are created again under a new id. Changes nothing by itself.
    """
    from pinplan.cli.options import check_plan_target
    from pinplan.cli.plan import present
    from pinplan.cli.refresh import refresh_of
    from pinplan.cli.times import seconds
    from pinplan.model.ids import RunId
    from pinplan.pipeline import make_undo
    from pinplan.plan.document import Scope
    from pinplan.reconcile.checks import parse_allowances
    from pinplan.wiring.open_library import locked, open_library, request_of

    check_plan_target(common, out)
    config = common.load()
    scope, allowed = Scope(targets=tuple(target or ())), parse_allowances(allow or [])
    request = request_of(config, scope=scope, allow=allowed, refresh=refresh_of(refresh))
    with (
        locked(config.library, "undo", seconds(lock_timeout)),
        open_library(config, common.out.event) as outside,
    ):
        made = make_undo(outside, request, RunId(run) if run is not None else None)
    return present(common, made, out, everything=show_all)
