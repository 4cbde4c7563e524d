"""``upload_video``: create a pin from a video of the library and its cover, and give both files names with its id; the cover is tracked."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from pinplan.actions.base import Description, KindInfo, name_of
from pinplan.actions.companions import Carrier, with_names
from pinplan.actions.contexts import Home, PinWanted, VideoWanted
from pinplan.actions.expect import ExpectFile, bytes_as_expected
from pinplan.actions.new_file import NewFile
from pinplan.actions.publishing import Publishing, publishing_kind
from pinplan.model.ids import RelPath, Sha256
from pinplan.model.naming import name_beside
from pinplan.model.pins import NewPin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinplan.actions.contexts import ActionContext
    from pinplan.actions.views import View


class VideoFile(Struct, frozen=True, gc=False, kw_only=True):
    """A video of the library.

    Attributes:
        width, height: as shown, in pixels.
        container: ``"MP4"`` or ``"QuickTime"``.
    """

    source: RelPath
    size: int
    sha256: Sha256
    duration_ms: int
    width: int
    height: int
    container: str


class UploadVideo(Publishing, Carrier, frozen=True, kw_only=True, tag="upload_video", gc=False):
    """Create a pin that shows a video of the library. The video is renamed along with its cover, like a companion.

    Attributes:
        pin_id: empty, until Pinterest assigns an id.
        expect: the cover, and the video.
        after: board and section.
        pin: the texts, as they are sent.
        cover: the picture beside the video, and its later name around the id. It is the image that the base tracks.
        video: the video.
        sent_as: the format that the cover is converted to; absent if it is sent as it is.
        keep_metadata: True if camera data, place and texts of both files are sent as well.
        of_others: True if the board is another account's and the config names it; absent otherwise.
    """

    trait: ClassVar[KindInfo] = publishing_kind("to upload as a video", "Upload as a video", video=True)

    expect: tuple[ExpectFile, ...]
    before: None = None
    after: Home
    pin: NewPin
    cover: NewFile
    video: VideoFile
    sent_as: str | UnsetType = UNSET
    keep_metadata: bool | UnsetType = UNSET
    of_others: bool | UnsetType = UNSET

    @property
    def files(self) -> tuple[NewFile, ...]:
        """The cover and its companions, including the video."""
        return (replace(self.cover, companions=self.with_it),)

    @property
    def expected(self) -> tuple[ExpectFile, ...]:
        """The cover."""
        return self.expect[:1]

    @property
    def title(self) -> str:
        """The title of the pin."""
        return self.pin.title or name_of(self.video.source)

    def describe(self) -> Description:
        """Name the video and its cover, and what is published of them."""
        video, cover = self.video, name_of(self.cover.source)
        how = [f"cover {cover} {one}" if one.startswith("converted") else one for one in self.how]
        named = how if self.sent_as else [f"cover {cover}", *how]
        detail = ", ".join((f"“{self.title}”", _length(video.duration_ms), _megabytes(video.size), *named))
        description = Description(
            subject=name_of(video.source),
            detail=detail,
            effect=f"publish {video.source} as a pin in {self.after.container}, {detail}; both files get the id in their names",
        )
        return with_names(description, [one for one in self.with_it if one.path != video.source])

    @property
    def calls(self) -> int:
        """Register the video, ask a few times whether it is processed, list the board, create the pin."""
        return 8

    def views(self) -> tuple[View, ...]:
        """The cover."""
        return tuple(replace(view, is_cover=True) for view in super().views())

    def affected_paths(self) -> tuple[RelPath, ...]:
        """The cover, the video and further companions, which are renamed."""
        return tuple(dict.fromkeys((*super().affected_paths(), self.video.source)))

    def untracked(self) -> tuple[RelPath, ...]:
        """The cover and the video."""
        return (self.cover.source, self.video.source)

    def carried(self) -> tuple[RelPath, RelPath]:
        """The cover; its new name is free, since no other has the new id."""
        return self.cover.source, RelPath(f"{self.cover.head}{self.cover.tail}")

    def is_own_video(self, path: RelPath) -> bool:
        """Whether a file is the video."""
        return path == self.video.source

    def misfit(self) -> str | None:
        """What is sent must be the inspected files, beside each other, for the named board."""
        video = self.video
        expected = [(one.path, one.size, one.sha256) for one in self.expect[1:]]
        if expected != [(video.source, video.size, video.sha256)]:
            return "the plan names a different file to publish"
        beside = name_beside(video.source, self.cover.source, self.cover.source)
        return super().misfit() if beside == video.source else "the plan names a cover that is not beside its video"

    def changes(self, context: ActionContext) -> Iterator[str | None]:
        """What has changed about the cover and its companions, and about the video."""
        yield from super().changes(context)
        for expect in self.expect[1:]:
            problem = bytes_as_expected(context, expect)
            yield problem and f"{name_of(expect.path)}: {problem}"

    def wanted(self) -> PinWanted:
        """The pin, its cover and its video."""
        return replace(super().wanted(), video=VideoWanted(path=self.video.source, sha256=self.video.sha256))


def _length(milliseconds: int) -> str:
    """``12 s``, ``3 min 20 s``."""
    minutes, seconds = divmod(round(milliseconds / 1000), 60)
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


def _megabytes(size: int) -> str:
    """``3.4 MB``, but never 0.0."""
    return f"{size / 1_000_000:,.1f} MB" if size >= 100_000 else f"{max(size, 100) / 1000:.1f} kB"
