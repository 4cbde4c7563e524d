"""What commands that apply a plan have in common: ask for approval, carry the plan out, say how it ended."""

from __future__ import annotations

import os
from contextlib import contextmanager
from threading import Event as Flag
from typing import TYPE_CHECKING

from pinplan.cli import process
from pinplan.cli.prompts import confirm, is_interactive
from pinplan.errors import DecisionsChanged, Declined

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pinplan.actions import AnyAction
    from pinplan.adapters import Adapters
    from pinplan.apply.executor import ExecutorOptions
    from pinplan.apply.result import ApplyResult
    from pinplan.cli.common import Common
    from pinplan.cli.documents import Applied
    from pinplan.cli.invocation import Invocation
    from pinplan.cli.output import Output
    from pinplan.config import Config
    from pinplan.model.ids import Digest
    from pinplan.plan.document import Plan


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
        approve(common, to_be_done, no_input=no_input, saving=saving)


def approve(common: Common, actions: Sequence[AnyAction], *, no_input: bool, saving: str = "plan -o") -> None:
    """Ask for approval: the number of pins to delete, duplicates included, else ``yes``. Raises `Declined`."""
    if not is_interactive(common, no_input=no_input):
        raise Declined(
            f"approval required, but no terminal is attached: save the plan with {saving} and apply the file, or use --auto-approve"
        )
    count = sum(action.deletes_pin for action in actions)
    # The number must be read to be typed: "yes" is typed without reading.
    confirm("Apply this plan?", f"delete {count} {'pin' if count == 1 else 'pins'}" if count else "yes")


def _to_be_done(made: Plan, limits: ExecutorOptions) -> list[AnyAction]:
    """Actions to perform: of the chosen kinds, without those that wait for decisions."""
    from pinplan.apply.decided_plan import required_kinds
    from pinplan.plan.decisions import decided, performed

    done = performed(decided(made, None, required_kinds(made, limits)))
    return [action for action in done.values() if limits.requests(action)]


def carry_out(
    common: Common,
    config: Config,
    adapters: Adapters,
    made: Plan,
    options: ExecutorOptions,
    *,
    any_space: bool = False,
    no_input: bool = False,
) -> ApplyResult:
    """Apply a plan under the policies of the config, until it is done or interrupted.

    ``any_space``: even if the estimate exceeds the free space. ``no_input``: nobody is asked about decisions that have changed since the run was begun.
    """
    from msgspec.structs import replace

    from pinplan.config import policies_of
    from pinplan.errors.crash_report import write_report
    from pinplan.pipeline import apply_plan

    # Only around the apply: while planning, Ctrl-C may end the command at once.
    with stoppable(common.out) as stop:
        options = replace(
            options,
            parallelism=config.network.parallelism,
            policies=policies_of(config),
            stop=stop,
            report=write_report,
        )
        try:
            result = apply_plan(adapters, made, options, any_space=any_space)
        except DecisionsChanged as changed:
            _accept(common, changed, no_input=no_input)
            result = apply_plan(adapters, made, replace(options, accept_changed=True), any_space=any_space)
    common.out.finish()
    return result


def _accept(common: Common, changed: DecisionsChanged, *, no_input: bool) -> None:
    """Show how the decisions differ from those under which the run was begun, and ask. Raises `Declined`."""
    if not is_interactive(common, no_input=no_input):
        raise changed
    common.out.finish()
    common.out.problem("The run was begun under other decisions:")
    for change in changed.changes:
        common.out.problem(f"  {change}")
    confirm("Go on under the changed decisions?")


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


def conclude(
    common: Common, config: Config, made: Plan, result: ApplyResult, file: Path | None = None, digest: str | None = None
) -> int:
    """Print the result of an apply; returns its exit code. ``file``: the saved plan; ``digest``: the typed one that approved it."""
    from pinplan.cli import exits
    from pinplan.cli.common import print_error, print_warning
    from pinplan.errors import PermissionMissing, PinplanError
    from pinplan.records.files import OWN_FOLDER
    from pinplan.render.effects import closing_lines, with_declined

    out = common.out
    # The executor saves a copy of every started plan.
    plan = [str(file or config.library / OWN_FOLDER / "plans" / f"{result.run}.json")]
    plan += ["--expect-digest", digest] if digest is not None else []
    closing = closing_lines(
        run=result.run,
        already=result.already_applied,
        ended=with_declined(result.ended, result.declined),
        left=result.left,
        waiting=result.waiting,
        not_requested=result.not_requested,
        decide=out.run.command("apply", *plan, "--decisions", "FILE"),
        settle=out.run.command("resolve", result.run or "RUN", "ACTION", "--is", "PIN"),
        fetched=result.fetched,
        lesser=result.lesser,
        duplicates=result.duplicates,
        plan=out.run.command("plan", "-o", "plan.json"),
        again=out.run.command("apply", *plan),
    )
    # Of a plan without actions that was shown just now all is said.
    if result.run is not None or file is not None:
        out.lines(closing)
    _for_programs(out, result, made.digest)
    # Otherwise a resume without --decisions would seem to have ignored them.
    if result.kept_decisions:
        out.note("Using the decisions from the first attempt of this run.")
    # A signal that arrived during the last action interrupts nothing.
    if result.interrupted and not result.complete:
        return exits.INTERRUPTED
    for error in result.refusals:
        print_warning(out, error)
    if isinstance(result.fatal, PinplanError):
        print_error(out, result.fatal)
        code = exits.exit_code(result.fatal)
        return exits.PARTLY if code == exits.FAILED else code  # 1 would hide that actions were applied
    if any(isinstance(error, PermissionMissing) for error in result.refusals):
        return exits.SIGNED_OUT
    return exits.DONE if result.complete else exits.PARTLY


def _for_programs(out: Output, result: ApplyResult, digest: Digest) -> None:
    """The document under ``--json -q``; else the final event, where no run has sent one."""
    from pinplan.events import ApplyEnded

    out.outcome(_document(result, digest, out.run))
    if out.json and (result.already_applied or result.run is None):
        out.event(
            ApplyEnded(
                run=result.run,
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
        not_requested=result.not_requested,
        kept_decisions=result.kept_decisions,
        fetched=result.fetched,
        lesser=result.lesser,
        duplicates=result.duplicates,
        refusals=tuple(plain(str(error)) for error in result.refusals),
        problem="" if result.fatal is None else plain(str(result.fatal)),
        next_step=exits.next_step(result.fatal, run) if isinstance(result.fatal, PinplanError) else "",
    )
