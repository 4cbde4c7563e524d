"""``upload_carousel``: create one pin from several pictures of the library, and track the files under names with its id."""

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
from pinplan.actions.companions import companion_problem, left_behind, waiting
from pinplan.actions.contexts import ActionContext, Home, PinWanted, UndoContext
from pinplan.actions.create_again import Creation, NewFile, bring_back, why_not_there
from pinplan.actions.expect import ExpectFile, bytes_as_expected
from pinplan.actions.receipts import Put, Receipt
from pinplan.actions.reversals import take_off
from pinplan.actions.views import Role, View
from pinplan.model.base import Tracked
from pinplan.model.creates import uploaded
from pinplan.model.ids import BoardId, PinId, RelPath
from pinplan.model.images import Preparation
from pinplan.model.pins import NewPin
from pinplan.model.scopes import WRITE_PINS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self


class UploadCarousel(Action, frozen=True, kw_only=True, tag="upload_carousel", gc=False):
    """Create a pin that shows the pictures of a folder. Its files get the names that downloaded ones would have.

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

    trait: ClassVar[KindInfo] = KindInfo(
        symbol="^",
        verb="to upload as one pin",
        title="Upload as one pin",
        phase=Phase.UPDATE,
        constructive=True,
        publishes=True,
        uploads=True,
        scopes=WRITE_PINS,
    )

    expect: tuple[ExpectFile, ...]
    before: None = None
    after: Home
    pin: NewPin
    files: tuple[NewFile, ...]
    sent_as: str | UnsetType = UNSET
    keep_metadata: bool | UnsetType = UNSET
    of_others: bool | UnsetType = UNSET

    @property
    def title(self) -> str:
        """The title of the pin, or the name of its folder."""
        return self.pin.title or name_of(self.address)

    def describe(self) -> Description:
        """Name the folder, and what is published of it."""
        how = [f"converted to {self.sent_as}"] if self.sent_as else []
        how += ["with its metadata"] if self.keep_metadata else []
        how += ["on a board of another account"] if self.of_others else []
        detail = f"“{self.title}”, {len(self.files)} images" + "".join(f", {one}" for one in how)
        names = ", ".join(name_of(file.source) for file in self.files)
        return Description(
            subject=name_of(self.address),
            detail=detail,
            effect=f"publish {names} of {self.address} as one pin in {self.after.container}, {detail}; the files get the id in their names",
        )

    @property
    def creation(self) -> Creation:
        """The pin."""
        return Creation(self.after, self.files)

    @property
    def calls(self) -> int:
        """Two calls: list the board, create the pin."""
        return 2

    @property
    def listing_dependencies(self) -> frozenset[BoardId]:
        """The target board: existing pins must be distinguished from the new one."""
        return self.changed_boards

    @property
    def changed_boards(self) -> frozenset[BoardId]:
        """The target board."""
        return frozenset({self.after.board_id})

    def views(self) -> tuple[View, ...]:
        """The files."""
        return tuple(
            View(
                role=Role.IMAGE,
                pin_id=self.pin_id,
                places=(file.source,),
                sha256=file.sha256,
                size=file.size,
                width=file.width,
                height=file.height,
                format=file.format,
            )
            for file in self.files
        )

    def affected_paths(self) -> tuple[RelPath, ...]:
        """The files and their companions, which are renamed."""
        return tuple(path for file in self.files for path in (file.source, *(one.path for one in file.companions)))

    def untracked(self) -> tuple[RelPath, ...]:
        """The files."""
        return tuple(file.source for file in self.files)

    def needs(self) -> tuple[Provision, ...]:
        """Its board or section, if that is created by the same plan."""
        return (PlaceAt(self.after.container),)

    def fills(self) -> tuple[RelPath, ...]:
        """The files."""
        return self.untracked()

    def at_created(self, ids: Mapping[str, str]) -> Self:
        """In the board or section that was created."""
        after = self.after.at_created(ids)
        pin = replace(self.pin, board_id=after.board_id, section_id=after.section_id)
        return replace(self, board_id=after.board_id, after=after, pin=pin)

    def misfit(self) -> str | None:
        """What is sent must be the inspected files, for the named board."""
        expected = [(one.path, one.sha256) for one in self.expect]
        if not self.files or expected != [(file.source, file.sha256) for file in self.files]:
            return "the plan names different files to upload"
        places = {(self.pin.board_id, self.pin.section_id), self.after.ids}
        return None if places == {(self.board_id, self.after.section_id)} else "the plan names another board"

    def check(self, context: ActionContext) -> Verdict:
        """Every file must be the planned one, byte for byte; or an earlier attempt succeeded."""
        created = context.creates.known(self.id)
        if created is not None:
            return Done(self._receipt(context, created)) if self._is_placed(context, created) else Ready()
        if self.is_partially_done(context):
            return Ready()  # nothing is sent again: `execute` looks for what was sent
        problem = (
            context.creates.why_not_now()
            or why_not_there(context, self.board_id, of_others=bool(self.of_others))
            or next(filter(None, (bytes_as_expected(context, one) for one in self.expect)), None)
            or next(filter(None, (_why_not_moved(context, file) for file in self.files)), None)
        )
        return Ready() if problem is None else Stale(problem)

    def is_partially_done(self, context: ActionContext) -> bool:
        """Whether a request has been sent."""
        return context.creates.begun(self.id)

    def execute(self, context: ActionContext) -> Receipt:
        """Create the pin, then rename its files."""
        created = context.creates.known(self.id) or context.creates.create_pin(self.id, self.wanted())
        # After the create: the file names need the id.
        bring_back(context, self, self.files, created, self.after)
        return self._receipt(context, created)

    def wanted(self) -> PinWanted:
        """The pin and its pictures."""
        return PinWanted(
            subject=uploaded(self.files[0].source),
            pin=self.pin,
            pictures=tuple(file.source for file in self.files),
            digests=tuple(file.sha256 for file in self.files),
            preparation=Preparation(keep_metadata=bool(self.keep_metadata)),
        )

    def undo(self, receipt: Receipt, now: UndoContext) -> tuple[Action, ...] | NotUndone:
        """Delete the pin, and give the files their old names back; they stay."""
        if receipt.created is None:
            return NotUndone("nothing was created")
        pin = now.pin(receipt.created)
        if pin is None:
            return NotUndone(f"pin {receipt.created} is no longer listed")
        return take_off(pin, self.after, self.files, now)

    def _is_placed(self, context: ActionContext, created: PinId) -> bool:
        """Whether the files and their companions have their new names, or are no longer here to get them."""
        return all(
            context.library.stat(file.source) is None
            and not waiting(context, file.steps(file.tracked(created, self.after).path))
            for file in self.files
        )

    def _receipt(self, context: ActionContext, created: PinId) -> Receipt:
        found = [self._renamed(context, file, created) for file in self.files]
        # Moved or changed by the user after it was sent: then it is no file of the new pin.
        note = "a file was moved or changed while it was uploaded; it is not tracked" if None in found else ""
        return Receipt(changes=tuple(Put(one) for one in found if one is not None), created=created, note=note)

    def _renamed(self, context: ActionContext, file: NewFile, created: PinId) -> Tracked | None:
        record = file.tracked(created, self.after)
        there = context.library.stat(record.path)
        if there is None or context.library.digest(record.path) != record.sha256:
            return None
        return replace(record, size=there.size, mtime_ns=there.mtime_ns)


def _why_not_moved(context: ActionContext, file: NewFile) -> str | None:
    """Why the companions of a file are not as planned; None if they are."""
    steps = file.steps(RelPath(f"{file.head}{file.tail}"))
    return companion_problem(context, steps) or left_behind(context, file.companions, file.source)
