"""Pictures that the adversary draws itself, by their numbers; nothing here is pinplan's code."""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

SIZES = {"small": (96, 72), "medium": (416, 312), "large": (640, 480)}
"""Small ones for speed; medium ones can be known again in a plain re-encode; large ones have a rendition (``600x``) that is truly smaller."""
EXTENSIONS = {
    "JPEG": ".jpg",
    "PNG": ".png",
    "WEBP": ".webp",
    "GIF": ".gif",
    "BMP": ".bmp",
    "TIFF": ".tif",
    "AVIF": ".avif",
}
OPAQUE = {
    "HEIC": (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", ".heic"),
    "JXL": (b"\x00\x00\x00\x0cJXL \x0d\x0a\x87\x0a", ".jxl"),
}
"""Formats that this Pillow cannot write: a true beginning, then bytes that only their owner's program reads."""


@lru_cache(maxsize=64)
def drawn(number: int, *, size: str = "small", variant: int = 0) -> Image.Image:
    """A picture with detail everywhere, unlike that of any other number; a variant has other colours in one place, no lighter and no darker."""
    dice = np.random.default_rng(number)
    cells = dice.integers(0, 256, size=(9, 12, 3), dtype=np.uint8)
    image = Image.fromarray(cells).resize(SIZES[size], Image.Resampling.BICUBIC)
    if variant:
        width, height = image.size
        box = (width * 3 // 8, height * 3 // 8, width * 5 // 8, height * 5 // 8)
        shift = np.array(((90, -62, 80), (-90, 62, -80), (-20, 40, -150))[variant % 3])
        place = np.asarray(image.crop(box), dtype=np.int16)
        image.paste(Image.fromarray(np.clip(place + shift, 0, 255).astype(np.uint8)), box)
    return image


@lru_cache(maxsize=200)
def original(number: int, *, size: str = "small", variant: int = 0, form: str = "JPEG") -> bytes:
    """The file of a picture as it was uploaded to Pinterest."""
    return encoded(drawn(number, size=size, variant=variant), form, 90)


def encoded(image: Image.Image, form: str, quality: int = 90) -> bytes:
    """A file of an image."""
    out = io.BytesIO()
    if form == "GIF":
        image.convert("RGB").quantize(128).save(out, "GIF")
    elif form in {"PNG", "BMP", "TIFF"}:
        image.convert("RGB").save(out, form)
    else:
        image.convert("RGB").save(out, form, quality=quality)
    return out.getvalue()


@lru_cache(maxsize=300)
def resized(data: bytes, width: int) -> bytes:
    """A smaller rendition, as the image host makes it."""
    with Image.open(io.BytesIO(data)) as image:
        form = image.format or "JPEG"
        size = (width, max(1, round(image.height * width / image.width)))
        return encoded(image.convert("RGB").resize(size, Image.Resampling.BICUBIC), form, 85)


@lru_cache(maxsize=50)
def enlarged(data: bytes) -> bytes:
    """One and a half times as large and compressed anew: no detail more than before."""
    with Image.open(io.BytesIO(data)) as image:
        size = (image.width * 3 // 2, image.height * 3 // 2)
        return encoded(image.convert("RGB").resize(size, Image.Resampling.BICUBIC), "JPEG", 80)


@lru_cache(maxsize=100)
def converted(data: bytes, form: str, quality: int = 90) -> bytes:
    """The same picture in another format, as an image program saves it."""
    if form in OPAQUE:
        return OPAQUE[form][0] + data[::-1]
    with Image.open(io.BytesIO(data)) as image:
        return encoded(image.convert("RGB"), form, quality)


@lru_cache(maxsize=8)
def turned(data: bytes, way: int) -> bytes:
    """The same picture, turned or mirrored by a viewer that saves it."""
    with Image.open(io.BytesIO(data)) as image:
        return encoded(image.convert("RGB").transpose(list(Image.Transpose)[way % 7]), "JPEG", 90)


@lru_cache(maxsize=8)
def odd(number: int, how: str) -> bytes:
    """A whole picture, in a form that is easily taken for a damaged file."""
    if how == "an AVIF":
        return encoded(drawn(number), "AVIF")
    if how == "a GIF with bytes behind its end":
        return encoded(drawn(number), "GIF") + b"saved by a program that adds a word"
    out = io.BytesIO()
    drawn(number).save(out, "PNG", icc_profile=b"a large colour profile " * 100_000)
    return out.getvalue()


def tagged(data: bytes) -> bytes:
    """The same pixels with a word more in the file, as photo programs write it."""
    if data[:2] == b"\xff\xd8":
        comment = b"rated five stars"
        return data[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + data[2:]
    with Image.open(io.BytesIO(data)) as image:
        if image.format == "PNG":
            out, info = io.BytesIO(), PngInfo()
            info.add_text("Rating", "5")
            image.save(out, "PNG", pnginfo=info)
            return out.getvalue()
    return data


def with_xmp(data: bytes) -> bytes:
    """A JPEG with an XMP packet, as photo programs write ratings and keywords."""
    packet = b"http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta xmlns:x='adobe:ns:meta/'><rating>5</rating></x:xmpmeta>"
    return data[:2] + b"\xff\xe1" + (len(packet) + 2).to_bytes(2, "big") + packet + data[2:]


def size_of(data: bytes) -> tuple[int, int]:
    """Width and height; zeros for what is no image."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            return image.size
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return 0, 0


def thumbnail(data: bytes) -> np.ndarray | None:
    """What is left of a picture in any format and size, to know it again."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            small = image.convert("RGB").resize((12, 9), Image.Resampling.BOX)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None
    return np.asarray(small, dtype=np.int16)


def readable(data: bytes) -> bool:
    """Whether an image can be decoded to its end."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            image.load()
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError):
        return False
    return True
