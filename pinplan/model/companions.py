"""What a file name says of what is inside: an image, or a companion, a small file beside a picture that says something about it."""

from __future__ import annotations

COMPANION_EXTENSIONS = frozenset(
    {
        "aae", "csv", "dop", "htm", "html", "ini", "json", "log", "md", "md5", "nfo", "pp3", "sha256", "txt", "url",
        "webloc", "xml", "xmp", "yaml", "yml",
    }
)  # fmt: skip
IMAGE_EXTENSIONS = (
    ".jpg", ".jpeg", ".jfif", ".png", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".avif", ".heic", ".heif", ".jxl",
)  # fmt: skip
"""What is worth a word among files that nobody tracks: a plan file or a note in the library is not."""


def looks_like_image(path: str) -> bool:
    """Whether a file is named like an image."""
    return path.lower().endswith(IMAGE_EXTENSIONS)


def is_companion(path: str) -> bool:
    """Whether a file is a companion by its name: a companion claims no pin, whatever id is in its name.

    ``._x.jpg`` is what macOS writes beside ``x.jpg`` on disks that do not keep its attributes.
    """
    name = path.rpartition("/")[2]
    return name.startswith("._") or name.rpartition(".")[2].lower() in COMPANION_EXTENSIONS
