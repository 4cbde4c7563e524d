"""``upload``: create a pin from a picture of the library, and track the file under the name with its id."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from pinplan.actions.base import (
    Action,
    Description,
    Done,
    KindInfo,
    NotUndone,
    Phase,
    PlaceAt,
    Provision,
    Ready,
    Stale,
    Verdict,
    name_of,
)
from pinplan.actions.companions import Carrier, companion_problem, newcomer, steps_to, waiting, with_names
from pinplan.actions.contexts import ActionContext, Home, PinWanted, UndoContext
from pinplan.actions.create_again import Creation, NewFile, bring_back, why_not_there
from pinplan.actions.expect import ExpectFile, bytes_as_expected
from pinplan.actions.receipts import Put, Receipt
from pinplan.actions.reversals import take_off
from pinplan.actions.views import Role, View
from pinplan.model.creates import uploaded
from pinplan.model.ids import PinId, RelPath
from pinplan.model.images import Preparation
from pinplan.model.pins import NewPin
from pinplan.model.scopes import WRITE_PINS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self


class UploadPin(Carrier, frozen=True, kw_only=True, tag="upload", gc=False):
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

    trait: ClassVar[KindInfo] = KindInfo(
        symbol="^",
        verb="to upload",
        title="Upload",
        phase=Phase.UPDATE,
        constructive=True,
        publishes=True,
        uploads=True,
        scopes=WRITE_PINS,
    )

    expect: ExpectFile
    before: None = None
    after: Home
    pin: NewPin
    file: NewFile
    sent_as: str | UnsetType = UNSET
    keep_metadata: bool | UnsetType = UNSET
    of_others: bool | UnsetType = UNSET

    @property
    def title(self) -> str:
        """The title of the pin."""
        return self.pin.title or name_of(self.file.source)

    def describe(self) -> Description:
        """Name the file, and what is published of it."""
        how = [f"converted to {self.sent_as}"] if self.sent_as else []
        how += ["with its metadata"] if self.keep_metadata else []
        how += ["on a board of another account"] if self.of_others else []
        detail = "".join(f", {one}" for one in how)
        said = Description(
            subject=name_of(self.file.source),
            detail=f"“{self.title}”{detail}",
            effect=f"publish {self.file.source} as a pin in {self.after.container}, “{self.title}”{detail}; the file gets the id in its name",
        )
        return with_names(said, self.with_it)

    @property
    def creation(self) -> Creation:
        """The pin."""
        return Creation(self.after, (replace(self.file, companions=self.with_it),))

    @property
    def calls(self) -> int:
        """Two calls: list the board, create the pin."""
        return 2

    def views(self) -> tuple[View, ...]:
        """The file."""
        file = self.file
        return (
            View(
                role=Role.IMAGE,
                pin_id=self.pin_id,
                places=(file.source,),
                sha256=file.sha256,
                size=file.size,
                width=file.width,
                height=file.height,
                format=file.format,
            ),
        )

    def affected_paths(self) -> tuple[RelPath, ...]:
        """The file and its companions, which are renamed."""
        return (self.file.source, *(one.path for one in self.with_it))

    def untracked(self) -> tuple[RelPath, ...]:
        """The file."""
        return (self.file.source,)

    def carried(self) -> tuple[RelPath, RelPath]:
        """The file; its new name is free, since no other has the new id."""
        return self.file.source, RelPath(f"{self.file.head}{self.file.tail}")

    def needs(self) -> tuple[Provision, ...]:
        """Its board or section, if that is created by the same plan."""
        return (PlaceAt(self.after.container),)

    def fills(self) -> tuple[RelPath, ...]:
        """The file."""
        return (self.file.source,)

    def at_created(self, ids: Mapping[str, str]) -> Self:
        """In the board or section that was created."""
        after = self.after.at_created(ids)
        pin = replace(self.pin, board_id=after.board_id, section_id=after.section_id)
        return replace(self, board_id=after.board_id, after=after, pin=pin)

    def misfit(self) -> str | None:
        """What is sent must be the inspected file, for the named board."""
        same_file = (self.file.source, self.file.sha256) == (self.expect.path, self.expect.sha256)
        places = {(self.pin.board_id, self.pin.section_id), (self.after.board_id, self.after.section_id)}
        if not same_file:
            return "the plan names a different file to upload"
        return None if places == {(self.board_id, self.after.section_id)} else "the plan names another board"

    def check(self, context: ActionContext) -> Verdict:
        """The file must be the planned one, byte for byte; or an earlier attempt succeeded."""
        created = context.creates.known(self.id)
        if created is not None:
            return Done(self._receipt(context, created)) if self._is_placed(context, created) else Ready()
        if self.is_partially_done(context):
            return Ready()  # nothing is sent again: `execute` looks for what was sent
        problem = (
            context.creates.why_not_now()
            or why_not_there(context, self.board_id, of_others=bool(self.of_others))
            or bytes_as_expected(context, self.expect)
            or companion_problem(context, steps_to(self.with_it, *self.carried()))
            or newcomer(context, self, self.file.source)
        )
        return Ready() if problem is None else Stale(problem)

    def is_partially_done(self, context: ActionContext) -> bool:
        """Whether a request has been sent."""
        return context.creates.begun(self.id)

    def execute(self, context: ActionContext) -> Receipt:
        """Create the pin, then rename its file."""
        created = context.creates.known(self.id) or context.creates.create_pin(self.id, self.wanted())
        # After the create: the file name needs the id.
        bring_back(context, self, self.creation.files, created, self.after)
        return self._receipt(context, created)

    def wanted(self) -> PinWanted:
        """The pin and its picture."""
        return PinWanted(
            subject=uploaded(self.file.source),
            pin=self.pin,
            pictures=(self.file.source,),
            digests=(self.file.sha256,),
            preparation=Preparation(keep_metadata=bool(self.keep_metadata)),
        )

    def undo(self, receipt: Receipt, now: UndoContext) -> tuple[Action, ...] | NotUndone:
        """Delete the pin, and give the file its old name back; it stays."""
        if receipt.created is None:
            return NotUndone("nothing was created")
        pin = now.pin(receipt.created)
        if pin is None:
            return NotUndone(f"pin {receipt.created} is no longer listed")
        return take_off(pin, self.after, (self.file,), now)

    def _is_placed(self, context: ActionContext, created: PinId) -> bool:
        """Whether the file and its companions have their new names, or are no longer here to get them."""
        path = self.file.tracked(created, self.after).path
        return context.library.stat(self.file.source) is None and not waiting(
            context, steps_to(self.with_it, self.file.source, path)
        )

    def _receipt(self, context: ActionContext, created: PinId) -> Receipt:
        record = self.file.tracked(created, self.after)
        there = context.library.stat(record.path)
        # Moved or changed by the user after it was sent: then it is no file of the new pin.
        if there is None or context.library.digest(record.path) != record.sha256:
            return Receipt(
                created=created, note="the file was moved or changed while it was uploaded; it is not tracked"
            )
        record = replace(record, size=there.size, mtime_ns=there.mtime_ns)
        return Receipt(changes=(Put(record),), created=created)
