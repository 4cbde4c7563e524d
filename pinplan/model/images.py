"""Facts about image files: content, requested renditions, and size against the declared one.

How large a picture is, against what Pinterest declares. Declared sizes are nominal: a ``600x`` may be 564 wide.
"""

from __future__ import annotations

from msgspec import Struct

from pinplan.model.base import Refused, Tracked, image_key
from pinplan.model.ids import ActionId, PinId, RelPath, RunId, Sha256
from pinplan.model.pins import Rendition


class FileStat(Struct, frozen=True, gc=False):
    """Size in bytes and modification time in nanoseconds of a regular file."""

    size: int
    mtime_ns: int


class Content(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """The content of a file, read and fully decoded.

    Attributes:
        width, height: as decoded; of a file with a problem, as its header says, where that can be read.
        format: Pillow's name, e.g. ``"JPEG"``; of a file with a problem, what its first bytes say, also for a format that is not decoded.
        problem: why it is not a complete image that pinplan can decode; None for a good one (then all of the above are set).
        damage: why the bytes themselves show that the file is not what was once written: it is empty, nothing but zeros, or begins like a known
            format whose structure is cut or broken. None of a file that is merely not understood.
        nearly_whole: of a damaged file: it lacks hardly more than its end mark, and viewers show it.
    """

    sha256: Sha256
    width: int | None = None
    height: int | None = None
    format: str | None = None
    problem: str | None = None
    damage: str | None = None
    nearly_whole: bool = False

    def is_broken(self, form: str) -> bool:
        """Whether these are the remains of an image that was recorded with this format, and not another file in its place."""
        return self.damage is not None and self.format in {None, form}


class FileFact(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A regular file in the library as the scan saw it.

    Attributes:
        content: only where the scan had a reason to look inside (new name, changed size or time).
    """

    path: RelPath
    size: int
    mtime_ns: int
    content: Content | None = None


class Upload(Struct, frozen=True, kw_only=True):
    """An image in a form that Pinterest takes.

    Attributes:
        content_type: ``"image/jpeg"`` or ``"image/png"``.
        data: the whole file.
    """

    content_type: str
    data: bytes


class TrashedFile(Struct, frozen=True, gc=False, kw_only=True):
    """A file in the trash.

    Attributes:
        path: where it lies, relative to the library.
        was: the path that it had in the library, or the name that the action gave to what it kept.
    """

    path: RelPath
    run: RunId
    action: ActionId
    was: str
    size: int
    mtime_ns: int


class StagedImage(Struct, frozen=True, kw_only=True):
    """A fetched, verified image in the staging folder, not yet visible in the library.

    Attributes:
        name: file name inside the staging folder.
        url: the address that it came from (one of the pin's renditions).
        refused: the better rendition that could not be had; None if this is the best one.
        doubtful: why it is no perfect image, where that is all that its host has (see `pinplan.model.base.Tracked`).
    """

    name: str
    url: str
    size: int
    sha256: Sha256
    width: int
    height: int
    format: str
    refused: Refused | None = None
    doubtful: str | None = None


class Wanted(Struct, frozen=True, kw_only=True):
    """An image of a pin, for an action that fetches it.

    Attributes:
        renditions: where it can be had, best first.
        signature: of the image, as Pinterest has it now.
        min_pixels: with fewer than these it is refused.
        recorded: the picture that it must be: the recorded bytes, wherever they are, or the same picture at the recorded size.
        lesser_will_do: a lesser rendition is taken where a better one is refused; False: only where the host says for good that
            there is no better one.
        doubtful_will_do: one that is no perfect image is taken if its host has no other.
    """

    pin_id: PinId
    slot: int
    renditions: tuple[Rendition, ...]
    signature: str | None = None
    min_pixels: int = 0
    recorded: Tracked | None = None
    lesser_will_do: bool = True
    doubtful_will_do: bool = False

    @property
    def key(self) -> str:
        """See `image_key`."""
        return image_key(self.signature, self.renditions)


def is_placeholder(width: int, height: int, declared: Rendition) -> bool:
    """Less than half as wide or as high as declared: not the picture, but something in its place (I19)."""
    # Half, not less: declared sizes are nominal, a 600x may be 564 wide.
    return 2 * width < (declared.width or 0) or 2 * height < (declared.height or 0)


def is_smaller(width: int, height: int, declared: Rendition) -> bool:
    """Less wide or less high than declared, however little; larger is always fine."""
    return width < (declared.width or 0) or height < (declared.height or 0)


def declared_size(rendition: Rendition) -> str:
    """The declared size in words, ``1200×900``; Pinterest's name for it where it declares none."""
    if rendition.width and rendition.height:
        return f"{rendition.width}×{rendition.height}"
    return rendition.size
