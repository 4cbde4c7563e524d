"""What the kinds have in common that create a pin from pictures of the user: the check, the request, the files' new names, the undo."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace

from pinplan.actions.base import Action, KindInfo, Phase
from pinplan.actions.companions import companion_problem, left_behind
from pinplan.actions.contexts import ActionContext, Home, PinWanted, UndoContext
from pinplan.actions.create_again import bring_back, is_back, why_not_there
from pinplan.actions.expect import ExpectFile, ExpectKept, bytes_as_expected
from pinplan.actions.new_file import Creation, NewFile
from pinplan.actions.provisions import PlaceAt, Provision
from pinplan.actions.receipts import Put, Receipt
from pinplan.actions.verdicts import Done, NotUndone, Ready, Stale, Verdict
from pinplan.actions.views import Role, View
from pinplan.model.creates import uploaded
from pinplan.model.features import Feature
from pinplan.model.ids import RelPath
from pinplan.model.images import Preparation
from pinplan.model.scopes import WRITE_PINS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Self

    from msgspec import UnsetType

    from pinplan.model.base import Tracked
    from pinplan.model.ids import PinId
    from pinplan.model.pins import NewPin, Pin


def publishing_kind(verb: str, title: str, *, video: bool = False) -> KindInfo:
    """The properties of such a kind; ``video``: of one that sends a video before its pin is created."""
    return KindInfo(
        symbol="^",
        verb=verb,
        title=title,
        phase=Phase.UPDATE,
        constructive=True,
        publishes=True,
        uploads=True,
        features=(Feature.CREATE_PINS, Feature.UPLOAD_VIDEOS) if video else (Feature.CREATE_PINS,),
        sends_ahead=video,
        scopes=WRITE_PINS,
    )


class Publishing(Action, frozen=True, kw_only=True, gc=False):
    """Create a pin from pictures of the user, then give its files the names that downloaded ones would have.

    The request is sent at most once (I29): after it, an interrupted action only looks for its pin. The kinds declare the fields,
    which are the properties here: so one of them can also be a `Carrier`.
    """

    lost: ClassVar[str] = "was moved or changed while it was uploaded"
    """Why a file that is not as it was sent is not tracked."""

    @property
    @abstractmethod
    def after(self) -> Home:
        """Board and section."""

    @property
    @abstractmethod
    def pin(self) -> NewPin:
        """The texts, as they are sent."""

    @property
    @abstractmethod
    def files(self) -> tuple[NewFile, ...]:
        """The files, with their companions, and their later names around the id; in slot order."""

    @property
    @abstractmethod
    def expected(self) -> Sequence[ExpectFile | ExpectKept]:
        """The same files, as they must be just before the request."""

    @property
    @abstractmethod
    def sent_as(self) -> str | UnsetType:
        """The formats that pictures are converted to; absent if they are sent as they are."""

    @property
    @abstractmethod
    def keep_metadata(self) -> bool | UnsetType:
        """True if camera data, place and texts of the files are sent as well."""

    @property
    @abstractmethod
    def of_others(self) -> bool | UnsetType:
        """True if the board is another account's and the config names it; absent otherwise."""

    @property
    def how(self) -> list[str]:
        """What differs from sending the files as they are to a board of one's own, in words."""
        return [
            *([f"converted to {self.sent_as}"] if self.sent_as else []),
            *(["with its metadata"] if self.keep_metadata else []),
            *(["on a board of another account"] if self.of_others else []),
        ]

    @property
    def creation(self) -> Creation:
        """The pin, with the files that the base will hold."""
        return Creation(self.after, self.files)

    @property
    def calls(self) -> int:
        """Two calls: list the board, create the pin."""
        return 2

    def views(self) -> tuple[View, ...]:
        """The files."""
        return tuple(
            View(
                role=Role.IMAGE,
                pin_id=self.pin_id,
                places=() if file.is_posted else (file.source,),
                kept=file.source if file.is_posted else None,
                sha256=file.sha256,
                size=file.size,
                width=file.width,
                height=file.height,
                format=file.format,
            )
            for file in self.files
        )

    def affected_paths(self) -> tuple[RelPath, ...]:
        """The files of the library and their companions, which are renamed."""
        here = (file for file in self.files if not file.is_posted)
        return tuple(path for file in here for path in (file.source, *(one.path for one in file.companions)))

    def untracked(self) -> tuple[RelPath, ...]:
        """The files of the library."""
        return tuple(file.source for file in self.files if not file.is_posted)

    def needs(self) -> tuple[Provision, ...]:
        """Its board or section, if that is created by the same plan."""
        return (PlaceAt(self.after.container),)

    def fills(self) -> tuple[RelPath, ...]:
        """The files of the library."""
        return self.untracked()

    def at_created(self, ids: Mapping[str, str]) -> Self:
        """In the board or section that was created."""
        after = self.after.at_created(ids)
        pin = replace(self.pin, board_id=after.board_id, section_id=after.section_id)
        return replace(self, board_id=after.board_id, after=after, pin=pin)

    def misfit(self) -> str | None:
        """What is sent must be the inspected files, for the named board."""
        expected = [(one.path, one.sha256) for one in self.expected]
        if not self.files or expected != [(file.source, file.sha256) for file in self.files]:
            return "the plan names a different file to publish"
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
            or next(filter(None, self.changes(context)), None)
        )
        return Ready() if problem is None else Stale(problem)

    def changes(self, context: ActionContext) -> Iterator[str | None]:
        """What has changed about its files since the plan; None for what has not."""
        for file, expect in zip(self.files, self.expected, strict=True):
            if isinstance(expect, ExpectKept):
                yield _copied_as_expected(context, expect)
            else:
                yield bytes_as_expected(context, expect)
                # Its new name is free, since no other file has the new id.
                steps = file.steps(RelPath(f"{file.head}{file.tail}"))
                yield companion_problem(context, steps) or left_behind(context, file.companions, file.source)

    def is_partially_done(self, context: ActionContext) -> bool:
        """Whether a request has been sent."""
        return context.creates.begun(self.id)

    def execute(self, context: ActionContext) -> Receipt:
        """Create the pin, then bring its files to their new names."""
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
        )

    def undo(self, receipt: Receipt, now: UndoContext) -> tuple[Action, ...] | NotUndone:
        """Delete the pin; its files stay."""
        if receipt.created is None:
            return NotUndone("nothing was created")
        pin = now.pin(receipt.created)
        return self.taken_back(pin, now) if pin is not None else NotUndone(f"pin {receipt.created} is no longer listed")

    def taken_back(self, pin: Pin, now: UndoContext) -> tuple[Action, ...]:
        """The actions that delete its pin and give its files their old names back."""
        return now.reversals.take_off(pin, self.after, self.files, now)

    def _is_placed(self, context: ActionContext, created: PinId) -> bool:
        """Whether its files have their new names, or are no longer there to get them."""
        files = self.creation.files
        return all(is_back(context, file, file.tracked(created, self.after).path) for file in files)

    def _receipt(self, context: ActionContext, created: PinId) -> Receipt:
        found = [self._tracked(context, file, created) for file in self.creation.files]
        # Moved or changed by the user after it was sent, or another file took its name: then it is no file of the new pin.
        which = "a" if len(found) > 1 else "the"
        note = f"{which} file {self.lost}; it is not tracked" if None in found else ""
        return Receipt(changes=tuple(Put(one) for one in found if one is not None), created=created, note=note)

    def _tracked(self, context: ActionContext, file: NewFile, created: PinId) -> Tracked | None:
        """The record of a file at its new path; None if another one, or none, is there."""
        record = file.tracked(created, self.after)
        there = context.library.stat(record.path)
        if there is None or context.library.digest(record.path) != record.sha256:
            return None
        return replace(record, size=there.size, mtime_ns=there.mtime_ns)


def _copied_as_expected(context: ActionContext, expect: ExpectKept) -> str | None:
    """Why a copy in the outbox is not the planned one; None if it is."""
    found = context.library.kept(expect.path)
    if found is None:
        return "its copy is no longer in the outbox; post it again"
    if found.size == expect.size and context.library.digest_kept(expect.path) == expect.sha256:
        return None
    return "the outbox holds a different file; post it again"
