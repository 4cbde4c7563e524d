"""What is sent of a picture says nothing of its camera, place or author, and looks the same."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image, ImageCms, ImageOps
from PIL.PngImagePlugin import PngInfo

from pinplan.disk.images import as_upload
from pinplan.errors import ImageRefused
from pinplan.formats.metadata import without_metadata
from pinplan.model.images import Preparation

SECRET = b"SECRET"
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def gradient(mode: str = "RGB") -> Image.Image:
    red = Image.linear_gradient("L").resize((120, 80))
    return Image.merge("RGB", (red, red.transpose(Image.Transpose.FLIP_LEFT_RIGHT), red)).convert(mode)


def exif_of(orientation: int | None) -> Image.Exif:
    exif = Image.Exif()
    exif[0x010E] = "SECRET description"
    exif.get_ifd(0x8825)[29] = "SECRET date"
    if orientation is not None:
        exif[0x0112] = orientation
    return exif


def saved(image: Image.Image, form: str, **facts: object) -> bytes:
    with io.BytesIO() as file:
        image.save(file, format=form, **facts)
        return file.getvalue()


def jpeg(orientation: int | None = None, **facts: object) -> bytes:
    return saved(
        gradient(), "JPEG", exif=exif_of(orientation), icc_profile=PROFILE, comment=SECRET, dpi=(72, 72), **facts
    )


def png(orientation: int | None = None) -> bytes:
    texts = PngInfo()
    texts.add_text("Author", "SECRET")
    texts.add_itxt("XML:com.adobe.xmp", "SECRET")
    return saved(gradient("RGBA"), "PNG", exif=exif_of(orientation), icc_profile=PROFILE, pnginfo=texts)


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


@pytest.mark.promise("I31")
@pytest.mark.parametrize("orientation", [None, 1, 3, 6, 9])
@pytest.mark.parametrize(("form", "made"), [("JPEG", jpeg), ("PNG", png)])
def test_only_the_picture_its_colours_and_its_orientation_are_left(form, made, orientation):
    before = made(orientation)
    after = without_metadata(form, before)
    assert SECRET in before
    assert SECRET not in after
    one, other = opened(before), opened(after)
    assert one.tobytes() == other.tobytes()
    assert other.info["icc_profile"] == PROFILE
    turned = {3: 3, 6: 6}.get(orientation or 1)
    assert dict(other.getexif()) == ({0x0112: turned} if turned else {})
    assert ImageOps.exif_transpose(one).tobytes() == ImageOps.exif_transpose(other).tobytes()
    assert without_metadata(form, after) == after


@pytest.mark.parametrize("facts", [{"progressive": True}, {"restart_marker_blocks": 4}, {"optimize": True}])
def test_every_way_to_code_a_jpeg_keeps_its_pixels(facts):
    before = jpeg(**facts)
    assert opened(without_metadata("JPEG", before)).tobytes() == opened(before).tobytes()


@pytest.mark.promise("I31")
@pytest.mark.parametrize(("form", "made"), [("JPEG", jpeg), ("PNG", png)])
def test_what_lies_behind_the_picture_is_not_sent(form, made):
    assert without_metadata(form, made() + jpeg()) == without_metadata(form, made())


def test_segments_that_only_programs_read_are_dropped_and_the_colour_transform_is_kept():
    before = saved(gradient("CMYK"), "JPEG", exif=exif_of(None))
    two = before[:2] + b"\xff\xe0\0\x0cJFXX\0SECRE\xff\xe2\0\x0aMPF\0SECR" + before[2:]
    after = without_metadata("JPEG", two)
    assert b"SECR" not in after
    assert opened(after).tobytes() == opened(before).tobytes()


def test_a_thumbnail_in_the_first_segment_is_dropped():
    head = b"\xff\xe0\0\x16JFIF\0\1\1\0\0\1\0\1\1\2SECRET"
    plain = saved(gradient(), "JPEG")
    body = plain[2 + 18 :]
    after = without_metadata("JPEG", plain[:2] + head + body)
    assert SECRET not in after
    assert opened(after).tobytes() == opened(plain).tobytes()


@pytest.mark.parametrize(
    "exif", [b"Exif\0\0", b"Exif\0\0XX*\0", b"Exif\0\0II*\0\xff\0\0\0", b"other", b"Exif\0\0MM\0*\0\0\0\x08\0\x09"]
)
def test_broken_exif_data_are_upright(exif):
    plain = saved(gradient(), "JPEG")
    broken = plain[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + plain[2:]
    assert without_metadata("JPEG", broken) == without_metadata("JPEG", plain)


def sent(data: bytes, tmp_path: Path, *, keep: bool = False):
    path = tmp_path / "picture"
    path.write_bytes(data)
    with path.open("rb") as file:
        return as_upload(file.fileno(), "picture", Preparation(keep_metadata=keep))


@pytest.mark.promise("I31")
@pytest.mark.parametrize(
    ("form", "mode", "content_type"),
    [
        ("WEBP", "RGB", "image/jpeg"),
        ("WEBP", "RGBA", "image/png"),
        ("AVIF", "RGB", "image/jpeg"),
        ("TIFF", "RGB", "image/jpeg"),
        ("TIFF", "CMYK", "image/jpeg"),
        ("TIFF", "LA", "image/png"),
        ("TIFF", "I;16", "image/png"),
        ("TIFF", "YCbCr", "image/jpeg"),
        ("BMP", "L", "image/png"),
        ("GIF", "P", "image/png"),
    ],
)
def test_other_formats_are_converted(tmp_path, form, mode, content_type):
    picture = gradient("L").convert(mode) if mode in {"LA", "I;16", "P"} else gradient(mode)
    facts = {"icc_profile": PROFILE, "exif": exif_of(6)} if form in {"WEBP", "AVIF"} else {}
    if mode == "RGBA":
        picture.putalpha(128)
    upload = sent(saved(picture, form, **facts), tmp_path)
    made = opened(upload.data)
    assert upload.content_type == content_type == f"image/{str(made.format).lower()}"
    assert made.size == ((80, 120) if facts else (120, 80))
    assert (made.info.get("icc_profile"), dict(made.getexif())) == (PROFILE if facts else None, {})
    assert SECRET not in upload.data
    assert upload.frames == 1


def test_metadata_are_kept_if_the_config_says_so(tmp_path):
    assert sent(jpeg(), tmp_path, keep=True).data == jpeg()
    assert sent(jpeg(), tmp_path).data == without_metadata("JPEG", jpeg())


def test_an_animation_is_known_by_its_frames(tmp_path):
    frames = saved(gradient(), "GIF", save_all=True, append_images=[Image.new("RGB", (120, 80), "red")])
    assert sent(frames, tmp_path).frames == 2


def test_a_file_that_is_cut_off_is_refused(tmp_path):
    with pytest.raises(ImageRefused):
        sent(jpeg()[:900], tmp_path)
