"""Take fingerprints: one decode per image."""

from __future__ import annotations

import hashlib

import numpy as np
from PIL import Image

from pinplan.duplicates.decode import MIN_SIDE, decode
from pinplan.duplicates.pdq import MIN_QUALITY, pdq_hash
from pinplan.errors import ImageRefused
from pinplan.model.ids import Sha256
from pinplan.model.similarity import Fingerprint

SIDE = 192
"""Every image is scaled to 192×192 before its PDQ hash is taken. PDQ samples 64×64 pixels of the filtered image; a JPEG decoded at a
quarter of its size would be sampled at other places than the whole one, and thin lines would be lost between them. Of 192 pixels it
samples the middle one of every three. Measured by ``make corpus``."""
FINE = Image.Resampling.BILINEAR
"""Weighs every pixel by its distance, fractions included; BOX takes whole pixels only, and shifts thin lines."""
SEEN_DIFFERENCE = 3
"""Minimum difference in levels between neighbouring pixels that counts as detail."""


def fingerprint(data: bytes, where: str) -> Fingerprint:
    """The fingerprint of an image file.

    Args:
        data: the whole file.
        where: what it is called in an error.

    Raises:
        ImageRefused: it is not a complete image that can be decoded, or has too few pixels.
    """
    decoded = decode(data, where)
    # The size from the header, not of the draft, which may be an eighth of it.
    if min(decoded.width, decoded.height) < MIN_QUALITY:
        raise ImageRefused(where, f"too small to compare: {decoded.width}×{decoded.height}")
    image = decoded.image
    grey = image.convert("L")
    tiny = tiny_of(grey)
    # Colours need no more than half of it, in a third of the time.
    thumb = (image.reduce(2) if min(image.size) >= MIN_SIDE else image).resize((16, 16), FINE)
    levels = np.asarray(thumb, dtype=np.uint8)
    pdq, pdq_quality = pdq_hash(np.asarray(grey.resize((SIDE, SIDE), FINE), dtype=np.float32))
    return Fingerprint(
        sha256=Sha256(hashlib.sha256(data).hexdigest()),
        size=len(data),
        width=decoded.width,
        height=decoded.height,
        format=decoded.format,
        frames=decoded.frames,
        dhash=dhash_of(tiny),
        pdq=pdq,
        pdq_quality=pdq_quality,
        colour=levels.reshape(-1, 3).mean(axis=0).round().astype(np.uint8).tobytes(),
        thumb=levels.tobytes(),
        detail=detail_of(tiny),
        quality=decoded.quality,
        damaged=decoded.damaged,
    )


def tiny_of(grey: Image.Image) -> Image.Image:
    """9×8 pixels: what imagehash would make of a grey image; once serves both hash and detail."""
    return grey.resize((9, 8), Image.Resampling.LANCZOS)


def dhash_of(tiny: Image.Image) -> int:
    """The difference hash of 9×8 grey pixels, the first bit the highest."""
    import imagehash  # noqa: PLC0415 - 0.2 s of import, only when fingerprints are taken

    return int.from_bytes(np.packbits(imagehash.dhash(tiny, 8).hash).tobytes())


def grey64_of(data: bytes, where: str) -> bytes:
    """64×64 grey pixels of an image file, for the first test of a pair that needs pixels. Raises `ImageRefused`."""
    return decode(data, where).image.convert("L").resize((64, 64), FINE).tobytes()


def detail_of(tiny: Image.Image) -> int:
    """How many pixel pairs of the difference hash differ visibly."""
    pixels = np.asarray(tiny, dtype=np.int16)
    return int((np.abs(np.diff(pixels, axis=1)) >= SEEN_DIFFERENCE).sum())
