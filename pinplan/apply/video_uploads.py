"""Bring a video to Pinterest, before the pin that shows it is created: register, send, wait until it is processed.

All of this may be repeated after an error or a crash: it creates no pin, and a video is invisible until a pin uses it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.errors import ImageRefused, Unreachable, VideoRefused
from pinplan.model.videos import VideoStatus

if TYPE_CHECKING:
    from collections.abc import Iterator
    from threading import Event

    from pinplan.actions.contexts import VideoWanted
    from pinplan.model.images import Preparation
    from pinplan.ports import Library, Remote, VideoHost, WaitingClock

LONGEST = 480.0
"""Maximum wait until Pinterest has processed a video, in seconds. Other clients wait as long."""
_PAUSES = (1.0, 2.0, 4.0, 8.0)
_LONGEST_PAUSE = 10.0


class VideoUploader:
    """Brings the videos of one run to Pinterest."""

    def __init__(self, remote: Remote, library: Library, host: VideoHost, clock: WaitingClock, stop: Event) -> None:
        """Store the ports; ``stop`` ends the sending and the waiting."""
        self._remote, self._library, self._host = remote, library, host
        self._clock, self._stop = clock, stop

    def upload(self, wanted: VideoWanted, preparation: Preparation) -> str:
        """The id of a processed video.

        Raises:
            ImageRefused: the file has changed since the plan.
            VideoRefused: Pinterest does not take it.
            PinplanError: any other error. In every case nothing was created.
        """
        with self._library.open_video(wanted.path, preparation) as video:
            place = self._remote.register_video()
            self._host.send(place, video, self._stop)
            # What was sent, not what `check` read: nothing else is published (I31).
            if video.sha256 != wanted.sha256:
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


def _pauses() -> Iterator[float]:
    """Growing pauses that add up to `LONGEST`, then one without a wait: the last look."""
    yield from _PAUSES
    left = LONGEST - sum(_PAUSES)
    while left > 0:
        yield min(_LONGEST_PAUSE, left)
        left -= _LONGEST_PAUSE
    yield 0.0
