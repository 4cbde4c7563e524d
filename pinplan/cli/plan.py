"""``pinplan plan``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pinplan.cli.common import Common, command
from pinplan.cli.options import LockTimeoutOption, OutOption, RefreshOption, ShowAllOption, allow_option
from pinplan.errors import ConfigError

if TYPE_CHECKING:
    from pinplan.cli.exits import FailOn
    from pinplan.cli.output import Output
    from pinplan.plan.document import Plan, Scope


@command
def plan(
    *,
    common: Common,
    out: OutOption = None,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit 2 if there are changes.")
    ] = False,
    fail_on: Annotated[
        str | None,
        typer.Option(
            "--fail-on",
            metavar="findings|blocked",
            help="Exit 2 for differences that are only reported, or only for what could not be done.",
        ),
    ] = None,
    mode: Annotated[
        str | None,
        typer.Option("--mode", metavar="MODE", help="archive, mirror, two-way or publish (default: from the config)."),
    ] = None,
    target: Annotated[
        list[str] | None,
        typer.Option(
            "--target",
            metavar="ADDRESS",
            help="Only this board, section or pin, by name, id or URL, and what its actions need; repeatable.",
        ),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option("--exclude", metavar="ADDRESS", help="Exclude this board, section or pin; repeatable."),
    ] = None,
    allow: Annotated[list[str] | None, allow_option("remote-deletes=120")] = None,
    restore: Annotated[
        list[str] | None,
        typer.Option(
            "--restore",
            metavar="GLOB",
            help="Revert local changes: download removed or changed files again, move files back. A path with * and ?, an address or a pin id; repeatable.",
        ),
    ] = None,
    accept: Annotated[
        list[str] | None,
        typer.Option(
            "--accept",
            metavar="GLOB",
            help="Accept local changes: track changed or moved files as they are. Same forms as --restore; repeatable.",
        ),
    ] = None,
    refresh: RefreshOption = "auto",
    save_snapshots: Annotated[
        Path | None, typer.Option("--save-snapshots", metavar="DIR", help="Save the snapshots behind the plan.")
    ] = None,
    from_snapshots: Annotated[
        Path | None,
        typer.Option("--from-snapshots", metavar="DIR", help="Plan from saved snapshots, without network."),
    ] = None,
    show_all: ShowAllOption = False,
    lock_timeout: LockTimeoutOption = "0s",
) -> int:
    """Show the changes that an apply would make.

    Reads Pinterest and the library; changes neither.
    """
    from msgspec import UNSET

    from pinplan.cli.options import check_plan_target
    from pinplan.plan.document import Scope
    from pinplan.reconcile.checks import parse_allowances
    from pinplan.snapshot.saved import check_snapshot_folder

    # Before the listing: a mistyped option must not cost an hour of API calls.
    check_plan_target(common, out)
    failing = _fail_on(fail_on)
    if save_snapshots is not None:
        check_snapshot_folder(save_snapshots)
    # UNSET, not an empty tuple: plans without these options keep the digest of older versions.
    again, agreed = (tuple(named) if named else UNSET for named in (restore, accept))
    scope = Scope(targets=tuple(target or ()), excludes=tuple(exclude or ()), restore=again, accept=agreed)
    allowed = parse_allowances(allow or [])
    if from_snapshots is not None:
        if save_snapshots is not None:
            raise ConfigError(["--save-snapshots and --from-snapshots are mutually exclusive"])
        made = _from_snapshots(from_snapshots, scope, allowed, mode)
    else:
        made = _from_the_world(common, scope, allowed, mode, refresh, save_snapshots, lock_timeout)
    # --restore also re-downloads: those actions carry the old record, not a reason of their own.
    fetched_again = any(action.trait.fetches and action.before for action in made.actions)
    if restore and not fetched_again and not any(action.reason == "restored" for action in made.actions):
        common.out.note(f"--restore {' '.join(restore)}: no local change matches.", "yellow")
    if accept and not any(action.reason == "accepted" for action in made.actions):
        common.out.note(f"--accept {' '.join(accept)}: no local change matches.", "yellow")
    return present(common, made, out, detailed_exitcode=detailed_exitcode, fail_on=failing, everything=show_all)


def _fail_on(text: str | None) -> FailOn | None:
    from pinplan.cli.exits import FailOn

    if text is not None and text not in set(FailOn):
        raise ConfigError([f"--fail-on {text}: expected one of {', '.join(FailOn)}"])
    return FailOn(text) if text is not None else None


def present(
    common: Common,
    made: Plan,
    out: Path | None,
    *,
    detailed_exitcode: bool = False,
    fail_on: FailOn | None = None,
    everything: bool = False,
) -> int:
    """Show a new plan, and write it if ``out`` is set; returns the exit code."""
    from pinplan.cli.exits import of_plan
    from pinplan.cli.options import is_stdout
    from pinplan.records.output_file import Document, write_document
    from pinplan.records.plan_file import encode_plan

    common.out.finish()
    if out is not None and is_stdout(out):
        common.out.raw(encode_plan(made))
    else:
        if out is not None:
            # Written before it is shown: a closed pager must not lose the plan.
            write_document(out, encode_plan(made), Document.PLAN)
        report(common.out, made, everything=everything)
    if out is not None and not is_stdout(out):
        some = made.applyable and made.actions
        next_step = f" To apply exactly this plan: {common.run.command('apply', str(out))}" if some else ""
        common.out.note(f"Saved to {out}.{next_step}")
    note_unread(common.out, made)
    return of_plan(made, changes=detailed_exitcode, fail_on=fail_on)


def note_unread(out: Output, made: Plan) -> None:
    """Explain exit code 3 of a plan."""
    from pinplan.plan.agreement import UNREAD_BOARDS, too_many_unread
    from pinplan.render.text_safety import plural

    unread = too_many_unread(made)
    if unread and made.applyable:
        which = plural(unread, "board")
        out.note(
            f"Exit code 3: {which} not listed completely. Run the same command again later, or accept it with: --allow {UNREAD_BOARDS}={unread}",
            "yellow",
        )


def _from_the_world(
    common: Common,
    scope: Scope,
    allowed: dict[str, int],
    mode: str | None,
    refresh: str,
    keep: Path | None,
    lock_timeout: str,
) -> Plan:
    from pinplan.cli.options import refresh_of
    from pinplan.cli.output import seconds
    from pinplan.pipeline import make_plan, plan_with_snapshots
    from pinplan.snapshot.saved import save_snapshots
    from pinplan.wiring.open_library import locked, open_library, request_of

    config = common.load(sync__mode=mode)
    request = request_of(config, scope=scope, allow=allowed, refresh=refresh_of(refresh))
    with locked(config.library, "plan", seconds(lock_timeout)), open_library(config, common.out.event) as adapters:
        if keep is None:
            return make_plan(adapters, request)
        snapshots, made = plan_with_snapshots(adapters, request)
        # After the plan: they must be the very snapshots that it was made from.
        save_snapshots(keep, snapshots)
        return made


def _from_snapshots(folder: Path, scope: Scope, allowed: dict[str, int], mode: str | None) -> Plan:
    from pinplan.adapters import PlanRequest
    from pinplan.pipeline import decide
    from pinplan.policies.bundle import in_mode
    from pinplan.policies.mode import Mode
    from pinplan.snapshot.saved import load_snapshots

    snapshots = load_snapshots(folder)
    if mode is not None and mode not in set(Mode):
        raise ConfigError([f"--mode {mode}: expected one of {', '.join(Mode)}"])
    # The saved policies, not today's config: a saved snapshot must give the same plan on any computer (I8).
    policies = snapshots.policies if mode is None else in_mode(snapshots.policies, Mode(mode))
    request = PlanRequest(policies=policies, scope=scope, allow=allowed)
    return decide(snapshots, request, snapshots.remote.taken_at)


def report(out: Output, made: Plan, *, everything: bool = False) -> None:
    """Print a plan: as text, as events, or as the document."""
    from pinplan.records.plan_file import encode_plan
    from pinplan.render.plan_events import plan_events
    from pinplan.render.text import plan_lines

    if out.document_only:
        out.raw(encode_plan(made))
    elif out.json:
        for event in plan_events(made):
            out.event(event)
    else:
        out.lines(plan_lines(out.run.shown(made), everything=everything, screen=out.screen))
