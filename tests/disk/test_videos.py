"""A video of the library as it is read and sent."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from pinplan.disk.library import DiskLibrary
from pinplan.errors import DiskRefused, ImageRefused, UnsafePath
from pinplan.model.ids import RelPath
from pinplan.model.images import Preparation
from tests.small_videos import MOTION, POSITIONS, video

CLIP = RelPath("Board/clip.mp4")
DATA = video(MOTION, POSITIONS, seconds=5)


def put(root: Path, data: bytes) -> None:
    (root / CLIP).parent.mkdir(exist_ok=True)
    (root / CLIP).write_bytes(data)


def test_a_video_is_read_and_streamed(root: Path, library: DiskLibrary):
    put(root, DATA)
    assert library.inspect_video(CLIP).duration_ms == 5000
    with library.open_video(CLIP, Preparation()) as found:
        assert (found.size, found.sha256) == (len(DATA), "")
        first = b"".join(found.chunks())
        assert found.sha256 == hashlib.sha256(DATA).hexdigest()
        # Again from its beginning, for a retry.
        assert b"".join(found.chunks()) == first
    assert (len(first), b"SECRET" in first) == (len(DATA), False)
    with library.open_video(CLIP, Preparation(keep_metadata=True)) as found:
        assert b"".join(found.chunks()) == DATA


def test_a_video_that_grows_or_shrinks_is_told_by_its_digest(root: Path, library: DiskLibrary):
    put(root, DATA)
    for changed in (DATA + b"more", DATA[:-1]):
        with library.open_video(CLIP, Preparation()) as found:
            (root / CLIP).write_bytes(changed)
            assert len(b"".join(found.chunks())) <= len(DATA)
            same = found.sha256 == hashlib.sha256(changed).hexdigest()
        assert same is (len(changed) < len(DATA))
        put(root, DATA)


def test_what_is_no_video_or_not_there_is_refused(root: Path, library: DiskLibrary):
    put(root, DATA[:-1])
    with pytest.raises(ImageRefused, match="cut off"):
        library.inspect_video(CLIP)
    with pytest.raises(ImageRefused, match="cut off"), library.open_video(CLIP, Preparation()):
        pass
    with pytest.raises(DiskRefused):
        library.inspect_video(RelPath("Board/none.mp4"))
    with pytest.raises(UnsafePath):
        library.inspect_video(RelPath(".pinplan/outbox/x.mp4"))
