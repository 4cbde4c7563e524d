"""Bring a video to Pinterest, before the pin that shows it is created: register, send, wait until it is processed.

All of this may be repeated after an error or a crash: it creates no pin, and a video is invisible until a pin uses it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.errors import ImageRefused, Unreachable, VideoRefused
from pinplan.events import Uploading
from pinplan.model.videos import VideoStatus

if TYPE_CHECKING:
    from collections.abc import Iterator
    from threading import Event

    from pinplan.actions.contexts import VideoWanted
    from pinplan.events import Emit
    from pinplan.model.ids import ActionId, Sha256
    from pinplan.model.images import Preparation
    from pinplan.ports import Library, Remote, VideoBytes, VideoHost, WaitingClock

LONGEST = 480.0
"""Maximum wait until Pinterest has processed a video, in seconds. Other clients wait as long."""
_PAUSES = (1.0, 2.0, 4.0, 8.0)
_LONGEST_PAUSE = 10.0
_EVENTS = 100
"""Maximum number of events while a video is sent."""


class VideoUploader:
    """Brings the videos of one run to Pinterest."""

    def __init__(
        self, remote: Remote, library: Library, host: VideoHost, clock: WaitingClock, stop: Event, emit: Emit
    ) -> None:
        """Store the ports; ``stop`` interrupts the upload, ``emit`` gets its progress."""
        self._remote, self._library, self._host = remote, library, host
        self._clock, self._stop, self._emit = clock, stop, emit

    def upload(self, action: ActionId, wanted: VideoWanted, preparation: Preparation) -> str:
        """The id of a processed video.

        Raises:
            ImageRefused: the file has changed since the plan.
            VideoRefused: Pinterest does not take it.
            PinplanError: any other error. In every case nothing was created.
        """
        with self._library.open_video(wanted.path, preparation) as video:
            place = self._remote.register_video()
            sent = _Reported(video, action, wanted.path, self._emit)
            self._host.send(place, sent, self._stop)
            # What was sent, not what `check` read: nothing else is published (I31).
            if sent.sha256 != wanted.sha256:
                raise ImageRefused(wanted.path, "the file has changed since the plan")
        self._wait_for(place.media_id)
        return place.media_id

    def _wait_for(self, media_id: str) -> None:
        for pause in _pauses():
            status = self._remote.video_status(media_id)
            if status is VideoStatus.SUCCEEDED:
                return
            if status is VideoStatus.FAILED:
                raise VideoRefused("Pinterest cannot process the video; nothing was created")
            if self._stop.is_set():
                raise Unreachable("interrupted before Pinterest had processed the video; nothing was created")
            self._clock.wait(pause, self._stop)
        minutes = int(LONGEST // 60)
        raise VideoRefused(
            f"Pinterest has not processed the video in {minutes} minutes; nothing was created; apply the plan again later"
        )


class _Reported:
    """The bytes of a video, which report how many of them were sent (port `pinplan.ports.VideoBytes`)."""

    def __init__(self, video: VideoBytes, action: ActionId, path: str, emit: Emit) -> None:
        self._video, self._action, self._path, self._emit = video, action, path, emit

    @property
    def size(self) -> int:
        return self._video.size

    @property
    def sha256(self) -> Sha256:
        return self._video.sha256

    def chunks(self) -> Iterator[bytes]:
        sent = reported = 0
        for chunk in self._video.chunks():
            # Asked for the next one, the host has the one before.
            if (sent - reported) * _EVENTS >= self.size:
                reported = self._report(sent)
            yield chunk
            sent += len(chunk)
        self._report(sent)

    def _report(self, sent: int) -> int:
        self._emit(Uploading(id=self._action, path=self._path, sent=sent, total=self.size))
        return sent


def _pauses() -> Iterator[float]:
    """Growing pauses that add up to `LONGEST`, then one without a wait: the last look."""
    yield from _PAUSES
    left = LONGEST - sum(_PAUSES)
    while left > 0:
        yield min(_LONGEST_PAUSE, left)
        left -= _LONGEST_PAUSE
    yield 0.0
