"""Create pins on Pinterest at most once, recognise those whose response was lost, and resolve what stays open (I29).

Pinterest has no idempotency key that would make a repeated request harmless. So the intent is flushed to disk and the request is sent once;
if the response is lost, nothing is sent again before it is known that nothing was created. Listings lag behind creates: one without
the pin proves nothing, however much time has passed.

Ours is a pin that was not listed before, that no other create made, with the texts as sent and the same picture. All of it must
match: a pin wrongly taken for ours would hide that nothing was created.
"""

from __future__ import annotations

import hashlib
import io
from collections import deque
from datetime import UTC, datetime
from threading import Event
from typing import TYPE_CHECKING, TypeVar

from msgspec.structs import replace

from pinplan.apply.video_uploads import VideoUploader
from pinplan.duplicates.compare import same_picture
from pinplan.errors import (
    AnswerLost,
    AuthError,
    ConfigError,
    CreatePending,
    ImageRefused,
    LibraryError,
    PinplanError,
    QuotaSpent,
    RemoteError,
    Unconfirmed,
    UnexpectedAnswer,
)
from pinplan.events import silent
from pinplan.model.creates import CREATES_A_MINUTE, PinIntent, SentPicture
from pinplan.model.ids import PinId, Sha256
from pinplan.model.images import Preparation
from pinplan.model.times import timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Sequence

    from pinplan.actions.contexts import PinWanted
    from pinplan.duplicates.compare import Fingerprinter
    from pinplan.events import Emit
    from pinplan.model.creates import CreateRecord
    from pinplan.model.ids import ActionId, BoardId, RunId
    from pinplan.model.images import Upload
    from pinplan.model.pins import NewPin, Pin, PinImage
    from pinplan.ports import ImageSource, Library, Remote, VideoHost, WaitingClock
    from pinplan.records.creates import Creates


Found = TypeVar("Found", bound=str)


class Recogniser:
    """Looks for created pins in listings. Reads images, changes nothing."""

    def __init__(self, images: ImageSource, library: Library, fingerprinter: Fingerprinter | None) -> None:
        """Store the sources of pictures; without a fingerprinter only equal bytes match."""
        self._images, self._library, self._fingerprinter = images, library, fingerprinter

    def find(self, intent: PinIntent, pins: Iterable[Pin], others: Container[PinId]) -> PinId | None:
        """The created pin; None if none of these is certainly it.

        Args:
            intent: what was sent.
            pins: the pins of its board, as listed now.
            others: pins made by other creates.
        """
        candidates = [
            pin for pin in pins if pin.id not in intent.before and pin.id not in others and intent.may_be(pin)
        ]
        # Oldest id first: of two equal pins the first is ours, a second one may be the user's.
        candidates.sort(key=lambda pin: (len(pin.id), pin.id))
        return next((pin.id for pin in candidates if self._shows(pin, intent)), None)

    def _shows(self, pin: Pin, intent: PinIntent) -> bool:
        images = sorted(pin.images, key=lambda image: image.slot)
        return all(self._same(sent, image) for sent, image in zip(intent.pictures, images, strict=True))

    def _same(self, sent: SentPicture, image: PinImage) -> bool:
        """Whether both pictures are readable and equal; an unreadable one proves nothing."""
        if not image.renditions:
            return False
        try:
            data = self._library.upload(sent.source, sent.preparation).data
            # A file that has changed since it was sent proves nothing.
            if hashlib.sha256(data).hexdigest() != sent.sha256:
                return False
            shown = io.BytesIO()
            # The best size: small ones of two different pictures may look the same.
            self._images.fetch(image.renditions[0].url, shown)
        except (ImageRefused, RemoteError, LibraryError):
            return False
        return same_picture(data, shown.getvalue(), self._fingerprinter)


LONGEST = 120.0
"""Maximum wait for a created pin to be listed, in seconds per create."""
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
        videos: VideoHost,
        clock: WaitingClock,
        *,
        fingerprinter: Fingerprinter | None = None,
        stop: Event | None = None,
        per_day: int = 0,
        emit: Emit = silent,
    ) -> None:
        """Store the ports; ``stop`` ends the waiting, ``per_day`` limits the uploads of a day, ``emit`` gets the progress of videos."""
        self._run, self._records, self._remote, self._library, self._clock = run, records, remote, library, clock
        self._recogniser = Recogniser(images, library, fingerprinter)
        self._stop = stop or Event()
        self._videos = VideoUploader(remote, library, videos, clock, self._stop, emit)
        self._listed: dict[BoardId, set[PinId]] = {}
        self._per_day = per_day
        self._sent_at: deque[datetime] = deque(maxlen=CREATES_A_MINUTE)

    def why_not_now(self) -> str | None:
        """See `pinplan.actions.contexts.Creating`."""
        # Counted again before each: another plan may have been applied since this one was made.
        if self._records.uploaded_on(day_of(self._clock.now())) < self._per_day:
            return None
        return f"the limit of {self._per_day:,} uploads a day, in UTC, is reached; apply the plan again tomorrow"

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
            return record.created or self._look(action, record.intent, seconds_left(record.begun_at, self._clock))
        # Read and convert before the intent: an unreadable file must not leave a pending create.
        uploads = [replace(self._library.upload(one, wanted.preparation), url=wanted.url) for one in wanted.pictures]
        _check_digests(wanted, uploads)
        # No pin comes of it, so it is repeated if the process ends here.
        prepared = wanted.preparation or Preparation()
        media_id = self._videos.upload(action, wanted.video, prepared) if wanted.video else ""
        intent = _intent(wanted, uploads, wanted.twins if maybe_sent else self._before(wanted.pin.board_id))
        # Intent on disk, then one request (I29: create at most once).
        self._begin(action, intent)
        sent = None if maybe_sent else self._send(action, wanted, uploads, media_id)
        return sent if isinstance(sent, str) else self._look(action, intent, LONGEST, sent)

    def _before(self, board: BoardId) -> tuple[PinId, ...]:
        """The pins of the board, listed once per run; pins that this run creates there are added."""
        if board not in self._listed:
            self._listed[board] = {pin.id for page in self._remote.pin_pages(board) for pin in page.pins}
        return tuple(sorted(self._listed[board]))

    def _begin(self, action: ActionId, intent: PinIntent) -> None:
        # Refuses a twin of a pending create: each could later be taken for the other's pin.
        same = self._records.begin(self._run, action, intent, timestamp(self._clock.now()))
        if same is not None:
            run, other = same
            raise CreatePending(
                f"not sent: the same pin may have been created by action {other} of run {run}, which is not confirmed yet; "
                "the next plan shows the command to resolve it"
            )

    def _send(
        self, action: ActionId, wanted: PinWanted, uploads: Sequence[Upload], media_id: str
    ) -> PinId | AnswerLost:
        self._pace()
        try:
            pin, remote = wanted.pin.within_limits(), self._remote
            made = remote.create_video_pin(pin, uploads[0], media_id) if media_id else remote.create_pin(pin, uploads)
        except AnswerLost as error:
            return error
        except PinplanError:  # certainly not carried out: another attempt is safe
            self._records.end(self._run, action, None)
            raise
        problem = self._why_not_ours(made, wanted.pin)
        if problem is not None:
            return AnswerLost(UnexpectedAnswer(f"the response names pin {made.id}, {problem}"))
        self._end(action, wanted.pin.board_id, made.id)
        return made.id

    def _why_not_ours(self, made: Pin, sent: NewPin) -> str | None:
        """Why the pin of a response is not the requested one. Taken for ours, it would get the file, and be deleted by an undo."""
        records = self._records
        if made.id in self._listed.get(sent.board_id, ()) or made.id in records.created() or records.is_known(made.id):
            return "which was there before"
        if (made.board_id, made.section_id) != (sent.board_id, sent.section_id):
            return "which is on another board or section"
        return None  # its texts and its time prove nothing: Pinterest may normalise them, and clocks differ

    def _pace(self) -> None:
        """Wait until no more than `CREATES_A_MINUTE` creates were sent in a minute: Pinterest takes haste for spam."""
        if len(self._sent_at) == CREATES_A_MINUTE:
            since = (self._clock.now() - self._sent_at[0]).total_seconds()
            # A clock that was set back must not stop the run.
            self._clock.wait(min(60.0, max(0.0, 60.0 - since)), self._stop)
        self._sent_at.append(self._clock.now())

    def _end(self, action: ActionId, board: BoardId, created: PinId) -> None:
        self._records.end(self._run, action, created)
        if board in self._listed:
            # Else the next create of this run could be recognised as this pin.
            self._listed[board].add(created)

    def _look(self, action: ActionId, intent: PinIntent, seconds: float, lost: AnswerLost | None = None) -> PinId:
        """Poll for the pin. Raises `Unconfirmed`."""
        found = search_again(lambda: self._find(intent), "pin", seconds, self._clock, self._stop, lost)
        self._end(action, intent.pin.board_id, found)
        return found

    def _find(self, intent: PinIntent) -> PinId | None:
        pages = self._remote.pin_pages(intent.pin.board_id)
        return self._recogniser.find(intent, [pin for page in pages for pin in page.pins], self._records.created())


def seconds_left(begun_at: str, clock: WaitingClock) -> float:
    """Seconds left to wait for what an earlier attempt created, whichever way the clock was set since."""
    begun = datetime.fromisoformat(begun_at).replace(tzinfo=UTC)
    # abs: a clock that was set back must not make the wait longer than the maximum.
    return min(LONGEST, max(0.0, LONGEST - abs((clock.now() - begun).total_seconds())))


def search_again(
    find: Callable[[], Found | None],
    thing: str,
    seconds: float,
    clock: WaitingClock,
    stop: Event,
    lost: AnswerLost | None = None,
) -> Found:
    """Poll for something that was or may have been created, and return its id. Raises `Unconfirmed`.

    Args:
        find: looks once.
        thing: what it is, for the message.
        seconds: the maximum wait.
        clock: waits.
        stop: ends the waiting.
        lost: the error of the request.
    """
    problem: PinplanError | None = lost
    for pause in _pauses(seconds):
        try:
            found, problem = find(), lost
        except (QuotaSpent, AuthError) as error:  # the next listing would fail as well
            raise _unconfirmed(thing, lost, error) from error
        except RemoteError as error:
            found, problem = None, error
        if found is not None:
            return found
        # After a look, never before: it may be listed by now.
        if stop.is_set():
            break
        clock.wait(pause, stop)
    raise _unconfirmed(thing, lost, problem)


def _unconfirmed(thing: str, lost: AnswerLost | None, problem: PinplanError | None) -> Unconfirmed:
    unusable = lost.problem if lost is not None and isinstance(lost.problem, UnexpectedAnswer) else None
    message = (
        f"{unusable or 'the response was lost'}, and no listing shows the {thing} yet. "
        "Nothing is sent again; each plan checks for it"
    )
    return Unconfirmed(message, problem)


def _pauses(seconds: float) -> Iterator[float]:
    """Growing pauses that add up to ``seconds``, then 0.0: no look follows the last."""
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
            SentPicture(
                source=path,
                sha256=Sha256(hashlib.sha256(upload.data).hexdigest()),
                of=upload.of if wanted.preparation is not None else None,
                preparation=wanted.preparation,
            )
            for path, upload in zip(wanted.pictures, uploads, strict=True)
        ),
        before=tuple(sorted({*before, *wanted.twins})),
        wanted_here=wanted.wanted_here,
    )


def day_of(moment: datetime) -> str:
    """The day of a moment, in UTC, as `timestamp` begins."""
    return timestamp(moment).partition("T")[0]


def _check_digests(wanted: PinWanted, uploads: Sequence[Upload]) -> None:
    """Require the planned bytes: nothing else is published (I31). Raises `ImageRefused`."""
    for path, planned, upload in zip(wanted.pictures, wanted.digests, uploads, strict=False):
        if upload.of != planned:
            raise ImageRefused(path, "the file has changed since the plan")


def unconfirmed_create(creates: Creates, run: RunId, action: ActionId) -> CreateRecord:
    """The unconfirmed create of an action. Raises `ConfigError`, naming those that are unconfirmed, if it is not one."""
    pending = [record for record in creates.pending() if record.created is None]
    found = next((record for record in pending if (record.run, record.action) == (run, action)), None)
    if found is not None:
        return found
    known = ", ".join(f"{record.run} {record.action} ({record.address})" for record in pending)
    raise ConfigError(
        [
            f"action {action} of run {run} has no unconfirmed create; "
            + (f"unconfirmed: {known}" if known else "there is none")
        ]
    )


def pin_that_may_be(remote: Remote, creates: Creates, record: CreateRecord, pin_id: PinId) -> Pin:
    """The pin that the user names for a create. Raises `ConfigError` if it does not match, `RemoteError`, `AuthError`."""
    if pin_id in record.intent.before:
        raise ConfigError([f"pin {pin_id} was on its board before anything was sent; it is not the created pin"])
    if pin_id in creates.created():
        raise ConfigError([f"pin {pin_id} was created by another action"])
    pin = remote.pin(pin_id)
    if pin is None:
        raise ConfigError([f"pin {pin_id} does not exist on Pinterest"])
    return pin


def differences(record: CreateRecord, pin: Pin) -> list[str]:
    """Differences between a pin and the request, for the user to judge."""
    sent = record.intent.pin
    pairs = (
        ("board", sent.board_id, pin.board_id),
        ("section", sent.section_id, pin.section_id),
        ("title", sent.title, pin.title),
        ("description", sent.description, pin.description),
        ("link", sent.link, pin.link),
        ("alt text", sent.alt_text, pin.alt_text),
        ("number of images", str(len(record.intent.pictures)), str(len(pin.images))),
    )
    return [
        f"{name}: sent {one or '-'}, the pin has {other or '-'}"
        for name, one, other in pairs
        if (one or "") != (other or "")
    ]


def check_nothing_is_listed(
    remote: Remote,
    images: ImageSource,
    library: Library,
    fingerprinter: Fingerprinter | None,
    creates: Creates,
    record: CreateRecord,
) -> None:
    """List the board once more. Raises `ConfigError` if the pin is listed after all, `RemoteError`, `AuthError`."""
    pins = [pin for page in remote.pin_pages(record.intent.pin.board_id) for pin in page.pins]
    found = Recogniser(images, library, fingerprinter).find(record.intent, pins, creates.created())
    if found is not None:
        raise ConfigError([f"the pin was created: it is now listed as {found}; the next plan records it"])
