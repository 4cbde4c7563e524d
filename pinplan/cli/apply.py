"""``pinplan apply``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pinplan.cli.common import Common, command
from pinplan.cli.options import LockTimeoutOption, NoInputOption, RefreshOption, refresh_of
from pinplan.cli.prompts import is_interactive
from pinplan.errors import ConfigError, PlanEdited
from pinplan.errors.suggestions import suggestion

if TYPE_CHECKING:
    from pinplan.adapters import Adapters, PlanRequest
    from pinplan.apply.executor import ExecutorOptions
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
    no_input: NoInputOption = False,
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
    lock_timeout: LockTimeoutOption = "0s",
) -> int:
    """Apply a plan exactly.

    Safe to interrupt; apply the same plan again to resume.
    """
    from msgspec.structs import replace

    from pinplan.apply.executor import ExecutorOptions
    from pinplan.apply.run import FREE_SPACE
    from pinplan.cli.applying import carry_out, conclude
    from pinplan.cli.exits import DONE, of_plan
    from pinplan.cli.output import seconds
    from pinplan.cli.plan import note_unread
    from pinplan.records.plan_file import read_plan
    from pinplan.wiring.open_library import locked, open_library, request_of

    # Before anything can fail: suggested commands name this file.
    common.run.plan_file = plan_file
    saved = read_plan(plan_file) if plan_file is not None else None
    # Everything typed is checked before the lock is taken and Pinterest is queried.
    given = _decisions(decisions, saved)
    allowed = _allowed([text for text in allow or [] if text != FREE_SPACE], saved)
    config = common.load(network__parallelism=parallelism)
    options = ExecutorOptions(
        kinds=_kinds(kinds),
        decisions=given,
        accept_changed=auto_approve,
        # From the config of this computer, not from the plan: an edited plan must not shorten the list.
        required=frozenset(config.settings.apply.require_decisions),
        expect_digest=expect_digest,
    )
    request = request_of(common.load(), allow=allowed, refresh=refresh_of(refresh))
    with (
        locked(config.library, "apply", seconds(lock_timeout)),
        open_library(config, common.out.event) as adapters,
    ):
        # Planned under the lock that the apply holds: nothing can change in between.
        made = saved or _plan_now(common, adapters, request, options, ask=not auto_approve, no_input=no_input)
        # Under the lock, but before any request for the apply itself.
        if expect_digest is not None and made.digest != expect_digest:
            raise PlanEdited(f"{plan_file or 'plan'}: digest is {made.digest}, expected {expect_digest}")
        answered = saved is not None and expect_digest is None and _answered(common, adapters, saved, no_input=no_input)
        approval = _approval(saved, expect_digest, auto_approve=auto_approve, answered=answered)
        options = replace(options, answered=answered, approval=approval)
        any_space = FREE_SPACE in (allow or [])
        result = carry_out(common, config, adapters, made, options, any_space=any_space, no_input=no_input)
    code = conclude(common, config, made, result, plan_file, expect_digest)
    # A saved plan has reported its unread boards when it was made.
    if saved is not None or code != DONE:
        return code
    note_unread(common.out, made)
    return of_plan(made)


def _answered(common: Common, adapters: Adapters, saved: Plan, *, no_input: bool) -> bool:
    """Show a saved plan that needs an approval, and ask. Raises `Declined`."""
    from pinplan.cli.applying import approve
    from pinplan.cli.plan import report
    from pinplan.pipeline import approval_needed

    # Sealed plans are not shown again: passing the file is the approval.
    if not saved.applyable or not approval_needed(adapters, saved) or not is_interactive(common, no_input=no_input):
        return False  # the apply itself refuses what must be refused
    common.out.finish()
    report(common.out, saved)
    common.out.problem("This plan was not made on this computer, or was edited since (no valid seal).")
    approve(common, saved.actions, no_input=False)
    return True


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
    from pinplan.cli.applying import show_and_ask
    from pinplan.pipeline import make_plan

    made = make_plan(adapters, request)
    show_and_ask(common, made, limits, ask=ask, no_input=no_input)
    return made
