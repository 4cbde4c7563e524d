"""One decode of an image, as small as a comparison needs it and always in the same way."""

from __future__ import annotations

import hashlib
import io
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct
from PIL import Image, ImageOps, UnidentifiedImageError

from pinplan.errors import ImageRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF")
LOSSLESS = frozenset({"PNG", "GIF", "BMP", "TIFF"})
LEAST_SIDE = 128
"""What a fingerprint needs of a JPEG; see `decode`."""
MAX_PIXELS = Image.MAX_IMAGE_PIXELS or 89_478_485
_ORIENTATION = 0x0112
_TURNED = {5, 6, 7, 8}
_EIGHT_BITS = frozenset({"1", "L", "LA", "P", "PA", "RGB", "RGBA"})


class Decoded(Struct, frozen=True):
    """A decoded image.

    Attributes:
        image: RGB, at the scale at which it was decoded, never enlarged.
        width, height: its true size, as it is shown.
        quality: see `pinplan.dedupe.facts.Fingerprint`.
    """

    image: Image.Image
    width: int
    height: int
    format: str
    frames: int
    quality: int


def decode(data: bytes, where: str, least_side: int = LEAST_SIDE) -> Decoded:
    """Decode an image: its first frame, upright, without transparency.

    Args:
        data: the whole file.
        where: what it is called in an error.
        least_side: a JPEG is decoded at the smallest of its scales with a short side of at least so many pixels.

    Raises:
        ImageRefused: it is no complete image that can be decoded, or one of more pixels than Pillow's own limit.
    """
    with _refusals(data, where), _opened(data, where) as opened:
        width, height = opened.size
        form = _form(opened)
        frames = 1 if form == "JPEG" else getattr(opened, "n_frames", 1)
        quality = _quality(opened, form)
        orientation = _orientation(opened)
        if form == "JPEG":
            _draft(opened, least_side)
        opened.load()
        shown = _upright(_flat(opened), orientation)
    if orientation in _TURNED:
        width, height = height, width
    return Decoded(shown, width, height, form, frames, quality)


def pixels_of(data: bytes, where: str) -> bytes:
    """A digest of every pixel of the first frame, upright, in full size, with its transparency and its colour profile.

    What has no more than 8 bits a channel is compared as red, green, blue and transparency, anything else only with its own kind.

    Raises:
        ImageRefused: see `decode`.
    """
    with _refusals(data, where), _opened(data, where) as opened:
        orientation, profile = _orientation(opened), opened.info.get("icc_profile") or b""
        opened.load()
        whole = _upright(opened.convert("RGBA") if opened.mode in _EIGHT_BITS else opened.copy(), orientation)
        digest = hashlib.sha256(f"{whole.mode} {whole.size} {len(profile)} ".encode() + profile)
        digest.update(whole.tobytes())
    return digest.digest()


@contextmanager
def _refusals(data: bytes, where: str) -> Iterator[None]:
    """Whatever a decoder trips over is a refusal with a reason."""
    try:
        yield
    except ImageRefused:
        raise
    except UnidentifiedImageError as error:
        raise ImageRefused(where, "it is empty" if not data else "it is not an image") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageRefused(where, "it has too many pixels") from error
    except Exception as error:
        raise ImageRefused(where, f"it cannot be decoded: {(str(error) or type(error).__name__)[:120]}") from error


@contextmanager
def _opened(data: bytes, where: str) -> Iterator[Image.Image]:
    """An image whose size was looked at before anything of that size is decoded."""
    with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
        width, height = opened.size
        if width * height > MAX_PIXELS:
            raise ImageRefused(where, f"it has too many pixels: {width}×{height}")
        yield opened


def _form(image: Image.Image) -> str:
    return "JPEG" if image.format == "MPO" else image.format or ""


def _draft(image: Image.Image, least_side: int) -> None:
    """Choose the scale at which a JPEG is decoded; its colours stay what they are."""
    short = min(image.size)
    scale = next((scale for scale in (8, 4, 2) if short // scale >= least_side), 1)
    if scale > 1:
        image.draft(None, (image.width // scale, image.height // scale))


def _orientation(image: Image.Image) -> int:
    """How the camera was held, 1 to 8; a damaged note of it counts as upright."""
    try:
        found = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001 - a damaged note can raise anything, and says nothing about the pixels
        return 1
    return found if isinstance(found, int) and 1 <= found <= 8 else 1


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    if orientation == 1:
        return image
    noted = image.copy()
    noted.getexif()[_ORIENTATION] = orientation
    return ImageOps.exif_transpose(noted)


def _flat(image: Image.Image) -> Image.Image:
    """RGB on white, whatever the mode was."""
    if image.mode == "RGB":
        return image.copy()
    if image.mode.startswith("I") or image.mode == "F":
        return _eight_bits(image).convert("RGB")
    if "A" in image.getbands() or "a" in image.getbands() or "transparency" in image.info:
        seen = image.convert("RGBA")
        white = Image.new("RGBA", seen.size, (255, 255, 255, 255))
        return Image.alpha_composite(white, seen).convert("RGB")
    return image.convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """16 and 32 bits to 8, by the range of the mode, or by that of the picture where the mode has none."""
    levels: NDArray[np.float64] = np.asarray(image, dtype=np.float64)
    top = 65535.0 if image.mode.startswith("I") else max(1.0, float(np.nan_to_num(levels).max(initial=1.0)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scaled = np.clip(np.nan_to_num(levels) * (255.0 / top), 0, 255).astype(np.uint8)
    return Image.fromarray(scaled, "L")


def _quality(image: Image.Image, form: str) -> int:
    """From the sum of the luminance table, by the scale of the Independent JPEG Group's library."""
    if form in LOSSLESS:
        return 100
    tables = getattr(image, "quantization", None)
    if form != "JPEG" or not tables:
        return 0
    table = tables.get(0) or next(iter(tables.values()))
    scale = 100 * float(sum(table)) / _STANDARD_SUM
    quality = (200 - scale) / 2 if scale <= 100 else 5000 / scale
    return max(1, min(100, round(quality)))


_STANDARD_SUM = 3685
"""Of the luminance table of annex K of the JPEG standard, which stands for quality 50."""
