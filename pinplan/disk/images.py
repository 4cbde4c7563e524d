"""Look into image files: complete, decodable, of a sensible size (I19)."""

from __future__ import annotations

import hashlib
import io
import os
import warnings
from typing import TYPE_CHECKING

from PIL import Image, ImageFile, UnidentifiedImageError

from pinplan.model.ids import Sha256
from pinplan.model.images import Content

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES = 64 * 1024 * 1024
"""Pinterest takes images up to 20 MB; anything above this is none that pinplan put here."""
MAX_PIXELS = Image.MAX_IMAGE_PIXELS or 89_478_485
"""Pillow's own limit, kept: beyond it a small file may fill the memory (a decompression bomb)."""
FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF")
MAX_FRAMES = 500
_CHUNK = 1024 * 1024


def inspect_handle(handle: int) -> tuple[int, Content]:
    """Read a file from its handle once: its size in bytes, its digest, and what is inside.

    Raises:
        OSError: it cannot be read.
    """
    digest = hashlib.sha256()
    kept = io.BytesIO()
    size = 0
    for chunk in _chunks(handle):
        digest.update(chunk)
        size += len(chunk)
        if size <= MAX_BYTES:
            kept.write(chunk)
    sha256 = Sha256(digest.hexdigest())
    if size == 0:
        return 0, Content(sha256=sha256, problem="it is empty")
    if size > MAX_BYTES:
        return size, Content(sha256=sha256, problem=f"it is larger than {MAX_BYTES // 1024 // 1024} MB")
    return size, _look(kept, sha256)


def _chunks(handle: int) -> Iterator[bytes]:
    while chunk := os.read(handle, _CHUNK):
        yield chunk


def _look(data: io.BytesIO, sha256: Sha256) -> Content:
    data.seek(0)
    start = data.read(256).lstrip().lower()
    data.seek(0)
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<error")):
        return Content(sha256=sha256, problem="it is a page of text, not an image")
    try:
        return _decode(data, sha256)
    except UnidentifiedImageError:
        return Content(sha256=sha256, problem="it is not an image")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return Content(sha256=sha256, problem="it has too many pixels")
    except (OSError, SyntaxError, ValueError, EOFError, MemoryError) as error:
        # What Pillow's decoders raise for damaged files; anything else would be a bug worth seeing.
        return Content(sha256=sha256, problem=f"it cannot be decoded: {_short(error)}")


def _decode(data: io.BytesIO, sha256: Sha256) -> Content:
    """Decode every frame. Warnings of Pillow about sizes cannot arise: the size is checked before anything is decoded."""
    with Image.open(data, formats=FORMATS) as image:
        width, height = image.size
        if width * height > MAX_PIXELS:
            return Content(sha256=sha256, problem=f"too many pixels: {width}×{height}")
        _load_frames(image)
        return Content(sha256=sha256, width=width, height=height, format=image.format or "")


def _load_frames(image: ImageFile.ImageFile) -> None:
    frames = min(getattr(image, "n_frames", 1), MAX_FRAMES)
    for frame in range(frames):
        if frame:
            image.seek(frame)
        image.load()


def _short(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:120]


def quiet_pillow() -> None:
    """Keep Pillow's warnings off the terminal: what they say about a file stands in its `Content`.

    Called once by the program; filters cannot be changed thread by thread.
    """
    warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
    warnings.filterwarnings("ignore", module="PIL")
