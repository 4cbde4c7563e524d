"""Images made small enough to put many of them into a page, or fit for a browser."""

from __future__ import annotations

import io

from PIL import Image, ImageOps

from pinplan.formats.decoding import opened

SHOWN = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "WEBP": "image/webp", "AVIF": "image/avif"}
"""Formats that every browser shows, with their media types."""


def thumbnail(data: bytes, where: str, edge: int, quality: int) -> bytes:
    """A WebP image that fits into a square: upright, its first frame, never enlarged. Raises `ImageRefused`."""
    with opened(data, where) as image:
        # A JPEG is decoded at the smallest of its scales that is large enough: half the time of all its pixels.
        share = min(1.0, edge / max(image.size))
        image.draft("RGB", (max(1, int(image.width * share)), max(1, int(image.height * share))))
        upright = ImageOps.exif_transpose(_plain_mode(image))
        upright.thumbnail((edge, edge), Image.Resampling.BICUBIC)
        with io.BytesIO() as made:
            upright.save(made, format="WEBP", quality=quality, method=1)
            return made.getvalue()


def for_browser(data: bytes, where: str) -> tuple[str, bytes]:
    """An image and its media type, as a browser shows it: the very bytes, or PNG where no browser knows the format.

    Raises:
        ImageRefused: it is no image of a sensible size.
    """
    with opened(data, where) as image:
        if image.format in SHOWN:
            return SHOWN[image.format], data
        image.load()
        with io.BytesIO() as made:
            _plain_mode(image).save(made, format="PNG")
            return SHOWN["PNG"], made.getvalue()


def _plain_mode(image: Image.Image) -> Image.Image:
    if image.mode in {"RGB", "RGBA"}:
        return image
    transparent = image.mode in {"LA", "PA"} or "transparency" in image.info
    return image.convert("RGBA" if transparent else "RGB")
