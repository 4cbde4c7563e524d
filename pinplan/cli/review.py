"""``pinplan review``."""

from __future__ import annotations

import select
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pinplan.cli import process
from pinplan.cli.common import Common, command
from pinplan.cli.options import PortOption

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pinplan.cli.output import Output
    from pinplan.plan.decisions import Decisions
    from pinplan.plan.document import Plan
    from pinplan.records.journal import RunRecord
    from pinplan.records.state import State
    from pinplan.review.page.model import Manner, PageModel
    from pinplan.review.session import Session, Summary
    from pinplan.review.thumbnails import FetchedImages
    from pinplan.review.watched import Progress

_LOOK_SECONDS = 0.2


@command
def review(
    *,
    common: Common,
    plan_file: Annotated[Path, typer.Argument(metavar="PLAN", help="A plan file.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="Decisions file.")] = Path("decisions.json"),
    port: PortOption = 0,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Print the URL only.")] = False,
    tui: Annotated[bool, typer.Option("--tui", help="Review in this terminal (pip install 'pinplan[tui]').")] = False,
    reviewer: Annotated[
        str, typer.Option("--reviewer", metavar="NAME", help="Who decides (default: from git, else the user name).")
    ] = "",
    offline: Annotated[bool, typer.Option("--offline", help="Download no images from Pinterest.")] = False,
) -> None:
    """Review a plan with its images, and decide on each action.

    In the browser, or in the terminal (--tui). Changes neither the library nor
    Pinterest: decisions are written to a file for apply --decisions. Ends with Finish on the page, q and Enter, or Ctrl-C; with
    --tui, at Q or Ctrl-C.
    """
    from pinplan.cli.documents import Reviewed
    from pinplan.cli.show import manner_of
    from pinplan.records.output_file import Document, check_target
    from pinplan.records.plan_file import read_plan
    from pinplan.wiring.open_library import open_fingerprints

    if tui:
        _check_terminal(port)
    plan = read_plan(plan_file)
    check_target(out, Document.DECISIONS)
    config = common.load()
    waits = {*config.settings.apply.require_decisions, *(plan.policies.require_decisions or ())}
    session = _session(plan, out, config.library, tuple(sorted(waits)), reviewer or _who(), common)
    manner = manner_of(common, plan_file, out)
    url, summary = "", None
    with open_fingerprints(config, plan, offline=offline) as pictures:
        if tui:
            _in_terminal(session, pictures, plan_file, common)
        else:
            url, summary = _in_browser(
                session, pictures, plan_file, manner, common, config.library, port=port, opens=not no_browser
            )
    if session.read_only:
        common.out.outcome(Reviewed(url=url, read_only=session.read_only))
    else:
        _report(common.out, summary or session.finish(), out, manner.apply, url)


def _check_terminal(port: int) -> None:
    """Raises `ConfigError` if there can be no review in this terminal."""
    import os

    from pinplan.errors import ConfigError
    from pinplan.review.terminal.support import why_not

    problem = "--port belongs to the page, and --tui serves none" if port else ""
    # Drawn on standard error, as progress is: the result on standard output may go into a pipe.
    problem = problem or why_not(os.environ, sys.__stdin__, sys.__stderr__)
    if problem:
        raise ConfigError([problem])


def _in_terminal(session: Session, pictures: FetchedImages, plan_file: Path, common: Common) -> None:
    """Review in the terminal, until it ends or a signal ends it."""
    from pinplan.review.terminal.app import ReviewApp

    shown = common.run.shown(session.plan)
    app = ReviewApp(session, shown, plan_file.name, pictures, colour=common.out.color)
    with process.handled(lambda *_: app.end()):
        app.run(mouse=False)
    if app.failure is not None:
        raise app.failure


def _in_browser(
    session: Session,
    pictures: FetchedImages,
    plan_file: Path,
    manner: Manner,
    common: Common,
    library: Path,
    *,
    port: int,
    opens: bool,
) -> tuple[str, Summary | None]:
    """Serve the page until the review ends. Returns its address, and the result if it ended with Finish."""
    from pinplan.local_server import LocalServer
    from pinplan.records.files import OWN_FOLDER
    from pinplan.review.address import secret_of
    from pinplan.review.app import Review
    from pinplan.review.guard import Guard
    from pinplan.review.page.build import page_model
    from pinplan.review.page.made import Made
    from pinplan.review.server import take_port
    from pinplan.review.thumbnails import for_browser, thumbnail

    listener = take_port(port, _usual_port(session.plan))
    guard = Guard(listener.getsockname()[1], secret_of(library / OWN_FOLDER, session.plan.digest))
    ended = threading.Event()
    shown = common.run.shown(session.plan)
    made = Made(lambda: page_model(shown, plan_file.name, _manner(manner, session)))

    def drawn() -> PageModel:
        return made.with_manner(_manner(manner, session))

    page = Review(session, pictures, thumbnail, for_browser, drawn, manner.apply, ended.set)
    # From here on a signal ends the review normally: decisions are saved.
    with _signals(ended), LocalServer(page.app(guard), listener, name="the review page"):
        made.model()  # before a browser that starts needs the processor
        _announce(common.out, guard.address, read_only=session.read_only)
        if opens:
            _open_browser(guard.first_address)
        _wait(ended)
    return guard.address, page.summary


def _session(plan: Plan, out: Path, library: Path, waits: tuple[str, ...], reviewer: str, common: Common) -> Session:
    """A review session; read-only for a plan that is applied or cannot be."""
    from pinplan.review.session import Session
    from pinplan.review.watched import WatchedProgress
    from pinplan.wiring.open_library import SystemClock, open_tree, state_files

    def progress() -> Progress:
        with open_tree(library) as (_, state):
            return _progress(plan, state, common)

    with open_tree(library) as (_, state):
        before = _decided_before(plan, state)
    watched = WatchedProgress(state_files(library), progress)
    return Session(plan, out, SystemClock(), waits=waits, reviewer=reviewer, progress=watched, before=before)


def _who() -> str:
    """The name that git uses for this user, else the one that the system knows."""
    import getpass
    import subprocess

    try:
        asked = ["git", "config", "--get", "user.name"]
        found = subprocess.run(asked, capture_output=True, text=True, timeout=2, check=False)  # noqa: S603 - fixed words, no shell
        return found.stdout.strip() or getpass.getuser()
    except (OSError, subprocess.SubprocessError, KeyError, ImportError, UnicodeDecodeError):
        return ""


def _progress(plan: Plan, state: State, common: Common) -> Progress:
    """What an apply has done of a plan. Raises `PlanUnbound` for a plan that an apply would refuse."""
    from pinplan.apply.decided_plan import executed_actions
    from pinplan.apply.run import check_library, check_serial, find_run
    from pinplan.review.watched import Progress

    base = state.base()
    check_library(plan, base)
    run = find_run(plan, state.runs())
    if run is None or run.ended_at is None:
        check_serial(plan, base, run)
    return Progress(
        done=executed_actions(plan, state, run.id) if run else {},
        read_only=_why_read_only(plan, run if run and run.ended_at else None, common),
    )


def _decided_before(plan: Plan, state: State) -> Decisions | None:
    """The decisions with which a run was begun that is not ended."""
    from pinplan.apply.run import find_run
    from pinplan.records.decisions_file import decode_decisions

    run = find_run(plan, state.runs())
    kept = state.decided(run.id) if run is not None and run.ended_at is None else None
    return decode_decisions(kept.encode(), plan, "decisions of the run") if kept else None


def _why_read_only(plan: Plan, ended: RunRecord | None, common: Common) -> str:
    if ended is not None:
        back = common.run.command("undo", ended.id)
        return f"Read-only: plan applied in run {ended.id}. To undo it: {back}"
    if not plan.applyable:
        return "Read-only: a check of this plan failed, it cannot be applied."
    return "" if plan.actions else "Read-only: this plan has no actions."


def _usual_port(plan: Plan) -> int:
    """A port derived from the plan: the browser keeps scroll position and drafts per origin."""
    return 20_000 + int(plan.digest[-6:], 16) % 12_000


def _manner(manner: Manner, session: Session) -> Manner:
    """The current state of the session for the page."""
    from msgspec.structs import replace

    from pinplan.render.text_safety import plain
    from pinplan.review.page.model import DecisionModel

    notes = session.notes
    return replace(
        manner,
        serves=True,
        read_only=session.read_only,
        done=session.done_as,
        decisions=tuple(
            DecisionModel(action=action, verdict=text, note=plain(notes.get(action, "")))
            for action, text in session.texts.items()
        ),
        session=session.id,
        revision=session.revision,
        waits=session.waits,
        reviewer=session.reviewer,
    )


def _announce(out: Output, address: str, *, read_only: str) -> None:
    from pinplan.events import ReviewOpened

    if out.document_only:
        sys.stderr.write(f"Review: {address}\n")  # stdout takes one document, at the end
        return
    if out.json:
        out.event(ReviewOpened(url=address))
        return
    if read_only:
        out.say(read_only, "yellow")
    out.say(f"Review: {address}", "bold")
    out.note("Local only; the page cannot apply anything. To end: Finish on the page, q and Enter, or Ctrl-C.")
    sys.stdout.flush()


def _open_browser(address: str) -> None:
    """Open the browser in a thread: a text browser would block, and none is fine."""
    import webbrowser

    threading.Thread(target=_quietly, args=(webbrowser.open, address), daemon=True).start()


def _quietly(work: Callable[[str], object], address: str) -> None:
    try:
        work(address)
    except Exception:  # noqa: BLE001 - any failure of the browser: the URL is printed anyway
        return


def _wait(ended: threading.Event) -> None:
    """Wait for Finish on the page, a signal, or q."""
    typed = sys.stdin.isatty()
    while not ended.wait(0 if typed else _LOOK_SECONDS):
        if typed and select.select([sys.stdin], [], [], _LOOK_SECONDS)[0]:
            line = sys.stdin.readline()
            typed = bool(line)  # EOF: stdin was closed, wait for the page alone
            if line.strip().lower() == "q":
                return


@contextmanager
def _signals(ended: threading.Event) -> Iterator[None]:
    with process.handled(lambda *_: ended.set()):
        yield


def _report(out: Output, summary: Summary, path: Path, apply: str, url: str) -> None:
    from pinplan.cli.documents import Reviewed, in_json
    from pinplan.events import ReviewEnded
    from pinplan.render.text_safety import plural

    if out.json:
        out.event(ReviewEnded(decisions=in_json(path), command=apply, consequence=summary.sentence))
        counted = {str(verdict): number for verdict, number in summary.counts.items()}
        out.outcome(
            Reviewed(
                url=url,
                decisions=in_json(path),
                counts=counted,
                open=summary.open,
                command=apply,
                consequence=summary.sentence,
            )
        )
        return
    counts = ", ".join(f"{number:,} {verdict}" for verdict, number in summary.counts.items()) or "none"
    left = f"; {plural(summary.open, 'action')} undecided" if summary.open else ""
    left += f" ({summary.waiting:,} waiting for a decision)" if summary.waiting else ""
    out.say(f"Decisions in {path}: {counts}{left}.")
    out.say(f"With these decisions, the plan {summary.sentence}:")
    out.say(f"  {apply}", "bold")
