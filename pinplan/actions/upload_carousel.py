"""``upload_carousel``: create one pin from several pictures of the library, and track the files under names with its id."""

from __future__ import annotations

from typing import ClassVar

from msgspec import UNSET, UnsetType

from pinplan.actions.base import Description, KindInfo, name_of
from pinplan.actions.contexts import Home
from pinplan.actions.expect import ExpectFile
from pinplan.actions.new_file import NewFile
from pinplan.actions.publishing import Publishing, publishing_kind
from pinplan.model.pins import NewPin


class UploadCarousel(Publishing, frozen=True, kw_only=True, tag="upload_carousel", gc=False):
    """Create a pin that shows the pictures of a folder, or of a series of names. Its files get the names that downloaded ones would have.

    Attributes:
        pin_id: empty, until Pinterest assigns an id.
        expect: the files, in slot order.
        after: board and section.
        pin: the texts, as they are sent.
        files: the files, and their later names around the id; each with its companions.
        sent_as: the formats that pictures are converted to; absent if they are sent as they are.
        keep_metadata: True if camera data, place and texts of the files are sent as well.
        of_others: True if the board is another account's and the config names it; absent otherwise.
    """

    trait: ClassVar[KindInfo] = publishing_kind("to upload as one pin", "Upload as one pin")

    expect: tuple[ExpectFile, ...]
    before: None = None
    after: Home
    pin: NewPin
    files: tuple[NewFile, ...]
    sent_as: str | UnsetType = UNSET
    keep_metadata: bool | UnsetType = UNSET
    of_others: bool | UnsetType = UNSET

    @property
    def expected(self) -> tuple[ExpectFile, ...]:
        """The files."""
        return self.expect

    @property
    def title(self) -> str:
        """The title of the pin, or the name of its folder."""
        return self.pin.title or name_of(self.address)

    def describe(self) -> Description:
        """Name the folder, and what is published of it."""
        detail = ", ".join((f"“{self.title}”", f"{len(self.files)} images", *self.how))
        names = ", ".join(name_of(file.source) for file in self.files)
        folder = self.files[0].source.rpartition("/")[0] if self.files else ""
        return Description(
            subject=name_of(self.address),
            detail=detail,
            effect=f"publish {names} of {folder} as one pin in {self.after.container}, {detail}; the files get the id in their names",
        )
