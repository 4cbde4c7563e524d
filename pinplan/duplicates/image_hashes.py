"""Hashes of imagehash, for people who bring a threshold from another tool. Their pairs are only ever listed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from pinplan.errors import ConfigError

if TYPE_CHECKING:
    from PIL import Image

MAX_BITS = 12
"""Of 64: beyond it, 100,000 unrelated pictures make thousands of pairs by chance alone."""
_MAX_PIXELS = 16_000_000
"""Larger images are reduced before they are hashed: `whash` and `colorhash` need many times the memory of the picture."""


class HashKind(Struct, frozen=True):
    """A hash of imagehash.

    Attributes:
        function: its name in imagehash.
        bits: its length.
        recipe: its version number in the cache; a hash that is taken in another way gets a new one.
    """

    function: str
    bits: int
    recipe: int


HASHES = {
    "ahash": HashKind("average_hash", 64, 1001),
    "phash": HashKind("phash", 64, 1002),
    "phash_simple": HashKind("phash_simple", 64, 1003),
    "dhash": HashKind("dhash", 64, 1004),
    "dhash_vertical": HashKind("dhash_vertical", 64, 1005),
    "whash": HashKind("whash", 64, 1006),
    "colorhash": HashKind("colorhash", 42, 1007),
}
"""By the names that other tools use; all with imagehash's default sizes. Its `crop_resistant_hash` is left out: it is a list of hashes,
which have no distance in bits."""


class HashLimit(Struct, frozen=True):
    """Which hash, and by how many bits two of them may differ."""

    kind: HashKind
    bits: int


def parse_hash_limit(text: str) -> HashLimit:
    """The hash and the limit in ``NAME:BITS``. Raises `ConfigError`."""
    # Length first: `int` of a very long string is quadratic, and refused by Python beyond 4,300 digits.
    name, _, bits = text.partition(":")
    if name in HASHES and bits.isascii() and bits.isdecimal() and len(bits) < 4 and int(bits) <= MAX_BITS:
        return HashLimit(HASHES[name], int(bits))
    raise ConfigError(
        [
            f"--hash {text}: expected NAME:BITS, such as phash:8; NAME is one of {', '.join(HASHES)}, BITS is 0 to {MAX_BITS}"
        ]
    )


def image_hash(data: bytes, where: str, function: str) -> int:
    """The hash of an image file, its first bit the highest: upright, first frame, transparency laid on white.

    Args:
        data: the whole file.
        where: what it is called in an error.
        function: the name of the hash in imagehash.

    Raises:
        ImageRefused: it is not a complete image that can be decoded.
    """
    import imagehash  # noqa: PLC0415 - 0.2 s of import, only for --hash
    import numpy as np  # noqa: PLC0415 - as above

    from pinplan.duplicates.decode import WHOLE, decode  # noqa: PLC0415 - as above

    # At full size, as other tools do: a JPEG decoded at a fraction of its size has another hash.
    bits = getattr(imagehash, function)(_reduced(decode(data, where, WHOLE, managed=False).image)).hash
    return int("".join("01"[bit] for bit in np.asarray(bits, dtype=np.uint8).flatten()), 2)


def _reduced(image: Image.Image) -> Image.Image:
    factor = 1
    # A whole factor: `reduce` averages whole blocks, faster and more evenly than a resize.
    while image.width * image.height > _MAX_PIXELS * factor**2:
        factor += 1
    return image.reduce(factor) if factor > 1 else image
