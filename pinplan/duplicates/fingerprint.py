"""Take fingerprints: one decode per image, also of what is inside its border."""

from __future__ import annotations

import hashlib

import numpy as np
from PIL import Image, ImageChops

from pinplan.duplicates.compare import MIN_DETAIL
from pinplan.duplicates.decode import Decoded, decode
from pinplan.duplicates.pdq import MIN_QUALITY, pdq_hash
from pinplan.errors import ImageRefused
from pinplan.model.ids import Sha256
from pinplan.model.similarity import Fingerprint, InnerImage

MAX_BORDER_SHARE = 0.15
"""Maximum border on each side, as a share of width or height: more is no border, but a picture that is mostly empty."""
SAME_COLOUR = 32
"""Levels by which a border may differ from its corner: JPEG compression does that near an edge."""
_BEYOND = [255 * (level > SAME_COLOUR) for level in range(256)] * 3


def inside_border(image: Image.Image) -> tuple[int, int, int, int] | None:
    """The box inside the border of an RGB image (left, upper, right, lower); None without a border.

    A border may be on two sides only, as in a film with black bars.
    """
    width, height = image.size
    # One corner stands for the whole border: a frame in two colours is not found.
    flat = Image.new("RGB", image.size, image.getpixel((0, 0)))
    box = ImageChops.difference(image, flat).point(_BEYOND).getbbox()
    if box is None or box == (0, 0, width, height):
        return None
    left, upper, right, lower = box
    across, down = max(left, width - right) / width, max(upper, height - lower) / height
    return box if max(across, down) <= MAX_BORDER_SHARE else None


SIDE = 192
"""Every image is scaled to 192×192 before its PDQ hash is taken. PDQ samples 64×64 pixels of the filtered image; a JPEG decoded at a
quarter of its size would be sampled at other places than the whole one, and thin lines would be lost between them. Of 192 pixels it
samples the middle one of every three. Measured by ``make corpus``."""
_FINE = Image.Resampling.BILINEAR
"""Weighs every pixel by its distance, fractions included; BOX takes whole pixels only, and shifts thin lines."""
MIN_LOCAL_SIDE = 512
"""Short side at which a JPEG is decoded for the local difference test: decoded any smaller, copies of one picture differ more."""
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
    tiny = _tiny(grey)
    thumb = image.resize((16, 16), _FINE)
    levels = np.asarray(thumb, dtype=np.uint8)
    return Fingerprint(
        sha256=Sha256(hashlib.sha256(data).hexdigest()),
        size=len(data),
        width=decoded.width,
        height=decoded.height,
        format=decoded.format,
        frames=decoded.frames,
        dhash=_dhash(tiny),
        pdq=pdq_hash(np.asarray(grey.resize((SIDE, SIDE), _FINE), dtype=np.float32))[0],
        colour=levels.reshape(-1, 3).mean(axis=0).round().astype(np.uint8).tobytes(),
        thumb=levels.tobytes(),
        detail=_detail(tiny),
        quality=decoded.quality,
        inside=_inside(decoded),
    )


def _tiny(grey: Image.Image) -> Image.Image:
    """9×8 pixels: what imagehash would make of a grey image; once serves both hash and detail."""
    return grey.resize((9, 8), Image.Resampling.LANCZOS)


def _dhash(tiny: Image.Image) -> int:
    import imagehash  # noqa: PLC0415 - 0.2 s of import, only when fingerprints are taken

    return int.from_bytes(np.packbits(imagehash.dhash(tiny, 8).hash).tobytes())


def _inside(decoded: Decoded) -> InnerImage | None:
    """The image inside a border, if there is a border and enough detail."""
    image = decoded.image
    box = inside_border(image)
    if box is None:
        return None
    shown = image.crop(box)
    tiny = _tiny(shown.convert("L"))
    if _detail(tiny) < MIN_DETAIL:
        return None
    return InnerImage(
        # Measured on the draft, recorded at full size.
        width=round(shown.width * decoded.width / image.width),
        height=round(shown.height * decoded.height / image.height),
        dhash=_dhash(tiny),
        thumb=shown.resize((16, 16), _FINE).tobytes(),
    )


def grey64_of(data: bytes, where: str) -> bytes:
    """64×64 grey pixels of an image file, for the last test of a pair. Raises `ImageRefused`."""
    return decode(data, where).image.convert("L").resize((64, 64), _FINE).tobytes()


def colours_of(data: bytes, where: str, size: tuple[int, int]) -> bytes:
    """RGB pixels at (width, height), for the local difference test. Raises `ImageRefused`."""
    return decode(data, where, MIN_LOCAL_SIDE).image.resize(size, _FINE).tobytes()


def _detail(tiny: Image.Image) -> int:
    """How many pixel pairs of the difference hash differ visibly."""
    pixels = np.asarray(tiny, dtype=np.int16)
    return int((np.abs(np.diff(pixels, axis=1)) >= SEEN_DIFFERENCE).sum())
