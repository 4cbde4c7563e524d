"""Fingerprints: of anything that is an image, always the same, and of nothing else."""

from __future__ import annotations

import io
import struct
import zlib

import imagehash
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from pinplan.duplicates.compare import mean_difference
from pinplan.duplicates.decode import decode, pixels_of
from pinplan.duplicates.fingerprint import fingerprint
from pinplan.duplicates.limits import MAX_PDQ_DISTANCE, MIN_DETAIL
from pinplan.duplicates.pdq import decimated, pdq_hash
from pinplan.duplicates.variants import mirror_of_thumb, mirrored_hash
from pinplan.errors import ImageRefused
from pinplan.model.similarity import ALGORITHM_VERSION, Fingerprint, Tier
from pinplan.sandbox.pictures import Kind
from tests.duplicates.drawn import FLAT, PHOTO, picture, saved
from tests.duplicates.judging import judged


def face(image: Image.Image, form: str = "PNG", **options: object) -> Fingerprint:
    return fingerprint(saved(image, form, **options), "x")


def apart(one: Fingerprint, other: Fingerprint) -> tuple[int, int]:
    pdq = (int.from_bytes(one.pdq) ^ int.from_bytes(other.pdq)).bit_count()
    return (one.dhash ^ other.dhash).bit_count(), pdq


def test_the_difference_hash_is_that_of_imagehash():
    found = face(PHOTO)
    assert f"{found.dhash:016x}" == str(imagehash.dhash(PHOTO.reduce(2)))
    assert (found.width, found.height, found.format, found.frames, found.quality) == (640, 480, "PNG", 1, 100)
    assert found.detail > MIN_DETAIL
    assert (len(found.pdq), len(found.colour), len(found.thumb)) == (32, 3, 768)


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "PA", "RGBA", "LA", "1", "CMYK", "I;16", "I", "F"])
def test_every_mode_gives_the_same_picture(mode):
    grey = PHOTO.convert("L").convert("RGB")
    levels = np.asarray(grey.convert("L"), dtype=np.float32)
    form = {"CMYK": "TIFF", "F": "TIFF", "I": "TIFF", "PA": "TIFF"}.get(mode, "PNG")
    match mode:
        case "I;16":
            image = Image.fromarray((levels * 257).astype(np.uint16))
        case "I":
            image = Image.fromarray((levels * 257).astype(np.int32))
        case "F":
            image = Image.fromarray(levels)
        case "PA":
            image, form = grey.convert("LA"), "PNG"
        case _:
            image = grey.convert(mode)
    dhash, pdq = apart(face(image, form), face(grey))
    assert dhash <= (12 if mode == "1" else 2)
    assert pdq <= (60 if mode == "1" else 16)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_compared_upright(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    back = {
        6: Image.Transpose.ROTATE_90,
        8: Image.Transpose.ROTATE_270,
        5: Image.Transpose.TRANSPOSE,
        7: Image.Transpose.TRANSVERSE,
    }
    plain = {2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM}
    how = {**back, **plain}.get(orientation)
    stored = PHOTO.transpose(how) if how is not None else PHOTO
    found = face(stored, "JPEG", quality=95, exif=exif)
    assert (found.width, found.height) == (640, 480)
    dhash, pdq = apart(found, face(PHOTO, "JPEG", quality=95))
    assert dhash <= 4
    assert pdq <= 12


def test_a_damaged_note_of_the_camera_is_no_reason_to_refuse():
    data = saved(PHOTO, "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f garbage")
    assert apart(fingerprint(data, "x"), face(PHOTO, "JPEG"))[0] <= 2


def test_a_note_that_pillow_cannot_even_read_is_no_reason_either():
    """As ImageMagick writes it into a PNG, with something that is no hexadecimal number in it."""
    note = PngInfo()
    note.add_text("Raw profile type exif", "\nexif\n      4\nnone")
    assert face(PHOTO, "PNG", pnginfo=note).dhash == face(PHOTO).dhash


def test_transparency_lies_on_white():
    seen = PHOTO.copy()
    seen.putalpha(Image.linear_gradient("L").resize(PHOTO.size))
    white = Image.new("RGBA", seen.size, "white")
    flat = Image.alpha_composite(white, seen).convert("RGB")
    assert apart(face(seen), face(flat)) == (0, 0)


@pytest.mark.parametrize(("form", "options"), [("GIF", {}), ("WEBP", {"lossless": True})])
def test_the_first_frame_counts_and_the_number_of_frames_is_told(form, options):
    frames = [PHOTO, picture(7), picture(8)]
    moving = face(frames[0], form, save_all=True, append_images=frames[1:], **options)
    assert (moving.frames, face(frames[0], form, **options).frames) == (3, 1)
    assert apart(moving, face(frames[0], form, **options)) == (0, 0)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"<html></html>",
        b"<svg/>",
        b"\xff\xd8\xff",
        b"GIF89a",
        b"\x89PNG\r\n\x1a\n",
        saved(PHOTO, "JPEG")[:3000],
    ],
)
def test_what_is_no_complete_image_is_refused(data):
    with pytest.raises(ImageRefused):
        fingerprint(data, "x")


def png_of(width: int, height: int) -> bytes:
    """A small file that says it is large."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


def test_a_bomb_is_refused_before_it_is_decoded():
    with pytest.raises(ImageRefused, match="too large to decode: 90000×90000 takes"):
        fingerprint(png_of(90_000, 90_000), "x")


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_a_large_picture_looks_like_the_small_one(form, monkeypatch):
    monkeypatch.setattr("pinplan.duplicates.decode.LARGE", 640 * 480)
    large = PHOTO.resize((2560, 1920), Image.Resampling.LANCZOS)
    dhash, pdq = apart(face(large, form), face(PHOTO))
    assert dhash <= 2
    assert pdq <= 12
    assert pixels_of(saved(large, form), "x") == pixels_of(saved(large, form), "x")


def test_a_file_that_decodes_but_is_broken_is_marked():
    whole = saved(PHOTO, "GIF")
    assert whole.endswith(b";")
    cut = fingerprint(whole[:-1], "x")
    assert (cut.damaged, fingerprint(whole, "x").damaged) == (True, False)
    assert cut.dhash == fingerprint(whole, "x").dhash


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (4000, 3)])
def test_what_is_too_small_is_refused(size):
    with pytest.raises(ImageRefused, match=f"too small to compare: {size[0]}×{size[1]}"):
        face(Image.new("RGB", size, "red"))


@pytest.mark.parametrize("size", [(5, 5), (9, 8), (4000, 6)])
def test_small_and_narrow_pictures_have_little_detail_and_no_trouble(size):
    assert face(Image.new("RGB", size, "red")).detail < MIN_DETAIL


def seen_or_refused(data: bytes) -> bool:
    """Anything else than a fingerprint or a refusal with a reason is an error of ours."""
    try:
        return fingerprint(data, "x").recipe == ALGORITHM_VERSION
    except ImageRefused as error:
        return bool(error.reason)


@given(st.binary(max_size=400))
def test_any_bytes_are_a_picture_or_refused(data):
    assert seen_or_refused(data)


SMALL = saved(PHOTO.resize((64, 48)), "JPEG", quality=60)


@given(st.integers(0, len(SMALL) - 1), st.integers(0, 255), st.booleans())
def test_a_damaged_picture_is_a_picture_or_refused(place, byte, cut):
    edited = SMALL[:place] if cut else SMALL[:place] + bytes([byte]) + SMALL[place + 1 :]
    assert seen_or_refused(edited)


@pytest.mark.parametrize("quality", [30, 50, 75, 90, 95])
def test_the_quality_is_that_with_which_it_was_saved(quality):
    assert abs(face(PHOTO, "JPEG", quality=quality).quality - quality) <= 1


@pytest.mark.parametrize(("seed", "kind"), [(0, Kind.LANDSCAPE), (1, Kind.TEXTURE)])
def test_smaller_and_coarser_copies_are_confirmed_and_other_pictures_are_not(seed, kind):
    original = picture(seed, 600, 800, kind)
    first = saved(original)
    for data in (
        saved(original.resize((300, 400), Image.Resampling.LANCZOS), "JPEG", quality=85),
        saved(original, "JPEG", quality=50),
        saved(original.resize((450, 600), Image.Resampling.BICUBIC), "WEBP", quality=80),
    ):
        verdict = judged(first, data)
        assert verdict is not None
        assert verdict.tier is Tier.CONFIRMED, verdict
    stranger = saved(picture(seed + 50, 600, 800, kind))
    assert apart(fingerprint(first, "x"), fingerprint(stranger, "x"))[1] > MAX_PDQ_DISTANCE
    assert judged(first, stranger) is None


def tier_of(one: bytes, other: bytes) -> Tier | None:
    verdict = judged(one, other)
    return verdict.tier if verdict is not None else None


@pytest.mark.parametrize("image", [PHOTO, FLAT])
def test_the_same_bytes_and_the_same_pixels_are_exact(image):
    assert tier_of(saved(image), saved(image)) is Tier.EXACT
    assert tier_of(saved(image), saved(image, "BMP")) is Tier.EXACT
    assert tier_of(saved(image), saved(image, "PNG", compress_level=0)) is Tier.EXACT
    jpeg = saved(image, "JPEG", quality=90)
    assert tier_of(jpeg, saved(Image.open(io.BytesIO(jpeg)))) is Tier.EXACT


def test_what_was_turned_in_the_file_and_is_shown_upright_has_the_same_pixels():
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = PHOTO.transpose(Image.Transpose.ROTATE_90)
    assert tier_of(saved(PHOTO), saved(turned, "PNG", exif=exif)) is Tier.EXACT


def test_one_pixel_that_differs_is_not_exact():
    other = PHOTO.copy()
    other.putpixel((320, 240), (0, 255, 0))
    assert tier_of(saved(PHOTO), saved(other)) is Tier.CONFIRMED
    spotted = FLAT.copy()
    spotted.putpixel((0, 0), (0, 255, 0))
    assert tier_of(saved(FLAT), saved(spotted)) is Tier.SIMILAR


def test_another_transparency_profile_or_depth_is_not_exact():
    clear = PHOTO.convert("RGBA")
    clear.putpixel((0, 0), (255, 255, 255, 0))
    assert tier_of(saved(PHOTO), saved(clear)) is not Tier.EXACT
    assert tier_of(saved(PHOTO), saved(PHOTO, icc_profile=b"other colours")) is not Tier.EXACT
    levels = np.asarray(PHOTO.convert("L"), dtype=np.uint16) * 257
    deep, deeper = Image.fromarray(levels), Image.fromarray(levels + 1)
    assert tier_of(saved(deep), saved(deep, compress_level=0)) is Tier.EXACT
    assert tier_of(saved(deep), saved(deeper)) is not Tier.EXACT


def test_what_moves_is_only_the_same_if_its_bytes_are():
    def moving(*rest: Image.Image) -> bytes:
        return saved(PHOTO, "WEBP", save_all=True, append_images=rest, lossless=True)

    one, other = moving(picture(7), picture(8)), moving(picture(9), picture(10))
    assert tier_of(one, other) is Tier.SIMILAR
    assert tier_of(one, saved(PHOTO)) is Tier.SIMILAR
    assert tier_of(one, bytes(one)) is Tier.EXACT


@pytest.mark.parametrize("seed", range(2))
def test_a_mirror_image_is_known_by_its_hash_and_its_colours(seed):
    original = picture(seed, 300, 400, Kind.TEXTURE)
    one, other = face(original), face(original.transpose(Image.Transpose.FLIP_LEFT_RIGHT))
    assert (mirrored_hash(one.dhash) ^ other.dhash).bit_count() <= 6
    assert mean_difference(one.thumb, mirror_of_thumb(other.thumb)) < 2


# -- PDQ -------------------------------------------------------------------------------------------------------------


def boxed(line: list[float], window: int) -> list[float]:
    """box1DFloat of the reference, step by step."""
    ahead = (window + 2) // 2
    out, total, inside, right, left = [], 0.0, 0, 0, 0
    for _ in range(ahead - 1):
        total, inside, right = total + line[right], inside + 1, right + 1
    for _ in range(window - ahead + 1):
        total, inside, right = total + line[right], inside + 1, right + 1
        out.append(total / inside)
    for _ in range(len(line) - window):
        total, right = total + line[right] - line[left], right + 1
        left += 1
        out.append(total / inside)
    for _ in range(ahead - 1):
        total, inside, left = total - line[left], inside - 1, left + 1
        out.append(total / inside)
    return out


@settings(max_examples=20)  # of every window, and each of them is slow
@given(st.integers(64, 400), st.integers(64, 400), st.integers(0, 2**32 - 1))
def test_the_filter_is_that_of_the_reference(rows, columns, seed):
    luma = np.random.default_rng(seed).uniform(0, 255, (rows, columns))
    slow = luma.copy()
    for _ in range(2):
        slow = np.array([boxed(list(row), (columns + 127) // 128) for row in slow])
        slow = np.array([boxed(list(column), (rows + 127) // 128) for column in slow.T]).T
    at = [[int((n + 0.5) * length / 64) for n in range(64)] for length in (rows, columns)]
    assert np.allclose(decimated(luma.astype(np.float32)), slow[np.ix_(at[0], at[1])], atol=1e-3)


@pytest.mark.parametrize("size", [(640, 480), (333, 517), (64, 64), (200, 901)])
@pytest.mark.parametrize("kind", list(Kind))
def test_pdq_is_that_of_the_library_bit_for_bit_where_it_can_be_built(kind, size):
    pdqhash = pytest.importorskip("pdqhash", reason="pdqhash has to be compiled on Linux: pip install pdqhash")
    levels = np.asarray(picture(3, size[0], size[1], kind))
    vector, quality = pdqhash.compute(levels)
    ours, our_quality = pdq_hash((levels @ np.array([0.299, 0.587, 0.114])).astype(np.float32))
    assert np.packbits(np.array(vector, dtype=np.uint8)).tobytes() == ours
    assert abs(our_quality - quality) <= 1


def test_a_picture_of_a_few_pixels_has_no_hash():
    assert pdq_hash(np.zeros((4, 100), dtype=np.float32)) == (bytes(32), 0)


def test_the_quality_of_nothing_is_nothing():
    assert pdq_hash(np.full((100, 100), 128, dtype=np.float32))[1] == 0
    assert pdq_hash(np.asarray(PHOTO.convert("L"), dtype=np.float32))[1] > 20


def test_a_decoded_jpeg_is_no_larger_than_it_needs_to_be():
    decoded = decode(saved(picture(2, 1200, 1800), "JPEG"), "x")
    assert decoded.image.size == (150, 225)
    assert (decoded.width, decoded.height) == (1200, 1800)
