"""Videos on their way: registered, uploaded to an address of their own, processed, and then good for a pin."""

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
PATH = "/media-uploads/"
_FIRST_ID = 5_212_000_000_000_000


class Status(StrEnum):
    """How far a video is (schema MediaUploadStatus)."""

    REGISTERED = "registered"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(slots=True)
class Upload:
    """One video.

    Attributes:
        parameters: what must be sent along with the file, letter by letter.
        digest: of the file, once it is there.
    """

    id: str
    parameters: dict[str, str]
    status: Status = Status.REGISTERED
    digest: str = ""
    video: bool = field(default=False)

    def looked_at(self) -> Status:
        """The status now. A video is in process when it is first asked about, and done from then on."""
        status = self.status
        if status is Status.PROCESSING:
            self.status = Status.SUCCEEDED if self.video else Status.FAILED
        return status


class Uploads:
    """All videos, by id."""

    def __init__(self) -> None:
        """None yet."""
        self._uploads: dict[str, Upload] = {}
        self._numbers = itertools.count(1)

    def register(self) -> Upload:
        """A new one, with what its file has to be sent with."""
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
        """All, the newest first."""
        return list(self._uploads.values())[::-1]

    def get(self, media_id: str) -> Upload:
        """One of them. Raises `ApiProblem` 404."""
        found = self._uploads.get(media_id)
        if found is None:
            raise ApiProblem(404, 404, f"Media not found: {media_id}")
        return found

    def expected(self, fields: Mapping[str, str]) -> Upload | None:
        """The upload that these fields of a form are meant for; None if they are not the ones that were given out."""
        for upload in self._uploads.values():
            if hmac.compare_digest(upload.parameters["key"].encode(), fields.get("key", "").encode()):
                return upload if all(fields.get(name) == value for name, value in upload.parameters.items()) else None
        return None

    def done(self, media_id: str) -> Upload:
        """One that can be made a pin of. Raises `ApiProblem` 400."""
        found = self._uploads.get(media_id)
        if found is None or found.status is not Status.SUCCEEDED:
            raise bad_request("The media of this media_id is not there, or not processed yet.")
        return found


class Received:
    """A file that comes in piece by piece; nobody keeps it."""

    def __init__(self) -> None:
        """Nothing came yet."""
        self._digest = hashlib.sha256()
        self._first = b""

    def take(self, piece: bytes) -> None:
        """The next piece."""
        self._digest.update(piece)
        if len(self._first) < _MAGIC:
            self._first += piece[:_MAGIC]

    def becomes(self, upload: Upload) -> None:
        """It is the file of this upload, and whole."""
        first = self._first
        upload.digest = self._digest.hexdigest()
        upload.video = first[4:8] == b"ftyp" or first.startswith(b"\x1aE\xdf\xa3")  # MP4 or QuickTime, Matroska or WebM
        upload.status = Status.PROCESSING
