"""Facts about videos of the library, and about their way to Pinterest."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from pinplan.model.ids import RelPath, Sha256


class Video(Struct, frozen=True, gc=False, kw_only=True):
    """What a complete video shows of itself.

    Attributes:
        width, height: as shown, turned if the camera was.
        container: ``"MP4"`` or ``"QuickTime"``.
    """

    duration_ms: int
    width: int
    height: int
    container: str


class VideoFacts(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """An untracked video that may be uploaded.

    Attributes:
        sha256: of the file; empty if it could not be read.
        video: what it shows of itself; None if it has a problem.
        problem: why it cannot be sent; empty if it can.
    """

    path: RelPath
    sha256: Sha256 = Sha256("")
    video: Video | None = None
    problem: str = ""


class VideoPlace(Struct, frozen=True, kw_only=True):
    """Where Pinterest wants a video to be sent (schema MediaUpload).

    Attributes:
        media_id: the id by which a pin names the video.
        url: the address.
        fields: form fields to be sent with it, unchanged and in this order.
    """

    media_id: str
    url: str
    fields: tuple[tuple[str, str], ...]


class VideoStatus(StrEnum):
    """What has become of a registered video (schema MediaUploadStatus)."""

    REGISTERED = "registered"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
