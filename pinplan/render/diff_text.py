"""The differences between two plans, as lines of text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from msgspec import UNSET

from pinplan.render.rows import FOLD
from pinplan.render.table import Line
from pinplan.render.text_safety import local_time, message, plain, plural, shortened, spelt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pinplan.actions import AnyAction
    from pinplan.plan.diff import Change, Compared, ComparedPlan, FieldChange, PlanDiff
    from pinplan.plan.document import Check, Finding

T = TypeVar("T")

NO_DIFFERENCES = "No differences."
_STYLES = {"+": "green", "-": "red", "~": "yellow"}
_SIDES = {"before": "{} before", "after": "{} after", "expect": "expected {}"}
"""Parts of an action, as people call what is in them."""
# Characters per value: a pin's description may have 800.
_LONGEST = 120


def diff_lines(found: PlanDiff, *, everything: bool = False) -> Iterator[Line]:
    """What differs, part by part, and the counts.

    Args:
        found: the differences.
        everything: fold nothing.
    """
    yield from _heads(found)
    if found.settings:
        yield Line("Settings", "bold")
        yield from _folded([[_field(one, "  ~ ")] for one in found.settings], everything=everything)
        yield Line()
    yield from _part("Actions", found.actions, _action, everything=everything)
    yield from _part("Findings", found.findings, _finding, everything=everything)
    yield from _part("Checks", found.checks, _check, everything=everything)
    yield Line(closing_line(found), "bold" if found.differs else "bold green")


def closing_line(found: PlanDiff) -> str:
    """What differs, in figures; scripts may look for it."""
    if not found.differs:
        # The figures tell "equal" from "both empty", which usually means that a wrong file was compared.
        return f"{NO_DIFFERENCES} {plural(found.actions.unchanged, 'action')} and {plural(found.findings.unchanged, 'finding')} in both plans."
    parts = [
        _counts("action", found.actions),
        _counts("finding", found.findings),
        _counts("check", found.checks),
        f"{plural(len(found.settings), 'setting')} changed",
    ]
    return f"Diff: {'; '.join(parts)}."


def _counts(what: str, part: Compared[Any]) -> str:
    return f"{what}s: {len(part.added):,} added, {len(part.removed):,} removed, {len(part.changed):,} changed"


def _heads(found: PlanDiff) -> Iterator[Line]:
    for symbol, name, plan in (("-", "Old", found.old), ("+", "New", found.new)):
        yield Line(f"{symbol} {name}: {_made(plan)}", "dim")
    yield Line()


def _made(plan: ComparedPlan) -> str:
    return f"made {plain(local_time(plan.created_at))}; {plain(plan.digest)}"


def _part(title: str, part: Compared[T], words: Callable[[T], tuple[str, str]], *, everything: bool) -> Iterator[Line]:
    """Everything that was removed, added or changed, each kind of it folded by itself."""
    if not part.differs:
        return
    yield Line(title, "bold")
    removed = [[_entry("-", words(one))] for one in part.removed]
    added = [[_entry("+", words(one))] for one in part.added]
    changed = [list(_changed(one, words, everything=everything)) for one in part.changed]
    # Folded one by one: thousands of additions must not hide the few removals.
    for entries in (removed, added, changed):
        yield from _folded(entries, everything=everything)
    yield Line()


def _folded(entries: Sequence[Sequence[Line]], *, everything: bool) -> Iterator[Line]:
    # The "… more" line takes the last row, so that a folded list is never longer than FOLD.
    shown = entries if everything or len(entries) <= FOLD else entries[: FOLD - 1]
    for entry in shown:
        yield from entry
    if len(shown) < len(entries):
        yield Line(f"  … and {len(entries) - len(shown):,} more; show them with --all", "dim")


def _entry(symbol: str, words: tuple[str, str]) -> Line:
    subject, rest = words
    return Line(f"  {symbol} {subject}{'  ' if rest else ''}{rest}", _STYLES[symbol])


def _changed(one: Change[T], words: Callable[[T], tuple[str, str]], *, everything: bool) -> Iterator[Line]:
    yield _entry("~", (words(one.new)[0], ""))
    # Only the "… more" line is dim; it is written for the outer indent.
    for line in _folded([[_field(field, "      ")] for field in one.fields], everything=everything):
        yield Line(f"    {line.text}", line.style) if line.style == "dim" else line


def _field(change: FieldChange, indent: str) -> Line:
    return Line(f"{indent}{_name(change.field)}: {_value(change.old)} → {_value(change.new)}")


def _name(field: Sequence[str]) -> str:
    """The path of a field in words: ``path after``, ``expected size``, ``renditions 1200x width``."""
    first, *rest = field
    side = _SIDES.get(first) if rest else None
    parts = rest if side else field
    return (side or "{}").format(" ".join(_word(part) for part in parts))


def _word(part: str) -> str:
    return shortened(plain(spelt(part)))


def _value(value: Any) -> str:  # noqa: ANN401 - any value of a document
    if value is UNSET or value is None:
        return "nothing"
    # Sorted keys: the same value is the same text on both sides of the arrow.
    text = value if isinstance(value, str) else msgspec.json.encode(value, order="sorted").decode()
    return shortened(message(text), _LONGEST) or '""'


def _action(action: AnyAction) -> tuple[str, str]:
    return (
        f"{action.trait.title}: {plain(action.address)}",
        f"{plain(action.describe().effect)} ({plain(spelt(action.reason))})",
    )


def _finding(finding: Finding) -> tuple[str, str]:
    return f"{spelt(finding.kind).capitalize()}: {plain(finding.address)}", message(finding.message)


def _check(check: Check) -> tuple[str, str]:
    return plain(check.name), f"{check.status}: {message(check.message)}"
