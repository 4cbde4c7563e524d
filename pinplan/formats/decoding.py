"""Open an image for decoding: within a memory limit, one large picture at a time, every refusal in plain words.

The limit applies to the memory of a decoded frame, not to its number of pixels: photographs of 100 megapixels are no attack. A file that declares
more is not decoded at all (a decompression bomb, I19). Its header is read by pinplan itself, since some decoders allocate memory on opening a file.
"""

from __future__ import annotations

import functools
import importlib.util
import io
import re
import threading
import warnings
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from pinplan.errors import ImageRefused
from pinplan.formats.png import without_large_texts
from pinplan.formats.reading import Damaged
from pinplan.formats.signatures import DECODED, WITH_AN_EXTRA, format_of, is_page_of_text, spoken
from pinplan.formats.structure import structure_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from PIL.ImageFile import ImageFile

    from pinplan.formats.structure import Structure

MAX_MEMORY = 1024 * 1024 * 1024
"""Maximum memory of one decoded frame, in bytes."""
LARGE = 128 * 1024 * 1024
"""Pictures that take more memory than this are decoded one at a time, whatever the number of threads."""
_BYTES_PER_PIXEL = 4
_one_large = threading.Lock()
_PILLOW = r"PIL(\.|$)"
_QUIET = ("ignore", None, Warning, re.compile(_PILLOW), 0)


class Undecodable(ImageRefused):
    """The decoder failed: the bytes are broken, or of a variant that it does not know."""


def why_not_decoded(data: bytes) -> str | None:
    """Why a file is not decoded, from its first bytes; None if pinplan decodes its format."""
    form = format_of(data)
    if form is not None:
        return None if form in decoded_formats() else _undecoded(form)
    if not data:
        return "it is empty"
    if is_page_of_text(data):
        return "it is a page of text, not an image"
    return "it is not an image" if data.strip(b"\0") else "it holds nothing but zeros"


@functools.cache
def decoded_formats() -> tuple[str, ...]:
    """The formats whose pixels can be decoded here."""
    # Looked for, not imported: it loads two libraries of several megabytes.
    return (*DECODED, *WITH_AN_EXTRA) if importlib.util.find_spec("pillow_heif") else DECODED


def is_decoded_by_now(problem: str) -> bool:
    """Whether all that was wrong with a file is that its decoder was not installed, and it is now."""
    return any(problem == _undecoded(form) for form in WITH_AN_EXTRA if form in decoded_formats())


def _undecoded(form: str) -> str:
    missing = " without pillow-heif" if form in WITH_AN_EXTRA else ""
    return f"it is {spoken(form)} image, which pinplan cannot decode{missing}"


@contextmanager
def opened(data: bytes, where: str, structure: Structure | None = None) -> Iterator[ImageFile]:
    """Open an image after a size check. Errors inside the block become refusals as well.

    Args:
        data: the whole file.
        where: what it is called in an error.
        structure: the result of an earlier walk through the file, if any.

    Raises:
        Undecodable: the decoder failed.
        ImageRefused: pinplan does not decode its format, it is too large, or there is not enough memory.
    """
    reason = why_not_decoded(data)
    form = format_of(data)
    if reason is not None or form is None:
        raise ImageRefused(where, reason or "it is not an image")
    found = structure or structure_of(form, data)
    # Before the decoder sees the file: some allocate the whole frame on opening.
    _check_size(found, where)
    try:
        with _one_large if found.memory > LARGE else nullcontext(), _open(form, data) as image:
            yield image
    except ImageRefused:
        raise
    except MemoryError as error:
        raise ImageRefused(where, "there is not enough memory to decode it") from error
    except Exception as error:
        # Decoders raise anything on broken data, with messages for programmers.
        undecodable = f"it begins like {spoken(form)} image, but cannot be decoded"
        raise Undecodable(where, found.damage or undecodable) from error


def _check_size(structure: Structure, where: str) -> None:
    if structure.width is None:
        raise Undecodable(where, structure.damage or "its header is broken: it has no size")
    if structure.memory > MAX_MEMORY:
        needed = f"{structure.memory / 1024**3:,.1f} GB of memory"
        raise ImageRefused(where, f"too large to decode: {structure.width}×{structure.height} takes {needed}")


def _open(form: str, data: bytes) -> ImageFile:
    _quiet_pillow()
    profile = None
    if form == "PNG":
        data, profile = _without_large_texts(data)
    image = (_heif_reader() if form in WITH_AN_EXTRA else _readers()[form])(io.BytesIO(data))
    if profile is not None:
        image.info["icc_profile"] = profile
    return image


def _without_large_texts(data: bytes) -> tuple[bytes, bytes | None]:
    try:
        return without_large_texts(data)
    except Damaged:
        return data, None  # the decoder reports the damage


@functools.cache
def _readers() -> Mapping[str, type[ImageFile]]:
    """Pillow's class for each format. Loaded with the first image: most plans open none."""
    from PIL.AvifImagePlugin import AvifImageFile
    from PIL.BmpImagePlugin import BmpImageFile
    from PIL.GifImagePlugin import GifImageFile
    from PIL.JpegImagePlugin import JpegImageFile
    from PIL.PngImagePlugin import PngImageFile
    from PIL.TiffImagePlugin import TiffImageFile
    from PIL.WebPImagePlugin import WebPImageFile

    # By class, not by Image.open: a JPEG may declare further pictures after the first (MPO), which hosts cut off.
    return {
        "JPEG": JpegImageFile,
        "PNG": PngImageFile,
        "GIF": GifImageFile,
        "WEBP": WebPImageFile,
        "AVIF": AvifImageFile,
        "BMP": BmpImageFile,
        "TIFF": TiffImageFile,
    }


@functools.cache
def _heif_reader() -> type[ImageFile]:
    from pillow_heif import HeifImageFile, options

    # Previews and depth maps inside the file are no frames of it, and take memory.
    options.THUMBNAILS = options.DEPTH_IMAGES = options.AUX_IMAGES = False
    reader: type[ImageFile] = HeifImageFile
    return reader


def _quiet_pillow() -> None:
    """Silence Pillow's warnings and lift its pixel limit: pinplan has its own.

    For the whole process: `warnings.catch_warnings` affects all threads, so a thread that leaves it would switch the warnings on again
    for the others.
    """
    from PIL import Image

    if _QUIET not in warnings.filters:
        warnings.filterwarnings("ignore", module=_PILLOW)
    Image.MAX_IMAGE_PIXELS = MAX_MEMORY // _BYTES_PER_PIXEL // 2  # Pillow raises at twice this number
