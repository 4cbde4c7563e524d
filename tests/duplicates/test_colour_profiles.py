"""A picture is compared in the colours that its profile means: every viewer shows them."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from pinplan.duplicates.colour_profiles import in_srgb
from pinplan.duplicates.decode import WHOLE, decode
from pinplan.model.similarity import Tier
from tests.duplicates.drawn import PHOTO, saved
from tests.duplicates.judging import judged

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
PROPHOTO = ((0.79767, 0.28804, 0.0), (0.13519, 0.71188, 0.0), (0.03134, 0.00009, 0.82491))
"""XYZ of its red, green and blue (ROMM RGB, ISO 22028-2)."""


def matrix_profile(primaries: tuple[tuple[float, float, float], ...], gamma: float) -> bytes:
    """An ICC profile (version 2) of three primaries and one curve, written by its specification (ICC.1:2001-04)."""

    def fixed(number: float) -> bytes:
        return struct.pack(">i", round(number * 65536))

    description = b"desc" + bytes(4) + struct.pack(">I", 5) + b"test\0" + bytes(4 + 4 + 2 + 1 + 67)
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256))
    white = b"XYZ " + bytes(4) + fixed(0.9642) + fixed(1.0) + fixed(0.8249)
    colours = [b"XYZ " + bytes(4) + b"".join(map(fixed, primary)) for primary in primaries]
    parts = [
        (b"desc", description), (b"cprt", b"text" + bytes(4) + b"none\0"), (b"wtpt", white),
        (b"rXYZ", colours[0]), (b"gXYZ", colours[1]), (b"bXYZ", colours[2]),
        (b"rTRC", curve), (b"gTRC", curve), (b"bTRC", curve),
    ]  # fmt: skip
    place, table, body = 128 + 4 + 12 * len(parts), b"", b""
    for name, part in parts:
        table += name + struct.pack(">II", place + len(body), len(part))
        body += part + bytes(-len(part) % 4)
    head = struct.pack(
        ">I4sI4s4s4s12s4s4sIIIQI", place + len(body), b"none", 0x02400000, b"mntr", b"RGB ", b"XYZ ",
        bytes(12), b"acsp", b"none", 0, 0, 0, 0, 0,
    ) + fixed(0.9642) + fixed(1.0) + fixed(0.8249)  # fmt: skip
    return head + bytes(128 - len(head)) + struct.pack(">I", len(parts)) + table + body


WIDE = matrix_profile(PROPHOTO, 1.8)


def in_profile(image: Image.Image, profile: bytes) -> Image.Image:
    """The same colours in the numbers of another profile."""
    found = ImageCms.profileToProfile(
        image, ImageCms.createProfile("sRGB"), ImageCms.getOpenProfile(io.BytesIO(profile))
    )
    assert found is not None
    return found


@pytest.mark.promise("I21")
def test_a_copy_in_another_colour_space_is_found_and_other_colours_are_not():
    wide = in_profile(PHOTO, WIDE)
    found = judged(saved(PHOTO, "JPEG", quality=90), saved(wide, "JPEG", quality=92, icc_profile=WIDE))
    assert found is not None
    assert found.tier is Tier.CONFIRMED
    # The same numbers without the profile are other colours: paler ones.
    other = judged(saved(PHOTO, "JPEG", quality=90), saved(wide, "JPEG", quality=92))
    assert other is None or other.tier is Tier.SIMILAR


def test_a_profile_counts_for_the_colours_of_a_palette():
    wide = in_profile(PHOTO, WIDE)
    whole, few = (
        decode(saved(image, "PNG", icc_profile=WIDE), "x", WHOLE).image for image in (wide, wide.quantize(256))
    )
    assert np.abs(np.asarray(whole, dtype=np.int16) - np.asarray(few, dtype=np.int16)).mean() < 1
    plain = np.asarray(wide.convert("RGB"), dtype=np.int16)
    assert np.abs(plain - np.asarray(few, dtype=np.int16)).mean() > 8


def test_a_profile_of_srgb_changes_nothing():
    assert decode(saved(PHOTO, icc_profile=SRGB), "x", WHOLE).image.tobytes() == PHOTO.tobytes()
    assert in_srgb(PHOTO, SRGB) is PHOTO


@pytest.mark.parametrize("profile", [b"no profile", WIDE[:200], bytes(4000)])
def test_a_broken_profile_is_ignored_as_viewers_do(profile):
    assert in_srgb(PHOTO, profile) is PHOTO


def test_a_profile_of_another_kind_of_image_is_ignored():
    grey = PHOTO.convert("L")
    assert in_srgb(grey, WIDE) is grey
    assert in_srgb(PHOTO.convert("HSV"), WIDE).mode == "HSV"


def test_stored_numbers_are_had_on_request():
    """The hashes of imagehash know no profiles."""
    data = saved(in_profile(PHOTO, WIDE), icc_profile=WIDE)
    shown, stored = (np.asarray(decode(data, "x", WHOLE, managed=way).image, dtype=int) for way in (True, False))
    assert np.abs(shown - np.asarray(PHOTO, dtype=int)).mean() < 1.5
    assert np.abs(stored - np.asarray(PHOTO, dtype=int)).mean() > 8
