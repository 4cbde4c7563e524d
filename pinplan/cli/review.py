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

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pinplan.cli.output import Output
    from pinplan.plan.document import Plan
    from pinplan.records.journal import RunRecord
    from pinplan.records.state import State
    from pinplan.review.page.model import Manner, PageModel
    from pinplan.review.session import Session, Summary

_LOOK_SECONDS = 0.2


@command
def review(
    *,
    common: Common,
    plan_file: Annotated[Path, typer.Argument(metavar="PLAN", help="A plan file.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="Where the decisions are kept.")] = Path(
        "decisions.json"
    ),
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes any free port.")] = 0,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only print the address.")] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Fetch no images from Pinterest.")] = False,
) -> None:
    """Look at the images of a plan on a page of this computer, and decide about each action.

    Nothing is done to the library or to Pinterest: what was decided is written to a file for
    apply --decisions. Ends with the page's Finish, with q and Enter, or with Ctrl-C.
    """
    from pinplan.cli.documents import Reviewed
    from pinplan.cli.show import manner_of
    from pinplan.formats.decoding import quiet_pillow
    from pinplan.local_server import LocalServer
    from pinplan.records.output_file import Document, check_target
    from pinplan.records.plan_file import read_plan
    from pinplan.review.app import Review
    from pinplan.review.guard import Guard
    from pinplan.review.page.build import page_model
    from pinplan.review.server import take_port
    from pinplan.review.thumbnails import for_browser, thumbnail
    from pinplan.wiring.open_library import open_fingerprints, open_tree

    plan = read_plan(plan_file)
    check_target(out, Document.DECISIONS)
    config = common.load()
    quiet_pillow()
    with open_tree(config.library) as (_, state):
        waits = {*config.settings.apply.require_decisions, *(plan.policies.require_decisions or ())}
        session = _session(plan, out, state, tuple(sorted(waits)), common)
    listener = take_port(port, _usual_port(plan))
    guard = Guard(listener.getsockname()[1])
    ended = threading.Event()
    manner = manner_of(common, plan_file, out)
    shown = common.run.shown(plan)
    with open_fingerprints(config, plan, offline=offline) as pictures:

        def drawn() -> PageModel:
            return page_model(shown, plan_file.name, _manner(manner, session))

        page = Review(session, pictures, thumbnail, for_browser, drawn, manner.apply, ended.set)
        # From here on an interrupt is a way to end, not a reason to fail.
        with _signals(ended), LocalServer(page.app(guard), listener, name="the review page"):
            _announce(common.out, guard.address, read_only=session.read_only)
            if not no_browser:
                _open_browser(guard.first_address)
            _wait(ended)
    if session.read_only:
        common.out.outcome(Reviewed(url=guard.address, read_only=session.read_only))
    else:
        _tell(common.out, page.summary or session.finish(), out, manner.apply, guard.address)


def _session(plan: Plan, out: Path, state: State, waits: tuple[str, ...], common: Common) -> Session:
    """The review of a plan that belongs here; one that was applied, or cannot be, is only shown."""
    from pinplan.apply.decided_plan import executed_actions
    from pinplan.apply.run import check_library, check_serial, find_run
    from pinplan.review.session import Session
    from pinplan.wiring.open_library import SystemClock

    base = state.base()
    check_library(plan, base)
    run = find_run(plan, state.runs())
    if run is None or run.ended_at is None:
        check_serial(plan, base, run)
    return Session(
        plan,
        out,
        SystemClock(),
        waits=waits,
        done=executed_actions(plan, state, run.id) if run else {},
        read_only=_why_read_only(plan, run if run and run.ended_at else None, common),
    )


def _why_read_only(plan: Plan, ended: RunRecord | None, common: Common) -> str:
    if ended is not None:
        back = common.run.command("undo", ended.id)
        return f"This plan was applied already, in run {ended.id}: there is nothing left to decide. To go back: {back}"
    if not plan.applyable:
        return "This plan cannot be applied, for a check failed; so there is nothing to decide."
    return "" if plan.actions else "This plan has no actions: there is nothing to decide."


def _usual_port(plan: Plan) -> int:
    """The same for the same plan, so that the browser finds the place again where the person stopped."""
    return 20_000 + int(plan.digest[-6:], 16) % 12_000


def _manner(manner: Manner, session: Session) -> Manner:
    """How the page is used at this moment."""
    from msgspec.structs import replace

    return replace(
        manner,
        serves=True,
        read_only=session.read_only,
        done=session.done_as,
        decisions={action: verdict.value for action, verdict in session.verdicts.items()},
        waits=session.waits,
    )


def _announce(out: Output, address: str, *, read_only: str) -> None:
    from pinplan.events import ReviewOpened

    if out.document_only:
        sys.stderr.write(f"Review: {address}\n")  # the document comes when the review has ended
        return
    if out.json:
        out.event(ReviewOpened(url=address))
        return
    if read_only:
        out.say(read_only, "yellow")
    out.say(f"Review: {address}", "bold")
    out.note(
        "It is for this computer only, and it cannot apply anything. To end: Finish on the page, q and Enter, or Ctrl-C."
    )
    sys.stdout.flush()


def _open_browser(address: str) -> None:
    """Start the person's browser; where there is none, the printed address has to do."""
    import webbrowser

    threading.Thread(target=_quietly, args=(webbrowser.open, address), daemon=True).start()


def _quietly(work: Callable[[str], object], address: str) -> None:
    try:
        work(address)
    except Exception:  # noqa: BLE001 - whatever a browser's starter trips over, the address was printed
        return


def _wait(ended: threading.Event) -> None:
    """Until the page says so, SIGINT or SIGTERM comes, or somebody types q."""
    typed = sys.stdin.isatty()
    while not ended.wait(0 if typed else _LOOK_SECONDS):
        if typed and select.select([sys.stdin], [], [], _LOOK_SECONDS)[0]:
            line = sys.stdin.readline()
            typed = bool(line)
            if line.strip().lower() == "q":
                return


@contextmanager
def _signals(ended: threading.Event) -> Iterator[None]:
    with process.handled(lambda *_: ended.set()):
        yield


def _tell(out: Output, summary: Summary, path: Path, apply: str, url: str) -> None:
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
    counts = ", ".join(f"{number:,} {verdict}" for verdict, number in summary.counts.items()) or "nothing decided"
    left = f"; {plural(summary.open, 'action')} not decided" if summary.open else ""
    out.say(f"Decisions in {path}: {counts}{left}.")
    out.say(f"Applied with them, the plan {summary.sentence}:")
    out.say(f"  {apply}", "bold")
