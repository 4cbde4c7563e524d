"""A plan as lines of text: the same on a terminal (in colour, cut to its width) and in a pipe."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from pinplan.actions import KINDS
from pinplan.agreement import Unsettled, left_out, unsettled
from pinplan.plan import Check, CheckStatus, Finding, FindingKind, Plan
from pinplan.render.choose import Chosen
from pinplan.render.cost import cost_line
from pinplan.render.line import Line, wrapped
from pinplan.render.rows import FOLD, Screen, action_lines
from pinplan.render.words import plain, plural, size

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["FOLD", "NO_CHANGES", "Line", "Screen", "plan_lines", "summary_line"]

NO_CHANGES = "No changes. Library and Pinterest agree."
NOTHING_TO_DO = "Nothing to do."
_ANYWHERE = Screen()
_ALL = Chosen()


def plan_lines(
    plan: Plan, *, everything: bool = False, screen: Screen = _ANYWHERE, chosen: Chosen = _ALL
) -> Iterator[Line]:
    """The plan: where it comes from, actions by board and kind, findings, checks, summary line.

    Args:
        plan: any plan.
        everything: fold nothing.
        screen: where it is shown.
        chosen: which boards and kinds are shown; checks and summary line are always those of the whole plan.
    """
    actions = [action for action in plan.actions if chosen.has(action)]
    findings = [finding for finding in plan.findings if chosen.has_finding(finding)]
    closing = Line(summary_line(plan), _closing_style(plan))
    said = list(_findings(findings, screen, everything=everything))
    yield from _head(plan)
    yield from action_lines(actions, screen, everything=everything)
    if screen.rows is not None and len(said) > screen.rows:
        yield closing  # what stands last is out of sight by then
        yield Line()
    yield from said
    yield from _checks(plan.checks)
    if not chosen.all:
        shown = f"{len(actions):,} of {plural(len(plan.actions), 'action')}"
        yield Line(f"Shown: {shown}, {len(findings):,} of {plural(len(plan.findings), 'finding')}", "dim")
    if plan.actions and (unseen := unseen_parts(unsettled(plan))):
        yield Line(f"Not everything was seen: {'; '.join(unseen)}.", "bold yellow")
    yield closing
    if plan.actions:
        yield Line(cost_line(plan), "dim")
    if not plan.applyable:
        yield Line("This plan cannot be applied: a check failed.", "bold red")


def _head(plan: Plan) -> Iterator[Line]:
    boards = plan.snapshots.remote.boards
    pins = sum(board.pins for board in boards)
    besides = f" ({left:,} more left out by the config)" if (left := left_out(plan)) else ""
    yield Line(
        f"Pinterest: {plain(plan.account.username)}, {plural(len(boards), 'board')}{besides}, {plural(pins, 'pin')}",
        "dim",
    )
    yield Line(f"Library:   {plural(plan.snapshots.local.files, 'file')}; mode {plan.policies.mode}", "dim")
    for what, names in (("Only", plan.scope.targets), ("Without", plan.scope.excludes)):
        if names:
            yield Line(f"{what}:      {', '.join(plain(name) for name in names)}", "dim")
    yield Line()


def _findings(findings: Iterable[Finding], screen: Screen, *, everything: bool) -> Iterator[Line]:
    rows = sorted(findings, key=lambda finding: finding.kind == FindingKind.UNTRACKED)
    if not rows:
        return
    yield Line(f"Findings ({len(rows):,}): reported, nothing is done about them", "bold yellow")
    for kind, group in groupby(rows, key=lambda finding: finding.kind):
        same = list(group)
        shown = same if everything or len(same) <= FOLD else same[: FOLD - 1]
        yield Line(f"  {kind.replace('_', ' ').replace('pinterest', 'Pinterest')} ({len(same):,})", "yellow")
        for finding in shown:
            yield from _finding(finding, screen)
        if len(shown) < len(same):
            yield Line(f"    … and {len(same) - len(shown):,} more; show them with --all", "dim")
    yield Line()


def _finding(finding: Finding, screen: Screen) -> Iterator[Line]:
    where = "" if finding.address == "." else f"{plain(finding.address)}: "
    text = f"{where}{plain(finding.message)}"
    lines = [text] if screen.columns is None else wrapped(text, screen.columns - 4, screen.columns - 6)
    yield Line(f"    {lines[0]}", "", ((4, 4 + len(where), "dim"),) if len(lines[0]) > len(where) > 0 else ())
    for line in lines[1:]:
        yield Line(f"      {line}")


def _checks(checks: Iterable[Check]) -> Iterator[Line]:
    failed = [check for check in checks if check.status is CheckStatus.FAIL]
    if not failed:
        return
    yield Line("Stopped by a safety check", "bold red")
    for check in failed:
        yield Line(f"    {plain(check.message)}", "red")
    yield Line()


def summary_line(plan: Plan) -> str:
    """The line that scripts may look for; the delete categories are always in it, and "agree" only where that was seen."""
    if not plan.actions:
        return nothing_to_do(unsettled(plan))
    parts = [f"{plan.summary[kind].count} {KINDS[kind].trait.verb}" for kind in KINDS if kind in plan.summary]
    fetched = sum(plan.summary[kind].bytes for kind in ("download", "replace") if kind in plan.summary)
    calls = f"{plan.api_calls} API {'call' if plan.api_calls == 1 else 'calls'}"
    return f"Plan: {', '.join(parts)}. ({size(fetched)}, {calls})"


def nothing_to_do(left: Unsettled) -> str:
    """The closing line of a plan without actions."""
    if left.agree:
        return NO_CHANGES
    parts = list(unseen_parts(left))
    if left.differences:
        parts.insert(0, f"{plural(left.differences, 'difference is', 'differences are')} only reported")
    return f"{NOTHING_TO_DO} {'; '.join(parts)}." if parts else NOTHING_TO_DO


def unseen_parts(left: Unsettled) -> list[str]:
    """What could not be seen, part by part."""
    parts = []
    if left.unread:
        parts.append(f"{plural(left.unread, 'board')} could not be read")
    if left.not_asked:
        parts.append(f"{plural(left.not_asked, 'board was', 'boards were')} not asked for")
    if left.unknown:
        parts.append(f"{plural(left.unknown, 'pin or file', 'pins or files')} could not be checked")
    return parts


def _closing_style(plan: Plan) -> str:
    if plan.actions:
        return "bold"
    return "bold green" if unsettled(plan).agree else "bold yellow"
