"""Inspect image files: complete, decodable, of a sensible size (I19)."""

from __future__ import annotations

import hashlib
import io
import os
from typing import TYPE_CHECKING

from PIL import ImageOps

from pinplan.errors import ImageRefused
from pinplan.formats.decoding import Undecodable, opened, why_not_decoded
from pinplan.formats.metadata import without_metadata
from pinplan.formats.nearly_whole import is_nearly_whole
from pinplan.formats.signatures import format_of
from pinplan.formats.structure import structure_of
from pinplan.model.ids import Sha256
from pinplan.model.images import Content, Upload

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.ImageFile import ImageFile

    from pinplan.model.images import Preparation

MAX_BYTES = 64 * 1024 * 1024
"""Pinterest accepts images up to 20 MB: pinplan never stored a larger file."""
MAX_PIXELS_OF_ALL_FRAMES = 1_400_000_000
"""Limit of an animation: about ten seconds of decoding."""
_CHUNK = 1024 * 1024


def inspect_handle(handle: int) -> tuple[int, Content]:
    """Read a file once from its handle: size in bytes, digest and content.

    Raises:
        OSError: it cannot be read.
    """
    digest = hashlib.sha256()
    kept = io.BytesIO()
    size = 0
    for chunk in _chunks(handle):
        digest.update(chunk)
        size += len(chunk)
        if size <= MAX_BYTES:  # the digest covers all bytes, memory holds a limited part
            kept.write(chunk)
    data, sha256 = kept.getvalue(), Sha256(digest.hexdigest())
    if size > MAX_BYTES:
        too_large = f"larger than {MAX_BYTES // 1024 // 1024} MB"
        return size, Content(sha256=sha256, format=format_of(data), problem=too_large)
    return size, inspect_bytes(data, sha256)


def inspect_bytes(data: bytes, sha256: Sha256) -> Content:
    """Inspect the content: the structure first, and every pixel only if that is complete."""
    form = format_of(data)
    if form is None:
        problem = why_not_decoded(data)
        # Empty or all zero bytes, as after a crash without fsync: that is damage, not another format.
        return Content(sha256=sha256, problem=problem, damage=None if data.strip(b"\0") else problem)
    structure = structure_of(form, data)
    # Limits first: a file too large to decode is not damaged.
    problem = why_not_decoded(data) or structure.damage
    damage = structure.damage
    if problem is None:
        try:
            with opened(data, "", structure) as image:
                width, height = image.size
                _load_frames(image)
            return Content(sha256=sha256, width=width, height=height, format=form)
        except Undecodable as error:
            problem = damage = structure.if_undecodable
            problem = problem or error.reason
        except ImageRefused as error:
            problem = error.reason
    nearly_whole = damage is not None and is_nearly_whole(form, data, structure)
    return Content(
        sha256=sha256,
        width=structure.width,
        height=structure.height,
        format=form,
        problem=problem,
        damage=damage,
        nearly_whole=nearly_whole,
    )


def as_upload(handle: int, where: str, preparation: Preparation | None = None) -> Upload:
    """An image for upload (schema PinMediaSourceImageBase64: JPEG or PNG).

    Args:
        handle: of the file.
        where: what it is called in an error.
        preparation: how a user's own picture is prepared. None: for an image that came from Pinterest, which is sent as it is; other
            formats are converted to PNG: lossless, first frame only.

    Raises:
        ImageRefused: not a complete image.
        OSError: it cannot be read.
    """
    _, content = inspect_handle(os.dup(handle))  # a dup shares the offset: seek back below
    os.lseek(handle, 0, os.SEEK_SET)
    if content.problem is not None:
        raise ImageRefused(where, content.problem)
    with os.fdopen(os.dup(handle), "rb") as file:
        data = file.read()
    # Of the bytes at hand: the file may have changed since it was inspected.
    digest = Sha256(hashlib.sha256(data).hexdigest())
    if preparation is not None:
        return _prepared(data, where, content.format or "", digest, preparation)
    if content.format in {"JPEG", "PNG"}:
        return Upload(content_type=f"image/{content.format.lower()}", data=data, of=digest)
    with opened(data, where) as image, io.BytesIO() as converted:
        good = image if image.mode in {"1", "L", "LA", "P", "RGB", "RGBA", "I;16"} else image.convert("RGB")
        good.save(converted, format="PNG")
        return Upload(content_type="image/png", data=converted.getvalue(), of=digest)


def _prepared(data: bytes, where: str, form: str, digest: Sha256, preparation: Preparation) -> Upload:
    with opened(data, where) as image:
        frames = getattr(image, "n_frames", 1)
        if form in {"JPEG", "PNG"}:
            sent = data if preparation.keep_metadata else without_metadata(form, data)
            return Upload(content_type=f"image/{form.lower()}", data=sent, of=digest, frames=frames)
        return _converted(image, digest, frames)


def _converted(image: ImageFile, digest: Sha256, frames: int) -> Upload:
    """As PNG if it is transparent or has few colours, else as JPEG; upright, with its colour profile."""
    profile = image.info.get("icc_profile")
    upright = ImageOps.exif_transpose(image)
    with io.BytesIO() as converted:
        if upright.mode in {"1", "L", "P", "I;16"} or upright.has_transparency_data:
            good = upright if upright.mode in {"1", "L", "LA", "P", "RGB", "RGBA", "I;16"} else upright.convert("RGBA")
            # `exif=b""`: Pillow would copy what the picture says of itself.
            good.save(converted, format="PNG", icc_profile=profile, exif=b"")
            return Upload(content_type="image/png", data=converted.getvalue(), of=digest, frames=frames)
        good = upright if upright.mode in {"RGB", "CMYK"} else upright.convert("RGB")
        good.save(converted, format="JPEG", quality=95, subsampling=0, icc_profile=profile, exif=b"", comment=b"")
        return Upload(content_type="image/jpeg", data=converted.getvalue(), of=digest, frames=frames)


def _chunks(handle: int) -> Iterator[bytes]:
    while chunk := os.read(handle, _CHUNK):
        yield chunk


def _load_frames(image: ImageFile) -> None:
    """Decode every frame, checking each size before decoding (decompression bombs)."""
    frames = getattr(image, "n_frames", 1)
    pixels = 0
    for frame in range(frames):
        if frame:
            image.seek(frame)
        width, height = image.size
        pixels += width * height
        if pixels > MAX_PIXELS_OF_ALL_FRAMES:
            raise ImageRefused("", f"too large to decode: {width}×{height} in {frames} frames")
        image.load()
