"""A plan as Markdown for a pull request comment (GitHub, GitLab, Gitea): deletes first, cut at whole rows.

Everything that comes from pins stands in ``<code>``, its punctuation as numeric references: there it can be neither Markdown nor
HTML, and is no mention, reference or link either (I28).
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING

from msgspec import Struct

from pinplan.actions import KINDS
from pinplan.errors.suggestions import suggestion
from pinplan.plan.agreement import left_out, unsettled
from pinplan.plan.document import CheckStatus, bytes_of, kind_of
from pinplan.render.rows import Chosen, board_of, takes_away
from pinplan.render.table import fitted
from pinplan.render.text import summary_line, unseen_parts
from pinplan.render.text_safety import plain, plural, size, spelt

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pinplan.actions import AnyAction
    from pinplan.plan.document import Finding, Plan

LEAST = 2_000
"""Characters that head and foot need at least."""
LONGEST = 300
"""Cells of a text from a pin: a very long board name must not use up the room of other rows."""
_SPECIAL = frozenset("\\`*_{}[]<>()|~&@:/#$!\"'^=")
_JOINER = "\u2060"
"""WORD JOINER, of no width: it breaks addresses, mentions and references (also after the numeric references are decoded)."""
_ADDRESS = re.compile(r"(?<=[@#])|(?<=:)(?=//)|(?<=www)(?=\.)", re.IGNORECASE)
_ALL = Chosen()


class Table(Struct, frozen=True, kw_only=True):
    """Rows under a heading.

    Attributes:
        folded: collapsed by default (``<details>``).
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[str, ...]
    folded: bool = False

    @property
    def head(self) -> str:
        """The head of the table."""
        title = f"<details><summary>{self.title}</summary>\n\n" if self.folded else f"#### {self.title}\n\n"
        return f"{title}{_row(self.columns)}{_row(('---',) * len(self.columns))}"

    @property
    def foot(self) -> str:
        """The end of the table."""
        return "\n</details>\n\n" if self.folded else "\n"


def code(text: str) -> str:
    """Untrusted text as inert ``<code>``."""
    # GitHub links and mentions even inside code: break them (I28: pin data is inert).
    shown = _ADDRESS.sub(_JOINER, fitted(plain(text), LONGEST))
    return f"<code>{''.join(f'&#{ord(c)};' if c in _SPECIAL else c for c in shown)}</code>" if shown.strip() else ""


def plan_markdown(plan: Plan, apply: str = "", *, max_chars: int = 65_000, chosen: Chosen = _ALL) -> str:
    """The comment, at most ``max_chars`` long.

    Args:
        plan: any plan.
        apply: the command that applies exactly this plan; by default one for the usual file.
        max_chars: at least `LEAST`.
        chosen: which boards and kinds are shown.
    """
    # The digest in the command binds the approval to this comment: a plan made again in CI is refused.
    words = ("apply", "plan.json", "--expect-digest", plan.digest)
    head, foot = _head(plan), _foot(plan, apply or suggestion(*words))
    tables = list(_tables(plan, chosen))
    body: list[str] = []
    # Reserve the longest possible "… more" line: its figure is known only at the end.
    room = max_chars - len(head) - len(foot) - len(_more(sum(len(table.rows) for table in tables)))
    left_out = 0
    # Deletes come first (see `_tables`), so they are the last thing to be cut off.
    for table in tables:
        shown, hidden = _fitting(table, room)
        room -= len(shown)
        # A table that is cut has its own "… more" line; only wholly missing ones are counted here.
        left_out += hidden if not shown else 0
        body.append(shown)
    return head + "".join(body) + (_more(left_out) if left_out else "") + foot


def _fitting(table: Table, room: int) -> tuple[str, int]:
    """As much of a table as there is room for, and how many of its rows are not in it."""
    more = _more(len(table.rows))
    room -= len(table.head) + len(table.foot)
    whole = sum(map(len, table.rows)) <= room
    shown: list[str] = []
    for row in table.rows:
        # Cut at whole rows: half a row would break the table, half a `<details>` the rest of the page.
        if len(row) > room - (0 if whole else len(more)):
            break
        shown.append(row)
        room -= len(row)
    if not shown:
        return "", len(table.rows)
    hidden = len(table.rows) - len(shown)
    more = f"\n{_more(hidden)}" if hidden else ""
    return f"{table.head}{''.join(shown)}{more}{table.foot}", hidden


def _more(count: int) -> str:
    return f"… and {count:,} more\n\n"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


def _head(plan: Plan) -> str:
    boards = plan.snapshots.remote.boards
    pins = sum(board.pins for board in boards)
    besides = f" ({left:,} more left out by the config)" if (left := left_out(plan)) else ""
    seen = f"{code(plan.account.username)}: {plural(len(boards), 'board')}{besides}, {plural(pins, 'pin')}; {plural(plan.snapshots.local.files, 'file')}; mode {plan.policies.mode}"
    unseen = unseen_parts(unsettled(plan)) if plan.actions else ()
    warned = f"**Not everything was seen: {'; '.join(unseen)}.**\n\n" if unseen else ""
    stopped = "" if plan.applyable else "**This plan cannot be applied: a check failed.**\n\n"
    # The hidden marker lets a CI job find its own comment and update it (docs/ci.md).
    return f"<!-- pinplan {plan.digest} -->\n### pinplan\n\n**{summary_line(plan)}**\n\n{seen}\n\n{warned}{stopped}"


def _foot(plan: Plan, apply: str) -> str:
    made = f"Made {code(plan.created_at)} by pinplan {code(plan.pinplan_version)}."
    if not (plan.actions and plan.applyable):
        return f"{made}\n"
    fence = "`" * max(3, *(len(ticks) + 1 for ticks in re.findall("`+", apply)), 0)  # no path may end the block
    return f"{made} To apply exactly this plan:\n\n{fence}\n{apply}\n{fence}\n"


def _tables(plan: Plan, chosen: Chosen) -> Iterator[Table]:
    failed = [check for check in plan.checks if check.status is CheckStatus.FAIL]
    if failed:
        rows = tuple(_row((code(c.name), code(c.figure), code(c.limit), code(c.message))) for c in failed)
        yield Table(title="Stopped by a safety check", columns=("check", "figure", "limit", ""), rows=rows)
    order = list(KINDS)
    actions = [action for action in plan.actions if chosen.has(action)]
    actions.sort(key=lambda a: (not a.deletes_pin, not takes_away(kind_of(a)), order.index(kind_of(a)), board_of(a)))
    for kind, same in groupby(actions, key=kind_of):
        trait, rows = KINDS[kind].trait, tuple(map(_action, same))
        yield Table(
            title=f"{code(trait.symbol)} {trait.title} ({len(rows):,})",
            columns=("id", "where", "what", "why", "size"),
            rows=rows,
            folded=not takes_away(kind),
        )
    findings = [finding for finding in plan.findings if chosen.has_finding(finding)]
    if findings:
        yield Table(
            title=f"Findings ({len(findings):,}): reported only",
            columns=("finding", "where", ""),
            rows=tuple(map(_finding, findings)),
            folded=True,
        )


def _action(action: AnyAction) -> str:
    about = "~" if action.trait.estimates else ""
    count = bytes_of(action)
    where = action.address.rpartition("/")[0]
    why = spelt(action.reason)
    weight = f"{about}{size(count)}" if count else ""
    return _row((code(action.id), code(where), code(action.describe().short), code(why), weight))


def _finding(finding: Finding) -> str:
    where = "" if finding.address == "." else finding.address
    return _row((spelt(finding.kind), code(where), code(finding.message)))
