"""The kinds of edit by which a copy differs from its original as a whole. Such a copy is similar, never a duplicate."""

from __future__ import annotations

from msgspec import Struct

MAX_CONTRAST = 0.14
"""Share by which all levels lie further from their mean in one of the two."""
MAX_BRIGHTNESS = 2.5
"""Levels."""
MAX_SHIFT, MAX_STRETCH = 0.003, 0.012
"""Of the width, and the height: what a crop does. No way to resize moves anything by more than half a pixel."""
MAX_SATURATION = 0.2
MAX_TINT = 2.5
"""Levels of both colour differences (Cb and Cr), on average over all places: another hue."""
_SOME_CHROMA, _NEARLY_GREY = 3.0, 0.2
"""Levels from grey at which a picture has colours, and the share of them that a copy in grey has at most."""
_UNSURE_CHROMA = 2.0
"""Levels by which saving moves the colours of a picture that has next to none."""


class Adjustment(Struct, frozen=True, kw_only=True):
    """How one of two pictures was edited as a whole.

    Attributes:
        contrast: share by which levels lie further from their mean.
        brightness: mean difference, in levels.
        shift, stretch: by how much things moved, and were drawn apart, as a share of the width or the height.
        chroma: mean distance from grey of both, the smaller first, in levels.
        tint: mean distance of the colours of the same places, in levels.
    """

    contrast: float = 0.0
    brightness: float = 0.0
    shift: float = 0.0
    stretch: float = 0.0
    chroma: tuple[float, float] = (0.0, 0.0)
    tint: float = 0.0


def edit_of(found: Adjustment) -> str | None:
    """The kind of edit that tells two copies apart, in words; None if there is none."""
    least, most = found.chroma
    limits = (
        (max(found.shift / MAX_SHIFT, found.stretch / MAX_STRETCH), 1.0, "one is cropped or stretched"),
        (most / _SOME_CHROMA if least <= most * _NEARLY_GREY else 0.0, 1.0, "one is grey"),
        ((most + _UNSURE_CHROMA) / (least + _UNSURE_CHROMA), 1 + MAX_SATURATION, "one has stronger colours"),
        (found.contrast, MAX_CONTRAST, "one has more contrast"),
        (found.brightness, MAX_BRIGHTNESS, "one is brighter"),
        (found.tint, MAX_TINT, "one has other tones"),
    )
    return next((name for figure, most, name in limits if figure > most), None)


def edit_of_thumbs(one: bytes, other: bytes) -> str | None:
    """The kind of edit that two thumbnails of 16×16 RGB pixels show; None if they show none."""
    greys = [_greys(thumb) for thumb in (one, other)]
    means = [sum(grey) / len(grey) for grey in greys]
    spreads = [sum(abs(level - mean) for level in grey) for grey, mean in zip(greys, means, strict=True)]
    chromas = [_chroma(thumb) for thumb in (one, other)]
    return edit_of(
        Adjustment(
            contrast=max(spreads) / max(1.0, min(spreads)) - 1,
            brightness=abs(means[0] - means[1]),
            chroma=(min(chromas), max(chromas)),
        )
    )


def _greys(thumb: bytes) -> list[float]:
    return [sum(thumb[at : at + 3]) / 3 for at in range(0, len(thumb), 3)]


def _chroma(thumb: bytes) -> float:
    """Mean distance from grey, in levels."""
    pixels = [thumb[at : at + 3] for at in range(0, len(thumb), 3)]
    return sum(max(pixel) - min(pixel) for pixel in pixels) / 2 / len(pixels)
