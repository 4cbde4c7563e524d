"""What is kept of an image so that others can be compared with it."""

from __future__ import annotations

from msgspec import Struct

from pinplan.model.ids import Sha256

RECIPE = 2
"""The version of the way in which fingerprints are made and judged. Those of another version are never compared with these."""
_COMPARISON = 3
COMPARISON_VERSION = 100 * RECIPE + _COMPARISON
"""The version of the way in which two fingerprints are compared. A verdict of another version is never reused: raise ``_COMPARISON`` with
every change of a test or a limit. Fingerprints stay, so that a stricter test does not read a whole library again."""


class Inside(Struct, frozen=True, gc=False, kw_only=True):
    """What an image shows inside a border of one colour; see `Fingerprint` for the names."""

    width: int
    height: int
    dhash: int
    thumb: bytes


class Fingerprint(Struct, frozen=True, gc=False, kw_only=True):
    """An image as it looks: upright as EXIF says, its first frame, transparency laid on white.

    Attributes:
        recipe: `RECIPE` when it was made.
        sha256: of the whole file.
        size: of the file in bytes.
        width, height: in pixels, as it is shown.
        format: Pillow's name, e.g. ``"JPEG"``.
        frames: 1, or the number of frames of an animation.
        dhash: 64-bit difference hash of 9×8 grey pixels (`imagehash.dhash`), the first bit the highest.
        pdq: 256-bit PDQ hash, 32 bytes.
        colour: mean red, green and blue, 3 bytes.
        thumb: 16×16 pixels of red, green and blue, 768 bytes.
        detail: how many of the 64 horizontally neighbouring pairs of the 9×8 grey pixels differ by 3 levels or more.
        quality: estimated JPEG quality, 1 to 100; 100 for formats without loss; 0 where it cannot be told.
    """

    recipe: int = RECIPE
    sha256: Sha256
    size: int
    width: int
    height: int
    format: str
    frames: int = 1
    dhash: int
    pdq: bytes
    colour: bytes
    thumb: bytes
    detail: int
    quality: int = 0
    inside: Inside | None = None
