"""Decode an image once, no larger than a comparison needs, and always in the same way."""

from __future__ import annotations

import hashlib
import warnings
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct
from PIL import Image, ImageOps

from pinplan.duplicates.colour_profiles import in_srgb
from pinplan.formats.appended import appended_to
from pinplan.formats.decoding import LARGE, opened
from pinplan.formats.signatures import format_of
from pinplan.formats.structure import structure_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

LOSSLESS = frozenset({"PNG", "GIF", "BMP", "TIFF"})
MIN_SIDE = 128
"""The short side that a fingerprint needs of a JPEG, in pixels; see `decode`."""
WHOLE = 1 << 30
"""Decode at full size: larger than any side."""
_ROWS = 256
_ORIENTATION = 0x0112
_TURNED = {5, 6, 7, 8}
_EIGHT_BITS = frozenset({"1", "L", "LA", "P", "PA", "RGB", "RGBA"})


class Decoded(Struct, frozen=True):
    """A decoded image.

    Attributes:
        image: RGB, at the scale at which it was decoded, never enlarged.
        width, height: its true size, as it is shown.
        quality, damaged: see `pinplan.model.similarity.Fingerprint`.
        mode: Pillow's name of how it is stored.
    """

    image: Image.Image
    width: int
    height: int
    format: str
    frames: int
    quality: int
    mode: str = "RGB"
    damaged: bool = False


def decode(data: bytes, where: str, least_side: int = MIN_SIDE, *, managed: bool = True) -> Decoded:
    """Decode an image: its first frame, upright, without transparency.

    Args:
        data: the whole file.
        where: what it is called in an error.
        least_side: it is reduced to its smallest scale of 1, 1/2, 1/4 and 1/8 whose short side has at least this many pixels.
        managed: in the colours that its profile means, as sRGB, rather than the stored numbers.

    Raises:
        ImageRefused: it is not a complete image that can be decoded, or it takes too much memory.
    """
    name = format_of(data)
    structure = structure_of(name, data) if name is not None else None
    with opened(data, where, structure) as image:
        width, height = image.size
        form, mode = image.format or "", image.mode
        frames = getattr(image, "n_frames", 1)
        quality = _quality(image, form)
        orientation = _orientation(image)
        if form == "JPEG":
            _draft(image, least_side)
        image.load()
        profile = image.info.get("icc_profile") if managed else None
        shown = _upright(_flat(_smaller(image, least_side), profile), orientation)
    if orientation in _TURNED:
        width, height = height, width
    damaged = structure is not None and structure.damage is not None
    return Decoded(shown, width, height, form, frames, quality, mode, damaged)


def pixels_of(data: bytes, where: str) -> bytes:
    """A digest of every pixel of the first frame, upright, in full size, with its transparency and its colour profile, and of what is appended.

    Images of up to 8 bits per channel are compared as RGBA, all others only with images of the same mode.

    Raises:
        ImageRefused: see `decode`.
    """
    with opened(data, where) as image:
        orientation, profile = _orientation(image), image.info.get("icc_profile") or b""
        image.load()
        whole = _upright(image, orientation)
        mode = "RGBA" if whole.mode in _EIGHT_BITS else whole.mode
        # The same numbers under another colour profile are other colours.
        digest = hashlib.sha256(f"{mode} {whole.size} {len(profile)} ".encode() + profile)
        for top in range(0, whole.height, _ROWS):  # in strips: a converted copy of the whole would double the memory
            rows = whole.crop((0, top, whole.width, min(top + _ROWS, whole.height)))
            digest.update(rows.convert(mode).tobytes() if rows.mode != mode else rows.tobytes())
    # Pixels are not all that a file holds: a film or a gain map behind them would be lost with it.
    digest.update(appended_to(data).digest)
    return digest.digest()


def _smaller(image: Image.Image, least_side: int) -> Image.Image:
    """Reduce an image, as a JPEG decoder does: everything after it is then a fraction of the work."""
    # Images of more than 8 bits keep their size here: `_flat` scales them by their range first.
    scale = _scale(image, least_side)
    if scale == 1 or image.mode not in _EIGHT_BITS:
        return image
    if _transparent(image):
        # Laid on white first, where there is room for a second copy: shades of transparency do not survive a reduction exactly.
        fits = image.width * image.height * 4 <= LARGE
        return _on_white(image).reduce(scale) if fits else image.convert("RGBA").reduce(scale)
    # Of a palette, shades between two colours are in neither of them.
    return (image if image.mode in {"L", "RGB"} else image.convert("RGB")).reduce(scale)


def _draft(image: Image.Image, least_side: int) -> None:
    """Choose the scale at which a JPEG is decoded; its colour mode stays the same."""
    scale = _scale(image, least_side)
    if scale > 1:
        image.draft(None, (image.width // scale, image.height // scale))


def _scale(image: Image.Image, least_side: int) -> int:
    """The divisor of the scale. These are the scales at which libjpeg can decode straight from the DCT coefficients."""
    short = min(image.size)
    return next((scale for scale in (8, 4, 2) if short // scale >= least_side), 1)


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; a damaged one counts as upright."""
    try:
        found = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001 - Pillow's EXIF reader raises anything on damaged data, which says nothing about the pixels
        return 1
    return found if isinstance(found, int) and 1 <= found <= 8 else 1


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    if orientation == 1:
        return image
    # `exif_transpose` reads the orientation from the image; a draft or a conversion may have dropped it.
    noted = image.copy()
    noted.getexif()[_ORIENTATION] = orientation
    return ImageOps.exif_transpose(noted)


def _flat(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Convert any mode to RGB on white, in the colours that a profile means."""
    if _transparent(image):
        image = _on_white(image)
    elif image.mode.startswith("I") or image.mode == "F":
        image = _eight_bits(image)
    elif image.mode == "P":
        # A profile is about colours, not about their numbers in a palette.
        image = image.convert("RGB")
    shown = in_srgb(image, profile) if profile else image
    return shown if shown.mode == "RGB" else shown.convert("RGB")


def _on_white(image: Image.Image) -> Image.Image:
    seen = image.convert("RGBA")
    white = Image.new("RGBA", seen.size, (255, 255, 255, 255))
    return Image.alpha_composite(white, seen).convert("RGB")


def _transparent(image: Image.Image) -> bool:
    return bool({"A", "a"}.intersection(image.getbands())) or "transparency" in image.info


def _eight_bits(image: Image.Image) -> Image.Image:
    """Reduce 16 and 32 bits to 8, by the range of the mode, or by that of the picture if the mode has none."""
    levels: NDArray[np.float64] = np.asarray(image, dtype=np.float64)
    # Mode F has no range of its own: the brightest pixel is white.
    top = 65535.0 if image.mode.startswith("I") else max(1.0, float(np.nan_to_num(levels).max(initial=1.0)))
    with warnings.catch_warnings():
        # `nan_to_num` turns infinity into the largest double, which overflows below.
        warnings.simplefilter("ignore")
        scaled = np.clip(np.nan_to_num(levels) * (255.0 / top), 0, 255).astype(np.uint8)
    return Image.fromarray(scaled, "L")


def _quality(image: Image.Image, form: str) -> int:
    """The quality from the sum of the luminance table, on the scale of the IJG library (libjpeg)."""
    if form in LOSSLESS:
        return 100
    # Keyed by table number; 0 is the luminance table of nearly every encoder.
    tables = getattr(image, "quantization", None)
    if form != "JPEG" or not tables:
        return 0
    table = tables.get(0) or next(iter(tables.values()))
    scale = 100 * float(sum(table)) / _STANDARD_SUM
    quality = (200 - scale) / 2 if scale <= 100 else 5000 / scale
    return max(1, min(100, round(quality)))


_STANDARD_SUM = 3685
"""Sum of the luminance table in annex K of the JPEG standard, which libjpeg calls quality 50."""
