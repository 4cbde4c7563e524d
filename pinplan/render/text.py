"""A plan as lines of text: the same on a terminal (in colour, cut to its width) and in a pipe."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from msgspec import Struct

from pinplan.actions import KINDS
from pinplan.plan import Check, CheckStatus, Finding, FindingKind, Plan, bytes_of, kind_of
from pinplan.render.words import plain, plural, shortened, size

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pinplan.actions import AnyAction

NO_CHANGES = "No changes. Library and Pinterest agree."
_UNKNOWN = {FindingKind.UNKNOWN, FindingKind.INCOMPLETE}
FOLD = 25
"""Rows of a group that are shown unless everything is asked for."""

_STYLES = {
    "+": "green",
    ">": "cyan",
    "*": "cyan",
    "~": "yellow",
    "-": "red",
    "!": "bold red",
    "=": "magenta",
    "x": "dim",
}


class Line(Struct, frozen=True):
    """A line of text, with a style for the whole of it."""

    text: str = ""
    style: str = ""


def plan_lines(plan: Plan, *, everything: bool = False) -> Iterator[Line]:
    """The plan: where it comes from, actions by kind and folder, findings, checks, summary line."""
    yield from _head(plan)
    yield from _actions(plan.actions, everything=everything)
    yield from _findings(plan.findings, everything=everything)
    yield from _checks(plan.checks)
    yield Line(summary_line(plan), "bold" if plan.actions else "bold green")
    unknown = sum(finding.count for finding in plan.findings if finding.kind in _UNKNOWN)
    if unknown and not plan.actions:
        yield Line(f"But not everything could be looked at: {plural(unknown, 'finding')} above.", "bold yellow")
    if not plan.applyable:
        yield Line("This plan cannot be applied: a check failed.", "bold red")


def _head(plan: Plan) -> Iterator[Line]:
    boards = plan.snapshots.remote.boards
    pins = sum(board.pins for board in boards)
    yield Line(
        f"Pinterest: {plain(plan.account.username)}, {plural(len(boards), 'board')}, {plural(pins, 'pin')}", "dim"
    )
    yield Line(f"Library:   {plural(plan.snapshots.local.files, 'file')}; mode {plan.policies.mode}", "dim")
    for what, names in (("Only", plan.scope.targets), ("Without", plan.scope.excludes)):
        if names:
            yield Line(f"{what}:      {', '.join(plain(name) for name in names)}", "dim")
    yield Line()


def _actions(actions: Iterable[AnyAction], *, everything: bool) -> Iterator[Line]:
    order = list(KINDS)
    by_kind = sorted(actions, key=lambda action: order.index(kind_of(action)))
    for kind, group in groupby(by_kind, key=kind_of):
        rows = list(group)
        trait = KINDS[kind].trait
        style = _STYLES.get(trait.symbol, "")
        yield Line(f"{trait.symbol} {trait.title} ({len(rows):,})", f"bold {style}".strip())
        yield from _folded(rows, everything=everything, style=style)
        yield Line()


def _folded(rows: list[AnyAction], *, everything: bool, style: str) -> Iterator[Line]:
    shown = rows if everything or len(rows) <= FOLD else rows[: FOLD - 1]
    for folder, group in groupby(shown, key=_folder):
        yield Line(f"    {shortened(plain(folder))}")
        for action in group:
            trait = action.trait
            yield Line(f"      {trait.symbol} {plain(action.describe().short)}  ({plain(_why(action))})", style)
    if len(shown) < len(rows):
        yield Line(f"      … and {len(rows) - len(shown):,} more; show them with --all", "dim")


def _folder(action: AnyAction) -> str:
    return action.address.rpartition("/")[0]


def _why(action: AnyAction) -> str:
    words = action.reason.replace("_", " ").replace("pinterest", "Pinterest")
    count = bytes_of(action)
    about = "~" if hasattr(action, "estimated_bytes") else ""
    return f"{words}, {about}{size(count)}" if count else words


def _findings(findings: Iterable[Finding], *, everything: bool) -> Iterator[Line]:
    rows = sorted(findings, key=lambda finding: finding.kind == FindingKind.UNTRACKED)
    if not rows:
        return
    yield Line(f"Findings ({len(rows):,}): reported, nothing is done about them", "bold yellow")
    for kind, group in groupby(rows, key=lambda finding: finding.kind):
        same = list(group)
        shown = same if everything or len(same) <= FOLD else same[: FOLD - 1]
        for finding in shown:
            where = "" if finding.address == "." else f"{plain(finding.address)}: "
            yield Line(
                f"    {kind.replace('_', ' ').replace('pinterest', 'Pinterest')}: {where}{plain(finding.message)}",
                "yellow",
            )
        if len(shown) < len(same):
            yield Line(f"    … and {len(same) - len(shown):,} more; show them with --all", "dim")
    yield Line()


def _checks(checks: Iterable[Check]) -> Iterator[Line]:
    failed = [check for check in checks if check.status is CheckStatus.FAIL]
    if not failed:
        return
    yield Line("Stopped by a safety check", "bold red")
    for check in failed:
        yield Line(f"    {plain(check.message)}", "red")
    yield Line()


def summary_line(plan: Plan) -> str:
    """The line that scripts may look for; the delete categories are always in it."""
    if not plan.actions:
        return NO_CHANGES
    parts = [f"{plan.summary[kind].count} {KINDS[kind].trait.verb}" for kind in KINDS if kind in plan.summary]
    fetched = sum(plan.summary[kind].bytes for kind in ("download", "replace") if kind in plan.summary)
    calls = f"{plan.api_calls} API {'call' if plan.api_calls == 1 else 'calls'}"
    return f"Plan: {', '.join(parts)}. ({size(fetched)}, {calls})"
