"""``pinplan verify``."""

from __future__ import annotations

from typing import Annotated

import typer

from pinplan.cli.common import Common, command
from pinplan.cli.refresh import RefreshOption


@command
def verify(
    *,
    common: Common,
    quick: Annotated[bool, typer.Option("--quick", help="Compare bytes, but do not decode the images.")] = False,
    refresh: RefreshOption = "auto",
    offline: Annotated[bool, typer.Option("--offline", help="Do not ask Pinterest; look at the files only.")] = False,
) -> int:
    """Prove the library: every tracked file read, every pin accounted for.

    Exits 0 only if all is well. Damaged files are fetched again by the next plan.
    """
    from pinplan.cli.exits import DONE, FAILED
    from pinplan.cli.refresh import refresh_of
    from pinplan.events import silent
    from pinplan.formats.decoding import quiet_pillow
    from pinplan.history.verify import conclude, find_displaced, prove_library
    from pinplan.pipeline import prove
    from pinplan.render.reports import proof_lines
    from pinplan.wiring.open_library import looking, open_library, open_tree, request_of, where_files_are

    config = common.load()
    how = refresh_of(refresh)
    emit = silent if common.out.json else common.out.event
    with looking(config.library, "verify") as look_only:
        if offline:
            quiet_pillow()
            with open_tree(config.library, look_only=look_only) as (library, state):
                files = prove_library(library, state, emit, quick=quick)
                base, sides = where_files_are(config, library, state)
                files = find_displaced(library, base, files, sides, quick=quick)
                proof = conclude(files, None, quick=quick, untracked=len(sides.untracked_images()))
        else:
            with open_library(config, emit, look_only=look_only) as outside:
                proof = prove(outside, request_of(config, refresh=how), quick=quick)
    common.out.finish()
    if common.out.json:
        common.out.document(proof)
    else:
        common.out.lines(proof_lines(proof, common.run.command))
    return DONE if proof.well else FAILED
