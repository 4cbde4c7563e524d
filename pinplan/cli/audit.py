"""``pinplan audit verify|show|restart``."""

from __future__ import annotations

from typing import Annotated

import typer

from pinplan.cli.common import Common, command

audit = typer.Typer(
    name="audit",
    help="The hash-chained record of everything that was done.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@audit.command()
@command
def verify(*, common: Common) -> int:
    """Verify the audit log.

    Reports each edit, removal, reordering or truncation. Needs no network.
    """
    from pinplan.cli.documents import AuditVerified
    from pinplan.cli.exits import DONE, STATE
    from pinplan.wiring.open_library import is_read_only, open_state_of, rollback_guard_of_library

    library = common.load().library
    guard = rollback_guard_of_library(library)
    # `open_library` would refuse a damaged log, which is what this command must report.
    with open_state_of(library) as state:
        verdict = guard.judge(state.audit.verify(), state)
    out = common.out
    seen = guard.last_seen()
    if out.json:
        noted = seen.records if seen is not None else None
        out.document(
            AuditVerified(records=verdict.records, head=verdict.head, breaks=verdict.breaks, noted_records=noted)
        )
        return STATE if verdict.breaks else DONE
    for found in verdict.breaks:
        out.say(f"audit.jsonl, line {found.line}: {found.problem}", "red")
    if verdict.breaks:
        out.say(f"Chain broken after {verdict.records:,} valid records.", "bold red")
        if is_read_only(library):
            out.note("Read-only library: a snapshot may just be older. Verify the library itself.")
            return STATE
        restart = common.run.command("audit", "restart")
        out.note(f"Restore .pinplan/audit.jsonl from a backup, or start a new log (the old one is kept): {restart}")
        return STATE
    out.say(f"{verdict.records:,} records, chain intact; last record {verdict.head.hash[:16]}….", "green")
    out.say(
        "Anchor: state.db only. A rewrite of both log and state.db would not be detected on this computer."
        if seen is None
        else f"Anchor: record {seen.records:,} matches the one noted outside the library."
    )
    return DONE


@audit.command()
@command
def show(
    *,
    common: Common,
    run: Annotated[str | None, typer.Option("--run", metavar="RUN", help="Show only records of this run.")] = None,
) -> None:
    """Show the records, oldest first. Needs no network."""
    from pinplan.cli.documents import AuditRecords
    from pinplan.records.audit import read
    from pinplan.render.reports import audit_lines
    from pinplan.wiring.open_library import open_state_of

    with open_state_of(common.load().library) as state:
        lines = state.audit.lines()
    if run is not None:
        marked = f'"run":"{run}"'.encode()  # on the bytes: decoding a long log takes seconds
        lines = [line for line in lines if marked in line]
    if common.out.json:
        common.out.document(AuditRecords(records=tuple(read(lines))))
    else:
        common.out.lines(audit_lines(read(lines)))


@audit.command()
@command
def restart(*, common: Common) -> None:
    """Start a new audit log where the old one is damaged or lost.

    The old one is kept beside it.
    """
    from pinplan.cli.documents import AuditRestarted, in_json
    from pinplan.wiring.library_setup import restart_audit
    from pinplan.wiring.open_library import locked, open_state_of

    config = common.load()
    with locked(config.library, "audit restart"), open_state_of(config.library) as state:
        old = restart_audit(state)
    common.out.document(AuditRestarted(kept=in_json(old) if old else None))
    common.out.say("New audit log started." + (f" Old log kept as {old}." if old else ""))
