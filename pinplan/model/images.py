"""Facts about image files: content, requested renditions, and measured against declared size.

Sizes declared by Pinterest are nominal: a ``600x`` may be 564 wide.
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
        width, height: as decoded; for a file with a problem, from its header, if readable.
        format: Pillow's name, e.g. ``"JPEG"``; for a file with a problem, by its first bytes, even if pinplan does not decode the format.
        problem: why it is not a complete image that pinplan can decode; None for a good one (then all of the above are set).
        damage: how the bytes show that the file is not what was once written: empty, all zeros, or like a known format with a
            truncated or broken structure. None for a file that is merely not understood.
        nearly_whole: whether a damaged file lacks little more than its end mark, so that viewers show it.
    """

    sha256: Sha256
    width: int | None = None
    height: int | None = None
    format: str | None = None
    problem: str | None = None
    damage: str | None = None
    nearly_whole: bool = False

    def is_broken(self, form: str) -> bool:
        """Whether these are the remains of an image recorded with this format, and not another file in its place."""
        # Broken bytes of another format are another file, which the user may have put there.
        return self.damage is not None and self.format in {None, form}


class FileFact(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A regular file in the library as the scan saw it.

    Attributes:
        content: only if the scan had a reason to read the file (new name, changed size or mtime).
    """

    path: RelPath
    size: int
    mtime_ns: int
    content: Content | None = None


class Preparation(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a user's own picture is prepared for sending; the file itself is not touched.

    Attributes:
        keep_metadata: whether GPS position, camera and texts are sent as well.
    """

    keep_metadata: bool = False


class Upload(Struct, frozen=True, kw_only=True):
    """An image in a form that Pinterest accepts.

    Attributes:
        content_type: ``"image/jpeg"`` or ``"image/png"``.
        data: the whole file.
        of: the digest of the file that it was made from.
        frames: more than one if that file is animated, or has several pages.
        url: the address that Pinterest fetches it from; empty: the data are sent.
    """

    content_type: str
    data: bytes
    of: Sha256 = Sha256("")
    frames: int = 1
    url: str = ""


class TrashedFile(Struct, frozen=True, gc=False, kw_only=True):
    """A file in the trash.

    Attributes:
        path: its path in the trash, relative to the library.
        was: its former path in the library, or the name that the action gave to a kept copy.
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
        refused: the better rendition that was refused; None if this is the best one.
        doubtful: why it is flawed, if its host has nothing better (see `pinplan.model.base.Tracked`).
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
        renditions: its sizes at Pinterest, best first.
        signature: Pinterest's present signature of the image.
        min_pixels: an image with fewer is refused.
        recorded: the picture that it must be: the recorded bytes, from anywhere, or the same picture at the recorded size.
        lesser_will_do: accept a smaller rendition if a better one is refused; False: only if the host gives a lasting answer that
            there is no better one.
        doubtful_will_do: accept a flawed image if its host has no other.
        as_sent: if pinplan created the pin, it must be the picture that was sent.
    """

    pin_id: PinId
    slot: int
    renditions: tuple[Rendition, ...]
    signature: str | None = None
    min_pixels: int = 0
    recorded: Tracked | None = None
    lesser_will_do: bool = True
    doubtful_will_do: bool = False
    as_sent: bool = False

    @property
    def key(self) -> str:
        """See `image_key`."""
        return image_key(self.signature, self.renditions)


def is_placeholder(width: int, height: int, declared: Rendition) -> bool:
    """Whether it is less than half as wide or high as declared: not the picture, but something in its place (I19)."""
    # Half, not less: declared sizes are nominal, a 600x may be 564 wide.
    return 2 * width < (declared.width or 0) or 2 * height < (declared.height or 0)


def is_smaller(width: int, height: int, declared: Rendition) -> bool:
    """Whether it is narrower or lower than declared, however little; larger is always fine."""
    return width < (declared.width or 0) or height < (declared.height or 0)


def declared_size(rendition: Rendition) -> str:
    """The declared size, ``1200×900``; Pinterest's name for the size if none is declared."""
    if rendition.width and rendition.height:
        return f"{rendition.width}×{rendition.height}"
    return rendition.size
