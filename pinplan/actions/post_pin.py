"""``post``: create a pin from pictures anywhere, which ``pinplan post`` has copied into the outbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from pinplan.actions.base import Description, KindInfo, name_of
from pinplan.actions.contexts import Home, PinWanted, UndoContext
from pinplan.actions.expect import ExpectKept
from pinplan.actions.new_file import Creation, NewFile
from pinplan.actions.publishing import Publishing, publishing_kind
from pinplan.model.naming import is_in_outbox
from pinplan.model.pins import NewPin

if TYPE_CHECKING:
    from pinplan.actions.base import Action
    from pinplan.model.pins import Pin


class PostPin(Publishing, frozen=True, kw_only=True, tag="post", gc=False):
    """Create a pin from copies in the outbox, and put them into the library under the names of downloaded images.

    Attributes:
        pin_id: empty, until Pinterest assigns an id.
        expect: the copies, in slot order.
        after: board and section.
        pin: the texts, as they are sent.
        files: the copies, and their later names around the id.
        keep: False if no file of the pin is kept in the library, nor wanted there.
        url: the address that Pinterest fetches the picture from; absent if its bytes are sent.
        sent_as: the formats that pictures are converted to; absent if they are sent as they are.
        keep_metadata: True if camera data, place and texts of the files are sent as well.
        of_others: True if the board is another account's and the config names it; absent otherwise.
    """

    trait: ClassVar[KindInfo] = publishing_kind("to post", "Post")
    lost: ClassVar[str] = "could not be kept in the library"

    expect: tuple[ExpectKept, ...]
    before: None = None
    after: Home
    pin: NewPin
    files: tuple[NewFile, ...]
    keep: bool | UnsetType = UNSET
    url: str | UnsetType = UNSET
    sent_as: str | UnsetType = UNSET
    keep_metadata: bool | UnsetType = UNSET
    of_others: bool | UnsetType = UNSET

    @property
    def expected(self) -> tuple[ExpectKept, ...]:
        """The copies."""
        return self.expect

    @property
    def title(self) -> str:
        """The title of the pin, or the name of its file."""
        return self.pin.title or name_of(self.address)

    @property
    def is_kept(self) -> bool:
        """Whether its files are put into the library."""
        return self.keep is not False

    @property
    def how(self) -> list[str]:
        """And who fetches what."""
        return [
            *super().how,
            *([f"fetched by Pinterest from {self.url}"] if self.url else []),
            *([f"{len(self.files)} images"] if len(self.files) > 1 else []),
        ]

    def describe(self) -> Description:
        """Name the picture, and what is published with it."""
        title = f"“{self.pin.title}”" if self.pin.title else "without a title"
        # Every text: a template may fill in what a file says about itself, and nobody has typed that (I31).
        texts = [f"link {self.pin.link}"] if self.pin.link else []
        texts += [f"description “{self.pin.description}”"] if self.pin.description else []
        texts += [f"alternative text “{self.pin.alt_text}”"] if self.pin.alt_text else []
        detail = ", ".join((title, *texts, *self.how))
        here = "it is kept in the library" if self.is_kept else "no file is kept in the library"
        name = name_of(self.address)
        return Description(
            subject=name,
            detail=detail if self.is_kept else f"{detail}, not kept here",
            effect=f"publish {name} as a pin in {self.after.container}, {detail}; {here}",
        )

    @property
    def creation(self) -> Creation:
        """The pin; of a file that is not kept the base learns nothing."""
        return Creation(self.after, self.files if self.is_kept else ())

    def misfit(self) -> str | None:
        """Only copies in the outbox may be sent."""
        if not all(is_in_outbox(file.source) for file in self.files):
            return "the plan names a file outside the outbox"
        return super().misfit()

    def wanted(self) -> PinWanted:
        """Or the address that Pinterest fetches the picture from."""
        return replace(super().wanted(), url=self.url or "", wanted_here=self.is_kept)

    def taken_back(self, pin: Pin, now: UndoContext) -> tuple[Action, ...]:
        """The action that deletes its pin; the files in the library stay as they are."""
        found = (now.record(pin.id, file.slot) for file in self.files)
        return (
            now.reversals.delete_again(
                pin, self.after, [record for record in found if record is not None], files_stay=True
            ),
        )
