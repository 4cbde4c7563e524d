"""``pinplan apply``."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from threading import Event as Flag
from typing import TYPE_CHECKING, Annotated

import typer

from pinplan.cli import process
from pinplan.cli.common import Common, command
from pinplan.cli.options import RefreshOption, refresh_of
from pinplan.errors import ConfigError, DecisionsChanged, Declined, PlanEdited
from pinplan.errors.suggestions import suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinplan.actions import AnyAction
    from pinplan.adapters import Adapters, PlanRequest
    from pinplan.apply.executor import ExecutorOptions
    from pinplan.apply.result import ApplyResult
    from pinplan.cli.documents import Applied
    from pinplan.cli.invocation import Invocation
    from pinplan.cli.output import Output
    from pinplan.model.ids import Digest
    from pinplan.plan.decisions import Decisions
    from pinplan.plan.document import Plan


@command
def apply(
    *,
    common: Common,
    plan_file: Annotated[
        Path | None,
        typer.Argument(metavar="[PLAN]", help="A saved plan. Without one: plan, show and ask.", show_default=False),
    ] = None,
    decisions: Annotated[
        Path | None,
        typer.Option("--decisions", metavar="FILE", help="Decisions about single actions of the plan."),
    ] = None,
    auto_approve: Annotated[
        bool,
        typer.Option(
            "--auto-approve",
            help="Skip the approval prompt (without a saved plan), and accept changed --decisions of a run that was begun.",
        ),
    ] = False,
    no_input: Annotated[bool, typer.Option("--no-input", help="Never prompt; decline instead.")] = False,
    kinds: Annotated[
        str | None, typer.Option("--kinds", metavar="KIND,…", help="Apply only these kinds of actions.")
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option(
            "--allow",
            metavar="CHECK",
            help="free-space: apply even if the estimate exceeds the free space. Without a saved plan, unread-boards=N: accept up to N unread boards (exit 0 instead of 3).",
        ),
    ] = None,
    refresh: RefreshOption = "auto",
    parallelism: Annotated[
        int | None,
        typer.Option("--parallelism", metavar="N", help="Concurrent downloads (default: from the config)."),
    ] = None,
    expect_digest: Annotated[
        str | None,
        typer.Option(
            "--expect-digest",
            metavar="DIGEST",
            help="Approve the plan with this digest, from any computer; refuse any other.",
        ),
    ] = None,
    lock_timeout: Annotated[
        str, typer.Option("--lock-timeout", metavar="TIME", help="How long to wait for the lock, e.g. 30s.")
    ] = "0s",
) -> int:
    """Apply a plan exactly.

    Safe to interrupt; apply the same plan again to resume.
    """
    from msgspec.structs import replace

    from pinplan.apply.executor import ExecutorOptions
    from pinplan.apply.run import FREE_SPACE
    from pinplan.cli.exits import DONE, of_plan
    from pinplan.cli.output import seconds
    from pinplan.cli.plan import note_unread
    from pinplan.config import policies_of
    from pinplan.errors.crash_report import write_report
    from pinplan.pipeline import apply_plan
    from pinplan.records.files import OWN_FOLDER
    from pinplan.records.plan_file import read_plan
    from pinplan.wiring.open_library import locked, open_library, request_of

    # Before anything can fail: suggested commands name this file.
    common.run.plan_file = plan_file
    saved = read_plan(plan_file) if plan_file is not None else None
    # Everything typed is checked before the lock is taken and Pinterest is queried.
    said = _decisions(decisions, saved)
    allowed = _allowed([text for text in allow or [] if text != FREE_SPACE], saved)
    config = common.load(network__parallelism=parallelism)
    chosen, how = _kinds(kinds), refresh_of(refresh)
    with (
        locked(config.library, "apply", seconds(lock_timeout)),
        open_library(config, common.out.event) as adapters,
    ):
        # From the config of this computer, not from the plan: an edited plan must not shorten the list.
        required = frozenset(config.settings.apply.require_decisions)
        limits = ExecutorOptions(kinds=chosen, required=required, expect_digest=expect_digest)
        request = request_of(common.load(), allow=allowed, refresh=how)
        # Planned under the lock that the apply holds: nothing can change in between.
        made = saved or _plan_now(common, adapters, request, limits, ask=not auto_approve, no_input=no_input)
        # Under the lock, but before any request for the apply itself.
        if expect_digest is not None and made.digest != expect_digest:
            raise PlanEdited(f"{plan_file or 'plan'}: digest is {made.digest}, expected {expect_digest}")
        answered = saved is not None and expect_digest is None and _answered(common, adapters, saved, no_input=no_input)
        # Only around the apply: while planning, Ctrl-C may end the command at once.
        with stoppable(common.out) as stop:
            settings = ExecutorOptions(
                parallelism=config.network.parallelism,
                kinds=chosen,
                decisions=said,
                accept_changed=auto_approve,
                required=required,
                policies=policies_of(config),
                expect_digest=expect_digest,
                answered=answered,
                stop=stop,
                report=write_report,
                approval=_approval(saved, expect_digest, auto_approve=auto_approve, answered=answered),
            )
            any_space = FREE_SPACE in (allow or [])
            try:
                result = apply_plan(adapters, made, settings, any_space=any_space)
            except DecisionsChanged as changed:
                _accept(common, changed, no_input=no_input)
                result = apply_plan(adapters, made, replace(settings, accept_changed=True), any_space=any_space)
    common.out.finish()
    kept = (
        config.library / OWN_FOLDER / "plans" / f"{result.run}.json"
    )  # the executor saves a copy of every started plan
    approved = ["--expect-digest", expect_digest] if expect_digest is not None else []
    code = conclude(common.out, result, made.digest, str(plan_file or kept), *approved)
    # A saved plan has reported its unread boards when it was made.
    if saved is not None or code != DONE:
        return code
    note_unread(common.out, made)
    return of_plan(made)


def _answered(common: Common, adapters: Adapters, saved: Plan, *, no_input: bool) -> bool:
    """Show a saved plan that needs an approval, and ask. Raises `Declined`."""
    from pinplan.cli.plan import report
    from pinplan.pipeline import approval_needed

    # Sealed plans are not shown again: passing the file is the approval.
    if not saved.applyable or not approval_needed(adapters, saved) or not is_interactive(common, no_input=no_input):
        return False  # the apply itself refuses what must be refused
    common.out.finish()
    report(common.out, saved)
    common.out.problem("This plan was not made on this computer, or was edited since (no valid seal).")
    _approve(list(saved.actions), no_input=False)
    return True


def _accept(common: Common, changed: DecisionsChanged, *, no_input: bool) -> None:
    """Show how the decisions differ from those under which the run was begun, and ask. Raises `Declined`."""
    if not is_interactive(common, no_input=no_input):
        raise changed
    common.out.finish()
    common.out.problem("The run was begun under other decisions:")
    for change in changed.changes:
        common.out.problem(f"  {change}")
    if input('Go on under the changed decisions? Type "yes" to continue: ').strip() != "yes":
        raise Declined('the answer was not "yes"')


def is_interactive(common: Common, *, no_input: bool) -> bool:
    """Whether a person can be asked."""
    # CI systems often attach a pseudo-terminal on which nobody types.
    return not (no_input or common.out.json or os.environ.get("CI")) and sys.stdin.isatty()


def _decisions(file: Path | None, saved: Plan | None) -> Decisions | None:
    from pinplan.records.decisions_file import read_decisions

    if file is None:
        return None
    if saved is None:
        words = ("apply", "PLAN", "--decisions", str(file))
        raise ConfigError([f"--decisions needs the saved plan: {suggestion(*words)}"], [words])
    return read_decisions(file, saved)


def _approval(saved: Plan | None, expect_digest: str | None, *, auto_approve: bool, answered: bool) -> str:
    """How the plan was approved, for the audit log. Passing a saved plan is an approval, as in Terraform."""
    if expect_digest is not None:
        return "its digest"
    if saved is not None:
        return "typed answer" if answered else "saved plan"
    return "--auto-approve" if auto_approve else "typed answer"


def _kinds(text: str | None) -> frozenset[str] | None:
    from pinplan.actions import KINDS

    if text is None:
        return None
    named = frozenset(part.strip() for part in text.split(",") if part.strip())
    unknown = sorted(named - set(KINDS))
    # An empty list would mean "nothing": most likely an unset shell variable.
    if unknown or not named:
        raise ConfigError([f"--kinds: {', '.join(unknown) or 'nothing'} is not a kind; expected {', '.join(KINDS)}"])
    return named


def _allowed(texts: list[str], saved: Plan | None) -> dict[str, int]:
    """Allowances of an apply without a saved plan. Limits can be raised only in a saved, reviewed plan."""
    from pinplan.plan.agreement import UNREAD_BOARDS
    from pinplan.reconcile.checks import parse_allowances

    allowed = parse_allowances(texts)
    if allowed and saved is not None:
        words = ("plan", "--allow", "CHECK=FIGURE", "-o", "PLAN")
        raise ConfigError([f"--allow belongs to the planning: {suggestion(*words)}"], [words])
    others = sorted(set(allowed) - {UNREAD_BOARDS})
    if others:
        raising = [("plan", "-o", "plan.json", "--allow", f"{name}=N") for name in others]
        raise ConfigError(
            [
                f"--allow {name}: raise this limit in a saved plan: {suggestion(*words)}"
                for name, words in zip(others, raising, strict=True)
            ],
            raising,
        )
    return allowed


def _plan_now(
    common: Common, adapters: Adapters, request: PlanRequest, limits: ExecutorOptions, *, ask: bool, no_input: bool
) -> Plan:
    """Make a plan, show it, and ask for a typed approval."""
    from pinplan.pipeline import make_plan

    made = make_plan(adapters, request)
    show_and_ask(common, made, limits, ask=ask, no_input=no_input)
    return made


def show_and_ask(
    common: Common, made: Plan, limits: ExecutorOptions, *, ask: bool, no_input: bool, saving: str = "plan -o"
) -> None:
    """Show a new plan, and ask for a typed approval; ``saving``: how to save it instead. Raises `Declined`, `SafetyStop`."""
    from pinplan.cli.plan import report
    from pinplan.errors import SafetyStop

    common.out.finish()
    if not common.out.document_only:  # stdout takes one document: the result of the apply
        report(common.out, made)
    if not made.applyable:
        raise SafetyStop([check.message for check in made.checks if check.status == "fail"])
    # The prompt counts what this apply performs, not what waits or is filtered out.
    to_be_done = _to_be_done(made, limits)
    if to_be_done and ask:
        _approve(to_be_done, no_input=no_input or common.out.json, saving=saving)


def _to_be_done(made: Plan, limits: ExecutorOptions) -> list[AnyAction]:
    """Actions to perform: of the chosen kinds, without those that wait for decisions."""
    from pinplan.apply.decided_plan import required_kinds
    from pinplan.plan.decisions import decided, performed
    from pinplan.plan.document import kind_of

    done = performed(decided(made, None, required_kinds(made, limits)))
    return [action for action in done.values() if limits.kinds is None or kind_of(action) in limits.kinds]


def _approve(actions: list[AnyAction], *, no_input: bool, saving: str = "plan -o") -> None:
    """Ask for approval: the number of pins to delete, duplicates included, else ``yes``."""
    count = sum(action.deletes_pin for action in actions)
    # The number must be read to be typed: "yes" is typed without reading.
    wanted = f"delete {count} {'pin' if count == 1 else 'pins'}" if count else "yes"
    if no_input or not sys.stdin.isatty() or os.environ.get("CI"):
        raise Declined(
            f"approval required, but no terminal is attached: save the plan with {saving} and apply the file, or use --auto-approve"
        )
    answer = input(f'Apply this plan? Type "{wanted}" to continue: ')
    if answer.strip() != wanted:
        raise Declined(f'the answer was not "{wanted}"')


@contextmanager
def stoppable(out: Output) -> Iterator[Flag]:
    """First SIGINT, SIGTERM or SIGHUP: finish actions in flight. Second: exit at once (I22: every file is old or new)."""
    stop = Flag()

    def interrupted(_number: int, _frame: object) -> None:
        if stop.is_set():
            os._exit(130)  # no cleanup: worker threads would be joined first; a kill is safe at any moment
        stop.set()
        out.problem("Stopping after the actions in flight. Interrupt again to exit at once.")

    with process.handled(interrupted):
        yield stop


def conclude(out: Output, result: ApplyResult, digest: Digest, *plan: str) -> int:
    """Print the result of an apply; returns its exit code. ``plan``: the arguments that name and approve the plan."""
    from pinplan.cli import exits
    from pinplan.cli.common import tell, tell_in_passing
    from pinplan.errors import PermissionMissing, PinplanError
    from pinplan.render.effects import closing_lines, with_declined

    out.lines(
        closing_lines(
            run=result.run,
            already=result.already_applied,
            ended=with_declined(result.ended, result.declined),
            left=result.left,
            waiting=result.waiting,
            decide=out.run.command("apply", *plan, "--decisions", "FILE"),
            settle=out.run.command("resolve", result.run or "RUN", "ACTION", "--is", "PIN"),
            fetched=result.fetched,
            lesser=result.lesser,
            duplicates=result.duplicates,
            plan=out.run.command("plan", "-o", "plan.json"),
        )
    )
    _for_programs(out, result, digest)
    # Otherwise a resume without --decisions would seem to have ignored them.
    if result.kept_decisions:
        out.note("Using the decisions from the first attempt of this run.")
    # A signal that arrived during the last action interrupts nothing.
    if result.interrupted and not result.complete:
        return exits.INTERRUPTED
    for error in result.refusals:
        tell_in_passing(out, error)
    if isinstance(result.fatal, PinplanError):
        tell(out, result.fatal)
        code = exits.exit_code(result.fatal)
        return exits.PARTLY if code == exits.FAILED else code  # 1 would hide that actions were applied
    if any(isinstance(error, PermissionMissing) for error in result.refusals):
        return exits.SIGNED_OUT
    return exits.DONE if result.complete else exits.PARTLY


def _for_programs(out: Output, result: ApplyResult, digest: Digest) -> None:
    """The document under ``--json -q``; else the final event, where no run has sent one."""
    from pinplan.events import ApplyEnded
    from pinplan.model.ids import RunId

    out.outcome(_document(result, digest, out.run))
    if out.json and (result.already_applied or result.run is None):
        out.event(
            ApplyEnded(
                run=result.run or RunId(""),
                done=0,
                stale=0,
                failed=0,
                skipped=0,
                already_applied=result.already_applied,
            )
        )


def _document(result: ApplyResult, digest: Digest, run: Invocation) -> Applied:
    from pinplan.cli import exits
    from pinplan.cli.documents import Applied
    from pinplan.errors import PinplanError
    from pinplan.render.text_safety import plain

    return Applied(
        digest=digest,
        run=result.run,
        already_applied=result.already_applied,
        complete=result.complete,
        interrupted=result.interrupted,
        ended=result.ended,
        left=result.left,
        declined=result.declined,
        waiting=result.waiting,
        kept_decisions=result.kept_decisions,
        fetched=result.fetched,
        lesser=result.lesser,
        duplicates=result.duplicates,
        refusals=tuple(plain(str(error)) for error in result.refusals),
        problem="" if result.fatal is None else plain(str(result.fatal)),
        next_step=exits.next_step(result.fatal, run) if isinstance(result.fatal, PinplanError) else "",
    )
