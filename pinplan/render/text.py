"""A plan as lines of text, with its cost in API calls: the same on a terminal and in a pipe."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from pinplan.actions import KINDS
from pinplan.model.creates import CREATES_A_MINUTE
from pinplan.plan.agreement import Unsettled, left_out, unsettled
from pinplan.plan.document import Check, CheckStatus, Finding, FindingKind, Meaning, Plan
from pinplan.render.rows import FOLD, LEAST, Chosen, Screen, action_lines
from pinplan.render.table import Line, wrapped
from pinplan.render.text_safety import message, plain, plural, size, spelt

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence


CALLS_A_MINUTE = 100
"""Assumed pace of an apply, which makes one call at a time; Pinterest publishes 1,000 reads a minute and no figure for writes."""
TRIAL_CALLS_A_DAY = 1000
"""Calls a day for an app on Trial access."""


def apply_calls(plan: Plan) -> int:
    """API calls of an apply without retries: the account check and every action."""
    return 1 + sum(action.calls for action in plan.actions) if plan.actions else 0


def cost_line(plan: Plan) -> str:
    """The calls in words, with minutes, and days on Trial access."""
    # Without retries and images: both depend on the day. Creates have a pace of their own.
    calls = apply_calls(plan)
    pins = sum(action.trait.publishes and not action.trait.creates_place for action in plan.actions)
    minutes = max(-(-calls // CALLS_A_MINUTE), -(-pins // CREATES_A_MINUTE))
    days = -(-calls // TRIAL_CALLS_A_DAY)
    time = "under a minute" if minutes <= 1 else f"about {plural(minutes, 'minute')}"
    trial = f"on Trial access, {TRIAL_CALLS_A_DAY:,} a day: {plural(days, 'day')}"
    return f"Applying this takes about {plural(calls, 'API call')}, images not counted ({time}; {trial})."


__all__ = ["FOLD", "NO_CHANGES", "Line", "Screen", "plan_lines", "summary_line"]

NO_CHANGES = "No changes. Library and Pinterest agree."
NOTHING_TO_DO = "Nothing to do."
_ANYWHERE = Screen()
_ALL = Chosen()


def plan_lines(
    plan: Plan, *, everything: bool = False, screen: Screen = _ANYWHERE, chosen: Chosen = _ALL
) -> Iterator[Line]:
    """The plan: header, actions by board and kind, findings, checks, summary.

    Args:
        plan: any plan.
        everything: fold nothing.
        screen: where it is shown.
        chosen: which boards and kinds are shown; checks and summary line are always those of the whole plan.
    """
    actions = [action for action in plan.actions if chosen.has(action)]
    findings = [finding for finding in plan.findings if chosen.has_finding(finding)]
    closing = Line(summary_line(plan), _closing_style(plan))
    lines = list(_findings(findings, screen, everything=everything))
    yield from _head(plan)
    yield from action_lines(actions, screen, everything=everything)
    if screen.rows is not None and len(lines) > screen.rows:
        # Twice on long output: the summary has scrolled away otherwise.
        yield closing
        yield Line()
    yield from lines
    yield from _checks(plan.checks)
    if not chosen.all:
        shown = f"{len(actions):,} of {plural(len(plan.actions), 'action')}"
        yield Line(f"Shown: {shown}, {len(findings):,} of {plural(len(plan.findings), 'finding')}", "dim")
    # Without actions the closing line itself names what was not seen.
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
    """By kind, folded to what the screen holds; pins that are unknown because their board was not read are one line for it."""
    # Untracked files last: there may be thousands, and none of them needs attention.
    rows = sorted(findings, key=lambda finding: finding.kind == FindingKind.UNTRACKED)
    if not rows:
        return
    yield Line(f"Findings ({len(rows):,}): reported only", "bold yellow")
    # One unreadable board makes each of its pins unknown: that is one problem, not a thousand.
    unread = set() if everything else {f.address for f in rows if f.kind.means is Meaning.UNREAD}
    groups = [
        _Group(kind, len(same), [*_each(same, unread, screen)])
        for kind, found in groupby(rows, key=lambda finding: finding.kind)
        for same in [list(found)]
    ]
    most = None if everything else _most_of_a_group(groups, screen)
    for group in groups:
        yield Line(f"  {spelt(group.kind)} ({group.total:,})", "yellow")
        # `most - 1`: the "… more" line takes the place of the last row.
        shown = group.rows if most is None or len(group.rows) <= most else group.rows[: most - 1]
        for row in shown:
            yield from row
        if len(shown) < len(group.rows):
            yield Line(f"    … and {len(group.rows) - len(shown):,} more; show them with --all", "dim")
    yield Line()


class _Group(NamedTuple):
    """Findings of one kind: total, and rows of one or more lines."""

    kind: FindingKind
    total: int
    rows: list[list[Line]]


def _each(findings: Iterable[Finding], unread: Collection[str], screen: Screen) -> Iterator[list[Line]]:
    hidden = Counter(board for f in findings if (board := _unread_board(f, unread)))
    for board, count in hidden.items():
        yield [Line(f"    {plain(board)}: {plural(count, 'pin')} not checked: the board could not be read", "dim")]
    for finding in findings:
        if not _unread_board(finding, unread):
            yield list(_finding(finding, screen))


def _unread_board(finding: Finding, unread: Collection[str]) -> str:
    """The unreadable board, if that is why a pin is unknown; else an empty text."""
    board = finding.address.partition("/")[0]
    return board if finding.kind is FindingKind.UNKNOWN and finding.pin_id and board in unread else ""


def _most_of_a_group(groups: Sequence[_Group], screen: Screen) -> int:
    """The largest number of rows per kind with which all findings fit the screen."""
    # All groups shrink alike, so that no kind of finding disappears from the screen.
    for most in range(FOLD, LEAST, -1):
        lines = sum(1 + sum(map(len, group.rows[:most])) for group in groups)
        if screen.rows is None or lines <= screen.rows:
            return most
    return LEAST


def _finding(finding: Finding, screen: Screen) -> Iterator[Line]:
    where = "" if finding.address == "." else f"{plain(finding.address)}: "
    text = f"{where}{message(finding.message)}"
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
        yield Line(f"    {message(check.message)}", "red")
    yield Line()


def summary_line(plan: Plan) -> str:
    """A line that scripts may parse: it always names the delete categories, and says "agree" only if everything was seen."""
    if not plan.actions:
        return nothing_to_do(unsettled(plan))
    # No thousands separator here: scripts read this line (docs/ci.md).
    counts = {kind: plan.summary[kind].count for kind in KINDS if kind in plan.summary}
    parts = [f"{number} {KINDS[kind].trait.counted(number)}" for kind, number in counts.items()]
    fetched = sum(plan.summary[kind].bytes for kind in KINDS if KINDS[kind].trait.estimates and kind in plan.summary)
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
    if left.left_out:
        parts.append(f"{plural(left.left_out, 'board is', 'boards are')} left out by the config")
    if left.unknown:
        parts.append(f"{plural(left.unknown, 'pin or file', 'pins or files')} could not be checked")
    return parts


def _closing_style(plan: Plan) -> str:
    if plan.actions:
        return "bold"
    return "bold green" if unsettled(plan).agree else "bold yellow"
