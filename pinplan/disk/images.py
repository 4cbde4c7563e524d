"""Look into image files: complete, decodable, of a sensible size (I19)."""

from __future__ import annotations

import hashlib
import io
import os
import re
import warnings
from typing import TYPE_CHECKING

from PIL import Image, UnidentifiedImageError

from pinplan.errors import ImageRefused
from pinplan.model.ids import Sha256
from pinplan.model.images import Content, Upload

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES = 64 * 1024 * 1024
"""Pinterest takes images up to 20 MB; anything above this is none that pinplan put here."""
MAX_PIXELS = Image.MAX_IMAGE_PIXELS or 89_478_485
"""Pillow's own limit, kept: beyond it a small file may fill the memory (a decompression bomb)."""
FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF")
MAX_PIXELS_OF_ALL_FRAMES = 16 * MAX_PIXELS
"""Of an animation; about ten seconds of decoding. Below it every frame is decoded."""
_CHUNK = 1024 * 1024
_PAGES_OF_TEXT = (b"<!doctype", b"<html", b"<?xml", b"<svg", b"<error", b"<!--")
_PILLOW = r"PIL(\.|$)"
_QUIET = ("ignore", None, Warning, re.compile(_PILLOW), 0)


class _TooLarge(Exception):
    """A picture of more pixels than are decoded."""


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


def as_upload(handle: int, where: str) -> Upload:
    """An image file as Pinterest takes it (schema PinMediaSourceImageBase64: JPEG or PNG).

    Another format is converted to PNG, which keeps every pixel of its first frame.

    Raises:
        ImageRefused: it is no complete image.
        OSError: it cannot be read.
    """
    _, content = inspect_handle(os.dup(handle))
    os.lseek(handle, 0, os.SEEK_SET)
    if content.problem is not None:
        raise ImageRefused(where, content.problem)
    with os.fdopen(os.dup(handle), "rb") as file:
        data = file.read()
    if content.format in {"JPEG", "PNG"}:
        return Upload(content_type=f"image/{content.format.lower()}", data=data)
    with Image.open(io.BytesIO(data), formats=FORMATS) as image, io.BytesIO() as converted:
        good = image if image.mode in {"1", "L", "LA", "P", "RGB", "RGBA", "I;16"} else image.convert("RGB")
        good.save(converted, format="PNG")
        return Upload(content_type="image/png", data=converted.getvalue())


def _chunks(handle: int) -> Iterator[bytes]:
    while chunk := os.read(handle, _CHUNK):
        yield chunk


def _look(data: io.BytesIO, sha256: Sha256) -> Content:
    quiet_pillow()
    start = data.getvalue()[:256].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith(_PAGES_OF_TEXT):
        return Content(sha256=sha256, problem="it is a page of text, not an image")
    try:
        return _decode(data, sha256)
    except UnidentifiedImageError:
        return Content(sha256=sha256, problem="it is not an image")
    except _TooLarge as error:
        return Content(sha256=sha256, problem=f"it has too many pixels: {error}")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return Content(sha256=sha256, problem="it has too many pixels")
    except Exception as error:  # noqa: BLE001 - decoders raise whatever they trip over; the bytes are bad in any case
        return Content(sha256=sha256, problem=f"it cannot be decoded: {_short(error)}")


def _decode(data: io.BytesIO, sha256: Sha256) -> Content:
    with Image.open(data, formats=FORMATS) as image:
        width, height = image.size
        # A camera's JPEG may announce further pictures behind the first (MPO), which hosts cut off: only the first counts.
        form = "JPEG" if image.format == "MPO" else image.format or ""
        _load_frames(image, 1 if form == "JPEG" else getattr(image, "n_frames", 1))
    if form == "GIF" and not data.getvalue().rstrip(b"\0\r\n ").endswith(b";"):
        # Frames stand one after the other: without the end mark it cannot be told whether some are missing.
        return Content(sha256=sha256, problem="it is cut off: its end is missing")
    return Content(sha256=sha256, width=width, height=height, format=form)


def _load_frames(image: Image.Image, frames: int) -> None:
    """Decode every frame; a size is looked at before anything of that size is decoded."""
    pixels = 0
    for frame in range(frames):
        if frame:
            image.seek(frame)
        width, height = image.size
        pixels += width * height
        if width * height > MAX_PIXELS or pixels > MAX_PIXELS_OF_ALL_FRAMES:
            raise _TooLarge(f"{width}×{height}" + (f" in {frames} frames" if frames > 1 else ""))
        image.load()


def _short(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:120]


def quiet_pillow() -> None:
    """Keep Pillow's warnings off the terminal: what they say about a file stands in its `Content`.

    Done for the whole program and left so: what `warnings.catch_warnings` does is seen by every thread, and one that
    leaves would switch the warnings on again for the others.
    """
    if _QUIET not in warnings.filters:
        warnings.filterwarnings("ignore", module=_PILLOW)
