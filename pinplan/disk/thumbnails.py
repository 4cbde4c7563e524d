"""Images made small enough to put many of them into a page, or fit for a browser."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, TypeVar

from PIL import Image, ImageOps, UnidentifiedImageError

from pinplan.disk.images import FORMATS, MAX_PIXELS
from pinplan.errors import ImageRefused

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

SHOWN = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "WEBP": "image/webp"}
"""Formats that every browser shows, with their media types."""


def thumbnail(data: bytes, where: str, edge: int, quality: int) -> bytes:
    """A WebP image that fits into a square: upright, its first frame, never enlarged. Raises `ImageRefused`."""
    return _guarded(data, where, lambda image: _small(image, edge, quality))


def for_browser(data: bytes, where: str) -> tuple[str, bytes]:
    """An image and its media type, as a browser shows it: the very bytes, or PNG where no browser knows the format.

    Raises:
        ImageRefused: it is no image of a sensible size.
    """

    def converted(image: Image.Image) -> tuple[str, bytes]:
        form = "JPEG" if image.format == "MPO" else image.format or ""
        if form in SHOWN:
            return SHOWN[form], data
        image.load()
        with io.BytesIO() as made:
            _plain_mode(image).save(made, format="PNG")
            return SHOWN["PNG"], made.getvalue()

    return _guarded(data, where, converted)


def _guarded(data: bytes, where: str, work: Callable[[Image.Image], T]) -> T:
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            _check_size(image, where)
            return work(image)
    except ImageRefused:
        raise
    except UnidentifiedImageError as error:
        raise ImageRefused(where, "it is empty" if not data else "it is not an image") from error
    except Exception as error:
        # Decoders raise whatever they trip over.
        raise ImageRefused(where, f"it cannot be decoded: {(str(error) or type(error).__name__)[:120]}") from error


def _check_size(image: Image.Image, where: str) -> None:
    if image.width * image.height > MAX_PIXELS:
        raise ImageRefused(where, f"it has too many pixels: {image.width}×{image.height}")


def _small(image: Image.Image, edge: int, quality: int) -> bytes:
    # A JPEG is decoded at the smallest of its scales that is large enough: half the time of all its pixels.
    share = min(1.0, edge / max(image.size))
    image.draft("RGB", (max(1, int(image.width * share)), max(1, int(image.height * share))))
    upright = ImageOps.exif_transpose(_plain_mode(image))
    upright.thumbnail((edge, edge), Image.Resampling.BICUBIC)
    with io.BytesIO() as made:
        upright.save(made, format="WEBP", quality=quality, method=1)
        return made.getvalue()


def _plain_mode(image: Image.Image) -> Image.Image:
    if image.mode in {"RGB", "RGBA"}:
        return image
    transparent = image.mode in {"LA", "PA"} or "transparency" in image.info
    return image.convert("RGBA" if transparent else "RGB")
