"""Companions: small files beside a picture that say something about it, and never are the picture."""

from __future__ import annotations

COMPANION_EXTENSIONS = frozenset(
    {
        "aae", "csv", "dop", "htm", "html", "ini", "json", "log", "md", "md5", "nfo", "pp3", "sha256", "txt", "url",
        "webloc", "xml", "xmp", "yaml", "yml",
    }
)  # fmt: skip


def is_companion(path: str) -> bool:
    """Whether a file is a companion by its name: a companion claims no pin, whatever id is in its name.

    ``._x.jpg`` is what macOS writes beside ``x.jpg`` on disks that do not keep its attributes.
    """
    name = path.rpartition("/")[2]
    return name.startswith("._") or name.rpartition(".")[2].lower() in COMPANION_EXTENSIONS
