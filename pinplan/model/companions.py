"""What a file name says of what is inside: an image, or a companion, a small file beside a picture that says something about it."""

from __future__ import annotations

from msgspec import Struct

from pinplan.model.extensions import stem_of
from pinplan.model.ids import RelPath
from pinplan.model.images import FileStat
from pinplan.model.spelling import composed

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


CARRIED_EXTENSIONS = (".xmp", ".json")
"""Of companions that go with their picture when it is moved, renamed, trashed or restored."""


class Companion(Struct, frozen=True, gc=False, kw_only=True):
    """A companion as the plan saw it: in the library, or in the trash for what brings its picture back."""

    path: RelPath
    size: int
    mtime_ns: int

    @property
    def stat(self) -> FileStat:
        """By which it is known again; a rename keeps both."""
        return FileStat(self.size, self.mtime_ns)


def is_carried(path: str) -> bool:
    """Whether a file may be a companion that goes with its picture, by its extension."""
    return path.lower().endswith(CARRIED_EXTENSIONS)


def name_beside(path: RelPath, of: str, to: str) -> RelPath | None:
    """The path of a companion of one picture once the picture has another path; None if it is no companion of it.

    Args:
        path: of the companion: ``x.jpg.xmp`` or ``x.xmp`` beside ``x.jpg``.
        of: path of the picture.
        to: the picture's other path.
    """
    name, dot, extension = path.rpartition(".")
    if not is_carried(path):
        return None
    if composed(name) == composed(of):
        return RelPath(f"{to}{dot}{extension}")
    if composed(name) == composed(stem_of(of)):
        return RelPath(f"{stem_of(to)}{dot}{extension}")
    return None
