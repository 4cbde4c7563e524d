"""``upload``: create a pin from a picture of the library, and track the file under the name with its id."""

from __future__ import annotations

from typing import ClassVar

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from pinplan.actions.base import Description, KindInfo, name_of
from pinplan.actions.companions import Carrier, with_names
from pinplan.actions.contexts import Home
from pinplan.actions.expect import ExpectFile
from pinplan.actions.new_file import NewFile
from pinplan.actions.publishing import Publishing, publishing_kind
from pinplan.model.ids import RelPath
from pinplan.model.pins import NewPin


class UploadPin(Publishing, Carrier, frozen=True, kw_only=True, tag="upload", gc=False):
    """Create a pin that shows a picture of the library. Its file gets the name that a downloaded one would have.

    Attributes:
        pin_id: empty, until Pinterest assigns an id.
        after: board and section.
        pin: the texts, as they are sent.
        file: the file, and its later name around the id.
        sent_as: the format that it is converted to; absent if it is sent as it is.
        keep_metadata: True if camera data, place and texts of the file are sent as well.
        of_others: True if the board is another account's and the config names it; absent otherwise.
    """

    trait: ClassVar[KindInfo] = publishing_kind("to upload", "Upload")

    expect: ExpectFile
    before: None = None
    after: Home
    pin: NewPin
    file: NewFile
    sent_as: str | UnsetType = UNSET
    keep_metadata: bool | UnsetType = UNSET
    of_others: bool | UnsetType = UNSET

    @property
    def files(self) -> tuple[NewFile, ...]:
        """The file, with its companions."""
        return (replace(self.file, companions=self.with_it),)

    @property
    def expected(self) -> tuple[ExpectFile, ...]:
        """The file."""
        return (self.expect,)

    @property
    def title(self) -> str:
        """The title of the pin."""
        return self.pin.title or name_of(self.file.source)

    def describe(self) -> Description:
        """Name the file, and what is published of it."""
        detail = ", ".join((f"“{self.title}”", *self.how))
        description = Description(
            subject=name_of(self.file.source),
            detail=detail,
            effect=f"publish {self.file.source} as a pin in {self.after.container}, {detail}; the file gets the id in its name",
        )
        return with_names(description, self.with_it)

    def carried(self) -> tuple[RelPath, RelPath]:
        """The file; its new name is free, since no other has the new id."""
        return self.file.source, RelPath(f"{self.file.head}{self.file.tail}")
