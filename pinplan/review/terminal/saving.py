"""Saves decisions in a thread of its own, and hears what was decided elsewhere: no key waits for a disk."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from pinplan.errors import PinplanError
from pinplan.review.session import NotAccepted, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pinplan.model.ids import ActionId
    from pinplan.review.session import Session, Update, Verdict

LOOK_EVERY = 2.0
"""Seconds between two looks at the file, and before a save that failed is tried again."""


class Saver:
    """The decisions of one review on their way to the file.

    Attributes:
        trouble: why they cannot be saved at present; empty if they can.
    """

    def __init__(
        self,
        session: Session,
        on_update: Callable[[Update], None],
        on_refused: Callable[[str, dict[ActionId, Verdict]], None],
    ) -> None:
        """Start the thread.

        Args:
            session: the session of the review.
            on_update: called, in that thread, with what changed.
            on_refused: called, in that thread, with a message and the verdicts that hold instead.
        """
        self.trouble = ""
        self._session, self._on_update, self._on_refused = session, on_update, on_refused
        self._confirmed: dict[ActionId, Verdict] = session.texts
        self._unsaved: dict[ActionId, Step] = {}
        self._revision = session.revision
        self._changed = threading.Condition()
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="decisions", daemon=True)
        self._thread.start()

    @property
    def unsaved(self) -> int:
        """Decisions that are not on disk yet."""
        return len(self._unsaved)

    def is_unsaved(self, action: ActionId) -> bool:
        """Whether a decision about an action is on its way."""
        return action in self._unsaved

    def save(self, verdicts: Mapping[ActionId, Verdict], notes: Mapping[ActionId, str]) -> None:
        """Save decisions soon; an empty verdict takes one back."""
        with self._changed:
            for name, verdict in verdicts.items():
                note = notes.get(name, "") if verdict else ""
                self._unsaved[name] = Step(verdict, was=self._confirmed.get(name, ""), note=note)
            self._changed.notify_all()

    def settle(self, seconds: float) -> bool:
        """Wait until all is saved. Returns whether it is."""
        with self._changed:
            self._changed.notify_all()
            return self._changed.wait_for(lambda: not self._unsaved, seconds)

    def end(self) -> None:
        """End the thread, after a last attempt to save."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        self._thread.join(timeout=LOOK_EVERY)

    # -- the thread --------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._ended:
            with self._changed:
                self._changed.wait_for(lambda: (self._unsaved and not self.trouble) or self._ended, LOOK_EVERY)
                batch = dict(self._unsaved)
            self._send(batch)

    def _send(self, batch: dict[ActionId, Step]) -> None:
        try:
            update = self._session.change(
                {str(name): step for name, step in batch.items()}, self._session.id, self._revision
            )
        except NotAccepted as error:
            self._give_up(batch, str(error))
            return
        except PinplanError as error:
            self.trouble = str(error)
            return
        except Exception as error:  # noqa: BLE001 - a fault of ours must not end the thread: the person sees it, and may still be saved
            self.trouble = f"a bug in pinplan: {type(error).__name__}: {error}"
            return
        self.trouble = update.trouble
        with self._changed:
            self._revision = update.revision
            # With trouble nothing was saved: the batch stays.
            if not update.trouble:
                self._confirm(batch, update)
            self._changed.notify_all()
        if update.decisions or update.refused or update.done or update.read_only or update.trouble or batch:
            self._on_update(update)

    def _confirm(self, batch: dict[ActionId, Step], update: Update) -> None:
        for name, step in batch.items():
            if name not in update.refused:
                self._confirmed[name] = step.verdict
        self._confirmed.update(update.decisions)
        self._confirmed.update(update.refused)
        for name, step in batch.items():
            # If not, it was decided again meanwhile.
            if self._unsaved.get(name) is step or name in update.refused:
                self._unsaved.pop(name, None)
        for name, step in self._unsaved.items():
            self._unsaved[name] = Step(step.verdict, was=self._confirmed.get(name, ""), note=step.note)

    def _give_up(self, batch: dict[ActionId, Step], why: str) -> None:
        with self._changed:
            for name in batch:
                self._unsaved.pop(name, None)
            self._changed.notify_all()
        if batch:
            self._on_refused(why, {name: self._confirmed.get(name, "") for name in batch})
