"""The screen of the review: one group, its pictures and facts, and what a key does with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from rich.text import Text
from textual import work
from textual.containers import Container, VerticalScroll
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from pinplan.plan.decisions import Choice
from pinplan.records.decisions_file import MAX_TEXT
from pinplan.render.text_safety import plain, plural, shortened
from pinplan.review.terminal import words
from pinplan.review.terminal.dialogs import Answer, Line, Page, Question
from pinplan.review.terminal.facts import TONES, GroupFacts
from pinplan.review.terminal.finishing import Finishing
from pinplan.review.terminal.held_keys import HeldKeys
from pinplan.review.terminal.many import ManyDecisions
from pinplan.review.terminal.picture_row import PictureRow
from pinplan.review.terminal.staying import numbered

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult
    from textual.events import Key

    from pinplan.model.ids import ActionId
    from pinplan.plan.document import Plan
    from pinplan.review.page.model import GroupModel
    from pinplan.review.terminal.decisions import ReviewDecisions, Verdicts
    from pinplan.review.terminal.facts import Pane
    from pinplan.review.terminal.pictures import PictureLoader
    from pinplan.review.terminal.queue import ReviewQueue

WIDE = 110
"""Columns from which the facts are beside the pictures."""
LONG_LINES = 150
"""Columns from which one line is enough for what an apply would do."""
NARROW = 76
"""Columns up to which only the most important keys are named."""
FEWEST_ROWS = 16
"""Fewer, and there are no pictures."""


_MAY_REPEAT = {"left", "right", "up", "down", "shift+up", "shift+down", "pageup", "pagedown"}
_STEPS = {"u", "y"}


class ReviewScreen(Screen[None]):
    """One group at a time."""

    class Leave(Message):
        """The review is to end."""

    def __init__(
        self, plan: Plan, name: str, queue: ReviewQueue, decisions: ReviewDecisions, loader: PictureLoader
    ) -> None:
        """Show the first group that is open."""
        super().__init__()
        self._plan, self._name = plan, plain(name)
        self._queue, self._decisions = queue, decisions
        self._facts = GroupFacts(queue, decisions)
        self._pictures = PictureRow(loader)
        self._held = HeldKeys()
        self.current = queue.next_open(None, self._is_open) or queue.step(None, 1)
        self.marked: dict[str, GroupModel] = {}
        self._compared = [0, 1]
        self._large = False
        self._flicker: int | None = None
        self._message = ""
        self._stepped = False

    def compose(self) -> ComposeResult:
        """The parts of the screen, top to bottom."""
        self._pictures.id = "pictures"
        for name in ("top", "now", "head"):
            yield Static(id=name, markup=False)
        with Container(id="body"):
            yield self._pictures
            with VerticalScroll(id="side", can_focus=False):
                yield Static(id="facts", markup=False)
        for name in ("state", "keys"):
            yield Static(id=name, markup=False)

    def on_mount(self) -> None:
        """Draw."""
        self.draw()

    def on_resize(self) -> None:
        """Arrange for the new size."""
        self.draw(self._message)

    # -- drawing -----------------------------------------------------------------------------------------------------

    def draw(self, message: str = "") -> None:
        """Show everything as it is now, and a message."""
        self._message = message
        if not self.is_mounted:
            return
        self._write("top", self._top())
        outcomes = self._decisions.outcomes
        self._write("now", Text.assemble("If applied now: ", (outcomes.sentence, TONES[outcomes.tone])))
        group = self.current
        self._write("head", self._facts.head(group) if group else Text("This plan has no actions."))
        self._write("state", self._state(group) if group else Text(self._decisions.read_only))
        self._write("keys", Text(self._keys(group), no_wrap=True, overflow="ellipsis"))
        self._draw_group(group)

    def draw_again(self, message: str = "") -> None:
        """Show what has changed elsewhere; the last message stays if there is no other."""
        self.draw(message or self._message)

    def picture_loaded(self) -> None:
        """Draw a picture that was loaded."""
        self._pictures.refresh()

    def _draw_group(self, group: GroupModel | None) -> None:
        panes = self._panes(group)
        self._arrange(len(panes))
        self.query_one("#facts", Static).update(self._facts.facts(group, self._compared) if group else Text())
        following = self._queue.step(group, 1)
        self._pictures.show_panes(
            panes, self._facts.panes(following, (0, 1)) if following and following is not group else ()
        )

    def _panes(self, group: GroupModel | None) -> list[Pane]:
        panes = self._facts.panes(group, self._compared) if group else []
        return panes if self._flicker is None else panes[self._flicker : self._flicker + 1]

    def _write(self, name: str, text: Text) -> None:
        # The layout is fixed: without a pass of it, a key is answered sooner.
        self.query_one(f"#{name}", Static).update(text, layout=False)

    def _arrange(self, panes: int) -> None:
        """Place facts beside the pictures where there is room, below them elsewhere."""
        width, height = self.size
        pictures = height >= FEWEST_ROWS or self._large
        beside = width >= WIDE or panes < 2
        side = self.query_one("#side")
        self._pictures.display = pictures
        side.display = not self._large
        for name in ("now", "head", "state"):
            self.query_one(f"#{name}").display = not self._large
        lines = 1 if width >= LONG_LINES or height < FEWEST_ROWS else 2
        self.query_one("#now").styles.height = lines
        self.query_one("#state").styles.height = 1 + lines
        self.query_one("#body").styles.layout = "horizontal" if beside else "vertical"
        side.styles.height = "1fr" if beside or not pictures else max(3, height // 6)
        side.styles.width = (
            "1fr" if not pictures or not beside else max(30, width * 3 // 10 if panes > 1 else width // 2)
        )

    def _top(self) -> Text:
        place = self._queue.place(self.current)
        total = len(self._queue.shown)
        decided = len(self._decisions.verdicts)
        parts = [
            f"{self._name}: {f'{place + 1:,}' if place >= 0 else '–'} of {total:,}" if total else self._name,
            f"{decided:,} decided",
            f"{len(self.marked):,} marked" if self.marked else "",
            f"search: {self._queue.text}" if self._queue.text else "",
        ]
        saving = getattr(self.app, "saving", "")
        style = "bold red" if saving.startswith("NOT") else "yellow"
        return Text.assemble(" · ".join(filter(None, parts)), (f"  {saving}", style), no_wrap=True, overflow="ellipsis")

    def _state(self, group: GroupModel) -> Text:
        message = self._message or self._decisions.read_only
        marked = " marked " if group.actions[0] in self.marked else ""
        first = Text.assemble(
            (marked, "reverse"),
            " " if marked else "",
            self._facts.state(group),
            (f"  {message}" if message else "", "bold"),
            no_wrap=True,
            overflow="ellipsis",
        )
        first.truncate(max(1, self.size.width), overflow="ellipsis")
        return Text("\n").join([first, self._facts.consequence(group)])

    def _keys(self, group: GroupModel | None) -> str:
        if group is None or self._decisions.read_only:
            return words.READ_ONLY
        if self.size.width < NARROW:
            return words.FEW
        own = words.PAIR if self._queue.is_pair(group) else words.SINGLE
        return own + words.MORE if self.size.width >= LONG_LINES else own

    # -- keys --------------------------------------------------------------------------------------------------------

    def on_key(self, event: Key) -> None:
        """Do what the key says."""
        key = event.key if len(event.key) > 1 else event.key.lower()
        does = self._does(key)
        if does is None:
            return
        event.stop()
        event.prevent_default()
        if key not in _MAY_REPEAT and self._held.repeats(key, event.time):
            self._let_go(key)
            return
        self._stepped = False
        does()

    def _let_go(self, key: str) -> None:
        """A key is held down: take back what its first repetition decided."""
        if self._held.first and self._stepped and key not in _STEPS:
            self._undone(self._decisions.undo(), "")
        self._stepped = False
        self.draw("The key is held down: it decides once")

    def _does(self, key: str) -> Callable[[], object] | None:
        if key.isdigit():
            return lambda: self._keep(int(key) - 1)
        table: dict[str, Callable[[], object]] = {
            "left": lambda: self._step(-1),
            "right": lambda: self._step(1),
            "home": lambda: self._step(-len(self._queue.groups)),
            "end": lambda: self._step(len(self._queue.groups)),
            "enter": self._toggle_large,
            "escape": self._back,
            "a": lambda: self._verdict(Choice.APPROVE),
            "s": lambda: self._verdict(Choice.SKIP),
            "k": lambda: self._verdict(Choice.SKIP),
            "n": self._different,
            "c": lambda: self._verdict(""),
            "u": lambda: self._undone(self._decisions.undo(), "Undone"),
            "y": lambda: self._undone(self._decisions.redo(), "Done again"),
            "up": lambda: self._compare(-1),
            "down": lambda: self._compare(1),
            "pageup": lambda: self.query_one("#side", VerticalScroll).scroll_page_up(animate=False),
            "pagedown": lambda: self.query_one("#side", VerticalScroll).scroll_page_down(animate=False),
            "shift+up": lambda: self._compare(-1, 0),
            "shift+down": lambda: self._compare(1, 0),
            "t": self._toggle_stay,
            "f": self._toggle_flicker,
            "x": self._mark,
            "w": self.write_note,
            "b": lambda: ManyDecisions(self, self._queue, self._decisions).open(),
            "v": lambda: ManyDecisions(self, self._queue, self._decisions).open_decided(),
            "slash": self.search,
            "i": lambda: self.app.push_screen(Page(words.plan_page(self._plan))),
            "question_mark": lambda: self.app.push_screen(Page(words.help_page())),
            "q": lambda: Finishing(self, self._queue, self._decisions).open(),
        }
        return table.get(key)

    # -- moving ------------------------------------------------------------------------------------------------------

    def go_to(self, group: GroupModel, message: str = "") -> None:
        """Show a group, even of a kind that was folded."""
        self._queue.reach(group)
        if group is not self.current:
            self.current, self._compared, self._flicker = group, [0, 1], None
        self.draw(message)

    def _step(self, by: int) -> None:
        group = self._queue.step(self.current, by)
        if group is not None:
            self.go_to(group)

    def go_on(self, message: str = "") -> None:
        """To the next group that is open; after the last one, ask whether to finish."""
        following = self._queue.next_open(self.current, self._is_open)
        if following is not None:
            self.go_to(following, message)
            return
        self.draw(message)
        self._ask_to_finish()

    @work(exclusive=True)
    async def _ask_to_finish(self) -> None:
        if await self.app.push_screen_wait(
            Question(Text("All decided. Finish?"), [Answer("f", "finish …", value=True)], "continue")
        ):
            Finishing(self, self._queue, self._decisions).open()

    def _is_open(self, group: GroupModel) -> bool:
        return self._decisions.may_decide(group) and not self._decisions.decided(group)

    def _compare(self, by: int, side: int = 1) -> None:
        group = self.current
        if not group or not self._queue.is_pair(group) or len(group.actions) == 1:
            return
        number = len(group.actions) + 1
        following = (self._compared[side] + by) % number
        if following == self._compared[1 - side]:
            following = (following + by) % number
        self._compared[side] = following
        self.draw()

    def _toggle_large(self) -> None:
        self._large = not self._large
        self.draw()

    def _back(self) -> None:
        self._large, self._flicker = False, None
        if self._queue.text:
            self._queue.search("")
        self.draw()

    def _toggle_flicker(self) -> None:
        if len(self._panes(self.current)) > 1 or self._flicker is not None:
            # The other one first: that is what one has not looked at yet.
            self._flicker = 1 - self._flicker if self._flicker is not None else 1
            self.draw("F: the other one. Esc: both")

    def _mark(self) -> None:
        if not self.current or self._decisions.read_only:
            return
        name = self.current.actions[0]
        if self.marked.pop(name, None) is None:
            self.marked[name] = self.current
        self.draw()

    @work(exclusive=True)
    async def search(self) -> None:
        """Show only what has a text in it."""
        text = await self.app.push_screen_wait(Line("Search in names and paths (empty: all)", self._queue.text, 200))
        if text is None:
            return
        before = self._queue.text
        self._queue.search(text.strip())
        if not self._queue.shown:
            self._queue.search(before)
            self.draw(f"Nothing matches {shortened(plain(text), 40)}")
        elif self._queue.place(self.current) < 0:
            self.go_to(self._queue.shown[0])
        else:
            self.draw()

    def leave(self) -> None:
        """Quit, with everything saved."""
        self.post_message(self.Leave())

    # -- deciding ----------------------------------------------------------------------------------------------------

    def _verdict(self, verdict: Choice | Literal[""]) -> None:
        group = self.current
        if group is None:
            return
        message = {Choice.APPROVE: "Approved", Choice.SKIP: "Skipped", "": "Cleared"}[verdict]
        self._decide(self._queue.all(group, verdict), message, stay=not verdict)

    def _different(self) -> None:
        if self.current and self._queue.is_pair(self.current):
            self._decide(self._queue.all(self.current, Choice.DIFFERENT), "Marked as different")

    def _keep(self, number: int) -> None:
        group = self.current
        if not group or not self._queue.is_pair(group) or not 0 <= number <= len(group.actions):
            return
        problem = self._queue.why_no_keeper(group, number)
        if problem:
            self.draw(problem)
        else:
            self._keep_these(group, [number])

    def _toggle_stay(self) -> None:
        """Let the image on the right stay as well, or not."""
        group = self.current
        if not group or not self._queue.is_pair(group):
            return
        number, stay = self._compared[1], self._facts.stayers(group)
        wanted = [one for one in stay if one != number] if number in stay else [*stay, number]
        if wanted:
            self._keep_these(group, wanted, stay=True)
        else:
            self.draw("One image has to stay")

    def _keep_these(self, group: GroupModel, wanted: Sequence[int], *, stay: bool = False) -> None:
        kept = self._queue.keeping(group, wanted)
        reasons = [f"{number + 1} stays: {why}" for number, why in kept.why.items()]
        self._decide(kept.changes, ". ".join([f"{numbered(kept.stay)} kept", *reasons]), stay=stay)

    def _decide(self, changes: Verdicts, message: str, *, stay: bool = False) -> None:
        if self._decisions.read_only:
            self.draw(self._decisions.read_only)
        elif self.current and not self._decisions.may_decide(self.current):
            self.draw("Already done")
        elif self._decisions.tied(changes):
            self._ask_about_tied(changes, message)
        else:
            self._take(changes, message, stay=stay)

    @work(exclusive=True)
    async def _ask_about_tied(self, changes: Verdicts, message: str) -> None:
        tied = self._decisions.tied(changes)
        if tied is None:
            return
        doing = "approve" if tied.verdict is Choice.APPROVE else "skip"
        both = {**changes, **dict.fromkeys(tied.ids, tied.verdict)}
        answers = [
            Answer("b", f"{doing} {'both' if len(tied.ids) == 1 else 'all'}", value=both),
            Answer("o", "only this", value=changes),
        ]
        chosen = await self.app.push_screen_wait(Question(Text(tied.text), answers))
        if chosen is not None:
            self._take(chosen, message)

    def _take(self, changes: Verdicts, message: str, *, stay: bool = False) -> None:
        name = self.current.actions[0] if self.current else ""
        if not self._decisions.decide(changes):
            return
        self._stepped = True
        if stay:
            self.draw(message)
        else:
            self.go_on(f"{message}: {name}")

    def _undone(self, names: Sequence[ActionId], message: str) -> None:
        if names:
            count = f": {plural(len(names), 'action')}" if len(names) > 1 else ""
            self.go_to(self._queue.group_of(names[0]), f"{message}{count}" if message else "")
        else:
            self.draw("Nothing to undo" if message == "Undone" else "Nothing to redo")

    @work(exclusive=True)
    async def write_note(self) -> None:
        """Ask why."""
        group = self.current
        if group is None or not self._decisions.may_decide(group):
            return
        before = self._decisions.notes.get(group.actions[0], "")
        note = await self.app.push_screen_wait(Line("Note: why it is decided so", before, MAX_TEXT))
        if note is not None:
            self._decisions.write_note(group.actions, plain(note.strip()))
            self.draw("Note saved" if self._decisions.decided(group) else "Note saved with the decision")
