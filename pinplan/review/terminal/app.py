"""The review in a terminal. It never applies anything: it decides, and saves each decision as it is made."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import work
from textual.app import App
from textual.binding import Binding
from textual.message import Message
from textual.worker import WorkerFailed

from pinplan.render.text_safety import message, plural
from pinplan.review.terminal.blocks import Colours
from pinplan.review.terminal.decisions import ReviewDecisions
from pinplan.review.terminal.dialogs import Answer, Question
from pinplan.review.terminal.pictures import PictureLoader
from pinplan.review.terminal.queue import ReviewQueue
from pinplan.review.terminal.saving import Saver
from pinplan.review.terminal.screen import ReviewScreen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.binding import BindingType

    from pinplan.model.ids import ActionId
    from pinplan.plan.document import Plan
    from pinplan.review.session import Session, Update, Verdict
    from pinplan.review.thumbnails import FetchedImages

TERMINAL_SECONDS = 2.0
"""How often the terminal is looked for."""
QUIT_SECONDS = 5.0
"""How long quitting waits for the disk before it asks."""


class ReviewApp(App[None]):
    """One review."""

    ENABLE_COMMAND_PALETTE = False
    CSS_PATH = "app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        # Priority: also from within a dialog or a field.
        Binding("ctrl+c,ctrl+q,ctrl+d", "leave", priority=True, show=False),
    ]

    class Updated(Message):
        """Decisions were saved, or changed elsewhere."""

        def __init__(self, update: Update) -> None:
            """Take what the session answered."""
            super().__init__()
            self.update = update

    class NotTaken(Message):
        """Decisions were refused."""

        def __init__(self, why: str, verdicts: dict[ActionId, Verdict]) -> None:
            """Take the reason, and the verdicts that hold instead."""
            super().__init__()
            self.why, self.verdicts = why, verdicts

    class PictureLoaded(Message):
        """A picture can be shown."""

    def __init__(self, session: Session, plan: Plan, name: str, images: FetchedImages, *, colour: bool = True) -> None:
        """Prepare the review.

        Args:
            session: its decisions; the same kind as those of the page.
            plan: as it is shown: with the commands of this invocation.
            name: of the plan file.
            images: where pictures come from.
            colour: whether the terminal is to show colours.
        """
        if not colour:
            os.environ["NO_COLOR"] = "1"  # textual takes it from there, and out of there
        # The terminal's own colours: they fit its background, and are what a simple terminal has.
        super().__init__(ansi_color=True)
        self.plan, self.plan_name = plan, name
        self.queue = ReviewQueue(session.plan, session.waits)
        self.decisions = ReviewDecisions(session, self._save)
        self.loader = PictureLoader(session.plan, images, self._colours(), self._picture_loaded)
        self._session = session
        self._saver: Saver | None = None

    def _colours(self) -> Colours:
        if self.no_color:
            return Colours.FEW
        return {"truecolor": Colours.TRUE, "256": Colours.TABLE}.get(self.console.color_system or "", Colours.FEW)

    def on_mount(self) -> None:
        """Show the first group."""
        self._saver = Saver(
            self._session,
            lambda update: self._post(self.Updated(update)),
            lambda why, verdicts: self._post(self.NotTaken(why, verdicts)),
        )
        if not self.is_headless:
            self.set_interval(TERMINAL_SECONDS, self._end_without_terminal)
        self.push_screen(ReviewScreen(self.plan, self.plan_name, self.queue, self.decisions, self.loader))

    def _end_without_terminal(self) -> None:
        # Under nohup, a closed terminal sends no signal that would be heard, and textual reads its end for ever.
        if not os.isatty(sys.__stdin__.fileno() if sys.__stdin__ else 0):
            self.end()

    def on_unmount(self) -> None:
        """End the threads, after a last attempt to save."""
        if self._saver:
            self._saver.end()

    # -- saving ------------------------------------------------------------------------------------------------------

    @property
    def saving(self) -> str:
        """Decisions that are not on disk yet, in words; empty where all are."""
        if self._saver and self._saver.trouble:
            return f"NOT SAVED: {message(self._saver.trouble)}"
        return f"saving {self._saver.unsaved}" if self._saver and self._saver.unsaved else ""

    def _save(self, verdicts: Mapping[ActionId, Verdict], notes: Mapping[ActionId, str]) -> None:
        if self._saver:
            self._saver.save(verdicts, notes)

    def _post(self, news: Message) -> None:
        """From a thread; news for an app that has ended are for no one."""
        if self.is_running:
            self.post_message(news)

    def _picture_loaded(self) -> None:
        self._post(self.PictureLoaded())

    def on_review_app_updated(self, event: Updated) -> None:
        """Show what was decided elsewhere."""
        message = self.decisions.take(event.update, self._saver.is_unsaved if self._saver else lambda _: False)
        self.review.draw_again(message)

    def on_review_app_not_taken(self, event: NotTaken) -> None:
        """Show what holds instead."""
        self.decisions.take_back(event.verdicts)
        self.review.draw(f"Not saved: {message(event.why)}")

    def on_review_app_picture_loaded(self) -> None:
        """Draw it."""
        self.review.picture_loaded()

    @property
    def review(self) -> ReviewScreen:
        """The screen behind all dialogs."""
        return next(screen for screen in self.screen_stack if isinstance(screen, ReviewScreen))

    # -- the end -----------------------------------------------------------------------------------------------------

    def on_review_screen_leave(self) -> None:
        """Q was pressed, and answered."""
        self.leave()

    def action_leave(self) -> None:
        """Quit; what is decided is saved."""
        self.leave()

    @work(exclusive=True, group="leave")
    async def leave(self) -> None:
        """Quit once everything is saved, or the person does not want to wait any longer."""
        while self._saver and not await asyncio.to_thread(self._saver.settle, QUIT_SECONDS):
            why = self._saver.trouble or "the disk does not answer"
            lost = plural(self._saver.unsaved, "decision")
            answers = [Answer("r", "try again", value=True), Answer("q", f"quit, and lose {lost}", value=False)]
            if not await self.push_screen_wait(
                Question(Text(f"{lost} not saved: {message(why)}"), answers, "continue reviewing")
            ):
                return
        self.exit()

    @property
    def failure(self) -> Exception | None:
        """The error that ended the review; None if none did."""
        found = self._exception
        return found.error if isinstance(found, WorkerFailed) and isinstance(found.error, Exception) else found

    def _set_pointer_shape(self, shape: str) -> None:
        """Send nothing: the mouse is the terminal's, and few terminals understand this."""

    def _fatal_error(self) -> None:
        """End without textual's own report: whoever runs the review writes one, without the values of variables."""
        self._close_messages_no_wait()

    def end(self) -> None:
        """For a signal: quit without a question."""
        if self._saver:
            self._saver.settle(QUIT_SECONDS)
        self.exit()
