"""Create something on Pinterest at most once (I29).

Pinterest has no key that would make a repeated request harmless. So the intent is flushed to disk, the request is sent once, and
where its answer was lost nothing is ever sent again before it is known that nothing was created. Listings lag behind creates:
one that does not show the pin proves nothing, however much time has passed.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from threading import Event
from typing import TYPE_CHECKING

from pinplan.creates import Recogniser
from pinplan.errors import (
    AnswerLost,
    AuthError,
    CreatePending,
    PinplanError,
    QuotaSpent,
    RemoteError,
    Unconfirmed,
)
from pinplan.model.creates import PinIntent, SentPicture
from pinplan.model.ids import PinId, Sha256
from pinplan.model.times import timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pinplan.actions.contexts import PinWanted
    from pinplan.dedupe.same_picture import Fingerprinter
    from pinplan.model.creates import CreateRecord
    from pinplan.model.ids import ActionId, BoardId, RunId
    from pinplan.model.images import Upload
    from pinplan.ports import ImageSource, Library, Remote, WaitingClock
    from pinplan.records.creates import Creates

LONGEST = 120.0
"""Seconds that are waited for a created pin to be listed, at most, for each create."""
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0


class Creator:
    """Creates things for the actions of one run (protocol `pinplan.actions.contexts.Creating`)."""

    def __init__(
        self,
        run: RunId,
        records: Creates,
        remote: Remote,
        library: Library,
        images: ImageSource,
        clock: WaitingClock,
        *,
        fingerprinter: Fingerprinter | None = None,
        stop: Event | None = None,
    ) -> None:
        """Hold what is needed; ``stop`` ends the waiting."""
        self._run, self._records, self._remote, self._library, self._clock = run, records, remote, library, clock
        self._recogniser = Recogniser(images, library, fingerprinter)
        self._stop = stop or Event()
        self._listed: dict[BoardId, set[PinId]] = {}

    def known(self, action: ActionId) -> PinId | None:
        """See `pinplan.actions.contexts.Creating`."""
        record = self._records.of(self._run, action)
        return record.created if record is not None else None

    def begun(self, action: ActionId) -> bool:
        """See `pinplan.actions.contexts.Creating`."""
        return self._records.of(self._run, action) is not None

    def create_pin(self, action: ActionId, wanted: PinWanted, *, maybe_sent: bool = False) -> PinId:
        """See `pinplan.actions.contexts.Creating`."""
        record = self._records.of(self._run, action)
        if record is not None:
            return record.created or self._look(action, record.intent, self._left(record))
        uploads = [self._library.upload(path) for path in wanted.pictures]
        intent = _intent(wanted, uploads, wanted.twins if maybe_sent else self._before(wanted.pin.board_id))
        self._begin(action, intent)
        sent = None if maybe_sent else self._send(action, wanted, uploads)
        return sent if isinstance(sent, str) else self._look(action, intent, LONGEST, sent)

    def _before(self, board: BoardId) -> tuple[PinId, ...]:
        """What the board holds, listed once in a run; what this run creates there is added."""
        if board not in self._listed:
            self._listed[board] = {pin.id for page in self._remote.pin_pages(board) for pin in page.pins}
        return tuple(sorted(self._listed[board]))

    def _begin(self, action: ActionId, intent: PinIntent) -> None:
        same = self._records.begin(self._run, action, intent, timestamp(self._clock.now()))
        if same is not None:
            run, other = same
            raise CreatePending(
                f"not sent: the same pin may have been created by action {other} of run {run}, which is not confirmed yet; "
                "the next plan names the command that ends that"
            )

    def _send(self, action: ActionId, wanted: PinWanted, uploads: Sequence[Upload]) -> PinId | AnswerLost:
        try:
            created = self._remote.create_pin(wanted.pin.within_limits(), uploads).id
        except AnswerLost as error:
            return error
        except PinplanError:  # surely not carried out: it may be tried again
            self._records.end(self._run, action, None)
            raise
        self._end(action, wanted.pin.board_id, created)
        return created

    def _end(self, action: ActionId, board: BoardId, created: PinId) -> None:
        self._records.end(self._run, action, created)
        if board in self._listed:
            self._listed[board].add(created)

    def _left(self, record: CreateRecord) -> float:
        """Seconds for which an earlier try's pin is still waited for: two minutes from its request, whatever the clock did since."""
        begun = datetime.fromisoformat(record.begun_at).replace(tzinfo=UTC)
        return min(LONGEST, max(0.0, LONGEST - abs((self._clock.now() - begun).total_seconds())))

    def _look(self, action: ActionId, intent: PinIntent, seconds: float, lost: AnswerLost | None = None) -> PinId:
        """Look for the pin again and again. Raises `Unconfirmed`."""
        problem: PinplanError | None = lost
        for pause in _pauses(seconds):
            try:
                found, problem = self._find(intent), lost
            except (QuotaSpent, AuthError) as error:  # no later look can be made either
                raise _unconfirmed(error) from error
            except RemoteError as error:
                found, problem = None, error
            if found is not None:
                self._end(action, intent.pin.board_id, found)
                return found
            if self._stop.is_set():
                break
            self._clock.wait(pause, self._stop)
        raise _unconfirmed(problem)

    def _find(self, intent: PinIntent) -> PinId | None:
        pages = self._remote.pin_pages(intent.pin.board_id)
        return self._recogniser.find(intent, [pin for page in pages for pin in page.pins], self._records.created())


def _unconfirmed(problem: PinplanError | None) -> Unconfirmed:
    message = "the answer was lost, and no listing shows the pin yet: nothing is sent again. Every plan looks for it"
    return Unconfirmed(message, problem)


def _pauses(seconds: float) -> Iterator[float]:
    """Growing pauses that add up to this; the last one is 0: behind it is no look any more."""
    pause = _FIRST_PAUSE
    while seconds > 0:
        yield min(pause, seconds)
        seconds -= pause
        pause = min(pause * 2, _LONGEST_PAUSE)
    yield 0.0


def _intent(wanted: PinWanted, uploads: Sequence[Upload], before: Sequence[PinId]) -> PinIntent:
    return PinIntent(
        subject=wanted.subject,
        pin=wanted.pin.within_limits(),
        pictures=tuple(
            SentPicture(source=path, sha256=Sha256(hashlib.sha256(upload.data).hexdigest()))
            for path, upload in zip(wanted.pictures, uploads, strict=True)
        ),
        before=tuple(sorted({*before, *wanted.twins})),
    )
