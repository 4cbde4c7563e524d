"""Bring a picture into sRGB, as every viewer does: the same numbers under another ICC profile are other colours."""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

_SAME = 1
"""Levels by which a profile that is called sRGB may differ from ours: rounding."""
_STEPS = 6


def in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """The image in sRGB; unchanged if its profile is broken, of another kind of image, or sRGB itself.

    Args:
        image: of mode L, RGB or CMYK; any other is returned as it is.
        profile: as it is stored in the file.
    """
    transform = _to_srgb(profile, image.mode) if image.mode in _SAMPLES else None
    if transform is None:
        return image
    found = ImageCms.applyTransform(image, transform)
    return image if found is None else found


_LEVELS = np.linspace(0, 255, _STEPS).round().astype(np.uint8)
_SAMPLES = {
    "L": Image.fromarray(_LEVELS[None, :], "L"),
    "RGB": Image.fromarray(np.stack(np.meshgrid(_LEVELS, _LEVELS, _LEVELS), axis=-1).reshape(1, -1, 3), "RGB"),
    "CMYK": Image.new("CMYK", (1, 1), (120, 30, 200, 10)),
}
"""Colours by which a profile is compared with sRGB, by mode."""


@lru_cache(maxsize=16)  # a library is mostly of a few cameras and programs
def _to_srgb(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    try:
        transform = ImageCms.buildTransform(
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
        shown = ImageCms.applyTransform(_SAMPLES[mode], transform)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):  # what a viewer ignores as well
        return None
    # Telling by name would trust what the profile says of itself; and most of them are sRGB, for which nothing is to be done.
    return None if shown is None or _is_same(_SAMPLES[mode], shown) else transform


def _is_same(one: Image.Image, other: Image.Image) -> bool:
    levels = [np.asarray(image.convert("RGB"), dtype=np.int16) for image in (one, other)]
    return int(np.abs(levels[0] - levels[1]).max()) <= _SAME
