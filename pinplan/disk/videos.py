"""Open a video of the library to send it: streamed, without its metadata."""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING

from pinplan.errors import ImageRefused
from pinplan.formats.reading import Damaged
from pinplan.formats.videos import ReadVideo, patched, read_video
from pinplan.model.ids import Sha256

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import FileIO

    from pinplan.formats.videos import Patch

_CHUNK = 1024 * 1024


class VideoBytes:
    """The bytes of a video as they are sent (port `pinplan.ports.VideoBytes`)."""

    def __init__(self, file: FileIO, size: int, patches: tuple[Patch, ...]) -> None:
        """Read an open file."""
        self._file, self._patches = file, patches
        self._size = size
        self._sha256 = Sha256("")

    @property
    def size(self) -> int:
        """See `pinplan.ports.VideoBytes`."""
        return self._size

    @property
    def sha256(self) -> Sha256:
        """See `pinplan.ports.VideoBytes`."""
        return self._sha256

    def chunks(self) -> Iterator[bytes]:
        """See `pinplan.ports.VideoBytes`."""
        self._sha256 = Sha256("")
        digest = hashlib.sha256()
        self._file.seek(0)
        at = 0
        # No more than its announced size, even if it grows meanwhile.
        while at < self._size and (chunk := self._file.read(min(_CHUNK, self._size - at))):
            digest.update(chunk)
            yield patched(chunk, at, self._patches)
            at += len(chunk)
        self._sha256 = Sha256(digest.hexdigest())


def read_open_video(file: FileIO, where: str) -> tuple[int, ReadVideo]:
    """Size and structure of an open video. Raises `ImageRefused`, `OSError`."""
    size = file.seek(0, io.SEEK_END)
    # Buffered: headers of boxes are a few bytes each.
    reader = io.BufferedReader(file)
    try:
        return size, read_video(reader, size)
    except Damaged as damage:
        raise ImageRefused(where, damage.reason) from None
    finally:
        reader.detach()  # else it would close the file with itself
