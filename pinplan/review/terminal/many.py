"""Decisions about many groups at once, and the list of what is decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from rich.text import Text

from pinplan.model.times import moment_of
from pinplan.plan.decisions import Choice
from pinplan.render.text_safety import plural
from pinplan.review.terminal.decisions import choice_in
from pinplan.review.terminal.dialogs import Answer, Choosing, Question
from pinplan.review.terminal.facts import TONES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pinplan.model.ids import ActionId
    from pinplan.review.page.model import GroupModel
    from pinplan.review.terminal.decisions import ReviewDecisions, Verdicts
    from pinplan.review.terminal.queue import Member, ReviewQueue
    from pinplan.review.terminal.screen import ReviewScreen

LISTED = 500
_VERBS: dict[str, tuple[Choice | None, str]] = {
    "a": (Choice.APPROVE, "Approve"),
    "s": (Choice.SKIP, "Skip"),
    "c": (None, "Leave undecided"),
}
_KEYS = {"enter": "go to", "a": "approve", "s": "skip", "c": "leave undecided", "r": "duplicates: by rule"}


Worth: TypeAlias = "Callable[[Member], float]"


class Row(NamedTuple):
    """A row of the list: its words, and its groups."""

    words: Text
    groups: Sequence[GroupModel]


class ManyDecisions:
    """What is decided about a kind, a board, a search, or all marked groups; always asked first, with the consequence."""

    def __init__(self, screen: ReviewScreen, queue: ReviewQueue, decisions: ReviewDecisions) -> None:
        """Take the review."""
        self._screen, self._queue, self._decisions = screen, queue, decisions

    def open(self) -> None:
        """Show the list."""
        self._screen.run_worker(self._parts(), exclusive=True)

    def open_decided(self) -> None:
        """Show what is decided, the latest first."""
        self._screen.run_worker(self._decided(), exclusive=True)

    # -- kinds and boards --------------------------------------------------------------------------------------------

    async def _parts(self) -> None:
        rows = list(self._rows())
        keys = {"enter": "go to"} if self._decisions.read_only else _KEYS
        chosen = await self._screen.app.push_screen_wait(
            Choosing("Kinds and boards", [row.words for row in rows], keys, "This plan has no actions.")
        )
        if chosen is None:
            return
        key, number = chosen
        groups = [group for group in rows[number].groups if self._decisions.may_decide(group)]
        if key == "enter":
            self._go_to(rows[number].groups)
        elif not groups:
            self._screen.draw("All of these are done")
        elif key == "r":
            await self._by_rule([group for group in groups if self._queue.is_pair(group)])
        else:
            verdict, verb = _VERBS[key]
            changes: Verdicts = {}
            for group in groups:
                changes.update(self._queue.all(group, verdict or ""))
            await self._confirm(changes, verb)

    def _go_to(self, groups: Sequence[GroupModel]) -> None:
        first = next((group for group in groups if not self._decisions.decided(group)), groups[0])
        self._queue.open(first.kind)
        self._screen.go_to(first)

    def _rows(self) -> Iterator[Row]:
        if self._screen.marked:
            yield self._row(Text("Marked", "bold"), list(self._screen.marked.values()))
        if self._queue.text:
            yield self._row(Text(f"Search: {self._queue.text}", "bold"), self._queue.shown)
        for part in self._queue.parts():
            kind = self._queue.kinds[part.kind]
            if part.board:
                yield self._row(Text(f"    {part.board}"), part.groups)
            else:
                head = Text(f"{kind.symbol} {kind.title}", TONES[kind.tone])
                yield self._row(head, part.groups, "" if self._queue.needs_person(part.kind) else ", as planned")

    def _row(self, head: Text, groups: Sequence[GroupModel], more: str = "") -> Row:
        decided = sum(self._decisions.decided(group) for group in groups)
        words = f"  {len(groups):,}{more}" + (f", {decided:,} decided" if decided else "")
        return Row(Text.assemble(head, (words, "dim")), groups)

    async def _confirm(self, changes: Verdicts, verb: str) -> None:
        left = {name: verdict for name, verdict in changes.items() if name not in self._decisions.done}
        number = plural(len(left), "action")
        outcomes = self._decisions.preview(left)
        text = Text.assemble(
            f"{verb} {number}? Applied then, the plan ", (outcomes.sentence, TONES[outcomes.tone]), "."
        )
        sure = await self._screen.app.push_screen_wait(
            Question(text, [Answer("y", f"{verb.lower()} {number}", value=True)])
        )
        if sure and self._decisions.decide(left):
            self._screen.marked.clear()
            self._screen.go_on(f"{verb}: {number}")

    # -- duplicates by rule ------------------------------------------------------------------------------------------

    async def _by_rule(self, groups: Sequence[GroupModel]) -> None:
        if not groups:
            self._screen.draw("No duplicates among these")
            return
        answers: list[Answer[Worth]] = [
            Answer(str(number), f"keep {words}", value=worth) for number, (words, worth) in enumerate(_RULES, 1)
        ]
        boards = sorted({member.view.board for group in groups for member in self._queue.members(group)})
        if len(boards) > 1:
            answers += [
                Answer(str(number), f"keep the one on {self._queue.board_name(board)}", value=_on_board(board))
                for number, board in enumerate(boards[: 9 - len(answers)], len(answers) + 1)
            ]
        worth = await self._screen.app.push_screen_wait(
            Question(Text(f"{plural(len(groups), 'group')} of duplicates: which one is kept?"), answers)
        )
        if worth is not None:
            changes: Verdicts = {}
            for group in groups:
                # Where no pin is on the board, the rule says nothing.
                if any(worth(member) for member in self._queue.members(group)):
                    changes.update(self._queue.keeping_best(group, worth))
            await self._confirm(changes, "Decide")

    # -- what is decided ---------------------------------------------------------------------------------------------

    async def _decided(self) -> None:
        while True:
            names = list(reversed(self._decisions.verdicts))[:LISTED]
            rows = []
            for name in names:
                action, note = self._queue.action(name), self._decisions.notes.get(name)
                rows.append(
                    Text.assemble(
                        (f"{name} {self._queue.kinds[action.kind].title}  ", "dim"),
                        f"{action.name}  ",
                        (self._verdict(name), "bold"),
                        (f"  {note}" if note else "", "italic"),
                    )
                )
            keys = {"enter": "go to"} if self._decisions.read_only else {"enter": "go to", "t": "take back"}
            head = plural(len(self._decisions.verdicts), "decision") + ", the latest first"
            chosen = await self._screen.app.push_screen_wait(Choosing(head, rows, keys, "Nothing is decided yet."))
            if chosen is None:
                return
            key, number = chosen
            if key == "enter":
                self._screen.go_to(self._queue.group_of(names[number]))
                return
            self._decisions.decide({names[number]: ""})
            self._screen.draw("Taken back")

    def _verdict(self, name: ActionId) -> str:
        choice, kept = choice_in(self._decisions.verdicts[name]), self._decisions.kept_pin(name)
        if choice != Choice.SWAP:
            return choice
        return "keep this one instead" if self._decisions.swaps(name) else f"drop, keeping pin {kept}"


def _pixels(member: Member) -> float:
    return member.view.width * member.view.height + member.view.size / 1e12


def _bytes(member: Member) -> float:
    return member.view.size


def _age(member: Member) -> float:
    then = moment_of(member.pinned)
    return -then.timestamp() if then is not None else float("-inf")


_RULES: tuple[tuple[str, Worth], ...] = (
    ("the largest", _pixels),
    ("the largest file", _bytes),
    ("the oldest pin", _age),
)


def _on_board(number: int) -> Worth:
    return lambda member: float(member.view.board == number)
