"""Which extension the name of an image has: that of what is in it, not that of the address which it came from."""

from __future__ import annotations

from pinplan.model.ids import RelPath

_OF_FORMAT = {
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "PNG": (".png", ".apng"),
    "GIF": (".gif",),
    "WEBP": (".webp",),
    "BMP": (".bmp", ".dib"),
    "TIFF": (".tif", ".tiff"),
    "AVIF": (".avif",),
    "HEIF": (".heic", ".heif"),
    "JXL": (".jxl",),
}
"""The usual one first. Keys are Pillow's names of formats, as in `pinplan.model.images.Content`."""


def named_as(path: RelPath, form: str) -> RelPath:
    """The same path with an extension that fits the format; the path itself where it fits already, or the format has none."""
    fitting = _OF_FORMAT.get(form)
    if fitting is None or path.lower().endswith(fitting):
        return path
    return RelPath(stem_of(path) + fitting[0])


def stem_of(path: str) -> str:
    """A path without its extension; a name that only begins with a dot has none."""
    folder, slash, name = path.rpartition("/")
    stem = name.rpartition(".")[0]
    return f"{folder}{slash}{stem or name}"
