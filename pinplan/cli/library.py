"""``pinplan init``, ``status``, ``history``, ``explain`` and ``verify``: a library and its past."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pinplan.cli.common import Common, command
from pinplan.cli.invocation import Invocation
from pinplan.cli.options import RefreshOption

if TYPE_CHECKING:
    from pinplan.history.status import PinHistory
    from pinplan.model.pins import Pin
    from pinplan.records.state import State


@command
def explain(
    *,
    common: Common,
    name: Annotated[str, typer.Argument(metavar="PIN|FILE", help="Pin id or URL, address, or file in the library.")],
    since: Annotated[
        Path | None,
        typer.Option("--since", metavar="DIR", help="Show changes of the pin since these saved snapshots."),
    ] = None,
) -> None:
    """Explain the state of a pin or file.

    Shows its records, its history and the next plan.
    """
    from msgspec.structs import replace

    from pinplan.build_plan import take_snapshots
    from pinplan.errors import ConfigError
    from pinplan.errors.suggestions import suggestion
    from pinplan.events import silent
    from pinplan.history.status import pin_history_of
    from pinplan.pipeline import decide
    from pinplan.reconcile.match import FileSides
    from pinplan.render.reports import about, why_lines
    from pinplan.wiring.open_library import looking, open_library, request_of

    config = common.load()
    wanted = _inside(name, config.library)
    with (
        looking(config.library, "explain") as read_only,
        open_library(config, silent if common.out.json else common.out.event, read_only=read_only) as adapters,
    ):
        # The plan's own request: explain must say what `plan` would do, not something near it.
        request = request_of(config)
        snapshots = take_snapshots(adapters, request)
        moved = FileSides(snapshots.local, snapshots.base, request.policies.template).moved()
        past = pin_history_of(adapters.state, wanted, moved)
        made = decide(snapshots, request, created_at="")
        possible = replace(snapshots, closed=())
        otherwise = decide(possible, request, created_at="") if snapshots.closed else None
        then = _pin_then(since, past, wanted) if since else None
    common.out.finish()
    found = about(wanted, past, snapshots, made, then, moved, otherwise)
    if not found.known:
        raise ConfigError(
            [f"{name}: no such pin or file; search for it with: {suggestion('find', name)}"],
            [("find", name)],
        )
    if common.out.json:
        common.out.document(found)
    else:
        common.out.lines(why_lines(replace(found, findings=common.run.findings(found.findings))))


def _inside(name: str, library: Path) -> str:
    """A file as a path in the library, a pin URL as its id; other names unchanged."""
    from pinplan.model.pins import pin_id_in

    pin_id = pin_id_in(name)
    if pin_id is not None:
        return pin_id
    # Relative to the current folder if such a file exists, else to the library.
    here = Path.cwd() / name
    root = library.absolute()
    return here.relative_to(root).as_posix() if here.exists() and here.is_relative_to(root) else name


def _pin_then(folder: Path, past: PinHistory, name: str) -> Pin | None:
    """The pin in saved snapshots. Raises `ConfigError` if missing."""
    from pinplan.errors import ConfigError
    from pinplan.model.ids import PinId
    from pinplan.snapshot.saved import load_snapshots

    ids = {record.pin_id for record in past.tracked} or {PinId(name.rpartition("/")[2])}
    pins = (pin for board in load_snapshots(folder).remote.boards for pin in board.pins)
    found = next((pin for pin in pins if pin.id in ids), None)
    if found is None:
        raise ConfigError([f"{folder}: {name} is not in the saved snapshots"])
    return found


@command
def status(*, common: Common) -> None:
    """Show the status of the library.

    Tracked files, missing files, the last run. Needs no network.
    """
    from msgspec.structs import replace

    from pinplan.config import policies_of
    from pinplan.history.status import status_of
    from pinplan.records.files import OWN_FOLDER
    from pinplan.render.reports import partial_lines
    from pinplan.render.text_safety import plain, plural, shortened, size
    from pinplan.wiring.open_library import open_tree, partial_boards_of, where_files_are

    config = common.load()
    # No lock: status must work during a long apply; SQLite readers see the last commit.
    with open_tree(config.library, read_only=True) as (library, state):
        # First: figures of a rolled back state would be reported as if they were current.
        earlier = _earlier(config.library, state)
        base, sides = where_files_are(config, library, state)
        report = status_of(state, base, sides, policies_of(config).template, partial_boards_of(config.library))
    report = replace(report, earlier=earlier)
    out = common.out
    if out.json:
        out.document(report)
        return
    out.say(f"Library:  {config.library}")
    if earlier:
        out.say(f"Earlier:  {plain(earlier)}", "yellow")
    out.say(f"Account:  {report.account_id or 'unknown: nothing applied yet'}")
    out.say(f"Mode:     {config.sync.mode}")
    out.say(f"Tracked:  {plural(report.files, 'file')} of {plural(report.pins, 'pin')}, {size(report.bytes)}")
    for folder in report.folders:
        out.say(f"  {shortened(plain(folder.name))}: {plural(folder.files, 'file')}, {size(folder.bytes)}", "dim")
    if report.moved:
        out.say(f"Moved:    {plural(report.moved, 'file')} moved; counted where found", "yellow")
    if report.missing:
        out.say(f"Missing:  {plural(report.missing, 'file')}; see: {common.run.command('plan')}", "yellow")
    out.lines(partial_lines(report.partial, common.run.command))
    out.say(f"Last run: {report.last_run or 'none'}")
    if report.unfinished is not None:
        plan = config.library / OWN_FOLDER / "plans" / f"{report.unfinished}.json"
        again = common.run.command("apply", str(plan))
        out.say(f"Unfinished: run {report.unfinished}; resume with: {again}", "yellow")


def _earlier(library: Path, state: State) -> str:
    """Why this state is older than the last run, for a read-only library such as a snapshot.

    Raises:
        StateDamaged: audit log or state was modified, or rolled back in a writable library.
    """
    from pinplan.errors import StateRolledBack
    from pinplan.wiring.open_library import is_read_only, rollback_guard_of_library

    # Before the comparison: an edited log must not pass for an older one.
    state.audit.check_last()
    try:
        rollback_guard_of_library(library).check(state)
    except StateRolledBack as error:
        if not is_read_only(library):
            raise
        return str(error)
    return ""


@command
def history(
    *,
    common: Common,
    run: Annotated[
        str | None, typer.Argument(metavar="[RUN]", help="Show the actions of this run.", show_default=False)
    ] = None,
) -> None:
    """Show all runs, or the actions of one."""
    from pinplan.errors import ConfigError
    from pinplan.errors.suggestions import suggestion
    from pinplan.history.status import History
    from pinplan.model.ids import RunId
    from pinplan.render.reports import run_lines, runs_lines
    from pinplan.wiring.open_library import open_state_of

    with open_state_of(common.load().library) as state:
        runs = state.runs()
        if run is not None and run not in {r.id for r in runs}:
            raise ConfigError([f"no run {run}; list all runs with: {suggestion('history')}"], [("history",)])
        actions = state.journal(run=RunId(run)) if run is not None else []
        declined = state.declined()
        # Inside the block: the state is closed after it.
        done = {r.id: len(state.done_actions(r.id)) for r in runs}
    if common.out.json:
        shown = tuple(r for r in runs if run in {None, r.id})
        common.out.document(History(runs=shown, actions=None if run is None else tuple(actions)))
    else:
        common.out.lines(runs_lines(runs, done, declined) if run is None else run_lines(actions))


@command
def init(
    *,
    common: Common,
    folder: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="Folder of the new library.", show_default=False)
    ] = Path(),
    recover: Annotated[
        bool, typer.Option("--recover", help="Create a new state for a library without a usable one.")
    ] = False,
) -> None:
    """Create a library in a folder.

    Writes pinplan.toml and the library marker; overwrites nothing.
    """
    from pinplan.cli.documents import LibraryMade, in_json
    from pinplan.wiring.library_setup import init_library, recover_library

    out = common.out
    if recover:
        # No prompt: nothing is deleted, the old files are kept beside the new ones.
        kept = recover_library(folder)
        out.document(LibraryMade(library=in_json(folder), recovered=True, kept=tuple(map(in_json, kept))))
        out.say(f"{folder}: new state created; the next plan adopts files with a pin id in their name.")
        for path in kept:
            out.say(f"Old state kept as {path}.")
        return
    written = init_library(folder)
    out.document(LibraryMade(library=in_json(folder), already=not written, written=tuple(map(in_json, written))))
    out.say(f"Library created in {folder}." if written else f"{folder} is already a library; nothing written.")
    for path in written:
        out.say(f"  wrote {path}", "dim")
    here = Invocation({} if folder.resolve() == Path.cwd() else {"library": folder})
    sign_in, look = here.command("auth", "login"), here.command("plan", "-o", "plan.json")
    # A token in the environment is used before any profile: a sign-in would have no effect.
    if os.environ.get("PINPLAN_ACCESS_TOKEN", "").strip():
        out.say(f"Next: plan with the token in PINPLAN_ACCESS_TOKEN: {look}")
        return
    out.say(f"Next: sign in ({sign_in}, or set PINPLAN_ACCESS_TOKEN), then plan: {look}")


@command
def verify(
    *,
    common: Common,
    quick: Annotated[bool, typer.Option("--quick", help="Compare digests without decoding images.")] = False,
    refresh: RefreshOption = "auto",
    offline: Annotated[bool, typer.Option("--offline", help="Verify files only, without Pinterest.")] = False,
) -> int:
    """Verify every tracked file and every pin.

    Exits 0 only without problems. The next plan downloads damaged files again.
    """
    from pinplan.cli.exits import DONE, FAILED
    from pinplan.cli.options import refresh_of
    from pinplan.events import silent
    from pinplan.history.verify import conclude, find_displaced, verify_library
    from pinplan.pipeline import verify
    from pinplan.render.reports import verify_lines
    from pinplan.wiring.open_library import looking, open_library, open_tree, request_of, where_files_are

    config = common.load()
    how = refresh_of(refresh)
    emit = silent if common.out.json else common.out.event
    with looking(config.library, "verify") as read_only:
        if offline:
            with open_tree(config.library, read_only=read_only) as (library, state):
                files = verify_library(library, state, emit, quick=quick)
                base, sides = where_files_are(config, library, state)
                files = find_displaced(library, base, files, sides, quick=quick)
                report = conclude(files, None, quick=quick, untracked=len(sides.untracked_images()))
        else:
            with open_library(config, emit, read_only=read_only) as adapters:
                report = verify(adapters, request_of(config, refresh=how), quick=quick)
    common.out.finish()
    if common.out.json:
        common.out.document(report)
    else:
        common.out.lines(verify_lines(report, common.run.command))
    return DONE if report.well else FAILED
