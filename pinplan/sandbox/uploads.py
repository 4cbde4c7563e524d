"""Video uploads: registered, uploaded to a separate URL, processed, then usable in a pin."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import secrets
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from pinplan.sandbox.problems import ApiProblem, bad_request

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAGIC = 16
POLLS = 2
"""Queries after an upload that are answered "processing"."""
SECONDS = (4, 15 * 60)
"""Length of a video (Pinterest's help pages)."""
_HEAD = b"mvhd"
_HEAD_BYTES = 36
PATH = "/media-uploads/"
_FIRST_ID = 5_212_000_000_000_000


class Status(StrEnum):
    """Status of a video (schema MediaUploadStatus)."""

    REGISTERED = "registered"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(slots=True)
class Upload:
    """One video.

    Attributes:
        parameters: form fields that must be sent with the file, unchanged.
        digest: of the file, once received.
        polls: how many queries are still answered "processing".
        pinned: whether a pin shows it: a video is used once.
    """

    id: str
    parameters: dict[str, str]
    status: Status = Status.REGISTERED
    digest: str = ""
    video: bool = field(default=False)
    polls: int = POLLS
    pinned: bool = False

    def looked_at(self) -> Status:
        """The status. The first queries after the upload answer "processing", later ones the result."""
        status = self.status
        if status is Status.PROCESSING:
            self.polls -= 1
            if self.polls <= 0:
                self.status = Status.SUCCEEDED if self.video else Status.FAILED
        return status


class Uploads:
    """All videos, by id."""

    def __init__(self) -> None:
        """Start empty."""
        self._uploads: dict[str, Upload] = {}
        self._numbers = itertools.count(1)

    def register(self) -> Upload:
        """A new upload with its form fields."""
        number = str(_FIRST_ID + next(self._numbers))
        parameters = {
            "Content-Type": "multipart/form-data",
            "key": f"uploads/00/3:video:{number}",
            "policy": secrets.token_urlsafe(24),
            "x-amz-algorithm": "AWS4-HMAC-SHA256",
            "x-amz-credential": f"SANDBOX{secrets.token_hex(6)}/us-east-1/s3/aws4_request",
            "x-amz-date": "20240101T000000Z",
            "x-amz-security-token": secrets.token_urlsafe(24),
            "x-amz-signature": secrets.token_hex(32),
        }
        self._uploads[number] = Upload(number, parameters)
        return self._uploads[number]

    def all(self) -> list[Upload]:
        """All uploads, newest first."""
        return list(self._uploads.values())[::-1]

    def get(self, media_id: str) -> Upload:
        """An upload. Raises `ApiProblem` 404."""
        found = self._uploads.get(media_id)
        if found is None:
            raise ApiProblem(404, 404, f"Media not found: {media_id}")
        return found

    def expected(self, fields: Mapping[str, str]) -> Upload | None:
        """The upload that these form fields belong to; None unless all fields match."""
        for upload in self._uploads.values():
            # Encoded, as compare_digest refuses non-ASCII text.
            if hmac.compare_digest(upload.parameters["key"].encode(), fields.get("key", "").encode()):
                return upload if all(fields.get(name) == value for name, value in upload.parameters.items()) else None
        return None

    def done(self, media_id: str) -> Upload:
        """A processed upload that no pin shows yet. Raises `ApiProblem` 400."""
        found = self._uploads.get(media_id)
        if found is None or found.status is not Status.SUCCEEDED:
            raise bad_request("The media does not exist, or is not processed yet.")
        if found.pinned:
            raise bad_request("The media is used by another pin.")
        return found


class Received:
    """A file being received; only its digest is kept."""

    def __init__(self) -> None:
        """Start empty."""
        self._digest = hashlib.sha256()
        self._first = b""
        self._head = b""

    def take(self, piece: bytes) -> None:
        """Add the next piece."""
        self._digest.update(piece)
        # Pieces may be smaller than the magic bytes.
        if len(self._first) < _MAGIC:
            self._first += piece[:_MAGIC]
        self._look_for_head(piece)

    def _look_for_head(self, piece: bytes) -> None:
        """Keep the header of an MP4's index, which says how long it is, or the end of what was received, where it may begin."""
        if len(self._head) >= _HEAD_BYTES and self._head.startswith(_HEAD):
            return
        data = self._head + piece
        at = data.find(_HEAD)
        self._head = data[at : at + _HEAD_BYTES] if at >= 0 else data[1 - len(_HEAD) :]

    @property
    def seconds(self) -> float | None:
        """How long the video says that it is; None if that is not known."""
        head = self._head
        if not head.startswith(_HEAD) or len(head) < _HEAD_BYTES:
            return None
        scale_at, wide = (24, 8) if head[4] == 1 else (16, 4)
        scale = int.from_bytes(head[scale_at : scale_at + 4])
        return int.from_bytes(head[scale_at + 4 : scale_at + 4 + wide]) / scale if scale else None

    def becomes(self, upload: Upload) -> None:
        """Assign the complete file to its upload."""
        first = self._first
        upload.digest = self._digest.hexdigest()
        upload.video = first[4:8] == b"ftyp" or first.startswith(b"\x1aE\xdf\xa3")  # MP4 or QuickTime, Matroska or WebM
        if self.seconds is not None and not SECONDS[0] <= self.seconds <= SECONDS[1]:
            upload.video = False
        upload.status = Status.PROCESSING
