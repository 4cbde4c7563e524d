"""What is written about a group: heads, captions, facts, and what is decided. All of it is plain already (`render.text_safety`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from rich.text import Text

from pinplan.actions.views import Role
from pinplan.model.ids import PinId
from pinplan.plan.decision_rules import DecisionOutcome
from pinplan.plan.decisions import Choice
from pinplan.render.text_safety import plural, size
from pinplan.review.terminal.staying import measured_between, numbered

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pinplan.model.ids import ActionId
    from pinplan.review.page.model import ActionModel, Fact, GroupModel, ViewModel
    from pinplan.review.terminal.decisions import ReviewDecisions
    from pinplan.review.terminal.queue import Member, ReviewQueue

TONES = {"danger": "bold red", "warn": "yellow", "calm": "green"}
QUIET = "dim"
Fate = Literal["KEEP", "DROP"]
MOST_PANES = 5
"""Pictures side by side at most: as many as a carousel has."""

_VERDICTS: dict[str, tuple[str, str]] = {
    Choice.APPROVE: ("Approved", "bold green"),
    Choice.SKIP: ("Skipped", "bold cyan"),
    Choice.DIFFERENT: ("Marked as different: all stay", "bold cyan"),
    "mixed": ("Decided one by one", "bold"),
}


class Pane(NamedTuple):
    """A picture and what is written above it."""

    action: ActionId
    number: int
    label: str
    style: str
    lines: tuple[str, ...]


class GroupFacts:
    """What is written about the groups of a review."""

    def __init__(self, queue: ReviewQueue, decisions: ReviewDecisions) -> None:
        """Take both; they change with every key."""
        self._queue, self._decisions = queue, decisions

    # -- pictures ----------------------------------------------------------------------------------------------------

    def panes(self, group: GroupModel, compared: Sequence[int]) -> list[Pane]:
        """The pictures of a group: of duplicates the compared ones, else all of them.

        Args:
            group: the group.
            compared: the numbers of the duplicates that are compared.
        """
        if self._queue.is_pair(group):
            return [self._member(group, number) for number in compared]
        return [
            Pane(action.id, number, _label(view), "bold", _of_file(view))
            for action in self._queue.actions(group)
            for number, view in enumerate(action.views)
        ][:MOST_PANES]

    def _member(self, group: GroupModel, number: int) -> Pane:
        member = self._queue.members(group)[number]
        fate = self.fate(group, number)
        badge = f" ({member.view.badge})" if member.view.badge else ""
        label = f"{number + 1} {fate}{badge}: {self._why(group, number, fate)}"
        style = "green" if fate == "KEEP" else "bold red"
        return Pane(member.action, member.number, label, style, _of_file(member.view))

    def fate(self, group: GroupModel, number: int) -> Fate:
        """What becomes of one of the duplicates."""
        came = [self._decisions.outcomes.of[name] for name in group.actions]
        if number == 0:
            return "DROP" if DecisionOutcome.SWAP in came else "KEEP"
        return "KEEP" if came[number - 1] in {DecisionOutcome.DECLINED, DecisionOutcome.SWAP} else "DROP"

    def stayers(self, group: GroupModel) -> list[int]:
        """The numbers of the duplicates that stay."""
        return [number for number in range(len(group.actions) + 1) if self.fate(group, number) == "KEEP"]

    def _why(self, group: GroupModel, number: int, fate: Fate) -> str:
        planned = self._queue.members(group)[number].view
        other = self._kept_for(group, number) if fate == "DROP" else 0
        if other:
            return f"your choice; {other + 1} is kept"
        if planned.verdict == fate and self.fate(group, 0) == "KEEP":
            return planned.why
        if self._decisions.choice_of(group) == Choice.DIFFERENT:
            return "not a duplicate"
        others = [one for one in self.stayers(group) if one != number]
        if number and self.fate(group, 0) == "DROP" and others and not self._compared_with_any(group, number, others):
            return "was not compared with another one that stays"
        return "your choice"

    def _compared_with_any(self, group: GroupModel, number: int, others: Sequence[int]) -> bool:
        actions = self._queue.actions(group)
        return any(measured_between(actions, number, other) for other in others)

    def _kept_for(self, group: GroupModel, number: int) -> int:
        """The number of the image for which another one is removed."""
        if not number:
            return next((at for at, name in enumerate(group.actions, 1) if self._decisions.swaps(name)), 0)
        keep = self._decisions.kept_pin(group.actions[number - 1])
        pins = [member.view.pin for member in self._queue.members(group)]
        return pins.index(PinId(keep)) if keep in pins else 0

    # -- words -------------------------------------------------------------------------------------------------------

    def head(self, group: GroupModel) -> Text:
        """What the group is about, in one line."""
        kind = self._queue.kinds[group.kind]
        first = self._queue.action(group.actions[0])
        numbers = first.id if len(group.actions) == 1 else f"{first.id} +{len(group.actions) - 1}"
        return Text.assemble(
            (f"{kind.symbol} {kind.title}", TONES[kind.tone]),
            (f"  {numbers}  ", QUIET),
            (first.name, "bold"),
            (f"  {self._queue.board(group)}", QUIET),
        )

    def state(self, group: GroupModel) -> Text:
        """What is decided about a group, and why it comes out otherwise."""
        follows = next((name for name in group.actions if name in self._decisions.outcomes.why), None)
        words = self._verdict_words(group)
        if follows:
            change = self._decisions.outcomes.why[follows]
            done = "not done" if change.outcome is DecisionOutcome.DECLINED else "waits"
            words.append(f"  {done}: {change.reason}", "yellow")
        note = self._decisions.notes.get(group.actions[0])
        if note:
            words.append(f"  Note: {note}", "italic")
        return words

    def _verdict_words(self, group: GroupModel) -> Text:
        if all(name in self._decisions.done for name in group.actions):
            return Text("Done by an apply", "green")
        verdict = self._decisions.choice_of(group)
        if self._queue.is_pair(group) and verdict in {Choice.SWAP, "mixed"}:
            return Text(f"Keeping {numbered(self.stayers(group)).lower()}", "bold green")
        if verdict == Choice.SKIP and self._queue.is_pair(group):
            return Text("Skipped: all stay", "bold cyan")
        if verdict:
            return Text(*_VERDICTS[verdict])
        waits = any(self._queue.action(name).undecided is DecisionOutcome.WAITING for name in group.actions)
        return Text("Needs a decision", "bold yellow") if waits else Text("As planned", QUIET)

    def consequence(self, group: GroupModel) -> Text:
        """What an apply would do about the group."""
        return Text(self._decisions.consequence(group), TONES[self._decisions.tone(group)])

    def facts(self, group: GroupModel, compared: Sequence[int]) -> Text:
        """All that is known, a line for each fact."""
        pair = self._queue.is_pair(group)
        action = self._queue.action(group.actions[max(compared) - 1 if pair else 0])
        lines = [*(self._pair_lines(group, compared) if pair else _single_lines(action))]
        if action.effect:
            lines.append(Text(action.effect, QUIET))
        needs = [name for name in action.requires if name in self._decisions.outcomes.of]
        if needs:
            lines.append(Text(f"needs {', '.join(needs)}", QUIET))
        return Text("\n").join(lines)

    def _pair_lines(self, group: GroupModel, compared: Sequence[int]) -> Iterator[Text]:
        members = self._queue.members(group)
        left, right = (members[number] for number in compared)
        if len(members) > 2:
            fates = ", ".join(f"{number + 1} {self.fate(group, number)}" for number in range(len(members)))
            yield Text(
                f"{plural(len(members), 'image')}: {fates}. ↑ ↓ compare the others; T: the right one stays, or not."
            )
        boards = (self._queue.board_name(left.view.board), self._queue.board_name(right.view.board))
        for name, one, other, sign in _differences(left, right, boards):
            if one != other:
                style = ("red", "", "green")[sign + 1]
                yield Text.assemble((f"{name}: ", QUIET), one, (" | ", QUIET), (other, style))
        measured = measured_between(self._queue.actions(group), *compared)
        if measured is None:
            yield Text(f"{numbered(compared)} were not compared: neither is removed for the other.", QUIET)
        else:
            why = "; ".join(one for one in (measured.why, *measured.distances) if one)
            rule = f" Decided by {measured.rung}." if measured.rung else ""
            yield Text(f"{measured.tier}: {why}.{rule}", QUIET)


def _label(view: ViewModel) -> str:
    role = {Role.BEFORE: "Before", Role.AFTER: "After"}.get(view.role, "")
    return " · ".join(filter(None, (role, view.badge)))


def _of_file(view: ViewModel) -> tuple[str, ...]:
    parts = (dimensions(view), size(view.size) if view.size else "", f"quality {view.quality}" if view.quality else "")
    return (" · ".join(part for part in parts if part), view.path or f"pin {view.pin}")


def dimensions(view: ViewModel) -> str:
    """``736×1104``; with ``~`` where only Pinterest says so."""
    return f"{'' if view.measured else '~'}{view.width}×{view.height}" if view.width else ""


def _differences(left: Member, right: Member, boards: tuple[str, str]) -> Iterator[tuple[str, str, str, int]]:
    one, other = left.view, right.view
    yield "pixels", dimensions(one), dimensions(other), _sign(other.width * other.height - one.width * one.height)
    yield "quality", _known(one.quality), _known(other.quality), _sign(other.quality - one.quality)
    yield "size", size(one.size), size(other.size), _sign(other.size - one.size)
    yield "format", one.format, other.format, 0
    yield "board", *boards, 0
    yield "file", one.path, other.path, 0
    yield "pin", one.pin, other.pin, 0
    keeps, drops = _by_name(left.facts), _by_name(right.facts)
    for name in dict.fromkeys([*keeps, *drops]):
        yield name, keeps.get(name, "–"), drops.get(name, "–"), 0


def _by_name(facts: Sequence[Fact]) -> dict[str, str]:
    return {fact.name: fact.value for fact in facts}


def _known(quality: int) -> str:
    return str(quality) if quality else "unknown"


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)


def _single_lines(action: ActionModel) -> Iterator[Text]:
    yield _line("where", action.address)
    for change in action.changes:
        yield _line(change.name, f"{change.before or 'nothing'} → {change.after or 'nothing'}")
    for fact in action.facts:
        yield _line(fact.name, fact.value)
    yield _line("why", action.reason)
    if action.pin:  # a new board has none
        yield _line("pin", action.pin)


def _line(name: str, value: str) -> Text:
    return Text.assemble((f"{name}: ", QUIET), value)
