"""``post``: create a pin from pictures anywhere, which ``pinplan post`` has copied into the outbox."""

from __future__ import annotations

from typing import ClassVar

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from pinplan.actions.base import (
    Action,
    Description,
    Done,
    KindInfo,
    NotUndone,
    Phase,
    Ready,
    Stale,
    Verdict,
    name_of,
)
from pinplan.actions.contexts import ActionContext, Home, PinWanted, UndoContext
from pinplan.actions.create_again import Creation, NewFile, bring_back, why_not_there
from pinplan.actions.expect import ExpectKept
from pinplan.actions.receipts import Put, Receipt
from pinplan.actions.reversals import take_down
from pinplan.actions.views import Role, View
from pinplan.model.base import Tracked
from pinplan.model.creates import uploaded
from pinplan.model.ids import PinId
from pinplan.model.images import Preparation
from pinplan.model.naming import is_in_outbox
from pinplan.model.pins import NewPin
from pinplan.model.scopes import WRITE_PINS


class PostPin(Action, frozen=True, kw_only=True, tag="post", gc=False):
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

    trait: ClassVar[KindInfo] = KindInfo(
        symbol="^",
        verb="to post",
        title="Post",
        phase=Phase.UPDATE,
        constructive=True,
        publishes=True,
        uploads=True,
        scopes=WRITE_PINS,
    )

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
    def title(self) -> str:
        """The title of the pin, or the name of its file."""
        return self.pin.title or name_of(self.address)

    @property
    def is_kept(self) -> bool:
        """Whether its files are put into the library."""
        return self.keep is not False

    def describe(self) -> Description:
        """Name the picture, and what is published with it."""
        title = f"“{self.pin.title}”" if self.pin.title else "without a title"
        link = f", link {self.pin.link}" if self.pin.link else ""
        how = [f"converted to {self.sent_as}"] if self.sent_as else []
        how += ["with its metadata"] if self.keep_metadata else []
        how += [f"fetched by Pinterest from {self.url}"] if self.url else []
        how += [f"{len(self.files)} images"] if len(self.files) > 1 else []
        how += ["on a board of another account"] if self.of_others else []
        detail = f"{title}{link}" + "".join(f", {one}" for one in how)
        here = "it is kept in the library" if self.is_kept else "no file is kept in the library"
        name = name_of(self.address)
        return Description(
            subject=name,
            detail=detail if self.is_kept else f"{detail}, not kept here",
            effect=f"publish {name} as a pin in {self.after.container}, {detail}; {here}",
        )

    @property
    def creation(self) -> Creation:
        """The pin."""
        return Creation(self.after, self.files if self.is_kept else ())

    @property
    def calls(self) -> int:
        """Two calls: list the board, create the pin."""
        return 2

    def views(self) -> tuple[View, ...]:
        """The copies."""
        return tuple(
            View(
                role=Role.IMAGE,
                pin_id=self.pin_id,
                kept=file.source,
                sha256=file.sha256,
                size=file.size,
                width=file.width,
                height=file.height,
                format=file.format,
            )
            for file in self.files
        )

    def misfit(self) -> str | None:
        """What is sent must be the inspected copies in the outbox, for the named board."""
        expected = [(one.path, one.sha256) for one in self.expect]
        if not self.files or expected != [(file.source, file.sha256) for file in self.files]:
            return "the plan names a different file to post"
        if not all(is_in_outbox(file.source) for file in self.files):
            return "the plan names a file outside the outbox"
        places = {(self.pin.board_id, self.pin.section_id), self.after.ids}
        return None if places == {(self.board_id, self.after.section_id)} else "the plan names another board"

    def check(self, context: ActionContext) -> Verdict:
        """The copies must be the planned ones, byte for byte; or an earlier attempt succeeded."""
        created = context.creates.known(self.id)
        if created is not None:
            return Done(self._receipt(context, created)) if self._is_placed(context, created) else Ready()
        if self.is_partially_done(context):
            return Ready()  # nothing is sent again: `execute` looks for what was sent
        problem = (
            context.creates.why_not_now()
            or next(filter(None, (_as_copied(context, one) for one in self.expect)), None)
            or why_not_there(context, self.board_id, of_others=bool(self.of_others))
        )
        return Ready() if problem is None else Stale(problem)

    def is_partially_done(self, context: ActionContext) -> bool:
        """Whether a request has been sent."""
        return context.creates.begun(self.id)

    def execute(self, context: ActionContext) -> Receipt:
        """Create the pin, then copy its files into the library."""
        created = context.creates.known(self.id) or context.creates.create_pin(self.id, self.wanted())
        # After the create: the file names need the id.
        bring_back(context, self, self.creation.files, created, self.after)
        return self._receipt(context, created)

    def wanted(self) -> PinWanted:
        """The pin and its pictures."""
        return PinWanted(
            subject=uploaded(self.files[0].source),
            pin=self.pin,
            pictures=tuple(file.source for file in self.files),
            digests=tuple(file.sha256 for file in self.files),
            preparation=Preparation(keep_metadata=bool(self.keep_metadata)),
            url=self.url or "",
            wanted_here=self.is_kept,
        )

    def undo(self, receipt: Receipt, now: UndoContext) -> tuple[Action, ...] | NotUndone:
        """Delete the pin; its files stay in the library."""
        if receipt.created is None:
            return NotUndone("nothing was created")
        pin = now.pin(receipt.created)
        if pin is None:
            return NotUndone(f"pin {receipt.created} is no longer listed")
        found = (now.record(pin.id, file.slot) for file in self.files)
        return (take_down(pin, self.after, [record for record in found if record is not None]),)

    def _is_placed(self, context: ActionContext, created: PinId) -> bool:
        """Whether every file is in the library, or cannot be copied there any more."""
        return all(
            context.library.stat(file.tracked(created, self.after).path) is not None
            or context.library.kept(file.source) is None
            for file in self.creation.files
        )

    def _receipt(self, context: ActionContext, created: PinId) -> Receipt:
        found = [self._placed(context, file, created) for file in self.creation.files]
        # A name that another file took: what is not the posted picture is no file of the new pin.
        note = "a file could not be kept in the library; it is not tracked" if None in found else ""
        return Receipt(changes=tuple(Put(one) for one in found if one is not None), created=created, note=note)

    def _placed(self, context: ActionContext, file: NewFile, created: PinId) -> Tracked | None:
        record = file.tracked(created, self.after)
        there = context.library.stat(record.path)
        if there is None or context.library.digest(record.path) != record.sha256:
            return None
        return replace(record, size=there.size, mtime_ns=there.mtime_ns)


def _as_copied(context: ActionContext, expect: ExpectKept) -> str | None:
    """Why a copy in the outbox is not the planned one; None if it is."""
    found = context.library.kept(expect.path)
    if found is None:
        return "its copy is no longer in the outbox; post it again"
    if found.size == expect.size and context.library.digest_kept(expect.path) == expect.sha256:
        return None
    return "the outbox holds a different file; post it again"
