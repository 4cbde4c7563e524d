"""The end of a review: what was not looked at is skipped, unless one press approves it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal

from rich.text import Text

from pinplan.plan.decision_rules import DecisionOutcome
from pinplan.plan.decisions import Choice
from pinplan.render.text_safety import plural
from pinplan.review.terminal.decisions import choice_in
from pinplan.review.terminal.dialogs import Answer, Question
from pinplan.review.terminal.facts import TONES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pinplan.model.ids import ActionId
    from pinplan.review.terminal.decisions import ReviewDecisions
    from pinplan.review.terminal.queue import ReviewQueue
    from pinplan.review.terminal.screen import ReviewScreen

LISTED = 200
_WORDS = {
    Choice.APPROVE: "approved",
    Choice.SKIP: "skipped",
    Choice.SWAP: "with another keeper",
    Choice.DIFFERENT: "marked as different",
}
Press = Literal["finish", "approve", "others", "quit"]


class Finishing:
    """The questions at the end."""

    def __init__(self, screen: ReviewScreen, queue: ReviewQueue, decisions: ReviewDecisions) -> None:
        """Take the review."""
        self._screen, self._queue, self._decisions = screen, queue, decisions
        self._others = False

    def open(self) -> None:
        """Ask."""
        self._screen.run_worker(self._ask(), exclusive=True)

    async def _ask(self) -> None:
        if self._decisions.read_only:
            self._screen.leave()
            return
        while True:
            unseen, others = self._undecided()
            left = [*unseen, *(others if self._others else ())]
            pressed: Press | None = await self._screen.app.push_screen_wait(
                Question(self._text(unseen, left), self._answers(unseen, others, left), "continue reviewing")
            )
            match pressed:
                case "others":
                    self._others = not self._others
                case "approve":
                    self._decisions.decide(dict.fromkeys(unseen, Choice.APPROVE))
                    self._screen.draw(f"{plural(len(unseen), 'action')} approved")
                case "finish":
                    self._decisions.decide(dict.fromkeys(left, Choice.SKIP))
                    self._screen.leave()
                    return
                case "quit":
                    self._screen.leave()
                    return
                case None:
                    return

    def _undecided(self) -> tuple[list[ActionId], list[ActionId]]:
        """Undecided actions: those that wait until they are decided, and those that run as planned."""
        names = self._decisions.undecided(self._queue.groups)
        unseen = [name for name in names if self._queue.action(name).undecided is DecisionOutcome.WAITING]
        return unseen, [name for name in names if self._queue.action(name).undecided is not DecisionOutcome.WAITING]

    def _text(self, unseen: Sequence[ActionId], left: Sequence[ActionId]) -> Text:
        outcomes = self._decisions.preview(dict.fromkeys(left, Choice.SKIP))
        return Text("\n").join(
            [
                Text("Finish", "bold"),
                Text(self._tallies()),
                *self._unseen(unseen),
                Text.assemble("Applied then, the plan ", (outcomes.sentence, TONES[outcomes.tone]), "."),
            ]
        )

    def _unseen(self, unseen: Sequence[ActionId]) -> Iterator[Text]:
        if not unseen:
            return
        one = len(unseen) == 1
        yield Text(
            f"{plural(len(unseen), 'undecided action')} that {'deletes or publishes' if one else 'delete or publish'} will be skipped:",
            "bold yellow",
        )
        for name in unseen[:LISTED]:
            action = self._queue.action(name)
            yield Text(f"  {name} {self._queue.kinds[action.kind].title}: {action.name}")
        if len(unseen) > LISTED:
            yield Text(f"  … and {len(unseen) - LISTED:,} more")

    def _answers(
        self, unseen: Sequence[ActionId], others: Sequence[ActionId], left: Sequence[ActionId]
    ) -> list[Answer[Press]]:
        skipped = f", {len(left):,} skipped" if left else ""
        found: list[Answer[Press]] = [Answer("f", f"save and finish{skipped}", value="finish")]
        if unseen:
            one = len(unseen) == 1
            then = self._decisions.preview(dict.fromkeys(unseen, Choice.APPROVE)).sentence
            words = f"approve {'it' if one else f'all {len(unseen):,}'} unseen: the plan then {then}"
            found.append(Answer("a", words, value="approve"))
        if others:
            number = plural(len(others), "other undecided action")
            words = f"perform the {number} as planned" if self._others else f"skip the {number}, too"
            found.append(Answer("o", words, value="others"))
        if left:
            found.append(Answer("u", "quit and leave them undecided: they wait until they are decided", value="quit"))
        return found

    def _tallies(self) -> str:
        counted = Counter(map(choice_in, self._decisions.verdicts.values()))
        parts = [f"{counted[verdict]:,} {words}" for verdict, words in _WORDS.items() if counted[verdict]]
        return f"{', '.join(parts)}." if parts else "No decisions yet."
